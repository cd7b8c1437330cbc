//! Taps by names alone: where they stand, their continuations, and what they make of those they observe.
//!
//! In: `tap` flows, and continuations somebody may observe. Out: diagnostics, each once, at the tap.

use super::Laws;
use crate::koru::taps::{self, Transition};
use koru_base::Diagnostic;
use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_syntax::ast::{BranchDecl, Call, Continuation, Flow, Ident, Pattern, Payload};

impl Laws<'_, '_> {
    /// A tap: its continuations are flows that implement nothing.
    pub(super) fn tap(&mut self, flow: &Flow) {
        if let [_, second, ..] = flow.steps.as_slice() {
            let message = "what a tap does stands on the lines below it";
            let wrong = Diagnostic::new(KORU084, second.span, message);
            self.report(
                wrong
                    .help("begin a new line with `| branch binding |>`, or `|>` for events without branches"),
            );
        }
        self.collect_labels(flow);
        for arm in &flow.arms {
            match &arm.pattern {
                Pattern::CatchAll { metatype: Some(name), .. } => self.known_metatype(*name),
                Pattern::Text(text) => self.no_branch(text.span),
                Pattern::Deref { path, .. } => self.no_branch(path.span),
                Pattern::Branch(_) | Pattern::CatchAll { .. } | Pattern::Void { .. } => {}
            }
            self.arm(arm);
        }
    }

    fn no_branch(&mut self, span: koru_base::Span) {
        let message = "a tap observes branches, and this is the name of none";
        self.report(Diagnostic::new(KORU021, span, message));
    }

    /// A tap is no step: it stands alone, outside all flows.
    pub(super) fn misplaced_tap(&mut self, call: &Call) {
        let message = "a tap is no step of a flow: it observes flows from outside";
        let misplaced = Diagnostic::new(KORU084, call.path.span, message);
        self.report(misplaced.help("write it at the top level: `~tap(source -> destination)`"));
    }

    /// `|? Transition t |>`
    pub(super) fn known_metatype(&mut self, name: Ident) {
        if self.cx.is_metatype(name.name) {
            return;
        }
        let known: Vec<_> = self.cx.metatypes().collect();
        let unknown = Diagnostic::new(KORU021, name.span, format!("there is no metatype `{}`", name.name));
        let near = closest(name.name.as_str(), known.iter().map(|name| name.as_str()));
        self.report(match near {
            Some(near) => unknown.fix(format!("did you mean `{near}`?"), name.span, near),
            None if known.is_empty() => unknown.note("metatypes come with the module that declares `tap`"),
            None => {
                let list: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                unknown.note(format!("there are {}", list.join(", ")))
            }
        });
    }

    /// Does a tap give the payload of this continuation a name? What taps want of a branch without a payload is
    /// said here.
    pub(super) fn is_named_by_tap(
        &mut self,
        through: &Transition,
        branch: &BranchDecl,
        arm: &Continuation,
    ) -> bool {
        let destination = taps::first_event(self.cx, self.module, self.implements, &arm.steps);
        let at = Transition { branch: Some(branch.name.name), destination, ..*through };
        let observers = taps::observers(self.cx, &self.site, &at);
        if matches!(branch.payload, Payload::Empty) {
            taps::lacks_payload(self.cx, &observers, &at);
        }
        taps::gives_name(self.cx, &observers)
    }
}
