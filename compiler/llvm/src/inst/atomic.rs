//! Atomics: always on integers of whole bytes, whatever the value's type.

use crate::builder::{Value, set_order};
use crate::lower::Lowering;
use inkwell::types::IntType;
use inkwell::values::{InstructionOpcode as Code, IntValue};
use inkwell::{AtomicOrdering, AtomicRMWBinOp};
use koru_base::bug;
use koru_flow::{Op, Order, Type, Update};

pub fn order(order: Order) -> AtomicOrdering {
    match order {
        Order::Unordered => AtomicOrdering::Unordered,
        Order::Monotonic => AtomicOrdering::Monotonic,
        Order::Acquire => AtomicOrdering::Acquire,
        Order::Release => AtomicOrdering::Release,
        Order::AcquireRelease => AtomicOrdering::AcquireRelease,
        Order::SequentiallyConsistent => AtomicOrdering::SequentiallyConsistent,
    }
}

pub fn load<'c>(at: &Lowering<'c, '_, '_>, ty: Type, address: Value<'c>, how: Order) -> Value<'c> {
    let (value, instruction) = at.program.builder.load(carrier(at, ty).into(), address, bytes(ty));
    set_order(instruction, order(how));
    from_carrier(at, value, ty)
}

pub fn store<'c>(at: &Lowering<'c, '_, '_>, ty: Type, (address, value): (Value<'c>, Value<'c>), how: Order) {
    let value = to_carrier(at, value, ty);
    set_order(at.program.builder.store(address, value.into(), bytes(ty)), order(how));
}

pub fn update<'c>(
    at: &Lowering<'c, '_, '_>,
    op: Update,
    ty: Type,
    (address, value): (Value<'c>, Value<'c>),
    how: Order,
) -> Value<'c> {
    let op = match op {
        Update::Exchange => AtomicRMWBinOp::Xchg,
        Update::Add => AtomicRMWBinOp::Add,
        Update::Sub => AtomicRMWBinOp::Sub,
        Update::And => AtomicRMWBinOp::And,
        Update::Or => AtomicRMWBinOp::Or,
        Update::Xor => AtomicRMWBinOp::Xor,
        Update::Nand => AtomicRMWBinOp::Nand,
        Update::MaxSigned => AtomicRMWBinOp::Max,
        Update::MaxUnsigned => AtomicRMWBinOp::UMax,
        Update::MinSigned => AtomicRMWBinOp::Min,
        Update::MinUnsigned => AtomicRMWBinOp::UMin,
    };
    let value = to_carrier(at, value, ty);
    from_carrier(at, at.program.builder.update(op, address, value, order(how)), ty)
}

/// The old value, and whether it was the expected one.
pub fn compare_exchange<'c>(at: &Lowering<'c, '_, '_>, ty: Type, op: &Op) -> [Value<'c>; 2] {
    let Op::CompareExchange { address, expected, new, success, failure, is_weak } = *op else {
        bug!("llvm", "{op:?} is no exchange")
    };
    let values = (to_carrier(at, at.get(expected), ty), to_carrier(at, at.get(new), ty));
    let builder = &at.program.builder;
    // LLVM's builder wants the success to be at least as strong as the failure, as C once did.
    let orders = (order(success).max(order(failure)), order(failure));
    let both = builder.compare_exchange(at.get(address), values, orders, is_weak);
    [from_carrier(at, builder.field(both, 0), ty), builder.field(both, 1)]
}

/// The size of a value in memory: a power of two, as atomics need.
fn bytes(ty: Type) -> u32 {
    let bits = match ty {
        Type::Int(bits) | Type::Float(bits) => u32::from(bits),
        Type::Pointer => 64,
        Type::Vector(..) => bug!("llvm", "an atomic vector"),
    };
    bits.div_ceil(8).next_power_of_two()
}

fn carrier<'c>(at: &Lowering<'c, '_, '_>, ty: Type) -> IntType<'c> {
    at.program.types.int((bytes(ty) * 8) as u16)
}

fn to_carrier<'c>(at: &Lowering<'c, '_, '_>, value: Value<'c>, ty: Type) -> IntValue<'c> {
    let carrier = carrier(at, ty);
    let code = match ty {
        Type::Int(bits) if u32::from(bits) == carrier.get_bit_width() => return value.into_int_value(),
        Type::Int(_) => Code::ZExt,
        Type::Pointer => Code::PtrToInt,
        _ => Code::BitCast,
    };
    at.program.builder.cast(code, value, carrier.into()).into_int_value()
}

fn from_carrier<'c>(at: &Lowering<'c, '_, '_>, value: Value<'c>, ty: Type) -> Value<'c> {
    let to = at.program.types.of(ty);
    let code = match ty {
        _ if value.get_type() == to => return value,
        Type::Int(_) => Code::Trunc,
        Type::Pointer => Code::IntToPtr,
        _ => Code::BitCast,
    };
    at.program.builder.cast(code, value, to)
}
