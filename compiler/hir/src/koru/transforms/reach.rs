//! What code at build time may come to, by names alone: whose flows must be expanded before it runs.
//!
//! Flows name the events they call. Host code names them as `a_b_event`; every word of that form in a proc
//! counts, so that more is found than is needed, and never less.

use crate::Context;
use crate::ids::EventId;
use crate::koru::implement::{Code, Implementation};
use crate::koru::laws::each_call;
use crate::koru::resolve;
use koru_base::Name;
use koru_syntax::ast::SubflowBody;

/// The event with this full name.
pub fn event_of_name(cx: &Context, name: &str) -> Option<EventId> {
    let (module, event) = name.split_once(':')?;
    let module = *cx.koru.by_name.get(&Name::new(module))?;
    cx.koru.events.get(&(module, Name::new(event))).copied()
}

/// The event and all that its code may call, however far away.
pub fn reached(cx: &mut Context, event: EventId) -> Vec<EventId> {
    let mut found = vec![event];
    let mut next = 0;
    while next < found.len() {
        let code = cx.koru.implementations.get(&found[next]).cloned().unwrap_or_default();
        for one in code {
            for event in called(cx, found[next], &one) {
                if !found.contains(&event) {
                    found.push(event);
                }
            }
        }
        next += 1;
    }
    found
}

fn called(cx: &mut Context, event: EventId, one: &Implementation) -> Vec<EventId> {
    let mark = cx.sink.len();
    let mut found = Vec::new();
    match &one.code {
        Code::Subflow(code) => {
            if let SubflowBody::Flow(flow) = &code.body {
                let mut paths = Vec::new();
                each_call(&flow.steps, &flow.arms, &mut |call| paths.push(&call.path));
                let callees =
                    paths.into_iter().map(|path| resolve::event_inside(cx, one.module, path, Some(event)));
                found.extend(callees.flatten().map(|callee| callee.event));
            }
        }
        Code::Proc(code) => {
            let container = cx.modules[one.module].container;
            let words = cx
                .sources
                .slice(code.body_span)
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let words: Vec<_> = words.filter(|word| word.ends_with("_event")).map(Name::new).collect();
            found.extend(
                words.into_iter().filter_map(|word| resolve::event_by_host_name(cx, container, word)),
            );
        }
    }
    cx.sink.rewind(mark);
    found
}
