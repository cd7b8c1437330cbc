//! What follows a call: continuations by branch, guards, chains of calls without branches.
//!
//! In: the continuations of a call and what taps make of its transitions. Out: checked code for every branch;
//! what observers do stands between the payload and the first step.

use super::flow::{Typing, choice, nothing, sequence};
use super::taps::{self, Observer, Transition};
use crate::context::BranchShape;
use crate::ids::{EventId, LocalId, TypeId};
use crate::tree::{Arm, Expr, Kind, Place};
use koru_base::{Name, Span};
use koru_syntax::ast::{self, Annotations, Call, Continuation, Pattern};

/// A transition with those who observe it.
pub(super) struct Answer {
    at: Transition,
    observers: Vec<Observer>,
}

impl Typing<'_, '_> {
    /// `|> step` lines behind a call that returns nothing.
    pub(super) fn then_void_arms(
        &mut self,
        call: Expr,
        arms: &[Continuation],
        through: Transition,
        span: Span,
    ) -> Expr {
        let destination = self.behind(arms, through.destination);
        let at = Transition { destination, ..through };
        let observers = taps::observers(self.body.cx, &self.site, &at);
        let mut stmts = vec![call];
        stmts.extend(self.observed(&observers, &at, None));
        self.void_arms(stmts, arms, through.destination, span)
    }

    /// Those lines alone, behind other statements; `next` is what follows them.
    pub(super) fn void_arms(
        &mut self,
        mut stmts: Vec<Expr>,
        arms: &[Continuation],
        next: Option<EventId>,
        span: Span,
    ) -> Expr {
        let is_void = |arm: &&Continuation| matches!(arm.pattern, Pattern::Void { .. });
        let arms: Vec<_> = arms.iter().filter(is_void).collect();
        for (index, arm) in arms.iter().enumerate() {
            let behind = arms.get(index + 1).map_or(next, |next| self.first_event(&next.steps));
            stmts.push(self.chain(&arm.steps, &arm.arms, arm.span, behind));
        }
        sequence(stmts, span)
    }

    /// What comes behind a call where a branch has no continuation of its own.
    fn behind(&mut self, arms: &[Continuation], next: Option<EventId>) -> Option<EventId> {
        match arms.iter().find(|arm| matches!(arm.pattern, Pattern::Void { .. })) {
            Some(arm) => self.first_event(&arm.steps),
            None => next,
        }
    }

    /// The arm of one branch: its own continuations, else the catch-all, else nothing.
    pub(super) fn branch_arm(
        &mut self,
        branch: &BranchShape,
        event: &ast::EventDecl,
        call: &Call,
        arms: &[Continuation],
        through: &Transition,
    ) -> Arm {
        let BranchShape { name, payload } = *branch;
        let declared = event.branches.iter().find(|branch| branch.name.name == name);
        let is_mutable = declared.is_some_and(|branch| branch.annotations.has("mutable"));
        let own =
            |arm: &&Continuation| matches!(&arm.pattern, Pattern::Branch(branch) if branch.name == name);
        let mut own: Vec<_> = arms.iter().filter(own).collect();
        let height = self.via.len();
        if own.is_empty() {
            own.extend(arms.iter().find(|arm| matches!(arm.pattern, Pattern::CatchAll { .. })));
            self.via.extend((!own.is_empty()).then_some(name));
        }
        self.body.enter();
        let made = match *own {
            [] => {
                let destination = self.behind(arms, through.destination);
                self.unhandled(&Transition { destination, ..*through }, call, name, payload)
            }
            [only] => {
                let answer = self.observe(through, name, Some(only));
                if let (None, Some(binding)) = (payload, &only.binding) {
                    // A name for what is not there was told; that it has no type is no news.
                    self.body.bind(binding.name.name, TypeId::ERROR, binding.name.span, false);
                }
                let payload = payload.and_then(|ty| self.payload_local(Some(only), ty, is_mutable, &answer));
                let body = self.continuation(Some(only), &answer, payload);
                Arm { payload, body }
            }
            _ => {
                let span = through.span;
                let payload = payload.map(|ty| self.body.bind(Name::new("(payload)"), ty, span, false));
                own.sort_by_key(|arm| arm.guard.is_none());
                let body = self.guarded(&own, payload, is_mutable, through, name);
                Arm { payload, body }
            }
        };
        self.body.leave();
        self.via.truncate(height);
        made
    }

    /// A branch nobody handles: taps see it, and what is owed for its payload is discharged behind them.
    pub(super) fn unhandled(
        &mut self,
        through: &Transition,
        call: &Call,
        branch: Name,
        payload: Option<TypeId>,
    ) -> Arm {
        let answer = self.observe(through, branch, None);
        let missing = self.missing_arm(call, branch, payload, through.span);
        if answer.observers.is_empty() {
            return missing;
        }
        let named = || taps::gives_name(self.body.cx, &answer.observers);
        let wanted = payload.filter(|_| missing.payload.is_none() && named());
        let hidden = wanted.map(|ty| self.body.hidden("(payload)", ty, through.span, false));
        let payload = missing.payload.or(hidden);
        let mut stmts = self.observed(&answer.observers, &answer.at, payload);
        stmts.push(missing.body);
        Arm { payload, body: sequence(stmts, through.span) }
    }

    /// A call answers `branch`, and this continuation is chosen.
    pub(super) fn observe(
        &mut self,
        through: &Transition,
        branch: Name,
        arm: Option<&Continuation>,
    ) -> Answer {
        let destination = match arm {
            Some(arm) => self.first_event(&arm.steps),
            None => through.destination,
        };
        let at = Transition { branch: Some(branch), destination, ..*through };
        let observers = taps::observers(self.body.cx, &self.site, &at);
        Answer { at, observers }
    }

    /// The local of a payload somebody reads: the continuation under its name, or a tap.
    pub(super) fn payload_local(
        &mut self,
        arm: Option<&Continuation>,
        ty: TypeId,
        is_mutable: bool,
        answer: &Answer,
    ) -> Option<LocalId> {
        let bound = arm.and_then(|arm| self.bind(arm, ty, is_mutable));
        if bound.is_none() && taps::gives_name(self.body.cx, &answer.observers) {
            return Some(self.body.hidden("(payload)", ty, answer.at.span, is_mutable));
        }
        bound
    }

    /// What taps do, and then the steps of the continuation.
    pub(super) fn continuation(
        &mut self,
        arm: Option<&Continuation>,
        answer: &Answer,
        payload: Option<LocalId>,
    ) -> Expr {
        let mut stmts = self.observed(&answer.observers, &answer.at, payload);
        let Some(arm) = arm else { return sequence(stmts, answer.at.span) };
        let is_catch_all = matches!(arm.pattern, Pattern::CatchAll { .. });
        let metatype = self.metatype_of(arm).filter(|_| is_catch_all);
        let described = metatype.and_then(|metatype| self.bind_described(metatype, arm));
        if let (true, None, Some(binding)) = (is_catch_all, metatype, &arm.binding) {
            // An unknown metatype was reported; what it would describe fits everything.
            self.body.bind(binding.name.name, TypeId::ERROR, binding.name.span, false);
        }
        let body = self.steps(&arm.steps, &arm.arms, arm.span);
        stmts.extend(
            described.and_then(|described| self.describe(described, [&body].into_iter(), &answer.at)),
        );
        stmts.push(body);
        sequence(stmts, arm.span)
    }

    /// Binds a payload under the name a continuation gives it.
    fn bind(&mut self, arm: &Continuation, ty: TypeId, is_mutable: bool) -> Option<LocalId> {
        let hidden = self.plan.hidden(arm);
        let is_catch_all = matches!(arm.pattern, Pattern::CatchAll { .. });
        let written = arm.binding.as_ref().filter(|binding| binding.name.name != "_" && !is_catch_all);
        let Some(binding) = written else {
            return hidden.map(|hidden| self.bind_hidden(hidden, ty, arm.span));
        };
        let is_mutable = is_mutable || binding.annotations.has("mutable");
        let local = self.body.bind(binding.name.name, ty, binding.name.span, is_mutable);
        hidden.into_iter().for_each(|hidden| self.body.bind_everywhere(hidden, local));
        Some(local)
    }

    /// Continuations of one branch, the one without a guard last: tried in order.
    fn guarded(
        &mut self,
        arms: &[&Continuation],
        payload: Option<LocalId>,
        is_mutable: bool,
        through: &Transition,
        branch: Name,
    ) -> Expr {
        let Some((&arm, rest)) = arms.split_first() else { return nothing(through.span) };
        self.body.enter();
        let mut stmts = Vec::new();
        if let Some(payload) = payload {
            let ty = self.body.local_type(payload);
            if let Some(local) = self.bind(arm, ty, is_mutable) {
                let read = Expr { ty, span: arm.span, kind: Box::new(Kind::Read(Place::Local(payload))) };
                let kind = Kind::Let { local, value: Some(read) };
                stmts.push(Expr { ty: TypeId::VOID, span: arm.span, kind: Box::new(kind) });
            }
        }
        let condition = arm.guard.as_ref().map(|guard| self.body.condition(guard));
        // One that cannot be read was reported by the parser.
        self.is_broken |= condition.as_ref().is_some_and(|condition| condition.ty == TypeId::ERROR);
        let answer = self.observe(through, branch, Some(arm));
        let then = self.continuation(Some(arm), &answer, payload);
        self.body.leave();
        stmts.push(match condition {
            None => then,
            Some(condition) => {
                let otherwise = self.guarded(rest, payload, is_mutable, through, branch);
                choice(condition, then, Some(otherwise), arm.span)
            }
        });
        sequence(stmts, arm.span)
    }
}
