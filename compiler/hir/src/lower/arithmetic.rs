//! Arithmetic and comparison.
//!
//! In: operators of the tree, which have a meaning by type. Out: operations of the graph, which say
//! what they do; in checked modes with a test of what may go wrong.

use super::check::Panic;
use super::code::{Code, Lowered};
use super::place::bit_count;
use crate::ids::TypeId;
use crate::tree::{Binary, Compare, Expr, Unary};
use crate::types::Type;
use koru_flow as flow;
use koru_flow::{Binary as Op2, Op, Overflow, ValueId};

/// What kind of number a type holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Number {
    Signed,
    Unsigned,
    Float,
}

impl<'a> Code<'a, '_> {
    /// What kind of number a type, or a lane of it, is.
    pub fn number(&mut self, ty: TypeId) -> Number {
        match *self.cx.types.get(ty) {
            Type::Float(_) => Number::Float,
            Type::Int { is_signed: true, .. } | Type::Isize => Number::Signed,
            Type::Vector { child, .. } => self.number(child),
            Type::Container(container) => match self.cx.containers[container].tag {
                Some(tag) => self.number(tag),
                None => Number::Unsigned,
            },
            _ => Number::Unsigned,
        }
    }

    /// One operation on two values of one type.
    pub fn op2(&mut self, op: Op2, left: ValueId, right: ValueId) -> ValueId {
        let ty = self.builder.ty(left);
        self.builder.push(ty, Op::Binary(op, left, right))
    }

    /// `-x`, `-%x`, `!x`, `~x`
    pub fn unary(&mut self, op: Unary, operand: &'a Expr) -> Option<Lowered> {
        let kind = self.number(operand.ty);
        let value = self.scalar(operand)?;
        let ty = self.builder.ty(value);
        let result = match (op, kind) {
            (Unary::Not | Unary::BitNot, _) => self.not(value),
            (_, Number::Float) => self.builder.push(ty, Op::Unary(flow::Unary::FloatNegate, value)),
            _ => {
                let zero = self.int(ty, 0);
                match op {
                    Unary::Negate => self.binary_values(Binary::Sub, kind, zero, value),
                    _ => self.op2(Op2::Sub, zero, value),
                }
            }
        };
        Some(Lowered::Leaves(vec![result]))
    }

    /// A binary operator.
    pub fn binary(&mut self, op: Binary, left: &'a Expr, right: &'a Expr) -> Option<Lowered> {
        let kind = self.number(left.ty);
        let Some(&left_value) = self.leaves(left)?.first() else {
            return self.leaves(right).map(Lowered::Leaves); // numbers of no bits
        };
        let right_value = match self.leaves(right)?.first() {
            Some(&value) => value,
            None => self.int(flow::Type::Int(8), 0), // a shift of `u1`: the count has no bits
        };
        Some(Lowered::Leaves(vec![self.binary_values(op, kind, left_value, right_value)]))
    }

    /// A binary operator on scalars.
    pub fn binary_values(&mut self, op: Binary, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        use Binary::*;
        let pick = |signed, unsigned, float| match kind {
            Number::Signed => signed,
            Number::Unsigned => unsigned,
            Number::Float => float,
        };
        match op {
            Add if kind == Number::Float => self.op2(Op2::FloatAdd, left, right),
            Sub if kind == Number::Float => self.op2(Op2::FloatSub, left, right),
            Mul if kind == Number::Float => self.op2(Op2::FloatMul, left, right),
            Add | Sub | Mul => self.overflowing(op, kind, left, right),
            AddWrap => self.op2(Op2::Add, left, right),
            SubWrap => self.op2(Op2::Sub, left, right),
            MulWrap => self.op2(Op2::Mul, left, right),
            AddSaturate => {
                let op = pick(Op2::AddSaturateSigned, Op2::AddSaturateUnsigned, Op2::FloatAdd);
                self.op2(op, left, right)
            }
            SubSaturate => {
                let op = pick(Op2::SubSaturateSigned, Op2::SubSaturateUnsigned, Op2::FloatSub);
                self.op2(op, left, right)
            }
            MulSaturate => self.multiply_saturating(kind, left, right),
            DivTruncate => self.divide(kind, left, right),
            DivFloor => self.divide_floor(kind, left, right),
            DivExact => self.divide_exact(kind, left, right),
            Rem => {
                self.check_divisor(kind, left, right);
                self.op2(pick(Op2::RemSigned, Op2::RemUnsigned, Op2::FloatRem), left, right)
            }
            Mod => self.modulo(kind, left, right),
            BitAnd => self.op2(Op2::And, left, right),
            BitOr => self.op2(Op2::Or, left, right),
            BitXor => self.op2(Op2::Xor, left, right),
            ShiftLeft | ShiftLeftExact | ShiftLeftSaturate | ShiftRight | ShiftRightExact => {
                self.shift(op, kind, left, right)
            }
            Min => self.op2(pick(Op2::MinSigned, Op2::MinUnsigned, Op2::FloatMin), left, right),
            Max => self.op2(pick(Op2::MaxSigned, Op2::MaxUnsigned, Op2::FloatMax), left, right),
        }
    }

    /// `+`, `-`, `*` of integers.
    fn overflowing(&mut self, op: Binary, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        let (wrapped, checked) = match (op, kind == Number::Signed) {
            (Binary::Add, true) => (Op2::Add, Overflow::AddSigned),
            (Binary::Add, false) => (Op2::Add, Overflow::AddUnsigned),
            (Binary::Sub, true) => (Op2::Sub, Overflow::SubSigned),
            (Binary::Sub, false) => (Op2::Sub, Overflow::SubUnsigned),
            (_, true) => (Op2::Mul, Overflow::MulSigned),
            (_, false) => (Op2::Mul, Overflow::MulUnsigned),
        };
        if !self.program.is_checked {
            return self.op2(wrapped, left, right);
        }
        let (value, flag) = self.overflow(checked, left, right);
        self.check_not(flag, Panic::Overflow);
        value
    }

    /// The wrapped value, and whether it does not fit.
    pub fn overflow(&mut self, op: Overflow, left: ValueId, right: ValueId) -> (ValueId, ValueId) {
        let ty = self.builder.ty(left);
        let flag = match ty {
            flow::Type::Vector(_, lanes) => flow::Type::Vector(flow::Scalar::Int(1), lanes),
            _ => flow::Type::BOOL,
        };
        let results = self.builder.push_many(&[ty, flag], Op::Overflow(op, left, right));
        (results[0], results[1])
    }

    fn multiply_saturating(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        let ty = self.builder.ty(left);
        let is_signed = kind == Number::Signed;
        let op = if is_signed { Overflow::MulSigned } else { Overflow::MulUnsigned };
        let (value, flag) = self.overflow(op, left, right);
        let mut limit = self.largest(ty, is_signed);
        if is_signed {
            let signs = self.op2(Op2::Xor, left, right);
            let zero = self.int(ty, 0);
            let is_negative = self.flag(flow::Compare::LessSigned, signs, zero);
            let one = self.int(ty, 1);
            let smallest = self.op2(Op2::Add, limit, one); // wraps
            limit = self.builder.push(ty, Op::Select(is_negative, smallest, limit));
        }
        self.builder.push(ty, Op::Select(flag, limit, value))
    }

    /// The largest number of a type.
    fn largest(&mut self, ty: flow::Type, is_signed: bool) -> ValueId {
        let bits = lane_bits(ty);
        if bits > 128 {
            let all = self.int(ty, -1);
            let sign = self.int(ty, is_signed.into());
            return self.op2(Op2::ShiftRightUnsigned, all, sign);
        }
        let all = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
        self.int(ty, if is_signed { all >> 1 } else { all } as i128)
    }

    fn check_divisor(&mut self, kind: Number, left: ValueId, right: ValueId) {
        if kind == Number::Float || !self.program.is_checked {
            return;
        }
        let ty = self.builder.ty(left);
        let zero = self.int(ty, 0);
        let is_number = self.flag(flow::Compare::NotEqual, right, zero);
        self.check(is_number, Panic::DivideByZero);
        if kind == Number::Signed {
            // The smallest number divided by -1 does not fit.
            let minus_one = self.int(ty, -1);
            let largest = self.largest(ty, true);
            let smallest = self.not(largest);
            let by_other = self.flag(flow::Compare::NotEqual, right, minus_one);
            let of_other = self.flag(flow::Compare::NotEqual, left, smallest);
            let fits = self.op2(Op2::Or, by_other, of_other);
            self.check(fits, Panic::Overflow);
        }
    }

    fn divide(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        self.check_divisor(kind, left, right);
        self.quotient(kind, left, right)
    }

    fn quotient(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        let op = match kind {
            Number::Signed => Op2::DivSigned,
            Number::Unsigned => Op2::DivUnsigned,
            Number::Float => Op2::FloatDiv,
        };
        self.op2(op, left, right)
    }

    fn divide_floor(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        let quotient = self.divide(kind, left, right);
        let ty = self.builder.ty(left);
        match kind {
            Number::Unsigned => quotient,
            Number::Float => self.builder.push(ty, Op::Unary(flow::Unary::FloatFloor, quotient)),
            Number::Signed => {
                let rest = self.op2(Op2::RemSigned, left, right);
                let is_off = self.points_away(Number::Signed, rest, right);
                let one = self.int(ty, 1);
                let less = self.op2(Op2::Sub, quotient, one);
                self.builder.push(ty, Op::Select(is_off, less, quotient))
            }
        }
    }

    fn divide_exact(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        self.check_divisor(kind, left, right);
        if self.program.is_checked && kind != Number::Float {
            let op = if kind == Number::Signed { Op2::RemSigned } else { Op2::RemUnsigned };
            let rest = self.op2(op, left, right);
            let zero = self.int(self.builder.ty(left), 0);
            let is_exact = self.same(rest, zero);
            self.check(is_exact, Panic::Remainder);
        }
        self.quotient(kind, left, right)
    }

    fn modulo(&mut self, kind: Number, left: ValueId, right: ValueId) -> ValueId {
        self.check_divisor(kind, left, right);
        let (op, add) = match kind {
            Number::Unsigned => return self.op2(Op2::RemUnsigned, left, right),
            Number::Signed => (Op2::RemSigned, Op2::Add),
            Number::Float => (Op2::FloatRem, Op2::FloatAdd),
        };
        let rest = self.op2(op, left, right);
        let is_off = self.points_away(kind, rest, right);
        let moved = self.op2(add, rest, right);
        let ty = self.builder.ty(left);
        self.builder.push(ty, Op::Select(is_off, moved, rest))
    }

    /// Is a remainder not zero, and of another sign than the divisor?
    fn points_away(&mut self, kind: Number, rest: ValueId, divisor: ValueId) -> ValueId {
        let ty = self.builder.ty(rest);
        if kind == Number::Float {
            let zero = self.builder.push(ty, Op::Const(flow::Constant::Zero));
            let is_rest = self.flag(flow::Compare::FloatNotEqual, rest, zero);
            let below = self.flag(flow::Compare::FloatLess, rest, zero);
            let divisor_below = self.flag(flow::Compare::FloatLess, divisor, zero);
            let differs = self.op2(Op2::Xor, below, divisor_below);
            return self.op2(Op2::And, is_rest, differs);
        }
        let zero = self.int(ty, 0);
        let is_rest = self.flag(flow::Compare::NotEqual, rest, zero);
        let signs = self.op2(Op2::Xor, rest, divisor);
        let differs = self.flag(flow::Compare::LessSigned, signs, zero);
        self.op2(Op2::And, is_rest, differs)
    }

    fn shift(&mut self, op: Binary, kind: Number, value: ValueId, count: ValueId) -> ValueId {
        let ty = self.builder.ty(value);
        if self.program.is_checked {
            let count_ty = self.builder.ty(count);
            let width = lane_bits(ty);
            // A count whose type is too small for the width always fits.
            if lane_bits(count_ty) >= 128 || u128::from(width) < 1 << lane_bits(count_ty) {
                let width = self.int(count_ty, width.into());
                self.check_less(count, width, Panic::Shift);
            }
        }
        let count = self.resize(count, ty, false);
        let right = match kind {
            Number::Signed => Op2::ShiftRightSigned,
            _ => Op2::ShiftRightUnsigned,
        };
        match op {
            Binary::ShiftRight => self.op2(right, value, count),
            Binary::ShiftRightExact => {
                let shifted = self.op2(right, value, count);
                self.check_shifts_back(Op2::ShiftLeft, value, shifted, count);
                shifted
            }
            Binary::ShiftLeftExact => {
                let shifted = self.op2(Op2::ShiftLeft, value, count);
                self.check_shifts_back(right, value, shifted, count);
                shifted
            }
            Binary::ShiftLeftSaturate => self.shift_saturating(kind, value, count),
            _ => self.op2(Op2::ShiftLeft, value, count),
        }
    }

    fn check_shifts_back(&mut self, back: Op2, value: ValueId, shifted: ValueId, count: ValueId) {
        if self.program.is_checked {
            let again = self.op2(back, shifted, count);
            let is_exact = self.same(again, value);
            self.check(is_exact, Panic::Overflow);
        }
    }

    fn shift_saturating(&mut self, kind: Number, value: ValueId, count: ValueId) -> ValueId {
        let ty = self.builder.ty(value);
        let is_signed = kind == Number::Signed;
        let shifted = self.op2(Op2::ShiftLeft, value, count);
        let back = if is_signed { Op2::ShiftRightSigned } else { Op2::ShiftRightUnsigned };
        let again = self.op2(back, shifted, count);
        let fits = self.same(again, value);
        let mut limit = self.largest(ty, is_signed);
        if is_signed {
            let zero = self.int(ty, 0);
            let is_negative = self.flag(flow::Compare::LessSigned, value, zero);
            let smallest = self.not(limit);
            limit = self.builder.push(ty, Op::Select(is_negative, smallest, limit));
        }
        self.builder.push(ty, Op::Select(fits, shifted, limit))
    }

    /// A comparison.
    pub fn compare(&mut self, op: Compare, left: &'a Expr, right: &'a Expr) -> Option<Lowered> {
        let kind = self.number(left.ty);
        let left = self.leaves(left)?;
        let right = self.leaves(right)?;
        let (Some(&left), Some(&right)) = (left.first(), right.first()) else {
            // Values of a type with one value are equal.
            let holds = matches!(op, Compare::Equal | Compare::LessEqual | Compare::GreaterEqual);
            return Some(Lowered::Leaves(vec![self.bool(holds)]));
        };
        Some(Lowered::Leaves(vec![self.flag(comparison(op, kind), left, right)]))
    }
}

/// The graph's comparison of numbers of a kind.
pub(super) fn comparison(op: Compare, kind: Number) -> flow::Compare {
    use flow::Compare::*;
    let [signed, unsigned, float] = match op {
        Compare::Equal => [Equal, Equal, FloatEqual],
        Compare::NotEqual => [NotEqual, NotEqual, FloatNotEqual],
        Compare::Less => [LessSigned, LessUnsigned, FloatLess],
        Compare::LessEqual => [LessEqualSigned, LessEqualUnsigned, FloatLessEqual],
        Compare::Greater => [GreaterSigned, GreaterUnsigned, FloatGreater],
        Compare::GreaterEqual => [GreaterEqualSigned, GreaterEqualUnsigned, FloatGreaterEqual],
    };
    match kind {
        Number::Signed => signed,
        Number::Unsigned => unsigned,
        Number::Float => float,
    }
}

/// Bits of a scalar, or of a lane.
pub(super) fn lane_bits(ty: flow::Type) -> u16 {
    match ty {
        flow::Type::Vector(flow::Scalar::Int(bits) | flow::Scalar::Float(bits), _) => bits,
        flow::Type::Vector(flow::Scalar::Pointer, _) => 64,
        scalar => bit_count(scalar),
    }
}
