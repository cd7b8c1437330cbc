//! Coverage: every branch a call may answer is handled once, and none that it cannot.

use super::Laws;
use crate::ids::EventId;
use crate::koru::implement::closest_branch;
use crate::koru::resolve::Callee;
use crate::koru::taps::Transition;
use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Span};
use koru_syntax::ast::{BranchDecl, Call, Continuation, EventDecl, Ident, Pattern};

impl Laws<'_, '_> {
    /// A call of an ordinary event, with what follows it.
    pub(super) fn event_call(&mut self, callee: Callee, call: &Call, arms: &[Continuation]) {
        let source = self.cx.events[callee.event].source.clone();
        if super::implement::is_comptime(self.cx, callee.event) {
            return arms.iter().for_each(|arm| self.arm(arm));
        }
        let (source_event, is_first, span) = (callee.event, self.calls == 1, call.path.span);
        let through = Transition { source: source_event, branch: None, destination: None, is_first, span };
        for arm in arms {
            self.arm_of(&through, &source, arm);
        }
        if source.branches.is_empty() {
            if arms.is_empty() {
                self.path_ends(call.path.span);
            }
            return;
        }
        let catches_all = arms.iter().any(|arm| matches!(arm.pattern, Pattern::CatchAll { .. }));
        for branch in &source.branches {
            self.coverage(&source, branch, call, arms, catches_all);
        }
    }

    /// An arm of an event: its branch is known, its binding fits.
    fn arm_of(&mut self, through: &Transition, source: &EventDecl, arm: &Continuation) {
        match &arm.pattern {
            Pattern::Branch(name) => {
                match source.branches.iter().find(|branch| branch.name.name == name.name) {
                    Some(branch) => {
                        let is_named = self.is_named_by_tap(through, branch, arm);
                        self.binding_fits(branch, arm, is_named)
                    }
                    None if source.branches.is_empty() => {
                        let message = format!("event `{}` has no branches", source.name.name);
                        let unknown = Diagnostic::new(KORU021, name.span, message);
                        self.report(
                            unknown.also(source.name.span, "declared here").help("go on with `|> step`"),
                        );
                    }
                    None => self.unknown_branch(source, *name),
                }
            }
            Pattern::Void { span } if !source.branches.iter().all(|branch| branch.is_optional) => {
                let message =
                    format!("event `{}` has branches: `|>` alone handles none of them", source.name.name);
                self.report(Diagnostic::new(KORU022, *span, message).also(source.name.span, "declared here"));
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
        self.arm(arm);
    }

    pub(super) fn unknown_branch(&mut self, source: &EventDecl, name: Ident) {
        let list: Vec<_> = source.branches.iter().map(|branch| format!("`{}`", branch.name.name)).collect();
        let list = if list.is_empty() { "no branches".into() } else { list.join(", ") };
        let message = format!("event `{}` has no branch `{}`", source.name.name, name.name);
        let unknown =
            Diagnostic::new(KORU021, name.span, message).also(source.name.span, format!("it has {list}"));
        self.report(match closest_branch(source, name.name) {
            Some(near) => unknown.fix(format!("did you mean `{near}`?"), name.span, near),
            None => unknown.help(format!("use one of: {list}")),
        });
    }

    pub(super) fn unknown_word_branch<'n>(
        &mut self,
        event: EventId,
        call: &Call,
        name: &Ident,
        known: impl Iterator<Item = &'n str>,
    ) {
        let known: Vec<_> = known.collect();
        let message = format!("`{}` has no branch `{}`", self.cx.events[event].name, name.name);
        let unknown = Diagnostic::new(KORU021, name.span, message).also(call.path.span, "of this step");
        let near = closest(name.name.as_str(), known.iter().copied());
        let unknown = unknown.help_if(near, |near| format!("did you mean `{near}`?"));
        let list = if known.is_empty() {
            "it has no branches".into()
        } else {
            format!("it has `{}`", known.join("`, `"))
        };
        self.report(unknown.note(list));
    }

    /// One branch: handled, handled once, with its guards complete.
    fn coverage(
        &mut self,
        source: &EventDecl,
        branch: &BranchDecl,
        call: &Call,
        arms: &[Continuation],
        catches_all: bool,
    ) {
        let is_this =
            |arm: &&Continuation| matches!(&arm.pattern, Pattern::Branch(b) if b.name == branch.name.name);
        let these: Vec<_> = arms.iter().filter(is_this).collect();
        let open: Vec<_> = these.iter().filter(|arm| arm.guard.is_none()).collect();
        match (these.len(), open.len()) {
            (0, _) if catches_all || branch.is_optional => {
                if !catches_all {
                    self.path_ends(call.path.span);
                }
            }
            (0, _) => self.missing_branch(source, branch, call, arms),
            (_, 0) => {
                let name = branch.name.name;
                let message = format!("every continuation of `{name}` is guarded");
                let last = these[these.len() - 1];
                let open = Diagnostic::new(KORU050, head(last), message);
                self.report(open.help(format!("add one without `when`: `| {name} .. |> ..`")));
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
    }

    fn missing_branch(
        &mut self,
        source: &EventDecl,
        branch: &BranchDecl,
        call: &Call,
        arms: &[Continuation],
    ) {
        let name = branch.name.name;
        let message = format!("branch `{name}` of `{}` must be handled", source.name.name);
        let missing = Diagnostic::new(KORU022, call.path.span, message).also(branch.span, "declared here");
        let binding = if matches!(branch.payload, koru_syntax::ast::Payload::Empty) { "" } else { " _" };
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

/// The branch a continuation names, with its binding: the smallest thing that tells it apart.
pub fn head(arm: &Continuation) -> Span {
    let pattern = match &arm.pattern {
        Pattern::Branch(name) | Pattern::Text(name) => name.span,
        Pattern::CatchAll { span, .. } | Pattern::Void { span } => *span,
        Pattern::Deref { path, .. } => path.span,
    };
    arm.binding.as_ref().map_or(pattern, |binding| pattern.to(binding.name.span))
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
