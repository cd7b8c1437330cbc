//! Who names whom: what keeps an item in the program, and which events lead to a place.
//!
//! In: the graph before passes put procs into their callers, so that every event is still there.

use super::report::{kind_of, text_of};
use koru_base::Span;
use koru_flow::passes::sweep::mentions;
use koru_flow::{FunctionId, Graph, Inst, Linkage, Op, Symbol};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The names of a graph's items, and who names them.
pub struct Reach<'g> {
    graph: &'g Graph,
    /// Who is named by whom, for the first time on the way from the roots; roots by themselves.
    parents: BTreeMap<Number, Number>,
    callers: BTreeMap<FunctionId, BTreeSet<FunctionId>>,
}

/// A symbol that can be sorted: is it a global, and which.
type Number = (bool, u32);

fn number(symbol: Symbol) -> Number {
    match symbol {
        Symbol::Function(id) => (false, id.0),
        Symbol::Global(id) => (true, id.0),
    }
}

impl<'g> Reach<'g> {
    pub fn new(graph: &'g Graph) -> Reach<'g> {
        let mut reach = Reach { graph, parents: BTreeMap::new(), callers: BTreeMap::new() };
        let functions =
            graph.functions.enumerate().filter(|(_, function)| function.linkage == Linkage::Export);
        let globals = graph.globals.enumerate().filter(|(_, global)| global.linkage == Linkage::Export);
        let roots =
            functions.map(|(id, _)| Symbol::Function(id)).chain(globals.map(|(id, _)| Symbol::Global(id)));
        let mut work: VecDeque<_> = roots.collect();
        reach.parents.extend(work.iter().map(|&root| (number(root), number(root))));
        while let Some(symbol) = work.pop_front() {
            for named in reach.named_by(symbol) {
                if let (Symbol::Function(callee), Symbol::Function(caller)) = (named, symbol) {
                    reach.callers.entry(callee).or_default().insert(caller);
                }
                if let Entry::Vacant(place) = reach.parents.entry(number(named)) {
                    place.insert(number(symbol));
                    work.push_back(named);
                }
            }
        }
        reach
    }

    fn named_by(&self, symbol: Symbol) -> Vec<Symbol> {
        let mut named = Vec::new();
        match symbol {
            Symbol::Function(id) => {
                let body = self.graph.functions[id].body.iter();
                body.for_each(|body| mentions(body, |symbol| named.push(symbol)));
            }
            Symbol::Global(id) => {
                named.extend(self.graph.globals[id].relocations.iter().map(|one| one.target))
            }
        }
        named
    }

    /// The names on the way from where the program begins to an item, itself last; nothing where no way leads there.
    pub fn chain(&self, item: &str) -> Option<Vec<(String, Span)>> {
        let mut at = *self.parents.keys().find(|&&number| self.name(number).0 == item)?;
        let mut chain = vec![self.name(at)];
        while let Some(&parent) = self.parents.get(&at).filter(|&&parent| parent != at) {
            at = parent;
            chain.push(self.name(at));
        }
        chain.reverse();
        Some(chain)
    }

    /// Every name that `chain` knows.
    pub fn names(&self) -> Vec<String> {
        self.parents.keys().map(|&number| self.name(number).0).collect()
    }

    fn name(&self, number: Number) -> (String, Span) {
        match number {
            (false, id) => {
                let function = &self.graph.functions[FunctionId(id)];
                (function.name.to_string(), function.span)
            }
            (true, id) => {
                let global = &self.graph.globals[koru_flow::GlobalId(id)];
                (text_of(global).unwrap_or_else(|| global.name.to_string()), Span::NONE)
            }
        }
    }

    /// The nearest events above what asks the kernel at a place; functions nobody calls where there are none.
    pub fn events_above(&self, place: Span) -> BTreeSet<String> {
        let asks = |inst: &Inst| inst.span == place && matches!(inst.op, Op::Syscall { .. } | Op::Asm(_));
        let here = self.graph.functions.enumerate().filter(|(_, function)| {
            let blocks = function.body.iter().flat_map(|body| body.blocks.iter());
            blocks.flat_map(|block| &block.insts).any(asks)
        });
        let mut work: Vec<_> = here.map(|(id, _)| id).collect();
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        while let Some(id) = work.pop() {
            if !seen.insert(id) || !self.parents.contains_key(&(false, id.0)) {
                continue;
            }
            let name = self.graph.functions[id].name.to_string();
            match self.callers.get(&id) {
                Some(callers) if kind_of(&name) == "function" => work.extend(callers),
                _ => found.extend([name]),
            }
        }
        found
    }
}
