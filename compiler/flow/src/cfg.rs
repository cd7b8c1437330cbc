//! The shape of a body: which block follows which, in what order, and what each must pass through.
//!
//! In: a body whose block numbers are in range. Out: reverse postorder, predecessors, dominators of
//! the blocks that can be reached. Dominators after Cooper, Harvey and Kennedy, "A Simple, Fast
//! Dominance Algorithm".

use crate::graph::{BlockId, Body};
use koru_base::idx::{Id, IdVec};

/// The order of the blocks of a body that can be reached, and their neighbours.
pub struct Cfg {
    /// Blocks that can be reached, each before the blocks only it leads to: reverse postorder.
    pub order: Vec<BlockId>,
    /// Where each reached block is entered from: once an edge, so a block may be there twice.
    pub predecessors: IdVec<BlockId, Vec<BlockId>>,
    /// The position in `order`.
    rank: IdVec<BlockId, Option<u32>>,
}

impl Cfg {
    /// Walks the body from its entry.
    pub fn new(body: &Body) -> Cfg {
        let order = reverse_postorder(body);
        let mut rank: IdVec<BlockId, Option<u32>> = body.blocks.iter().map(|_| None).collect();
        let mut predecessors: IdVec<BlockId, Vec<BlockId>> = body.blocks.iter().map(|_| Vec::new()).collect();
        for (index, &block) in order.iter().enumerate() {
            rank[block] = Some(index as u32);
            for next in body.blocks[block].terminator.successors() {
                predecessors[next].push(block);
            }
        }
        Cfg { order, predecessors, rank }
    }

    /// Can the block be reached from the entry?
    pub fn is_reached(&self, block: BlockId) -> bool {
        self.rank[block].is_some()
    }

    /// For each reached block the last block all ways to it pass through.
    pub fn dominators(&self) -> Dominators {
        const NONE: u32 = u32::MAX;
        let mut parents = vec![NONE; self.order.len()];
        parents[0] = 0;
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for (index, &block) in self.order.iter().enumerate().skip(1) {
                let ranks = self.predecessors[block].iter().filter_map(|&from| self.rank[from]);
                let known = ranks.filter(|&rank| parents[rank as usize] != NONE);
                let parent = known.reduce(|a, b| meet(&parents, a, b)).unwrap_or(0);
                has_changed |= parents[index] != parent;
                parents[index] = parent;
            }
        }
        Dominators { parents, rank: self.rank.clone() }
    }
}

/// The nearest block that both pass through.
fn meet(parents: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        if a > b {
            a = parents[a as usize];
        } else {
            b = parents[b as usize];
        }
    }
    a
}

/// Who dominates whom, among the blocks that can be reached.
pub struct Dominators {
    /// By rank: the rank of the immediate dominator, which is never larger.
    parents: Vec<u32>,
    rank: IdVec<BlockId, Option<u32>>,
}

impl Dominators {
    /// Does every way to `block` pass through `above`? A block dominates itself.
    pub fn dominates(&self, above: BlockId, block: BlockId) -> bool {
        let (Some(above), Some(mut at)) = (self.rank[above], self.rank[block]) else { return false };
        while at > above {
            at = self.parents[at as usize];
        }
        at == above
    }
}

/// Depth first without recursion: bodies may be long chains.
fn reverse_postorder(body: &Body) -> Vec<BlockId> {
    let mut is_seen = vec![false; body.blocks.len()];
    let mut order = Vec::new();
    let entry = BlockId(0);
    let mut stack = vec![(entry, body.blocks[entry].terminator.successors())];
    is_seen[0] = true;
    while let Some((block, rest)) = stack.last_mut() {
        match rest.pop() {
            Some(next) if is_seen[next.index()] => {}
            Some(next) => {
                is_seen[next.index()] = true;
                stack.push((next, body.blocks[next].terminator.successors()));
            }
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}
