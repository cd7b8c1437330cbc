//! The evaluator: runs unoptimised graphs inside the compiler.
//!
//! In: a graph, a function, arguments. Out: which exit was taken with which results, or a [`Failure`] with the
//! calls that led there. A [`Machine`] outlives calls: globals keep their state, functions are decoded
//! once, and the graph may grow in between. Whatever the code does, the compiler goes on: memory is
//! checked byte by byte, steps, memory and depth are limited, and calls use no stack of ours.
//!
//! The embedder answers calls of `Linkage::Build` functions through [`World`], and reads results from [`Memory`].

mod arith;
mod calls;
mod code;
mod decode;
mod export;
mod failure;
mod float;
mod lanes;
mod limits;
mod memory;
mod step;
mod value;
mod warm;
mod wide;

#[cfg(test)]
mod tests;

pub use export::Freeze;
pub use failure::{Failure, FailureKind, Refusal};
pub use limits::Limits;
pub use memory::Memory;
pub use memory::blocks::Area;
pub use value::{Pointer, Value};

use crate::graph::{FunctionId, Graph, Symbol};
use koru_base::Name;

/// The world outside, as far as build-time code can reach it.
pub trait World {
    /// Answers a call of a `Linkage::Build` function by the results of its only exit.
    fn call(&mut self, name: Name, args: &[Value], memory: &mut Memory) -> Result<Vec<Value>, Refusal>;
}

/// A world that refuses everything: for constants, which depend on nothing outside.
pub struct NoWorld;

impl World for NoWorld {
    fn call(&mut self, name: Name, _: &[Value], _: &mut Memory) -> Result<Vec<Value>, Refusal> {
        Err(Refusal::refused(format!(
            "`{name}` cannot be called here: a constant depends on nothing outside"
        )))
    }
}

/// What a call came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The exit, as the function's signature counts them.
    pub exit: u32,
    /// One value for each result of that exit.
    pub results: Vec<Value>,
}

/// What becomes of the slots of the function that is called from outside, when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slots {
    /// They go, as in every call.
    End,
    /// They become blocks: results may point into them.
    Stay,
}

/// Memory and decoded functions of one graph.
pub struct Machine {
    limits: Limits,
    memory: Memory,
    stack: calls::Stack,
}

impl Default for Machine {
    fn default() -> Machine {
        Machine::new(Limits::default())
    }
}

impl Machine {
    /// A machine that has run nothing yet.
    pub fn new(limits: Limits) -> Machine {
        Machine { limits, memory: Memory::new(limits.memory_bytes), stack: calls::Stack::default() }
    }

    /// Calls a function; its own slots end with it.
    pub fn call(
        &mut self,
        graph: &Graph,
        world: &mut dyn World,
        function: FunctionId,
        args: &[Value],
    ) -> Result<Outcome, Failure> {
        self.call_with(graph, world, function, args, Slots::End)
    }

    /// Calls a function. The graph must be the one of earlier calls, grown at most: ids keep their
    /// meaning, and a body that was there stays.
    pub fn call_with(
        &mut self,
        graph: &Graph,
        world: &mut dyn World,
        function: FunctionId,
        args: &[Value],
        slots: Slots,
    ) -> Result<Outcome, Failure> {
        let mut run = calls::Run {
            graph,
            world,
            stack: &mut self.stack,
            memory: &mut self.memory,
            depth: self.limits.depth,
            fuel: self.limits.steps,
            slots,
        };
        run.call(function, args)
    }

    /// The address of a function or a global.
    pub fn address(&mut self, graph: &Graph, symbol: Symbol) -> Result<Pointer, Refusal> {
        self.memory.symbol(graph, symbol).map(|word| word.pointer())
    }

    /// Memory, to be read.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Memory, for arguments that point somewhere.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }
}
