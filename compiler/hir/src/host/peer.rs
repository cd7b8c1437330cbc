//! The one type of several expressions: what `if`, `switch`, `orelse` and operators meet in.
//!
//! Two types at a time, from left to right; a known number fits whatever holds it.

use super::*;

impl BodyChecker<'_, '_> {
    /// The type all expressions can be coerced to.
    pub(super) fn peer(&mut self, all: &[&Expr]) -> Option<TypeId> {
        let mut found: Option<&Expr> = None;
        let mut ty = TypeId::NORETURN;
        for expr in all {
            if expr.is_poison() {
                return Some(TypeId::ERROR);
            }
            ty = self.meet(ty, found.and_then(|it| it.value()), expr.ty, expr.value())?;
            if ty == expr.ty {
                found = Some(expr);
            }
        }
        Some(ty)
    }

    /// Where two types meet; values are looked at for numbers.
    pub(super) fn meet(
        &mut self,
        left: TypeId,
        left_value: Option<&Value>,
        right: TypeId,
        right_value: Option<&Value>,
    ) -> Option<TypeId> {
        if left == right || right == TypeId::NORETURN || right == TypeId::UNDEFINED {
            return Some(left);
        }
        if left == TypeId::NORETURN || left == TypeId::UNDEFINED {
            return Some(right);
        }
        self.meet_ordered(left, left_value, right, right_value)
            .or_else(|| self.meet_ordered(right, right_value, left, left_value))
    }

    fn meet_ordered(
        &mut self,
        left: TypeId,
        left_value: Option<&Value>,
        right: TypeId,
        right_value: Option<&Value>,
    ) -> Option<TypeId> {
        if let (Some(a), Some(b)) = (self.cx.integer(left), self.cx.integer(right)) {
            return a.covers(b).then_some(left);
        }
        match (self.cx.ty(left).clone(), self.cx.ty(right).clone()) {
            (_, Type::ComptimeInt) if self.cx.integer(left).is_some() => Some(left),
            (Type::Float(_) | Type::ComptimeFloat, Type::ComptimeInt) => Some(left),
            (Type::Float(_), Type::ComptimeFloat) => Some(left),
            (Type::Float(a), Type::Float(b)) => (a >= b).then_some(left),
            (Type::Optional(_), Type::Null) => Some(left),
            (Type::ErrorUnion { .. }, Type::Null) => None,
            (_, Type::Null) => Some(self.cx.types.optional(left)),
            (Type::Optional(a), Type::Optional(b)) => {
                let child = self.meet(a, None, b, None)?;
                Some(self.cx.types.optional(child))
            }
            (Type::ErrorUnion { set: a, payload: p }, Type::ErrorUnion { set: b, payload: q }) => {
                let payload = self.meet(p, None, q, None)?;
                let set = self.merge_sets(a, b)?;
                Some(self.cx.types.intern(Type::ErrorUnion { set, payload }))
            }
            (Type::ErrorUnion { set, payload }, Type::ErrorSet(_)) => {
                let set = self.merge_sets(set, right)?;
                Some(self.cx.types.intern(Type::ErrorUnion { set, payload }))
            }
            (Type::ErrorSet(_), Type::ErrorSet(_)) => self.merge_sets(left, right),
            (Type::ErrorUnion { set, payload }, _) => {
                let payload = self.meet(payload, None, right, right_value)?;
                Some(self.cx.types.intern(Type::ErrorUnion { set, payload }))
            }
            (Type::Optional(child), _) => {
                let child = self.meet(child, None, right, right_value)?;
                Some(self.cx.types.optional(child))
            }
            (_, Type::ErrorSet(_)) => {
                Some(self.cx.types.intern(Type::ErrorUnion { set: right, payload: left }))
            }
            (Type::Container(_), Type::EnumLiteral) => self.takes_literal(left, right_value).then_some(left),
            (Type::Container(_), Type::Container(_)) => {
                (self.cx.union_tag(left) == Some(right)).then_some(right)
            }
            (Type::Pointer(slice), Type::Pointer(list))
                if slice.size == PointerSize::Slice && matches!(self.cx.ty(list.child), Type::Tuple(_)) =>
            {
                let value = right_value?.clone();
                self.known_as(right, &value, left).map(|_| left)
            }
            (Type::Pointer(a), Type::Pointer(b)) => self.meet_pointers(left, &a, right, &b),
            (Type::Pointer(pointer), Type::FunctionName) => {
                let value = right_value?.clone();
                let fits = self.known_as(right, &value, left).is_some();
                (fits && pointer.size == PointerSize::One).then_some(left)
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
                let pairs = a.iter().zip(b.iter());
                let met: Option<Vec<TypeId>> =
                    pairs.map(|(a, b)| self.meet(a.ty, None, b.ty, None)).collect();
                let fields = met?.into_iter().map(|ty| TupleField { ty, value: None });
                let tuple = Type::Tuple(fields.collect());
                Some(self.cx.types.intern(tuple))
            }
            (_, Type::ComptimeInt | Type::ComptimeFloat | Type::Tuple(_)) => {
                let value = right_value?.clone();
                self.known_as(right, &value, left).map(|_| left)
            }
            (Type::Vector { .. }, Type::Array { .. }) => self.fits(right, left).then_some(left),
            _ => {
                let _ = left_value;
                None
            }
        }
    }

    fn takes_literal(&mut self, ty: TypeId, value: Option<&Value>) -> bool {
        let (Some(id), Some(Value::EnumLiteral(name))) = (self.cx.container_of(ty), value) else {
            return false;
        };
        fields(self.cx, id).iter().any(|field| field.name == *name)
    }

    fn meet_pointers(&mut self, left: TypeId, a: &Pointer, right: TypeId, b: &Pointer) -> Option<TypeId> {
        if self.fits(right, left) {
            return Some(left);
        }
        if self.fits(left, right) {
            return Some(right);
        }
        // Arrays of different lengths, or a variable and a constant slice, meet in a slice.
        let (one, two) = (self.cx.sequence(left)?, self.cx.sequence(right)?);
        if one.child != two.child || a.size == PointerSize::Many || b.size == PointerSize::Many {
            return None;
        }
        let sentinel = one.sentinel.filter(|sentinel| two.sentinel.as_ref() == Some(sentinel));
        let is_const = one.is_const || two.is_const;
        let slice = Pointer { sentinel, ..Pointer::to(PointerSize::Slice, one.child, is_const) };
        Some(self.cx.types.intern(Type::Pointer(slice)))
    }

    /// The union of two error sets.
    pub(super) fn merge_sets(&mut self, left: TypeId, right: TypeId) -> Option<TypeId> {
        if left == right {
            return Some(left);
        }
        if left == TypeId::ANYERROR || right == TypeId::ANYERROR {
            return Some(TypeId::ANYERROR);
        }
        let mut names = error_names(self.cx, left)?;
        names.extend(error_names(self.cx, right)?);
        Some(self.cx.types.intern(Type::ErrorSet(errors::named(names))))
    }

    /// Gives the expressions of one meeting their common type, or says why there is none.
    pub(super) fn peer_or_report(&mut self, all: &[&Expr], span: Span) -> TypeId {
        if let Some(ty) = self.peer(all) {
            return ty;
        }
        let mut diagnostic =
            Diagnostic::new(codes::HOST002, span, "the parts of this expression have no common type");
        for expr in all.iter().take(4) {
            diagnostic = diagnostic.also(expr.span, format!("this is `{}`", self.cx.type_name(expr.ty)));
        }
        self.report(diagnostic);
        TypeId::ERROR
    }
}
