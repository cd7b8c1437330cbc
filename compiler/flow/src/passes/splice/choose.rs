//! Who is spliced, and in which order.
//!
//! In: a graph and limits. Out: callees before callers, and for each function whether its calls are
//! replaced by its body: it is marked so, it has one caller, or it is hardly larger than a call.
//! Functions that can call themselves, over however many others, are never spliced: that has no end.

use crate::cfg::Cfg;
use crate::graph::*;
use koru_base::idx::IdVec;

/// How eagerly calls are replaced.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Are functions with one caller spliced even where they have a loop and one exit? LLVM does that itself, and where
    /// it does, it looks at the loop alone first: it unrolls what would be too much for it inside of another.
    pub splices_loops: bool,
    /// Functions of at most this many instructions are spliced wherever they are called.
    pub tiny: usize,
}

/// What is settled before anything is spliced.
pub(super) struct Choice {
    /// Every function, callees before callers as far as there are no cycles.
    pub order: Vec<FunctionId>,
    is_recursive: IdVec<FunctionId, bool>,
    /// How often each is called, or its address taken.
    mentions: IdVec<FunctionId, Mentions>,
    limits: Limits,
}

#[derive(Clone, Copy, Default)]
struct Mentions {
    calls: u32,
    addresses: u32,
}

impl Choice {
    pub fn new(graph: &Graph, limits: Limits) -> Choice {
        let (order, is_recursive) = Walk::over(graph);
        Choice { order, is_recursive, mentions: mentions(graph), limits }
    }

    /// Are calls of this function replaced? Asked when its own calls have been.
    pub fn is_spliced(&self, graph: &Graph, id: FunctionId) -> bool {
        let function = &graph.functions[id];
        // Whose body is taken out is being spliced into: it calls itself.
        let Some(body) = &function.body else { return false };
        let is_possible = !self.is_recursive[id] && function.signature.convention != Convention::Naked;
        is_possible
            && match function.inline {
                Inline::Always => true,
                Inline::Never => false,
                Inline::Auto => {
                    self.is_sole(id, function) && !self.is_left_to_llvm(function, body)
                        || !function.is_cold && self.is_tiny(body)
                }
            }
    }

    /// Is its one call all there is of the function?
    fn is_sole(&self, id: FunctionId, function: &Function) -> bool {
        let Mentions { calls, addresses } = self.mentions[id];
        function.linkage == Linkage::Internal && calls == 1 && addresses == 0
    }

    fn is_left_to_llvm(&self, function: &Function, body: &Body) -> bool {
        !self.limits.splices_loops && function.signature.exits.len() <= 1 && has_loop(body)
    }

    fn is_tiny(&self, body: &Body) -> bool {
        let is_counted = |op: &Op| {
            !matches!(op, Op::Const(_) | Op::Slot(_) | Op::SlotLive(_) | Op::SlotDead(_) | Op::Show { .. })
        };
        let insts = body.blocks.iter().flat_map(|block| &block.insts).filter(|inst| is_counted(&inst.op));
        // Each block but the last costs a jump or a branch.
        insts.count() + body.blocks.len() - 1 <= self.limits.tiny
    }
}

/// Does some jump lead back?
fn has_loop(body: &Body) -> bool {
    let order = Cfg::new(body).order;
    let mut met: IdVec<BlockId, bool> = body.blocks.iter().map(|_| false).collect();
    order.iter().any(|&block| {
        met[block] = true;
        body.blocks[block].terminator.successors().iter().any(|&next| met[next])
    })
}

fn mentions(graph: &Graph) -> IdVec<FunctionId, Mentions> {
    let mut mentions: IdVec<FunctionId, Mentions> =
        graph.functions.iter().map(|_| Mentions::default()).collect();
    for body in graph.functions.iter().filter_map(|function| function.body.as_ref()) {
        callees(body, |callee| mentions[callee].calls += 1);
        for inst in body.blocks.iter().flat_map(|block| &block.insts) {
            if let Op::Const(Constant::Function(id)) = inst.op {
                mentions[id].addresses += 1;
            }
        }
    }
    for relocation in graph.globals.iter().flat_map(|global| &global.relocations) {
        if let Symbol::Function(id) = relocation.target {
            mentions[id].addresses += 1;
        }
    }
    mentions
}

/// Calls `visit` with the callee of each call whose callee is known.
fn callees(body: &Body, mut visit: impl FnMut(FunctionId)) {
    for block in body.blocks.iter() {
        for inst in &block.insts {
            if let Op::Call { callee: Callee::Function(id), .. } = &inst.op {
                visit(*id);
            }
        }
        if let Terminator::Call { callee: Callee::Function(id), .. } = &block.terminator {
            visit(*id);
        }
    }
}

/// Tarjan's walk over the call graph: groups of functions that call each other, callees first.
struct Walk {
    callees: IdVec<FunctionId, Vec<FunctionId>>,
    /// When each was first met, from 1 on; 0 is not yet.
    met: IdVec<FunctionId, u32>,
    /// The earliest one still open that each reaches.
    low: IdVec<FunctionId, u32>,
    is_open: IdVec<FunctionId, bool>,
    open: Vec<FunctionId>,
    clock: u32,
    order: Vec<FunctionId>,
    is_recursive: IdVec<FunctionId, bool>,
}

impl Walk {
    fn over(graph: &Graph) -> (Vec<FunctionId>, IdVec<FunctionId, bool>) {
        let callees_of = |function: &Function| {
            let mut found = Vec::new();
            function.body.iter().for_each(|body| callees(body, |callee| found.push(callee)));
            found
        };
        let mut walk = Walk {
            callees: graph.functions.iter().map(callees_of).collect(),
            met: graph.functions.iter().map(|_| 0).collect(),
            low: graph.functions.iter().map(|_| 0).collect(),
            is_open: graph.functions.iter().map(|_| false).collect(),
            open: Vec::new(),
            clock: 0,
            order: Vec::new(),
            is_recursive: graph.functions.iter().map(|_| false).collect(),
        };
        for id in graph.functions.ids() {
            if walk.met[id] == 0 {
                walk.from(id);
            }
        }
        (walk.order, walk.is_recursive)
    }

    /// Depth first without recursion: call chains may be long.
    fn from(&mut self, root: FunctionId) {
        let mut stack = vec![(root, 0)];
        self.enter(root);
        while let Some((id, next)) = stack.last_mut() {
            let id = *id;
            match self.callees[id].get(*next).copied() {
                Some(callee) => {
                    *next += 1;
                    if self.met[callee] == 0 {
                        self.enter(callee);
                        stack.push((callee, 0));
                    } else if self.is_open[callee] {
                        self.low[id] = self.low[id].min(self.met[callee]);
                    }
                }
                None => {
                    stack.pop();
                    self.leave(id);
                    if let Some(&(caller, _)) = stack.last() {
                        self.low[caller] = self.low[caller].min(self.low[id]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, id: FunctionId) {
        self.clock += 1;
        (self.met[id], self.low[id]) = (self.clock, self.clock);
        self.is_open[id] = true;
        self.open.push(id);
    }

    /// Closes the group whose first member this is.
    fn leave(&mut self, id: FunctionId) {
        if self.low[id] != self.met[id] {
            return;
        }
        let start = self.open.iter().rposition(|&open| open == id).unwrap_or(0);
        let group = self.open.split_off(start);
        for &member in &group {
            self.is_open[member] = false;
            self.is_recursive[member] = group.len() > 1 || self.callees[member].contains(&member);
        }
        self.order.extend(group);
    }
}
