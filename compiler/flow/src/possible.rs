//! Which constants a value may be, looked at through the whole graph.
//!
//! In: a lawful graph. Out: for each value a short list, or that it may be anything. It follows what blocks pass to
//! each other, callers to callees, and callees back; memory it does not follow. A walk over the graph that is
//! repeated until nothing changes: lists only grow, up to a limit.

use crate::graph::*;
use crate::passes::fold;
use koru_base::idx::IdVec;
use std::collections::BTreeSet;
use std::fmt;

/// What a value may be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Possible {
    /// One of these, zero-extended, in order. None: the value is never made.
    OneOf(Vec<u128>),
    Any,
}

/// So many constants are listed; a value that may be more of them may be anything.
const LIMIT: usize = 8;

/// `_`, or the values in decimal: `1|2`.
impl fmt::Display for Possible {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Possible::Any => f.write_str("_"),
            Possible::OneOf(values) => {
                f.write_str(&values.iter().map(u128::to_string).collect::<Vec<_>>().join("|"))
            }
        }
    }
}

impl Possible {
    const NEVER: Possible = Possible::OneOf(Vec::new());

    fn only(value: u128) -> Possible {
        Possible::OneOf(vec![value])
    }

    /// Adds what the value may also be; was any of it new?
    fn add(&mut self, other: &Possible) -> bool {
        let Possible::OneOf(all) = self else { return false };
        let Possible::OneOf(more) = other else {
            *self = Possible::Any;
            return true;
        };
        let before = all.len();
        all.extend(more);
        all.sort_unstable();
        all.dedup();
        let has_grown = all.len() > before;
        if all.len() > LIMIT {
            *self = Possible::Any;
        }
        has_grown
    }
}

/// What the values of a graph may be.
pub struct Values {
    values: IdVec<FunctionId, IdVec<ValueId, Possible>>,
    /// By function, exit and result.
    exits: IdVec<FunctionId, Vec<Vec<Possible>>>,
}

impl Values {
    /// Looks at a whole graph.
    pub fn of(graph: &Graph) -> Values {
        let exits = |function: &Function| {
            let known = if function.body.is_some() { Possible::NEVER } else { Possible::Any };
            function.signature.exits.iter().map(|exit| vec![known.clone(); exit.results.len()]).collect()
        };
        let none = |function: &Function| {
            function.body.iter().flat_map(|body| body.values.iter().map(|_| Possible::NEVER)).collect()
        };
        let mut found = Values {
            values: graph.functions.iter().map(none).collect(),
            exits: graph.functions.iter().map(exits).collect(),
        };
        found.open_entries(graph);
        while (Walk { graph, found: &mut found, has_changed: false }).goes_on() {}
        found
    }

    /// What one value may be.
    pub fn get(&self, function: FunctionId, value: ValueId) -> &Possible {
        &self.values[function][value]
    }

    /// What is called from elsewhere, or through an address, is given anything.
    fn open_entries(&mut self, graph: &Graph) {
        let addressed = addressed(graph);
        for (id, function) in graph.functions.enumerate() {
            let is_open = function.linkage != Linkage::Internal || addressed.contains(&id);
            if let (Some(body), true) = (&function.body, is_open) {
                body.blocks[BlockId(0)]
                    .params
                    .iter()
                    .for_each(|&value| self.values[id][value] = Possible::Any);
            }
        }
    }
}

/// The functions whose address somebody takes.
fn addressed(graph: &Graph) -> BTreeSet<FunctionId> {
    let in_data = graph.globals.iter().flat_map(|global| &global.relocations);
    let in_data = in_data.filter_map(|relocation| match relocation.target {
        Symbol::Function(id) => Some(id),
        Symbol::Global(_) => None,
    });
    let bodies = graph.functions.iter().filter_map(|function| function.body.as_ref());
    let insts = bodies.flat_map(|body| body.blocks.iter()).flat_map(|block| &block.insts);
    let in_code = insts.filter_map(|inst| match inst.op {
        Op::Const(Constant::Function(id)) => Some(id),
        _ => None,
    });
    in_data.chain(in_code).collect()
}

/// One walk over the graph.
struct Walk<'a> {
    graph: &'a Graph,
    found: &'a mut Values,
    has_changed: bool,
}

impl Walk<'_> {
    /// Walks; did it learn anything?
    fn goes_on(mut self) -> bool {
        for (id, function) in self.graph.functions.enumerate() {
            for block in function.body.iter().flat_map(|body| body.blocks.iter()) {
                block.insts.iter().for_each(|inst| self.inst(id, inst));
                self.terminator(id, &block.terminator);
            }
        }
        self.has_changed
    }

    fn learn(&mut self, function: FunctionId, value: ValueId, possible: &Possible) {
        self.has_changed |= self.found.values[function][value].add(possible);
    }

    fn inst(&mut self, function: FunctionId, inst: &Inst) {
        if let Op::Call { callee: Callee::Function(callee), args } = &inst.op {
            self.enter(function, *callee, args);
            let results = self.found.exits[*callee].first().cloned().unwrap_or_default();
            return self.learn_all(function, &inst.results, &results);
        }
        for &result in &inst.results {
            let possible = self.evaluate(function, &inst.op, result);
            self.learn(function, result, &possible);
        }
    }

    fn terminator(&mut self, function: FunctionId, terminator: &Terminator) {
        let Some(body) = &self.graph.functions[function].body else { return };
        terminator.targets(|target| {
            let params = &body.blocks[target.block].params;
            for (&param, &arg) in params.iter().zip(&target.args) {
                let possible = self.found.values[function][arg].clone();
                self.learn(function, param, &possible);
            }
        });
        match terminator {
            Terminator::Exit { index, values } => {
                for (number, &value) in values.iter().enumerate() {
                    let possible = self.found.values[function][value].clone();
                    self.has_changed |= self.found.exits[function][*index as usize][number].add(&possible);
                }
            }
            Terminator::Call { callee, args, exits } => {
                let callee = match callee {
                    Callee::Function(callee) => Some(*callee),
                    Callee::Pointer { .. } => None,
                };
                callee.iter().for_each(|&callee| self.enter(function, callee, args));
                for (index, &exit) in exits.iter().enumerate() {
                    let params = &body.blocks[exit].params;
                    let anything = || vec![Possible::Any; params.len()];
                    let results =
                        callee.map_or_else(anything, |callee| self.found.exits[callee][index].clone());
                    self.learn_all(function, params, &results);
                }
            }
            _ => {}
        }
    }

    /// What a caller passes is what the callee's parameters may be.
    fn enter(&mut self, caller: FunctionId, callee: FunctionId, args: &[ValueId]) {
        let Some(body) = &self.graph.functions[callee].body else { return };
        for (&param, &arg) in body.blocks[BlockId(0)].params.iter().zip(args) {
            let possible = self.found.values[caller][arg].clone();
            self.learn(callee, param, &possible);
        }
    }

    fn learn_all(&mut self, function: FunctionId, values: &[ValueId], possible: &[Possible]) {
        values.iter().zip(possible).for_each(|(&value, possible)| self.learn(function, value, possible));
    }

    /// What an instruction gives for everything its operands may be.
    fn evaluate(&self, function: FunctionId, op: &Op, result: ValueId) -> Possible {
        let Some(body) = &self.graph.functions[function].body else { return Possible::Any };
        let of = |value: &ValueId| &self.found.values[function][*value];
        let ty = body.values[result];
        match op {
            // The address of nothing is the only one that is known.
            Op::Const(Constant::Int(0) | Constant::Zero) if ty == Type::Pointer => return Possible::only(0),
            Op::Convert(Convert::PointerToInt | Convert::IntToPointer, value) => return of(value).clone(),
            Op::Select(condition, a, b) if *of(condition) == Possible::Any => {
                let mut either = of(a).clone();
                either.add(of(b));
                return either;
            }
            _ => {}
        }
        let mut operands = Vec::new();
        op.operands(|value| operands.push(value));
        let mut all = Possible::NEVER;
        for known in combinations(&operands, of).unwrap_or_else(|| vec![Vec::new()]) {
            let find = |value| known.iter().find(|(operand, _)| *operand == value).map(|(_, known)| *known);
            match fold::evaluate(body, op, ty, find) {
                Some(value) => all.add(&Possible::only(value)),
                None => return Possible::Any,
            };
        }
        all
    }
}

/// Every way the operands may be, where each is known; none where they are too many.
fn combinations<'p>(
    operands: &[ValueId],
    of: impl Fn(&ValueId) -> &'p Possible,
) -> Option<Vec<Vec<(ValueId, u128)>>> {
    let mut ways = vec![Vec::new()];
    for operand in operands {
        let Possible::OneOf(values) = of(operand) else { return None };
        let with = |way: &Vec<(ValueId, u128)>, value: u128| {
            way.iter().copied().chain([(*operand, value)]).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(|way| values.iter().map(|&value| with(way, value))).collect();
        if ways.len() > LIMIT * LIMIT {
            return None;
        }
    }
    Some(ways)
}
