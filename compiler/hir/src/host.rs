//! The host dialect: Zig's syntax checked into [`crate::tree`], types and compile-time values.
//!
//! In: host trees and the tables of [`Context`]. Out: checked bodies, container fields, constants.
//! Everything is a query, made when something reachable asks: `decl`, `fields`, `instance`, `body`.
//! [`BodyChecker`] does the work: expected types flow down, checked expressions come back up.

mod arithmetic;
mod asm;
mod assign;
mod blame;
mod bodies;
mod builtins;
mod c_pointers;
mod calls;
mod coerce;
mod compare;
mod constants;
mod containers;
mod control;
mod decls;
mod doors;
mod errors;
mod expressions;
mod fold;
mod foreign;
mod generics;
mod imports;
mod info;
mod inline;
mod interpret;
mod join;
mod known;
mod literals;
mod loops;
mod making;
mod members;
mod memory;
mod peer;
mod places;
mod print;
mod query;
mod scope;
mod statements;
mod structs;
mod switch;
mod types;

#[cfg(test)]
pub(crate) mod tests;

pub use bodies::{body, check_proc};
pub use containers::{declare, fields, tag_enum};
pub use decls::{Declared, decl};
pub use doors::{exports, known_decl, known_value, zero};
pub use errors::error_names;
pub use generics::instance;
pub use imports::{BUILTIN, builtin_module};
pub use scope::{BodyChecker, Departed};
pub use types::check_type;

use crate::context::{Container, ContainerField, ContainerKind, Context, DeclState, Known, ResultShape};
use crate::ids::*;
use crate::tree::{
    Binary, Body, Callee, Compare, Convert, Expr, Intrinsic, Kind, Local, Place, SwitchCase, Unary,
};
use crate::types::{ErrorSet, FunctionType, Pointer, TupleField, Type};
use crate::value::{Base, Data, Float128, PointerValue, Step, Value};
use koru_base::diagnostic::closest;
use koru_base::idx::Id;
use koru_base::{Diagnostic, Name, Span, codes};
use koru_syntax::ast::Ident;
use koru_syntax::ast::host::{self as ast, PointerSize};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use std::sync::Arc;

/// What the host wing remembers between queries.
#[derive(Default)]
pub struct Memory {
    /// Container types by where they are written and what they see.
    containers: FxHashMap<containers::Origin, ContainerId>,
    /// The names of containers where they are declared.
    heads: FxHashMap<ContainerId, Span>,
    /// Anonymous struct types by their fields.
    anonymous: FxHashMap<Vec<(Name, TypeId, Option<Value>)>, ContainerId>,
    /// Containers whose `comptime` blocks were run.
    begun: FxHashSet<ContainerId>,
    /// Containers whose fields are being resolved.
    resolving: FxHashSet<ContainerId>,
    /// Functions whose signature holds for all calls.
    signatures: FxHashMap<FunctionId, Option<Rc<FunctionType>>>,
    instances: FxHashMap<generics::Key, InstanceId>,
    /// Results of functions the checker runs itself; none while one runs.
    results: FxHashMap<generics::Key, Option<Known>>,
    /// Names given to instances, to keep them unique.
    taken: FxHashMap<Name, u32>,
    /// Where an instance of a generic function was first asked for, and from which instance.
    requests: FxHashMap<InstanceId, (Span, Option<InstanceId>)>,
    /// Error sets of functions that say `!T`, as far as their bodies are checked.
    inferred: FxHashMap<InstanceId, errors::Inferred>,
    /// Calls the checker runs, innermost last.
    running: Vec<blame::Running>,
    /// Rounds of unrolled loops since the outermost call that is run began.
    rounds: u32,
    /// `@compileError` was reached: what follows it in the same body is not looked at.
    stopped: bool,
    /// Variables of code the checker runs.
    memory: FxHashSet<GlobalId>,
    /// Why the code that is run cannot go on in the checker: `evaluate` takes over.
    unrunnable: Option<Diagnostic>,
    opaque: Option<TypeId>,
    builtin: Option<ModuleId>,
    /// How deep checks are nested: a limit instead of a stack overflow.
    depth: u32,
}
