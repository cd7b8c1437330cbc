//! Numbers: what one or two of them make.
//!
//! Where LLVM has an instruction we use it; the rest are intrinsics, a name each.

use crate::builder::Value;
use crate::lower::Lowering;
use inkwell::values::InstructionOpcode as Code;
use inkwell::{FloatPredicate, IntPredicate};
use koru_flow::{Binary, Compare, Overflow, Scalar, Type, Unary};

/// How LLVM does an operation.
enum How {
    Instruction(Code),
    Intrinsic(&'static str),
}

pub fn unary<'c>(at: &Lowering<'c, '_, '_>, op: Unary, ty: Type, value: Value<'c>) -> Value<'c> {
    let name = match op {
        Unary::Not => return not(at, ty, value),
        Unary::FloatNegate => return at.program.builder.float_negate(value),
        // The width for 0, hence not poison.
        Unary::CountLeadingZeros => return count_zeros(at, "llvm.ctlz", value),
        Unary::CountTrailingZeros => return count_zeros(at, "llvm.cttz", value),
        Unary::CountOnes => "llvm.ctpop",
        Unary::ReverseBytes => return reverse_bytes(at, ty, value),
        Unary::ReverseBits => "llvm.bitreverse",
        Unary::FloatAbs => "llvm.fabs",
        Unary::FloatSqrt => "llvm.sqrt",
        Unary::FloatFloor => "llvm.floor",
        Unary::FloatCeil => "llvm.ceil",
        Unary::FloatTruncate => "llvm.trunc",
        Unary::FloatRound => "llvm.round",
        Unary::FloatSin => "llvm.sin",
        Unary::FloatCos => "llvm.cos",
        Unary::FloatTan => "llvm.tan",
        Unary::FloatExp => "llvm.exp",
        Unary::FloatExp2 => "llvm.exp2",
        Unary::FloatLog => "llvm.log",
        Unary::FloatLog2 => "llvm.log2",
        Unary::FloatLog10 => "llvm.log10",
    };
    at.program.compute(name, &[value.get_type()], &[value])
}

/// LLVM reverses pairs of bytes only: an odd number gets a zero byte above, which ends up below.
fn reverse_bytes<'c>(at: &Lowering<'c, '_, '_>, ty: Type, value: Value<'c>) -> Value<'c> {
    let reverse = |value: Value<'c>| at.program.compute("llvm.bswap", &[value.get_type()], &[value]);
    let wide = match ty {
        Type::Int(bits) if bits % 16 != 0 => Type::Int(bits + 8),
        Type::Vector(Scalar::Int(bits), lanes) if bits % 16 != 0 => {
            Type::Vector(Scalar::Int(bits + 8), lanes)
        }
        _ => return reverse(value),
    };
    let (types, builder) = (at.program.types, &at.program.builder);
    let reversed = reverse(builder.cast(Code::ZExt, value, types.of(wide)));
    let eight = types.repeat(wide, |ty| ty.const_int(8, false));
    builder.cast(Code::Trunc, builder.binary(Code::LShr, reversed, eight), types.of(ty))
}

fn count_zeros<'c>(at: &Lowering<'c, '_, '_>, name: &str, value: Value<'c>) -> Value<'c> {
    at.program.compute(name, &[value.get_type()], &[value, at.program.truth(false)])
}

fn not<'c>(at: &Lowering<'c, '_, '_>, ty: Type, value: Value<'c>) -> Value<'c> {
    let ones = at.program.types.repeat(ty, |ty| ty.const_all_ones());
    at.program.builder.binary(Code::Xor, value, ones)
}

pub fn binary<'c>(at: &Lowering<'c, '_, '_>, op: Binary, left: Value<'c>, right: Value<'c>) -> Value<'c> {
    match how(op) {
        How::Instruction(code) => at.program.builder.binary(code, left, right),
        How::Intrinsic(name) => at.program.compute(name, &[left.get_type()], &[left, right]),
    }
}

fn how(op: Binary) -> How {
    use How::{Instruction, Intrinsic};
    match op {
        Binary::Add => Instruction(Code::Add),
        Binary::Sub => Instruction(Code::Sub),
        Binary::Mul => Instruction(Code::Mul),
        Binary::DivSigned => Instruction(Code::SDiv),
        Binary::DivUnsigned => Instruction(Code::UDiv),
        Binary::RemSigned => Instruction(Code::SRem),
        Binary::RemUnsigned => Instruction(Code::URem),
        Binary::And => Instruction(Code::And),
        Binary::Or => Instruction(Code::Or),
        Binary::Xor => Instruction(Code::Xor),
        Binary::ShiftLeft => Instruction(Code::Shl),
        Binary::ShiftRightSigned => Instruction(Code::AShr),
        Binary::ShiftRightUnsigned => Instruction(Code::LShr),
        Binary::AddSaturateSigned => Intrinsic("llvm.sadd.sat"),
        Binary::AddSaturateUnsigned => Intrinsic("llvm.uadd.sat"),
        Binary::SubSaturateSigned => Intrinsic("llvm.ssub.sat"),
        Binary::SubSaturateUnsigned => Intrinsic("llvm.usub.sat"),
        Binary::MinSigned => Intrinsic("llvm.smin"),
        Binary::MinUnsigned => Intrinsic("llvm.umin"),
        Binary::MaxSigned => Intrinsic("llvm.smax"),
        Binary::MaxUnsigned => Intrinsic("llvm.umax"),
        Binary::FloatAdd => Instruction(Code::FAdd),
        Binary::FloatSub => Instruction(Code::FSub),
        Binary::FloatMul => Instruction(Code::FMul),
        Binary::FloatDiv => Instruction(Code::FDiv),
        Binary::FloatRem => Instruction(Code::FRem),
        // Of a number and no number, the number.
        Binary::FloatMin => Intrinsic("llvm.minnum"),
        Binary::FloatMax => Intrinsic("llvm.maxnum"),
    }
}

/// The wrapped value, and whether it does not fit.
pub fn overflow<'c>(
    at: &Lowering<'c, '_, '_>,
    op: Overflow,
    left: Value<'c>,
    right: Value<'c>,
) -> [Value<'c>; 2] {
    let name = match op {
        Overflow::AddSigned => "llvm.sadd.with.overflow",
        Overflow::AddUnsigned => "llvm.uadd.with.overflow",
        Overflow::SubSigned => "llvm.ssub.with.overflow",
        Overflow::SubUnsigned => "llvm.usub.with.overflow",
        Overflow::MulSigned => "llvm.smul.with.overflow",
        Overflow::MulUnsigned => "llvm.umul.with.overflow",
    };
    let both = at.program.compute(name, &[left.get_type()], &[left, right]);
    [0, 1].map(|index| at.program.builder.field(both, index))
}

pub fn compare<'c>(at: &Lowering<'c, '_, '_>, op: Compare, left: Value<'c>, right: Value<'c>) -> Value<'c> {
    let builder = &at.program.builder;
    let whole = |how| builder.compare(how, left, right);
    // Ordered: false where an operand is not a number.
    let float = |how| builder.float_compare(how, left, right);
    match op {
        Compare::Equal => whole(IntPredicate::EQ),
        Compare::NotEqual => whole(IntPredicate::NE),
        Compare::LessSigned => whole(IntPredicate::SLT),
        Compare::LessEqualSigned => whole(IntPredicate::SLE),
        Compare::GreaterSigned => whole(IntPredicate::SGT),
        Compare::GreaterEqualSigned => whole(IntPredicate::SGE),
        Compare::LessUnsigned => whole(IntPredicate::ULT),
        Compare::LessEqualUnsigned => whole(IntPredicate::ULE),
        Compare::GreaterUnsigned => whole(IntPredicate::UGT),
        Compare::GreaterEqualUnsigned => whole(IntPredicate::UGE),
        Compare::FloatEqual => float(FloatPredicate::OEQ),
        Compare::FloatNotEqual => float(FloatPredicate::UNE),
        Compare::FloatLess => float(FloatPredicate::OLT),
        Compare::FloatLessEqual => float(FloatPredicate::OLE),
        Compare::FloatGreater => float(FloatPredicate::OGT),
        Compare::FloatGreaterEqual => float(FloatPredicate::OGE),
    }
}
