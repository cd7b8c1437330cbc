//! Which event gives an obligation back.
//!
//! In: the states a value may be in. Out: the one event that takes all of them and needs nothing else, or
//! why there is none. Private events and those of every loaded module count.

use super::state::{self, State};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use crate::koru::implement;
use koru_base::Name;
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{Annotations, EventDecl};
use std::rc::Rc;

/// An event with an input that consumes.
#[derive(Clone, Debug)]
pub struct Disposal {
    pub event: EventId,
    pub input: usize,
    pub states: Vec<State>,
    pub obstacle: Option<Obstacle>,
    is_preferred: bool,
    is_comptime: bool,
}

/// Why an event cannot be called by the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// Somebody has to say what follows each of its branches.
    Branches,
    /// It needs this input too.
    Needs(Name),
}

pub enum Choice {
    One(Disposal),
    /// None that could be called; these would take the value if they were.
    None(Vec<Disposal>),
    Several(Vec<Disposal>),
}

/// Chooses for a value of a type in any of some states.
pub fn choose(cx: &mut Context, states: &[State], ty: (&Expr, ModuleId), is_comptime: bool) -> Choice {
    let takes = |one: &&Disposal| {
        states.iter().all(|state| one.states.contains(state)) && (is_comptime || !one.is_comptime)
    };
    let all = disposals(cx);
    let taking: Vec<_> = all.iter().filter(takes).cloned().collect();
    let (able, unable): (Vec<_>, Vec<_>) = taking.into_iter().partition(|one| one.obstacle.is_none());
    let able = of_type(cx, able, ty);
    let preferred: Vec<_> = able.iter().filter(|one| one.is_preferred).cloned().collect();
    match (&*able, &*preferred) {
        ([], _) => Choice::None(unable),
        ([only], _) | (_, [only]) => Choice::One(only.clone()),
        _ => Choice::Several(able),
    }
}

/// Those that take the type, by its name, where that tells some apart.
fn of_type(cx: &Context, able: Vec<Disposal>, (ty, module): (&Expr, ModuleId)) -> Vec<Disposal> {
    let wanted = type_name(cx, ty, module);
    let is_same = |one: &&Disposal| {
        let event = &cx.events[one.event];
        wanted.is_some() && type_name(cx, &event.source.inputs[one.input].ty.host, event.module) == wanted
    };
    let same: Vec<_> = able.iter().filter(is_same).cloned().collect();
    if same.is_empty() { able } else { same }
}

/// The name a type ends in, behind its pointers, and the module that has it.
fn type_name(cx: &Context, ty: &Expr, module: ModuleId) -> Option<(ModuleId, Name)> {
    match &*ty.kind {
        ExprKind::Pointer(pointer) => type_name(cx, &pointer.child, module),
        ExprKind::Optional(child) => type_name(cx, child, module),
        ExprKind::Name(name) => Some((module, *name)),
        ExprKind::Qualified { module, name } => Some((*cx.koru.by_name.get(&module.name)?, name.name)),
        _ => None,
    }
}

/// Every event that takes an obligation, in order of declaration.
fn disposals(cx: &mut Context) -> Rc<[Disposal]> {
    if cx.koru.phantoms.disposals.0 != cx.events.len() {
        let all = cx.events.ids().filter_map(|event| disposal(cx, event)).collect();
        cx.koru.phantoms.disposals = (cx.events.len(), all);
    }
    cx.koru.phantoms.disposals.1.clone()
}

fn disposal(cx: &Context, id: EventId) -> Option<Disposal> {
    let event = &cx.events[id];
    // The default of an overridden event is its copy under another name.
    if event.name != event.source.name.name {
        return None;
    }
    let is_consuming =
        |input: &koru_syntax::ast::Field| input.ty.phantom.as_ref().is_some_and(|it| it.consumes);
    let input = event.source.inputs.iter().position(is_consuming)?;
    let phantom = event.source.inputs[input].ty.phantom.as_ref()?;
    Some(Disposal {
        event: id,
        input,
        states: state::states(cx, event.module, phantom),
        obstacle: obstacle(&event.source, input),
        is_preferred: event.annotations.has("!"),
        is_comptime: implement::is_comptime(cx, id),
    })
}

fn obstacle(event: &EventDecl, input: usize) -> Option<Obstacle> {
    let is_needed = |field: &koru_syntax::ast::Field| {
        field.default.is_none() && !matches!(*field.ty.host.kind, ExprKind::Optional(_))
    };
    let others = event.inputs.iter().enumerate().filter(|(index, _)| *index != input);
    let needed = others.map(|(_, field)| field).find(|field| is_needed(field));
    match needed {
        _ if event.branches.len() > 1 => Some(Obstacle::Branches),
        Some(field) => Some(Obstacle::Needs(field.name.name)),
        None => None,
    }
}
