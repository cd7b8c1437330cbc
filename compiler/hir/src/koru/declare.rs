//! What the loaded modules hold: events, keywords, implementations.
//!
//! In: trees. Out: tables by id. Total: it works on programs whose bodies are nonsense, because
//! build-time code must be able to look at them.

use super::implement::{Code, Implementation};
use super::{annotations, resolve, suggest, tables};
use crate::Context;
use crate::context::Event;
use crate::ids::{EventId, ModuleId};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name};
use koru_syntax::ast::{self, Annotations, ItemKind};
use std::sync::Arc;

/// Fills the tables, from every module in the order they were loaded.
pub fn declare(cx: &mut Context) {
    for module in cx.modules.ids() {
        crate::host::declare(cx, module);
        each_item(cx, module, |cx, item| {
            if let ItemKind::Event(event) = &item.kind {
                declare_event(cx, module, item, event);
            }
        });
    }
    for module in cx.modules.ids() {
        each_item(cx, module, |cx, item| match &item.kind {
            ItemKind::Proc(code) => implement(cx, module, &code.path, Code::Proc(code.clone())),
            ItemKind::Subflow(code) => implement(cx, module, &code.path, Code::Subflow(code.clone())),
            _ => {}
        });
    }
    separate_defaults(cx);
    tables::read(cx);
}

/// Declares what a transform added to a module, whose tree has it already.
pub(super) fn declare_made(cx: &mut Context, module: ModuleId, added: &[ast::Item]) {
    if added.iter().any(|item| matches!(item.kind, ItemKind::Host(_))) {
        crate::host::declare(cx, module);
    }
    for item in added {
        if let ItemKind::Event(event) = &item.kind {
            declare_event(cx, module, item, event);
        }
    }
    for item in added {
        match &item.kind {
            ItemKind::Proc(code) => {
                make_way(cx, module, &code.path);
                implement(cx, module, &code.path, Code::Proc(code.clone()));
            }
            ItemKind::Subflow(code) => {
                make_way(cx, module, &code.path);
                implement(cx, module, &code.path, Code::Subflow(code.clone()));
            }
            _ => {}
        }
    }
    separate_defaults(cx);
}

/// An override that a transform gives goes before one that is written, which becomes the default.
fn make_way(cx: &mut Context, module: ModuleId, path: &ast::Path) {
    let event = path.module.and_then(|_| super::implement::implemented(cx, module, path));
    let Some(event) = event else { return };
    let default = cx.events[event].name.join(Name::new("default"));
    if !cx.koru.events.contains_key(&(cx.events[event].module, default)) {
        let written = cx.koru.implementations.get_mut(&event).into_iter().flatten();
        written.for_each(|one| one.is_override = false);
    }
}

fn each_item(cx: &mut Context, module: ModuleId, mut visit: impl FnMut(&mut Context, &ast::Item)) {
    let tree = cx.modules[module].tree.clone();
    for item in
        tree.items.iter().filter(|item| annotations::is_active(cx, &item.annotations)).collect::<Vec<_>>()
    {
        visit(cx, item);
    }
}

fn declare_event(cx: &mut Context, module: ModuleId, item: &ast::Item, source: &Arc<ast::EventDecl>) {
    let (name, span) = (source.name.name, source.name.span);
    if let Some(&first) = cx.koru.events.get(&(module, name)) {
        let twice = Diagnostic::new(PARSE003, span, format!("event `{name}` is declared twice"));
        cx.sink.report(twice.also(cx.events[first].span, "first declared here"));
        return;
    }
    let annotations: Vec<_> = item.annotations.iter().chain(&source.shape_annotations).cloned().collect();
    if annotations.has("keyword") && !source.is_public {
        let private = Diagnostic::new(PARSE003, span, "a `[keyword]` event must be `pub`");
        cx.sink.report(private.help("write `~[keyword]pub event`"));
    }
    if annotations.has("!") && source.branches.len() > 1 {
        let message = "`[!]` marks the preferred disposal, which has at most one branch";
        cx.sink.report(Diagnostic::new(KORU083, span, message));
    }
    let is_keyword = annotations.has("keyword") && source.is_public;
    let is_glob = name.as_str().contains('*') && annotations.has("transform");
    let annotations = annotations.into();
    let event =
        cx.events.push(Event { module, name, source: source.clone(), annotations, signature: None, span });
    cx.koru.events.insert((module, name), event);
    if is_glob {
        cx.koru.transforms.globs.push(event);
    }
    if is_keyword {
        cx.koru.keywords.entry(name).or_default().push(event);
    }
}

/// Remembers the code of an event, which may be another module's.
fn implement(cx: &mut Context, module: ModuleId, path: &ast::Path, code: Code) {
    let Some(event) = implemented_event(cx, module, path, &code) else { return };
    let span = path.span;
    let implementation = Implementation { module, code, span, is_override: path.module.is_some() };
    let all = cx.koru.implementations.entry(event).or_default();
    let same = |other: &&Implementation| {
        other.variant() == implementation.variant() && other.is_override == implementation.is_override
    };
    if let Some(first) = all.iter().find(same) {
        let name = path.name.name;
        let twice = Diagnostic::new(KORU055, span, format!("event `{name}` is implemented twice"));
        let twice = twice.also(first.span, "first implemented here").help("remove one of them");
        cx.sink.report(twice);
        return;
    }
    all.push(implementation);
}

pub(super) fn implemented_event(
    cx: &mut Context,
    module: ModuleId,
    path: &ast::Path,
    code: &Code,
) -> Option<EventId> {
    let owner = match path.module {
        Some(name) => resolve::module(cx, name)?,
        None => module,
    };
    if let Some(&event) = cx.koru.events.get(&(owner, path.name.name)) {
        return Some(event);
    }
    let name = path.name.name;
    let (code, message) = match code {
        Code::Proc(_) => (KORU053, format!("proc `{name}` implements no event")),
        Code::Subflow(_) => (KORU040, format!("there is no event `{name}` to implement")),
    };
    let near = suggest::closest_event(cx, owner, name);
    let unknown = Diagnostic::new(code, path.name.span, message)
        .help_if(near, |near| format!("did you mean `{near}`?"));
    cx.sink.report(unknown.help(format!("declare it: `~event {name} {{}}`")));
    None
}

/// An event with a default and an override keeps the default as `e.default`.
fn separate_defaults(cx: &mut Context) {
    for event in cx.events.ids() {
        let Some(all) = cx.koru.implementations.get_mut(&event) else { continue };
        if !all.iter().any(|implementation| implementation.is_override) {
            continue;
        }
        let (overrides, defaults): (Vec<_>, Vec<_>) = all.drain(..).partition(|one| one.is_override);
        *all = overrides;
        if defaults.is_empty() {
            continue;
        }
        let mut copy = cx.events[event].clone();
        copy.name = copy.name.join(Name::new("default"));
        let key = (copy.module, copy.name);
        let default = cx.events.push(copy);
        cx.koru.events.insert(key, default);
        cx.koru.implementations.insert(default, defaults);
    }
}
