//! The call that would discharge something, as an edit where exactly one can be written there.

use super::choose::{Choice, choose};
use super::discharge::{Exit, Leaving};
use super::held::Value;
use super::walk::Walk;
use super::End;
use koru_base::{Diagnostic, Span};

/// Adds to a diagnostic which events would discharge a value where a path ends.
pub fn way_out(walk: &mut Walk, open: Diagnostic, value: &Value, leaving: Leaving) -> Diagnostic {
    let ty = (&value.ty, value.module);
    let disposal = match choose(walk.cx, &value.states, ty, walk.is_comptime) {
        Choice::One(disposal) => disposal,
        Choice::Several(all) | Choice::None(all) => {
            let names: Vec<_> = all.iter().map(|one| format!("`{}`", walk.event_name(one.event))).collect();
            return match names.is_empty() {
                true => open.help("no event takes it: declare one whose input consumes this state"),
                false => open.help(format!("call {}", names.join(" or "))),
            };
        }
    };
    let event = walk.cx.events[disposal.event].clone();
    let input = event.source.inputs[disposal.input].name.name;
    let call = format!("{}({input}: {})", walk.event_name(disposal.event), value.shown);
    let is_named = value.places[0].arm != 0 && !value.shown.contains(' ');
    let is_visible = event.module == walk.module || event.source.is_public;
    let is_plain = event.source.branches.iter().all(|branch| branch.is_optional);
    match place(walk, leaving, value) {
        Some((span, before, after)) if is_named && is_visible && is_plain => {
            open.fix("call the event that takes it", span, format!("{before}{call}{after}"))
        }
        _ if !is_named => open.help(format!("bind it, and call `{}`", walk.event_name(disposal.event))),
        _ => open.help(format!("call `{call}` before")),
    }
}

/// Where a call is written so that it runs at the end of the path, with what stands around it.
fn place(walk: &Walk, leaving: Leaving, value: &Value) -> Option<(Span, &'static str, &'static str)> {
    let End::Steps(..) = leaving.end else { return None };
    let text = walk.cx.sources.slice(leaving.at);
    match leaving.how {
        // What an answer or a jump takes along is needed by it.
        Exit::Answer | Exit::Jump(_) if text.contains(&value.shown) => None,
        Exit::Answer | Exit::Jump(_) => Some((Span { end: leaving.at.start, ..leaving.at }, "", " |> ")),
        Exit::Path if text == "_" => Some((Span { end: leaving.at.start, ..leaving.at }, "", " |> ")),
        Exit::Path if text.trim_end().ends_with("|>") => Some((leaving.at.after(), " ", "")),
        Exit::Path => Some((leaving.at.after(), " |> ", "")),
    }
}
