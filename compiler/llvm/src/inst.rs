//! Instructions: one function each, in a file for each family.
//!
//! Here is the table that says which.

mod arithmetic;
mod atomic;
mod convert;
mod memory;
mod system;
mod vector;

use crate::builder::Value;
use crate::calls;
use crate::lower::Lowering;
use koru_base::bug;
use koru_flow::{Inst, Op, Type};

/// Appends one instruction and defines its results.
pub fn lower<'g>(at: &mut Lowering<'_, 'g, '_>, step: &'g Inst) {
    let results = values(at, step);
    if results.len() != step.results.len() {
        bug!("llvm", "{:?} has {} results", step.op, results.len());
    }
    for (&id, value) in step.results.iter().zip(results) {
        at.set(id, value);
    }
}

/// The type of the instruction's first result.
fn result_type(at: &Lowering, step: &Inst) -> Type {
    match step.results.first() {
        Some(&result) => at.body.values[result],
        None => bug!("llvm", "{:?} without a result", step.op),
    }
}

fn values<'c, 'g>(at: &mut Lowering<'c, 'g, '_>, step: &'g Inst) -> Vec<Value<'c>> {
    let ty = || result_type(at, step);
    match &step.op {
        Op::Const(constant) => vec![convert::constant(at, *constant, ty())],
        Op::Slot(slot) => vec![at.slots[*slot].into()],
        Op::Unary(op, a) => vec![arithmetic::unary(at, *op, ty(), at.get(*a))],
        Op::Binary(op, a, b) => vec![arithmetic::binary(at, *op, at.get(*a), at.get(*b))],
        Op::Overflow(op, a, b) => arithmetic::overflow(at, *op, at.get(*a), at.get(*b)).into(),
        Op::Compare(op, a, b) => vec![arithmetic::compare(at, *op, at.get(*a), at.get(*b))],
        Op::Convert(op, a) => vec![convert::convert(at, *op, at.get(*a), ty())],
        Op::Select(a, b, c) => vec![at.program.builder.select(at.get(*a), at.get(*b), at.get(*c))],
        Op::MulAdd(a, b, c) => {
            let factors = [at.get(*a), at.get(*b), at.get(*c)];
            vec![at.program.compute("llvm.fma", &[factors[0].get_type()], &factors)]
        }
        Op::Frame(part) => vec![system::frame(at, *part)],
        Op::Load { address, align, is_volatile } => {
            vec![memory::load(at, ty(), at.get(*address), *align, *is_volatile)]
        }
        Op::Offset { base, bytes } => vec![memory::offset(at, at.get(*base), at.get(*bytes))],
        Op::AtomicLoad { address, order } => vec![atomic::load(at, ty(), at.get(*address), *order)],
        Op::AtomicUpdate { op, address, value, order } => {
            vec![atomic::update(at, *op, ty(), (at.get(*address), at.get(*value)), *order)]
        }
        Op::CompareExchange { .. } => atomic::compare_exchange(at, ty(), &step.op).into(),
        Op::Splat(a) => vec![vector::splat(at, at.get(*a), ty())],
        Op::Extract { vector, lane } => vec![at.program.builder.lane(at.get(*vector), at.get(*lane))],
        Op::Insert { vector, lane, value } => {
            vec![at.program.builder.with_lane(at.get(*vector), at.get(*lane), at.get(*value))]
        }
        Op::Shuffle { left, right, lanes } => {
            vec![vector::shuffle(at, at.get(*left), at.get(*right), lanes)]
        }
        Op::Reduce(op, a) => vec![vector::reduce(at, *op, at.get(*a))],
        Op::Call { callee, args } => {
            let returned = calls::call(at.program, callee, at.address(callee), &at.gets(args));
            returned.results(at.program, calls::signature(at.program, callee), 0)
        }
        Op::Syscall { number, args } => vec![system::syscall(at, *number, &at.gets(args))],
        Op::Asm(asm) => system::asm(at, asm, step.results.first().map(|_| ty())),
        Op::Store { .. }
        | Op::Copy { .. }
        | Op::Fill { .. }
        | Op::AtomicStore { .. }
        | Op::Fence(_)
        | Op::SlotLive(_)
        | Op::SlotDead(_)
        | Op::Show { .. } => {
            act(at, &step.op);
            Vec::new()
        }
    }
}

/// Instructions that have no result.
fn act(at: &Lowering, op: &Op) {
    match op {
        Op::Store { address, value, align, is_volatile } => {
            let ty = at.body.values[*value];
            memory::store(at, ty, (at.get(*address), at.get(*value)), *align, *is_volatile);
        }
        Op::Copy { to, from, bytes, may_overlap } => {
            memory::copy(at, at.get(*to), at.get(*from), at.get(*bytes), *may_overlap);
        }
        Op::Fill { to, byte, bytes } => memory::fill(at, at.get(*to), at.get(*byte), at.get(*bytes)),
        Op::AtomicStore { address, value, order } => {
            let ty = at.body.values[*value];
            atomic::store(at, ty, (at.get(*address), at.get(*value)), *order);
        }
        Op::Fence(order) => at.program.builder.fence(atomic::order(*order)),
        Op::SlotLive(slot) => memory::mark_slot(at, "llvm.lifetime.start", *slot),
        Op::Show { variable, address } => {
            if let Some(lines) = &at.program.lines {
                lines.show(*variable, at.get(*address), &at.program.builder);
            }
        }
        Op::SlotDead(slot) => memory::mark_slot(at, "llvm.lifetime.end", *slot),
        op => bug!("llvm", "{op:?} has a result"),
    }
}
