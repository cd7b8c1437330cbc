//! Discharges with types: the calls a phantom plan puts in where paths end.
//!
//! In: an end of a path and what the plan says of it. Out: calls like any other, with the end as their place,
//! so that what is wrong with one points there. An answer's or jump's values are made before.

use super::flow::{Typing, nothing, sequence};
use super::phantom::{Discharge, End, Plan};
use super::{implement, signature};
use crate::context::ResultShape;
use crate::ids::{LocalId, TypeId};
use crate::tree::{Arm, Expr, Kind, Place};
use crate::value::Value;
use koru_base::codes::*;
use koru_base::{Name, Span};
use koru_syntax::ast::Call;

impl Typing<'_, '_> {
    /// What is discharged at an end.
    pub(super) fn discharges(&mut self, end: End) -> Vec<Expr> {
        let plan = self.plan.clone();
        plan.at(end, &self.via).iter().map(|discharge| self.discharge(discharge)).collect()
    }

    /// The continuation of a branch that nobody wrote: what it carries is discharged, nothing else happens.
    pub(super) fn missing_arm(
        &mut self,
        call: &Call,
        branch: Name,
        payload: Option<TypeId>,
        span: Span,
    ) -> Arm {
        let end = End::missing(call, branch);
        if self.plan.at(end, &self.via).is_empty() {
            return Arm { payload: None, body: nothing(span) };
        }
        self.body.enter();
        let payload = payload.map(|ty| self.bind_hidden(Plan::missing_payload(), ty, span));
        let stmts = self.discharges(end);
        self.body.leave();
        Arm { payload, body: sequence(stmts, span) }
    }

    /// Binds a payload under a name nobody can write.
    pub(super) fn bind_hidden(&mut self, name: Name, ty: TypeId, span: Span) -> LocalId {
        let local = self.body.bind(name, ty, span, false);
        self.body.bind_everywhere(name, local);
        local
    }

    /// An answer or a jump behind what is discharged in front of it; its values are made first.
    pub(super) fn discharge_before(&mut self, leaving: Expr, end: End) -> Expr {
        let plan = self.plan.clone();
        let discharges = plan.at(end, &self.via);
        if discharges.is_empty() || leaving.ty != TypeId::NORETURN {
            return leaving;
        }
        let Expr { ty, span, kind } = leaving;
        let mut stmts = Vec::new();
        let kind = match *kind {
            Kind::Exit { branch, payload } => {
                let payload = payload.map(|value| self.made_before(value, &mut stmts));
                Kind::Exit { branch, payload }
            }
            Kind::Jump { label, args } => {
                let args = args.into_iter().map(|value| self.made_before(value, &mut stmts)).collect();
                Kind::Jump { label, args }
            }
            other => other,
        };
        stmts.extend(discharges.iter().map(|discharge| self.discharge(discharge)));
        stmts.push(Expr::new(ty, span, kind));
        sequence(stmts, span)
    }

    /// Makes a value now, for a later use.
    fn made_before(&mut self, value: Expr, stmts: &mut Vec<Expr>) -> Expr {
        let (ty, span) = (value.ty, value.span);
        if value.value().is_some() || ty == TypeId::NORETURN {
            return value;
        }
        let local = self.body.bind(Name::new("(leaving)"), ty, span, false);
        stmts.push(Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(value) }));
        Expr::new(ty, span, Kind::Read(Place::Local(local)))
    }

    fn discharge(&mut self, discharge: &Discharge) -> Expr {
        let (event, span) = (discharge.event, discharge.value.span);
        let signature = signature(self.body.cx, event);
        let mut args = Vec::new();
        for (index, input) in signature.inputs.iter().enumerate() {
            if index != discharge.input {
                args.push(match signature::default(self.body.cx, event, index) {
                    Some(known) => Expr::constant(input.ty, span, known.value),
                    None => Expr::constant(input.ty, span, Value::Null),
                });
                continue;
            }
            let note = format!(
                "{} is to be discharged there, by `{}`",
                discharge.shown, self.body.cx.events[event].name
            );
            let value = |typing: &mut Self| typing.body.expr(&discharge.value, Some(input.ty));
            args.push(self.with_code(KORU082, discharge.origin, note, value));
        }
        let callee = implement::event_instance(self.body.cx, event);
        let arms = match &signature.result {
            ResultShape::Returns(_) => Vec::new(),
            ResultShape::Branches { branches, .. } => {
                branches.iter().map(|branch| self.answered(discharge, branch.payload, span)).collect()
            }
        };
        Expr::new(TypeId::VOID, span, Kind::EventCall { callee, args, arms, label: None })
    }

    /// What the answer of a discharge owes in turn.
    fn answered(&mut self, discharge: &Discharge, payload: Option<TypeId>, span: Span) -> Arm {
        let Some(((name, more), ty)) = discharge.then.as_ref().zip(payload) else {
            return Arm { payload: None, body: nothing(span) };
        };
        self.body.enter();
        let local = self.bind_hidden(*name, ty, span);
        let stmts = more.iter().map(|discharge| self.discharge(discharge)).collect();
        self.body.leave();
        Arm { payload: Some(local), body: sequence(stmts, span) }
    }
}
