//! The laws of a graph. In: any graph. Out: what it breaks, each with the line that breaks it.
//!
//! ```text
//! GRAPH      No two functions or globals share a name.
//!            Internal and exported functions have a body; imported and build functions have none.
//!            A global's bytes fit its size; its relocations lie in its bytes, sorted, apart, over zeros.
//!            Alignments are powers of two. Ids are in range.
//! SIGNATURE  Integers have 1 to 65,535 bits, floats 16, 32, 64 or 128, vectors at least a lane.
//!            No two exits share a name. C: at most one exit, of at most one result.
//!            Naked: no parameters, no exits; the body is `asm`, then `unreachable`.
//! BODY       Block 0 takes the function's parameters, and nothing leads back to it.
//!            A value is defined once at most. What a reachable block uses is defined, and before.
//!            Values that nothing defines and blocks that nothing reaches are legal.
//! EDGES      A target passes what its block takes, in number and type. Several ways of one terminator
//!            may lead to one block, with different values.
//!            `exit` names an exit of the function and passes its results.
//!            A call that ends a block has a callee of no exit or several, one block an exit, whose
//!            parameters are that exit's results; a call within a block has a callee of one exit.
//! TYPES      Each operation has the operands and results its line in `verify/types.rs` says.
//! ```
//!
//! What these laws allow, every stage below must accept; what they forbid, no stage need expect.

mod body;
mod memory;
mod program;
mod types;

use crate::graph::*;
use crate::text::{Printer, print};
use koru_base::{Name, bug};
use std::fmt;

/// A law that does not hold somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The function or global.
    pub item: Name,
    /// The block, if it is inside a body.
    pub block: Option<BlockId>,
    /// What is wrong, with the line that is.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.item)?;
        if let Some(block) = self.block {
            write!(f, " {block}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Does the graph keep all laws?
pub fn verify(graph: &Graph) -> Result<(), Vec<Violation>> {
    let mut violations = program::check(graph);
    for function in graph.functions.iter() {
        if let Some(body) = &function.body {
            violations.extend(body::check(graph, function, body));
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// Stops the compiler where a stage left a graph that breaks a law.
pub fn expect_lawful(graph: &Graph, stage: &str) {
    if let Err(violations) = verify(graph) {
        let lines: Vec<_> = violations.iter().map(Violation::to_string).collect();
        bug!("flow", "the graph is broken after {stage}:\n{}\n\n{}", lines.join("\n"), print(graph));
    }
}

/// What a law is checked against.
#[derive(Clone, Copy)]
struct Scope<'a> {
    graph: &'a Graph,
    function: &'a Function,
    body: &'a Body,
}

/// What is wrong, without the line.
type Check = Result<(), String>;

impl Scope<'_> {
    /// Only for values that are in range.
    fn ty(&self, value: ValueId) -> Type {
        self.body.values[value]
    }

    fn printer(&self) -> Printer<'_> {
        Printer { graph: self.graph, signature: &self.function.signature, values: &self.body.values }
    }
}

/// Fails with a message unless the condition holds.
fn ensure(holds: bool, message: impl fmt::Display) -> Check {
    if holds { Ok(()) } else { Err(message.to_string()) }
}

#[cfg(test)]
mod tests;
