//! The call that would discharge something, as an edit where exactly one can be written there.

use super::choose::{Choice, choose};
use super::discharge::{Exit, Leaving};
use super::held::Value;
use super::walk::Walk;
use koru_base::{Diagnostic, Name, Span};

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
    let name = walk.event_name(disposal.event);
    let Some(path) = value.written() else {
        return open.help(match leaving.how {
            Exit::Lacks(branch) => format!("handle `{branch}`, and call `{name}` there"),
            _ => format!("give it a name, and call `{name}`"),
        });
    };
    let call = format!("{name}({}: {path})", event.source.inputs[disposal.input].name.name);
    let is_visible = event.module == walk.module || event.source.is_public;
    let is_plain = event.source.branches.iter().all(|branch| branch.is_optional);
    match place(walk, leaving, &path) {
        Place::Edit(..) if !is_visible => open.help(format!("`{name}` takes it, and has to be `pub` for that")),
        Place::Edit(span, before, after) if is_plain => {
            open.fix("call the event that takes it", span, format!("{before}{call}{after}"))
        }
        Place::Edit(..) => open.help(format!("call `{call}`, and handle what it answers")),
        Place::Continuation(name) => open.help(format!("add a continuation: `| {name} |> {call}`")),
        Place::Needed => open.help(
            "hand it on by an output with `!`, or copy what is needed from it in front of the call that takes it",
        ),
    }
}

/// Where a call is written so that it runs at the end of a path.
enum Place {
    /// Here, with something around it.
    Edit(Span, &'static str, &'static str),
    /// In a continuation that is not there yet.
    Continuation(Name),
    /// Nowhere: what leaves needs it.
    Needed,
}

fn place(walk: &Walk, leaving: Leaving, path: &str) -> Place {
    let text = walk.cx.sources.slice(leaving.at);
    let before = Place::Edit(Span { end: leaving.at.start, ..leaving.at }, "", " |> ");
    match leaving.how {
        Exit::Lacks(name) => Place::Continuation(name),
        Exit::Answer | Exit::Jump(_) if text.contains(path) => Place::Needed,
        Exit::Answer | Exit::Jump(_) => before,
        Exit::Path if text == "_" => before,
        Exit::Path if text.trim_end().ends_with("|>") => Place::Edit(leaving.at.after(), " ", ""),
        Exit::Path => Place::Edit(leaving.at.after(), " |> ", ""),
    }
}
