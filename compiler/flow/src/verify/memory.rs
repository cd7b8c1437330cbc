//! The types of operations on memory, atomics among them.
//!
//! In: an operation whose ids are in range, and the types of its results. Out: whether they fit.

use super::types::one;
use super::{Check, Scope, ensure};
use crate::graph::*;

/// Do the operands and results fit?
pub(super) fn check(scope: Scope, op: &Op, results: &[Type]) -> Check {
    let is = |value: &ValueId, wanted: Type| {
        let found = scope.ty(*value);
        ensure(found == wanted, format_args!("{value} is {}, not {}", found, wanted))
    };
    let gives = |wanted: &[Type]| scope.same("it gives", results, "it should give", wanted);
    let address = |value: &ValueId| is(value, Type::Pointer);
    match op {
        // T = load ptr
        Op::Load { address: from, align, .. } => one(results).and(address(from).and(aligned(*align))),
        // store ptr, T
        Op::Store { address: to, align, .. } => gives(&[]).and(address(to)).and(aligned(*align)),
        // ptr = offset ptr, word
        Op::Offset { base, bytes } => address(base).and(is(bytes, Type::WORD)).and(gives(&[Type::Pointer])),
        // copy ptr, ptr, word
        Op::Copy { to, from, bytes, .. } => {
            address(to).and(address(from)).and(is(bytes, Type::WORD)).and(gives(&[]))
        }
        // fill ptr, i8, word
        Op::Fill { to, byte, bytes } => {
            address(to).and(is(byte, Type::Int(8))).and(is(bytes, Type::WORD)).and(gives(&[]))
        }
        Op::SlotLive(_) | Op::SlotDead(_) => gives(&[]),
        // show ptr
        Op::Show { address: shown, .. } => address(shown).and(gives(&[])),
        // T = atomic load ptr
        Op::AtomicLoad { address: from, order } => {
            let fits = !matches!(order, Order::Release | Order::AcquireRelease);
            address(from).and(atomic(one(results)?)).and(ensure(fits, "a load does not release"))
        }
        // atomic store ptr, T
        Op::AtomicStore { address: to, value, order } => {
            let fits = !matches!(order, Order::Acquire | Order::AcquireRelease);
            let fits = ensure(fits, "a store does not acquire");
            address(to).and(atomic(scope.ty(*value))).and(fits).and(gives(&[]))
        }
        // T = atomic op ptr, T
        Op::AtomicUpdate { op, address: to, value, order } => {
            let ty = scope.ty(*value);
            let computes = *op == Update::Exchange || matches!(ty, Type::Int(_));
            ensure(computes, "only integers are computed with").and(strict(*order))?;
            address(to).and(atomic(ty)).and(gives(&[ty]))
        }
        // T, i1 = compare_exchange ptr, T, T
        Op::CompareExchange { address: to, expected, new, success, failure, .. } => {
            let ty = scope.ty(*expected);
            let fits = !matches!(failure, Order::Release | Order::AcquireRelease);
            ensure(fits, "a failed exchange does not release")?;
            ensure(!matches!(ty, Type::Float(_)), "floats are not exchanged by comparison")?;
            strict(*success).and(strict(*failure)).and(address(to)).and(atomic(ty))?;
            is(new, ty).and(gives(&[ty, Type::BOOL]))
        }
        Op::Fence(order) => {
            let fits = !matches!(order, Order::Unordered | Order::Monotonic);
            ensure(fits, "this order fences nothing").and(gives(&[]))
        }
        op => Err(format!("no law speaks of {op:?}")),
    }
}

fn aligned(align: u32) -> Check {
    ensure(align.is_power_of_two(), format_args!("the alignment {align} is not a power of two"))
}

/// Can values of this type be read and written in one go?
fn atomic(ty: Type) -> Check {
    let holds = match ty {
        Type::Int(bits) => matches!(bits, 8 | 16 | 32 | 64 | 128),
        Type::Float(_) | Type::Pointer => true,
        Type::Vector(..) => false,
    };
    ensure(holds, format_args!("{} is not atomic", ty))
}

/// Updates are at least monotonic.
fn strict(order: Order) -> Check {
    ensure(order != Order::Unordered, "an update is at least monotonic")
}
