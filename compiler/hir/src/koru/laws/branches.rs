//! Coverage: every branch a call may answer is handled once, and none that it cannot.

use super::Laws;
use crate::koru::implement::closest_branch;
use crate::koru::resolve::Callee;
use crate::koru::taps::Transition;
use koru_base::codes::*;
use koru_base::{Diagnostic, Span};
use koru_syntax::ast::{BranchDecl, Call, Continuation, EventDecl, Ident, Pattern, Payload};

impl Laws<'_, '_> {
    /// A call of an ordinary event, with what follows it.
    pub(super) fn event_call(&mut self, callee: Callee, call: &Call, arms: &[Continuation]) {
        let source = self.cx.events[callee.event].source.clone();
        if super::implement::is_comptime(self.cx, callee.event) {
            let runs = super::comptime::runs(self.cx, callee.event);
            for arm in arms {
                if runs {
                    self.pattern_fits(None, &source, arm, call);
                }
                self.arm(arm);
            }
            return;
        }
        let (source_event, is_first, span) = (callee.event, self.calls == 1, call.path.span);
        let through = Transition { source: source_event, branch: None, destination: None, is_first, span };
        for arm in arms {
            self.arm_of(&through, &source, arm, call);
        }
        self.one_catch_all(arms);
        if source.branches.is_empty() {
            if arms.is_empty() {
                self.path_ends(call.path.span);
            }
            return;
        }
        // That `|>` alone handles nothing was told.
        let only_goes_on = |arm: &Continuation| matches!(arm.pattern, Pattern::Void { .. });
        let is_told = !arms.is_empty() && arms.iter().all(only_goes_on);
        let stands_for_all = |arm: &Continuation| {
            matches!(arm.pattern, Pattern::CatchAll { .. } | Pattern::Deref { .. }) || arm.is_unread()
        };
        let catches_all = is_told || self.is_one_renamed(&source, arms) || arms.iter().any(stands_for_all);
        for branch in &source.branches {
            let is_handled = self.coverage(branch, arms);
            if !is_handled && !catches_all {
                self.unhandled(&source, branch, call, arms);
            }
        }
    }

    /// Has one branch no continuation, and one continuation no branch? They are the same, and it was told.
    fn is_one_renamed(&self, source: &EventDecl, arms: &[Continuation]) -> bool {
        let of = |arm: &Continuation| match &arm.pattern {
            Pattern::Branch(name) => Some(name.name),
            _ => None,
        };
        let is_known = |name| source.branches.iter().any(|branch| branch.name.name == name);
        let strangers = arms.iter().filter_map(of).filter(|&name| !is_known(name));
        let is_handled = |branch: &BranchDecl| arms.iter().any(|arm| of(arm) == Some(branch.name.name));
        let open = source.branches.iter().filter(|branch| !branch.is_optional && !is_handled(branch));
        let rest = arms.iter().filter_map(of).any(|name| name == "_");
        rest || (strangers.count() == 1 && open.count() == 1)
    }

    /// An arm of an event: its branch is known, its binding fits.
    fn arm_of(&mut self, through: &Transition, source: &EventDecl, arm: &Continuation, call: &Call) {
        self.pattern_fits(Some(through), source, arm, call);
        // The names of a pattern nobody understands are nobody's either.
        match arm.pattern {
            Pattern::Text(_) => self.steps(&arm.steps, &arm.arms, arm.span),
            _ => self.arm(arm),
        }
    }

    /// `|?` stands for what is left: once a level, without a condition.
    pub(super) fn one_catch_all(&mut self, arms: &[Continuation]) {
        let rest = |arm: &&Continuation| matches!(arm.pattern, Pattern::CatchAll { metatype: None, .. });
        let mut all = arms.iter().filter(rest);
        let Some(first) = all.next() else { return };
        if let Some(guard) = &first.guard {
            let message = "`|?` stands for all that is left, so it takes no guard";
            let guarded = Diagnostic::new(KORU050, guard.span, message);
            self.report(guarded.help("name the branch, or put an `if` behind the `|>`"));
        }
        for more in all {
            let twice = Diagnostic::new(SHAPE002, head(more), "`|?` stands twice at this level");
            let twice = twice.also(head(first), "the first one");
            self.report(twice.help("indent it if it belongs to the step above"));
        }
    }

    pub(super) fn pattern_fits(
        &mut self,
        through: Option<&Transition>,
        source: &EventDecl,
        arm: &Continuation,
        call: &Call,
    ) {
        if arm.is_unread() {
            return self.is_lost = true;
        }
        match &arm.pattern {
            Pattern::Branch(name) => {
                match source.branches.iter().find(|branch| branch.name.name == name.name) {
                    Some(branch) => {
                        let by_tap =
                            through.is_some_and(|through| self.is_named_by_tap(through, branch, arm));
                        self.binding_fits(branch, arm, by_tap || call.label.is_some());
                    }
                    None if source.branches.is_empty() => {
                        let message = format!("event `{}` has no branches", source.name.name);
                        let unknown = Diagnostic::new(KORU021, name.span, message);
                        self.report(
                            unknown.also(source.name.span, "declared here").help("go on with `|> step`"),
                        );
                    }
                    None if name.name == "_" => {
                        let bar = arm.span.before().to(name.span);
                        let wrong = Diagnostic::new(KORU021, name.span, "no branch is called `_`");
                        self.report(wrong.fix("all other branches are `|?`", bar, "|?"));
                    }
                    None => self.unknown_branch(source, *name),
                }
            }
            Pattern::Void { span } if !source.branches.iter().all(|branch| branch.is_optional) => {
                let message =
                    format!("event `{}` has branches: `|>` alone handles none of them", source.name.name);
                let chain = Diagnostic::new(KORU022, call.path.span, message);
                let chain = chain.also(*span, "goes on behind none of them");
                self.report(chain.fix("to go on whatever it answers, write `|?`", *span, "|? |>"));
            }
            Pattern::Text(text) => {
                let message = format!("event `{}` does not understand patterns", source.name.name);
                self.report(
                    Diagnostic::new(KORU021, text.span, message).also(source.name.span, "declared here"),
                );
            }
            Pattern::Deref { path, .. } => {
                let message = "a branch that calls (`| *event()`) is not part of the language yet";
                self.report(Diagnostic::new(HOST007, path.span, message));
            }
            Pattern::CatchAll { metatype: Some(name), .. } => self.known_metatype(*name),
            _ => {}
        }
    }

    pub(super) fn unknown_branch(&mut self, source: &EventDecl, name: Ident) {
        if source.branches.is_empty() {
            let message = format!("event `{}` has no branches to answer with", source.name.name);
            let unknown = Diagnostic::new(KORU021, name.span, message);
            let unknown = unknown.also(source.name.span, "declared here");
            return self.report(unknown.help("end the path with `_`, or declare the branch"));
        }
        let list: Vec<_> = source.branches.iter().map(|branch| format!("`{}`", branch.name.name)).collect();
        let list = list.join(", ");
        let message = format!("event `{}` has no branch `{}`", source.name.name, name.name);
        let unknown =
            Diagnostic::new(KORU021, name.span, message).also(source.name.span, format!("it has {list}"));
        self.report(match closest_branch(source, name.name) {
            Some(near) => unknown.fix(format!("did you mean `{near}`?"), name.span, near),
            None => unknown.help(format!("use one of: {list}")),
        });
    }

    /// A branch without a continuation: an optional one ends the path.
    fn unhandled(&mut self, source: &EventDecl, branch: &BranchDecl, call: &Call, arms: &[Continuation]) {
        let is_misspelt = |arm: &Continuation| match &arm.pattern {
            Pattern::Branch(name) => {
                let is_known = source.branches.iter().any(|branch| branch.name.name == name.name);
                !is_known && closest_branch(source, name.name) == Some(branch.name.name.as_str())
            }
            _ => false,
        };
        if branch.is_optional {
            self.path_ends(call.path.span);
        } else if !arms.iter().any(is_misspelt) {
            self.missing_branch(source, branch, call, arms);
        }
    }

    /// One branch: handled once, with its guards complete. Is it handled at all?
    pub(super) fn coverage(&mut self, branch: &BranchDecl, arms: &[Continuation]) -> bool {
        let is_this =
            |arm: &&Continuation| matches!(&arm.pattern, Pattern::Branch(b) if b.name == branch.name.name);
        let these: Vec<_> = arms.iter().filter(is_this).collect();
        let open: Vec<_> = these.iter().filter(|arm| arm.guard.is_none()).collect();
        match (these.len(), open.len()) {
            (0, _) => return false,
            (_, 0) => {
                let name = branch.name.name;
                let message = format!("every continuation of `{name}` is guarded");
                let last = these[these.len() - 1];
                let open = Diagnostic::new(KORU050, head(last), message);
                let indent = " ".repeat(self.indent(last.span));
                let line = format!("\n{indent}| {name}{} |> _", discard(branch));
                self.report(open.fix("add one without `when`", end_of(last).after(), line));
            }
            (1, _) | (_, 1) => {}
            (all, several) => {
                let guarded = all > several;
                let (code, what) = if guarded {
                    (KORU051, "more than one continuation without a guard")
                } else {
                    (SHAPE002, "more than one continuation at this level")
                };
                let message = format!("`{}` has {what}", branch.name.name);
                let twice =
                    Diagnostic::new(code, head(open[1]), message).also(head(open[0]), "the first one");
                self.report(twice.help("indent it if it belongs to the step above, or give it a `when`"));
            }
        }
        true
    }

    pub(super) fn missing_branch(
        &mut self,
        source: &EventDecl,
        branch: &BranchDecl,
        call: &Call,
        arms: &[Continuation],
    ) {
        let name = branch.name.name;
        let message = format!("branch `{name}` of `{}` must be handled", source.name.name);
        let missing = Diagnostic::new(KORU022, call.path.span, message).also(branch.span, "declared here");
        let binding = discard(branch);
        let (at, indent) = match arms.last() {
            Some(arm) => (end_of(arm), self.indent(arms[0].span)),
            None => (call_end(call), self.indent_below(call.path.span)),
        };
        let line = format!("\n{}| {name}{binding} |> _", " ".repeat(indent));
        self.report(missing.fix("add a continuation for it", at.after(), line));
    }

    /// Where the arms of a call go: below it, one step deeper where it stands in an arm itself.
    fn indent_below(&self, span: Span) -> usize {
        let indent = self.indent(span);
        let text = self.cx.sources.text(span.file);
        let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        if text[line..].trim_start().starts_with('|') { indent + 4 } else { indent }
    }

    /// Blanks in front of the line a span begins on.
    fn indent(&self, span: Span) -> usize {
        let text = self.cx.sources.text(span.file);
        let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        text[line..].chars().take_while(|&letter| letter == ' ').count()
    }
}

/// What discards the payload of a branch.
pub(super) fn discard(branch: &BranchDecl) -> &'static str {
    if matches!(branch.payload, Payload::Empty) { "" } else { " _" }
}

/// The branch a continuation names, with its binding: the smallest thing that tells it apart.
pub fn head(arm: &Continuation) -> Span {
    let pattern = pattern_span(arm);
    arm.binding.as_ref().map_or(pattern, |binding| pattern.to(binding.name.span))
}

pub(super) fn pattern_span(arm: &Continuation) -> Span {
    match &arm.pattern {
        Pattern::Branch(name) | Pattern::Text(name) => name.span,
        Pattern::CatchAll { span, .. } | Pattern::Void { span } => *span,
        Pattern::Deref { path, .. } => path.span,
    }
}

/// The last line of a continuation and all below it.
fn end_of(arm: &Continuation) -> Span {
    arm.arms.last().map_or(arm.span, end_of)
}

fn call_end(call: &Call) -> Span {
    match &call.source {
        Some(source) => Span { end: source.span.end + 1, ..source.span },
        None if call.args_span.end > 0 => Span { end: call.args_span.end + 1, ..call.args_span },
        None => call.path.span,
    }
}
