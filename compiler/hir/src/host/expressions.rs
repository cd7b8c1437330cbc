//! Expressions: the dispatch over all of them.
//!
//! `infer` gives a value, `infer_place` leaves a place a place, `expr` coerces to what is expected.

use super::scope::{nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    /// A checked expression, of the expected type where there is one.
    pub fn expr(&mut self, expr: &ast::Expr, expected: Option<TypeId>) -> Expr {
        let checked = self.infer(expr, expected);
        match expected {
            Some(ty) => self.coerce(checked, ty),
            None => checked,
        }
    }

    /// A condition.
    pub fn condition(&mut self, expr: &ast::Expr) -> Expr {
        let condition = self.expr(expr, Some(TypeId::BOOL));
        match self.is_running {
            true => self.forced(condition),
            false => condition,
        }
    }

    /// The expression as a constant, where the checker runs the code itself.
    pub(super) fn forced(&mut self, expr: Expr) -> Expr {
        let expr = self.settled(expr);
        let span = expr.span;
        if expr.ty == TypeId::NORETURN || expr.value().is_some() {
            return expr;
        }
        if self.is_running
            && let Some(leaving) = leaving(&expr)
        {
            return leaving.clone();
        }
        match self.force(expr) {
            Some(known) => Expr::constant(known.ty, span, known.value),
            None => poison(span),
        }
    }

    /// A checked expression, with the type it has by itself; `hint` is what it will be coerced to.
    pub(super) fn infer(&mut self, expr: &ast::Expr, hint: Option<TypeId>) -> Expr {
        let checked = self.infer_place(expr, hint);
        self.settled(checked)
    }

    /// The same, where the place matters and not what is there.
    pub(super) fn infer_place(&mut self, expr: &ast::Expr, hint: Option<TypeId>) -> Expr {
        use ast::ExprKind::*;
        let span = expr.span;
        match &*expr.kind {
            Int(text) => self.int_literal(*text, span),
            Float(text) => self.float_literal(*text, span),
            Char(code) => Expr::constant(TypeId::COMPTIME_INT, span, Value::int(*code)),
            Str(bytes) => self.string_literal(bytes, span),
            Name(name) => self.name(*name, span),
            EnumLiteral(name) => self.enum_literal(*name, span, hint),
            ErrorLiteral(name) => self.error_literal(*name, span),
            Undefined => Expr::constant(TypeId::UNDEFINED, span, Value::Undefined),
            Null => Expr::constant(TypeId::NULL, span, Value::Null),
            Unreachable => Expr::new(TypeId::NORETURN, span, Kind::Unreachable),
            Literal { ty, body } => self.literal(ty.as_ref(), body, span, hint),
            Record(given) => self.record(given, span, hint),
            List(items) => self.list(items, expr, hint),
            Builtin { name, args } => self.builtin(*name, args, span, hint),
            Call { callee, args } => self.call(callee, args, span, hint),
            Field { base, name } => self.field(base, *name, span),
            Index { base, index } => self.index(base, index, span),
            Slice(it) => self.slice(&it.base, &it.start, it.end.as_ref(), it.sentinel.as_ref(), span),
            Deref(base) => self.deref(base, span),
            Unwrap(base) => self.unwrap(base, span),
            Unary { op, operand } => self.unary(*op, operand, span, hint),
            Binary { op, left, right, op_span } => self.binary(*op, left, right, *op_span, span, hint),
            Try(operand) => self.try_expr(operand, span, hint),
            Catch { left, capture, right } => self.catch(left, *capture, right, span, hint),
            Qualified { module, name } => self.qualified(*module, *name, span),
            Comptime(inner) => self.comptime_expr(inner, hint),
            If(it) => self.if_expr(it, span, hint),
            While(it) => self.while_loop(it, span, hint),
            For(it) => self.for_loop(it, span, hint),
            Switch(it) => self.switch(it, span, hint),
            Block(block) => self.infer_block(block, hint),
            Break { label, value } => self.break_from(*label, value.as_ref(), span),
            Continue { label, value } => self.continue_with(*label, value.as_ref(), span),
            Return(value) => self.return_value(value.as_ref(), span),
            Asm(asm) => self.asm(asm, span),
            Pointer(pointer) => self.pointer_type(pointer, span),
            Array { len, sentinel, child } => self.array_type(len.as_ref(), sentinel.as_ref(), child, span),
            Optional(child) => self.optional_type(child, span),
            ErrorUnion { set, payload } => self.error_union_type(set.as_ref(), payload, span),
            Function(function) => self.function_type_expr(function, span),
            Container(container) => match self.container_type(container, span) {
                TypeId::ERROR => poison(span),
                ty => scope::type_expr(ty, span),
            },
            ErrorSet(names) => self.error_set_type(names, span),
            AnyType => self.error(codes::HOST002, span, "`anytype` stands only for the type of a parameter"),
            Error => poison(span),
        }
    }

    /// `module.path:Name`
    fn qualified(&mut self, module: Ident, name: Ident, span: Span) -> Expr {
        match crate::koru::resolve_type(self.cx, module, name) {
            Some(known) => Expr::constant(known.ty, span, known.value),
            None => poison(span),
        }
    }

    /// `&operand`
    pub(super) fn address(&mut self, operand: &ast::Expr, span: Span, hint: Option<TypeId>) -> Expr {
        if let Some(hint) = hint
            && let Some(slice) = self.slice_literal(operand, hint, span)
        {
            return slice;
        }
        let inner = hint.map(|hint| self.cx.literal_target(hint)).and_then(|target| {
            let pointer = self.cx.pointer(target)?;
            (pointer.size == PointerSize::One).then_some(pointer.child)
        });
        let is_literal = matches!(&*operand.kind, ast::ExprKind::Literal { ty: None, .. });
        let checked = match inner.filter(|_| is_literal) {
            Some(child) => self.expr(operand, Some(child)),
            None => self.infer_place(operand, None),
        };
        self.address_of(checked, span)
    }

    /// `comptime e`
    fn comptime_expr(&mut self, inner: &ast::Expr, hint: Option<TypeId>) -> Expr {
        let span = inner.span;
        if let ast::ExprKind::Block(block) = &*inner.kind {
            return self.comptime_block(block, hint);
        }
        match self.known(inner, hint) {
            Some(known) if known.ty == TypeId::VOID => nothing(span),
            Some(known) => Expr::constant(known.ty, span, known.value),
            None => poison(span),
        }
    }
}

/// The part of a value that never comes back, as `return` in `.{ .n = x orelse return }`. Conditions are
/// decided where code is run, so that every part is evaluated.
fn leaving(expr: &Expr) -> Option<&Expr> {
    if expr.ty == TypeId::NORETURN {
        return Some(expr);
    }
    let is_straight = !matches!(
        &*expr.kind,
        Kind::And { .. }
            | Kind::Or { .. }
            | Kind::If { .. }
            | Kind::IfSome { .. }
            | Kind::IfOk { .. }
            | Kind::Switch { .. }
            | Kind::Loop { .. }
            | Kind::Block { label: Some(_), .. }
    );
    let mut found = None;
    if is_straight {
        crate::tree::children(expr, &mut |child| found = found.or_else(|| leaving(child)));
    }
    found
}
