//! Purity: what is declared `[pure]` calls only what is pure.
//!
//! In: a flow that implements an event. Out: a warning where a call reaches code nobody calls pure. A proc
//! is pure where it or its event says so; a flow is pure if everything it calls is, itself included;
//! `[opaque]` hides code from the question.

use super::each_call;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use crate::koru::annotations::Word;
use crate::koru::implement::{self, Code};
use crate::koru::resolve;
use koru_base::codes::*;
use koru_base::{Diagnostic, Span};
use koru_syntax::ast::{Annotations, Item, ItemKind, Path, Subflow, SubflowBody};
use std::sync::Arc;

/// Warns of a flow that is declared pure and calls what is not.
pub fn check(cx: &mut Context, module: ModuleId, item: &Item, event: EventId, subflow: &Subflow) {
    let declared = &cx.events[event];
    if !declared.annotations.has("pure") && !item.annotations.has("pure") {
        return;
    }
    // What a library says of itself is for those who write it.
    if !cx.koru.aliases.is_own(cx.sources.path(cx.modules[module].file)) {
        return;
    }
    let name = declared.name;
    for path in paths(subflow) {
        let mut seen = vec![event];
        if let Some(impure) = impurity(cx, module, event, &path, &mut seen) {
            let message = format!("`{name}` is declared `[pure]` and calls what is not");
            let warning = Diagnostic::warning(KORU058, path.span, message);
            let warning = warning.also(impure, "nothing says that this is pure");
            cx.sink.report(warning.help("write `[pure]` there, if it has no effect but its answer"));
        }
    }
}

/// Does everything that a call of the event reaches say that it is pure?
pub fn is_pure(cx: &mut Context, event: EventId) -> bool {
    impurity_of(cx, event, &mut vec![event]).is_none()
}

/// What the calls of a flow name, in source order.
fn paths(subflow: &Subflow) -> Vec<Path> {
    let mut paths = Vec::new();
    if let SubflowBody::Flow(flow) = &subflow.body {
        each_call(&flow.steps, &flow.arms, &mut |call| paths.push(call.path.clone()));
    }
    paths
}

/// Where the code stands that makes a call impure.
fn impurity(
    cx: &mut Context,
    from: ModuleId,
    caller: EventId,
    path: &Path,
    seen: &mut Vec<EventId>,
) -> Option<Span> {
    let mark = cx.sink.len();
    let callee = resolve::event_inside(cx, from, path, Some(caller));
    cx.sink.rewind(mark);
    let callee = callee?;
    match callee.word {
        Some(Word::Format(_)) => return Some(cx.events[callee.event].span),
        Some(_) => return None,
        None => {}
    }
    if seen.contains(&callee.event) || implement::is_comptime(cx, callee.event) {
        return None;
    }
    seen.push(callee.event);
    impurity_of(cx, callee.event, seen)
}

fn impurity_of(cx: &mut Context, event: EventId, seen: &mut Vec<EventId>) -> Option<Span> {
    let annotations = cx.events[event].annotations.clone();
    if annotations.has("opaque") {
        return Some(cx.events[event].span);
    }
    if annotations.has("pure") {
        return None;
    }
    let chosen = implement::choose(cx, event)?;
    match &chosen.code {
        Code::Proc(code) => {
            let tree = cx.modules[chosen.module].tree.clone();
            let is_this =
                |item: &&Item| matches!(&item.kind, ItemKind::Proc(other) if Arc::ptr_eq(other, code));
            let own = tree.items.iter().find(is_this).map(|item| &item.annotations);
            let is_pure = own.is_some_and(|own| own.has("pure") && !own.has("opaque"));
            (!is_pure).then_some(chosen.span)
        }
        Code::Subflow(code) => {
            paths(code).iter().find_map(|path| impurity(cx, chosen.module, event, path, seen))
        }
    }
}
