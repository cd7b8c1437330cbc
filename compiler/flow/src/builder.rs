//! The one way to make a function's body: a cursor that appends instructions to blocks.
//!
//! In: calls in the order of the code. Out: a [`Body`]. Blocks may be created before they are filled;
//! a block without a terminator when the body is finished is a bug of the caller.

use crate::graph::*;
use koru_base::idx::IdVec;
use koru_base::{Span, bug};

/// Builds one body.
pub struct Builder {
    values: IdVec<ValueId, Type>,
    slots: IdVec<SlotId, Slot>,
    blocks: IdVec<BlockId, Unfinished>,
    current: BlockId,
    /// What the next instructions come from.
    pub span: Span,
}

#[derive(Default)]
struct Unfinished {
    params: Vec<ValueId>,
    insts: Vec<Inst>,
    terminator: Option<(Terminator, Span)>,
}

impl Builder {
    /// A body whose entry block takes `params`; the cursor is in it.
    pub fn new(params: &[Type]) -> Builder {
        let (values, slots, blocks) = Default::default();
        let mut builder = Builder { values, slots, blocks, current: BlockId(0), span: Span::NONE };
        builder.current = builder.block(params);
        builder
    }

    /// A new, empty block. The cursor stays.
    pub fn block(&mut self, params: &[Type]) -> BlockId {
        let params = params.iter().map(|&ty| self.values.push(ty)).collect();
        self.blocks.push(Unfinished { params, ..Unfinished::default() })
    }

    /// The parameters of a block.
    pub fn params(&self, block: BlockId) -> &[ValueId] {
        &self.blocks[block].params
    }

    /// Moves the cursor to the end of a block.
    pub fn switch_to(&mut self, block: BlockId) {
        self.current = block;
    }

    /// The block the cursor is in.
    pub fn current(&self) -> BlockId {
        self.current
    }

    /// Has the current block its terminator already?
    pub fn is_terminated(&self) -> bool {
        self.blocks[self.current].terminator.is_some()
    }

    /// The type of a value.
    pub fn ty(&self, value: ValueId) -> Type {
        self.values[value]
    }

    /// New memory of this function, sizes in bytes.
    pub fn slot(&mut self, size: u64, align: u32) -> SlotId {
        self.slots.push(Slot { size, align })
    }

    /// Appends an instruction with one result. Code behind a terminator is dropped.
    pub fn push(&mut self, ty: Type, op: Op) -> ValueId {
        self.push_many(&[ty], op)[0]
    }

    /// Appends an instruction without a result.
    pub fn effect(&mut self, op: Op) {
        self.push_many(&[], op);
    }

    /// Appends an instruction with any number of results.
    pub fn push_many(&mut self, types: &[Type], op: Op) -> Vec<ValueId> {
        let results: Vec<_> = types.iter().map(|&ty| self.values.push(ty)).collect();
        if !self.is_terminated() {
            self.blocks[self.current].insts.push(Inst { results: results.clone(), op, span: self.span });
        }
        results
    }

    /// Ends the current block; ignored where it has ended already.
    pub fn terminate(&mut self, terminator: Terminator) {
        let span = self.span;
        self.blocks[self.current].terminator.get_or_insert((terminator, span));
    }

    /// An integer, zero-extended.
    pub fn int(&mut self, ty: Type, value: u128) -> ValueId {
        self.push(ty, Op::Const(Constant::Int(value)))
    }

    /// A word.
    pub fn word(&mut self, value: u64) -> ValueId {
        self.int(Type::WORD, value.into())
    }

    /// The address of a slot.
    pub fn slot_address(&mut self, slot: SlotId) -> ValueId {
        self.push(Type::Pointer, Op::Slot(slot))
    }

    /// `base` plus a constant number of bytes; `base` itself for 0.
    pub fn offset(&mut self, base: ValueId, bytes: u64) -> ValueId {
        if bytes == 0 {
            return base;
        }
        let bytes = self.word(bytes);
        self.push(Type::Pointer, Op::Offset { base, bytes })
    }

    /// Reads a value from memory.
    pub fn load(&mut self, ty: Type, address: ValueId, align: u32) -> ValueId {
        self.push(ty, Op::Load { address, align, is_volatile: false })
    }

    /// Writes a value to memory.
    pub fn store(&mut self, address: ValueId, value: ValueId, align: u32) {
        self.effect(Op::Store { address, value, align, is_volatile: false });
    }

    /// Goes on at a block.
    pub fn jump(&mut self, block: BlockId, args: Vec<ValueId>) {
        self.terminate(Terminator::Jump(Target { block, args }));
    }

    /// Goes on at one of two blocks, which take no parameters.
    pub fn branch(&mut self, condition: ValueId, then: BlockId, otherwise: BlockId) {
        let target = |block| Target { block, args: Vec::new() };
        self.terminate(Terminator::Branch { condition, then: target(then), otherwise: target(otherwise) });
    }

    /// The finished body.
    pub fn finish(self) -> Body {
        let Builder { values, slots, blocks, .. } = self;
        let finish = |(id, block): (BlockId, Unfinished)| {
            let Some((terminator, span)) = block.terminator else {
                bug!("builder", "{id} has no terminator")
            };
            Block { params: block.params, insts: block.insts, terminator, span }
        };
        let ids: Vec<_> = blocks.ids().collect();
        let mut blocks = blocks;
        let taken = ids.into_iter().map(|id| (id, std::mem::take(&mut blocks[id])));
        Body { blocks: taken.map(finish).collect(), values, slots }
    }
}
