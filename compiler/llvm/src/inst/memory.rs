//! Memory: loads, stores, areas and slots.
//!
//! An integer of an odd width is read and written as whole bytes.

use crate::builder::{Value, set_volatile};
use crate::lower::Lowering;
use inkwell::types::BasicType;
use inkwell::values::InstructionOpcode as Code;
use koru_flow::{SlotId, Type};

pub fn load<'c>(
    at: &Lowering<'c, '_, '_>,
    ty: Type,
    address: Value<'c>,
    align: u32,
    is_volatile: bool,
) -> Value<'c> {
    let (types, builder) = (at.program.types, &at.program.builder);
    let stored = types.in_memory(ty).map_or(types.of(ty), |ty| ty.as_basic_type_enum());
    let (value, instruction) = builder.load(stored, address, align);
    set_volatile(instruction, is_volatile);
    match types.in_memory(ty) {
        Some(_) => builder.cast(Code::Trunc, value, types.of(ty)),
        None => value,
    }
}

pub fn store<'c>(
    at: &Lowering<'c, '_, '_>,
    ty: Type,
    (address, value): (Value<'c>, Value<'c>),
    align: u32,
    is_volatile: bool,
) {
    let builder = &at.program.builder;
    let value = match at.program.types.in_memory(ty) {
        Some(stored) => builder.cast(Code::ZExt, value, stored.as_basic_type_enum()),
        None => value,
    };
    set_volatile(builder.store(address, value, align), is_volatile);
}

/// Where nothing is checked an address stays inside its object, which tells LLVM what may overlap.
pub fn offset<'c>(at: &Lowering<'c, '_, '_>, base: Value<'c>, bytes: Value<'c>) -> Value<'c> {
    at.program.builder.offset(base, bytes, !at.program.options.level.is_checked())
}

pub fn copy<'c>(
    at: &Lowering<'c, '_, '_>,
    to: Value<'c>,
    from: Value<'c>,
    bytes: Value<'c>,
    may_overlap: bool,
) {
    let name = if may_overlap { "llvm.memmove" } else { "llvm.memcpy" };
    let overload = [to.get_type(), from.get_type(), bytes.get_type()];
    at.program.intrinsic(name, &overload, &[to, from, bytes, at.program.truth(false)]);
}

pub fn fill<'c>(at: &Lowering<'c, '_, '_>, to: Value<'c>, byte: Value<'c>, bytes: Value<'c>) {
    let overload = [to.get_type(), bytes.get_type()];
    at.program.intrinsic("llvm.memset", &overload, &[to, byte, bytes, at.program.truth(false)]);
}

/// Marks where a slot's memory begins or ends to be used.
pub fn mark_slot(at: &Lowering, name: &str, slot: SlotId) {
    let address: Value = at.slots[slot].into();
    let size = at.program.types.word().const_int(at.body.slots[slot].size, false);
    at.program.intrinsic(name, &[address.get_type()], &[size.into(), address]);
}
