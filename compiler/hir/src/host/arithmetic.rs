//! Arithmetic: operators on numbers, vectors and many-pointers; known operands fold.

use super::coerce::convert;
use super::scope::poison;
use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn unary(
        &mut self,
        op: ast::Unary,
        operand: &ast::Expr,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
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
            Unary::Negate => self.cx.is_float(element) || self.is_signed(element),
            Unary::NegateWrap | Unary::BitNot => self.cx.is_integer(element),
        };
        if !fits {
            let name = self.cx.type_name(ty);
            let at = if op == Unary::BitNot { operand.span } else { span };
            return self.error(codes::HOST004, at, format!("this operator does not take a `{name}`"));
        }
        match operand.value().map(|value| self.cx.fold_unary(op, ty, value)) {
            Some(Err(message)) => self.error(codes::HOST008, span, message),
            Some(Ok(Some(value))) => Expr::constant(ty, span, value),
            _ => Expr::new(ty, span, Kind::Unary { op, operand }),
        }
    }

    /// Is it an integer that may be negative, or one of no fixed width?
    fn is_signed(&self, ty: TypeId) -> bool {
        self.cx.is_integer(ty) && self.cx.integer(ty).is_none_or(|width| width.is_signed)
    }

    pub(super) fn binary(
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
        let (left, right) = match compare::compare_op(op) {
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
        if let Type::Vector { len, child } = *self.cx.ty(ty) {
            let child = self.shift_count_type(child)?;
            return Some(self.cx.types.intern(Type::Vector { len, child }));
        }
        let integer = self.cx.integer(ty)?;
        let bits = (u32::from(integer.bits).max(2) - 1).ilog2() + 1;
        Some(self.cx.types.int(bits as u16, false))
    }

    /// An operator on checked operands.
    pub(super) fn apply(&mut self, op: ast::Binary, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        if left.is_poison() || right.is_poison() {
            return poison(span);
        }
        if left.ty == TypeId::NORETURN {
            return left;
        }
        if let Some(compare) = compare::compare_op(op) {
            return self.compare(compare, left, right, at, span);
        }
        let Some(op) = arithmetic_op(op) else { return poison(span) };
        let (left, right) = (self.not_null_of_c(left), self.not_null_of_c(right));
        if matches!(op, Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftLeftSaturate) {
            return self.shift(op, left, right, at, span);
        }
        if let Some(pointer) = self.cx.pointer(left.ty).cloned()
            && matches!(pointer.size, PointerSize::Many | PointerSize::C)
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
            (_, Some(Value::Int(zero))) if zero.is_zero() && divides(op) => {
                return self.error(codes::HOST008, right.span, "division by zero");
            }
            (Some(left), Some(right)) => self.cx.fold_binary(op, ty, left, right),
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
            let is_plus = self.cx.sources.slice(at).trim() == "+";
            diagnostic = diagnostic.help(match is_plus {
                true => "`++` joins texts that are known while compiling",
                false => "slices are compared by `std.mem.eql(u8, a, b)`",
            });
        } else if self.cx.integer(left.ty).is_some() && self.cx.integer(right.ty).is_some() {
            diagnostic = diagnostic
                .help("neither type holds every value of the other: convert one with `@as` or `@intCast`");
        } else if self.cx.integer(left.ty).is_some() && self.cx.is_float(right.ty)
            || self.cx.is_float(left.ty) && self.cx.integer(right.ty).is_some()
        {
            diagnostic = diagnostic.help("convert the integer with `@floatFromInt`");
        } else if self.cx.pointee(left.ty).is_some_and(|ty| self.cx.is_integer(ty) || self.cx.is_float(ty)) {
            diagnostic = diagnostic.help("what a pointer points to is read and written by `.*`");
        } else if self.cx.container_of(left.ty).is_some() && left.ty == right.ty {
            let declared = self.cx.container_of(left.ty).map_or(Span::NONE, |id| self.cx.head_of(id));
            let is_equality = matches!(self.cx.sources.slice(at).trim(), "==" | "!=");
            diagnostic = diagnostic.also(declared, format!("`{one}` is declared here"));
            if is_equality {
                diagnostic = diagnostic.help("values of it are compared by `std.meta.eql(a, b)`");
            }
        }
        self.fail(diagnostic)
    }

    pub(super) fn is_text(&self, ty: TypeId) -> bool {
        let is_literal = |child| matches!(self.cx.ty(child), Type::Array { child: TypeId::U8, .. });
        self.cx.is_slice(ty) || self.cx.pointee(ty).is_some_and(is_literal)
    }

    fn shift(&mut self, op: Binary, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let ty = left.ty;
        let element = match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        };
        if !self.cx.is_integer(element) {
            let message =
                format!("a shift moves the bits of an integer, and this is `{}`", self.cx.type_name(ty));
            return self.error(codes::HOST004, left.span, message);
        }
        if !(self.cx.is_integer(right.ty) || self.is_vector_like(right.ty, ty)) {
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
            // What is moved too far by saturating shifts saturates: their counts are any numbers.
            _ if op == Binary::ShiftLeftSaturate => match element != ty && right.ty != ty {
                true => coerce::convert(Convert::Int, right, ty),
                false => right,
            },
            _ => {
                let right = self.counted(right, ty);
                if right.is_poison() {
                    return right;
                }
                if element == ty { right } else { coerce::convert(Convert::Int, right, ty) }
            }
        };
        Expr::new(ty, span, Kind::Binary { op, left, right })
    }

    /// The count of a shift: of the type that counts the bits of what is moved.
    pub(super) fn counted(&mut self, count: Expr, moved: TypeId) -> Expr {
        let Some(wanted) = self.shift_count_type(moved) else { return count };
        match self.try_coerce(count, wanted) {
            Ok(count) => count,
            Err(count) => {
                let (name, found) = (self.cx.type_name(moved), self.cx.type_name(count.ty));
                let expected = self.cx.type_name(wanted);
                let message = format!("expected `{expected}`, found `{found}`");
                let diagnostic = Diagnostic::new(codes::HOST002, count.span, message)
                    .note(format!("the bits of `{name}` are counted by `{expected}`"));
                self.fail(diagnostic.help("write `@intCast(..)`, or `@truncate(..)` for the low bits alone"))
            }
        }
    }

    /// Vectors of integers, as many of one as of the other?
    fn is_vector_like(&self, ty: TypeId, other: TypeId) -> bool {
        match (self.cx.ty(ty), self.cx.ty(other)) {
            (&Type::Vector { len, child }, &Type::Vector { len: wanted, .. }) => {
                len == wanted && self.cx.is_integer(child)
            }
            _ => false,
        }
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
}

fn is_for_floats(op: Binary) -> bool {
    use Binary::*;
    matches!(op, Add | Sub | Mul | DivTruncate | DivFloor | DivExact | Rem | Mod | Min | Max)
}

fn divides(op: Binary) -> bool {
    use Binary::*;
    matches!(op, DivTruncate | DivFloor | DivExact | Rem | Mod)
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
