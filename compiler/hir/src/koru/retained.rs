//! Events that stay in the program though nothing reaches them: `[retain]` on the event or on what implements it.
//!
//! In: all declarations that are in force. Out: roots, visible by name so that no stage drops them. An event nobody
//! implements has nothing to keep.

use super::{annotations, implement, resolve, signature};
use crate::Context;
use crate::context::Linkage;
use crate::ids::{EventId, InstanceId};
use koru_syntax::ast::{Annotations, ItemKind, Path};

/// What is to stay.
pub fn retained(cx: &mut Context) -> Vec<InstanceId> {
    let mut events = Vec::new();
    for module in cx.modules.ids().collect::<Vec<_>>() {
        let tree = cx.modules[module].tree.clone();
        for item in tree.items.iter().filter(|item| item.annotations.has("retain")) {
            let path = match &item.kind {
                ItemKind::Event(event) => Path { module: None, name: event.name, span: event.name.span },
                ItemKind::Proc(code) => code.path.clone(),
                ItemKind::Subflow(code) => code.path.clone(),
                _ => continue,
            };
            if annotations::is_active(cx, &item.annotations) {
                events.extend(implement::implemented(cx, module, &path));
            }
        }
    }
    events.sort();
    events.dedup();
    events.into_iter().filter_map(|event| root(cx, event)).collect()
}

fn root(cx: &mut Context, event: EventId) -> Option<InstanceId> {
    let runs = !implement::is_comptime(cx, event) && resolve::word_of(cx, event).is_none();
    if !runs || cx.events[event].source.is_broken || !cx.koru.implementations.contains_key(&event) {
        return None;
    }
    signature(cx, event);
    let instance = implement::event_instance(cx, event);
    cx.instances[instance].linkage = Linkage::Export;
    Some(instance)
}
