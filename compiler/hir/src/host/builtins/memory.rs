//! Sizes, offsets, and bytes moved about.

use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn memory_builtin(&mut self, it: Use) -> Option<Expr> {
        Some(match it.word() {
            "memcpy" => self.copy(it, false),
            "memmove" => self.copy(it, true),
            "memset" => self.fill(it),
            "sizeOf" => self.type_number(it, |checker, ty| crate::layout::layout(checker.cx, ty).size),
            "alignOf" => {
                self.type_number(it, |checker, ty| crate::layout::layout(checker.cx, ty).align.into())
            }
            "bitSizeOf" => self.type_number(it, Self::bit_size),
            "offsetOf" => self.offset(it, 8),
            "bitOffsetOf" => self.offset(it, 1),
            _ => return None,
        })
    }

    fn type_number(&mut self, it: Use, ask: impl FnOnce(&mut Self, TypeId) -> u64) -> Expr {
        let Some([ty]) = self.exactly::<1>(it) else { return poison(it.span) };
        let ty = self.check_type(ty);
        if ty == TypeId::ERROR {
            return poison(it.span);
        }
        let number = if self.cx.is_comptime_only(ty) { 0 } else { ask(self, ty) };
        Expr::constant(TypeId::COMPTIME_INT, it.span, Value::int(number))
    }

    pub(super) fn bit_size(&mut self, ty: TypeId) -> u64 {
        match *self.cx.ty(ty) {
            Type::Bool => 1,
            Type::Float(bits) => bits.into(),
            _ => match self.cx.integer(ty) {
                Some(width) => width.bits.into(),
                None => crate::layout::layout(self.cx, ty).size * 8,
            },
        }
    }

    /// Where a field begins, in units of so many bits.
    fn offset(&mut self, it: Use, unit: u64) -> Expr {
        let Some([ty, name]) = self.exactly::<2>(it) else { return poison(it.span) };
        let ty = self.check_type(ty);
        let Some(text) = self.known_text(name) else { return poison(it.span) };
        let Some(id) = self.cx.container_of(ty) else { return poison(it.span) };
        let all = fields(self.cx, id);
        let Some(at) = all.iter().position(|field| field.name == text.as_str()) else {
            let type_name = self.cx.type_name(ty);
            return self.error(codes::HOST003, name.span, format!("`{type_name}` has no field `{text}`"));
        };
        match &crate::layout::layout(self.cx, ty).parts {
            crate::layout::Parts::Fields(places) => {
                Expr::constant(TypeId::COMPTIME_INT, it.span, Value::int(places[at].offset * 8 / unit))
            }
            crate::layout::Parts::Packed(bits) => {
                let shift = u64::from(bits[at].shift);
                Expr::constant(TypeId::COMPTIME_INT, it.span, Value::int(shift / unit))
            }
            _ => self.unsupported(it.span, "offset of a field of this type"),
        }
    }

    /// A place of several elements: pointer to the first, how many, and of which type.
    fn region(
        &mut self,
        it: Use,
        expr: &ast::Expr,
        stmts: &mut Vec<Expr>,
    ) -> Option<(Expr, Option<Expr>, query::Sequence)> {
        let checked = self.operand(expr, None)?;
        let Some(parts) = self.cx.sequence(checked.ty).filter(|_| self.cx.pointer(checked.ty).is_some())
        else {
            self.wrong_operand(it, &checked, "slices and pointers to arrays");
            return None;
        };
        let (more, held) = self.hold(checked);
        stmts.extend(more);
        let length = self.length_of(&held, it.span);
        let many = Pointer::to(PointerSize::Many, parts.child, parts.is_const);
        let many = self.cx.types.intern(Type::Pointer(many));
        let first = match (self.cx.is_slice(held.ty), held.value()) {
            (true, Some(Value::Slice { pointer, .. })) => {
                Expr::constant(many, it.span, Value::Pointer(pointer.clone()))
            }
            (true, _) => Expr::new(many, it.span, Kind::SlicePointer(held)),
            (false, Some(Value::Pointer(at))) if self.cx.pointee(held.ty).is_some() => {
                Expr::constant(many, it.span, Value::Pointer(at.then(Step::Element(0))))
            }
            (false, _) => coerce::convert(Convert::Pointer, held, many),
        };
        Some((first, length, parts))
    }

    /// `@memcpy(target, source)`
    fn copy(&mut self, it: Use, may_overlap: bool) -> Expr {
        let Some([target, source]) = self.exactly::<2>(it) else { return poison(it.span) };
        let mut stmts = Vec::new();
        let place = target.span;
        let target = self.region(it, target, &mut stmts);
        let source = self.region(it, source, &mut stmts);
        let (Some((to, to_len, parts)), Some((from, from_len, other))) = (target, source) else {
            return poison(it.span);
        };
        if parts.is_const {
            return self.error(codes::HOST009, place, "the target of the copy is constant");
        }
        if parts.child != other.child {
            let (one, two) = (self.cx.type_name(parts.child), self.cx.type_name(other.child));
            return self.error(
                codes::HOST002,
                it.span,
                format!("`{two}` elements cannot be copied over `{one}` elements"),
            );
        }
        let Some(length) = to_len.clone().or(from_len.clone()) else {
            return self.error(codes::HOST017, it.span, "one side of the copy must know its length");
        };
        if let (Some(one), Some(two)) = (to_len, from_len)
            && !self.same_length(one, two, &mut stmts, it)
        {
            return poison(it.span);
        }
        let size = crate::layout::layout(self.cx, parts.child).size;
        let size = Expr::constant(TypeId::USIZE, it.span, Value::int(size));
        let bytes = self.arithmetic(Binary::MulWrap, length, size, TypeId::USIZE, it.span, it.span);
        let op = Intrinsic::CopyBytes { may_overlap };
        stmts.push(intrinsic(TypeId::VOID, it.span, op, vec![to, from, bytes]));
        coerce::sequence(stmts, TypeId::VOID, it.span)
    }

    /// Lengths that differ are a mistake: of the program where both are known, else at run time.
    fn same_length(&mut self, one: Expr, two: Expr, stmts: &mut Vec<Expr>, it: Use) -> bool {
        if let (Some(left), Some(right)) = (one.value(), two.value()) {
            if left != right {
                self.error(codes::HOST008, it.span, "the two sides of the copy have different lengths");
            }
            return left == right;
        }
        if self.cx.mode.is_checked() {
            let kind = Kind::Compare { op: Compare::NotEqual, left: one, right: two };
            let condition = Expr::new(TypeId::BOOL, it.span, kind);
            let then = Expr::new(TypeId::NORETURN, it.span, Kind::Unreachable);
            stmts.push(Expr::new(TypeId::VOID, it.span, Kind::If { condition, then, otherwise: None }));
        }
        true
    }

    /// `@memset(target, value)`
    fn fill(&mut self, it: Use) -> Expr {
        let Some([target, value]) = self.exactly::<2>(it) else { return poison(it.span) };
        let mut stmts = Vec::new();
        let Some((to, length, parts)) = self.region(it, target, &mut stmts) else { return poison(it.span) };
        if parts.is_const {
            return self.error(codes::HOST009, to.span, "the target is constant");
        }
        let Some(length) = length else {
            return self.error(codes::HOST017, it.span, "the target must know its length");
        };
        let value = self.expr(value, Some(parts.child));
        if value.is_poison() {
            return value;
        }
        if value.value() == Some(&Value::Undefined) {
            return nothing(it.span);
        }
        stmts.push(intrinsic(TypeId::VOID, it.span, Intrinsic::Fill, vec![to, value, length]));
        coerce::sequence(stmts, TypeId::VOID, it.span)
    }
}
