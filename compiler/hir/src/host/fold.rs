//! Arithmetic on values known while compiling.
//!
//! Integers are exact until they meet a width; floats are computed in 128 bits and rounded to the width
//! of their type after each operation, which loses nothing for 64 bits and less.

use super::query::Integer;
use super::*;
use rustc_apfloat::ieee::{Double, Half, Quad, Single};
use rustc_apfloat::{Float, FloatConvert, Round};

/// A value, nothing where the operands are not known well enough, or what is wrong with the operation.
pub(super) type Folded = Result<Option<Value>, String>;

impl Context<'_> {
    /// `left op right`, both of type `ty`; the right side of a shift may have another.
    pub(super) fn fold_binary(&self, op: Binary, ty: TypeId, left: &Value, right: &Value) -> Folded {
        match (left, right) {
            (Value::Int(left), Value::Int(right)) => self.fold_integers(op, ty, left, right),
            (Value::Float(left), Value::Float(right)) => Ok(fold_floats(op, left.0, right.0)
                .map(|number| Value::Float(round_to(self.ty(ty), Float128(number))))),
            (Value::Bool(left), Value::Bool(right)) => Ok(match op {
                Binary::BitAnd => Some(Value::Bool(left & right)),
                Binary::BitOr => Some(Value::Bool(left | right)),
                Binary::BitXor => Some(Value::Bool(left ^ right)),
                _ => None,
            }),
            (Value::Aggregate(left), Value::Aggregate(right)) if left.len() == right.len() => {
                let Type::Vector { child, .. } = *self.ty(ty) else { return Ok(None) };
                let mut values = Vec::new();
                for (left, right) in left.iter().zip(right.iter()) {
                    let Some(value) = self.fold_binary(op, child, left, right)? else { return Ok(None) };
                    values.push(value);
                }
                Ok(Some(Value::Aggregate(values.into())))
            }
            _ => Ok(None),
        }
    }

    fn fold_integers(&self, op: Binary, ty: TypeId, left: &BigInt, right: &BigInt) -> Folded {
        let width = self.integer(ty);
        let exact = exact(op, left, right, width)?;
        let Some(width) = width else { return Ok(Some(Value::Int(exact))) };
        if width.holds(&exact) {
            return Ok(Some(Value::Int(exact)));
        }
        match op {
            Binary::AddWrap | Binary::SubWrap | Binary::MulWrap | Binary::ShiftLeft => {
                Ok(Some(Value::Int(width.wrap(&exact))))
            }
            Binary::AddSaturate | Binary::SubSaturate | Binary::MulSaturate | Binary::ShiftLeftSaturate => {
                let bound = if exact.is_negative() { width.min() } else { width.max() };
                Ok(Some(Value::Int(bound)))
            }
            _ => Err(format!("the result {exact} does not fit `{}`", self.type_name(ty))),
        }
    }

    pub(super) fn fold_unary(&self, op: Unary, ty: TypeId, operand: &Value) -> Folded {
        let width = self.integer(ty);
        match (op, operand) {
            (Unary::Not, Value::Bool(truth)) => Ok(Some(Value::Bool(!truth))),
            (Unary::Negate | Unary::NegateWrap, Value::Float(number)) => {
                Ok(Some(Value::Float(Float128(-number.0))))
            }
            (Unary::Negate, Value::Int(number)) => {
                let negated = -number;
                match width {
                    Some(width) if !width.holds(&negated) => {
                        Err(format!("{negated} does not fit `{}`", self.type_name(ty)))
                    }
                    _ => Ok(Some(Value::Int(negated))),
                }
            }
            (Unary::NegateWrap, Value::Int(number)) => {
                Ok(Some(Value::Int(width.map_or(-number, |width| width.wrap(&-number)))))
            }
            (Unary::BitNot, Value::Int(number)) => {
                let flipped: BigInt = -number - 1;
                Ok(Some(Value::Int(width.map_or(flipped.clone(), |width| width.wrap(&flipped)))))
            }
            _ => Ok(None),
        }
    }
}

fn exact(op: Binary, left: &BigInt, right: &BigInt, width: Option<Integer>) -> Result<BigInt, String> {
    use Binary::*;
    let divides = matches!(op, DivTruncate | DivFloor | DivExact | Rem | Mod);
    if divides && right.is_zero() {
        return Err("division by zero".into());
    }
    Ok(match op {
        Add | AddWrap | AddSaturate => left + right,
        Sub | SubWrap | SubSaturate => left - right,
        Mul | MulWrap | MulSaturate => left * right,
        DivTruncate => left / right,
        DivFloor => num_integer_floor(left, right).0,
        DivExact if !(left % right).is_zero() => return Err(format!("{left} is no multiple of {right}")),
        DivExact => left / right,
        Rem => left % right,
        Mod => num_integer_floor(left, right).1,
        BitAnd => left & right,
        BitOr => left | right,
        BitXor => left ^ right,
        Min => left.min(right).clone(),
        Max => left.max(right).clone(),
        ShiftLeft | ShiftLeftExact | ShiftLeftSaturate => left << shift_count(right, width)?,
        ShiftRight | ShiftRightExact => left >> shift_count(right, width)?,
    })
}

fn shift_count(count: &BigInt, width: Option<Integer>) -> Result<u32, String> {
    let limit = width.map_or(65_536, |width| u32::from(width.bits));
    count.to_u32().filter(|&count| count < limit).ok_or(format!("a shift by {count} is too far"))
}

/// Quotient and remainder, rounded down.
fn num_integer_floor(left: &BigInt, right: &BigInt) -> (BigInt, BigInt) {
    let (quotient, rest) = (left / right, left % right);
    if !rest.is_zero() && rest.is_negative() != right.is_negative() {
        (quotient - 1, rest + right)
    } else {
        (quotient, rest)
    }
}

fn fold_floats(op: Binary, left: Quad, right: Quad) -> Option<Quad> {
    Some(match op {
        Binary::Add => (left + right).value,
        Binary::Sub => (left - right).value,
        Binary::Mul => (left * right).value,
        Binary::DivTruncate | Binary::DivExact => (left / right).value,
        Binary::DivFloor => (left / right).value.round_to_integral(Round::TowardNegative).value,
        Binary::Rem => left.c_fmod(right).value,
        Binary::Mod => {
            let rest = left.c_fmod(right).value;
            let crosses = !rest.is_zero() && rest.is_negative() != right.is_negative();
            if crosses { (rest + right).value } else { rest }
        }
        Binary::Min => left.minimum(right),
        Binary::Max => left.maximum(right),
        _ => return None,
    })
}

/// A number as a float type can hold it.
pub(super) fn round_to(ty: &Type, number: Float128) -> Float128 {
    let mut lossy = false;
    match ty {
        Type::Float(16) => {
            let half: Half = number.0.convert(&mut lossy).value;
            Float128(half.convert(&mut lossy).value)
        }
        Type::Float(32) => {
            let single: Single = number.0.convert(&mut lossy).value;
            Float128(single.convert(&mut lossy).value)
        }
        Type::Float(64) => {
            let double: Double = number.0.convert(&mut lossy).value;
            Float128(double.convert(&mut lossy).value)
        }
        _ => number,
    }
}

/// `a` times `b` plus `c`, rounded once, to what a float type can hold.
pub(super) fn mul_add(ty: &Type, a: Float128, b: Float128, c: Float128) -> Float128 {
    fn fused<F: Float + FloatConvert<Quad>>(numbers: [Quad; 3]) -> Quad
    where
        Quad: FloatConvert<F>,
    {
        let mut lossy = false;
        let [a, b, c] = numbers.map(|number| number.convert(&mut lossy).value);
        a.mul_add(b, c).value.convert(&mut lossy).value
    }
    let numbers = [a.0, b.0, c.0];
    Float128(match ty {
        Type::Float(16) => fused::<Half>(numbers),
        Type::Float(32) => fused::<Single>(numbers),
        Type::Float(64) => fused::<Double>(numbers),
        _ => a.0.mul_add(b.0, c.0).value,
    })
}

/// The order of two known values; nothing where they have none.
pub(super) fn compare(op: Compare, left: &Value, right: &Value) -> Option<bool> {
    use std::cmp::Ordering::*;
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => match left.0.partial_cmp(&right.0) {
            None => return Some(op == Compare::NotEqual),
            order => order,
        },
        _ => None,
    };
    match (op, order) {
        (Compare::Equal, Some(order)) => Some(order == Equal),
        (Compare::NotEqual, Some(order)) => Some(order != Equal),
        (Compare::Less, Some(order)) => Some(order == Less),
        (Compare::LessEqual, Some(order)) => Some(order != Greater),
        (Compare::Greater, Some(order)) => Some(order == Greater),
        (Compare::GreaterEqual, Some(order)) => Some(order != Less),
        (Compare::Equal, None) => same(left, right),
        (Compare::NotEqual, None) => same(left, right).map(|same| !same),
        _ => None,
    }
}

fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Undefined, _) | (_, Value::Undefined) => None,
        (Value::Pointer(left), Value::Pointer(right)) => match (&left.base, &right.base) {
            (Base::Global(_), Base::Global(_)) | (Base::Address(_), Base::Address(_)) => Some(left == right),
            _ => None,
        },
        (Value::Slice { .. }, _)
        | (_, Value::Slice { .. })
        | (Value::Aggregate(_), _)
        | (Value::Bytes(_), _) => None,
        _ => Some(left == right),
    }
}

/// The text of an integer as written, prefix and underscores included.
pub(super) fn parse_int(text: &str) -> Option<BigInt> {
    let clean = text.replace('_', "");
    let (digits, radix) = match clean.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (&clean[2..], 16),
        Some("0o") => (&clean[2..], 8),
        Some("0b") => (&clean[2..], 2),
        _ => (clean.as_str(), 10),
    };
    BigInt::parse_bytes(digits.as_bytes(), radix)
}

/// The text of a float as written.
pub(super) fn parse_float(text: &str) -> Option<Float128> {
    let mut clean = text.replace('_', "");
    if clean.starts_with("0x") && !clean.contains(['p', 'P']) {
        clean.push_str("p0");
    }
    Quad::from_str_r(&clean, Round::NearestTiesToEven).ok().map(|number| Float128(number.value))
}

/// An integer as a float, rounded.
pub(super) fn int_to_float(number: &BigInt) -> Float128 {
    parse_float(&number.to_string()).unwrap_or(Float128(Quad::ZERO))
}

/// A float without its fraction; nothing for what is no number or too large.
pub(super) fn float_to_int(number: Float128) -> Option<BigInt> {
    let whole = number.0.round_to_integral(Round::TowardZero).value;
    let mut exact = true;
    let status = whole.to_i128_r(128, Round::TowardZero, &mut exact);
    if !status.status.contains(rustc_apfloat::Status::INVALID_OP) {
        return Some(BigInt::from(status.value));
    }
    let text = whole.to_string();
    text.parse().ok().or_else(|| exponent_text(&text))
}

/// `1.5E+40` as an integer.
fn exponent_text(text: &str) -> Option<BigInt> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.trim_start_matches('+').parse::<usize>().ok()?;
    let zeros = "0".repeat(exponent.checked_sub(fraction.len())?);
    format!("{whole}{fraction}{zeros}").parse().ok()
}

/// The square root, by Newton's steps from the root in 64 bits.
pub(super) fn square_root(number: Float128) -> Option<Float128> {
    if number.0.is_negative() || !number.0.is_finite() || number.0.is_zero() {
        return number.0.is_zero().then_some(number);
    }
    let mut lossy = false;
    let double: Double = number.0.convert(&mut lossy).value;
    let start = f64::from_bits(u64::try_from(double.to_bits()).ok()?).sqrt();
    let mut root = Float128::from(start).0;
    let half = Float128::from(0.5).0;
    for _ in 0..4 {
        root = ((root + (number.0 / root).value).value * half).value;
    }
    Some(Float128(root))
}
