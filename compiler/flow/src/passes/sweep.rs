//! Drops functions and globals that no root reaches. Exported ones are the roots.
//!
//! ```text
//!     fn @unused() [return] { ... }
//!     global @text 3 align 1 = "hi\n"
//!     export fn @main() [return] { ... }
//!
//!     export fn @main() [return] { ... }
//! ```
//!
//! What goes here is never lowered. It is called on bodies without unreachable blocks: those would hold
//! on to what only they name.

use crate::graph::*;
use koru_base::Name;
use koru_base::idx::{Id, IdVec};
use std::fmt;

/// What no root reached, in the order of the graph.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Stripped {
    pub functions: Vec<Name>,
    pub globals: Vec<Name>,
}

impl Stripped {
    /// How many items there were.
    pub fn count(&self) -> usize {
        self.functions.len() + self.globals.len()
    }
}

/// One item a line: `--emit stripped`.
impl fmt::Display for Stripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.functions.iter().try_for_each(|name| writeln!(f, "fn {name}"))?;
        self.globals.iter().try_for_each(|name| writeln!(f, "global {name}"))
    }
}

/// Drops what no root reaches, and says what it was.
pub fn sweep(graph: &mut Graph) -> Stripped {
    let reached = reach(graph, |_| true);
    let stripped = unreached(graph, &reached);
    if stripped.count() > 0 {
        drop_unreached(graph, &reached);
    }
    stripped
}

/// A flag for each function and global.
pub(super) struct Reached {
    pub functions: IdVec<FunctionId, bool>,
    globals: IdVec<GlobalId, bool>,
}

impl Reached {
    /// Sets the flag; was it unset?
    fn mark(&mut self, symbol: Symbol) -> bool {
        let flag = match symbol {
            Symbol::Function(id) => &mut self.functions[id],
            Symbol::Global(id) => &mut self.globals[id],
        };
        !std::mem::replace(flag, true)
    }
}

/// What roots reach, where functions that `leads_on` denies lead nowhere.
pub(super) fn reach(graph: &Graph, leads_on: impl Fn(&Function) -> bool) -> Reached {
    let mut reached = Reached {
        functions: graph.functions.iter().map(|_| false).collect(),
        globals: graph.globals.iter().map(|_| false).collect(),
    };
    let functions = graph.functions.enumerate().filter(|(_, function)| function.linkage == Linkage::Export);
    let globals = graph.globals.enumerate().filter(|(_, global)| global.linkage == Linkage::Export);
    let functions = functions.map(|(id, _)| Symbol::Function(id));
    let mut work: Vec<_> = functions.chain(globals.map(|(id, _)| Symbol::Global(id))).collect();
    while let Some(symbol) = work.pop() {
        if !reached.mark(symbol) {
            continue;
        }
        match symbol {
            Symbol::Function(id) => {
                let function = Some(&graph.functions[id]).filter(|function| leads_on(function));
                let body = function.and_then(|function| function.body.as_ref());
                body.iter().for_each(|body| mentions(body, |symbol| work.push(symbol)));
            }
            Symbol::Global(id) => {
                work.extend(graph.globals[id].relocations.iter().map(|relocation| relocation.target));
            }
        }
    }
    reached
}

/// Calls `visit` with every function and global a body names.
pub fn mentions(body: &Body, mut visit: impl FnMut(Symbol)) {
    for block in body.blocks.iter() {
        for inst in &block.insts {
            match &inst.op {
                Op::Const(Constant::Function(id)) | Op::Call { callee: Callee::Function(id), .. } => {
                    visit(Symbol::Function(*id));
                }
                Op::Const(Constant::Global(id)) => visit(Symbol::Global(*id)),
                _ => {}
            }
        }
        if let Terminator::Call { callee: Callee::Function(id), .. } = &block.terminator {
            visit(Symbol::Function(*id));
        }
    }
}

fn unreached(graph: &Graph, reached: &Reached) -> Stripped {
    let functions = graph.functions.enumerate().filter(|(id, _)| !reached.functions[*id]);
    let globals = graph.globals.enumerate().filter(|(id, _)| !reached.globals[*id]);
    Stripped {
        functions: functions.map(|(_, function)| function.name).collect(),
        globals: globals.map(|(_, global)| global.name).collect(),
    }
}

/// Keeps what is reached, and numbers it anew.
fn drop_unreached(graph: &mut Graph, reached: &Reached) {
    let functions = numbers(&reached.functions);
    let globals = numbers(&reached.globals);
    graph.functions = keep(std::mem::take(&mut graph.functions), &reached.functions);
    graph.globals = keep(std::mem::take(&mut graph.globals), &reached.globals);
    for relocation in graph.globals.iter_mut().flat_map(|global| &mut global.relocations) {
        match &mut relocation.target {
            Symbol::Function(id) => *id = functions[*id],
            Symbol::Global(id) => *id = globals[*id],
        }
    }
    for body in graph.functions.iter_mut().filter_map(|function| function.body.as_mut()) {
        renumber(body, &functions, &globals);
    }
}

/// The new number of each element that stays. What goes is named by nobody who stays.
fn numbers<I: Id>(is_kept: &IdVec<I, bool>) -> IdVec<I, I> {
    let mut next = 0;
    let number = |&is_kept: &bool| {
        next += usize::from(is_kept);
        I::new(next - usize::from(is_kept))
    };
    is_kept.iter().map(number).collect()
}

fn keep<I: Id, T>(items: IdVec<I, T>, is_kept: &IdVec<I, bool>) -> IdVec<I, T> {
    items.into_iter().zip(is_kept.iter()).filter(|(_, is_kept)| **is_kept).map(|(item, _)| item).collect()
}

fn renumber(body: &mut Body, functions: &IdVec<FunctionId, FunctionId>, globals: &IdVec<GlobalId, GlobalId>) {
    for block in body.blocks.iter_mut() {
        for inst in &mut block.insts {
            match &mut inst.op {
                Op::Const(Constant::Function(id)) | Op::Call { callee: Callee::Function(id), .. } => {
                    *id = functions[*id];
                }
                Op::Const(Constant::Global(id)) => *id = globals[*id],
                _ => {}
            }
        }
        if let Terminator::Call { callee: Callee::Function(id), .. } = &mut block.terminator {
            *id = functions[*id];
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::tests::check_graph;
    use expect_test::{Expect, expect};

    fn check(text: &str, stripped: Expect, rest: Expect) {
        check_graph(text, |graph| stripped.assert_eq(&super::sweep(graph).to_string()), rest);
    }

    #[test]
    fn roots_reach_through_calls_addresses_and_tables() {
        check(
            r#"global @lost 8 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00" [0: @unused]
            const global @table 8 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00" [0: @handler]
            export global @visible 1 align 1
            fn @unused() [return] { b0: call @unused() exit return }
            import fn @never_called() []
            fn @handler() [return] { b0: v0: ptr = const @visible exit return }
            fn @event() [a, b] { b0: exit b }
            export fn @main() [] {
              b0: v0: ptr = const @table call @event() [a -> b1, b -> b1]
              b1: trap
            }"#,
            expect![[r#"
                fn unused
                fn never_called
                global lost
            "#]],
            expect![[r#"
                const global @table 8 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00" [0: @handler]
                export global @visible 1 align 1

                fn @handler() [return] {
                  b0:
                    v0: ptr = const @visible
                    exit return
                }

                fn @event() [a, b] {
                  b0:
                    exit b
                }

                export fn @main() [] {
                  b0:
                    v0: ptr = const @table
                    call @event() [a -> b1, b -> b1]
                  b1:
                    trap
                }
            "#]],
        );
    }
}
