//! Arithmetic beyond the operators.

use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn math_builtin(&mut self, it: Use) -> Option<Expr> {
        Some(match it.word() {
            "divTrunc" => self.divided(it),
            "divFloor" => self.two(it, Binary::DivFloor),
            "divExact" => self.two(it, Binary::DivExact),
            "mod" => self.two(it, Binary::Mod),
            "rem" => self.two(it, Binary::Rem),
            "min" => self.extreme(it, Binary::Min),
            "max" => self.extreme(it, Binary::Max),
            "shlExact" => self.exact_shift(it, Binary::ShiftLeftExact),
            "shrExact" => self.exact_shift(it, Binary::ShiftRightExact),
            "addWithOverflow" => self.overflowing(it, Intrinsic::AddOverflow),
            "subWithOverflow" => self.overflowing(it, Intrinsic::SubOverflow),
            "mulWithOverflow" => self.overflowing(it, Intrinsic::MulOverflow),
            "shlWithOverflow" => self.overflowing(it, Intrinsic::ShiftLeftOverflow),
            "abs" => self.absolute(it),
            "sqrt" => self.float_function(it, Intrinsic::Sqrt),
            "floor" => self.float_function(it, Intrinsic::Floor),
            "ceil" => self.float_function(it, Intrinsic::Ceil),
            "round" => self.float_function(it, Intrinsic::Round),
            "trunc" => self.float_function(it, Intrinsic::TruncateFloat),
            "sin" => self.float_function(it, Intrinsic::Sin),
            "cos" => self.float_function(it, Intrinsic::Cos),
            "tan" => self.float_function(it, Intrinsic::Tan),
            "exp" => self.float_function(it, Intrinsic::Exp),
            "exp2" => self.float_function(it, Intrinsic::Exp2),
            "log" => self.float_function(it, Intrinsic::Log),
            "log2" => self.float_function(it, Intrinsic::Log2),
            "log10" => self.float_function(it, Intrinsic::Log10),
            "mulAdd" => self.multiplied_and_added(it).unwrap_or(poison(it.span)),
            "clz" => self.bit_count(it, Intrinsic::CountLeadingZeros),
            "ctz" => self.bit_count(it, Intrinsic::CountTrailingZeros),
            "popCount" => self.bit_count(it, Intrinsic::CountOnes),
            "byteSwap" => self.bit_order(it, Intrinsic::ReverseBytes),
            "bitReverse" => self.bit_order(it, Intrinsic::ReverseBits),
            _ => return None,
        })
    }

    /// Two operands of one type.
    fn pair(&mut self, it: Use) -> Option<(Expr, Expr, TypeId)> {
        let [left, right] = self.exactly::<2>(it)?;
        let (left, right) = (self.operand(left, None)?, self.operand(right, None)?);
        let Some(ty) = self.peer(&[&left, &right]) else {
            self.bad_operands(&left, &right, it.span);
            return None;
        };
        let (left, right) = (self.coerce(left, ty), self.coerce(right, ty));
        (!left.is_poison() && !right.is_poison()).then_some((left, right, ty))
    }

    fn two(&mut self, it: Use, op: Binary) -> Expr {
        match self.pair(it) {
            Some((left, right, ty)) => self.arithmetic(op, left, right, ty, it.span, it.span),
            None => poison(it.span),
        }
    }

    /// `@divTrunc`: of floats, the quotient without its fraction.
    fn divided(&mut self, it: Use) -> Expr {
        let quotient = self.two(it, Binary::DivTruncate);
        let is_float = self.cx.is_float(self.element_type(quotient.ty));
        match quotient.value() {
            _ if !is_float => quotient,
            Some(Value::Float(number)) => {
                let whole = known_float(&Intrinsic::TruncateFloat, *number).unwrap_or(*number);
                Expr::constant(quotient.ty, it.span, Value::Float(whole))
            }
            _ => intrinsic(quotient.ty, it.span, Intrinsic::TruncateFloat, vec![quotient]),
        }
    }

    /// `@min`, `@max` of two or more.
    fn extreme(&mut self, it: Use, op: Binary) -> Expr {
        let mut args = it.args.iter();
        let Some(first) = args.next().filter(|_| it.args.len() > 1) else {
            let message = format!("`@{}` takes two or more arguments", it.word());
            return self.error(codes::HOST006, it.span, message);
        };
        let Some(mut best) = self.operand(first, None) else { return poison(it.span) };
        for arg in args {
            let Some(next) = self.operand(arg, None) else { return poison(it.span) };
            let Some(ty) = self.peer(&[&best, &next]) else {
                return self.bad_operands(&best, &next, it.span);
            };
            let ranges = self.range(&best).zip(self.range(&next));
            let refined = ranges.filter(|_| best.value().is_some() != next.value().is_some());
            let ty = match &refined {
                Some((one, two)) => self.wide_enough(ty, (&one.0).min(&two.0), (&one.1).max(&two.1)),
                None => ty,
            };
            let (left, right) = (self.coerce(best, ty), self.coerce(next, ty));
            best = self.arithmetic(op, left, right, ty, it.span, it.span);
            if let Some((one, two)) = refined {
                best = match op {
                    Binary::Min => self.narrowed(best, one.0.min(two.0), one.1.min(two.1)),
                    _ => self.narrowed(best, one.0.max(two.0), one.1.max(two.1)),
                };
            }
        }
        best
    }

    /// The numbers an integer can be.
    fn range(&self, expr: &Expr) -> Option<(BigInt, BigInt)> {
        match expr.value() {
            Some(Value::Int(number)) => Some((number.clone(), number.clone())),
            Some(_) => None,
            None => self.cx.integer(expr.ty).map(|width| (width.min(), width.max())),
        }
    }

    /// The type, or where it does not hold all these numbers, the smallest that does.
    fn wide_enough(&mut self, ty: TypeId, low: &BigInt, high: &BigInt) -> TypeId {
        match self.cx.integer(ty) {
            Some(width) if !(width.holds(low) && width.holds(high)) => self.smallest(low, high),
            _ => ty,
        }
    }

    fn smallest(&mut self, low: &BigInt, high: &BigInt) -> TypeId {
        let is_signed = low.is_negative();
        let below = if is_signed { (low + 1u8).bits() } else { 0 };
        let bits = below.max(high.bits()) + u64::from(is_signed);
        self.cx.types.int(bits.max(1) as u16, is_signed)
    }

    /// With a known number among the operands, the result often needs fewer bits than their type has.
    fn narrowed(&mut self, best: Expr, low: BigInt, high: BigInt) -> Expr {
        if best.value().is_some() || best.is_poison() {
            return best;
        }
        let narrow = self.smallest(&low, &high);
        match (self.cx.integer(best.ty), self.cx.integer(narrow)) {
            (Some(width), Some(less)) if less.bits < width.bits => {
                coerce::convert(Convert::Int, best, narrow)
            }
            _ => best,
        }
    }

    fn exact_shift(&mut self, it: Use, op: Binary) -> Expr {
        let Some([left, right]) = self.exactly::<2>(it) else { return poison(it.span) };
        let (Some(left), Some(right)) = (self.operand(left, None), self.operand(right, None)) else {
            return poison(it.span);
        };
        let ty = left.ty;
        let right = if right.ty == TypeId::COMPTIME_INT { self.coerce(right, ty) } else { right };
        if !self.cx.is_integer(ty) || !self.cx.is_integer(right.ty) {
            return self.bad_operands(&left, &right, it.span);
        }
        match (left.value(), right.value()) {
            (Some(number), Some(count)) => match self.cx.fold_binary(op, ty, number, count) {
                Ok(Some(value)) => Expr::constant(ty, it.span, value),
                Ok(None) => poison(it.span),
                Err(message) => self.error(codes::HOST008, it.span, message),
            },
            _ => Expr::new(ty, it.span, Kind::Binary { op, left, right }),
        }
    }

    /// The wrapped result and a bit that says whether it overflowed.
    fn overflowing(&mut self, it: Use, op: Intrinsic) -> Expr {
        let (left, right, ty) = match op {
            Intrinsic::ShiftLeftOverflow => match self.exactly::<2>(it) {
                Some([left, right]) => match (self.operand(left, None), self.operand(right, None)) {
                    (Some(left), Some(right)) => {
                        let ty = left.ty;
                        let right =
                            if right.ty == TypeId::COMPTIME_INT { self.coerce(right, ty) } else { right };
                        (left, right, ty)
                    }
                    _ => return poison(it.span),
                },
                None => return poison(it.span),
            },
            _ => match self.pair(it) {
                Some(pair) => pair,
                None => return poison(it.span),
            },
        };
        if self.cx.integer(ty).is_none() {
            return self.wrong_operand(it, &left, "integers of a fixed width");
        }
        let bit = self.cx.types.int(1, false);
        let fields = vec![TupleField { ty, value: None }, TupleField { ty: bit, value: None }];
        let tuple = self.cx.types.intern(Type::Tuple(fields));
        match self.overflow_known(&op, ty, &left, &right) {
            Some(value) => Expr::constant(tuple, it.span, value),
            None => intrinsic(tuple, it.span, op, vec![left, right]),
        }
    }

    fn overflow_known(&self, op: &Intrinsic, ty: TypeId, left: &Expr, right: &Expr) -> Option<Value> {
        let (Value::Int(left), Value::Int(right)) = (left.value()?, right.value()?) else { return None };
        let exact = match op {
            Intrinsic::AddOverflow => left + right,
            Intrinsic::SubOverflow => left - right,
            Intrinsic::MulOverflow => left * right,
            _ => left << right.to_u32()?,
        };
        let width = self.cx.integer(ty)?;
        let flag = Value::int(u8::from(!width.holds(&exact)));
        Some(Value::Aggregate(Rc::from([Value::Int(width.wrap(&exact)), flag])))
    }

    fn absolute(&mut self, it: Use) -> Expr {
        let Some([operand]) = self.exactly::<1>(it) else { return poison(it.span) };
        let Some(operand) = self.operand(operand, None) else { return poison(it.span) };
        let (ty, element) = (operand.ty, self.element_type(operand.ty));
        if self.cx.is_float(element) {
            return match operand.value() {
                Some(Value::Float(number)) if rustc_apfloat::Float::is_negative(number.0) => {
                    Expr::constant(ty, it.span, Value::Float(Float128(-number.0)))
                }
                Some(_) => operand,
                None => intrinsic(ty, it.span, Intrinsic::Abs, vec![operand]),
            };
        }
        if !self.cx.is_integer(element) {
            return self.wrong_operand(it, &operand, "a number");
        }
        let to = match (self.cx.integer(element), self.cx.ty(ty).clone()) {
            (Some(width), Type::Vector { len, .. }) => {
                let child = self.cx.types.int(width.bits, false);
                self.cx.types.intern(Type::Vector { len, child })
            }
            (Some(width), _) if width.is_signed && ty == TypeId::ISIZE => TypeId::USIZE,
            (Some(width), _) if width.is_signed => self.cx.types.int(width.bits, false),
            _ => {
                return match operand.value() {
                    Some(Value::Int(number)) => Expr::constant(ty, it.span, Value::Int(number.abs())),
                    _ => operand,
                };
            }
        };
        match operand.value() {
            Some(Value::Int(number)) => Expr::constant(to, it.span, Value::Int(number.abs())),
            _ => intrinsic(to, it.span, Intrinsic::Abs, vec![operand]),
        }
    }

    fn float_function(&mut self, it: Use, op: Intrinsic) -> Expr {
        let Some([operand]) = self.exactly::<1>(it) else { return poison(it.span) };
        let hint = it.hint.filter(|&hint| matches!(self.cx.ty(hint), Type::Float(_)));
        let Some(mut operand) = self.operand(operand, None) else { return poison(it.span) };
        if operand.ty == TypeId::COMPTIME_INT {
            operand = self.coerce(operand, hint.unwrap_or(TypeId::COMPTIME_FLOAT));
        }
        let ty = operand.ty;
        if !self.cx.is_float(self.element_type(ty)) {
            return self.wrong_operand(it, &operand, "a float");
        }
        if let Some(Value::Float(number)) = operand.value()
            && let Some(result) = known_float(&op, *number)
        {
            let result = fold::round_to(self.cx.ty(ty), result);
            return Expr::constant(ty, it.span, Value::Float(result));
        }
        if ty == TypeId::COMPTIME_FLOAT {
            operand = self.coerce(operand, TypeId::F64);
            return intrinsic(TypeId::F64, it.span, op, vec![operand]);
        }
        intrinsic(ty, it.span, op, vec![operand])
    }

    /// `@mulAdd(T, a, b, c)`: a times b plus c, rounded once.
    fn multiplied_and_added(&mut self, it: Use) -> Option<Expr> {
        let [ty, a, b, c] = self.exactly::<4>(it)?;
        let ty = Some(self.check_type(ty)).filter(|&ty| ty != TypeId::ERROR)?;
        let args = [self.operand(a, Some(ty))?, self.operand(b, Some(ty))?, self.operand(c, Some(ty))?];
        if !self.cx.is_float(self.element_type(ty)) {
            return Some(self.wrong_operand(it, &args[0], "floats"));
        }
        if let [Some(Value::Float(a)), Some(Value::Float(b)), Some(Value::Float(c))] =
            [args[0].value(), args[1].value(), args[2].value()]
        {
            let result = fold::mul_add(self.cx.ty(ty), *a, *b, *c);
            return Some(Expr::constant(ty, it.span, Value::Float(result)));
        }
        Some(intrinsic(ty, it.span, Intrinsic::MulAdd, args.to_vec()))
    }

    fn integer_operand(&mut self, it: Use) -> Option<Expr> {
        let [operand] = self.exactly::<1>(it)?;
        let operand = self.operand(operand, None)?;
        if self.cx.integer(self.element_type(operand.ty)).is_none() {
            self.wrong_operand(it, &operand, "an integer of a fixed width");
            return None;
        }
        Some(operand)
    }

    /// Counts of bits have the smallest type that holds the width.
    fn bit_count(&mut self, it: Use, op: Intrinsic) -> Expr {
        let Some(operand) = self.integer_operand(it) else { return poison(it.span) };
        let Some(width) = self.cx.integer(self.element_type(operand.ty)) else { return poison(it.span) };
        let small = self.cx.types.int(BigInt::from(width.bits).bits() as u16, false);
        if let Some(Value::Int(number)) = operand.value() {
            let bits = width.wrap(number);
            let bits = if bits.is_negative() { bits + (BigInt::one() << width.bits) } else { bits };
            let total = u64::from(width.bits);
            let count = match op {
                Intrinsic::CountLeadingZeros => total - bits.bits(),
                Intrinsic::CountTrailingZeros => bits.trailing_zeros().unwrap_or(total),
                _ => bits.magnitude().count_ones(),
            };
            return Expr::constant(small, it.span, Value::int(count));
        }
        let ty = match *self.cx.ty(operand.ty) {
            Type::Vector { len, .. } => self.cx.types.intern(Type::Vector { len, child: small }),
            _ => small,
        };
        intrinsic(ty, it.span, op, vec![operand])
    }

    fn bit_order(&mut self, it: Use, op: Intrinsic) -> Expr {
        let Some(operand) = self.integer_operand(it) else { return poison(it.span) };
        let (ty, width) = (operand.ty, self.cx.integer(operand.ty));
        if let (Some(Value::Int(number)), Some(width)) = (operand.value(), width) {
            return Expr::constant(ty, it.span, Value::Int(reversed(number, width, &op)));
        }
        intrinsic(ty, it.span, op, vec![operand])
    }
}

fn reversed(number: &BigInt, width: query::Integer, op: &Intrinsic) -> BigInt {
    let step = if *op == Intrinsic::ReverseBytes { 8 } else { 1 };
    let mut rest = query::Integer { is_signed: false, ..width }.wrap(number);
    let mut result = BigInt::zero();
    for _ in 0..width.bits / step {
        result = (result << step) + (&rest % (BigInt::one() << step));
        rest >>= step;
    }
    width.wrap(&result)
}

fn known_float(op: &Intrinsic, number: Float128) -> Option<Float128> {
    use rustc_apfloat::{Float, Round};
    let rounded = |round| Some(Float128(number.0.round_to_integral(round).value));
    match op {
        Intrinsic::Sqrt => fold::square_root(number),
        Intrinsic::Floor => rounded(Round::TowardNegative),
        Intrinsic::Ceil => rounded(Round::TowardPositive),
        Intrinsic::Round => rounded(Round::NearestTiesToAway),
        Intrinsic::TruncateFloat => rounded(Round::TowardZero),
        _ => None,
    }
}
