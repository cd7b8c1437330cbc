//! Taps with types: what observers do at a transition becomes code in front of what follows it.
//!
//! In: the observers of a transition and the local that holds the payload. Out: checked code. A body sees the
//! names of the tap's module and its own bindings, nothing of the flow around it. It is typed wherever it is
//! woven in, as payloads differ; its mistakes are reported once, with a place where it is woven.

use super::{Observer, Site, Transition};
use crate::ids::{EventId, LabelId, LocalId, ModuleId, TypeId};
use crate::koru::flow::{Capture, Typing, choice, nothing, sequence};
use crate::koru::phantom::{self, Plan};
use crate::tree::Expr;
use crate::value::Value;
use koru_base::{Name, Span};
use koru_syntax::ast::{Continuation, Pattern};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What a walk puts aside while it is inside code of another place.
pub struct Outside {
    names: crate::host::Departed,
    module: ModuleId,
    implements: Option<EventId>,
    labels: FxHashMap<Name, (LabelId, Option<EventId>)>,
    captures: Vec<Capture>,
    site: Site,
    plan: Rc<Plan>,
    via: Vec<Name>,
}

impl Typing<'_, '_> {
    /// What observers do, before what follows.
    pub(in crate::koru) fn observed(
        &mut self,
        observers: &[Observer],
        at: &Transition,
        payload: Option<LocalId>,
    ) -> Vec<Expr> {
        if payload.is_none() {
            super::lacks_payload(self.body.cx, observers, at);
        }
        observers.iter().map(|observer| self.tap_body(observer, at, payload)).collect()
    }

    fn tap_body(&mut self, observer: &Observer, at: &Transition, payload: Option<LocalId>) -> Expr {
        let tap = &self.body.cx.koru.taps.all[observer.tap];
        let (module, flow) = (tap.module, tap.flow.clone());
        if self.body.cx.koru.broken.contains(&(module, tap.item)) {
            return nothing(flow.span);
        }
        let Some(plan) = phantom::plan(self.body.cx, module, None, phantom::Code::Flow(flow.clone())) else {
            return nothing(flow.span);
        };
        let arms: Vec<_> = observer.arms.iter().map(|&arm| &flow.arms[arm]).collect();
        let mark = self.body.cx.sink.len();
        let site = self.site.inside(self.body.cx, observer.tap);
        let outside = self.go_to(module, site, plan);
        let made = self.tap_arms(&arms, observer.takes_first, at, payload);
        self.come_back(outside);
        self.report_once(mark, at.span);
        made
    }

    /// Continuations of one tap: all of them, or the first whose guard is true.
    fn tap_arms(
        &mut self,
        arms: &[&Continuation],
        takes_first: bool,
        at: &Transition,
        payload: Option<LocalId>,
    ) -> Expr {
        let Some((arm, rest)) = arms.split_first() else { return nothing(at.span) };
        self.body.enter();
        let mut described = None;
        match (self.metatype_of(arm), &arm.binding) {
            (Some(metatype), Some(_)) => described = self.bind_described(metatype, arm),
            (None, Some(binding)) if binding.name.name != "_" => match payload {
                Some(payload) => self.body.bind_local(binding.name.name, binding.name.span, payload),
                // That there is none was said.
                None => {
                    self.body.leave();
                    return nothing(arm.span);
                }
            },
            _ => {}
        }
        let condition = arm.guard.as_ref().map(|guard| self.body.condition(guard));
        // Its mistake may have been told where the tap is woven in besides.
        self.is_broken |= condition.as_ref().is_some_and(|condition| condition.ty == TypeId::ERROR);
        self.declare_labels(&arm.steps, &arm.arms);
        let body = self.steps(&arm.steps, &arm.arms, arm.span);
        self.body.leave();
        // What never runs is not there: it must not change how the flow around it is compiled.
        if condition.as_ref().is_some_and(|guard| guard.value() == Some(&Value::Bool(false))) {
            return self.tap_arms(rest, takes_first, at, payload);
        }
        let mut stmts = Vec::new();
        if let Some(described) = described {
            stmts.extend(self.describe(described, condition.iter().chain([&body]), at));
        }
        let rest = self.tap_arms(rest, takes_first, at, payload);
        match (condition, takes_first) {
            (None, true) => stmts.push(body),
            (Some(condition), true) => stmts.push(choice(condition, body, Some(rest), arm.span)),
            (None, false) => stmts.extend([body, rest]),
            (Some(condition), false) => stmts.extend([choice(condition, body, None, arm.span), rest]),
        }
        sequence(stmts, arm.span)
    }

    /// The metatype a continuation of a tap, or a catch-all, asks for.
    pub(in crate::koru) fn metatype_of(&self, arm: &Continuation) -> Option<Name> {
        let name = match &arm.pattern {
            Pattern::Branch(name) | Pattern::CatchAll { metatype: Some(name), .. } => name.name,
            _ => return None,
        };
        self.body.cx.is_metatype(name).then_some(name)
    }

    /// Leaves the flow for code of another place, which sees nothing of it.
    pub(super) fn go_to(&mut self, module: ModuleId, site: Site, plan: Rc<Plan>) -> Outside {
        let container = self.body.cx.modules[module].container;
        Outside {
            names: self.body.depart(container),
            module: std::mem::replace(&mut self.module, module),
            implements: self.implements.take(),
            labels: std::mem::take(&mut self.labels),
            captures: std::mem::take(&mut self.captures),
            site: std::mem::replace(&mut self.site, site),
            plan: std::mem::replace(&mut self.plan, plan),
            via: std::mem::take(&mut self.via),
        }
    }

    pub(super) fn come_back(&mut self, outside: Outside) {
        self.body.come_back(outside.names);
        self.module = outside.module;
        self.implements = outside.implements;
        self.labels = outside.labels;
        self.captures = outside.captures;
        self.site = outside.site;
        self.plan = outside.plan;
        self.via = outside.via;
    }

    /// Mistakes of a tap's body are said at the first place it is woven in.
    fn report_once(&mut self, mark: usize, at: Span) {
        for problem in self.body.cx.sink.rewind(mark) {
            let place = problem.primary.span;
            if self.body.cx.koru.taps.reported.insert((problem.code, place)) {
                let is_told = problem.primary.span == at || self.is_program_event(at);
                let problem = if is_told { problem } else { problem.also(at, "the tap observes this") };
                self.body.cx.sink.report(problem);
            } else {
                self.is_broken |= problem.severity == koru_base::Severity::Error;
            }
        }
    }

    /// Is it a place nobody wrote?
    fn is_program_event(&self, at: Span) -> bool {
        let cx = &self.body.cx;
        cx.koru.taps.program.is_some_and(|module| cx.modules[module].file == at.file)
    }
}
