//! Labels: declared once a flow, and every jump fits the call it repeats.

use super::Laws;
use crate::koru::{arguments, resolve};
use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{Call, Continuation, Flow, Jump, Step, StepKind};

impl Laws<'_, '_> {
    /// Every label of a flow, wherever it stands: jumps may come from branches not nested below.
    pub(super) fn collect_labels(&mut self, flow: &Flow) {
        let mut found: Vec<(Name, Span)> = Vec::new();
        each_call(&flow.steps, &flow.arms, &mut |call| {
            let Some(label) = call.label else { return };
            if let Some((_, first)) = found.iter().find(|(name, _)| *name == label.name) {
                let twice =
                    Diagnostic::new(KORU042, label.span, format!("label `{}` is declared twice", label.name));
                return self.report(twice.also(*first, "first declared here"));
            }
            found.push((label.name, label.span));
            let mark = self.cx.sink.len();
            let callee = resolve::event_inside(self.cx, self.module, &call.path, self.implements);
            self.cx.sink.rewind(mark);
            self.labels.push((label.name, callee.map(|callee| callee.event)));
        });
    }

    pub(super) fn jump(&mut self, jump: &Jump) {
        let Some(&(_, event)) = self.labels.iter().find(|(name, _)| *name == jump.label.name) else {
            let unknown =
                Diagnostic::new(KORU041, jump.label.span, format!("unknown label `@{}`", jump.label.name));
            let near = closest(jump.label.name.as_str(), self.labels.iter().map(|(name, _)| name.as_str()));
            let unknown = match near {
                Some(near) => unknown.fix(format!("did you mean `@{near}`?"), jump.label.span, near),
                None => unknown.help(format!("name a call with it: `#{} event()`", jump.label.name)),
            };
            return self.report(unknown);
        };
        let Some(event) = event else { return };
        let source = self.cx.events[event].source.clone();
        if resolve::word_of(self.cx, event).is_some() {
            let message = format!("a jump cannot repeat `{}`", source.name.name);
            let word = Diagnostic::new(KORU041, jump.label.span, message);
            return self.report(word.help("put the label in front of the call of an event"));
        }
        if source.is_broken {
            return;
        }
        let mark = self.cx.sink.len();
        arguments::fit(&source, &jump.args, jump.label.span, &mut self.cx.sink);
        for mut problem in self.cx.sink.rewind(mark) {
            problem.code = KORU043;
            self.report(problem);
        }
    }
}

/// Visits every call of a flow, in source order.
pub fn each_call<'f>(steps: &'f [Step], arms: &'f [Continuation], visit: &mut dyn FnMut(&'f Call)) {
    for step in steps {
        if let StepKind::Call(call) = &step.kind {
            visit(call);
        }
    }
    for arm in arms {
        each_call(&arm.steps, &arm.arms, visit);
    }
}
