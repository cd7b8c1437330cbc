//! Sweeps a lowered body: blocks nothing reaches, values nothing reads, slots nothing names.
//!
//! In: a body as the tree was walked. Out: the same code with its ids counted anew, in order. What is
//! not lowered need not be taken out again by every stage below.

use koru_base::idx::{Id, IdVec};
use koru_flow::{BlockId, Body, Inst, Op, SlotId, Terminator, ValueId};

/// The same code without what is not needed.
pub(super) fn tidy(mut body: Body) -> Body {
    let blocks = reached(&body);
    sweep_values(&mut body, &blocks);
    renumber(body, &blocks)
}

/// The blocks control reaches, in the order of their ids.
fn reached(body: &Body) -> Vec<BlockId> {
    let mut seen: IdVec<BlockId, bool> = body.blocks.iter().map(|_| false).collect();
    let mut open = vec![BlockId(0)];
    while let Some(block) = open.pop() {
        if !std::mem::replace(&mut seen[block], true) {
            open.extend(body.blocks[block].terminator.successors());
        }
    }
    body.blocks.ids().filter(|&block| seen[block]).collect()
}

/// Takes out instructions without effect whose results nobody reads.
fn sweep_values(body: &mut Body, blocks: &[BlockId]) {
    let mut is_used: IdVec<ValueId, bool> = body.values.iter().map(|_| false).collect();
    let mut makers: IdVec<ValueId, Option<(BlockId, usize)>> = body.values.iter().map(|_| None).collect();
    let mut open = Vec::new();
    for &block in blocks {
        for (index, inst) in body.blocks[block].insts.iter().enumerate() {
            inst.results.iter().for_each(|&value| makers[value] = Some((block, index)));
            if has_effect(&inst.op) {
                inst.op.operands(|value| open.push(value));
            }
        }
        body.blocks[block].terminator.operands(|value| open.push(value));
    }
    while let Some(value) = open.pop() {
        if !std::mem::replace(&mut is_used[value], true)
            && let Some((block, index)) = makers[value]
        {
            body.blocks[block].insts[index].op.operands(|value| open.push(value));
        }
    }
    for &block in blocks {
        let is_needed =
            |inst: &Inst| has_effect(&inst.op) || inst.results.iter().any(|&value| is_used[value]);
        body.blocks[block].insts.retain(is_needed);
    }
    sweep_marks(body, blocks);
}

/// Takes out the marks of slots whose address nobody wants.
fn sweep_marks(body: &mut Body, blocks: &[BlockId]) {
    let mut is_named: IdVec<SlotId, bool> = body.slots.iter().map(|_| false).collect();
    for &block in blocks {
        for inst in &body.blocks[block].insts {
            if let Op::Slot(slot) = inst.op {
                is_named[slot] = true;
            }
        }
    }
    let is_needed =
        |inst: &Inst| !matches!(inst.op, Op::SlotLive(slot) | Op::SlotDead(slot) if !is_named[slot]);
    for &block in blocks {
        body.blocks[block].insts.retain(is_needed);
    }
}

fn has_effect(op: &Op) -> bool {
    match op {
        Op::Load { is_volatile, .. } => *is_volatile,
        Op::Asm(asm) => asm.is_volatile || asm.output.is_empty(),
        Op::Show { .. } => true,
        Op::Store { .. } | Op::Copy { .. } | Op::Fill { .. } | Op::SlotLive(_) | Op::SlotDead(_) => true,
        Op::AtomicLoad { .. } | Op::AtomicStore { .. } | Op::AtomicUpdate { .. } => true,
        Op::CompareExchange { .. } | Op::Fence(_) | Op::Call { .. } | Op::Syscall { .. } => true,
        _ => false,
    }
}

/// Old ids to new ones, given in the order they are met.
struct Numbers<I> {
    new: Vec<Option<I>>,
    old: Vec<I>,
}

impl<I: Id> Numbers<I> {
    fn new(count: usize) -> Numbers<I> {
        Numbers { new: vec![None; count], old: Vec::new() }
    }

    fn meet(&mut self, ids: &[I]) {
        for &id in ids {
            self.of(id);
        }
    }

    fn of(&mut self, old: I) -> I {
        *self.new[old.index()].get_or_insert_with(|| {
            self.old.push(old);
            I::new(self.old.len() - 1)
        })
    }
}

fn renumber(mut body: Body, blocks: &[BlockId]) -> Body {
    let mut block_ids = Numbers::new(body.blocks.len());
    let mut values: Numbers<ValueId> = Numbers::new(body.values.len());
    let mut slots: Numbers<SlotId> = Numbers::new(body.slots.len());
    block_ids.meet(blocks);
    // Definitions first, so that numbers rise in the order of the text.
    for &block in blocks {
        let block = &body.blocks[block];
        values.meet(&block.params);
        block.insts.iter().for_each(|inst| values.meet(&inst.results));
    }
    for &block in blocks {
        let block = &mut body.blocks[block];
        block.params.iter_mut().for_each(|value| *value = values.of(*value));
        for inst in &mut block.insts {
            inst.results.iter_mut().for_each(|value| *value = values.of(*value));
            inst.op.operands_mut(|value| *value = values.of(*value));
            if let Op::Slot(slot) | Op::SlotLive(slot) | Op::SlotDead(slot) = &mut inst.op {
                *slot = slots.of(*slot);
            }
        }
        renumber_terminator(&mut block.terminator, &mut block_ids, &mut values);
    }
    let taken = blocks.iter().map(|&block| body.blocks[block].clone()).collect();
    Body {
        blocks: taken,
        values: values.old.iter().map(|&old| body.values[old]).collect(),
        slots: slots.old.iter().map(|&old| body.slots[old]).collect(),
    }
}

fn renumber_terminator(
    terminator: &mut Terminator,
    blocks: &mut Numbers<BlockId>,
    values: &mut Numbers<ValueId>,
) {
    terminator.operands_mut(|value| *value = values.of(*value));
    terminator.successors_mut(|block| *block = blocks.of(*block));
}
