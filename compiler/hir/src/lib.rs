//! Names, types and every check of the language; lowers what it checked.
//!
//! In: parsed modules. Out: one flow graph and diagnostics. The queries are memoised in
//! [`context::Context`]: `koru` declares modules, events and flows and checks Koru's laws, `host`
//! checks the host dialect, `evaluate` computes constants, `lower` turns [`tree`] into graphs.
//! After a body is checked no mistake of the user is left in it.

pub mod context;
pub mod evaluate;
pub mod host;
pub mod ids;
pub mod koru;
pub mod layout;
pub mod lower;
pub mod tree;
pub mod types;
pub mod value;

pub use context::Context;
