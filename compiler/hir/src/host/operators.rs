//! Expressions: the dispatch over all of them, and the operators.

use super::coerce::convert;
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
            Slice { base, start, end, sentinel } => {
                self.slice(base, start, end.as_ref(), sentinel.as_ref(), span)
            }
            Deref(base) => self.deref(base, span),
            Unwrap(base) => self.unwrap(base, span),
            Unary { op, operand } => self.unary(*op, operand, span, hint),
            Binary { op, left, right, op_span } => self.binary(*op, left, right, *op_span, span, hint),
            Try(operand) => self.try_expr(operand, span),
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
            Container(container) => scope::type_expr(self.container_type(container, span), span),
            ErrorSet(names) => self.error_set_type(names, span),
            AnyType => self.error(codes::HOST002, span, "`anytype` stands only for the type of a parameter"),
            Error => poison(span),
        }
    }

    /// `module.path:Name`
    fn qualified(&mut self, module: Ident, name: Ident, span: Span) -> Expr {
        let from = self.cx.containers[self.container].module;
        match crate::koru::resolve_type(self.cx, from, module, name) {
            Some(known) => Expr::constant(known.ty, span, known.value),
            None => poison(span),
        }
    }

    fn unary(&mut self, op: ast::Unary, operand: &ast::Expr, span: Span, hint: Option<TypeId>) -> Expr {
        let op = match op {
            ast::Unary::AddressOf => return self.address(operand, span, hint),
            ast::Unary::Negate => Unary::Negate,
            ast::Unary::NegateWrap => Unary::NegateWrap,
            ast::Unary::Not => Unary::Not,
            ast::Unary::BitNot => Unary::BitNot,
        };
        let expected = (op == Unary::Not).then_some(TypeId::BOOL);
        let operand = self.expr(operand, expected);
        if operand.is_poison() || operand.ty == TypeId::NORETURN {
            return operand;
        }
        let ty = operand.ty;
        let element = match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        };
        let fits = match op {
            Unary::Not => element == TypeId::BOOL,
            Unary::Negate => self.cx.is_integer(element) || self.cx.is_float(element),
            Unary::NegateWrap | Unary::BitNot => self.cx.is_integer(element),
        };
        if !fits {
            let name = self.cx.type_name(ty);
            return self.error(codes::HOST004, span, format!("this operator does not take a `{name}`"));
        }
        match operand.value().map(|value| self.cx.fold_unary(op, ty, value)) {
            Some(Err(message)) => self.error(codes::HOST008, span, message),
            Some(Ok(Some(value))) => Expr::constant(ty, span, value),
            _ => Expr::new(ty, span, Kind::Unary { op, operand }),
        }
    }

    /// `&operand`
    fn address(&mut self, operand: &ast::Expr, span: Span, hint: Option<TypeId>) -> Expr {
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

    fn binary(
        &mut self,
        op: ast::Binary,
        left: &ast::Expr,
        right: &ast::Expr,
        at: Span,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        match op {
            ast::Binary::And | ast::Binary::Or => {
                return self.logic(op == ast::Binary::And, left, right, span);
            }
            ast::Binary::Orelse => return self.orelse(left, right, span, hint),
            ast::Binary::Concat => return self.concat(left, right, span),
            ast::Binary::Repeat => return self.repeat(left, right, span),
            ast::Binary::MergeErrors => return self.merge_types(left, right, span),
            _ => {}
        }
        let (left, right) = match compare_op(op) {
            Some(_) => self.both(left, right),
            None if matches!(op, ast::Binary::ShiftLeft | ast::Binary::ShiftRight) => {
                let left = self.infer(left, None);
                let count = self.shift_count_type(left.ty);
                (left, self.infer(right, count))
            }
            None => (self.infer(left, None), self.infer(right, None)),
        };
        self.apply(op, left, right, at, span)
    }

    /// What `@truncate` and the like behind a shift make: the smallest type that counts the bits.
    pub(super) fn shift_count_type(&mut self, ty: TypeId) -> Option<TypeId> {
        let integer = self.cx.integer(ty)?;
        let bits = (u32::from(integer.bits).max(2) - 1).ilog2() + 1;
        Some(self.cx.types.int(bits as u16, false))
    }

    /// Both sides of a comparison: `.name` takes its type from the other side.
    fn both(&mut self, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr) {
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

    /// An operator on checked operands.
    pub(super) fn apply(&mut self, op: ast::Binary, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        if left.is_poison() || right.is_poison() {
            return poison(span);
        }
        if left.ty == TypeId::NORETURN {
            return left;
        }
        if let Some(compare) = compare_op(op) {
            return self.compare(compare, left, right, at, span);
        }
        let Some(op) = arithmetic_op(op) else { return poison(span) };
        if matches!(op, Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftLeftSaturate) {
            return self.shift(op, left, right, at, span);
        }
        if let Some(pointer) = self.cx.pointer(left.ty).cloned()
            && pointer.size == PointerSize::Many
        {
            return self.pointer_arithmetic(op, left, right, at, span);
        }
        let Some(ty) = self.peer(&[&left, &right]) else { return self.bad_operands(&left, &right, at) };
        if !self.is_number(ty) && ty != TypeId::ERROR {
            return self.bad_operands(&left, &right, at);
        }
        let (left, right) = (self.coerce(left, ty), self.coerce(right, ty));
        self.arithmetic(op, left, right, ty, at, span)
    }

    pub(super) fn is_number(&self, ty: TypeId) -> bool {
        let element = match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        };
        element == TypeId::BOOL || self.cx.is_integer(element) || self.cx.is_float(element)
    }

    /// An arithmetic operator on operands of the same type.
    pub(super) fn arithmetic(
        &mut self,
        op: Binary,
        left: Expr,
        right: Expr,
        ty: TypeId,
        at: Span,
        span: Span,
    ) -> Expr {
        if left.is_poison() || right.is_poison() || ty == TypeId::ERROR {
            return poison(span);
        }
        let element = match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        };
        let is_bitwise = matches!(op, Binary::BitAnd | Binary::BitOr | Binary::BitXor);
        let fits = match op {
            _ if self.cx.is_integer(element) => true,
            _ if element == TypeId::BOOL => is_bitwise,
            _ => self.cx.is_float(element) && is_for_floats(op),
        };
        if !fits {
            return self.bad_operands(&left, &right, at);
        }
        let folded = match (left.value(), right.value()) {
            (Some(left), Some(right)) => self.cx.fold_binary(op, ty, left, right),
            (None, Some(Value::Int(zero))) if zero.is_zero() && divides(op) => Err("division by zero".into()),
            _ => Ok(None),
        };
        match folded {
            Err(message) => self.error(codes::HOST008, span, message),
            Ok(Some(value)) => Expr::constant(ty, span, value),
            Ok(None) => Expr::new(ty, span, Kind::Binary { op, left, right }),
        }
    }

    pub(super) fn bad_operands(&mut self, left: &Expr, right: &Expr, at: Span) -> Expr {
        let (one, two) = (self.cx.type_name(left.ty), self.cx.type_name(right.ty));
        let mut diagnostic =
            Diagnostic::new(codes::HOST004, at, format!("this operator does not take `{one}` and `{two}`"))
                .also(left.span, format!("this is `{one}`"))
                .also(right.span, format!("this is `{two}`"));
        let is_missing = |ty| self.cx.optional_child(ty).is_some();
        let may_fail = |ty| self.cx.error_union(ty).is_some();
        if is_missing(left.ty) || is_missing(right.ty) {
            diagnostic = diagnostic.help("the value may be null: use `orelse` or `.?`");
        } else if may_fail(left.ty) || may_fail(right.ty) {
            diagnostic = diagnostic.help("an error is possible here: use `try` or `catch`");
        } else if self.is_text(left.ty) && self.is_text(right.ty) {
            diagnostic = diagnostic.help("slices are compared by `std.mem.eql(u8, a, b)`");
        } else if self.cx.integer(left.ty).is_some() && self.cx.integer(right.ty).is_some() {
            diagnostic = diagnostic
                .help("neither type holds every value of the other: convert one with `@as` or `@intCast`");
        } else if self.cx.integer(left.ty).is_some() && self.cx.is_float(right.ty)
            || self.cx.is_float(left.ty) && self.cx.integer(right.ty).is_some()
        {
            diagnostic = diagnostic.help("convert the integer with `@floatFromInt`");
        }
        self.fail(diagnostic)
    }

    fn is_text(&self, ty: TypeId) -> bool {
        let is_literal = |child| matches!(self.cx.ty(child), Type::Array { child: TypeId::U8, .. });
        self.cx.is_slice(ty) || self.cx.pointee(ty).is_some_and(is_literal)
    }

    fn shift(&mut self, op: Binary, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let ty = left.ty;
        let element = match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        };
        if !self.cx.is_integer(element)
            || !(self.cx.is_integer(right.ty) || self.cx.ty(right.ty) == self.cx.ty(ty))
        {
            return self.bad_operands(&left, &right, at);
        }
        if let (Some(number), Some(count)) = (left.value(), right.value()) {
            return match self.cx.fold_binary(op, ty, number, count) {
                Err(message) => self.error(codes::HOST008, span, message),
                Ok(Some(value)) => Expr::constant(ty, span, value),
                Ok(None) => Expr::new(ty, span, Kind::Binary { op, left, right }),
            };
        }
        if ty == TypeId::COMPTIME_INT {
            let diagnostic = Diagnostic::new(
                codes::HOST017,
                left.span,
                "the number that is shifted needs a type of fixed width",
            );
            return self.fail(diagnostic.help("write `@as(u32, ..)`"));
        }
        let right = match right.ty {
            TypeId::COMPTIME_INT => {
                let (bits, count) =
                    (self.cx.integer(element).map_or(0, |width| width.bits), right.value().cloned());
                if let Some(Value::Int(count)) = count
                    && (count.is_negative() || count >= BigInt::from(bits))
                {
                    return self.error(
                        codes::HOST008,
                        right.span,
                        format!("a shift by {count} moves every bit out"),
                    );
                }
                self.coerce(right, element)
            }
            _ => right,
        };
        Expr::new(ty, span, Kind::Binary { op, left, right })
    }

    fn pointer_arithmetic(&mut self, op: Binary, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let ty = left.ty;
        let child = self.cx.pointer(ty).map_or(TypeId::ERROR, |pointer| pointer.child);
        if op == Binary::Sub && left.ty == right.ty {
            return self.pointer_distance(left, right, child, span);
        }
        if !matches!(op, Binary::Add | Binary::Sub) || !self.cx.is_integer(right.ty) {
            return self.bad_operands(&left, &right, at);
        }
        let mut index = self.coerce(right, TypeId::USIZE);
        if index.is_poison() {
            return index;
        }
        if op == Binary::Sub {
            index = Expr::new(TypeId::USIZE, span, Kind::Unary { op: Unary::NegateWrap, operand: index });
        }
        self.moved(left, index, child, span)
    }

    /// A many-pointer some elements further.
    pub(super) fn moved(&mut self, pointer: Expr, index: Expr, child: TypeId, span: Span) -> Expr {
        let ty = pointer.ty;
        if let (Some(Value::Pointer(at)), Some(Value::Int(count))) = (pointer.value(), index.value())
            && let Some(moved) = count.to_i128().and_then(|count| at.moved(count))
        {
            return Expr::constant(ty, span, Value::Pointer(moved));
        }
        let place = Place::Index { pointer, index, len: None };
        let element = self.address_of(Expr::new(child, span, Kind::Read(place)), span);
        convert(Convert::Pointer, element, ty)
    }

    /// How many elements lie between two addresses of one array.
    fn pointer_distance(&mut self, left: Expr, right: Expr, child: TypeId, span: Span) -> Expr {
        let number = |side| convert(Convert::PointerToInt, side, TypeId::USIZE);
        let subtract = Kind::Binary { op: Binary::SubWrap, left: number(left), right: number(right) };
        let bytes = Expr::new(TypeId::USIZE, span, subtract);
        let size = match crate::layout::layout(self.cx, child).size {
            0 | 1 => return bytes,
            size => Expr::constant(TypeId::USIZE, span, Value::int(size)),
        };
        Expr::new(TypeId::USIZE, span, Kind::Binary { op: Binary::DivExact, left: bytes, right: size })
    }

    /// `left == right` and the like.
    fn compare(&mut self, op: Compare, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let is_equality = matches!(op, Compare::Equal | Compare::NotEqual);
        if is_equality {
            if right.ty == TypeId::NULL {
                return self.compare_null(op, left, span);
            }
            if left.ty == TypeId::NULL {
                return self.compare_null(op, right, span);
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
        let is_errors = self.cx.is_error_set(left.ty) && self.cx.is_error_set(right.ty);
        let ty = if is_errors { Some(TypeId::ANYERROR) } else { self.peer(&[&left, &right]) };
        let Some(ty) = ty else { return self.bad_operands(&left, &right, at) };
        if let Some(child) = self.cx.optional_child(ty).filter(|_| is_equality) {
            return self.compare_optional(op, left, right, ty, child, span);
        }
        if !self.is_comparable(ty, is_equality) {
            return self.bad_operands(&left, &right, at);
        }
        let (left, right) = (self.coerce(left, ty), self.coerce(right, ty));
        if left.is_poison() || right.is_poison() {
            return poison(span);
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
            Type::Container(id) => self.cx.containers[id].kind == ContainerKind::Enum && is_equality,
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
        if self.cx.optional_child(value.ty).is_some() || !self.is_comparable(child, true) {
            return self.bad_operands(&optional, &value, span);
        }
        let optional = self.coerce(optional, ty);
        let value = self.coerce(value, child);
        if optional.is_poison() || value.is_poison() {
            return poison(span);
        }
        let payload = self.hidden("payload", child, span, false);
        let left = scope::local_expr(payload, child, span);
        let then = Expr::new(TypeId::BOOL, span, Kind::Compare { op, left, right: value });
        let otherwise = Expr::constant(TypeId::BOOL, span, Value::Bool(op == Compare::NotEqual));
        let kind = Kind::IfSome {
            operand: optional,
            payload: Some(payload),
            by_pointer: false,
            then,
            otherwise: Some(otherwise),
        };
        Expr::new(TypeId::BOOL, span, kind)
    }

    /// `and`, `or`: the right side is not looked at where the left one decides.
    fn logic(&mut self, is_and: bool, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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

    /// `a ++ b`
    fn concat(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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
    fn repeat(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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
    fn merge_types(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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

fn is_for_floats(op: Binary) -> bool {
    use Binary::*;
    matches!(op, Add | Sub | Mul | DivTruncate | DivFloor | DivExact | Rem | Mod | Min | Max)
}

fn divides(op: Binary) -> bool {
    use Binary::*;
    matches!(op, DivTruncate | DivFloor | DivExact | Rem | Mod)
}

fn compare_op(op: ast::Binary) -> Option<Compare> {
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

fn arithmetic_op(op: ast::Binary) -> Option<Binary> {
    Some(match op {
        ast::Binary::Add => Binary::Add,
        ast::Binary::AddWrap => Binary::AddWrap,
        ast::Binary::AddSaturate => Binary::AddSaturate,
        ast::Binary::Sub => Binary::Sub,
        ast::Binary::SubWrap => Binary::SubWrap,
        ast::Binary::SubSaturate => Binary::SubSaturate,
        ast::Binary::Mul => Binary::Mul,
        ast::Binary::MulWrap => Binary::MulWrap,
        ast::Binary::MulSaturate => Binary::MulSaturate,
        ast::Binary::Div => Binary::DivTruncate,
        ast::Binary::Rem => Binary::Rem,
        ast::Binary::BitAnd => Binary::BitAnd,
        ast::Binary::BitOr => Binary::BitOr,
        ast::Binary::BitXor => Binary::BitXor,
        ast::Binary::ShiftLeft => Binary::ShiftLeft,
        ast::Binary::ShiftLeftSaturate => Binary::ShiftLeftSaturate,
        ast::Binary::ShiftRight => Binary::ShiftRight,
        _ => return None,
    })
}
