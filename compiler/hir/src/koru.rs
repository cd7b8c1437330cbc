//! Koru itself: modules, events, flows, and the laws they obey.
//!
//! In: parsed modules. Out: tables of events and implementations, diagnostics, and the checked bodies of
//! flows. `load` finds files, `declare` fills the tables, `laws` and `phantom` check every flow by
//! names alone, `flow` gives the reachable ones types. `taps` says who observes a transition, `implement`
//! picks the code behind an event.

mod aliases;
mod annotations;
mod arguments;
mod arms;
mod blocks;
mod commands;
mod comptime;
mod declare;
mod discharges;
mod flow;
mod format;
mod implement;
pub(crate) mod lasting;
mod laws;
mod libraries;
mod load;
mod phantom;
mod requires;
mod resolve;
mod retained;
mod signature;
mod suggest;
mod tables;
mod taps;
mod transforms;
mod trees;
mod words;

pub use aliases::Aliases;
pub use annotations::{Word, is_active};
pub use blocks::{callees, constructs, handle_rest, implementation, implemented_event, is_pure};
pub use commands::{
    argument_integer, argument_of, argument_text, asked_flags, called, command_call, has_flag, input_type,
    unreached,
};
pub use comptime::{calls_of_flow, comptime_flows, events_of_flow, flow_instance, number_call};
pub use implement::{
    Implementation, body, check_rest, event_instance, every_event, exports, exports_for, program, program_of,
    start_exports,
};
pub use libraries::Library;
pub use load::{Setup, load, load_host_file};
pub use phantom::AutoDischarge;
pub use requires::{FileKind, Required, Requires};
pub use resolve::{Callee, event_by_host_name, resolve_type};
pub use retained::retained;
pub use signature::{input_struct, signature};
pub use suggest::for_host_name;
pub use tables::{Command, Setting, Tables};
pub use transforms::{
    Answer, Code, Filling, Invocation, Made, Texts, Transformer, check_transforms, event_of_name, expand,
    expand_flow, expand_reached, home, home_of_made, home_of_texts, is_transform, reached, run_transform,
    runner,
};
pub use trees::Trees;

use crate::Context;
use crate::ids::{EventId, InstanceId, ModuleId};
use camino::Utf8PathBuf;
use koru_base::{Name, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What the Koru wing remembers between queries.
#[derive(Default)]
pub struct Memory {
    aliases: Aliases,
    /// The module whose public host declarations every code at build time sees.
    pub(crate) prelude: Option<ModuleId>,
    /// Options of the command line nobody knew: flags for conditional imports.
    flags: BTreeSet<String>,
    trees: Trees,
    by_file: FxHashMap<Utf8PathBuf, ModuleId>,
    by_name: FxHashMap<Name, ModuleId>,
    /// Namespaces of imports that failed, which was reported: nobody need say again that they lack something.
    failed_imports: FxHashSet<Name>,
    events: FxHashMap<(ModuleId, Name), EventId>,
    /// Events marked `[keyword]`, by the name they may be called with where their module is imported.
    keywords: FxHashMap<Name, Vec<EventId>>,
    /// Keywords of files nobody imports, once somebody asked.
    importable: Option<suggest::Keywords>,
    /// What each module imports, directly or not, once somebody asked.
    reached: FxHashMap<ModuleId, Rc<BTreeSet<ModuleId>>>,
    implementations: FxHashMap<EventId, Vec<Implementation>>,
    instances: FxHashMap<EventId, InstanceId>,
    pub taps: taps::Taps,
    /// Config, variants and commands, read as data before anything runs.
    pub tables: Tables,
    /// The numbers that calls of the program have for build-time code, by their paths.
    call_numbers: FxHashMap<Span, u32>,
    /// Text that transforms made.
    transforms: transforms::Memory,
    /// What is known of states, and what discharges them.
    phantoms: phantom::Phantoms,
    /// Items whose flows break a law: they get no types, so that one mistake is reported once.
    broken: FxHashSet<(ModuleId, usize)>,
    /// Events that transforms would have made, had it not been for mistakes that were told.
    pub withheld: FxHashSet<(ModuleId, Name)>,
}

/// Checks the laws of every flow of every module.
pub fn check(cx: &mut Context) {
    taps::read(cx);
    taps::name_points(cx);
    laws::check(cx);
}

impl Context<'_> {
    /// Is this the world of code that runs inside the compiler?
    pub fn is_build_time(&self) -> bool {
        *self.target == koru_base::targets::BUILD
    }

    /// The entry file's module.
    pub fn entry(&self) -> ModuleId {
        self.modules.enumerate().find(|(_, module)| module.is_entry).map_or(ModuleId(0), |(id, _)| id)
    }

    /// `std.io:print`
    pub fn event_name(&self, event: EventId) -> String {
        let event = &self.events[event];
        format!("{}:{}", self.modules[event.module].name, event.name)
    }
}
