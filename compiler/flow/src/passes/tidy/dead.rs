//! Drops what has no effect and no reader.
//!
//! In: a body. Out: the same without instructions and parameters that no effect and no decision
//! depends on, also around loops: what only feeds itself is dead.

use super::drop_params;
use crate::graph::*;
use koru_base::idx::IdVec;

/// Drops instructions without effect whose results nobody reads, and parameters nobody reads.
pub(super) fn drop_dead(body: &mut Body) -> bool {
    let is_live = live_values(body);
    let is_kept = |inst: &Inst| has_effect(&inst.op) || inst.results.iter().any(|value| is_live[*value]);
    let mut has_changed = false;
    for block in body.blocks.iter_mut() {
        let before = block.insts.len();
        block.insts.retain(is_kept);
        has_changed |= block.insts.len() < before;
    }
    has_changed | drop_params(body, |param| is_live[param])
}

/// Values that an effect or a decision depends on.
fn live_values(body: &Body) -> IdVec<ValueId, bool> {
    let mut is_live: IdVec<ValueId, bool> = body.values.iter().map(|_| false).collect();
    let sources = Sources::new(body);
    let mut work = Vec::new();
    for block in body.blocks.iter() {
        let effects = block.insts.iter().filter(|inst| has_effect(&inst.op));
        effects.for_each(|inst| inst.op.operands(|value| work.push(value)));
        decides(&block.terminator, |value| work.push(value));
        // Other ways to where a call leads pass what the callee would.
        if let Terminator::Call { exits, .. } = &block.terminator {
            work.extend(exits.iter().flat_map(|&exit| &body.blocks[exit].params));
        }
    }
    while let Some(value) = work.pop() {
        if !std::mem::replace(&mut is_live[value], true) {
            sources.of(body, value, |source| work.push(source));
        }
    }
    is_live
}

/// What each value is made from: an instruction's operands, or what is passed for a parameter.
struct Sources {
    homes: IdVec<ValueId, Home>,
    /// Where each block is entered from, once each.
    predecessors: IdVec<BlockId, Vec<BlockId>>,
}

/// Where a value is defined.
#[derive(Clone, Copy)]
enum Home {
    Nowhere,
    Param(BlockId, usize),
    Inst(BlockId, usize),
}

impl Sources {
    fn new(body: &Body) -> Sources {
        let mut homes: IdVec<ValueId, Home> = body.values.iter().map(|_| Home::Nowhere).collect();
        let mut predecessors: IdVec<BlockId, Vec<BlockId>> = body.blocks.iter().map(|_| Vec::new()).collect();
        for (id, block) in body.blocks.enumerate() {
            block.params.iter().enumerate().for_each(|(index, &param)| homes[param] = Home::Param(id, index));
            for (index, inst) in block.insts.iter().enumerate() {
                inst.results.iter().for_each(|&result| homes[result] = Home::Inst(id, index));
            }
            block.terminator.targets(|target| {
                let from = &mut predecessors[target.block];
                if from.last() != Some(&id) {
                    from.push(id);
                }
            });
        }
        Sources { homes, predecessors }
    }

    fn of(&self, body: &Body, value: ValueId, mut visit: impl FnMut(ValueId)) {
        match self.homes[value] {
            Home::Nowhere => {}
            Home::Inst(block, index) => body.blocks[block].insts[index].op.operands(visit),
            Home::Param(block, index) => {
                for &from in &self.predecessors[block] {
                    body.blocks[from].terminator.targets(|target| {
                        if target.block == block {
                            visit(target.args[index]);
                        }
                    });
                }
            }
        }
    }
}

/// The values a terminator needs whatever its targets take.
fn decides(terminator: &Terminator, mut visit: impl FnMut(ValueId)) {
    match terminator {
        Terminator::Branch { condition, .. } => visit(*condition),
        Terminator::Switch { value, .. } => visit(*value),
        Terminator::Exit { .. } | Terminator::Call { .. } => terminator.operands(visit),
        Terminator::Jump(_) | Terminator::Unreachable | Terminator::Trap => {}
    }
}

/// Does the instruction do more than give its results?
pub fn has_effect(op: &Op) -> bool {
    match op {
        Op::Store { .. }
        | Op::Copy { .. }
        | Op::Fill { .. }
        | Op::SlotLive(_)
        | Op::SlotDead(_)
        | Op::Show { .. }
        | Op::AtomicLoad { .. }
        | Op::AtomicStore { .. }
        | Op::AtomicUpdate { .. }
        | Op::CompareExchange { .. }
        | Op::Fence(_)
        | Op::Call { .. }
        | Op::Syscall { .. } => true,
        Op::Load { is_volatile, .. } => *is_volatile,
        Op::Asm(asm) => asm.is_volatile,
        Op::Const(_)
        | Op::Slot(_)
        | Op::Unary(..)
        | Op::Binary(..)
        | Op::Overflow(..)
        | Op::Compare(..)
        | Op::Convert(..)
        | Op::Select(..)
        | Op::MulAdd(..)
        | Op::Frame(_)
        | Op::Offset { .. }
        | Op::Splat(_)
        | Op::Extract { .. }
        | Op::Insert { .. }
        | Op::Shuffle { .. }
        | Op::Reduce(..) => false,
    }
}
