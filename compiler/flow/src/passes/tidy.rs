//! Makes a body say what it does in as few blocks, parameters and instructions as it takes.
//!
//! ```text
//!     b0(v0: i32):             jump b1(v0, v0)
//!     b1(v1: i32, v2: i32):    v3: i32 = add v1, v1    jump b2
//!     b2:                      exit done(v1)
//!
//!     b0(v0: i32):             exit done(v0)
//! ```
//!
//! Jumps to a block that only jumps go straight on; a block moves into its only predecessor; a
//! parameter that is the same value on all ways is that value; what has no effect and no reader goes,
//! and so do blocks that nothing reaches. LLVM would do all this: we do it because the passes that
//! follow read the graph, and because what is gone calls nobody and keeps no function alive.

use crate::cfg::Cfg;
use crate::edit::{self, Replacements};
use crate::graph::*;
use koru_base::idx::{Id, IdVec};

/// Tidies a body until nothing changes.
pub fn tidy(body: &mut Body) {
    loop {
        let has_changed = join_ways(body) | skip_jumps(body) | merge(body) | resolve_params(body);
        if !(has_changed | drop_dead(body)) {
            break;
        }
    }
    edit::compact(body);
}

/// Branches whose ways are all the same become jumps.
fn join_ways(body: &mut Body) -> bool {
    let mut has_changed = false;
    for block in body.blocks.iter_mut() {
        let mut targets = Vec::new();
        block.terminator.targets(|target| targets.push(target.clone()));
        if targets.len() > 1 && targets.windows(2).all(|pair| pair[0] == pair[1]) {
            block.terminator = Terminator::Jump(targets.swap_remove(0));
            has_changed = true;
        }
    }
    has_changed
}

/// Ways to a block that only jumps lead to where it jumps.
fn skip_jumps(body: &mut Body) -> bool {
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

/// Moves each block into its only predecessor, where that does nothing but jump there.
fn merge(body: &mut Body) -> bool {
    // A way in that nothing reaches is none.
    let cfg = edit::clear_unreached(body);
    let mut replacements = Replacements::new(body);
    let mut has_changed = false;
    for &block in &cfg.order {
        while let Some(target) = sole_successor(body, &cfg, block) {
            let taken = edit::empty_block(body.blocks[target.block].span);
            let next = std::mem::replace(&mut body.blocks[target.block], taken);
            next.params.iter().zip(&target.args).for_each(|(&param, &arg)| replacements.replace(param, arg));
            let block = &mut body.blocks[block];
            block.insts.extend(next.insts);
            (block.terminator, block.span) = (next.terminator, next.span);
            has_changed = true;
        }
    }
    if has_changed {
        replacements.apply(body);
    }
    has_changed
}

fn sole_successor(body: &Body, cfg: &Cfg, block: BlockId) -> Option<Target> {
    let Terminator::Jump(target) = &body.blocks[block].terminator else { return None };
    let is_sole = cfg.predecessors[target.block].len() == 1 && target.block != block;
    is_sole.then(|| target.clone())
}

/// Parameters that are one value on all ways become that value.
fn resolve_params(body: &mut Body) -> bool {
    let ways = ways(body);
    let mut replacements = Replacements::new(body);
    let mut is_dropped = false;
    for param in body.values.ids() {
        if let Ways::One(value) = ways[param] {
            replacements.replace(param, value);
            is_dropped = true;
        }
    }
    if is_dropped {
        replacements.apply(body);
        drop_params(body, |param| !matches!(ways[param], Ways::One(_)));
    }
    is_dropped
}

/// What is passed for a parameter.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    None,
    One(ValueId),
    Many,
}

/// What is passed for each parameter, itself aside.
fn ways(body: &Body) -> IdVec<ValueId, Ways> {
    let mut ways: IdVec<ValueId, Ways> = body.values.iter().map(|_| Ways::None).collect();
    for block in body.blocks.iter() {
        if let Terminator::Call { exits, .. } = &block.terminator {
            let params = exits.iter().flat_map(|&exit| &body.blocks[exit].params);
            params.for_each(|&param| ways[param] = Ways::Many);
        }
        block.terminator.targets(|target| {
            for (&param, &arg) in body.blocks[target.block].params.iter().zip(&target.args) {
                ways[param] = match ways[param] {
                    way if arg == param || way == Ways::One(arg) => way,
                    Ways::None => Ways::One(arg),
                    _ => Ways::Many,
                };
            }
        });
    }
    ways
}

/// Drops instructions without effect whose results nobody reads, and parameters nobody reads.
fn drop_dead(body: &mut Body) -> bool {
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

/// Drops parameters and what is passed for them, but not those the function or a callee fills.
fn drop_params(body: &mut Body, is_kept: impl Fn(ValueId) -> bool) -> bool {
    let mut is_fixed = edit::call_exits(body);
    is_fixed[BlockId(0)] = true;
    let keep: IdVec<BlockId, Vec<bool>> = body
        .blocks
        .enumerate()
        .map(|(id, block)| block.params.iter().map(|&param| is_fixed[id] || is_kept(param)).collect())
        .collect();
    for (block, keep) in body.blocks.iter_mut().zip(keep.iter()) {
        retain(&mut block.params, keep);
    }
    for block in body.blocks.iter_mut() {
        block.terminator.targets_mut(|target| retain(&mut target.args, &keep[target.block]));
    }
    keep.iter().flatten().any(|keep| !keep)
}

fn retain(values: &mut Vec<ValueId>, keep: &[bool]) {
    let mut keep = keep.iter();
    values.retain(|_| keep.next().is_none_or(|keep| *keep));
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
        | Op::Offset { .. }
        | Op::Splat(_)
        | Op::Extract { .. }
        | Op::Insert { .. }
        | Op::Shuffle { .. }
        | Op::Reduce(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::tests::check_bodies;
    use expect_test::{Expect, expect};

    fn check(body: &str, expected: Expect) {
        check_bodies(&format!("fn @f(i32, i1, ptr) [done(i32)] {{ {body} }}"), super::tidy, expected);
    }

    #[test]
    fn straight_lines_become_one_block() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): jump b1(v0, v0)
             b1(v3: i32, v4: i32): v5: i32 = add v3, v3 jump b2
             b2: exit done(v4)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    exit done(v0)
                }
            "#]],
        );
    }

    #[test]
    fn jumps_to_jumps_go_straight_on() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): branch v1, b1(v0), b2
             b1(v3: i32): jump b3(v3)
             b2: v4: i32 = load v2 align 4 jump b3(v4)
             b3(v5: i32): exit done(v5)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    branch v1, b2(v0), b1
                  b1:
                    v3: i32 = load v2 align 4
                    jump b2(v3)
                  b2(v4: i32):
                    exit done(v4)
                }
            "#]],
        );
    }

    #[test]
    fn endless_loops_stay() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): branch v1, b1, b3
             b1: jump b2
             b2: jump b1
             b3: jump b3",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    branch v1, b1, b2
                  b1:
                    jump b1
                  b2:
                    jump b2
                }
            "#]],
        );
    }

    #[test]
    fn parameters_nobody_needs_go_also_around_loops() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): v3: i32 = const 1 jump b1(v0, v3, v2)
             b1(v4: i32, v5: i32, v6: ptr): v7: i32 = add v5, v3 store v6, v4 align 4 branch v1, b1(v4, v7, v6), b2
             b2: exit done(v4)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    jump b1
                  b1:
                    store v2, v0 align 4
                    branch v1, b1, b2
                  b2:
                    exit done(v0)
                }
            "#]],
        );
    }

    #[test]
    fn ways_that_are_the_same_are_one() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): branch v1, b1, b2
             b1: jump b3(v0)
             b2: jump b3(v0)
             b3(v3: i32): exit done(v3)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    exit done(v0)
                }
            "#]],
        );
    }

    #[test]
    fn unused_slots_go_with_their_marks_and_effects_stay() {
        check(
            "slot s0 4 align 4 slot s1 8 align 8
             b0(v0: i32, v1: i1, v2: ptr): live s0 dead s0 v3: ptr = slot s1 live s1
             store v3, v0 align 4 v4: i32 = load v3 align 4 v5: i32 = load v3 align 4 volatile
             v6: i64 = syscall 39() exit done(v0)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32)] {
                  slot s0 8 align 8
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: ptr = slot s0
                    live s0
                    store v3, v0 align 4
                    v4: i32 = load v3 align 4 volatile
                    v5: i64 = syscall 39()
                    exit done(v0)
                }
            "#]],
        );
    }
}
