//! The laws of one body: definitions, uses, edges. Types of operations are in `types.rs`.
//!
//! In: a body. Out: what it breaks. First ids must be in range; only then the rest is asked.

use super::program::{is_type, signature};
use super::{Check, Scope, Violation, ensure, types};
use crate::cfg::Cfg;
use crate::graph::*;
use koru_base::idx::{Id, IdVec};

/// What a body breaks.
pub(super) fn check(graph: &Graph, function: &Function, body: &Body) -> Vec<Violation> {
    let scope = Scope { graph, function, body };
    let mut violations = Vec::new();
    let mut note = |block: Option<BlockId>, check: Check| {
        violations.extend(check.err().map(|message| Violation { item: function.name, block, message }));
    };
    note(None, scope.table());
    for (id, block) in body.blocks.enumerate() {
        scope.ranges(block, |check| note(Some(id), check));
    }
    if !violations.is_empty() {
        return violations;
    }
    let mut note = |block: BlockId, check: Check| {
        let violation = |message| Violation { item: function.name, block: Some(block), message };
        violations.extend(check.err().map(violation));
    };
    note(BlockId(0), scope.entry());
    scope.definitions(&mut note);
    scope.uses(&mut note);
    for (id, block) in body.blocks.enumerate() {
        for inst in &block.insts {
            note(id, scope.at_inst(inst, types::check(scope, inst)));
        }
        note(id, scope.at_end(block, scope.terminator(&block.terminator)));
    }
    violations
}

impl<'a> Scope<'a> {
    /// Types and slots by themselves.
    fn table(self) -> Check {
        ensure(!self.body.blocks.is_empty(), "the body has no block")?;
        for (id, slot) in self.body.slots.enumerate() {
            ensure(
                slot.align.is_power_of_two(),
                format_args!("the alignment of {id} is not a power of two"),
            )?;
        }
        self.body.values.iter().try_for_each(|&ty| is_type(ty))
    }

    /// Are all ids a block names in range?
    fn ranges(self, block: &Block, mut note: impl FnMut(Check)) {
        let has = |value: ValueId| {
            ensure(self.body.values.get(value).is_some(), format_args!("there is no {value}"))
        };
        block.params.iter().for_each(|&value| note(has(value)));
        for inst in &block.insts {
            let mut check = inst.results.iter().try_for_each(|&value| has(value)).and(self.names(&inst.op));
            inst.op.operands(|value| check = std::mem::replace(&mut check, Ok(())).and(has(value)));
            note(self.at_inst(inst, check));
        }
        let mut check = match &block.terminator {
            Terminator::Call { callee, .. } => self.callee(callee),
            _ => Ok(()),
        };
        let and = |check: &mut Check, other| *check = std::mem::replace(check, Ok(())).and(other);
        block.terminator.operands(|value| and(&mut check, has(value)));
        for next in block.terminator.successors() {
            let is_there = self.body.blocks.get(next).is_some();
            and(&mut check, ensure(is_there, format_args!("there is no {next}")));
        }
        note(self.at_end(block, check));
    }

    /// Are the slots, functions and globals an operation names in range?
    fn names(self, op: &Op) -> Check {
        let Graph { functions, globals, .. } = self.graph;
        let is_there = match op {
            Op::Slot(slot) | Op::SlotLive(slot) | Op::SlotDead(slot) => self.body.slots.get(*slot).is_some(),
            Op::Const(Constant::Function(id)) => functions.get(*id).is_some(),
            Op::Const(Constant::Global(id)) => globals.get(*id).is_some(),
            Op::Call { callee, .. } => return self.callee(callee),
            _ => true,
        };
        ensure(is_there, "it names what is not there")
    }

    fn callee(self, callee: &Callee) -> Check {
        match callee {
            Callee::Function(id) => {
                ensure(self.graph.functions.get(*id).is_some(), "there is no such function")
            }
            Callee::Pointer { signature: of, .. } => signature(of),
        }
    }

    fn entry(self) -> Check {
        let params = self.types(&self.body.blocks[BlockId(0)].params);
        self.same("block 0 takes", &params, "the function", &self.function.signature.params)?;
        let leads_back = |block: &&Block| block.terminator.successors().contains(&BlockId(0));
        ensure(!self.body.blocks.iter().any(|block| leads_back(&block)), "a block leads back to the entry")
    }

    /// Is each value defined once at most?
    fn definitions(self, note: &mut impl FnMut(BlockId, Check)) {
        let mut is_defined = vec![false; self.body.values.len()];
        for (id, block) in self.body.blocks.enumerate() {
            let results = block.insts.iter().flat_map(|inst| &inst.results);
            for value in block.params.iter().chain(results) {
                let was_defined = std::mem::replace(&mut is_defined[value.index()], true);
                note(id, ensure(!was_defined, format_args!("{value} is defined twice")));
            }
        }
    }

    /// Is what a reachable block uses defined before?
    fn uses(self, note: &mut impl FnMut(BlockId, Check)) {
        let cfg = Cfg::new(self.body);
        let dominators = cfg.dominators();
        let homes = self.homes();
        for &id in &cfg.order {
            let block = &self.body.blocks[id];
            let is_before = |value: ValueId, at: usize| match homes[value] {
                None => Err(format!("{value} is defined nowhere")),
                Some((home, index)) if home == id => {
                    ensure(index <= at, format_args!("{value} is defined later"))
                }
                Some((home, _)) => ensure(
                    dominators.dominates(home, id),
                    format_args!("{value} is defined in {home}, which is not on every way here"),
                ),
            };
            for (at, inst) in block.insts.iter().enumerate() {
                inst.op.operands(|value| note(id, self.at_inst(inst, is_before(value, at))));
            }
            block.terminator.operands(|value| note(id, self.at_end(block, is_before(value, usize::MAX))));
        }
    }

    /// Where each value is defined: the block, and the number of the first instruction that may use it.
    fn homes(self) -> IdVec<ValueId, Option<(BlockId, usize)>> {
        let mut homes: IdVec<ValueId, _> = self.body.values.iter().map(|_| None).collect();
        for (id, block) in self.body.blocks.enumerate() {
            block.params.iter().for_each(|&value| homes[value] = Some((id, 0)));
            for (index, inst) in block.insts.iter().enumerate() {
                inst.results.iter().for_each(|&value| homes[value] = Some((id, index + 1)));
            }
        }
        homes
    }

    fn terminator(self, terminator: &Terminator) -> Check {
        let mut targets = Ok(());
        terminator.targets(|target| {
            targets = std::mem::replace(&mut targets, Ok(())).and_then(|()| self.target(target));
        });
        targets?;
        match terminator {
            Terminator::Branch { condition, .. } => {
                ensure(self.ty(*condition) == Type::BOOL, "a branch asks an i1")
            }
            Terminator::Switch { value, cases, .. } => self.switch(*value, cases),
            Terminator::Exit { index, values } => {
                let exit = self.function.signature.exits.get(*index as usize);
                let exit = exit.ok_or("the function has no such exit")?;
                self.same("it passes", &self.types(values), "the exit", &exit.results)
            }
            Terminator::Call { callee, args, exits } => self.call(callee, args, exits),
            Terminator::Jump(_) | Terminator::Unreachable | Terminator::Trap => Ok(()),
        }
    }

    fn target(self, target: &Target) -> Check {
        let params = self.types(&self.body.blocks[target.block].params);
        self.same("it passes", &self.types(&target.args), &target.block.to_string(), &params)
    }

    fn switch(self, value: ValueId, cases: &[(u128, Target)]) -> Check {
        let Type::Int(bits) = self.ty(value) else { return Err("a switch asks an integer".into()) };
        let mut numbers: Vec<_> = cases.iter().map(|(case, _)| *case).collect();
        let fits = |&case: &u128| bits >= 128 || case >> bits == 0;
        ensure(numbers.iter().all(fits), format_args!("a case does not fit i{bits}"))?;
        numbers.sort_unstable();
        ensure(numbers.windows(2).all(|pair| pair[0] != pair[1]), "a case is there twice")
    }

    fn call(self, callee: &Callee, args: &[ValueId], blocks: &[BlockId]) -> Check {
        let signature = self.graph.signature(callee).ok_or("there is no such function")?;
        let exits = &signature.exits;
        ensure(exits.len() != 1, "a call of a function with one exit stands within a block")?;
        self.args(callee, args)?;
        ensure(
            blocks.len() == exits.len(),
            format_args!("{} blocks for {} exits", blocks.len(), exits.len()),
        )?;
        for (&block, exit) in blocks.iter().zip(exits) {
            let params = self.types(&self.body.blocks[block].params);
            self.same(&format!("{block} takes"), &params, &format!("exit {}", exit.name), &exit.results)?;
        }
        Ok(())
    }

    /// Do the arguments of a call fit?
    pub(super) fn args(self, callee: &Callee, args: &[ValueId]) -> Check {
        if let Callee::Pointer { address, .. } = callee {
            ensure(self.ty(*address) == Type::Pointer, "it calls what is no address")?;
        }
        let signature = self.graph.signature(callee).ok_or("there is no such function")?;
        ensure(signature.convention != Convention::Naked, "a naked function cannot be called")?;
        let more = args.len().saturating_sub(signature.params.len());
        let declared = if signature.foreign.is_variadic { args.len() - more } else { args.len() };
        self.same("it passes", &self.types(&args[..declared]), "the callee", &signature.params)
    }

    /// Are the two lists of types the same?
    pub(super) fn same(self, verb: &str, found: &[Type], who: &str, wanted: &[Type]) -> Check {
        if found == wanted {
            return Ok(());
        }
        let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        Err(format!("{verb} ({}), {who} ({})", list(found), list(wanted)))
    }

    pub(super) fn types(self, values: &[ValueId]) -> Vec<Type> {
        values.iter().map(|&value| self.ty(value)).collect()
    }

    fn at_inst(self, inst: &Inst, check: Check) -> Check {
        check.map_err(|message| format!("`{}`: {message}", self.printer().inst(inst)))
    }

    fn at_end(self, block: &Block, check: Check) -> Check {
        check.map_err(|message| format!("`{}`: {message}", self.printer().terminator(&block.terminator)))
    }
}
