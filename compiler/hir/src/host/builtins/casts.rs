//! Casts: from one type to another because the program says so.

use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn cast_builtin(&mut self, it: Use) -> Option<Expr> {
        let word = it.word();
        match word {
            "as" => return Some(self.as_type(it)),
            "fieldParentPtr" => return Some(self.parent_of_field(it).unwrap_or(poison(it.span))),
            _ => {}
        }
        let cast: fn(&mut Self, Use, Expr) -> Expr = match word {
            "intCast" => Self::int_cast,
            "truncate" => Self::truncate,
            "bitCast" => Self::bit_cast,
            "ptrCast" => Self::pointer_cast,
            "alignCast" => Self::align_cast,
            "constCast" => {
                |checker, it, operand| checker.requalified(it, operand, |pointer| pointer.is_const = false)
            }
            "volatileCast" => {
                |checker, it, operand| checker.requalified(it, operand, |pointer| pointer.is_volatile = false)
            }
            "intFromPtr" => Self::int_from_pointer,
            "ptrFromInt" => Self::pointer_from_int,
            "floatFromInt" => Self::float_from_int,
            "intFromFloat" => Self::int_from_float,
            "floatCast" => Self::float_cast,
            "intFromBool" => Self::int_from_bool,
            "intFromEnum" => Self::int_from_enum,
            "enumFromInt" => Self::enum_from_int,
            "errorCast" => Self::error_cast,
            "intFromError" => Self::int_from_error,
            "errorFromInt" => Self::error_from_int,
            _ => return None,
        };
        let Some([operand]) = self.exactly::<1>(it) else { return Some(poison(it.span)) };
        // A cast inside a cast wants what the outer one wants.
        let inner =
            it.hint.filter(|_| word == "ptrCast" && matches!(&*operand.kind, ast::ExprKind::Builtin { .. }));
        let checked = match inner {
            Some(hint) => Some(self.infer(operand, Some(hint))).filter(|operand| !operand.is_poison()),
            None if word == "alignCast" => {
                Some(self.infer(operand, it.hint)).filter(|operand| !operand.is_poison())
            }
            None => self.operand(operand, None),
        };
        Some(match checked {
            Some(operand) if operand.ty == TypeId::NORETURN => operand,
            Some(operand) => cast(self, it, operand),
            None => poison(it.span),
        })
    }

    fn as_type(&mut self, it: Use) -> Expr {
        let Some([ty, value]) = self.exactly::<2>(it) else { return poison(it.span) };
        let written = ty.span;
        match self.check_type(ty) {
            TypeId::ERROR => poison(it.span),
            ty => {
                let value = self
                    .because(ty, written, "this type is asked for", |checker| checker.expr(value, Some(ty)));
                Expr { span: it.span, ..value }
            }
        }
    }

    /// `@fieldParentPtr("field", pointer)`: the struct the field is in.
    fn parent_of_field(&mut self, it: Use) -> Option<Expr> {
        let [name, pointer] = self.exactly::<2>(it)?;
        let text = self.known_text(name)?;
        let to = self.target_type(it)?;
        let pointer = self.operand(pointer, None)?;
        let parent = self.cx.pointee(to).and_then(|child| self.cx.container_of(child));
        let Some(id) = parent.filter(|_| self.cx.pointee(pointer.ty).is_some()) else {
            return Some(self.mismatch(&pointer, to));
        };
        let all = fields(self.cx, id);
        let at = all.iter().position(|field| field.name == text.as_str());
        let child = self.cx.pointee(to)?;
        let layout = crate::layout::layout(self.cx, child);
        let (Some(at), crate::layout::Parts::Fields(places)) = (at, &layout.parts) else {
            let type_name = self.cx.type_name(child);
            return Some(self.error(
                codes::HOST003,
                name.span,
                format!("`{type_name}` has no field `{text}`"),
            ));
        };
        let offset = Expr::constant(TypeId::USIZE, it.span, Value::int(places[at].offset));
        let address = coerce::convert(Convert::PointerToInt, pointer, TypeId::USIZE);
        let address = self.arithmetic(Binary::SubWrap, address, offset, TypeId::USIZE, it.span, it.span);
        Some(coerce::convert(Convert::IntToPointer, address, to))
    }

    /// Folds a known operand, or converts at run time.
    fn converted(&mut self, it: Use, how: Convert, operand: Expr, to: TypeId, known: Option<Value>) -> Expr {
        match known {
            Some(value) => Expr::constant(to, it.span, value),
            None => Expr::new(to, it.span, Kind::Convert { how, operand }),
        }
    }

    fn int_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        let (from, wide) = (self.element_type(operand.ty), self.element_type(to));
        if !self.cx.is_integer(from) {
            return self.wrong_operand(it, &operand, "an integer");
        }
        if wide == TypeId::COMPTIME_INT || operand.ty == TypeId::COMPTIME_INT {
            return self.coerce(operand, to);
        }
        if self.cx.integer(wide).is_none() {
            return self.mismatch(&operand, to);
        }
        match operand.value() {
            Some(Value::Int(_)) => self.coerce(operand, to),
            _ => self.converted(it, Convert::Int, operand, to, None),
        }
    }

    /// The number of an error in this program; they are not the same in all programs.
    fn int_from_error(&mut self, it: Use, operand: Expr) -> Expr {
        if !self.cx.is_error_set(operand.ty) {
            return self.wrong_operand(it, &operand, "an error");
        }
        coerce::convert(Convert::Bits, operand, TypeId::U16)
    }

    fn error_from_int(&mut self, _: Use, operand: Expr) -> Expr {
        match self.coerce(operand, TypeId::U16) {
            number if number.is_poison() => number,
            number => coerce::convert(Convert::Bits, number, TypeId::ANYERROR),
        }
    }

    fn truncate(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        let (from, narrow) = (self.element_type(operand.ty), self.element_type(to));
        let Some(width) = self.cx.integer(narrow).filter(|_| self.cx.is_integer(from)) else {
            return self.wrong_operand(it, &operand, "an integer");
        };
        if let Some(Value::Int(number)) = operand.value() {
            return Expr::constant(to, it.span, Value::Int(width.wrap(number)));
        }
        if self.cx.integer(from).is_some_and(|from| from.bits < width.bits) {
            let (one, two) = (self.cx.type_name(operand.ty), self.cx.type_name(to));
            return self.error(
                codes::HOST002,
                it.span,
                format!("`{one}` cannot be cut to `{two}`, which is wider"),
            );
        }
        self.converted(it, Convert::Truncate, operand, to, None)
    }

    fn is_plain_number(&self, ty: TypeId) -> bool {
        self.cx.integer(ty).is_some() || matches!(self.cx.ty(ty), Type::Float(_))
    }

    fn bit_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        if operand.ty == TypeId::COMPTIME_INT || operand.ty == TypeId::COMPTIME_FLOAT {
            return self.wrong_operand(it, &operand, "a value of a type with a width");
        }
        let known = match (operand.value(), self.cx.integer(operand.ty), self.cx.integer(to)) {
            (Some(Value::Int(number)), Some(from), Some(width)) if from.bits == width.bits => {
                Some(Value::Int(width.wrap(number)))
            }
            _ => None,
        };
        if operand.ty == to {
            return operand;
        }
        if self.is_plain_number(operand.ty) && self.is_plain_number(to) {
            let sizes = (self.bit_size(operand.ty), self.bit_size(to));
            if sizes.0 != sizes.1 {
                let (one, two) = (self.cx.type_name(operand.ty), self.cx.type_name(to));
                let message = format!("`{one}` has {} bits, and `{two}` has {}", sizes.0, sizes.1);
                return self.error(codes::HOST002, it.span, message);
            }
        }
        self.converted(it, Convert::Bits, operand, to, known)
    }

    fn pointer_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(hint) = it.hint else {
            self.target_type(it);
            return poison(it.span);
        };
        let operand_child = self.cx.optional_child(operand.ty).unwrap_or(operand.ty);
        let is_optional = self.cx.optional_child(operand.ty).is_some();
        let to = if is_optional { hint } else { self.cx.literal_target(hint) };
        let target = self.cx.literal_target(hint);
        let (Some(from), Some(pointer)) =
            (self.cx.pointer(operand_child).cloned(), self.cx.pointer(target).cloned())
        else {
            let which = if self.cx.pointer(operand_child).is_none() {
                &operand
            } else {
                return self.mismatch(&operand, to);
            };
            return self.wrong_operand(it, which, "a pointer");
        };
        if from.is_const && !pointer.is_const {
            let message = "`@ptrCast` cannot make constant data changeable";
            let diagnostic = Diagnostic::new(codes::HOST002, it.span, message);
            return self.fail(diagnostic.help("that is what `@constCast` says"));
        }
        if let (Some(less), Some(more)) =
            (self.known_align(from.child, from.align), self.known_align(pointer.child, pointer.align))
            && less < more
        {
            let message = format!("`@ptrCast` cannot say that a multiple of {less} is one of {more}");
            let diagnostic = Diagnostic::new(codes::HOST002, it.span, message);
            return self.fail(diagnostic.help("that is what `@alignCast` says"));
        }
        let operand = match (from.size, pointer.size) {
            (PointerSize::Slice, PointerSize::One | PointerSize::Many | PointerSize::C) => {
                let many = self.many_of(&from);
                Expr::new(many, it.span, Kind::SlicePointer(operand))
            }
            (_, PointerSize::Slice) if from.size != PointerSize::Slice => return self.mismatch(&operand, to),
            _ => operand,
        };
        // Back to what the data is: the path means the same.
        let known = match operand.value() {
            Some(Value::Pointer(at)) => match &at.base {
                Base::Data(data) if at.path.is_empty() && data.ty == pointer.child => {
                    operand.value().cloned()
                }
                _ => None,
            },
            _ => None,
        };
        self.converted(it, Convert::Pointer, operand, to, known)
    }

    fn align_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let hint =
            it.hint.map(|hint| self.cx.literal_target(hint)).and_then(|ty| self.cx.pointer(ty)).cloned();
        let wanted = hint.and_then(|pointer| self.known_align(pointer.child, pointer.align));
        let own = self.cx.optional_child(operand.ty).unwrap_or(operand.ty);
        let is_natural = match (self.cx.pointer(own).map(|it| it.child), wanted) {
            (Some(child), Some(align)) => self.is_natural(child, align),
            _ => false,
        };
        self.requalified(it, operand, |pointer| pointer.align = wanted.filter(|_| !is_natural))
    }

    /// The same pointer, with another property of its type.
    fn requalified(&mut self, it: Use, operand: Expr, change: impl FnOnce(&mut Pointer)) -> Expr {
        let child = self.cx.optional_child(operand.ty);
        let Some(mut pointer) = self.cx.pointer(child.unwrap_or(operand.ty)).cloned() else {
            return self.wrong_operand(it, &operand, "a pointer");
        };
        change(&mut pointer);
        let to = self.cx.types.intern(Type::Pointer(pointer));
        let to = if child.is_some() { self.cx.types.optional(to) } else { to };
        if to == operand.ty {
            return operand;
        }
        let known = operand.value().cloned();
        self.converted(it, Convert::Pointer, operand, to, known)
    }

    fn int_from_pointer(&mut self, it: Use, operand: Expr) -> Expr {
        let child = self.cx.optional_child(operand.ty).unwrap_or(operand.ty);
        if let Some(Value::Function(id)) = operand.value() {
            let pointer = self.function_pointer(*id, it.span);
            return self.converted(it, Convert::PointerToInt, pointer, TypeId::USIZE, None);
        }
        let Some(pointer) = self.cx.pointer(child).cloned() else {
            return self.wrong_operand(it, &operand, "a pointer");
        };
        let operand = match pointer.size {
            PointerSize::Slice => {
                let many = self.many_of(&pointer);
                Expr::new(many, it.span, Kind::SlicePointer(operand))
            }
            _ => operand,
        };
        let known = match operand.value() {
            Some(Value::Pointer(PointerValue { base: Base::Address(address), path })) if path.is_empty() => {
                Some(Value::int(*address))
            }
            Some(Value::Null) => Some(Value::int(0)),
            _ => None,
        };
        self.converted(it, Convert::PointerToInt, operand, TypeId::USIZE, known)
    }

    fn pointer_from_int(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(hint) = it.hint else {
            self.target_type(it);
            return poison(it.span);
        };
        let target = self.cx.literal_target(hint);
        if self.cx.pointer(target).is_none_or(|pointer| pointer.size == PointerSize::Slice) {
            return self.mismatch(&operand, hint);
        }
        let is_optional = self.cx.optional_child(hint).is_some();
        let operand = self.coerce(operand, TypeId::USIZE);
        let known = match operand.value() {
            Some(Value::Int(number)) => number.to_u64(),
            _ => None,
        };
        let to = if is_optional { hint } else { target };
        if let Some(address) = known
            && let Some(why) = self.no_address(target, is_optional, address)
        {
            return self.error(codes::HOST008, operand.span, why);
        }
        let known = known.map(|address| match (address, is_optional) {
            (0, true) => Value::Null,
            (address, true) => Value::Some(Rc::new(at_address(address))),
            (address, false) => at_address(address),
        });
        if operand.is_poison() {
            return operand;
        }
        self.converted(it, Convert::IntToPointer, operand, to, known)
    }

    /// Why no such pointer has this address.
    fn no_address(&mut self, ty: TypeId, is_optional: bool, address: u64) -> Option<String> {
        let pointer = self.cx.pointer(ty)?.clone();
        if address == 0 {
            return (!is_optional).then(|| format!("`{}` is never at address 0", self.cx.type_name(ty)));
        }
        let align = self
            .known_align(pointer.child, pointer.align)
            .filter(|&align| !address.is_multiple_of(u64::from(align)))?;
        Some(format!("`{}` points at multiples of {align}, and {address} is none", self.cx.type_name(ty)))
    }

    fn float_from_int(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        if !self.cx.is_integer(self.element_type(operand.ty)) {
            return self.wrong_operand(it, &operand, "an integer");
        }
        if !self.cx.is_float(self.element_type(to)) {
            return self.mismatch(&operand, to);
        }
        let known = match operand.value() {
            Some(Value::Int(number)) => {
                Some(Value::Float(fold::round_to(self.cx.ty(to), fold::int_to_float(number))))
            }
            _ => None,
        };
        self.converted(it, Convert::IntToFloat, operand, to, known)
    }

    fn int_from_float(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        if !self.cx.is_float(self.element_type(operand.ty)) {
            return self.wrong_operand(it, &operand, "a float");
        }
        if !self.cx.is_integer(self.element_type(to)) {
            return self.mismatch(&operand, to);
        }
        if let Some(Value::Float(number)) = operand.value() {
            let whole = fold::float_to_int(*number);
            return match whole {
                Some(whole) => {
                    self.coerce(Expr::constant(TypeId::COMPTIME_INT, it.span, Value::Int(whole)), to)
                }
                None => self.error(codes::HOST008, it.span, "this float is no number that an integer can be"),
            };
        }
        self.converted(it, Convert::FloatToInt, operand, to, None)
    }

    fn float_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        if !self.cx.is_float(self.element_type(operand.ty)) {
            return self.wrong_operand(it, &operand, "a float");
        }
        if !self.cx.is_float(self.element_type(to)) {
            return self.mismatch(&operand, to);
        }
        let known = match operand.value() {
            Some(Value::Float(number)) => Some(Value::Float(fold::round_to(self.cx.ty(to), *number))),
            _ => None,
        };
        if operand.ty == to {
            return operand;
        }
        self.converted(it, Convert::Float, operand, to, known)
    }

    fn int_from_bool(&mut self, it: Use, operand: Expr) -> Expr {
        let bit = self.cx.types.int(1, false);
        if operand.ty != TypeId::BOOL {
            return self.wrong_operand(it, &operand, "a bool");
        }
        let known = match operand.value() {
            Some(Value::Bool(truth)) => Some(Value::int(u8::from(*truth))),
            _ => None,
        };
        self.converted(it, Convert::ToInt, operand, bit, known)
    }

    fn int_from_enum(&mut self, it: Use, operand: Expr) -> Expr {
        let operand = match self.cx.union_tag(operand.ty) {
            Some(tag) => self.coerce(operand, tag),
            None => operand,
        };
        let id =
            self.cx.container_of(operand.ty).filter(|&id| self.cx.containers[id].kind == ContainerKind::Enum);
        let Some(id) = id else { return self.wrong_operand(it, &operand, "an enum") };
        fields(self.cx, id);
        let to = self.cx.containers[id].tag.unwrap_or(TypeId::USIZE);
        let known = operand.value().cloned();
        self.converted(it, Convert::ToInt, operand, to, known)
    }

    fn enum_from_int(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        let id = self.cx.container_of(to).filter(|&id| self.cx.containers[id].kind == ContainerKind::Enum);
        let Some(id) = id else { return self.mismatch(&operand, to) };
        if !self.cx.is_integer(operand.ty) {
            return self.wrong_operand(it, &operand, "an integer");
        }
        let all = fields(self.cx, id);
        let tag = self.cx.containers[id].tag.unwrap_or(TypeId::USIZE);
        if let Some(value) = operand.value().cloned() {
            let is_named = all.iter().any(|field| field.value.as_ref() == Some(&value));
            if is_named || self.cx.containers[id].is_open {
                return Expr::constant(to, it.span, value);
            }
            let (name, text) = (self.cx.type_name(to), self.cx.value_name(TypeId::COMPTIME_INT, &value));
            return self.error(
                codes::HOST008,
                it.span,
                format!("`{name}` has no value with the number {text}"),
            );
        }
        let operand = match operand.ty == tag {
            true => operand,
            false => Expr::new(tag, it.span, Kind::Convert { how: Convert::Int, operand }),
        };
        self.converted(it, Convert::IntToEnum, operand, to, None)
    }

    fn error_cast(&mut self, it: Use, operand: Expr) -> Expr {
        let Some(to) = self.target_type(it) else { return poison(it.span) };
        if !self.cx.is_error_set(operand.ty) || !self.cx.is_error_set(to) {
            return self.wrong_operand(it, &operand, "an error");
        }
        let known = operand.value().cloned();
        self.converted(it, Convert::ErrorSet, operand, to, known)
    }
}

fn at_address(address: u64) -> Value {
    Value::Pointer(PointerValue { base: Base::Address(address), path: Vec::new() })
}
