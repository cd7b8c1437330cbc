//! Puts a body back into single-assignment form after a block was copied.
//!
//! In: values that now have a definition in the block and in each copy. Out: every use reads the
//! definition that reaches it, through new block parameters where ways meet. After Braun and others,
//! "Simple and Efficient Construction of Static Single Assignment Form".

use crate::cfg::Cfg;
use crate::graph::*;
use rustc_hash::FxHashMap;

/// A value, and its definitions at the ends of blocks, its own among them.
pub type Definitions = (ValueId, Vec<(BlockId, ValueId)>);

/// Rewrites the uses of values that have several definitions now. These dominate all uses together; the
/// blocks they are in stay as they are. No block that a call leads to has another way in.
pub fn repair(body: &mut Body, values: &[Definitions]) {
    let cfg = Cfg::new(body);
    let mut users: FxHashMap<ValueId, Vec<BlockId>> =
        values.iter().map(|(value, _)| (*value, Vec::new())).collect();
    for &id in &cfg.order {
        let mut note = |value: ValueId| {
            if let Some(users) = users.get_mut(&value)
                && users.last() != Some(&id)
            {
                users.push(id);
            }
        };
        body.blocks[id].insts.iter().for_each(|inst| inst.op.operands(&mut note));
        body.blocks[id].terminator.operands(note);
    }
    for (value, definitions) in values {
        let ty = body.values[*value];
        let at_end: FxHashMap<_, _> = definitions.iter().copied().collect();
        let mut reaching = Reaching { ty, at_end, at_start: FxHashMap::default(), body, cfg: &cfg };
        for &block in &users[value] {
            if !reaching.at_end.contains_key(&block) {
                let new = reaching.at_start(block);
                reaching.rewrite(block, *value, new);
            }
        }
    }
}

/// Finds the definition that reaches a block. Of what has no definition at the end of the entry, one must be known
/// at its start.
pub struct Reaching<'a> {
    pub body: &'a mut Body,
    pub cfg: &'a Cfg,
    pub ty: Type,
    /// Definitions at the ends of blocks.
    pub at_end: FxHashMap<BlockId, ValueId>,
    /// What was found so far.
    pub at_start: FxHashMap<BlockId, ValueId>,
}

impl Reaching<'_> {
    fn rewrite(&mut self, block: BlockId, old: ValueId, new: ValueId) {
        let replace = |value: &mut ValueId| {
            if *value == old {
                *value = new;
            }
        };
        let block = &mut self.body.blocks[block];
        block.insts.iter_mut().for_each(|inst| inst.op.operands_mut(replace));
        block.terminator.operands_mut(replace);
    }

    fn at_end(&mut self, block: BlockId) -> ValueId {
        match self.at_end.get(&block) {
            Some(&value) => value,
            None => self.at_start(block),
        }
    }

    /// The value where the block starts. Ways that lead straight here are walked back in a loop, as
    /// they may be long.
    pub fn at_start(&mut self, block: BlockId) -> ValueId {
        let mut straight = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&value) = self.at_start.get(&at) {
                break value;
            }
            let &[before] = self.cfg.predecessors[at].as_slice() else { break self.join(at) };
            straight.push(at);
            if let Some(&value) = self.at_end.get(&before) {
                break value;
            }
            at = before;
        };
        for block in straight {
            self.at_start.insert(block, value);
        }
        value
    }

    /// A new parameter, which every way in passes.
    fn join(&mut self, block: BlockId) -> ValueId {
        let param = self.body.values.push(self.ty);
        self.body.blocks[block].params.push(param);
        self.at_start.insert(block, param);
        let mut ways = self.cfg.predecessors[block].clone();
        ways.sort_unstable();
        ways.dedup();
        for from in ways {
            let value = self.at_end(from);
            self.body.blocks[from].terminator.targets_mut(|target| {
                if target.block == block {
                    target.args.push(value);
                }
            });
        }
        param
    }
}
