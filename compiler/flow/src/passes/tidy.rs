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

mod dead;
mod jumps;

pub use dead::has_effect;

use crate::cfg::Cfg;
use crate::edit::{self, Replacements};
use crate::graph::*;
use dead::drop_dead;
use jumps::skip_jumps;
use koru_base::idx::IdVec;

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
