//! Puts the bodies of procs in the place of their calls: exits become jumps.
//!
//! ```text
//!     fn @half(i32) [even(i32), odd] {
//!       b0(v0: i32):    ...  branch v3, b1, b2
//!       b1:             exit odd
//!       b2:             exit even(v4)
//!     }
//!     b0(v0: i32):      call @half(v0) [even -> b1, odd -> b2]
//!
//!     b0(v0: i32):      jump b3(v0)
//!     b3(v5: i32):      ...  branch v8, b4, b5
//!     b4:               jump b2
//!     b5:               jump b1(v9)
//! ```
//!
//! Nothing is packed at the exit and unpacked behind the call. Slots become slots of the caller, live
//! only while the spliced body runs, so that a body spliced into a loop never grows the stack. Who is
//! spliced is settled in [`choose`], callees before callers.

mod choose;

pub use choose::Limits;

use super::tidy::tidy;
use crate::graph::*;
use choose::Choice;
use koru_base::idx::{Id, IdVec};

/// Splices every call that [`choose`] wants spliced. Spliced functions that have no other caller stay
/// in the graph for [`super::sweep`]. Bodies are tidy, before and after.
pub fn splice(graph: &mut Graph, limits: Limits) {
    let choice = Choice::new(graph, limits);
    for &caller in &choice.order {
        let Some(mut body) = graph.functions[caller].body.take() else { continue };
        // Rests of split blocks and spliced bodies are appended, and looked at in their turn.
        let mut next = BlockId(0);
        while next.index() < body.blocks.len() {
            splice_block(graph, &choice, &mut body, next);
            next = BlockId::new(next.index() + 1);
        }
        tidy(&mut body);
        graph.functions[caller].body = Some(body);
    }
}

/// Splices the first call of a block that is to be spliced; what is behind it becomes a block.
fn splice_block(graph: &Graph, choice: &Choice, body: &mut Body, id: BlockId) {
    let chosen = |callee: &Callee| match callee {
        Callee::Function(callee) => choice.is_spliced(graph, *callee).then_some(*callee),
        Callee::Pointer { .. } => None,
    };
    let block = &mut body.blocks[id];
    let call = block.insts.iter().enumerate().find_map(|(index, inst)| match &inst.op {
        Op::Call { callee, args } => chosen(callee).map(|callee| (index, callee, args.clone())),
        _ => None,
    });
    let (callee, args, exits) = if let Some((index, callee, args)) = call {
        let rest = split_behind(body, id, index);
        (callee, args, vec![rest])
    } else if let Terminator::Call { callee, args, exits } = &block.terminator
        && let Some(callee) = chosen(callee)
    {
        (callee, args.clone(), exits.clone())
    } else {
        return;
    };
    let Some(inner) = &graph.functions[callee].body else { return };
    let entry = insert(body, inner, &exits);
    body.blocks[id].terminator = Terminator::Jump(Target { block: entry, args });
}

/// Cuts a block at a call, which goes; its results become the parameters of the rest.
fn split_behind(body: &mut Body, id: BlockId, call: usize) -> BlockId {
    let block = &mut body.blocks[id];
    let insts = block.insts.split_off(call + 1);
    let params = block.insts.pop().map_or_else(Vec::new, |call| call.results);
    let terminator = std::mem::replace(&mut block.terminator, Terminator::Unreachable);
    let span = block.span;
    body.blocks.push(Block { params, insts, terminator, span })
}

/// Copies a body into another; its exit N goes on at block N of `exits`. The copy of its entry.
fn insert(body: &mut Body, inner: &Body, exits: &[BlockId]) -> BlockId {
    let values = inner.values.iter().map(|&ty| body.values.push(ty)).collect();
    let slots = inner.slots.iter().map(|&slot| body.slots.push(slot)).collect();
    let first = body.blocks.len();
    let copy = Copy { values, slots, first, exits, unmarked: unmarked_slots(inner) };
    for (id, block) in inner.blocks.enumerate() {
        body.blocks.push(copy.block(id, block));
    }
    BlockId::new(first)
}

/// Slots of a function without marks: they live as long as a call of it.
fn unmarked_slots(inner: &Body) -> Vec<SlotId> {
    let mut is_marked: IdVec<SlotId, bool> = inner.slots.iter().map(|_| false).collect();
    for inst in inner.blocks.iter().flat_map(|block| &block.insts) {
        if let Op::SlotLive(slot) | Op::SlotDead(slot) = inst.op {
            is_marked[slot] = true;
        }
    }
    inner.slots.ids().filter(|&slot| !is_marked[slot]).collect()
}

/// From the numbers of a body to those of the body it is copied into.
struct Copy<'a> {
    values: IdVec<ValueId, ValueId>,
    slots: IdVec<SlotId, SlotId>,
    /// The number of the first copied block.
    first: usize,
    exits: &'a [BlockId],
    unmarked: Vec<SlotId>,
}

impl Copy<'_> {
    fn block(&self, id: BlockId, block: &Block) -> Block {
        let mut copy = block.clone();
        copy.params.iter_mut().for_each(|value| *value = self.values[*value]);
        copy.insts.iter_mut().for_each(|inst| self.inst(inst));
        copy.terminator.operands_mut(|value| *value = self.values[*value]);
        copy.terminator.successors_mut(|next| *next = BlockId::new(self.first + next.index()));
        let marks = |mark: fn(SlotId) -> Op| {
            let inst =
                move |&slot| Inst { results: Vec::new(), op: mark(self.slots[slot]), span: block.span };
            self.unmarked.iter().map(inst)
        };
        if id == BlockId(0) {
            copy.insts.splice(0..0, marks(Op::SlotLive));
        }
        if let Terminator::Exit { index, values } = &mut copy.terminator {
            copy.insts.extend(marks(Op::SlotDead));
            let target = Target { block: self.exits[*index as usize], args: std::mem::take(values) };
            copy.terminator = Terminator::Jump(target);
        }
        copy
    }

    fn inst(&self, inst: &mut Inst) {
        inst.results.iter_mut().for_each(|value| *value = self.values[*value]);
        inst.op.operands_mut(|value| *value = self.values[*value]);
        if let Op::Slot(slot) | Op::SlotLive(slot) | Op::SlotDead(slot) = &mut inst.op {
            *slot = self.slots[*slot];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;
    use crate::passes::sweep::sweep;
    use crate::passes::tests::check_graph;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        check_within(Limits { splices_loops: true, tiny: 2 }, text, expected);
    }

    fn check_within(limits: Limits, text: &str, expected: Expect) {
        let pass = |graph: &mut crate::graph::Graph| {
            super::splice(graph, limits);
            sweep(graph);
        };
        check_graph(text, pass, expected);
    }

    #[test]
    fn exits_become_jumps_with_their_payload() {
        check(
            "fn @half(i32) [even(i32), odd] {
              b0(v0: i32): v1: i32 = const 1 v2: i32 = and v0, v1 v3: i1 = equal v2, v1 branch v3, b1, b2
              b1: exit odd
              b2: v4: i32 = shift_right_unsigned v0, v1 exit even(v4)
            }
            export fn @main(i32) [return(i32)] {
              b0(v0: i32): call @half(v0) [even -> b1, odd -> b2]
              b1(v1: i32): exit return(v1)
              b2: v2: i32 = const 7 exit return(v2)
            }",
            expect![[r#"
                export fn @main(i32) [return(i32)] {
                  b0(v0: i32):
                    v1: i32 = const 1
                    v2: i32 = and v0, v1
                    v3: i1 = equal v2, v1
                    branch v3, b1, b2
                  b1:
                    v4: i32 = const 7
                    exit return(v4)
                  b2:
                    v5: i32 = shift_right_unsigned v0, v1
                    exit return(v5)
                }
            "#]],
        );
    }

    #[test]
    fn a_loop_with_one_exit_may_be_left_to_llvm() {
        check_within(
            Limits { splices_loops: false, tiny: 2 },
            "fn @spin(i1) [done] {
              b0(v0: i1): jump b1
              b1: v1: i1 = xor v0, v0 v2: i1 = xor v1, v0 branch v2, b1, b2
              b2: exit done
            }
            fn @choose(i1) [yes, no] {
              b0(v0: i1): jump b1
              b1: v1: i1 = xor v0, v0 v2: i1 = xor v1, v0 branch v2, b1, b2
              b2: branch v0, b3, b4
              b3: exit yes
              b4: exit no
            }
            export fn @main(i1) [return] {
              b0(v0: i1): call @spin(v0) call @choose(v0) [yes -> b1, no -> b1]
              b1: exit return
            }",
            expect![[r#"
                fn @spin(i1) [done] {
                  b0(v0: i1):
                    jump b1
                  b1:
                    v1: i1 = xor v0, v0
                    v2: i1 = xor v1, v0
                    branch v2, b1, b2
                  b2:
                    exit done
                }

                export fn @main(i1) [return] {
                  b0(v0: i1):
                    call @spin(v0)
                    jump b1
                  b1:
                    v1: i1 = xor v0, v0
                    v2: i1 = xor v1, v0
                    branch v2, b1, b2
                  b2:
                    exit return
                }
            "#]],
        );
    }

    #[test]
    fn a_body_spliced_into_a_loop_never_grows_the_stack() {
        check(
            "never fn @opaque(ptr) [return] { b0(v0: ptr): exit return }
            fn @once() [more, done] {
              slot s0 64 align 8
              b0: v0: ptr = slot s0 call @opaque(v0) v1: i1 = load v0 align 1 branch v1, b1, b2
              b1: exit more
              b2: exit done
            }
            export fn @main() [return] {
              b0: jump b1
              b1: call @once() [more -> b1, done -> b2]
              b2: exit return
            }",
            expect![[r#"
                never fn @opaque(ptr) [return] {
                  b0(v0: ptr):
                    exit return
                }

                export fn @main() [return] {
                  slot s0 64 align 8
                  b0:
                    jump b1
                  b1:
                    live s0
                    v0: ptr = slot s0
                    call @opaque(v0)
                    v1: i1 = load v0 align 1
                    branch v1, b2, b3
                  b2:
                    dead s0
                    jump b1
                  b3:
                    dead s0
                    exit return
                }
            "#]],
        );
    }

    #[test]
    fn tiny_ones_go_everywhere_and_large_ones_stay() {
        check(
            "fn @twice(i32) [return(i32)] { b0(v0: i32): v1: i32 = add v0, v0 exit return(v1) }
            fn @large(i32) [return(i32)] {
              b0(v0: i32): v1: i32 = add v0, v0 v2: i32 = mul v1, v1 v3: i32 = xor v2, v0 exit return(v3)
            }
            export fn @main(i32) [return(i32)] {
              b0(v0: i32): v1: i32 = call @twice(v0) v2: i32 = call @large(v1)
              v3: i32 = call @large(v2) v4: i32 = call @twice(v3) exit return(v4)
            }",
            expect![[r#"
                fn @large(i32) [return(i32)] {
                  b0(v0: i32):
                    v1: i32 = add v0, v0
                    v2: i32 = mul v1, v1
                    v3: i32 = xor v2, v0
                    exit return(v3)
                }

                export fn @main(i32) [return(i32)] {
                  b0(v0: i32):
                    v1: i32 = add v0, v0
                    v2: i32 = call @large(v1)
                    v3: i32 = call @large(v2)
                    v4: i32 = add v3, v3
                    exit return(v4)
                }
            "#]],
        );
    }

    #[test]
    fn recursion_has_an_end() {
        check(
            "fn @even(i32) [yes, no] {
              b0(v0: i32): v1: i32 = const 0 v2: i1 = equal v0, v1 branch v2, b1, b2
              b1: exit yes
              b2: v3: i32 = const 1 v4: i32 = sub v0, v3 call @odd(v4) [yes -> b1, no -> b3]
              b3: exit no
            }
            fn @odd(i32) [yes, no] { b0(v0: i32): call @even(v0) [yes -> b1, no -> b2] b1: exit no b2: exit yes }
            always fn @self() [return] { b0: call @self() exit return }
            export fn @main(i32) [return] {
              b0(v0: i32): call @self() call @even(v0) [yes -> b1, no -> b1]
              b1: exit return
            }",
            expect![[r#"
                fn @even(i32) [yes, no] {
                  b0(v0: i32):
                    v1: i32 = const 0
                    v2: i1 = equal v0, v1
                    branch v2, b2, b1
                  b1:
                    v3: i32 = const 1
                    v4: i32 = sub v0, v3
                    call @odd(v4) [yes -> b2, no -> b3]
                  b2:
                    exit yes
                  b3:
                    exit no
                }

                fn @odd(i32) [yes, no] {
                  b0(v0: i32):
                    call @even(v0) [yes -> b1, no -> b2]
                  b1:
                    exit no
                  b2:
                    exit yes
                }

                always fn @self() [return] {
                  b0:
                    call @self()
                    exit return
                }

                export fn @main(i32) [return] {
                  b0(v0: i32):
                    call @self()
                    call @even(v0) [yes -> b1, no -> b1]
                  b1:
                    exit return
                }
            "#]],
        );
    }

    #[test]
    fn never_exported_and_named_ones_stay() {
        check(
            "never fn @never() [return] { b0: exit return }
            fn @named() [return] { b0: call @shout() exit return }
            import c fn @shout() [return]
            export fn @root() [return] { b0: call @shout() exit return }
            cold fn @panic() [] { b0: call @shout() trap }
            export fn @main(i1) [return(ptr)] {
              b0(v0: i1): v1: ptr = const @named call @never() call @named() call @root() branch v0, b1, b2
              b1: exit return(v1)
              b2: call @panic() []
            }",
            expect![[r#"
                never fn @never() [return] {
                  b0:
                    exit return
                }

                fn @named() [return] {
                  b0:
                    call @shout()
                    exit return
                }

                import c fn @shout() [return]

                export fn @root() [return] {
                  b0:
                    call @shout()
                    exit return
                }

                export fn @main(i1) [return(ptr)] {
                  b0(v0: i1):
                    v1: ptr = const @named
                    call @never()
                    call @shout()
                    call @shout()
                    branch v0, b1, b2
                  b1:
                    exit return(v1)
                  b2:
                    call @shout()
                    trap
                }
            "#]],
        );
    }
}
