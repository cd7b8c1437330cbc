//! The laws of flows that need names alone: every branch handled once and none unknown, payloads bound,
//! guards complete, labels declared, arguments fitting, every path of a subflow ending in a branch.
//!
//! In: flows of every loaded module. Out: diagnostics, and which items break a law; those get no types
//! later, so that one mistake is reported once.

mod bindings;
mod branches;
mod labels;
mod observed;

pub use branches::head;
pub use labels::each_call;

use super::annotations::{self, Word};
use super::resolve::{self, Callee};
use super::taps::{self, Site};
use super::{arguments, implement, phantom, transforms};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{
    Call, Constructor, Continuation, Flow, Item, ItemKind, Pattern, Step, StepKind, SubflowBody,
};

/// Checks every flow of every module that is in force.
pub fn check(cx: &mut Context) {
    phantom::check_declarations(cx);
    for module in cx.modules.ids() {
        let tree = cx.modules[module].tree.clone();
        for (index, item) in tree.items.iter().enumerate() {
            if !annotations::is_active(cx, &item.annotations) {
                continue;
            }
            let before = cx.sink.len();
            check_item(cx, module, index, item);
            if has_errors(cx, before) {
                cx.koru.broken.insert((module, index));
            }
        }
    }
}

/// Checks what a flow does with states, if it keeps the other laws.
fn states(
    cx: &mut Context,
    module: ModuleId,
    implements: Option<EventId>,
    code: phantom::Code,
    before: usize,
) {
    if !has_errors(cx, before) {
        phantom::plan(cx, module, implements, code);
    }
}

fn has_errors(cx: &Context, before: usize) -> bool {
    cx.sink.iter().skip(before).any(|found| found.severity == koru_base::Severity::Error)
}

fn check_item(cx: &mut Context, module: ModuleId, index: usize, item: &Item) {
    let site = Site::of_flow(cx, module, &item.annotations);
    let before = cx.sink.len();
    match &item.kind {
        ItemKind::Flow(flow) if taps::tap_call(cx, module, flow).is_some() => {
            let tap = cx.koru.taps.of_item(module, index);
            let site = tap.map_or(Site::default(), |tap| site.inside(cx, tap));
            Laws::new(cx, module, None, site).tap(flow);
            states(cx, module, None, phantom::Code::Flow(flow.clone()), before);
        }
        ItemKind::Flow(flow) if is_checked(cx, module, flow) => {
            Laws::new(cx, module, None, site).flow(flow);
            states(cx, module, None, phantom::Code::Flow(flow.clone()), before);
        }
        ItemKind::Subflow(subflow) => {
            let Some(event) = implement::implemented(cx, module, &subflow.path) else { return };
            let mut laws = Laws::new(cx, module, Some(event), site);
            match &subflow.body {
                SubflowBody::Flow(flow) => laws.flow(flow),
                SubflowBody::Constructor(made) => laws.constructor(made),
            }
            states(cx, module, Some(event), phantom::Code::Subflow(subflow.clone()), before);
        }
        _ => {}
    }
}

/// Flows that are data for the compiler have their own readers.
fn is_checked(cx: &mut Context, module: ModuleId, flow: &Flow) -> bool {
    let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind) else { return true };
    let mark = cx.sink.len();
    let callee = resolve::event(cx, module, &call.path);
    let problems = cx.sink.rewind(mark);
    match callee {
        Some(callee) => callee.word.map_or(!implement::is_comptime(cx, callee.event), Word::runs),
        None => {
            problems.into_iter().for_each(|problem| cx.sink.report(problem));
            true
        }
    }
}

/// A walk over one flow.
struct Laws<'c, 'w> {
    cx: &'c mut Context<'w>,
    module: ModuleId,
    /// The event the flow implements.
    implements: Option<EventId>,
    labels: Vec<(Name, Option<EventId>)>,
    /// Must the current path end in a branch? Not in a loop's body, nor where nothing is implemented.
    must_exit: bool,
    /// Are we inside a `capture`, where `captured` is a constructor?
    captures: u32,
    /// What taps make of where we are.
    site: Site,
    /// How many calls of the flow were looked at.
    calls: u32,
}

impl<'c, 'w> Laws<'c, 'w> {
    fn new(cx: &'c mut Context<'w>, module: ModuleId, implements: Option<EventId>, site: Site) -> Self {
        let must_exit = implements.is_some_and(|event| !cx.events[event].source.branches.is_empty());
        Laws { cx, module, implements, labels: Vec::new(), must_exit, captures: 0, site, calls: 0 }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.cx.sink.report(diagnostic);
    }

    fn flow(&mut self, flow: &Flow) {
        self.collect_labels(flow);
        self.steps(&flow.steps, &flow.arms, flow.span);
    }

    /// Steps one after the other; the arms belong to the last.
    fn steps(&mut self, steps: &[Step], arms: &[Continuation], at: Span) {
        let Some((last, before)) = steps.split_last() else {
            return self.path_ends(at);
        };
        for step in before {
            self.passing_step(step);
        }
        // What stands behind the end of a path was complained about; that it does not end is no news.
        let ends = |step: &Step| !matches!(step.kind, StepKind::Call(_));
        let outer = self.must_exit;
        self.must_exit &= !before.iter().any(ends);
        self.last_step(last, arms);
        self.must_exit = outer;
    }

    /// A step with another behind it.
    fn passing_step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Call(call) => {
                if let Some(callee) = self.callee(call)
                    && (callee.word.is_none() || !matches!(callee.word, Some(Word::Format(_))))
                {
                    self.must_pass(callee, call);
                }
            }
            StepKind::Error => {}
            StepKind::Discard | StepKind::Jump(_) | StepKind::Constructor(_) => {
                let message = "nothing can follow this step: it ends the path";
                self.report(
                    Diagnostic::new(KORU084, step.span, message)
                        .help("remove the `|>` and what is behind it"),
                );
            }
        }
    }

    /// Only an event that has nothing to handle lets the chain go on.
    fn must_pass(&mut self, callee: Callee, call: &Call) {
        let source = self.cx.events[callee.event].source.clone();
        if let Some(branch) = source.branches.iter().find(|branch| !branch.is_optional) {
            let message = format!("`{}` has branches, so it cannot stand inside a chain", source.name.name);
            let missing = Diagnostic::new(KORU022, call.path.span, message);
            let missing = missing.also(branch.span, format!("branch `{}` must be handled", branch.name.name));
            self.report(
                missing.help(format!("handle it on the next line: `| {} .. |> ..`", branch.name.name)),
            );
        }
    }

    fn last_step(&mut self, step: &Step, arms: &[Continuation]) {
        if let Some((then, own)) = transforms::split_then(self.cx, arms) {
            let outer = std::mem::replace(&mut self.must_exit, false);
            self.last_step(step, own);
            self.must_exit = outer;
            return self.arm(then);
        }
        match &step.kind {
            StepKind::Call(call) => match self.callee(call) {
                Some(Callee { word: Some(word), event }) => self.word(word, event, call, arms),
                Some(callee) => self.event_call(callee, call, arms),
                None => arms.iter().for_each(|arm| self.arm(arm)),
            },
            StepKind::Jump(jump) => self.jump(jump),
            StepKind::Constructor(made) => self.constructor(made),
            StepKind::Discard => self.path_ends(step.span),
            StepKind::Error => {}
        }
        if let (false, Some(arm)) = (matches!(step.kind, StepKind::Call(_) | StepKind::Error), arms.first()) {
            let message = "this continuation belongs to a step that has no branches";
            self.report(Diagnostic::new(KORU010, arm.span, message).also(step.span, "this one"));
        }
    }

    /// The event a call reaches, with its arguments checked where that needs no types.
    fn callee(&mut self, call: &Call) -> Option<Callee> {
        let callee = resolve::event_inside(self.cx, self.module, &call.path, self.implements)?;
        self.calls += 1;
        if callee.word == Some(Word::Tap) {
            self.misplaced_tap(call);
        }
        if callee.word.is_none() && !implement::is_comptime(self.cx, callee.event) {
            let source = self.cx.events[callee.event].source.clone();
            arguments::fit(&source, &call.args, call.path.span, &mut self.cx.sink);
        }
        Some(callee)
    }

    /// A path ends without a branch.
    fn path_ends(&mut self, at: Span) {
        if let (true, Some(event)) = (self.must_exit, self.implements) {
            let source = self.cx.events[event].source.clone();
            let names: Vec<_> =
                source.branches.iter().map(|branch| format!("`{}`", branch.name.name)).collect();
            let message = format!("this path ends without a branch of `{}`", source.name.name);
            let open =
                Diagnostic::new(SHAPE001, at, message).also(source.name.span, "implemented here by a flow");
            self.report(open.help(format!("end it with one of {}", names.join(", "))));
        }
    }

    fn word(&mut self, word: Word, event: EventId, call: &Call, arms: &[Continuation]) {
        let (mut required, optional): (&[&str], &[&str]) = match word {
            Word::If => (&[], &["then", "else"]),
            Word::For => (&[], &["each", "done"]),
            Word::Capture => (&["as"], &["captured"]),
            Word::Const => (&["as"], &[]),
            _ => (&[], &[]),
        };
        if word == Word::Tap {
            return;
        }
        for arm in arms {
            let Pattern::Branch(branch) = &arm.pattern else {
                if matches!(word, Word::Format(_)) || matches!(arm.pattern, Pattern::Void { .. }) {
                    self.arm(arm);
                }
                continue;
            };
            let name = branch.name.as_str();
            if !required.contains(&name) && !optional.contains(&name) {
                self.unknown_word_branch(event, call, branch, required.iter().chain(optional).copied());
            }
            required = required.strip_prefix(&[name]).unwrap_or(required);
            self.word_arm(word, name, arm);
        }
        if let Some(missing) = required.first() {
            let name = self.cx.events[event].name;
            let message = format!("`{name}` needs a continuation `{missing}`");
            self.report(Diagnostic::new(KORU022, call.path.span, message));
        }
        self.word_falls_through(word, call, arms);
    }

    fn word_arm(&mut self, word: Word, name: &str, arm: &Continuation) {
        let outer = self.must_exit;
        self.must_exit &= !matches!((word, name), (Word::For, "each") | (Word::Capture, "as"));
        self.captures += u32::from((word, name) == (Word::Capture, "as"));
        self.arm(arm);
        self.captures -= u32::from((word, name) == (Word::Capture, "as"));
        self.must_exit = outer;
    }

    /// A word whose path goes on behind it ends the path there.
    fn word_falls_through(&mut self, word: Word, call: &Call, arms: &[Continuation]) {
        let has =
            |name: &str| arms.iter().any(|arm| matches!(&arm.pattern, Pattern::Branch(b) if b.name == name));
        let falls = match word {
            Word::If => !(has("then") && has("else")),
            Word::For => !has("done"),
            Word::Capture => !has("captured"),
            Word::Format(_) => arms.is_empty(),
            _ => false,
        };
        if falls {
            self.path_ends(call.path.span);
        }
    }

    fn constructor(&mut self, made: &Constructor) {
        if self.captures > 0 && made.branch.name == "captured" {
            return;
        }
        let Some(event) = self.implements else {
            let message =
                format!("`{}` answers for an event, but this flow implements none", made.branch.name);
            let stray = Diagnostic::new(KORU084, made.span, message);
            return self.report(stray.help(format!("to call an event, write `{}()`", made.branch.name)));
        };
        let source = self.cx.events[event].source.clone();
        if !source.branches.iter().any(|branch| branch.name.name == made.branch.name) {
            self.unknown_branch(&source, made.branch);
        }
    }
}
