//! The host dialect: names, types, coercions, calls, generics, statements.
//!
//! In: host trees. Out: [`crate::tree`], types and compile-time values, and diagnostics. Bodies are
//! checked only when something reachable needs them; names in a checked body resolve at once.

/// What the host wing remembers between queries.
#[derive(Default)]
pub struct Memory {}
