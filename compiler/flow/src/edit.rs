//! What passes do to a body again and again: replace values, drop what cannot be reached, renumber.
//!
//! In: a lawful body, but for [`Replacements`] not yet applied. Out: a lawful body that does the same.

mod ssa;

pub use ssa::{Definitions, Reaching, repair};

use crate::cfg::Cfg;
use crate::graph::*;
use koru_base::Span;
use koru_base::idx::{Id, IdVec};

/// Values that others stand for from now on. Each may be replaced once; chains are followed.
pub struct Replacements(IdVec<ValueId, ValueId>);

impl Replacements {
    /// Nothing is replaced.
    pub fn new(body: &Body) -> Replacements {
        Replacements(body.values.ids().collect())
    }

    /// Whoever reads `old` shall read `new`.
    pub fn replace(&mut self, old: ValueId, new: ValueId) {
        self.0[old] = self.resolve(new);
    }

    /// The value that stands for `value`.
    pub fn resolve(&self, mut value: ValueId) -> ValueId {
        while self.0[value] != value {
            value = self.0[value];
        }
        value
    }

    /// Rewrites every use.
    pub fn apply(&self, body: &mut Body) {
        for block in body.blocks.iter_mut() {
            self.apply_to(block);
        }
    }

    /// Rewrites the uses in one block.
    pub fn apply_to(&self, block: &mut Block) {
        let resolve = |value: &mut ValueId| *value = self.resolve(*value);
        block.insts.iter_mut().for_each(|inst| inst.op.operands_mut(resolve));
        block.terminator.operands_mut(resolve);
    }
}

/// How often each value is read.
pub fn count_uses(body: &Body) -> IdVec<ValueId, u32> {
    let mut uses: IdVec<ValueId, u32> = body.values.iter().map(|_| 0).collect();
    for block in body.blocks.iter() {
        block.insts.iter().for_each(|inst| inst.op.operands(|value| uses[value] += 1));
        block.terminator.operands(|value| uses[value] += 1);
    }
    uses
}

/// Is a block entered from a call? Then its parameters are fixed by the callee.
pub fn call_exits(body: &Body) -> IdVec<BlockId, bool> {
    let mut is_exit: IdVec<BlockId, bool> = body.blocks.iter().map(|_| false).collect();
    for block in body.blocks.iter() {
        if let Terminator::Call { exits, .. } = &block.terminator {
            exits.iter().for_each(|&exit| is_exit[exit] = true);
        }
    }
    is_exit
}

/// Does a way lead to a block that nothing else leads to, and pass nothing?
pub fn is_own(body: &Body, cfg: &Cfg, target: &Target) -> bool {
    cfg.predecessors[target.block].len() == 1 && body.blocks[target.block].params.is_empty()
}

/// Gives each exit of a call a block of its own where it shares one with another way in, so that
/// parameters may be added to that one.
pub fn split_call_exits(body: &mut Body) {
    let predecessors = Cfg::new(body).predecessors;
    for id in body.blocks.ids() {
        let span = body.blocks[id].span;
        for index in 0..body.blocks[id].terminator.successors().len() {
            let Terminator::Call { exits, .. } = &body.blocks[id].terminator else { break };
            let block = exits[index];
            if predecessors[block].len() < 2 {
                continue;
            }
            let types: Vec<_> = body.blocks[block].params.iter().map(|&param| body.values[param]).collect();
            let params: Vec<_> = types.into_iter().map(|ty| body.values.push(ty)).collect();
            let terminator = Terminator::Jump(Target { block, args: params.clone() });
            let landing = body.blocks.push(Block { params, insts: Vec::new(), terminator, span });
            let Terminator::Call { exits, .. } = &mut body.blocks[id].terminator else { break };
            exits[index] = landing;
        }
    }
}

/// Empties blocks nothing reaches, so that they lead nowhere. [`compact`] removes them.
pub fn clear_unreached(body: &mut Body) -> Cfg {
    let cfg = Cfg::new(body);
    for (id, block) in body.blocks.ids().zip(body.blocks.iter_mut()) {
        if !cfg.is_reached(id) {
            block.insts.clear();
            block.terminator = Terminator::Unreachable;
        }
    }
    cfg
}

/// Keeps reachable blocks only, in the order they are run, and numbers everything from 0 on.
pub fn compact(body: &mut Body) {
    drop_unused_slots(body);
    let order = Cfg::new(body).order;
    let mut blocks: IdVec<BlockId, BlockId> = body.blocks.ids().collect();
    order.iter().enumerate().for_each(|(index, &block)| blocks[block] = BlockId::new(index));
    let old = std::mem::take(&mut body.blocks);
    let mut old: Vec<_> = old.into_iter().map(Some).collect();
    body.blocks = order.iter().filter_map(|block| old[block.index()].take()).collect();
    for block in body.blocks.iter_mut() {
        block.terminator.successors_mut(|next| *next = blocks[*next]);
    }
    renumber_values(body);
}

/// Numbers values in the order of their definitions; what is not defined goes.
fn renumber_values(body: &mut Body) {
    let mut numbers: IdVec<ValueId, ValueId> = body.values.ids().collect();
    let mut values = IdVec::new();
    for block in body.blocks.iter_mut() {
        let results = block.insts.iter_mut().flat_map(|inst| &mut inst.results);
        for value in block.params.iter_mut().chain(results) {
            numbers[*value] = values.push(body.values[*value]);
            *value = numbers[*value];
        }
    }
    for block in body.blocks.iter_mut() {
        let renumber = |value: &mut ValueId| *value = numbers[*value];
        block.insts.iter_mut().for_each(|inst| inst.op.operands_mut(renumber));
        block.terminator.operands_mut(renumber);
    }
    body.values = values;
}

/// Drops slots whose address nobody takes, with their marks.
fn drop_unused_slots(body: &mut Body) {
    let mut is_used = vec![false; body.slots.len()];
    let insts = body.blocks.iter().flat_map(|block| &block.insts);
    for slot in insts.filter_map(|inst| if let Op::Slot(slot) = inst.op { Some(slot) } else { None }) {
        is_used[slot.index()] = true;
    }
    let mut slots = IdVec::new();
    let numbers: IdVec<SlotId, Option<SlotId>> =
        body.slots.enumerate().map(|(id, slot)| is_used[id.index()].then(|| slots.push(*slot))).collect();
    body.slots = slots;
    for block in body.blocks.iter_mut() {
        block.insts.retain_mut(|inst| match &mut inst.op {
            Op::Slot(slot) | Op::SlotLive(slot) | Op::SlotDead(slot) => {
                numbers[*slot].inspect(|&number| *slot = number).is_some()
            }
            _ => true,
        });
    }
}

/// A block that is not filled yet.
pub fn empty_block(span: Span) -> Block {
    Block { params: Vec::new(), insts: Vec::new(), terminator: Terminator::Unreachable, span }
}
