//! Compile-time evaluation: a checked expression, lowered to a graph of its own and run.
//!
//! In: checked bodies. Out: [`crate::value::Value`]s. The evaluator of `koru_flow` sees only typed
//! graphs; here its memory becomes values again, by the layout of the type.

/// What evaluation keeps between runs.
#[derive(Default)]
pub struct Memory {}
