//! Integers of more than 128 bits: rare, so they are made big integers and cut again.
//!
//! In: the words of a lane. Out: the words of the result. Undefined bits make the whole result
//! undefined here; conversions from and to floats are refused.

use super::arith::{Number, shift_count};
use super::memory::shapes::cut;
use super::value::{Shape, Word};
use super::{FailureKind, Refusal};
use crate::graph::{Binary, Compare, Convert, Overflow, Unary};
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};

pub(super) fn binary(op: Binary, shape: Shape, a: &[Word], b: &[Word]) -> Result<Vec<Word>, Refusal> {
    if is_undefined(a) || is_undefined(b) {
        return Ok(shape_of_lane(shape).undefined());
    }
    use Binary::*;
    let (a, b) = (Wide::new(shape, a), Wide::new(shape, b));
    let result = match op {
        Add => a.unsigned + b.unsigned,
        Sub => a.unsigned - b.unsigned,
        Mul => a.unsigned * b.unsigned,
        And => a.unsigned & b.unsigned,
        Or => a.unsigned | b.unsigned,
        Xor => a.unsigned ^ b.unsigned,
        DivSigned | DivUnsigned | RemSigned | RemUnsigned => divide(op, shape.bits, a, b)?,
        ShiftLeft => a.unsigned << count(shape, &b)?,
        ShiftRightUnsigned => a.unsigned >> count(shape, &b)?,
        ShiftRightSigned => a.signed >> count(shape, &b)?,
        MinSigned => a.signed.min(b.signed),
        MaxSigned => a.signed.max(b.signed),
        MinUnsigned => a.unsigned.min(b.unsigned),
        MaxUnsigned => a.unsigned.max(b.unsigned),
        AddSaturateSigned => clamp(a.signed + b.signed, -half(shape.bits), half(shape.bits) - 1),
        SubSaturateSigned => clamp(a.signed - b.signed, -half(shape.bits), half(shape.bits) - 1),
        AddSaturateUnsigned => clamp(a.unsigned + b.unsigned, BigInt::zero(), half(shape.bits) * 2 - 1),
        SubSaturateUnsigned => clamp(a.unsigned - b.unsigned, BigInt::zero(), half(shape.bits) * 2 - 1),
        FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem | FloatMin | FloatMax => a.unsigned,
    };
    Ok(words(shape, &result))
}

fn clamp(number: BigInt, least: BigInt, most: BigInt) -> BigInt {
    number.clamp(least, most)
}

fn divide(op: Binary, bits: u32, a: Wide, b: Wide) -> Result<BigInt, Refusal> {
    if b.unsigned.is_zero() {
        return Err(Refusal::new(FailureKind::DivisionByZero, "division by zero"));
    }
    let is_signed = matches!(op, Binary::DivSigned | Binary::RemSigned);
    if is_signed && a.signed == -half(bits) && b.signed == -BigInt::one() {
        let message = "the least number divided by -1 does not fit";
        return Err(Refusal::new(FailureKind::DivisionOverflow, message));
    }
    Ok(match op {
        Binary::DivSigned => a.signed / b.signed,
        Binary::RemSigned => a.signed % b.signed,
        Binary::DivUnsigned => a.unsigned / b.unsigned,
        _ => a.unsigned % b.unsigned,
    })
}

fn count(shape: Shape, count: &Wide) -> Result<u32, Refusal> {
    shift_count(shape.bits, count.unsigned.to_u128().unwrap_or(u128::MAX))
}

pub(super) fn overflow(op: Overflow, shape: Shape, a: &[Word], b: &[Word]) -> (Vec<Word>, Number) {
    if is_undefined(a) || is_undefined(b) {
        return (shape_of_lane(shape).undefined(), Number::undefined(1));
    }
    let (a, b) = (Wide::new(shape, a), Wide::new(shape, b));
    let full = match op {
        Overflow::AddSigned => a.signed + b.signed,
        Overflow::SubSigned => a.signed - b.signed,
        Overflow::MulSigned => a.signed * b.signed,
        Overflow::AddUnsigned => a.unsigned + b.unsigned,
        Overflow::SubUnsigned => a.unsigned - b.unsigned,
        Overflow::MulUnsigned => a.unsigned * b.unsigned,
    };
    let wrapped = words(shape, &full);
    let again = Wide::new(shape, &wrapped);
    let is_signed = matches!(op, Overflow::AddSigned | Overflow::SubSigned | Overflow::MulSigned);
    let fits = full == if is_signed { again.signed } else { again.unsigned };
    (wrapped, Number::new((!fits).into()))
}

pub(super) fn compare(op: Compare, shape: Shape, a: &[Word], b: &[Word]) -> Number {
    if is_undefined(a) || is_undefined(b) {
        return Number::undefined(1);
    }
    use Compare::*;
    let (a, b) = (Wide::new(shape, a), Wide::new(shape, b));
    let is_true = match op {
        LessSigned => a.signed < b.signed,
        LessEqualSigned => a.signed <= b.signed,
        GreaterSigned => a.signed > b.signed,
        GreaterEqualSigned => a.signed >= b.signed,
        LessUnsigned => a.unsigned < b.unsigned,
        LessEqualUnsigned => a.unsigned <= b.unsigned,
        GreaterUnsigned => a.unsigned > b.unsigned,
        GreaterEqualUnsigned => a.unsigned >= b.unsigned,
        NotEqual => a.unsigned != b.unsigned,
        _ => a.unsigned == b.unsigned,
    };
    Number::new(is_true.into())
}

pub(super) fn unary(op: Unary, shape: Shape, a: &[Word]) -> Vec<Word> {
    if is_undefined(a) {
        return shape_of_lane(shape).undefined();
    }
    let number = Wide::new(shape, a).unsigned;
    let mut bytes: Vec<u8> = number.to_bytes_le().1;
    bytes.resize(shape.lane_bytes() as usize, 0);
    let result = match op {
        Unary::CountLeadingZeros => (u64::from(shape.bits) - number.bits()).into(),
        Unary::CountTrailingZeros => number.trailing_zeros().unwrap_or(shape.bits.into()).into(),
        Unary::CountOnes => bytes.iter().map(|byte| byte.count_ones()).sum::<u32>().into(),
        Unary::ReverseBytes => BigInt::from_bytes_be(Sign::Plus, &bytes),
        Unary::ReverseBits => {
            let reversed: Vec<u8> = bytes.iter().map(|byte| byte.reverse_bits()).collect();
            let unused = bytes.len() as u32 * 8 - shape.bits;
            BigInt::from_bytes_be(Sign::Plus, &reversed) >> unused
        }
        // The others take floats.
        _ => !number,
    };
    words(shape, &result)
}

/// Between integers.
pub(super) fn convert(op: Convert, from: Shape, into: Shape, a: &[Word]) -> Result<Vec<Word>, Refusal> {
    if is_undefined(a) {
        return Ok(shape_of_lane(into).undefined());
    }
    let number = Wide::new(from, a);
    match op {
        Convert::Truncate | Convert::ExtendUnsigned => Ok(words(into, &number.unsigned)),
        Convert::ExtendSigned => Ok(words(into, &number.signed)),
        _ => Err(Refusal::refused("floats and integers of more than 128 bits do not convert at build time")),
    }
}

/// One number, read both ways.
struct Wide {
    unsigned: BigInt,
    signed: BigInt,
}

impl Wide {
    fn new(shape: Shape, words: &[Word]) -> Wide {
        let digits = words.iter().flat_map(|word| [word.bits as u32, (word.bits >> 32) as u32]).collect();
        let unsigned = BigInt::from(BigUint::new(digits));
        let half = half(shape.bits);
        let signed = if unsigned >= half { &unsigned - half * 2 } else { unsigned.clone() };
        Wide { unsigned, signed }
    }
}

/// Two to the power of the width less one.
fn half(bits: u32) -> BigInt {
    BigInt::one() << (bits - 1)
}

/// The lowest bits of a number, in two's complement.
fn words(shape: Shape, number: &BigInt) -> Vec<Word> {
    let fill = if number.is_negative() { u64::MAX } else { 0 };
    let bytes = number.to_signed_bytes_le();
    let word = |index: usize| {
        let mut word = fill.to_le_bytes();
        for (to, from) in word.iter_mut().zip(bytes.iter().skip(index * 8)) {
            *to = *from;
        }
        cut(Word::new(u64::from_le_bytes(word)), shape.width(index))
    };
    (0..shape.words_per_lane()).map(word).collect()
}

fn is_undefined(words: &[Word]) -> bool {
    words.iter().any(|word| word.undefined != 0)
}

fn shape_of_lane(shape: Shape) -> Shape {
    Shape { lanes: 1, ..shape }
}
