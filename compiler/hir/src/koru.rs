//! Koru itself: modules, events, flows, and the laws they obey.
//!
//! In: parsed modules. Out: [`crate::tree`], types and compile-time values, and diagnostics.

use crate::Context;
use crate::context::{EventSignature, Known};
use crate::ids::{ContainerId, EventId, InstanceId, ModuleId};
use crate::tree::Body;
use koru_base::{Name, Span, bug};
use koru_syntax::ast::Ident;
use std::rc::Rc;

/// What the Koru wing remembers between queries.
#[derive(Default)]
pub struct Memory {}

/// The event host code means by `a_b_event` in a module's scope.
pub fn event_by_host_name(_: &Context, _: ContainerId, _: Name) -> Option<EventId> {
    None
}

/// `module.path:Name` as a type.
pub fn resolve_type(_: &mut Context, _: ModuleId, _: Ident, _: Ident) -> Option<Known> {
    None
}

/// The types of an event.
pub fn signature(_: &mut Context, event: EventId) -> Rc<EventSignature> {
    bug!("koru", "{event} has no signature")
}

/// What a call of an event reaches.
pub fn event_instance(_: &mut Context, event: EventId) -> InstanceId {
    bug!("koru", "{event} has no instance")
}

/// The body of an event or flow.
pub fn body(_: &mut Context, _: InstanceId) -> Option<Body> {
    None
}

/// A module for `@import(text)` of host code.
pub fn load_host_file(_: &mut Context, _: ModuleId, _: &str, _: Span) -> Option<ModuleId> {
    None
}
