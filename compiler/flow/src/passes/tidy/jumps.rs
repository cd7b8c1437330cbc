//! Leads ways past blocks that only jump.
//!
//! In: a body. Out: the same, where no way leads to such a block, unless its parameters are read
//! elsewhere or it is part of an endless loop of such blocks.

use crate::edit;
use crate::graph::*;
use koru_base::idx::{Id, IdVec};

/// Ways to a block that only jumps lead to where it jumps.
pub(super) fn skip_jumps(body: &mut Body) -> bool {
    let jumps = jumping_blocks(body);
    if jumps.iter().all(Option::is_none) {
        return false;
    }
    let mut has_changed = false;
    for id in body.blocks.ids() {
        body.blocks[id].terminator.targets_mut(|target| {
            if let Some(further) = follow(&jumps, target) {
                *target = further;
                has_changed = true;
            }
        });
        has_changed |= skip_call_exits(body, id, &jumps);
    }
    has_changed
}

/// The same for the ways a call leads, as far as what the callee gives is passed on as it is.
fn skip_call_exits(body: &mut Body, id: BlockId, jumps: &IdVec<BlockId, Option<OnlyJump>>) -> bool {
    let mut terminator = std::mem::replace(&mut body.blocks[id].terminator, Terminator::Unreachable);
    let mut has_changed = false;
    if let Terminator::Call { exits, .. } = &mut terminator {
        for exit in exits {
            let params = &body.blocks[*exit].params;
            let further = follow(jumps, &Target { block: *exit, args: params.clone() });
            if let Some(further) = further.filter(|further| further.args == *params) {
                *exit = further.block;
                has_changed = true;
            }
        }
    }
    body.blocks[id].terminator = terminator;
    has_changed
}

/// A block that does nothing but jump, and whose parameters nobody else reads.
struct OnlyJump {
    params: Vec<ValueId>,
    target: Target,
}

/// Where a way comes out behind all blocks that only jump; nothing if it leads to none.
fn follow(jumps: &IdVec<BlockId, Option<OnlyJump>>, target: &Target) -> Option<Target> {
    let mut at: Option<Target> = None;
    // A ring of blocks that only jump is an endless loop, and stays one.
    for _ in 0..jumps.len() {
        let here = at.as_ref().unwrap_or(target);
        match &jumps[here.block] {
            None => return at,
            Some(jump) => at = Some(pass_through(&jump.params, &here.args, &jump.target)),
        }
    }
    None
}

fn jumping_blocks(body: &Body) -> IdVec<BlockId, Option<OnlyJump>> {
    let uses = edit::count_uses(body);
    let jump = |(id, block): (BlockId, &Block)| {
        let Terminator::Jump(target) = &block.terminator else { return None };
        let own = |param: &ValueId| target.args.iter().filter(|arg| *arg == param).count() as u32;
        let is_private = || block.params.iter().all(|param| uses[*param] == own(param));
        (id.index() > 0 && block.insts.is_empty() && is_private())
            .then(|| OnlyJump { params: block.params.clone(), target: target.clone() })
    };
    body.blocks.enumerate().map(jump).collect()
}

/// What `next` is with `args` for `params`.
fn pass_through(params: &[ValueId], args: &[ValueId], next: &Target) -> Target {
    let resolve = |value: &ValueId| match params.iter().position(|param| param == value) {
        Some(index) => args[index],
        None => *value,
    };
    Target { block: next.block, args: next.args.iter().map(resolve).collect() }
}
