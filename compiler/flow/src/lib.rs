//! The flow graph: what a checked program becomes on its way to LLVM, or to the evaluator.
//!
//! In: graphs made by [`builder`] or read from text. Out: verified, optimised graphs, and values
//! computed at build time. The one idea: a call has several exits, so a branch of an event is a jump
//! and not a union to be packed and unpacked. Read [`graph`] first. Nothing here knows Koru's grammar.

pub mod builder;
pub mod cfg;
pub mod edit;
pub mod eval;
pub mod graph;
pub mod passes;
pub mod possible;
pub mod system_calls;
pub mod text;
pub mod verify;

#[cfg(test)]
mod random;

pub use graph::*;
pub use passes::{optimize, sweep::Stripped};
pub use verify::{Violation, verify};
