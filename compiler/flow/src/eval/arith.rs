//! Arithmetic on one lane of up to 128 bits, exactly as `graph/op.rs` says it.
//!
//! In: numbers with their undefined bits. Out: the same, or why there is no result. Undefined bits
//! spread only as far as they must, so that a packed struct can be filled field by field: `and` with a
//! known 0 is known, and a sum is known below its lowest undefined bit.

use super::float;
use super::value::{Kind, Shape};
use super::{FailureKind, Refusal};
use crate::graph::{Binary, Compare, Convert, Overflow, Unary};

/// One lane: bits beyond its width are zero.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Number {
    pub bits: u128,
    pub undefined: u128,
    pub origin: u64,
}

impl Number {
    pub fn new(bits: u128) -> Number {
        Number { bits, ..Number::default() }
    }

    pub fn undefined(width: u32) -> Number {
        Number { undefined: mask(width), ..Number::default() }
    }
}

/// The lowest `width` bits.
pub(super) fn mask(width: u32) -> u128 {
    u128::MAX.checked_shr(128u32.saturating_sub(width)).unwrap_or(0)
}

/// The number as a signed one.
pub(super) fn signed(bits: u128, width: u32) -> i128 {
    let unused = 128 - width;
    (bits << unused) as i128 >> unused
}

/// Does the operation take floats?
pub(super) fn is_float(op: Binary) -> bool {
    use Binary::*;
    matches!(op, FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem | FloatMin | FloatMax)
}

pub(super) fn binary(op: Binary, width: u32, a: Number, b: Number) -> Result<Number, Refusal> {
    if a.undefined | b.undefined != 0 {
        return undefined_binary(op, width, a, b);
    }
    if is_float(op) {
        return Ok(Number::new(float::binary(op, width, a.bits, b.bits)));
    }
    let bits = int_binary(op, width, a.bits, b.bits)?;
    Ok(Number { bits, undefined: 0, origin: origin(op, bits, a.origin, b.origin) })
}

/// `a` times `b` plus `c`, of floats, rounded once.
pub(super) fn mul_add(width: u32, a: Number, b: Number, c: Number) -> Number {
    if a.undefined | b.undefined | c.undefined != 0 {
        return Number { bits: 0, undefined: mask(width), origin: 0 };
    }
    Number::new(float::mul_add(width, a.bits, b.bits, c.bits))
}

/// Where a number computed from addresses came from: it stays an address of one of them only while it
/// is near that allocation, and a difference of two addresses is a plain number.
fn origin(op: Binary, bits: u128, a: u64, b: u64) -> u64 {
    let is_kept = matches!(op, Binary::Add | Binary::Sub | Binary::And | Binary::Or | Binary::Xor);
    let origin = if b == 0 { a } else { b };
    if !is_kept || (a != 0 && b != 0) || (bits >> 32) as u32 != origin as u32 { 0 } else { origin }
}

fn int_binary(op: Binary, width: u32, a: u128, b: u128) -> Result<u128, Refusal> {
    use Binary::*;
    let mask = mask(width);
    Ok(match op {
        Add => a.wrapping_add(b) & mask,
        Sub => a.wrapping_sub(b) & mask,
        Mul => a.wrapping_mul(b) & mask,
        And => a & b,
        Or => a | b,
        Xor => a ^ b,
        DivSigned | DivUnsigned | RemSigned | RemUnsigned => divide(op, width, a, b)?,
        ShiftLeft => (a << shift_count(width, b)?) & mask,
        ShiftRightUnsigned => a >> shift_count(width, b)?,
        ShiftRightSigned => (signed(a, width) >> shift_count(width, b)?) as u128 & mask,
        AddSaturateSigned => saturate(Overflow::AddSigned, width, a, b),
        AddSaturateUnsigned => saturate(Overflow::AddUnsigned, width, a, b),
        SubSaturateSigned => saturate(Overflow::SubSigned, width, a, b),
        SubSaturateUnsigned => saturate(Overflow::SubUnsigned, width, a, b),
        MinUnsigned => a.min(b),
        MaxUnsigned => a.max(b),
        MinSigned => signed(a, width).min(signed(b, width)) as u128 & mask,
        MaxSigned => signed(a, width).max(signed(b, width)) as u128 & mask,
        FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem | FloatMin | FloatMax => {
            float::binary(op, width, a, b)
        }
    })
}

fn divide(op: Binary, width: u32, a: u128, b: u128) -> Result<u128, Refusal> {
    if b == 0 {
        return Err(Refusal::new(FailureKind::DivisionByZero, "division by zero"));
    }
    let (x, y) = (signed(a, width), signed(b, width));
    let is_signed = matches!(op, Binary::DivSigned | Binary::RemSigned);
    if is_signed && y == -1 && a == 1 << (width - 1) {
        return Err(Refusal::new(FailureKind::DivisionOverflow, format!("{x} divided by -1 does not fit")));
    }
    Ok(match op {
        Binary::DivSigned => (x / y) as u128 & mask(width),
        Binary::RemSigned => (x % y) as u128 & mask(width),
        Binary::DivUnsigned => a / b,
        _ => a % b,
    })
}

pub(super) fn shift_count(width: u32, count: u128) -> Result<u32, Refusal> {
    if count < u128::from(width) {
        return Ok(count as u32);
    }
    let message = format!("a number of {width} bits is shifted by {count}");
    Err(Refusal::new(FailureKind::ShiftCount, message))
}

/// The nearest number that fits.
fn saturate(op: Overflow, width: u32, a: u128, b: u128) -> u128 {
    let (wrapped, overflows) = overflow_bits(op, width, a, b);
    let (most, least) = (mask(width) >> 1, 1 << (width - 1));
    match op {
        _ if !overflows => wrapped,
        Overflow::AddUnsigned => mask(width),
        Overflow::SubUnsigned => 0,
        // An overflow goes the way of the left operand's sign.
        _ if signed(a, width) < 0 => least,
        _ => most,
    }
}

/// The wrapped value, and whether it does not fit.
pub(super) fn overflow(op: Overflow, width: u32, a: Number, b: Number) -> (Number, Number) {
    if a.undefined | b.undefined != 0 {
        return (Number::undefined(width), Number::undefined(1));
    }
    let (bits, overflows) = overflow_bits(op, width, a.bits, b.bits);
    let kept = match op {
        Overflow::AddSigned | Overflow::AddUnsigned => Binary::Add,
        Overflow::SubSigned | Overflow::SubUnsigned => Binary::Sub,
        Overflow::MulSigned | Overflow::MulUnsigned => Binary::Mul,
    };
    let origin = origin(kept, bits, a.origin, b.origin);
    (Number { bits, undefined: 0, origin }, Number::new(overflows.into()))
}

fn overflow_bits(op: Overflow, width: u32, a: u128, b: u128) -> (u128, bool) {
    let (x, y) = (signed(a, width), signed(b, width));
    let of_signed = |(full, is_over): (i128, bool)| {
        let wrapped = full as u128 & mask(width);
        (wrapped, is_over || signed(wrapped, width) != full)
    };
    let of_unsigned = |(full, is_over): (u128, bool)| (full & mask(width), is_over || full > mask(width));
    match op {
        Overflow::AddSigned => of_signed(x.overflowing_add(y)),
        Overflow::SubSigned => of_signed(x.overflowing_sub(y)),
        Overflow::MulSigned => of_signed(x.overflowing_mul(y)),
        Overflow::AddUnsigned => of_unsigned(a.overflowing_add(b)),
        Overflow::SubUnsigned => of_unsigned(a.overflowing_sub(b)),
        Overflow::MulUnsigned => of_unsigned(a.overflowing_mul(b)),
    }
}

/// Results of operands with undefined bits.
fn undefined_binary(op: Binary, width: u32, a: Number, b: Number) -> Result<Number, Refusal> {
    use Binary::*;
    let any = a.undefined | b.undefined;
    let (bits, undefined) = match op {
        And => (a.bits & b.bits, any & (a.bits | a.undefined) & (b.bits | b.undefined)),
        Or => (a.bits | b.bits, any & (!a.bits | a.undefined) & (!b.bits | b.undefined)),
        Xor => (a.bits ^ b.bits, any),
        // Carries go up only.
        Add | Sub | Mul => (int_binary(op, width, a.bits, b.bits)?, any.wrapping_neg() | any),
        ShiftLeft | ShiftRightUnsigned | ShiftRightSigned if b.undefined == 0 => {
            (int_binary(op, width, a.bits, b.bits)?, int_binary(op, width, a.undefined, b.bits)?)
        }
        DivSigned | DivUnsigned | RemSigned | RemUnsigned if b.undefined != 0 => {
            return Err(Refusal::new(FailureKind::Undefined, "division by an undefined number"));
        }
        _ => (0, mask(width)),
    };
    let undefined = undefined & mask(width);
    let origin = origin(op, bits, a.origin, b.origin);
    Ok(Number { bits: bits & !undefined, undefined, origin })
}

pub(super) fn unary(op: Unary, width: u32, a: Number) -> Result<Number, Refusal> {
    let move_bits = |bits: u128| match op {
        Unary::ReverseBits => bits.reverse_bits() >> (128 - width),
        Unary::ReverseBytes => bits.swap_bytes() >> (128 - width),
        _ => bits,
    };
    let bits = match op {
        Unary::Not => !a.bits & mask(width) & !a.undefined,
        Unary::ReverseBits | Unary::ReverseBytes => move_bits(a.bits),
        _ if a.undefined != 0 => return Ok(Number::undefined(width)),
        Unary::CountLeadingZeros => u128::from(a.bits.leading_zeros() + width - 128),
        Unary::CountTrailingZeros => u128::from(a.bits.trailing_zeros().min(width)),
        Unary::CountOnes => u128::from(a.bits.count_ones()),
        _ => float::unary(op, width, a.bits)?,
    };
    Ok(Number { bits, undefined: move_bits(a.undefined), origin: 0 })
}

/// 0 or 1.
pub(super) fn compare(op: Compare, width: u32, a: Number, b: Number) -> Number {
    let any = a.undefined | b.undefined;
    if any == 0 {
        return Number::new(compare_bits(op, width, a.bits, b.bits).into());
    }
    let differs = (a.bits ^ b.bits) & !any != 0;
    match op {
        Compare::Equal if differs => Number::new(0),
        Compare::NotEqual if differs => Number::new(1),
        _ => Number::undefined(1),
    }
}

fn compare_bits(op: Compare, width: u32, a: u128, b: u128) -> bool {
    use Compare::*;
    let (x, y) = (signed(a, width), signed(b, width));
    match op {
        Equal => a == b,
        NotEqual => a != b,
        LessSigned => x < y,
        LessEqualSigned => x <= y,
        GreaterSigned => x > y,
        GreaterEqualSigned => x >= y,
        LessUnsigned => a < b,
        LessEqualUnsigned => a <= b,
        GreaterUnsigned => a > b,
        GreaterEqualUnsigned => a >= b,
        FloatEqual | FloatNotEqual | FloatLess | FloatLessEqual | FloatGreater | FloatGreaterEqual => {
            float::compare(op, width, a, b)
        }
    }
}

pub(super) fn convert(op: Convert, from: Shape, into: Shape, a: Number) -> Number {
    use Convert::*;
    let kept = |number: Number| Number {
        bits: number.bits & mask(into.bits),
        undefined: number.undefined & mask(into.bits),
        // A part of an address remembers that it is one, so that it never becomes a constant unnoticed.
        origin: number.origin,
    };
    match op {
        Truncate | ExtendUnsigned | Bits | PointerToInt | IntToPointer => kept(a),
        ExtendSigned => kept(Number {
            bits: signed(a.bits, from.bits) as u128,
            undefined: signed(a.undefined, from.bits) as u128,
            origin: 0,
        }),
        _ if a.undefined != 0 => Number::undefined(into.bits),
        FloatToSigned | FloatToUnsigned => {
            let bits = float::to_int(from.bits, a.bits, op == FloatToSigned, into.bits);
            bits.map_or(Number::undefined(into.bits), Number::new)
        }
        SignedToFloat => Number::new(float::from_signed(into.bits, signed(a.bits, from.bits))),
        UnsignedToFloat => Number::new(float::from_unsigned(into.bits, a.bits)),
        FloatToFloat => Number::new(float::convert(from.bits, into.bits, a.bits)),
    }
}

/// One lane of any width; wide floats do not exist.
pub(super) fn is_wide(shape: Shape) -> bool {
    shape.bits > 128 && shape.kind == Kind::Int
}
