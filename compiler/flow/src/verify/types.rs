//! The types of operations: what each takes and gives.
//!
//! In: an instruction whose ids are in range. Out: whether its operands and results fit. In the lines
//! below T stands for one type throughout the line, I and F for integers and floats or vectors of them.

use super::{Check, Scope, ensure, memory};
use crate::graph::*;

/// Do the operands and results of an instruction fit?
pub(super) fn check(scope: Scope, inst: &Inst) -> Check {
    let results = scope.types(&inst.results);
    let ty = |value: &ValueId| scope.ty(*value);
    let gives = |wanted: &[Type]| scope.same("it gives", &results, "it should give", wanted);
    let all = |values: &[ValueId], wanted: Type| -> Check {
        let fit = values.iter().all(|value| ty(value) == wanted);
        ensure(fit, format_args!("not all operands are {}", wanted))
    };
    match &inst.op {
        // T = const
        Op::Const(constant) => constant_of(*constant, one(&results)?),
        // ptr = slot
        Op::Slot(_) => gives(&[Type::Pointer]),
        // T = unary T
        Op::Unary(op, a) => unary(*op, ty(a)).and(gives(&[ty(a)])),
        // T = binary T, T
        Op::Binary(op, a, b) => binary(*op, ty(a)).and(all(&[*b], ty(a))).and(gives(&[ty(a)])),
        // T, bool of T = overflow T, T
        Op::Overflow(_, a, b) => is_int(ty(a)).and(all(&[*b], ty(a))).and(gives(&[ty(a), truth_of(ty(a))])),
        // bool of T = compare T, T
        Op::Compare(op, a, b) => compare(*op, ty(a)).and(all(&[*b], ty(a))).and(gives(&[truth_of(ty(a))])),
        Op::Convert(op, a) => convert(*op, ty(a), one(&results)?),
        // T = select i1, T, T, or lane by lane
        Op::Select(condition, a, b) => {
            let condition = ty(condition);
            let fits = condition == Type::BOOL || condition == truth_of(ty(a));
            ensure(fits, "the condition does not fit").and(all(&[*b], ty(a))).and(gives(&[ty(a)]))
        }
        // T = mul_add T, T, T of floats
        Op::MulAdd(a, b, c) => {
            binary(Binary::FloatAdd, ty(a)).and(all(&[*b, *c], ty(a))).and(gives(&[ty(a)]))
        }
        // word = frame
        Op::Frame(_) => gives(&[Type::WORD]),
        // T = splat scalar of T
        Op::Splat(a) => {
            let (scalar, _) = vector(one(&results)?)?;
            all(&[*a], scalar)
        }
        // scalar of T = extract T, word
        Op::Extract { vector: of, lane } => all(&[*lane], Type::WORD).and(gives(&[vector(ty(of))?.0])),
        // T = insert T, word, scalar of T
        Op::Insert { vector: of, lane, value } => {
            all(&[*lane], Type::WORD)?;
            all(&[*value], vector(ty(of))?.0).and(gives(&[ty(of)]))
        }
        Op::Shuffle { left, right, lanes } => {
            let (_, count) = vector(ty(left))?;
            ensure(
                lanes.iter().all(|&lane| u64::from(lane) < 2 * u64::from(count)),
                "there is no such lane",
            )?;
            all(&[*right], ty(left)).and(gives(&[with_lanes(ty(left), lanes.len() as u32)]))
        }
        // scalar of T = reduce T
        Op::Reduce(op, a) => {
            let (scalar, _) = vector(ty(a))?;
            ensure(folds(*op), "this operation does not fold lanes")?;
            binary(*op, ty(a)).and(gives(&[scalar]))
        }
        Op::Call { callee, args } => {
            let signature = scope.graph.signature(callee).ok_or("there is no such function")?;
            let [exit] = signature.exits.as_slice() else {
                return Err(format!(
                    "the callee has {} exits: the call must end its block",
                    signature.exits.len()
                ));
            };
            scope.args(callee, args).and(gives(&exit.results))
        }
        // word = syscall words or addresses, at most six
        Op::Syscall { args, .. } => {
            let is_word = |arg: &ValueId| matches!(ty(arg), Type::WORD | Type::Pointer);
            ensure(args.iter().all(is_word), "the kernel takes words and addresses")?;
            ensure(args.len() <= 6, "the kernel takes six arguments at most").and(gives(&[Type::WORD]))
        }
        Op::Asm(asm) => {
            let count = usize::from(!asm.output.is_empty());
            ensure(results.len() == count, "results and output constraints do not match")
        }
        op => memory::check(scope, op, &results),
    }
}

/// The only result.
pub(super) fn one(results: &[Type]) -> Result<Type, String> {
    match results {
        &[ty] => Ok(ty),
        _ => Err(format!("it gives {} values, not one", results.len())),
    }
}

fn constant_of(constant: Constant, ty: Type) -> Check {
    let fits = |value: u128, bits: u16| bits >= 128 || value >> bits == 0;
    let holds = match (constant, ty) {
        (Constant::Int(value), Type::Int(bits)) | (Constant::Float(value), Type::Float(bits)) => {
            fits(value, bits)
        }
        (Constant::Int(value), Type::Pointer) => value == 0,
        (Constant::Zero | Constant::Undefined, _) => true,
        (Constant::Function(_) | Constant::Global(_), ty) => ty == Type::Pointer,
        _ => false,
    };
    ensure(holds, "the constant does not fit its type")
}

fn unary(op: Unary, ty: Type) -> Check {
    use Unary::*;
    match op {
        ReverseBytes => {
            is_int(ty)?;
            ensure(bits(scalar(ty)).is_multiple_of(8), "only whole bytes can be reversed")
        }
        Not | CountLeadingZeros | CountTrailingZeros | CountOnes | ReverseBits => is_int(ty),
        _ => is_float(ty),
    }
}

fn binary(op: Binary, ty: Type) -> Check {
    use Binary::*;
    match op {
        FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem | FloatMin | FloatMax => is_float(ty),
        _ => is_int(ty),
    }
}

/// Can the operation fold a vector into one lane, in any order?
fn folds(op: Binary) -> bool {
    use Binary::*;
    matches!(
        op,
        Add | Mul
            | And
            | Or
            | Xor
            | MinSigned
            | MinUnsigned
            | MaxSigned
            | MaxUnsigned
            | FloatAdd
            | FloatMul
            | FloatMin
            | FloatMax
    )
}

fn compare(op: Compare, ty: Type) -> Check {
    use Compare::*;
    match op {
        FloatEqual | FloatNotEqual | FloatLess | FloatLessEqual | FloatGreater | FloatGreaterEqual => {
            is_float(ty)
        }
        _ => ensure(!matches!(scalar(ty), Type::Float(_)), "floats have comparisons of their own"),
    }
}

fn convert(op: Convert, from: Type, to: Type) -> Check {
    use Convert::*;
    let (a, b) = (scalar(from), scalar(to));
    let holds = match (op, a, b) {
        (Bits, ..) => {
            let total = |ty: Type| u64::from(bits(scalar(ty))) * lanes(ty).unwrap_or(1) as u64;
            return ensure(
                a != Type::Pointer && b != Type::Pointer && total(from) == total(to),
                "only numbers of one size share their bits",
            );
        }
        (Truncate, Type::Int(a), Type::Int(b)) => a > b,
        (ExtendSigned | ExtendUnsigned, Type::Int(a), Type::Int(b)) => a < b,
        (FloatToFloat, Type::Float(a), Type::Float(b)) => a != b,
        (FloatToSigned | FloatToUnsigned, Type::Float(_), Type::Int(_)) => true,
        (SignedToFloat | UnsignedToFloat, Type::Int(_), Type::Float(_)) => true,
        (PointerToInt, Type::Pointer, Type::WORD) | (IntToPointer, Type::WORD, Type::Pointer) => true,
        _ => false,
    };
    let fits = holds && lanes(from) == lanes(to);
    ensure(fits, format_args!("{from} does not convert to {to} like this"))
}

fn is_int(ty: Type) -> Check {
    ensure(matches!(scalar(ty), Type::Int(_)), format_args!("{} is not made of integers", ty))
}

fn is_float(ty: Type) -> Check {
    ensure(matches!(scalar(ty), Type::Float(_)), format_args!("{} is not made of floats", ty))
}

/// What comparing values of this type gives.
fn truth_of(ty: Type) -> Type {
    lanes(ty).map_or(Type::BOOL, |lanes| Type::Vector(Scalar::Int(1), lanes))
}

/// The lanes of a vector; others have none.
fn lanes(ty: Type) -> Option<u32> {
    match ty {
        Type::Vector(_, lanes) => Some(lanes),
        _ => None,
    }
}

/// One lane of a vector; others are their own.
fn scalar(ty: Type) -> Type {
    match ty {
        Type::Vector(Scalar::Int(bits), _) => Type::Int(bits),
        Type::Vector(Scalar::Float(bits), _) => Type::Float(bits),
        Type::Vector(Scalar::Pointer, _) => Type::Pointer,
        other => other,
    }
}

fn bits(scalar: Type) -> u16 {
    match scalar {
        Type::Int(bits) | Type::Float(bits) => bits,
        _ => 64,
    }
}

/// The scalar and the number of lanes.
fn vector(ty: Type) -> Result<(Type, u32), String> {
    match lanes(ty) {
        Some(lanes) => Ok((scalar(ty), lanes)),
        None => Err(format!("{} is no vector", ty)),
    }
}

fn with_lanes(ty: Type, lanes: u32) -> Type {
    match ty {
        Type::Vector(scalar, _) => Type::Vector(scalar, lanes),
        other => other,
    }
}
