//! `++`, `**` and `||`: arrays, texts, tuples and error sets put together while compiling.

use super::scope::poison;
use super::*;

impl BodyChecker<'_, '_> {
    /// `a ++ b`
    pub(super) fn concat(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let (left, right) = (self.infer(left, None), self.infer(right, None));
        if left.is_poison() || right.is_poison() {
            return poison(span);
        }
        if let (Type::Tuple(_), Type::Tuple(_)) = (self.cx.ty(left.ty), self.cx.ty(right.ty)) {
            let mut parts = self.parts(&left, span).unwrap_or_default();
            parts.extend(self.parts(&right, span).unwrap_or_default());
            return self.tuple(parts, span);
        }
        let (Some(one), Some(two)) = (self.parts(&left, span), self.parts(&right, span)) else {
            let diagnostic = Diagnostic::new(
                codes::HOST004,
                span,
                "`++` joins arrays and texts whose lengths are known while compiling",
            );
            return self
                .fail(diagnostic.help("join texts at run time with `std.fmt.allocPrint` or a buffer"));
        };
        let child = |checker: &Self, expr: &Expr| checker.cx.sequence(expr.ty).map(|sequence| sequence.child);
        let (a, b) = (child(self, &left), child(self, &right));
        let Some(ty) = a.zip(b).and_then(|(a, b)| self.meet(a, None, b, None)).or(a).or(b) else {
            return self.bad_operands(&left, &right, span);
        };
        let parts: Vec<Expr> = one.into_iter().chain(two).map(|part| self.coerce(part, ty)).collect();
        let is_pointer = self.cx.pointer(left.ty).is_some() || self.cx.pointer(right.ty).is_some();
        self.joined(ty, parts, is_pointer, &left, span)
    }

    fn joined(&mut self, child: TypeId, parts: Vec<Expr>, is_pointer: bool, like: &Expr, span: Span) -> Expr {
        let sentinel = self.cx.sequence(like.ty).and_then(|sequence| sequence.sentinel);
        let array = self.cx.types.intern(Type::Array { len: parts.len() as u64, sentinel, child });
        let value = self.aggregate(array, parts, span);
        if is_pointer { self.address_of(value, span) } else { value }
    }

    /// The elements of something whose length is known.
    pub(super) fn parts(&mut self, expr: &Expr, span: Span) -> Option<Vec<Expr>> {
        if let Type::Tuple(all) = self.cx.ty(expr.ty) {
            let count = all.len() as u64;
            return Some((0..count).map(|index| self.part_of(expr.clone(), index, span)).collect());
        }
        let sequence = self.cx.sequence(expr.ty)?;
        if let Some(values) =
            expr.value().and_then(|value| self.cx.pointed_values(value).or(query::elements(value)))
        {
            let constant = |value| Expr::constant(sequence.child, span, value);
            return Some(values.into_iter().map(constant).collect());
        }
        let len = sequence.len?;
        let base =
            if self.cx.pointee(expr.ty).is_some() { self.load(expr.clone(), span) } else { expr.clone() };
        Some((0..len).map(|index| self.part_of(base.clone(), index, span)).collect())
    }

    /// `a ** n`
    pub(super) fn repeat(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        /// More would not fit a program anyway, and every element costs memory of ours.
        const LIMIT: u64 = 1 << 24;
        let left = self.infer(left, None);
        let Some(count) = self.known_number(right) else { return poison(span) };
        if left.is_poison() {
            return left;
        }
        let Some(parts) = self.parts(&left, span) else {
            return self.error(
                codes::HOST004,
                span,
                "`**` repeats arrays and texts whose lengths are known while compiling",
            );
        };
        if count.saturating_mul(parts.len() as u64) > LIMIT {
            return self.error(codes::HOST008, span, "the array is too long");
        }
        if let Type::Tuple(_) = self.cx.ty(left.ty) {
            let parts = (0..count).flat_map(|_| parts.clone()).collect();
            return self.tuple(parts, span);
        }
        let Some(sequence) = self.cx.sequence(left.ty) else { return poison(span) };
        let is_pointer = self.cx.pointer(left.ty).is_some();
        if let [value] = &parts[..]
            && value.value().is_none()
        {
            let array = self.cx.types.array(count, sequence.child);
            return Expr::new(array, span, Kind::Splat { value: value.clone() });
        }
        let parts = (0..count).flat_map(|_| parts.clone()).collect();
        self.joined(sequence.child, parts, is_pointer, &left, span)
    }

    /// `A || B`
    pub(super) fn merge_types(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let (left, right) = (self.check_type(left), self.check_type(right));
        if left == TypeId::ERROR || right == TypeId::ERROR {
            return poison(span);
        }
        if !self.cx.is_error_set(left) || !self.cx.is_error_set(right) {
            return self.error(codes::HOST004, span, "`||` joins error sets");
        }
        match self.merge_sets(left, right) {
            Some(set) => scope::type_expr(set, span),
            None => poison(span),
        }
    }
}
