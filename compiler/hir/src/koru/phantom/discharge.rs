//! What is put in where a path ends: calls of events that take what is still owed.
//!
//! In: the values owed at an end, youngest first. Out: a [`Discharge`] for each, with further ones for what
//! its answer owes in turn; or the mistake that none can be found.

use super::choose::{Choice, Disposal, choose};
use super::held::{Gone, Held, How, Place, Value};
use super::state::State;
use super::walk::Walk;
use super::{AutoDischarge, Discharge, messages, state};
use crate::ids::ModuleId;
use koru_base::codes::*;
use koru_base::{Code, Name, Span};
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{Ident, Payload, Type};
use std::sync::Arc;

/// How often what discharges may owe again. Nobody writes so long a chain; a circle has no end.
const DEEPEST: u32 = 16;

/// Where somebody leaves, and how.
#[derive(Clone, Copy)]
pub struct Leaving {
    pub at: Span,
    pub how: Exit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The path is through.
    Path,
    /// So it is, where this continuation could stand.
    Lacks(Name),
    Answer,
    Jump(Name),
}

impl Leaving {
    /// What is wrong if something is owed here.
    pub fn code(self) -> Code {
        if matches!(self.how, Exit::Jump(_)) { KORU036 } else { KORU035 }
    }
}

/// What is to be discharged, of whatever origin.
struct Debt<'a> {
    value: Expr,
    states: &'a [State],
    ty: (&'a Expr, ModuleId),
    shown: String,
}

impl Walk<'_, '_> {
    /// Discharges values, in this order.
    pub(super) fn pay(&mut self, owed: &[usize], held: &mut Held, leaving: Leaving) -> Vec<Discharge> {
        let mut made = Vec::new();
        for &index in owed {
            let value = held.values[index].clone();
            let paid = self.pay_one(&value, held, leaving);
            let how = paid.as_ref().map_or(How::Handed, |discharge| How::Consumed(discharge.event));
            held.values[index].gone = Some(Gone { at: leaving.at, how, scope: None });
            held.values[index].is_silent |= paid.is_none();
            made.extend(paid);
        }
        made
    }

    fn pay_one(&mut self, value: &Value, held: &Held, leaving: Leaving) -> Option<Discharge> {
        if value.is_silent {
            return None;
        }
        if self.mode == AutoDischarge::Disable {
            messages::undisposed(self, value, leaving);
            return None;
        }
        let debt = Debt {
            value: self.name(value, held, leaving.at),
            states: &value.states,
            ty: (&value.ty, value.module),
            shown: value.shown.clone(),
        };
        self.discharge(debt, value, leaving, 0)
    }

    fn discharge(&mut self, debt: Debt, value: &Value, leaving: Leaving, depth: u32) -> Option<Discharge> {
        let disposal = match choose(self.cx, debt.states, debt.ty, self.is_comptime) {
            Choice::One(_) if depth == DEEPEST => {
                messages::circle(self, value, leaving);
                return None;
            }
            Choice::One(disposal) => disposal,
            Choice::None(unable) => {
                messages::nobody(self, value, debt.states, &debt.shown, &unable, leaving);
                return None;
            }
            Choice::Several(able) => {
                messages::several(self, value, debt.states, &debt.shown, &able, leaving);
                return None;
            }
        };
        if self.mode == AutoDischarge::Warn {
            messages::inserted(self, value, debt.states, &debt.shown, disposal.event, leaving.at);
        }
        let then = self.cascade(&disposal, value, leaving, depth)?;
        Some(Discharge {
            event: disposal.event,
            input: disposal.input,
            value: debt.value,
            origin: value.made,
            shown: debt.shown,
            then,
        })
    }

    /// What the answer of a disposal owes. None after a mistake.
    #[expect(clippy::option_option, reason = "nothing owed is not the same as a mistake")]
    fn cascade(
        &mut self,
        disposal: &Disposal,
        value: &Value,
        leaving: Leaving,
        depth: u32,
    ) -> Option<Option<(Name, Vec<Discharge>)>> {
        let event = &self.cx.events[disposal.event];
        let (source, module) = (event.source.clone(), event.module);
        let Some(branch) = source.branches.first() else { return Some(None) };
        let parts: Vec<(Option<Name>, &Type)> = match &branch.payload {
            Payload::Struct(fields) => {
                fields.iter().map(|field| (Some(field.name.name), &field.ty)).collect()
            }
            Payload::Identity(ty) => vec![(None, ty)],
            Payload::Empty | Payload::Wildcard => Vec::new(),
        };
        let name = Name::new(&format!("(answer {})", self.fresh()));
        let mut made = Vec::new();
        for (field, ty) in parts.into_iter().rev() {
            let Some(phantom) = ty.phantom.as_ref().filter(|phantom| phantom.obliges) else { continue };
            let states = state::states(self.cx, module, phantom);
            let answer = format!("`{}` of `{}`", branch.name.name, source.name.name);
            let shown = field.map_or(answer.clone(), |field| format!("`{field}` in {answer}"));
            let answered = read(name, field, leaving.at);
            let debt = Debt { value: answered, states: &states, ty: (&ty.host, module), shown };
            made.push(self.discharge(debt, value, leaving, depth + 1)?);
        }
        Some((!made.is_empty()).then_some((name, made)))
    }

    /// A value by the name it has at the end of a path, where another binding may have taken its own.
    fn name(&mut self, value: &Value, held: &Held, at: Span) -> Expr {
        let Place { binding, name, key, field, arm } = value.places[0];
        let is_same_text = self.cx.sources.hand(at.file) == self.cx.sources.hand(value.made.file);
        if arm == 0 || is_same_text && held.binding(key) == Some(binding) {
            return read(name, field, at);
        }
        let hidden = match self.plan.hidden.get(&arm) {
            Some(name) => *name,
            None => Name::new(&format!("(hidden {})", self.fresh())),
        };
        self.plan.hidden.insert(arm, hidden);
        read(hidden, field, at)
    }
}

/// `name` or `name.field`, as if it were written at `at`.
fn read(name: Name, field: Option<Name>, at: Span) -> Expr {
    let base = Expr { kind: Arc::new(ExprKind::Name(name)), span: at };
    match field {
        None => base,
        Some(field) => {
            let name = Ident { name: field, span: at };
            Expr { kind: Arc::new(ExprKind::Field { base, name }), span: at }
        }
    }
}
