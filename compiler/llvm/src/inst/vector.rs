//! Vectors: lanes spread, mixed and folded.

use crate::builder::Value;
use crate::lower::Lowering;
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::VectorValue;
use koru_base::bug;
use koru_flow::{Binary, Type};

/// One lane, then a shuffle that takes it everywhere: the form LLVM's targets know.
pub fn splat<'c>(at: &Lowering<'c, '_, '_>, value: Value<'c>, ty: Type) -> Value<'c> {
    let (types, builder) = (at.program.types, &at.program.builder);
    let BasicTypeEnum::VectorType(ty) = types.of(ty) else { bug!("llvm", "a splat to {ty:?}") };
    let empty: Value = ty.get_poison().into();
    let one = builder.with_lane(empty, types.word().const_zero().into(), value);
    builder.shuffle(one, empty, mask(at, &vec![0; ty.get_size() as usize]))
}

pub fn shuffle<'c>(at: &Lowering<'c, '_, '_>, left: Value<'c>, right: Value<'c>, lanes: &[u32]) -> Value<'c> {
    at.program.builder.shuffle(left, right, mask(at, lanes))
}

fn mask<'c>(at: &Lowering<'c, '_, '_>, lanes: &[u32]) -> VectorValue<'c> {
    let number = at.program.types.int(32);
    let lanes: Vec<_> = lanes.iter().map(|&lane| number.const_int(lane.into(), false)).collect();
    VectorType::const_vector(&lanes)
}

pub fn reduce<'c>(at: &Lowering<'c, '_, '_>, op: Binary, vector: Value<'c>) -> Value<'c> {
    let name = match op {
        Binary::Add => "llvm.vector.reduce.add",
        Binary::Mul => "llvm.vector.reduce.mul",
        Binary::And => "llvm.vector.reduce.and",
        Binary::Or => "llvm.vector.reduce.or",
        Binary::Xor => "llvm.vector.reduce.xor",
        Binary::MinSigned => "llvm.vector.reduce.smin",
        Binary::MinUnsigned => "llvm.vector.reduce.umin",
        Binary::MaxSigned => "llvm.vector.reduce.smax",
        Binary::MaxUnsigned => "llvm.vector.reduce.umax",
        Binary::FloatMin => "llvm.vector.reduce.fmin",
        Binary::FloatMax => "llvm.vector.reduce.fmax",
        // Lane after lane, begun with what changes nothing.
        Binary::FloatAdd => return reduce_floats(at, "llvm.vector.reduce.fadd", -0.0, vector),
        Binary::FloatMul => return reduce_floats(at, "llvm.vector.reduce.fmul", 1.0, vector),
        op => bug!("llvm", "a vector is not folded by {op:?}"),
    };
    at.program.compute(name, &[vector.get_type()], &[vector])
}

fn reduce_floats<'c>(at: &Lowering<'c, '_, '_>, name: &str, start: f64, vector: Value<'c>) -> Value<'c> {
    let ty = vector.get_type().into_vector_type();
    let start = ty.get_element_type().into_float_type().const_float(start);
    at.program.compute(name, &[ty.into()], &[start.into(), vector])
}
