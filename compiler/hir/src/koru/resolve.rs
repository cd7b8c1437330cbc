//! Names of modules, events and their types, as flows write them.
//!
//! In: a path and the module it stands in. Out: ids, or a diagnostic with the name that was probably
//! meant. Local events win over keywords; a module part must be the whole namespace.

use super::{annotations, suggest, transforms};
use crate::Context;
use crate::context::{ContainerKind, Known};
use crate::ids::{ContainerId, EventId, ModuleId};
use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Name};
use koru_syntax::ast::{Annotations, Ident, ItemKind, Path};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What a call reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Callee {
    pub event: EventId,
    /// Implemented by the compiler.
    pub word: Option<annotations::Word>,
}

/// The module of a namespace.
pub fn module(cx: &mut Context, name: Ident) -> Option<ModuleId> {
    if let Some(&module) = cx.koru.by_name.get(&name.name) {
        return Some(module);
    }
    if failed_to_load(cx, name.name) {
        return None;
    }
    let unknown = Diagnostic::new(KORU047, name.span, format!("no module `{}` is loaded", name.name));
    let unknown = suggest::for_module(cx, name, unknown);
    cx.sink.report(unknown);
    None
}

/// Would the module be there, had an import not failed? `$a/b/c` brings `a.b.c`, what is below, and its parents.
fn failed_to_load(cx: &Context, name: Name) -> bool {
    let is_below = |outer: Name, inner: Name| {
        inner
            .as_str()
            .strip_prefix(outer.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    cx.koru.failed_imports.iter().any(|&failed| is_below(failed, name) || is_below(name, failed))
}

/// The event a path names in a flow of `from` that implements `implements`: inside an override the own
/// name, without a module, is the default.
pub fn event_inside(
    cx: &mut Context,
    from: ModuleId,
    path: &Path,
    implements: Option<EventId>,
) -> Option<Callee> {
    let from = transforms::home(cx, path.span, from);
    let own = implements.filter(|&event| {
        let event = &cx.events[event];
        path.module.is_none() && event.module != from && event.name == path.name.name
    });
    if let Some(own) = own {
        let key = (cx.events[own].module, cx.events[own].name.join(Name::new("default")));
        if let Some(&event) = cx.koru.events.get(&key) {
            return Some(Callee { event, word: None });
        }
    }
    event(cx, from, path)
}

/// The event a path names in `from`; of text a transform made, in the transform's module first.
pub fn event(cx: &mut Context, from: ModuleId, path: &Path) -> Option<Callee> {
    if let Some(home) = transforms::home_of_made(cx, path.span)
        && home != from
    {
        let mark = cx.sink.len();
        if path.module.is_some() || !cx.koru.events.contains_key(&(from, path.name.name)) {
            return event_of(cx, home, path);
        }
        let found = event_of(cx, home, path);
        cx.sink.rewind(mark);
        if found.is_some() {
            return found;
        }
    }
    event_of(cx, from, path)
}

fn event_of(cx: &mut Context, from: ModuleId, path: &Path) -> Option<Callee> {
    let found = match path.module {
        Some(name) => qualified(cx, from, name, path)?,
        None => unqualified(cx, from, path)?,
    };
    if cx.events[found].source.is_broken {
        return None;
    }
    Some(Callee { event: found, word: word_of(cx, found) })
}

/// The word of the compiler an event stands for.
pub fn word_of(cx: &Context, event: EventId) -> Option<annotations::Word> {
    annotations::word(&cx.events[event].annotations)
}

fn qualified(cx: &mut Context, from: ModuleId, name: Ident, path: &Path) -> Option<EventId> {
    let owner = module(cx, name)?;
    let found = cx.koru.events.get(&(owner, path.name.name)).copied();
    let Some(event) = found.or_else(|| transforms::glob(cx, Some(owner), path)) else {
        if cx.koru.withheld.contains(&(owner, path.name.name)) {
            return None;
        }
        let near = suggest::closest_event(cx, owner, path.name.name);
        let message = format!("module `{}` has no event `{}`", name.name, path.name.name);
        let unknown = Diagnostic::new(KORU040, path.name.span, message);
        cx.sink.report(match near {
            Some(near) => unknown.fix(format!("did you mean `{near}`?"), path.name.span, near.as_str()),
            None => unknown,
        });
        return None;
    };
    if owner != from && !is_visible(cx, event) {
        let message = format!(
            "cannot use the private event `{}` from module `{}`",
            cx.event_name(event),
            cx.modules[from].name
        );
        let span = cx.events[event].span;
        let private = Diagnostic::new(KORU044, path.span, message).also(span, "declared here without `pub`");
        cx.sink.report(private.help("mark the event as public with `~pub event`"));
        return None;
    }
    Some(event)
}

/// Public, or a declaration that is data for the compiler (a handler that may be overridden is
/// looked up without this test).
fn is_visible(cx: &Context, event: EventId) -> bool {
    let event = &cx.events[event];
    event.source.is_public || event.annotations.has("norun") || event.annotations.has("transform")
}

/// Has the module a proc of this name?
fn has_proc(cx: &Context, module: ModuleId, name: Name) -> bool {
    cx.modules[module].tree.items.iter().any(|item| match &item.kind {
        ItemKind::Proc(code) => code.path.module.is_none() && code.path.name.name == name,
        _ => false,
    })
}

fn unqualified(cx: &mut Context, from: ModuleId, path: &Path) -> Option<EventId> {
    let name = path.name.name;
    if let Some(&event) = cx.koru.events.get(&(from, name)) {
        return Some(event);
    }
    if let Some(event) = transforms::glob(cx, Some(from), path) {
        return Some(event);
    }
    match keywords(cx, from, name)[..] {
        [event] => return Some(event),
        [] => {
            if let Some(event) = transforms::glob(cx, None, path) {
                return Some(event);
            }
            // That a proc of this name lacks its event was told, and so was why an event could not be made.
            if !has_proc(cx, from, name) && !cx.koru.withheld.contains(&(from, name)) {
                let message = format!("no event `{name}` is visible here");
                let unknown = Diagnostic::new(KORU040, path.span, message);
                let unknown = suggest::for_event(cx, from, path.name, unknown);
                cx.sink.report(unknown);
            }
        }
        ref several => {
            let homes: Vec<_> = several.iter().map(|&event| format!("`{}`", cx.event_name(event))).collect();
            let ambiguous = Diagnostic::new(KORU210, path.span, format!("ambiguous keyword `{name}`"));
            cx.sink.report(
                ambiguous.note(format!("declared by {}", homes.join(", "))).help("write the module in front"),
            );
        }
    }
    None
}

/// The events a keyword means: those of modules that `from` imports, directly or not.
fn keywords(cx: &mut Context, from: ModuleId, name: Name) -> Vec<EventId> {
    let all = cx.koru.keywords.get(&name).cloned().unwrap_or_default();
    if all.is_empty() {
        return all;
    }
    let reached = reached(cx, from);
    all.into_iter().filter(|&event| reached.contains(&cx.events[event].module)).collect()
}

/// Every module that `from` imports, directly or not.
fn reached(cx: &mut Context, from: ModuleId) -> Rc<BTreeSet<ModuleId>> {
    if let Some(reached) = cx.koru.reached.get(&from) {
        return reached.clone();
    }
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(&cx.modules[module].imports);
        }
    }
    let reached = Rc::new(reached);
    cx.koru.reached.insert(from, reached.clone());
    reached
}

/// `module.path:Name` as a type.
pub fn resolve_type(cx: &mut Context, name: Ident, member: Ident) -> Option<Known> {
    let container = type_decl(cx, name, member)?;
    crate::host::known_decl(cx, container, member.name, member.span)
}

/// The host part that declares `module.path:Name` for all to see.
pub fn type_decl(cx: &mut Context, name: Ident, member: Ident) -> Option<ContainerId> {
    let owner = module(cx, name)?;
    let container = cx.modules[owner].container;
    let Some(decl) = cx.containers[container].decls.get(&member.name) else {
        let near =
            closest(member.name.as_str(), cx.containers[container].decls.keys().map(|name| name.as_str()));
        let message = format!("module `{}` has no type `{}`", name.name, member.name);
        let unknown = Diagnostic::new(KORU047, member.span, message);
        cx.sink.report(match near {
            Some(near) => unknown.fix(format!("did you mean `{near}`?"), member.span, near),
            None => unknown,
        });
        return None;
    };
    if !decl.is_public {
        let message = format!("`{}` is private to module `{}`", member.name, name.name);
        let private = Diagnostic::new(KORU047, member.span, message)
            .also(decl.source.span, "declared here without `pub`");
        cx.sink.report(private.help("mark the declaration as public with `pub const`"));
        return None;
    }
    Some(container)
}

/// The event host code means by `a_b_event` in a module's scope.
pub fn event_by_host_name(cx: &Context, container: ContainerId, name: Name) -> Option<EventId> {
    let stem = name.as_str().strip_suffix("_event")?;
    let owner = cx.containers.get(container).filter(|container| container.kind == ContainerKind::Module)?;
    let module = owner.module;
    let exact = cx.koru.events.get(&(module, Name::new(stem))).copied();
    let dotted = || {
        let mut candidates: Vec<_> = cx.koru.events.iter().collect();
        candidates.retain(|((owner, name), _)| *owner == module && name.as_str().replace('.', "_") == stem);
        candidates.into_iter().map(|(_, &event)| event).min()
    };
    exact.or_else(dotted)
}
