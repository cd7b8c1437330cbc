//! Floats of 16, 32, 64 and 128 bits, as bits in and bits out.
//!
//! 32 and 64 bits are the machine's own, the others `rustc_apfloat`'s; sines and their like come from
//! `libm`, so that a table computed here has the same bytes wherever the compiler runs. For the same
//! reason every result that is not a number is the same one: quiet, positive, no payload.

use super::{FailureKind, Refusal};
use crate::graph::{Binary, Compare, Unary};
use rustc_apfloat::ieee::{Double, Half, Quad, Single};
use rustc_apfloat::{Float, FloatConvert, Round};
use std::cmp::Ordering;

pub(super) fn binary(op: Binary, width: u32, a: u128, b: u128) -> u128 {
    let bits = match width {
        16 => slow_binary::<Half>(op, a, b),
        32 => binary_32(op, f32::from_bits(a as u32), f32::from_bits(b as u32)).to_bits().into(),
        64 => binary_64(op, f64::from_bits(a as u64), f64::from_bits(b as u64)).to_bits().into(),
        _ => slow_binary::<Quad>(op, a, b),
    };
    canonical(width, bits)
}

macro_rules! native {
    ($name:ident, $float:ty) => {
        fn $name(op: Binary, a: $float, b: $float) -> $float {
            match op {
                Binary::FloatSub => a - b,
                Binary::FloatMul => a * b,
                Binary::FloatDiv => a / b,
                Binary::FloatRem => a % b,
                Binary::FloatMin | Binary::FloatMax if a.is_nan() => b,
                Binary::FloatMin | Binary::FloatMax if b.is_nan() => a,
                // Of two zeros the negative one is less.
                Binary::FloatMin => {
                    if a.total_cmp(&b) == Ordering::Less {
                        a
                    } else {
                        b
                    }
                }
                Binary::FloatMax => {
                    if a.total_cmp(&b) == Ordering::Less {
                        b
                    } else {
                        a
                    }
                }
                _ => a + b,
            }
        }
    };
}

native!(binary_32, f32);
native!(binary_64, f64);

fn slow_binary<F: Float>(op: Binary, a: u128, b: u128) -> u128 {
    let (x, y) = (F::from_bits(a), F::from_bits(b));
    let is_less = x < y || (x.is_zero() && y.is_zero() && x.is_negative());
    let value = match op {
        Binary::FloatSub => (x - y).value,
        Binary::FloatMul => (x * y).value,
        Binary::FloatDiv => (x / y).value,
        Binary::FloatRem => x.c_fmod(y).value,
        Binary::FloatMin | Binary::FloatMax if x.is_nan() => y,
        Binary::FloatMin | Binary::FloatMax if y.is_nan() => x,
        Binary::FloatMin => {
            if is_less {
                x
            } else {
                y
            }
        }
        Binary::FloatMax => {
            if is_less {
                y
            } else {
                x
            }
        }
        _ => (x + y).value,
    };
    value.to_bits()
}

/// `a` times `b` plus `c`, rounded once.
pub(super) fn mul_add(width: u32, a: u128, b: u128, c: u128) -> u128 {
    fn fused<F: Float>(a: u128, b: u128, c: u128) -> u128 {
        F::from_bits(a).mul_add(F::from_bits(b), F::from_bits(c)).value.to_bits()
    }
    canonical(
        width,
        match width {
            16 => fused::<Half>(a, b, c),
            32 => fused::<Single>(a, b, c),
            64 => fused::<Double>(a, b, c),
            _ => fused::<Quad>(a, b, c),
        },
    )
}

/// The one number that is not a number; other bits unchanged.
fn canonical(width: u32, bits: u128) -> u128 {
    let (sign, infinity) = (1 << (width - 1), infinity(width));
    if bits & !sign > infinity { infinity | 1 << (significand(width) - 1) } else { bits }
}

/// All bits of the exponent.
fn infinity(width: u32) -> u128 {
    super::arith::mask(width - 1) & !super::arith::mask(significand(width))
}

/// Bits of the significand that are stored.
fn significand(width: u32) -> u32 {
    match width {
        16 => 10,
        32 => 23,
        64 => 52,
        _ => 112,
    }
}

pub(super) fn unary(op: Unary, width: u32, a: u128) -> Result<u128, Refusal> {
    let sign = 1 << (width - 1);
    let bits = match (op, width) {
        // These touch the sign alone, of what is not a number too.
        (Unary::FloatNegate, _) => return Ok(a ^ sign),
        (Unary::FloatAbs, _) => return Ok(a & !sign),
        (_, 32) => unary_32(op, f32::from_bits(a as u32)).to_bits().into(),
        (_, 64) => unary_64(op, f64::from_bits(a as u64)).to_bits().into(),
        _ => match rounding(op) {
            Some(round) if width == 16 => Half::from_bits(a).round_to_integral(round).value.to_bits(),
            Some(round) => Quad::from_bits(a).round_to_integral(round).value.to_bits(),
            // In 64 bits the root of a half is exact enough to round once more.
            None if width == 16 => {
                let wide = f64::from_bits(convert(16, 64, a) as u64);
                convert(64, 16, unary_64(op, wide).to_bits().into())
            }
            None => return Err(unknown_function()),
        },
    };
    Ok(canonical(width, bits))
}

fn unknown_function() -> Refusal {
    let message = "roots, sines and logarithms of 128-bit floats are not known at build time";
    Refusal::new(FailureKind::Refused, message)
}

fn rounding(op: Unary) -> Option<Round> {
    match op {
        Unary::FloatFloor => Some(Round::TowardNegative),
        Unary::FloatCeil => Some(Round::TowardPositive),
        Unary::FloatTruncate => Some(Round::TowardZero),
        Unary::FloatRound => Some(Round::NearestTiesToAway),
        _ => None,
    }
}

#[rustfmt::skip]
fn unary_32(op: Unary, a: f32) -> f32 {
    match op {
        Unary::FloatSqrt => a.sqrt(),
        Unary::FloatFloor => a.floor(),
        Unary::FloatCeil => a.ceil(),
        Unary::FloatTruncate => a.trunc(),
        Unary::FloatRound => a.round(),
        Unary::FloatSin => libm::sinf(a),
        Unary::FloatCos => libm::cosf(a),
        Unary::FloatTan => libm::tanf(a),
        Unary::FloatExp => libm::expf(a),
        Unary::FloatExp2 => libm::exp2f(a),
        Unary::FloatLog => libm::logf(a),
        Unary::FloatLog2 => libm::log2f(a),
        Unary::FloatLog10 => libm::log10f(a),
        _ => a,
    }
}

#[rustfmt::skip]
fn unary_64(op: Unary, a: f64) -> f64 {
    match op {
        Unary::FloatSqrt => a.sqrt(),
        Unary::FloatFloor => a.floor(),
        Unary::FloatCeil => a.ceil(),
        Unary::FloatTruncate => a.trunc(),
        Unary::FloatRound => a.round(),
        Unary::FloatSin => libm::sin(a),
        Unary::FloatCos => libm::cos(a),
        Unary::FloatTan => libm::tan(a),
        Unary::FloatExp => libm::exp(a),
        Unary::FloatExp2 => libm::exp2(a),
        Unary::FloatLog => libm::log(a),
        Unary::FloatLog2 => libm::log2(a),
        Unary::FloatLog10 => libm::log10(a),
        _ => a,
    }
}

pub(super) fn compare(op: Compare, width: u32, a: u128, b: u128) -> bool {
    let order = match width {
        16 => Half::from_bits(a).partial_cmp(&Half::from_bits(b)),
        32 => f32::from_bits(a as u32).partial_cmp(&f32::from_bits(b as u32)),
        64 => f64::from_bits(a as u64).partial_cmp(&f64::from_bits(b as u64)),
        _ => Quad::from_bits(a).partial_cmp(&Quad::from_bits(b)),
    };
    match op {
        Compare::FloatNotEqual => order != Some(Ordering::Equal),
        Compare::FloatLess => order == Some(Ordering::Less),
        Compare::FloatLessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Compare::FloatGreater => order == Some(Ordering::Greater),
        Compare::FloatGreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => order == Some(Ordering::Equal),
    }
}

/// Towards zero; nothing where it does not fit.
pub(super) fn to_int(width: u32, a: u128, is_signed: bool, into: u32) -> Option<u128> {
    let is_negative = a >> (width - 1) == 1;
    let magnitude = magnitude(width, a)?;
    let most = match (is_signed, is_negative) {
        (false, false) => super::arith::mask(into),
        (false, true) => 0,
        (true, false) => (1 << (into - 1)) - 1,
        (true, true) => 1 << (into - 1),
    };
    let bits = if is_negative { magnitude.wrapping_neg() } else { magnitude };
    (magnitude <= most).then_some(bits & super::arith::mask(into))
}

/// The whole part without its sign, if that is a number of 128 bits.
fn magnitude(width: u32, a: u128) -> Option<u128> {
    let stored = significand(width);
    let exponent = ((a & infinity(width)) >> stored) as u32;
    let bias = (1 << (width - stored - 2)) - 1;
    let Some(power) = exponent.checked_sub(bias) else { return Some(0) };
    if power >= 128 || exponent == 2 * bias + 1 {
        return None;
    }
    let digits = a & super::arith::mask(stored) | 1 << stored;
    Some(if power >= stored { digits << (power - stored) } else { digits >> (stored - power) })
}

pub(super) fn from_signed(width: u32, number: i128) -> u128 {
    match width {
        16 => Half::from_i128(number).value.to_bits(),
        32 => (number as f32).to_bits().into(),
        64 => (number as f64).to_bits().into(),
        _ => Quad::from_i128(number).value.to_bits(),
    }
}

pub(super) fn from_unsigned(width: u32, number: u128) -> u128 {
    match width {
        16 => Half::from_u128(number).value.to_bits(),
        32 => (number as f32).to_bits().into(),
        64 => (number as f64).to_bits().into(),
        _ => Quad::from_u128(number).value.to_bits(),
    }
}

/// Between widths, to the nearest.
pub(super) fn convert(from: u32, into: u32, a: u128) -> u128 {
    fn of<F>(float: F, into: u32) -> u128
    where
        F: Float + FloatConvert<Half> + FloatConvert<Single> + FloatConvert<Double> + FloatConvert<Quad>,
    {
        let mut loses = false;
        match into {
            16 => FloatConvert::<Half>::convert(float, &mut loses).value.to_bits(),
            32 => FloatConvert::<Single>::convert(float, &mut loses).value.to_bits(),
            64 => FloatConvert::<Double>::convert(float, &mut loses).value.to_bits(),
            _ => FloatConvert::<Quad>::convert(float, &mut loses).value.to_bits(),
        }
    }
    let bits = match from {
        32 if into == 64 => f64::from(f32::from_bits(a as u32)).to_bits().into(),
        64 if into == 32 => (f64::from_bits(a as u64) as f32).to_bits().into(),
        16 => of(Half::from_bits(a), into),
        32 => of(Single::from_bits(a), into),
        64 => of(Double::from_bits(a), into),
        _ => of(Quad::from_bits(a), into),
    };
    canonical(into, bits)
}
