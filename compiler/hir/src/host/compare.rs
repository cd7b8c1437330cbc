//! Comparisons, `and` and `or`.
//!
//! `.name` takes its type from the other side; a tagged union compares by its tag.

use super::scope::poison;
use super::*;

impl BodyChecker<'_, '_> {
    /// Both sides of a comparison: `.name` takes its type from the other side.
    pub(super) fn both(&mut self, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr) {
        if let ast::ExprKind::EnumLiteral(_) = &*left.kind {
            let right = self.infer(right, None);
            return (self.literal_like(left, &right), right);
        }
        let left = self.infer(left, None);
        let right = self.literal_like(right, &left);
        (left, right)
    }

    fn literal_like(&mut self, expr: &ast::Expr, other: &Expr) -> Expr {
        let tag = match self.cx.union_tag(other.ty) {
            Some(tag) => tag,
            None => other.ty,
        };
        match &*expr.kind {
            ast::ExprKind::EnumLiteral(_) if !other.is_poison() => self.infer(expr, Some(tag)),
            _ => self.infer(expr, None),
        }
    }

    /// `left == right` and the like.
    pub(super) fn compare(&mut self, op: Compare, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let is_equality = matches!(op, Compare::Equal | Compare::NotEqual);
        if is_equality {
            if right.ty == TypeId::NULL {
                return self.compare_null(op, left, span);
            }
            if left.ty == TypeId::NULL {
                return self.compare_null(op, right, span);
            }
        }
        if is_equality {
            if self.cx.error_union(left.ty).is_some() && self.cx.is_error_set(right.ty) {
                return self.compare_failure(op, left, right, span);
            }
            if self.cx.error_union(right.ty).is_some() && self.cx.is_error_set(left.ty) {
                return self.compare_failure(op, right, left, span);
            }
        }
        let left = self.tag_of(left, right.ty);
        let right = self.tag_of(right, left.ty);
        let is_literal = |expr: &Expr| {
            matches!(expr.value(), Some(Value::Pointer(PointerValue { base: Base::Data(_), .. })))
        };
        if self.is_text(left.ty) && self.is_text(right.ty) && (is_literal(&left) || is_literal(&right)) {
            return self.bad_operands(&left, &right, at);
        }
        if let Some(decided) = self.decided_by_type(op, &left, &right, span) {
            return decided;
        }
        let (left, right) = self.widened(left, right);
        let is_errors = self.cx.is_error_set(left.ty) && self.cx.is_error_set(right.ty);
        let ty = if is_errors { Some(TypeId::ANYERROR) } else { self.peer(&[&left, &right]) };
        let Some(ty) = ty else { return self.bad_operands(&left, &right, at) };
        if let Some(child) = self.cx.optional_child(ty).filter(|_| is_equality) {
            return self.compare_optional(op, left, right, ty, child, span);
        }
        if !self.is_comparable(ty, is_equality) {
            return self.bad_operands(&left, &right, at);
        }
        let (mut left, mut right) = (self.coerce(left, ty), self.coerce(right, ty));
        if left.is_poison() || right.is_poison() {
            return poison(span);
        }
        if let Some(bits) = self.packed_integer(ty) {
            left = coerce::convert(Convert::Bits, left, bits);
            right = coerce::convert(Convert::Bits, right, bits);
        }
        let folded = match (left.value(), right.value()) {
            (Some(left), Some(right)) => fold::compare(op, left, right),
            _ => None,
        };
        let result = match *self.cx.ty(ty) {
            Type::Vector { len, .. } => self.cx.types.intern(Type::Vector { len, child: TypeId::BOOL }),
            _ => TypeId::BOOL,
        };
        match folded {
            Some(truth) => Expr::constant(TypeId::BOOL, span, Value::Bool(truth)),
            None => Expr::new(result, span, Kind::Compare { op, left, right }),
        }
    }

    /// A number compared with one its type cannot hold: all of the type's are above it, or below.
    fn decided_by_type(&mut self, op: Compare, left: &Expr, right: &Expr, span: Span) -> Option<Expr> {
        let (typed, known, is_turned) = match (left.ty, right.ty) {
            (_, TypeId::COMPTIME_INT) => (left, right, false),
            (TypeId::COMPTIME_INT, _) => (right, left, true),
            _ => return None,
        };
        let (width, Some(Value::Int(number))) = (self.cx.integer(typed.ty)?, known.value()) else {
            return None;
        };
        if typed.value().is_some() || width.holds(number) {
            return None;
        }
        let is_less = (*number > width.max()) != is_turned;
        let truth = match op {
            Compare::Equal => false,
            Compare::NotEqual => true,
            Compare::Less | Compare::LessEqual => is_less,
            Compare::Greater | Compare::GreaterEqual => !is_less,
        };
        let (mut stmts, _) = self.hold(typed.clone());
        stmts.push(Expr::constant(TypeId::BOOL, span, Value::Bool(truth)));
        Some(coerce::sequence(stmts, TypeId::BOOL, span))
    }

    /// Integers of which neither type holds all of the other compare in one that holds both.
    fn widened(&mut self, left: Expr, right: Expr) -> (Expr, Expr) {
        let (Some(a), Some(b)) = (self.cx.integer(left.ty), self.cx.integer(right.ty)) else {
            return (left, right);
        };
        if a.covers(b) || b.covers(a) || left.value().is_some() && right.value().is_some() {
            return (left, right);
        }
        let bits = a.bits.max(b.bits) + 1;
        let wide = self.cx.types.int(bits, true);
        (self.coerce(left, wide), self.coerce(right, wide))
    }

    fn is_comparable(&mut self, ty: TypeId, is_equality: bool) -> bool {
        match self.cx.ty(ty).clone() {
            Type::Vector { child, .. } => self.is_comparable(child, is_equality),
            Type::Bool
            | Type::Type
            | Type::ErrorSet(_)
            | Type::EnumLiteral
            | Type::Void
            | Type::FunctionName => is_equality,
            Type::Pointer(pointer) => pointer.size != PointerSize::Slice,
            Type::Container(id) => {
                let is_enum = self.cx.containers[id].kind == ContainerKind::Enum;
                is_equality && (is_enum || self.packed_integer(ty).is_some())
            }
            _ => self.cx.is_integer(ty) || self.cx.is_float(ty),
        }
    }

    /// A tagged union compares by its tag.
    fn tag_of(&mut self, expr: Expr, other: TypeId) -> Expr {
        match self.cx.union_tag(expr.ty) {
            Some(tag)
                if other == TypeId::ENUM_LITERAL || other == tag || self.cx.union_tag(other).is_some() =>
            {
                self.coerce(expr, tag)
            }
            _ => expr,
        }
    }

    fn compare_null(&mut self, op: Compare, operand: Expr, span: Span) -> Expr {
        let known = match operand.value() {
            Some(Value::Null) => Some(true),
            Some(Value::Some(_)) => Some(false),
            _ => None,
        };
        if let Some(is_null) = known {
            return Expr::constant(TypeId::BOOL, span, Value::Bool(is_null == (op == Compare::Equal)));
        }
        if self.cx.optional_child(operand.ty).is_none() {
            let name = self.cx.type_name(operand.ty);
            return self.error(codes::HOST004, span, format!("`{name}` is never null"));
        }
        let is_null = Expr::new(TypeId::BOOL, span, Kind::IsNull(operand));
        match op {
            Compare::Equal => is_null,
            _ => Expr::new(TypeId::BOOL, span, Kind::Unary { op: Unary::Not, operand: is_null }),
        }
    }

    /// `optional == value`: both null, or both the same.
    fn compare_optional(
        &mut self,
        op: Compare,
        left: Expr,
        right: Expr,
        ty: TypeId,
        child: TypeId,
        span: Span,
    ) -> Expr {
        let (optional, value) = match self.cx.optional_child(left.ty).is_some() {
            true => (left, right),
            false => (right, left),
        };
        let is_optional = self.cx.optional_child(value.ty).is_some();
        if !self.is_comparable(child, true) {
            return self.bad_operands(&optional, &value, span);
        }
        let optional = self.coerce(optional, ty);
        let value = self.coerce(value, if is_optional { ty } else { child });
        if optional.is_poison() || value.is_poison() {
            return poison(span);
        }
        let (mut stmts, value) = if is_optional { self.hold(value) } else { (Vec::new(), value) };
        let otherwise = match is_optional {
            true => self.compare_null(op, value.clone(), span),
            false => Expr::constant(TypeId::BOOL, span, Value::Bool(op == Compare::NotEqual)),
        };
        let payload = self.hidden("payload", child, span, false);
        let left = scope::local_expr(payload, child, span);
        let then = match is_optional {
            true => self.compare_optional(op, value, left, ty, child, span),
            false => self.compare(op, left, value, span, span),
        };
        let kind = Kind::IfSome {
            operand: optional,
            payload: Some(payload),
            by_pointer: false,
            then,
            otherwise: Some(otherwise),
        };
        stmts.push(Expr::new(TypeId::BOOL, span, kind));
        coerce::sequence(stmts, TypeId::BOOL, span)
    }

    /// `error union == error`: is it this error?
    fn compare_failure(&mut self, op: Compare, union: Expr, error: Expr, span: Span) -> Expr {
        let Some((set, _)) = self.cx.error_union(union.ty) else { return poison(span) };
        let (mut stmts, error) = self.hold(error);
        let local = self.hidden("error", set, span, false);
        let found = scope::local_expr(local, set, span);
        let kind = Kind::IfOk {
            operand: union,
            payload: None,
            by_pointer: false,
            then: Expr::constant(TypeId::BOOL, span, Value::Bool(op == Compare::NotEqual)),
            error: Some(local),
            otherwise: Some(self.compare(op, found, error, span, span)),
        };
        stmts.push(Expr::new(TypeId::BOOL, span, kind));
        coerce::sequence(stmts, TypeId::BOOL, span)
    }

    /// The integer a packed struct is.
    fn packed_integer(&mut self, ty: TypeId) -> Option<TypeId> {
        let id = self.cx.container_of(ty)?;
        let container = &self.cx.containers[id];
        if container.layout != ast::Layout::Packed || container.kind != ContainerKind::Struct {
            return None;
        }
        let bits = crate::layout::packed_bits(self.cx, ty);
        Some(self.cx.types.int(bits, false))
    }

    /// `and`, `or`: the right side is not looked at where the left one decides.
    pub(super) fn logic(&mut self, is_and: bool, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.condition(left);
        match left.value() {
            Some(Value::Bool(truth)) if *truth == is_and => return self.condition(right),
            Some(Value::Bool(_)) => return left,
            _ if left.is_poison() => {
                self.condition(right);
                return left;
            }
            _ => {}
        }
        self.runtime_depth += 1;
        let right = self.condition(right);
        self.runtime_depth -= 1;
        if right.is_poison() {
            return right;
        }
        let kind = if is_and { Kind::And { left, right } } else { Kind::Or { left, right } };
        Expr::new(TypeId::BOOL, span, kind)
    }
}

pub(super) fn compare_op(op: ast::Binary) -> Option<Compare> {
    Some(match op {
        ast::Binary::Equal => Compare::Equal,
        ast::Binary::NotEqual => Compare::NotEqual,
        ast::Binary::Less => Compare::Less,
        ast::Binary::LessEqual => Compare::LessEqual,
        ast::Binary::Greater => Compare::Greater,
        ast::Binary::GreaterEqual => Compare::GreaterEqual,
        _ => return None,
    })
}
