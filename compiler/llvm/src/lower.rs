//! Bodies: blocks with parameters become blocks with phis.
//!
//! The entry of LLVM's function holds the slots and goes on at block 0, which so may be jumped to like any
//! other. Where one terminator reaches a block by several edges, each edge gets a block of its own, since a
//! phi tells its values apart by the block they come from.

use crate::builder::{Builder, Value, integer};
use crate::context::Program;
use crate::{calls, inst};
use inkwell::basic_block::BasicBlock;
use inkwell::values::{FunctionValue, PhiValue, PointerValue};
use koru_base::bug;
use koru_base::idx::IdVec;
use koru_flow::cfg::Cfg;
use koru_flow::*;

/// A body under construction.
pub struct Lowering<'c, 'g, 'p> {
    pub program: &'p Program<'c, 'g>,
    pub function: &'g Function,
    pub body: &'g Body,
    pub slots: IdVec<SlotId, PointerValue<'c>>,
    value: FunctionValue<'c>,
    values: IdVec<ValueId, Option<Value<'c>>>,
    /// None for blocks that no path leads to.
    blocks: IdVec<BlockId, Option<Lowered<'c>>>,
}

struct Lowered<'c> {
    block: BasicBlock<'c>,
    phis: Vec<PhiValue<'c>>,
}

/// Gives every function its body.
pub fn bodies(program: &Program) {
    for (function, value) in program.graph.functions.iter().zip(program.functions.iter()) {
        if let (Some(body), &Some(value)) = (&function.body, value) {
            if let Some(lines) = &program.lines {
                lines.enter(function, value, &program.builder);
            }
            Lowering::new(program, function, body, value).run();
        }
    }
    if let Some(lines) = &program.lines {
        lines.finish(&program.builder);
    }
}

impl<'c, 'g, 'p> Lowering<'c, 'g, 'p> {
    fn new(
        program: &'p Program<'c, 'g>,
        function: &'g Function,
        body: &'g Body,
        value: FunctionValue<'c>,
    ) -> Self {
        let values = body.values.iter().map(|_| None).collect();
        let blocks = body.blocks.iter().map(|_| None).collect();
        Lowering { program, function, body, slots: IdVec::new(), value, values, blocks }
    }

    fn run(mut self) {
        let is_naked = self.function.signature.convention == Convention::Naked;
        let entry = (!is_naked).then(|| self.new_block());
        let order = Cfg::new(self.body).order;
        for &id in &order {
            let lowered = self.open(id);
            self.blocks[id] = Some(lowered);
        }
        if let Some(entry) = entry {
            self.enter(entry);
        }
        let preamble = self.program.lines.as_ref().map_or(0, |lines| lines.preamble(self.function));
        for &id in &order {
            self.builder().move_to(self.lowered(id).block);
            let preamble = if id == BlockId(0) { preamble } else { 0 };
            for (index, step) in self.body.blocks[id].insts.iter().enumerate() {
                if index >= preamble {
                    self.go_to(step.span);
                }
                inst::lower(&mut self, step);
            }
            self.go_to(self.body.blocks[id].span);
            self.terminate(&self.body.blocks[id].terminator);
        }
    }

    fn go_to(&self, span: koru_base::Span) {
        if let Some(lines) = &self.program.lines {
            lines.go_to(span, self.builder());
        }
    }

    /// The slots, then block 0 with the function's parameters.
    fn enter(&mut self, entry: BasicBlock<'c>) {
        self.builder().move_to(entry);
        let slot = |slot: &Slot| self.builder().slot(slot.size, slot.align);
        self.slots = self.body.slots.iter().map(slot).collect();
        let params = self.value.get_params();
        let start = self.flow(BlockId(0), &params);
        self.builder().jump(start);
    }

    /// An empty block with a phi for each parameter.
    fn open(&mut self, id: BlockId) -> Lowered<'c> {
        let block = self.new_block();
        self.builder().move_to(block);
        let mut phis = Vec::new();
        for &param in &self.body.blocks[id].params {
            let phi = self.builder().phi(self.program.types.of(self.body.values[param]));
            self.values[param] = Some(phi.as_basic_value());
            phis.push(phi);
        }
        Lowered { block, phis }
    }

    fn terminate(&mut self, terminator: &'g Terminator) {
        let builder = self.builder();
        match terminator {
            Terminator::Jump(target) => {
                let to = self.flow(target.block, &self.gets(&target.args));
                builder.jump(to);
            }
            Terminator::Branch { condition, then, otherwise } => {
                let condition = self.get(*condition);
                let [then, otherwise] = [then, otherwise].map(|target| self.edge(target, terminator));
                builder.branch(condition, then, otherwise);
            }
            Terminator::Switch { value, cases, default } => self.switch(*value, cases, default, terminator),
            Terminator::Exit { index, values } => {
                calls::leave(self.program, &self.function.signature, *index, &self.gets(values));
            }
            Terminator::Call { callee, args, exits } => self.call(callee, args, exits),
            Terminator::Unreachable => builder.unreachable(),
            Terminator::Trap => {
                self.program.intrinsic("llvm.trap", &[], &[]);
                builder.unreachable();
            }
        }
    }

    fn switch(
        &mut self,
        value: ValueId,
        cases: &[(u128, Target)],
        default: &Target,
        terminator: &Terminator,
    ) {
        let value = self.get(value);
        let ty = value.get_type().into_int_type();
        let case = |(number, target): &(u128, Target)| (integer(ty, *number), self.edge(target, terminator));
        let cases: Vec<_> = cases.iter().map(case).collect();
        let default = self.edge(default, terminator);
        self.builder().switch(value, &cases, default);
    }

    /// A call that goes on at the block of the exit taken.
    fn call(&mut self, callee: &'g Callee, args: &[ValueId], exits: &[BlockId]) {
        let (program, builder) = (self.program, self.builder());
        let signature = calls::signature(program, callee);
        let returned = calls::call(program, callee, self.address(callee), &self.gets(args));
        let here = builder.block();
        let arrive = |(index, &exit): (usize, &BlockId)| {
            let edge = self.new_block();
            builder.move_to(edge);
            let to = self.flow(exit, &returned.results(program, signature, index));
            builder.jump(to);
            edge
        };
        let edges: Vec<_> = exits.iter().enumerate().map(arrive).collect();
        builder.move_to(here);
        match edges.as_slice() {
            [] => builder.unreachable(),
            [only] => builder.jump(*only),
            [first @ .., last] => {
                let tag = returned.tag(builder);
                let ty = tag.get_type().into_int_type();
                let cases: Vec<_> = (0..).zip(first).map(|(tag, &edge)| (integer(ty, tag), edge)).collect();
                builder.switch(tag, &cases, *last);
            }
        }
    }

    /// The block to jump to from here for a target, one of `terminator`'s.
    fn edge(&self, target: &Target, terminator: &Terminator) -> BasicBlock<'c> {
        let args = self.gets(&target.args);
        let edges = terminator.successors().iter().filter(|&&block| block == target.block).count();
        if edges == 1 || args.is_empty() {
            return self.flow(target.block, &args);
        }
        let (here, edge) = (self.builder().block(), self.new_block());
        self.builder().move_to(edge);
        let to = self.flow(target.block, &args);
        self.builder().jump(to);
        self.builder().move_to(here);
        edge
    }

    /// Sends `args` from the current block to the parameters of another, which is returned.
    fn flow(&self, id: BlockId, args: &[Value<'c>]) -> BasicBlock<'c> {
        let (from, to) = (self.builder().block(), self.lowered(id));
        for (phi, arg) in to.phis.iter().zip(args) {
            phi.add_incoming(&[(arg, from)]);
        }
        to.block
    }

    fn builder(&self) -> &'p Builder<'c> {
        &self.program.builder
    }

    fn new_block(&self) -> BasicBlock<'c> {
        self.program.context.append_basic_block(self.value, "")
    }

    fn lowered(&self, id: BlockId) -> &Lowered<'c> {
        match &self.blocks[id] {
            Some(lowered) => lowered,
            None => bug!("llvm", "`{}`: {id} is not reached, yet jumped to", self.function.name),
        }
    }

    /// The address a call through a pointer goes to.
    pub fn address(&self, callee: &Callee) -> Option<Value<'c>> {
        match callee {
            Callee::Pointer { address, .. } => Some(self.get(*address)),
            Callee::Function(_) => None,
        }
    }

    /// The LLVM value of a value.
    pub fn get(&self, id: ValueId) -> Value<'c> {
        match self.values[id] {
            Some(value) => value,
            None => bug!("llvm", "`{}`: {id} is used before it is defined", self.function.name),
        }
    }

    /// The LLVM values of values.
    pub fn gets(&self, ids: &[ValueId]) -> Vec<Value<'c>> {
        ids.iter().map(|&id| self.get(id)).collect()
    }

    /// Defines a value.
    pub fn set(&mut self, id: ValueId, value: Value<'c>) {
        self.values[id] = Some(value);
    }
}
