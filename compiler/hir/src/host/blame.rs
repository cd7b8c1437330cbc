//! Whose mistake it is: a generic function of a library fails where somebody called it wrongly.
//!
//! Calls are followed outwards, through instances and through code that is run. A mistake that shows in a
//! library is reported at the user's call; one in the user's own generic code names the call beside it.

use super::*;

/// A call of code the checker runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    /// `main.only(u8)`
    pub title: Name,
    pub span: Span,
    /// The body the call stands in, where that is not run itself.
    pub caller: Option<InstanceId>,
}

/// The diagnostic at the place of whoever can do something about it.
pub(super) fn blamed(cx: &Context, instance: Option<InstanceId>, mut diagnostic: Diagnostic) -> Diagnostic {
    let calls = calls(cx, instance);
    let user = calls.iter().find(|(span, _)| !is_library(cx, *span)).copied();
    let shown = diagnostic.primary.span;
    let Some((span, function)) = user else { return diagnostic };
    if !is_library(cx, shown) {
        return diagnostic.also(span, format!("`{function}` is made for this call"));
    }
    // Edits of a library's text are no help to its user.
    diagnostic.helps.iter_mut().for_each(|help| help.edits.clear());
    let text = std::mem::take(&mut diagnostic.primary.text);
    diagnostic.primary.span = span;
    diagnostic.secondary.clear();
    let text = if text.is_empty() { "it shows here".to_owned() } else { text };
    diagnostic.also(shown, text)
}

/// The calls that led here, innermost first.
fn calls(cx: &Context, instance: Option<InstanceId>) -> Vec<(Span, Name)> {
    /// Longer chains are recursion.
    const LIMIT: usize = 40;
    let mut calls = Vec::new();
    let mut outer = instance;
    for running in cx.host.running.iter().rev() {
        calls.push((running.span, running.title));
        outer = running.caller;
        if outer.is_some() {
            break;
        }
    }
    while let Some((id, (span, next))) = outer.and_then(|id| Some((id, *cx.host.requests.get(&id)?)))
        && calls.len() < LIMIT
    {
        calls.push((span, cx.instances[id].name));
        outer = next;
    }
    calls
}

fn is_library(cx: &Context, span: Span) -> bool {
    cx.modules.iter().any(|module| module.file == span.file && module.is_foundation)
}
