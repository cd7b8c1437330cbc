//! Koru itself: modules, events, flows, and the laws they obey.
//!
//! In: parsed modules. Out: [`crate::tree`], types and compile-time values, and diagnostics. Bodies are

/// What the Koru wing remembers between queries.
#[derive(Default)]
pub struct Memory {}
