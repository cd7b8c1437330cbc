//! What is said about states: where the value came from, where it went, and what would help.

use super::call::Asked;
use super::choose::{Disposal, Obstacle};
use super::discharge::{Exit, Leaving};
use super::held::{Gone, How, Value};
use super::state::{self, State};
use super::walk::Walk;
use crate::ids::EventId;
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{Field, Type};

impl Walk<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.cx.sink.report(diagnostic);
    }

    fn states(&self, states: &[State]) -> String {
        state::show(self.cx, self.module, states)
    }

    /// An event as the flow writes it.
    pub(super) fn event_name(&self, event: EventId) -> String {
        match self.cx.events[event].module == self.module {
            true => self.cx.events[event].name.to_string(),
            false => self.cx.event_name(event),
        }
    }
}

/// Where a value came from.
fn with_origin(diagnostic: Diagnostic, walk: &Walk, value: &Value) -> Diagnostic {
    let states = walk.states(&value.states);
    let is_input = value.places[0].arm == 0 && Some(value.event) == walk.implements;
    let text = match (is_input, value.is_owed) {
        (true, _) => format!("an input in state `{states}`"),
        (_, true) => format!("brings {}, with the obligation `{states}`", value.shown),
        _ => format!("brings {}, in state `{states}`", value.shown),
    };
    diagnostic.also(value.made, text)
}

/// An argument that is no value with a state.
pub fn stateless(walk: &mut Walk, asked: &Asked, at: Span) {
    let (name, event) = (asked.input.name.name, walk.event_name(asked.event));
    let wanted = wanted(walk, &asked.states);
    let message =
        format!("input `{name}` of `{event}` takes a value {wanted}, and the state of this one is not known");
    let wrong = Diagnostic::new(KORU033, at, message).also(asked.phantom.span, "asked for here");
    let help = "states come with what events answer: pass a binding, or a field of one, as it was bound";
    walk.report(wrong.help(help));
}

fn wanted(walk: &Walk, states: &[State]) -> String {
    if states.is_empty() { "in some state".to_owned() } else { format!("in state `{}`", walk.states(states)) }
}

/// A value in another state. `twin`: what the same variable stands for already.
pub fn mismatch(walk: &mut Walk, asked: &Asked, value: &Value, twin: Option<Vec<State>>, at: Span) {
    let (name, event) = (asked.input.name.name, walk.event_name(asked.event));
    let has = walk.states(&value.states);
    let wants = twin.as_deref().unwrap_or(&asked.states);
    let message = format!(
        "{} is in state `{has}`, and input `{name}` of `{event}` wants `{}`",
        value.shown,
        walk.states(wants)
    );
    let asked_for = match twin {
        Some(_) => "the same variable as of another input",
        None => "asked for here",
    };
    let wrong = with_origin(Diagnostic::new(KORU033, at, message), walk, value);
    let wrong = with_namesakes(wrong.also(asked.phantom.span, asked_for), walk, &value.states, wants);
    let wrong = with_ways(wrong, walk, &value.states, wants);
    walk.report(wrong);
}

/// States of two modules that read the same.
fn with_namesakes(wrong: Diagnostic, walk: &Walk, has: &[State], wants: &[State]) -> Diagnostic {
    let is_namesake =
        |one: &&State| wants.iter().any(|other| other.name == one.name && other.module != one.module);
    match has.iter().find(is_namesake) {
        Some(state) => wrong.note(format!(
            "a state belongs to the module that declares it: this `{}` is the one of `{}`",
            state.name, walk.cx.modules[state.module].name
        )),
        None => wrong,
    }
}

/// The events that bring a value from one state to another.
fn with_ways(wrong: Diagnostic, walk: &Walk, has: &[State], wants: &[State]) -> Diagnostic {
    let leads = |event: EventId| {
        let (source, module) = (&walk.cx.events[event].source, walk.cx.events[event].module);
        let named = |ty: &Type, states: &[State]| {
            let found = ty.phantom.as_ref().map(|phantom| state::states(walk.cx, module, phantom));
            found.is_some_and(|found| states.iter().any(|state| found.contains(state)))
        };
        let outputs = super::types(source).skip(source.inputs.len());
        source.inputs.iter().any(|input| named(&input.ty, has))
            && outputs.into_iter().any(|ty| named(ty, wants))
    };
    let ways: Vec<_> = walk.cx.events.ids().filter(|&event| leads(event)).collect();
    match list(walk, &ways) {
        Some(list) => {
            wrong.help(format!("{list} leads from `{}` to `{}`", walk.states(has), walk.states(wants)))
        }
        None => wrong,
    }
}

/// An answer that promises another state.
pub fn wrong_output(walk: &mut Walk, value: &Value, declared: Span, wants: &[State], at: Span) {
    let (has, wanted) = (walk.states(&value.states), walk.states(wants));
    let message = format!("{} is in state `{has}`, and this answer promises `{wanted}`", value.shown);
    let wrong = with_origin(Diagnostic::new(KORU033, at, message), walk, value);
    let wrong = with_namesakes(wrong.also(declared, "promised here"), walk, &value.states, wants);
    let wrong = with_ways(wrong, walk, &value.states, wants);
    walk.report(wrong);
}

/// A value that is gone.
pub fn used_after(walk: &mut Walk, value: &Value, gone: Gone, at: Span) {
    let message = format!("{} was disposed of and cannot be used", value.shown);
    let by = match gone.how {
        How::Consumed(event) => format!("`{}` took it here", walk.event_name(event)),
        How::Handed => "handed on here".to_owned(),
    };
    let used = Diagnostic::new(KORU034, at, message).also(gone.at, by);
    walk.report(
        with_origin(used, walk, value).help("use it first, and dispose of it when nobody needs it any more"),
    );
}

/// Something of the outside that a scope takes away.
pub fn outer(walk: &mut Walk, value: &Value, scope: Span, at: Span) {
    let message = format!("{} was made outside of this scope and cannot be disposed of inside", value.shown);
    let wrong = with_origin(Diagnostic::new(KORU032, at, message), walk, value);
    let wrong = wrong.also(scope, "what begins here may run several times, or never");
    walk.report(wrong.help("dispose of it behind, or leave it: it is discharged where its path ends"));
}

/// An input that is only lent, or what a tap looks at.
pub fn borrowed(walk: &mut Walk, value: &Value, at: Span) {
    let states = walk.states(&value.states);
    let is_input = value.places[0].arm == 0;
    let owner = if is_input { "the caller" } else { "the flow that is observed" };
    let message = format!("{} belongs to {owner} and cannot be disposed of here", value.shown);
    let wrong = Diagnostic::new(KORU032, at, message);
    walk.report(match is_input {
        true => wrong
            .also(value.declared, "lent, as there is no `!` in front")
            .help(format!("declare the input `[!{states}]` if this event shall take it away")),
        false => wrong.also(value.made, "observed here"),
    });
}

/// A jump that goes round without what the next round needs.
pub fn before_jump(walk: &mut Walk, value: &Value, taken: Span, label: Name, jump: Span) {
    let message =
        format!("{} is disposed of in a round of `@{label}`, and the next one needs it", value.shown);
    let wrong = with_origin(Diagnostic::new(KORU032, taken, message), walk, value);
    let wrong = wrong.also(jump, "the next round begins here");
    walk.report(wrong.help("dispose of it on the path that leaves the loop"));
}

/// A jump into an arm from outside of it.
pub fn into_arm(walk: &mut Walk, shown: &str, made: Span, label: Name, jump: Span) {
    let message = format!("`@{label}` stands where {shown} is held, and this jump comes without it");
    let wrong = Diagnostic::new(KORU036, jump, message).also(made, format!("{shown} is bound here"));
    walk.report(wrong.help("jump from inside this continuation only, or put the label outside of it"));
}

/// A jump passes an obligation to an input that knows nothing of states.
pub fn dropped(walk: &mut Walk, value: &Value, input: &Field, label: Name, at: Span) {
    let (name, states) = (input.name.name, walk.states(&value.states));
    let message =
        format!("the jump `@{label}` drops the obligation of {}: `{name}` takes no state", value.shown);
    let wrong = with_origin(Diagnostic::new(KORU036, at, message), walk, value);
    walk.report(wrong.also(input.span, "passed to this input").help(format!("declare it `[!{states}]`")));
}

/// Something reached through what is discharged leaves the flow.
pub fn escapes(walk: &mut Walk, value: &Value, output: Option<&Type>, at: Span) {
    let message = format!("this would outlive {}, which is discharged before", value.shown);
    let mut wrong = with_origin(Diagnostic::new(KORU037, at, message), walk, value);
    let states = walk.states(&value.states);
    match output {
        Some(ty) => {
            wrong = wrong.also(ty.span, "goes out as this, without an obligation");
            if at == value.made || ty.phantom.is_some() || is_whole(walk, value, at) {
                wrong = wrong.help(format!("declare it `[{states}!]`, so that the caller discharges it"));
            } else {
                wrong = wrong.help("copy what it leads to, or hand on what it belongs to");
            }
        }
        None => {
            wrong = wrong.help("an accumulator holds nothing that has to be discharged: copy what is needed")
        }
    }
    walk.report(wrong);
}

fn is_whole(walk: &Walk, value: &Value, at: Span) -> bool {
    value.written().is_some_and(|path| path == walk.cx.sources.slice(at))
}

/// Something is owed, and `--auto-discharge=disable` leaves it to the program.
pub fn undisposed(walk: &mut Walk, value: &Value, leaving: Leaving) {
    let states = walk.states(&value.states);
    let message = match leaving.how {
        Exit::Jump(label) => {
            format!("the jump `@{label}` drops the obligation `{states}` of {}", value.shown)
        }
        _ => format!("{} is not disposed of: it still owes `{states}`", value.shown),
    };
    let open = at_end(Diagnostic::new(leaving.code(), leaving.at, message), walk, value, leaving);
    let open = super::suggest::way_out(walk, open, value, leaving);
    walk.report(open);
}

/// The origin of what is owed, and the path that leaves without it.
fn at_end(open: Diagnostic, walk: &Walk, value: &Value, leaving: Leaving) -> Diagnostic {
    let open = with_origin(open, walk, value);
    match walk.trail.last() {
        Some(head) if !head.contains(value.made) && !head.contains(leaving.at) => {
            open.also(*head, "on this path")
        }
        _ => open,
    }
}

/// What is owed is said once for each state: one declaration is missing.
fn is_said(walk: &mut Walk, states: &[State]) -> bool {
    let said = &mut walk.cx.koru.phantoms.said;
    let is_said = said.iter().any(|other| other == states);
    if !is_said {
        said.push(states.to_vec());
    }
    is_said
}

/// No event takes what is owed.
pub fn nobody(
    walk: &mut Walk,
    value: &Value,
    states: &[State],
    shown: &str,
    unable: &[Disposal],
    leaving: Leaving,
) {
    if is_said(walk, states) {
        return walk.failed();
    }
    let owed = walk.states(states);
    let message = format!("{shown} owes `{owed}`, and no event discharges that by itself");
    let mut open = at_end(Diagnostic::new(leaving.code(), leaving.at, message), walk, value, leaving);
    for one in unable {
        let name = walk.event_name(one.event);
        let span = walk.cx.events[one.event].span;
        let text = match one.obstacle {
            Some(Obstacle::Needs(input)) => format!("`{name}` needs `{input}` too: call it yourself"),
            _ => format!("`{name}` has several branches: call it yourself"),
        };
        open = open.also(span, text);
    }
    if unable.is_empty() {
        open = open
            .help(format!("declare one: an event with a single input `[!{owed}]` and at most one branch"));
    }
    walk.report(open);
}

/// Several events take what is owed.
pub fn several(
    walk: &mut Walk,
    value: &Value,
    states: &[State],
    shown: &str,
    able: &[Disposal],
    leaving: Leaving,
) {
    if is_said(walk, states) {
        return walk.failed();
    }
    let owed = walk.states(states);
    let message = format!("{shown} owes `{owed}`, and several events discharge that");
    let mut open = at_end(Diagnostic::new(leaving.code(), leaving.at, message), walk, value, leaving);
    for one in able {
        let event = &walk.cx.events[one.event];
        open = open.also(event.span, "this one");
    }
    let events: Vec<_> = able.iter().map(|one| one.event).collect();
    let list = list(walk, &events).unwrap_or_default();
    walk.report(open.help(format!("call one of {list}, or mark the usual one: `~[!]event ..`")));
}

/// What discharges owes again, without end.
pub fn circle(walk: &mut Walk, value: &Value, leaving: Leaving) {
    let message =
        format!("discharging {} goes round in circles: each answer owes something again", value.shown);
    let open = at_end(Diagnostic::new(leaving.code(), leaving.at, message), walk, value, leaving);
    walk.report(open.help("call an event that ends it"));
}

/// What `--auto-discharge=warn` is for.
pub fn inserted(walk: &mut Walk, value: &Value, states: &[State], shown: &str, event: EventId, at: Span) {
    let (name, owed) = (walk.cx.event_name(event), walk.states(states));
    let message = format!("inserting `{name}` to dispose {shown} (state: {owed})");
    let warning = Diagnostic::warning(AUTO_DISCHARGE, at, message);
    let warning = with_origin(warning, walk, value);
    walk.report(warning);
}

/// `a`, `b` and `c`.
fn list(walk: &Walk, events: &[EventId]) -> Option<String> {
    let names: Vec<_> = events.iter().map(|&event| format!("`{}`", walk.event_name(event))).collect();
    let (last, before) = names.split_last()?;
    Some(if before.is_empty() { last.clone() } else { format!("{} or {last}", before.join(", ")) })
}
