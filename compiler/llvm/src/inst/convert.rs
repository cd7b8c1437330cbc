//! Constants, and values as values of another type.

use crate::builder::{Value, integer};
use crate::lower::Lowering;
use inkwell::types::{BasicType, BasicTypeEnum};
use inkwell::values::InstructionOpcode as Code;
use koru_flow::{Constant, Convert, Symbol, Type};

pub fn constant<'c>(at: &Lowering<'c, '_, '_>, constant: Constant, ty: Type) -> Value<'c> {
    let types = at.program.types;
    match (constant, types.of(ty)) {
        (Constant::Int(value), BasicTypeEnum::IntType(ty)) => integer(ty, value).into(),
        // LLVM folds the cast of a constant at once.
        (Constant::Float(bits), BasicTypeEnum::FloatType(float)) => {
            let bits = integer(types.int(float.get_bit_width() as u16), bits);
            at.program.builder.cast(Code::BitCast, bits.into(), float.as_basic_type_enum())
        }
        (Constant::Int(value), BasicTypeEnum::PointerType(ty)) if value != 0 => {
            let word = integer(types.word(), value);
            at.program.builder.cast(Code::IntToPtr, word.into(), ty.into())
        }
        (Constant::Undefined, ty) => undefined(ty),
        (Constant::Function(id), _) => at.program.address(Symbol::Function(id)).into(),
        (Constant::Global(id), _) => global(at, id),
        (_, ty) => ty.const_zero(),
    }
}

/// The address of a global. That of a thread-local one is computed where it is asked for, since what
/// follows may run on another thread.
fn global<'c>(at: &Lowering<'c, '_, '_>, id: koru_flow::GlobalId) -> Value<'c> {
    let address: Value = at.program.address(Symbol::Global(id)).into();
    match at.program.graph.globals[id].is_threadlocal {
        true => at.program.compute("llvm.threadlocal.address", &[address.get_type()], &[address]),
        false => address,
    }
}

fn undefined(ty: BasicTypeEnum) -> Value {
    match ty {
        BasicTypeEnum::IntType(ty) => ty.get_undef().into(),
        BasicTypeEnum::FloatType(ty) => ty.get_undef().into(),
        BasicTypeEnum::PointerType(ty) => ty.get_undef().into(),
        BasicTypeEnum::VectorType(ty) => ty.get_undef().into(),
        ty => ty.const_zero(),
    }
}

pub fn convert<'c>(at: &Lowering<'c, '_, '_>, op: Convert, value: Value<'c>, to: Type) -> Value<'c> {
    let code = match op {
        Convert::Truncate => Code::Trunc,
        Convert::ExtendSigned => Code::SExt,
        Convert::ExtendUnsigned => Code::ZExt,
        Convert::FloatToSigned => Code::FPToSI,
        Convert::FloatToUnsigned => Code::FPToUI,
        Convert::SignedToFloat => Code::SIToFP,
        Convert::UnsignedToFloat => Code::UIToFP,
        Convert::FloatToFloat if bits(value.get_type()) < bits(at.program.types.of(to)) => Code::FPExt,
        Convert::FloatToFloat => Code::FPTrunc,
        Convert::Bits => Code::BitCast,
        Convert::PointerToInt => Code::PtrToInt,
        Convert::IntToPointer => Code::IntToPtr,
    };
    let to = at.program.types.of(to);
    match value.get_type() == to {
        true => value,
        false => at.program.builder.cast(code, value, to),
    }
}

/// The width of a float, or of the floats in a vector.
fn bits(ty: BasicTypeEnum) -> u32 {
    match ty {
        BasicTypeEnum::FloatType(ty) => ty.get_bit_width(),
        BasicTypeEnum::VectorType(ty) => bits(ty.get_element_type()),
        _ => 0,
    }
}
