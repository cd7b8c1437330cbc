//! Types of the graph as LLVM's types.
//!
//! In registers an integer has its exact width; in memory it fills whole bytes, zero above its width.

use inkwell::AddressSpace;
use inkwell::context::Context;
use inkwell::types::{BasicType, BasicTypeEnum, FloatType, IntType, PointerType, VectorType};
use inkwell::values::{BasicValueEnum, IntValue};
use koru_base::bug;
use koru_flow::{Scalar, Type};
use std::num::NonZeroU32;

/// LLVM's types of one context.
#[derive(Clone, Copy)]
pub struct Types<'c> {
    context: &'c Context,
}

impl<'c> Types<'c> {
    pub fn new(context: &'c Context) -> Types<'c> {
        Types { context }
    }

    /// The type of a value in registers.
    pub fn of(self, ty: Type) -> BasicTypeEnum<'c> {
        match ty {
            Type::Int(bits) => self.int(bits).into(),
            Type::Float(bits) => self.float(bits).into(),
            Type::Pointer => self.pointer().into(),
            Type::Vector(Scalar::Int(bits), lanes) => self.int(bits).vec_type(lanes).into(),
            Type::Vector(Scalar::Float(bits), lanes) => self.float(bits).vec_type(lanes).into(),
            Type::Vector(Scalar::Pointer, lanes) => self.pointer().vec_type(lanes).into(),
        }
    }

    /// The integer that holds `ty` in memory, where that is another type than in registers.
    pub fn in_memory(self, ty: Type) -> Option<IntType<'c>> {
        match ty {
            Type::Int(bits) if bits % 8 != 0 => Some(self.int(bits.next_multiple_of(8))),
            _ => None,
        }
    }

    pub fn int(self, bits: u16) -> IntType<'c> {
        let width = NonZeroU32::new(bits.into()).map(|bits| self.context.custom_width_int_type(bits));
        match width {
            Some(Ok(ty)) => ty,
            _ => bug!("llvm", "no integer of {bits} bits"),
        }
    }

    pub fn word(self) -> IntType<'c> {
        self.context.i64_type()
    }

    pub fn byte(self) -> IntType<'c> {
        self.context.i8_type()
    }

    pub fn pointer(self) -> PointerType<'c> {
        self.context.ptr_type(AddressSpace::default())
    }

    pub fn float(self, bits: u16) -> FloatType<'c> {
        match bits {
            16 => self.context.f16_type(),
            32 => self.context.f32_type(),
            64 => self.context.f64_type(),
            128 => self.context.f128_type(),
            _ => bug!("llvm", "no float of {bits} bits"),
        }
    }

    /// An integer constant, in every lane of a vector: what `constant` makes of an element's type.
    pub fn repeat(self, ty: Type, constant: impl Fn(IntType<'c>) -> IntValue<'c>) -> BasicValueEnum<'c> {
        match ty {
            Type::Int(bits) => constant(self.int(bits)).into(),
            Type::Vector(Scalar::Int(bits), lanes) => {
                VectorType::const_vector(&vec![constant(self.int(bits)); lanes as usize]).into()
            }
            ty => bug!("llvm", "{ty} is not made of integers"),
        }
    }

    /// Several values as one.
    pub fn aggregate(self, fields: &[BasicTypeEnum<'c>]) -> BasicTypeEnum<'c> {
        self.context.struct_type(fields, false).as_basic_type_enum()
    }

    /// `count` bytes.
    pub fn bytes(self, count: u64) -> BasicTypeEnum<'c> {
        const PIECE: u64 = 1 << 24;
        if let Ok(count) = u32::try_from(count) {
            return self.byte().array_type(count).as_basic_type_enum();
        }
        // inkwell counts elements in 32 bits: more bytes are many large pieces and a rest.
        let Ok(pieces) = u32::try_from(count / PIECE) else { bug!("llvm", "{count} bytes in one piece") };
        let pieces = self.byte().array_type(PIECE as u32).array_type(pieces);
        self.aggregate(&[pieces.into(), self.bytes(count % PIECE)])
    }
}
