//! Bindings: a payload has one, an empty branch has none, and every one is used.

use super::Laws;
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{BranchDecl, Continuation, Payload};

impl Laws<'_, '_> {
    /// What follows one branch, whatever its event.
    pub(super) fn arm(&mut self, arm: &Continuation) {
        if let Some(binding) = &arm.binding
            && !binding.name.name.as_str().starts_with('_')
            && !self.is_made(binding.name.span)
            && !self.is_mentioned(arm, binding.name.name)
        {
            let name = binding.name.name;
            let unused = Diagnostic::new(KORU100, binding.name.span, format!("unused binding `{name}`"));
            self.report(unused.fix("discard the payload", binding.name.span, "_"));
        }
        self.steps(&arm.steps, &arm.arms, arm.span);
    }

    /// Does the name occur as a word in the guard, the steps, or anything below?
    fn is_mentioned(&self, arm: &Continuation, name: Name) -> bool {
        let spans = arm.guard.iter().map(|guard| guard.span).chain(arm.steps.iter().map(|step| step.span));
        let here = spans.map(|span| (span, self.cx.sources.slice(span)));
        let here = here.into_iter().any(|(span, text)| self.is_made(span) || has_word(text, name.as_str()));
        here || arm.arms.iter().any(|below| self.is_mentioned(below, name))
    }

    /// Does this stand in text a transform made? What fills its holes is not to be seen there.
    fn is_made(&self, span: Span) -> bool {
        self.cx.sources.made(span.file).is_some()
    }

    /// A payload is bound or discarded, except where a tap names it, or the call has a label: what goes
    /// round may go unseen. An empty branch has no binding.
    pub(super) fn binding_fits(&mut self, branch: &BranchDecl, arm: &Continuation, is_named: bool) {
        let name = branch.name.name;
        let is_empty = matches!(branch.payload, Payload::Empty);
        match &arm.binding {
            None if !is_empty && !is_named && !matches!(branch.payload, Payload::Wildcard) => {
                let message = format!("branch `{name}` has a payload but no binding");
                let missing = Diagnostic::new(KORU030, super::branches::head(arm), message);
                let missing = missing.also(branch.span, "declared here");
                let at = match arm.pattern {
                    koru_syntax::ast::Pattern::Branch(name) => name.span.after(),
                    _ => arm.span.after(),
                };
                self.report(missing.fix("bind it, or discard it with `_`", at, " _"));
            }
            Some(binding) if is_empty && binding.name.name != "_" => {
                let message = format!("branch `{name}` carries no payload to bind");
                let stray =
                    Diagnostic::new(KORU030, binding.name.span, message).also(branch.span, "declared here");
                let gap = Span { start: super::branches::pattern_span(arm).end, ..binding.name.span };
                self.report(stray.fix("remove the binding", gap, ""));
            }
            _ => {}
        }
    }
}

/// Does `text` contain `word`, not as a part of a longer one?
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
