//! The laws of flows that need names alone: every branch handled once and none unknown, payloads bound,
//! guards complete, labels declared, arguments fitting, every path of a subflow ending in a branch.
//!
//! In: flows of every loaded module. Out: diagnostics, and which items break a law: their types are
//! checked too, but they are never lowered.

mod bindings;
mod branches;
mod labels;
mod observed;
mod purity;
mod types;

pub use branches::head;
pub use labels::each_call;
pub use purity::is_pure;

use super::annotations::{self, Word};
use super::resolve::{self, Callee};
use super::taps::{self, Site};
use super::{arguments, comptime, implement, phantom, transforms};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Severity, Span};
use koru_syntax::ast::{
    Call, Constructor, Continuation, EventDecl, Flow, Item, ItemKind, Pattern, Step, StepKind, SubflowBody,
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
            let is_lost = check_item(cx, module, index, item);
            if is_lost || has_errors(cx, before) {
                cx.koru.broken.insert((module, index));
            }
        }
    }
}

/// Does a mistake elsewhere, told there, keep the item from being checked whole?
fn check_item(cx: &mut Context, module: ModuleId, index: usize, item: &Item) -> bool {
    let site = Site::of_flow(cx, module, &item.annotations);
    let before = cx.sink.len();
    match &item.kind {
        ItemKind::Flow(flow) if taps::tap_call(cx, module, flow).is_some() => {
            let tap = cx.koru.taps.of_item(module, index);
            let site = tap.map_or(Site::default(), |tap| site.inside(cx, tap));
            let mut laws = Laws::new(cx, module, None, site);
            laws.tap(flow);
            let is_lost = laws.is_lost;
            states(cx, module, None, phantom::Code::Flow(flow.clone()), before);
            is_lost
        }
        ItemKind::Flow(flow)
            if is_checked(cx, module, flow) || comptime::is_comptime_flow(cx, module, item) =>
        {
            let mut laws = Laws::new(cx, module, None, site);
            laws.flow(flow);
            let is_lost = laws.is_lost;
            states(cx, module, None, phantom::Code::Flow(flow.clone()), before);
            is_lost
        }
        ItemKind::Subflow(subflow) => {
            let Some(event) = implement::implemented(cx, module, &subflow.path) else { return false };
            let site = site.implementing(cx, event);
            let mut laws = Laws::new(cx, module, Some(event), site);
            match &subflow.body {
                SubflowBody::Flow(flow) => laws.flow(flow),
                SubflowBody::Constructor(made) => laws.constructor(made),
            }
            let is_lost = laws.is_lost;
            purity::check(cx, module, item, event, subflow);
            states(cx, module, Some(event), phantom::Code::Subflow(subflow.clone()), before);
            is_lost
        }
        ItemKind::Event(event) => {
            types::check(cx, event);
            false
        }
        _ => false,
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
    cx.sink.iter().skip(before).any(|found| found.severity == Severity::Error)
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
    /// Was there a call of something whose declaration could not be read?
    is_lost: bool,
}

impl<'c, 'w> Laws<'c, 'w> {
    fn new(cx: &'c mut Context<'w>, module: ModuleId, implements: Option<EventId>, site: Site) -> Self {
        let must_exit = implements.is_some_and(|event| !cx.events[event].source.branches.is_empty());
        let (labels, captures, calls, is_lost) = (Vec::new(), 0, 0, false);
        Laws { cx, module, implements, labels, must_exit, captures, site, calls, is_lost }
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
        // An answer behind a call that does not come back here was meant for one of its branches.
        if self.is_lost && !before.is_empty() && matches!(last.kind, StepKind::Constructor(_)) {
            return self.must_exit = outer;
        }
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
            self.report(missing.help(format!(
                "handle it on the next line: `| {}{} |> ..`",
                branch.name.name,
                branches::discard(branch)
            )));
            self.is_lost = true;
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
        let callee = resolve::event_inside(self.cx, self.module, &call.path, self.implements);
        let Some(callee) = callee else {
            self.is_lost = true;
            return None;
        };
        self.calls += 1;
        if let Some(variant) = call.variant {
            let message = "a call does not choose a variant: the table of variants does, for all calls";
            let chosen = Diagnostic::new(HOST007, variant.span, message);
            let mark = Span { start: variant.span.start - 1, ..variant.span };
            self.report(chosen.fix("remove it", mark, ""));
        }
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
            if source.is_broken {
                return self.is_lost = true;
            }
            let names: Vec<_> =
                source.branches.iter().map(|branch| format!("`{}`", branch.name.name)).collect();
            let message = format!("this path ends without a branch of `{}`", source.name.name);
            let open =
                Diagnostic::new(SHAPE001, at, message).also(source.name.span, "implemented here by a flow");
            self.report(open.help(format!("end it with one of {}", names.join(", "))));
        }
    }

    fn word(&mut self, word: Word, event: EventId, call: &Call, arms: &[Continuation]) {
        if word == Word::Tap {
            return;
        }
        let source = self.cx.events[event].source.clone();
        for arm in arms {
            self.word_arm(word, &source, arm, call);
        }
        self.one_catch_all(arms);
        let mark = self.cx.sink.len();
        let is_known = |arm: &Continuation| match &arm.pattern {
            Pattern::Branch(name) => source.branches.iter().any(|branch| branch.name.name == name.name),
            _ => true,
        };
        // A continuation with a wrong name may be the one that is missing.
        let is_told = arms.iter().any(|arm| arm.is_unread() || !is_known(arm));
        for branch in &source.branches {
            if !self.coverage(branch, arms) && !branch.is_optional && !is_told {
                self.missing_branch(&source, branch, call, arms);
            }
        }
        self.as_of_the_language(mark);
        self.word_falls_through(word, call, arms);
    }

    /// Words of the language are not shown where a library happens to declare them.
    fn as_of_the_language(&mut self, mark: usize) {
        for mut problem in self.cx.sink.rewind(mark) {
            let own = self.cx.modules[self.module].file;
            problem.secondary.retain(|label| label.span.file == own);
            self.report(problem);
        }
    }

    fn word_arm(&mut self, word: Word, source: &EventDecl, arm: &Continuation, call: &Call) {
        let mark = self.cx.sink.len();
        self.pattern_fits(None, source, arm, call);
        self.as_of_the_language(mark);
        if let (Pattern::CatchAll { span, .. }, true) = (&arm.pattern, word != Word::If) {
            let message = format!("`{}` has no branches that `|?` could stand for", source.name.name);
            self.report(Diagnostic::new(KORU021, *span, message));
        }
        if let (Some(guard), Pattern::Branch(_)) = (&arm.guard, &arm.pattern) {
            let message = format!("branches of `{}` take no guard", source.name.name);
            let guarded = Diagnostic::new(KORU084, guard.span, message);
            self.report(guarded.help("put an `if` behind the `|>`"));
        }
        let name = match &arm.pattern {
            Pattern::Branch(name) => name.name.as_str(),
            _ => "",
        };
        let outer = self.must_exit;
        self.must_exit &= !matches!((word, name), (Word::For, "each") | (Word::Capture, "as"));
        let captures = word == Word::Capture && name != "captured";
        self.captures += u32::from(captures);
        self.arm(arm);
        self.captures -= u32::from(captures);
        self.must_exit = outer;
    }

    /// A word whose path goes on behind it ends the path there.
    fn word_falls_through(&mut self, word: Word, call: &Call, arms: &[Continuation]) {
        let names = |arm: &Continuation, name: &str| match &arm.pattern {
            Pattern::Branch(branch) => branch.name == name,
            pattern => matches!(pattern, Pattern::CatchAll { .. }),
        };
        let has = |name: &str| arms.iter().any(|arm| names(arm, name));
        let falls = match word {
            Word::If => !(has("then") && has("else")),
            Word::For => !has("done"),
            Word::Capture => !has("captured"),
            Word::Format(_) => arms.is_empty(),
            _ => false,
        };
        if falls {
            let mark = self.cx.sink.len();
            self.path_ends(call.path.span);
            for mut open in self.cx.sink.rewind(mark) {
                if let (Word::If, Some(name)) = (word, ["then", "else"].into_iter().find(|name| !has(name))) {
                    open.message = open.message.replace("this path", &format!("the path without `{name}`"));
                }
                self.report(open);
            }
        }
    }

    fn constructor(&mut self, made: &Constructor) {
        if self.captures > 0 && made.branch.name == "captured" {
            return;
        }
        let Some(event) = self.implements else {
            let name = made.branch.name;
            if name == "captured" {
                let stray = Diagnostic::new(KORU084, made.span, "`captured` stands inside a `capture` only");
                return self.report(stray.help("put it below the `| as` branch of a `capture`"));
            }
            let message = format!("`{name}` answers for an event, but this flow implements none");
            let stray = Diagnostic::new(KORU084, made.span, message);
            return self.report(stray.help(format!("to call an event, write `{}()`", made.branch.name)));
        };
        let source = self.cx.events[event].source.clone();
        if source.is_broken {
            self.is_lost = true;
        } else if !source.branches.iter().any(|branch| branch.name.name == made.branch.name) {
            self.unknown_branch(&source, made.branch);
        }
    }
}
