//! The ground every other crate stands on: places in files, names, ids, diagnostics, the targets table.
//!
//! In: nothing. Out: small values that every stage passes along. Start with [`span`] and [`diagnostic`].
//! Nothing here knows Koru's grammar, its types or LLVM.

pub mod bug;
pub mod codes;
pub mod diagnostic;
pub mod files;
pub mod idx;
pub mod level;
pub mod name;
pub mod render;
pub mod source;
pub mod span;
pub mod targets;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Edit, Help, Label, Severity, Sink};
pub use files::{Files, MemoryFiles};
pub use level::Level;
pub use name::Name;
pub use source::{FileId, Made, Position, Sources};
pub use span::Span;
pub use targets::Target;
