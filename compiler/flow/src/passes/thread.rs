//! Jumps past a branch whose way is known on some of the ways to it.
//!
//! ```text
//!     b1:            v1: i8 = const 0   jump b3(v1)
//!     b2:            v2: i8 = const 1   jump b3(v2)
//!     b3(v3: i8):    switch v3 [0 -> b4, else -> b5]
//!
//!     b1:            jump b4
//!     b2:            jump b5
//! ```
//!
//! This is what makes a chain of events cost what a chain of gotos costs: a tag that was just chosen is
//! not asked again. Each way with a known answer gets its own copy of the block, without the branch.
//! Heads of loops are left alone: a copy of one would be a loop of its own.

use super::fold::{self, Known};
use crate::cfg::{Cfg, Dominators};
use crate::edit::{self, Definitions};
use crate::graph::*;
use rustc_hash::FxHashMap;

/// Threads all branches of a body over blocks of at most `limit` instructions, constants aside.
/// Leaves small blocks and parameters behind, for [`super::tidy`].
pub fn thread(body: &mut Body, limit: usize) -> bool {
    edit::clear_unreached(body);
    edit::split_call_exits(body);
    // A ring of blocks that is no loop, having two ways in, could go on for ever.
    let mut budget = 64 + body.blocks.len();
    let mut has_changed = false;
    loop {
        let (mut known, has_folded) = fold::fold(body);
        let cfg = edit::clear_unreached(body);
        let copies = thread_round(body, &cfg, &mut known, limit);
        has_changed |= has_folded || copies > 0;
        if copies == 0 || copies > budget {
            return has_changed;
        }
        budget -= copies;
        edit::clear_unreached(body);
    }
}

/// A way into a block: the N-th target of the terminator it comes from.
#[derive(Clone, Copy)]
struct Way {
    from: BlockId,
    index: usize,
}

/// Threads the ways whose answer is known now; how many there were. Uses are put right once, behind the
/// last copy: doing so walks the whole body.
fn thread_round(body: &mut Body, cfg: &Cfg, known: &mut Known, limit: usize) -> usize {
    let dominators = cfg.dominators();
    let is_exit = edit::call_exits(body);
    let mut copies = 0;
    let mut copied = Vec::new();
    for &block in cfg.order.iter().skip(1) {
        if is_exit[block] || !is_worth(body, block, limit) || is_loop_head(cfg, &dominators, block) {
            continue;
        }
        // Values made in this round are not known before the next.
        while known.len() < body.values.len() {
            known.push(None);
        }
        let ways = known_ways(body, cfg, block, known);
        if !ways.is_empty() {
            copied.extend(copy_for(body, block, &ways));
            copies += ways.len();
        }
    }
    edit::repair(body, &copied);
    copies
}

fn is_loop_head(cfg: &Cfg, dominators: &Dominators, block: BlockId) -> bool {
    cfg.predecessors[block].iter().any(|&from| dominators.dominates(block, from))
}

/// Does the block decide by its parameters, and is it cheap to copy?
fn is_worth(body: &Body, block: BlockId, limit: usize) -> bool {
    let block = &body.blocks[block];
    let decides = matches!(block.terminator, Terminator::Branch { .. } | Terminator::Switch { .. });
    let is_free = |op: &Op| matches!(op, Op::Const(_) | Op::Compare(..));
    let is_light = |op: &Op| !matches!(op, Op::Call { .. } | Op::Syscall { .. } | Op::Asm(_));
    let ops = || block.insts.iter().map(|inst| &inst.op);
    decides
        && !block.params.is_empty()
        && ops().filter(|op| !is_free(op)).count() <= limit
        && ops().all(is_light)
}

/// The ways into a block on which it is known where the block goes on, and where that is.
fn known_ways(body: &Body, cfg: &Cfg, block: BlockId, known: &mut Known) -> Vec<(Way, Target)> {
    let mut sources = cfg.predecessors[block].clone();
    sources.sort_unstable();
    sources.dedup();
    let mut ways = Vec::new();
    for from in sources {
        let mut index = 0;
        body.blocks[from].terminator.targets(|target| {
            if target.block == block
                && let Some(next) = answer(body, block, &target.args, known)
            {
                ways.push((Way { from, index }, next));
            }
            index += 1;
        });
    }
    ways
}

/// Where a block goes on when it is entered with these values.
fn answer(body: &Body, block: BlockId, args: &[ValueId], known: &mut Known) -> Option<Target> {
    if args.iter().all(|&arg| known[arg].is_none()) {
        return None;
    }
    let own = own_values(&body.blocks[block]);
    let block = &body.blocks[block];
    let before: Vec<_> = own.iter().map(|&value| known[value]).collect();
    let passed: Vec<_> = args.iter().map(|&arg| known[arg]).collect();
    block.params.iter().zip(passed).for_each(|(&param, passed)| known[param] = passed);
    fold::learn(body, block, known);
    let next = fold::decided(&block.terminator, known).cloned();
    own.iter().zip(before).for_each(|(&value, before)| known[value] = before);
    next
}

/// The parameters and results of a block.
fn own_values(block: &Block) -> Vec<ValueId> {
    let results = block.insts.iter().flat_map(|inst| &inst.results);
    block.params.iter().chain(results).copied().collect()
}

/// Gives each way its copy of the block, which goes on at the known target. Gives the definitions that
/// each of the block's values has then.
fn copy_for(body: &mut Body, block: BlockId, ways: &[(Way, Target)]) -> Vec<Definitions> {
    let own = own_values(&body.blocks[block]);
    let copies: Vec<_> = ways.iter().map(|(way, next)| copy_block(body, block, *way, next)).collect();
    let definitions = |value: ValueId| {
        let copied = copies.iter().map(|(copy, values)| (*copy, values[&value]));
        (value, [(block, value)].into_iter().chain(copied).collect())
    };
    own.into_iter().map(definitions).collect()
}

/// A copy of the block for one way; what stands in it for each of the original's values. All of these are
/// new, so that a value has its definitions from one block and its copies, whichever others are copied.
fn copy_block(
    body: &mut Body,
    block: BlockId,
    way: Way,
    next: &Target,
) -> (BlockId, FxHashMap<ValueId, ValueId>) {
    let mut copy = body.blocks[block].clone();
    copy.terminator = Terminator::Jump(next.clone());
    let mut values = FxHashMap::default();
    let mut renew = |value: &mut ValueId, body: &mut Body| {
        let new = body.values.push(body.values[*value]);
        values.insert(std::mem::replace(value, new), new);
    };
    copy.params.iter_mut().for_each(|param| renew(param, body));
    copy.insts.iter_mut().flat_map(|inst| &mut inst.results).for_each(|result| renew(result, body));
    let replace = |value: &mut ValueId| *value = values.get(value).copied().unwrap_or(*value);
    copy.insts.iter_mut().for_each(|inst| inst.op.operands_mut(replace));
    copy.terminator.operands_mut(replace);
    let copy = body.blocks.push(copy);
    redirect(body, way, copy);
    (copy, values)
}

/// Leads a way to another block, which takes the same.
fn redirect(body: &mut Body, way: Way, to: BlockId) {
    let mut index = 0;
    body.blocks[way.from].terminator.targets_mut(|target| {
        if index == way.index {
            target.block = to;
        }
        index += 1;
    });
}

#[cfg(test)]
mod tests {
    use crate::passes::{tests::check_bodies, tidy::tidy};
    use expect_test::{Expect, expect};

    fn check(body: &str, expected: Expect) {
        let pass = |body: &mut crate::graph::Body| {
            super::thread(body, 2);
            tidy(body);
        };
        check_bodies(&format!("fn @f(i32, i1, ptr) [done(i32), failed] {{ {body} }}"), pass, expected);
    }

    #[test]
    fn a_tag_just_chosen_is_not_asked_again() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): branch v1, b1, b2
             b1: v3: i8 = const 0 store v2, v0 align 4 jump b3(v3)
             b2: v4: i8 = const 1 jump b3(v4)
             b3(v5: i8): switch v5 [0 -> b4, else -> b5]
             b4: exit done(v0)
             b5: exit failed",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    branch v1, b1, b2
                  b1:
                    store v2, v0 align 4
                    exit done(v0)
                  b2:
                    exit failed
                }
            "#]],
        );
    }

    #[test]
    fn payloads_find_their_way_past_the_branch() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): v3: i1 = const 1 v4: i1 = const 0 branch v1, b1, b2
             b1: v5: i32 = load v2 align 4 jump b3(v3, v5)
             b2: jump b3(v4, v0)
             b3(v6: i1, v7: i32): v8: i32 = add v7, v7 branch v6, b4, b5
             b4: store v2, v7 align 4 jump b6
             b5: jump b6
             b6: exit done(v8)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    branch v1, b1, b2
                  b1:
                    v3: i32 = load v2 align 4
                    v4: i32 = add v3, v3
                    store v2, v3 align 4
                    jump b3(v4)
                  b2:
                    v5: i32 = add v0, v0
                    jump b3(v5)
                  b3(v6: i32):
                    exit done(v6)
                }
            "#]],
        );
    }

    #[test]
    fn unknown_ways_still_ask() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): v3: i32 = const 7 branch v1, b1, b2
             b1: store v2, v0 align 4 jump b3(v3)
             b2: jump b3(v0)
             b3(v4: i32): v5: i32 = const 8 v6: i1 = less_signed v4, v5 branch v6, b4, b5
             b4: exit done(v4)
             b5: exit failed",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: i32 = const 7
                    branch v1, b1, b2
                  b1:
                    store v2, v0 align 4
                    jump b3(v3)
                  b2:
                    v4: i32 = const 8
                    v5: i1 = less_signed v0, v4
                    branch v5, b3(v0), b4
                  b3(v6: i32):
                    exit done(v6)
                  b4:
                    exit failed
                }
            "#]],
        );
    }

    #[test]
    fn a_known_switch_is_a_jump() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): v3: i8 = const 255 v4: i32 = extend_signed v3
             switch v4 [255 -> b1, 4294967295 -> b2, else -> b1]
             b1: exit failed
             b2: exit done(v0)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    exit done(v0)
                }
            "#]],
        );
    }

    #[test]
    fn heads_of_loops_stay() {
        check(
            "b0(v0: i32, v1: i1, v2: ptr): v3: i1 = const 1 jump b1(v3)
             b1(v4: i1): store v2, v0 align 4 branch v4, b1(v1), b2
             b2: exit failed",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: i1 = const 1
                    jump b1(v3)
                  b1(v4: i1):
                    store v2, v0 align 4
                    branch v4, b1(v1), b2
                  b2:
                    exit failed
                }
            "#]],
        );
    }
}
