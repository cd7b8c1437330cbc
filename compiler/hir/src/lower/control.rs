//! Blocks, conditions and loops.
//!
//! In: constructs whose arms may give a value. Out: blocks of the graph that meet in a join, which takes
//! the leaves of flat values as parameters; other values are written where they are meant for.

use super::code::{Code, Deferred, Dest, Home, Lowered, Scope};
use super::expr::nothing;
use super::memory::Address;
use crate::ids::{LabelId, LocalId, TypeId};
use crate::layout::Parts;
use crate::tree::{Expr, Kind};
use crate::value::Value;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{BlockId, Op};

/// Where the arms of a construct meet.
pub(super) struct Join {
    /// What the arms do with their values.
    pub dest: Dest,
    /// What the construct gives back, where that is not the arms' leaves.
    result: Option<Lowered>,
    types: Vec<flow::Type>,
    block: Option<BlockId>,
}

/// A block or loop that can be left by name.
pub(super) struct Label {
    join: Join,
    continue_at: Option<BlockId>,
    /// How many scopes stay open when it is left.
    depth: usize,
}

impl<'a> Code<'a, '_> {
    /// A place for arms to meet.
    pub fn join(&mut self, ty: TypeId, dest: Dest) -> Join {
        let (mut dest, mut result, mut types) = (dest, None, Vec::new());
        if matches!(dest, Dest::Value) {
            if self.layout(ty).is_flat() {
                types = self.leaf_types(ty);
            } else {
                let to = self.temporary(ty);
                (dest, result) = (Dest::Memory(to), Some(Lowered::Memory(to)));
            }
        }
        Join { dest, result, types, block: None }
    }

    /// An arm has come to its end.
    pub fn arrive(&mut self, join: &mut Join, value: Option<Lowered>) {
        let Some(value) = value else { return };
        let block = *join.block.get_or_insert_with(|| self.builder.block(&join.types));
        let args = match value {
            Lowered::Leaves(leaves) if leaves.len() == join.types.len() => leaves,
            _ if join.types.is_empty() => Vec::new(),
            other => bug!("lower", "an arm gives {other:?}"),
        };
        self.builder.jump(block, args);
    }

    /// Goes on behind the arms, if one of them gets there.
    pub fn meet(&mut self, join: Join) -> Option<Lowered> {
        let block = join.block?;
        self.builder.switch_to(block);
        let leaves = || Lowered::Leaves(self.builder.params(block).to_vec());
        Some(join.result.unwrap_or_else(leaves))
    }

    /// Lowers an arm in a block of its own.
    pub fn arm(&mut self, block: BlockId, body: &'a Expr, join: &mut Join) {
        self.builder.switch_to(block);
        let value = self.lower(body, join.dest);
        self.arrive(join, value);
    }

    /// Lowers an arm that may be missing.
    pub fn arm_or_nothing(&mut self, block: BlockId, body: Option<&'a Expr>, join: &mut Join) {
        match body {
            Some(body) => self.arm(block, body, join),
            None => {
                self.builder.switch_to(block);
                let value = self.deliver(nothing(), TypeId::VOID, join.dest);
                self.arrive(join, value);
            }
        }
    }

    /// Statements, the last of which may be the value.
    pub fn block(
        &mut self,
        ty: TypeId,
        label: Option<LabelId>,
        stmts: &'a [Expr],
        dest: Dest,
    ) -> Option<Lowered> {
        // The last statement may have a value nobody wants.
        let is_void = matches!(ty, TypeId::VOID | TypeId::NORETURN) && matches!(dest, Dest::Value);
        let dest = if is_void { Dest::Discard } else { dest };
        let mut join = self.join(ty, dest);
        let depth = self.scopes.len();
        let inner = join.dest;
        if let Some(label) = label {
            self.labels.insert(label, Label { join, continue_at: None, depth });
            self.scopes.push(Scope::default());
            let value = self.statements(stmts, inner).and_then(|value| self.leave_scopes(depth, value));
            self.scopes.truncate(depth);
            join = self.close(label).join;
            self.arrive(&mut join, value);
            return self.meet(join);
        }
        self.scopes.push(Scope::default());
        let value = self.statements(stmts, inner).and_then(|value| self.leave_scopes(depth, value));
        self.scopes.truncate(depth);
        value.map(|value| join.result.unwrap_or(value))
    }

    fn statements(&mut self, stmts: &'a [Expr], dest: Dest) -> Option<Lowered> {
        let Some((last, first)) = stmts.split_last() else {
            return self.deliver(nothing(), TypeId::VOID, dest);
        };
        for stmt in first {
            self.run(stmt)?;
        }
        self.lower(last, dest)
    }

    /// Runs what is deferred down to a depth, with a value in hand.
    fn leave_scopes(&mut self, depth: usize, value: Lowered) -> Option<Lowered> {
        self.run_defers(depth, None)?;
        Some(value)
    }

    fn close(&mut self, label: LabelId) -> Label {
        match self.labels.remove(&label) {
            Some(label) => label,
            None => bug!("lower", "{label} is closed twice"),
        }
    }

    /// `if (condition) ..`
    pub fn branch(
        &mut self,
        ty: TypeId,
        condition: &'a Expr,
        then: &'a Expr,
        otherwise: Option<&'a Expr>,
        dest: Dest,
    ) -> Option<Lowered> {
        if let Some(Value::Bool(known)) = condition.value() {
            return match (known, otherwise) {
                (true, _) => self.lower(then, dest),
                (false, Some(otherwise)) => self.lower(otherwise, dest),
                (false, None) => self.deliver(nothing(), TypeId::VOID, dest),
            };
        }
        let mut join = self.join(ty, dest);
        let (yes, no) = (self.builder.block(&[]), self.builder.block(&[]));
        self.test(condition, yes, no);
        self.arm(yes, then, &mut join);
        self.arm_or_nothing(no, otherwise, &mut join);
        self.meet(join)
    }

    /// `if (optional) |payload| ..`
    pub fn if_some(&mut self, expr: &'a Expr, dest: Dest) -> Option<Lowered> {
        let Kind::IfSome { operand, payload, by_pointer, then, otherwise } = &*expr.kind else {
            bug!("lower", "not on an optional")
        };
        let mut join = self.join(expr.ty, dest);
        let (yes, no) = (self.builder.block(&[]), self.builder.block(&[]));
        let (value, ty) = self.operand_of_if(operand, *by_pointer)?;
        let is_some = self.is_some(value.clone(), ty);
        self.builder.branch(is_some, yes, no);
        self.builder.switch_to(yes);
        if let Some(local) = payload {
            let payload = match (&value, by_pointer) {
                (Lowered::Memory(address), true) => Lowered::Leaves(vec![self.address_value(*address)]),
                _ => self.some_of(value, ty),
            };
            self.bind_payload(*local, payload, operand);
        }
        self.arm(yes, then, &mut join);
        self.arm_or_nothing(no, otherwise.as_ref(), &mut join);
        self.meet(join)
    }

    /// The operand of an `if` that unwraps, and its type; where it is a pointer, what it points to, in memory.
    fn operand_of_if(&mut self, operand: &'a Expr, by_pointer: bool) -> Option<(Lowered, TypeId)> {
        if by_pointer {
            let address = self.behind(operand)?;
            return Some((Lowered::Memory(address), self.pointee(operand.ty)));
        }
        Some((self.value(operand)?, operand.ty))
    }

    /// Binds the payload of an operand: a copy where the operand may change while the binding is used.
    fn bind_payload(&mut self, local: LocalId, payload: Lowered, operand: &Expr) {
        let is_own = match &*operand.kind {
            Kind::Read(_) | Kind::Unwrap(_) | Kind::PayloadOf(_) | Kind::Convert { .. } => {
                self.is_stable(operand) && !self.lives_in_memory(local)
            }
            Kind::Const(_) => !self.body.locals[local].is_mutable,
            _ => true,
        };
        match payload {
            Lowered::Memory(_) if !is_own => {
                let ty = self.body.locals[local].ty;
                let home = self.temporary(ty);
                self.deliver(payload, ty, Dest::Memory(home));
                self.homes[local] = Some(Home::Memory(Address { is_fresh: false, ..home }));
                self.show(local);
            }
            payload => self.bind(local, payload),
        }
    }

    /// `if (error union) |payload| .. else |error| ..`
    pub fn if_ok(&mut self, expr: &'a Expr, dest: Dest) -> Option<Lowered> {
        let Kind::IfOk { operand, payload, by_pointer, then, error, otherwise } = &*expr.kind else {
            bug!("lower", "not on an error union")
        };
        let mut join = self.join(expr.ty, dest);
        let (yes, no) = (self.builder.block(&[]), self.builder.block(&[]));
        let (value, ty) = self.operand_of_if(operand, *by_pointer)?;
        let number = self.error_number(value.clone());
        let fails = self.is_failure(number);
        self.builder.branch(fails, no, yes);
        self.builder.switch_to(yes);
        if let Some(local) = payload {
            let payload = match (&value, by_pointer, &self.layout(ty).parts) {
                (Lowered::Memory(address), true, Parts::ErrorUnion { payload }) => {
                    Lowered::Leaves(vec![self.address_value(address.plus(*payload))])
                }
                _ => self.ok_of(value, ty),
            };
            self.bind_payload(*local, payload, operand);
        }
        self.arm(yes, then, &mut join);
        self.builder.switch_to(no);
        if let Some(local) = error {
            self.bind(*local, Lowered::Leaves(vec![number]));
        }
        self.arm_or_nothing(no, otherwise.as_ref(), &mut join);
        self.meet(join)
    }

    /// A loop.
    pub fn repeat(&mut self, expr: &'a Expr, dest: Dest) -> Option<Lowered> {
        let Kind::Loop { label, condition, body, step, otherwise } = &*expr.kind else {
            bug!("lower", "not a loop")
        };
        let join = self.join(expr.ty, dest);
        let head = self.builder.block(&[]);
        let again = if step.is_some() { self.builder.block(&[]) } else { head };
        self.builder.jump(head, Vec::new());
        self.builder.switch_to(head);
        let depth = self.scopes.len();
        self.labels.insert(*label, Label { join, continue_at: Some(again), depth });
        let mut done = None;
        match condition.as_ref().filter(|condition| condition.value() != Some(&Value::Bool(true))) {
            Some(condition) => {
                let (inside, behind) = (self.builder.block(&[]), self.builder.block(&[]));
                self.test(condition, inside, behind);
                self.builder.switch_to(inside);
                done = Some(behind);
            }
            None => {
                let inside = self.builder.block(&[]);
                self.builder.jump(inside, Vec::new());
                self.builder.switch_to(inside);
            }
        }
        if self.run(body).is_some() {
            self.builder.jump(again, Vec::new());
        }
        if let Some(step) = step {
            self.builder.switch_to(again);
            if self.run(step).is_some() {
                self.builder.jump(head, Vec::new());
            }
        }
        let mut join = self.close(*label).join;
        if let Some(done) = done {
            self.arm_or_nothing(done, otherwise.as_ref(), &mut join);
        }
        self.meet(join)
    }

    /// `break :label value`
    pub fn break_to(&mut self, label: LabelId, value: Option<&'a Expr>) -> Option<Lowered> {
        let Some(target) = self.labels.get(&label) else { bug!("lower", "{label} is not open") };
        let (dest, depth) = (target.join.dest, target.depth);
        let value = match value {
            Some(value) => self.lower(value, dest)?,
            None => self.deliver(nothing(), TypeId::VOID, dest)?,
        };
        self.run_defers(depth, None)?;
        let mut target = self.close(label);
        self.arrive(&mut target.join, Some(value));
        self.labels.insert(label, target);
        None
    }

    /// `continue :label`
    pub fn continue_at(&mut self, label: LabelId) -> Option<Lowered> {
        let target = self.labels.get(&label).and_then(|label| Some((label.continue_at?, label.depth)));
        let Some((block, depth)) = target else { bug!("lower", "{label} is no loop") };
        self.run_defers(depth, None)?;
        self.builder.jump(block, Vec::new());
        None
    }

    /// `defer`, `errdefer`
    pub fn defer(&mut self, body: &'a Expr, only_failing: bool, error: Option<LocalId>) -> Lowered {
        let scope = self.scopes.last_mut().expect("the function's own");
        scope.defers.push(Deferred { body, only_failing, error });
        nothing()
    }

    /// Runs what is deferred in the scopes above a depth, innermost first, without closing them;
    /// `failing` is the error the function returns, if it does.
    pub fn run_defers(&mut self, depth: usize, failing: Option<flow::ValueId>) -> Option<()> {
        let open = self.scopes.clone();
        let mut end = Some(());
        for (index, scope) in open.iter().enumerate().skip(depth).rev() {
            for (count, deferred) in scope.defers.iter().enumerate().rev() {
                if deferred.only_failing && failing.is_none() || end.is_none() {
                    continue;
                }
                self.scopes.truncate(index);
                // Deferred code sees what was open when it was met, and has a scope of its own.
                self.scopes.push(Scope { defers: scope.defers[..count].to_vec(), slots: Vec::new() });
                self.scopes.push(Scope::default());
                if let (Some(local), Some(error)) = (deferred.error, failing) {
                    self.bind(local, Lowered::Leaves(vec![error]));
                }
                end = self.run(deferred.body);
                self.end_slots(index + 1);
            }
            if end.is_some() {
                scope.slots.iter().for_each(|&slot| self.builder.effect(Op::SlotDead(slot)));
            }
        }
        self.scopes = open;
        end
    }

    fn end_slots(&mut self, depth: usize) {
        let slots: Vec<_> = self.scopes[depth..].iter().flat_map(|scope| scope.slots.clone()).collect();
        slots.into_iter().for_each(|slot| self.builder.effect(Op::SlotDead(slot)));
    }
}
