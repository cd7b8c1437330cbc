//! Leaving a function: `return`, exits of flows, falling off the end.
//!
//! In: the value that is returned. Out: an exit. An event's union is never built where the branch is
//! known: `return .{ .done = x }` is the exit `done` with x. Defers run after the value is computed.

use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::foreign::Pass;
use super::shape::Foreign;
use crate::context::ContainerKind;
use crate::ids::TypeId;
use crate::layout::Parts;
use crate::tree::{Expr, Kind};
use crate::types::Type;
use crate::value::Value;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Terminator, ValueId};
use std::rc::Rc;

/// Does a returned error union hold an error?
#[derive(Clone, Copy)]
enum Outcome {
    Fine,
    /// With this error.
    Failing(ValueId),
    /// If this number is not 0.
    Perhaps(ValueId),
}

impl<'a> Code<'a, '_> {
    /// `return value;`
    pub fn return_from(&mut self, value: Option<&'a Expr>) -> Option<Lowered> {
        match value {
            Some(value) => self.lower(value, Dest::Return),
            None => self.fall_off_end(),
        }
    }

    /// The end of a body, or `return;`.
    pub fn fall_off_end(&mut self) -> Option<Lowered> {
        if self.shape.is_event || self.shape.signature.exits.len() != 1 {
            return self.unreachable();
        }
        let ty = self.shape.output;
        if let Parts::ErrorUnion { .. } = self.layout(ty).parts {
            let none = self.int(flow::Type::Int(16), 0);
            return self.leave(0, vec![none], Outcome::Fine);
        }
        match self.layout(ty).size {
            0 => self.leave(0, Vec::new(), Outcome::Fine),
            _ => self.unreachable(),
        }
    }

    /// Returns what is no control construct.
    pub fn return_leaf(&mut self, expr: &'a Expr) -> Option<Lowered> {
        if !self.shape.is_event {
            return self.return_ordinary(expr);
        }
        match &*expr.kind {
            Kind::UnionInit { field, payload } => self.exit(*field, payload.as_ref()),
            Kind::Const(Value::Union { field, payload }) => {
                let ty = self.shape.results[*field as usize].ty;
                let dest = self.result_slots[*field as usize].map_or(Dest::Value, Dest::Memory);
                let value = match self.layout(ty).size {
                    0 => nothing(),
                    _ => self.constant_value(ty, payload, dest)?,
                };
                self.leave_with(*field, value)
            }
            _ => {
                let value = self.value(expr)?;
                self.return_value(value, expr.ty)
            }
        }
    }

    /// Leaves by a branch of the event.
    pub fn exit(&mut self, branch: u32, payload: Option<&'a Expr>) -> Option<Lowered> {
        let value = match (payload, self.result_slots[branch as usize]) {
            (Some(payload), Some(slot)) => self.lower(payload, Dest::Memory(slot))?,
            (Some(payload), None) => self.value(payload)?,
            (None, _) => nothing(),
        };
        self.leave_with(branch, value)
    }

    fn leave_with(&mut self, exit: u32, value: Lowered) -> Option<Lowered> {
        let leaves = match value {
            Lowered::Leaves(leaves) => leaves,
            Lowered::Memory(_) => Vec::new(),
        };
        self.leave(exit, leaves, Outcome::Fine)
    }

    fn return_ordinary(&mut self, expr: &'a Expr) -> Option<Lowered> {
        let slot = self.result_slots.first().copied().flatten();
        let value = match slot {
            Some(slot) => {
                self.lower(expr, Dest::Memory(slot))?;
                Lowered::Memory(slot)
            }
            None => self.value(expr)?,
        };
        let number = |code: &mut Self| code.error_number(value.clone());
        let outcome = match &*expr.kind {
            _ if !self.has_error_defers() => Outcome::Fine,
            Kind::Failure(_) | Kind::Const(Value::Error(_)) => Outcome::Failing(number(self)),
            Kind::Payload(_) | Kind::Const(_) => Outcome::Fine,
            _ => self.outcome_of(&value, expr.ty),
        };
        let leaves = self.returned(value, expr.ty);
        self.leave(0, leaves, outcome)
    }

    /// What an ordinary function gives back in registers.
    fn returned(&mut self, value: Lowered, ty: TypeId) -> Vec<ValueId> {
        let shape = Rc::clone(&self.shape);
        match (&shape.foreign, value) {
            (Some(Foreign { result: Pass::Pieces(pieces), .. }), value) => self.cut(value, ty, pieces),
            (Some(Foreign { result: Pass::Copied | Pass::Refused, .. }), _) | (_, Lowered::Memory(_)) => {
                Vec::new()
            }
            (_, Lowered::Leaves(leaves)) => leaves,
        }
    }

    fn has_error_defers(&self) -> bool {
        self.scopes.iter().flat_map(|scope| &scope.defers).any(|deferred| deferred.only_failing)
    }

    fn outcome_of(&mut self, value: &Lowered, ty: TypeId) -> Outcome {
        match self.cx.types.get(ty) {
            Type::ErrorUnion { .. } | Type::ErrorSet(_) => Outcome::Perhaps(self.error_number(value.clone())),
            _ => Outcome::Fine,
        }
    }

    /// Returns a value that is there already: of an event, the exit of the union's active tag.
    pub fn return_value(&mut self, value: Lowered, ty: TypeId) -> Option<Lowered> {
        if self.shape.is_event {
            return self.exit_by_tag(value, ty);
        }
        if let Some(slot) = self.result_slots.first().copied().flatten() {
            self.deliver(value.clone(), ty, Dest::Memory(slot));
        }
        let outcome = if self.has_error_defers() { self.outcome_of(&value, ty) } else { Outcome::Fine };
        let leaves = self.returned(value, ty);
        self.leave(0, leaves, outcome)
    }

    fn exit_by_tag(&mut self, union: Lowered, ty: TypeId) -> Option<Lowered> {
        let is_union = match *self.cx.types.get(ty) {
            Type::Container(container) => self.cx.containers[container].kind == ContainerKind::Union,
            _ => false,
        };
        if !is_union {
            bug!("lower", "{ty} is returned from an event");
        }
        let count = self.shape.signature.exits.len() as u32;
        let blocks = self.switch_on_tag(union.clone(), ty, count);
        for (branch, block) in blocks.into_iter().enumerate() {
            self.builder.switch_to(block);
            let payload = self.payload_of_field(&union, ty, branch as u32);
            let payload_ty = self.shape.results[branch].ty;
            let value = match self.result_slots[branch] {
                Some(slot) => self.deliver(payload, payload_ty, Dest::Memory(slot)),
                None => Some(payload),
            };
            value.and_then(|value| self.leave_with(branch as u32, value));
        }
        None
    }

    /// Runs everything deferred and leaves.
    fn leave(&mut self, exit: u32, values: Vec<ValueId>, outcome: Outcome) -> Option<Lowered> {
        let failing = match outcome {
            Outcome::Fine => None,
            Outcome::Failing(error) => Some(error),
            Outcome::Perhaps(number) => {
                let (bad, good) = (self.builder.block(&[]), self.builder.block(&[]));
                let fails = self.is_failure(number);
                self.builder.branch(fails, bad, good);
                self.builder.switch_to(bad);
                self.leave(exit, values.clone(), Outcome::Failing(number));
                self.builder.switch_to(good);
                None
            }
        };
        self.leave_now(exit, values, failing)
    }

    fn leave_now(&mut self, exit: u32, values: Vec<ValueId>, failing: Option<ValueId>) -> Option<Lowered> {
        let has_defers = self.scopes.iter().any(|scope| !scope.defers.is_empty());
        if has_defers {
            self.run_defers(0, failing)?;
        }
        self.builder.terminate(Terminator::Exit { index: exit, values });
        None
    }
}
