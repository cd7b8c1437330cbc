//! `~[derive(echo)]event e {..}`: declarations that a transform makes for an event.
//!
//! In: the declarations of a module. Out: for each name in `derive(..)` a call of that transform, which is told
//! of the event and answers with declarations.

use super::walk::Invocation;
use super::{is_transform, template};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use crate::koru::{annotations, resolve};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{Annotations, Call, Ident, Item, ItemKind, Path};

/// The calls that the declarations of a module ask for, in source order.
pub fn asked(cx: &mut Context, module: ModuleId) -> Vec<Invocation> {
    let tree = cx.modules[module].tree.clone();
    let mut found = Vec::new();
    for item in tree.items.iter().filter(|item| matches!(item.kind, ItemKind::Event(_))) {
        if !annotations::is_active(cx, &item.annotations) {
            continue;
        }
        if item.annotations.call("derive").is_some() {
            of_event(cx, module, item, &mut found);
        }
        if let ItemKind::Event(declared) = &item.kind
            && let Some(&event) = cx.koru.events.get(&(module, declared.name.name))
        {
            found.extend(template::answers(cx, module, event, item));
        }
    }
    found
}

fn of_event(cx: &mut Context, module: ModuleId, item: &Item, found: &mut Vec<Invocation>) {
    let ItemKind::Event(declared) = &item.kind else { return };
    let Some(&derived) = cx.koru.events.get(&(module, declared.name.name)) else { return };
    for part in &item.annotations {
        for name in part.call("derive").unwrap_or_default() {
            let path = path(name, part.span);
            let Some(event) = resolve::event(cx, module, &path).map(|callee| callee.event) else { continue };
            if is_transform(cx, event) {
                found.push(call(module, event, derived, path, item));
            } else {
                let message = format!("`{name}` is no transform, so it derives nothing");
                let wrong = Diagnostic::new(KORU706, part.span, message);
                cx.sink.report(wrong.also(cx.events[event].span, "declared here"));
            }
        }
    }
}

fn path(text: &str, span: Span) -> Path {
    let ident = |text: &str| Ident { name: Name::new(text), span };
    match text.rsplit_once(':') {
        Some((module, name)) => Path { module: Some(ident(module)), name: ident(name), span },
        None => Path { module: None, name: ident(text), span },
    }
}

fn call(module: ModuleId, event: EventId, derived: EventId, path: Path, item: &Item) -> Invocation {
    let span = path.span;
    let call = Call { label: None, path, variant: None, args: Vec::new(), args_span: span, source: None };
    let annotations = item.annotations.clone();
    let derives = Some(derived);
    Invocation { module, event, implements: None, call, arms: Vec::new(), annotations, derives }
}
