//! Templates: events `[expand]`, whose calls a library replaces by the text that belongs to their name.
//!
//! In: the annotations of events. Out: which event runs for them. There is one in the program for all templates,
//! `native(expand)`, and one that derives what the answers of a template need, `native(answers)`.

use super::Invocation;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::Span;
use koru_syntax::ast::{Annotation, Annotations, Call, Ident, Item, Path};

/// Are calls of such an event replaced by a template?
pub(super) fn is_template(annotations: &[Annotation]) -> bool {
    annotations.has("expand") && !annotations.has("transform")
}

/// The event whose code says what stands for calls of a transform: itself, or a library's for all templates. None
/// where no library is loaded that has one.
pub fn runner(cx: &Context, event: EventId) -> Option<EventId> {
    if is_template(&cx.events[event].annotations) { offered(cx, "expand") } else { Some(event) }
}

/// The module in which the names of a transform's texts are looked up: its own. What the answers of a template need
/// says what the template's declaration says.
pub fn home_of_texts(cx: &Context, invocation: &Invocation) -> ModuleId {
    match invocation.derives {
        Some(event) if offers(cx, invocation.event, "answers") => cx.events[event].module,
        _ => cx.events[invocation.event].module,
    }
}

fn offered(cx: &Context, word: &str) -> Option<EventId> {
    cx.events.ids().find(|&event| offers(cx, event, word))
}

fn offers(cx: &Context, event: EventId, word: &str) -> bool {
    cx.events[event].annotations.call("native").unwrap_or_default() == [word]
}

/// The call that makes what the answers of a template need, told of its event.
pub(super) fn answers(cx: &Context, module: ModuleId, event: EventId, item: &Item) -> Option<Invocation> {
    let source = &cx.events[event].source;
    if !is_template(&item.annotations) || source.branches.is_empty() {
        return None;
    }
    let maker = offered(cx, "answers")?;
    let span: Span = source.name.span;
    let path = Path { module: None, name: Ident { name: cx.events[maker].name, span }, span };
    let call = Call { label: None, path, variant: None, args: Vec::new(), args_span: span, source: None };
    let annotations = item.annotations.clone();
    let derives = Some(event);
    Some(Invocation { module, event: maker, implements: None, call, arms: Vec::new(), annotations, derives })
}
