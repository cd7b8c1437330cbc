//! Expressions: which method lowers which kind of node.
//!
//! In: an expression and what is to happen with its value. Out: the value, where it is asked for.
//! Control constructs pass the destination on to their arms; aggregates write their parts there.

use super::check::Panic;
use super::code::{Code, Dest, Home, Lowered};
use super::place::Spot;
use crate::ids::TypeId;
use crate::tree::{Expr, Kind, Place};
use crate::value::Value;
use koru_base::bug;
use koru_flow::{Constant, Terminator, Type, ValueId};

impl<'a> Code<'a, '_> {
    /// The value of an expression.
    pub fn value(&mut self, expr: &'a Expr) -> Option<Lowered> {
        self.lower(expr, Dest::Value)
    }

    /// The leaves of a value of a flat type.
    pub fn leaves(&mut self, expr: &'a Expr) -> Option<Vec<ValueId>> {
        match self.value(expr)? {
            Lowered::Leaves(leaves) => Some(leaves),
            Lowered::Memory(_) => bug!("lower", "the leaves of {} are asked for", expr.ty),
        }
    }

    /// The first leaf: all of a scalar, the pointer of a slice.
    pub fn scalar(&mut self, expr: &'a Expr) -> Option<ValueId> {
        let leaves = self.leaves(expr)?;
        match leaves.first() {
            Some(&leaf) => Some(leaf),
            None => bug!("lower", "{} has no leaf: {:?}", expr.ty, expr.kind),
        }
    }

    /// Runs a statement, or an expression whose value nobody wants.
    pub fn run(&mut self, expr: &'a Expr) -> Option<()> {
        self.lower(expr, Dest::Discard).map(|_| ())
    }

    /// Writes the value to a place.
    pub fn write(&mut self, expr: &'a Expr, to: super::memory::Address) -> Option<()> {
        self.lower(expr, Dest::Memory(to)).map(|_| ())
    }

    /// Lowers an expression. None: control does not come back from it.
    pub fn lower(&mut self, expr: &'a Expr, dest: Dest) -> Option<Lowered> {
        let outer = std::mem::replace(&mut self.builder.span, expr.span);
        let value = match dest {
            Dest::Return if !passes_destination_on(&expr.kind) => self.return_leaf(expr),
            _ => self.lower_kind(expr, dest),
        };
        self.builder.span = outer;
        value
    }

    fn lower_kind(&mut self, expr: &'a Expr, dest: Dest) -> Option<Lowered> {
        let ty = expr.ty;
        let value = match &*expr.kind {
            Kind::Const(value) => return self.constant_value(ty, value, dest),
            Kind::Read(place) => self.read(place, ty)?,
            Kind::AddressOf(place) => {
                let address = self.place_address(place)?;
                self.one(|code| code.address_value(address))
            }
            Kind::Assign { place, value } => self.assign(place, value)?,
            Kind::Unary { op, operand } => self.unary(*op, operand)?,
            Kind::Binary { op, left, right } => self.binary(*op, left, right)?,
            Kind::Compare { op, left, right } => self.compare(*op, left, right)?,
            Kind::And { .. } | Kind::Or { .. } => self.truth(expr)?,
            Kind::Convert { how, operand } => self.convert(*how, operand, ty)?,
            Kind::Aggregate(parts) => return self.aggregate(ty, parts, dest),
            Kind::Splat { value } => return self.splat(ty, value, dest),
            Kind::UnionInit { field, payload } => {
                return self.union_init(ty, *field, payload.as_ref(), dest);
            }
            Kind::Some(payload) => return self.some(ty, payload, dest),
            Kind::Payload(payload) => return self.payload(ty, payload, dest),
            Kind::Failure(error) => return self.failure(ty, error, dest),
            Kind::Slice { pointer, start, end, limit, sentinel } => {
                self.slice(ty, pointer, (start, end), limit.as_ref(), sentinel.as_ref())?
            }
            Kind::SliceLen(slice) => Lowered::Leaves(vec![self.leaves(slice)?[1]]),
            Kind::SlicePointer(slice) => Lowered::Leaves(vec![self.scalar(slice)?]),
            Kind::UnionTag(union) => self.union_tag(union)?,
            Kind::IsNull(operand) => self.is_null(operand)?,
            Kind::IsError(operand) => self.is_error(operand)?,
            Kind::Unwrap(operand) => self.unwrap(operand)?,
            Kind::ErrorOf(operand) => self.error_of(operand)?,
            Kind::PayloadOf(operand) => self.payload_of(operand)?,
            Kind::Call { callee, args } => return self.call(callee, args, ty, dest),
            Kind::Intrinsic { op, args } => self.intrinsic(op, args, ty)?,
            Kind::Block { label, stmts } => return self.block(ty, *label, stmts, dest),
            Kind::Let { local, value } => self.bind_local(*local, value.as_ref())?,
            Kind::If { condition, then, otherwise } => {
                return self.branch(ty, condition, then, otherwise.as_ref(), dest);
            }
            Kind::IfSome { .. } => return self.if_some(expr, dest),
            Kind::IfOk { .. } => return self.if_ok(expr, dest),
            Kind::Switch { operand, cases, otherwise } => {
                return self.switch(ty, operand, cases, otherwise.as_ref(), dest);
            }
            Kind::Loop { .. } => return self.repeat(expr, dest),
            Kind::Break { label, value } => return self.break_to(*label, value.as_ref()),
            Kind::Continue { label } => return self.continue_at(*label),
            Kind::Return(value) => return self.return_from(value.as_ref()),
            Kind::Defer { body } => self.defer(body, false, None),
            Kind::ErrDefer { error, body } => self.defer(body, true, *error),
            Kind::Unreachable => return self.panic(Panic::Unreachable),
            Kind::EventCall { callee, args, arms, label } => self.event_call(*callee, args, arms, *label)?,
            Kind::Jump { label, args } => return self.jump(*label, args),
            Kind::Exit { branch, payload } => return self.exit(*branch, payload.as_ref()),
        };
        self.deliver(value, ty, dest)
    }

    fn one(&mut self, make: impl FnOnce(&mut Self) -> ValueId) -> Lowered {
        Lowered::Leaves(vec![make(self)])
    }

    fn read(&mut self, place: &'a Place, ty: TypeId) -> Option<Lowered> {
        Some(match self.spot(place)? {
            Spot::Leaves(leaves) => Lowered::Leaves(leaves),
            Spot::Memory(address) => self.load(ty, address),
            Spot::Bits(bits) => Lowered::Leaves(self.load_bits(bits, ty)),
        })
    }

    fn assign(&mut self, place: &'a Place, value: &'a Expr) -> Option<Lowered> {
        match self.spot(place)? {
            Spot::Memory(address) => {
                self.write(value, super::memory::Address { is_fresh: false, ..address })?;
            }
            Spot::Bits(bits) => {
                let leaf = self.scalar(value)?;
                self.store_bits(bits, leaf);
            }
            // Only what takes no room is assigned to without having an address.
            Spot::Leaves(_) => self.run(value)?,
        }
        Some(nothing())
    }

    /// `Let`
    fn bind_local(&mut self, local: crate::ids::LocalId, value: Option<&'a Expr>) -> Option<Lowered> {
        let ty = self.body.locals[local].ty;
        let Some(value) = value.filter(|value| !matches!(*value.kind, Kind::Const(Value::Undefined))) else {
            self.bind_undefined(local, ty);
            return Some(nothing());
        };
        if !self.lives_in_memory(local) && (self.layout(ty).is_flat() || self.is_stable(value)) {
            let value = self.value(value)?;
            self.bind(local, value);
            return Some(nothing());
        }
        let home = self.aligned(ty, self.body.locals[local].align);
        self.write(value, home)?;
        self.homes[local] = Some(Home::Memory(super::memory::Address { is_fresh: false, ..home }));
        self.show(local);
        Some(nothing())
    }

    fn bind_undefined(&mut self, local: crate::ids::LocalId, ty: TypeId) {
        let home = if !self.lives_in_memory(local) && self.layout(ty).is_flat() {
            let types = self.leaf_types(ty);
            Home::Leaves(types.into_iter().map(|ty| self.constant(ty, Constant::Undefined)).collect())
        } else {
            Home::Memory(self.aligned(ty, self.body.locals[local].align))
        };
        self.homes[local] = Some(home);
        self.show(local);
    }

    /// Is it a value in memory that nothing changes while the function runs? Then a constant may
    /// share its place.
    pub fn is_stable(&self, value: &Expr) -> bool {
        match &*value.kind {
            Kind::Read(place) => !self.has_side_jumps && self.is_stable_place(place),
            Kind::Const(_) => true,
            _ => false,
        }
    }

    fn is_stable_place(&self, place: &Place) -> bool {
        match place {
            Place::Local(local) => {
                let local = &self.body.locals[*local];
                !local.is_mutable && !local.is_addressed
            }
            Place::Global(global) => self.cx.globals[*global].is_const,
            Place::Field { base, .. }
            | Place::Element { base, .. }
            | Place::UnionPayload { base, .. }
            | Place::OptionalPayload { base, .. } => self.is_stable_place(base),
            Place::Temporary(_) => true,
            Place::Deref(_) | Place::Index { .. } => false,
        }
    }

    /// A bool computed by control flow, as a value.
    fn truth(&mut self, expr: &'a Expr) -> Option<Lowered> {
        let (yes, no) = (self.builder.block(&[]), self.builder.block(&[]));
        let join = self.builder.block(&[Type::BOOL]);
        self.test(expr, yes, no);
        for (block, value) in [(yes, true), (no, false)] {
            self.builder.switch_to(block);
            let value = self.bool(value);
            self.builder.jump(join, vec![value]);
        }
        self.builder.switch_to(join);
        Some(Lowered::Leaves(self.builder.params(join).to_vec()))
    }

    /// Goes on at one of two blocks.
    pub fn test(&mut self, expr: &'a Expr, yes: koru_flow::BlockId, no: koru_flow::BlockId) {
        match &*expr.kind {
            Kind::And { left, right } => {
                let second = self.builder.block(&[]);
                self.test(left, second, no);
                self.builder.switch_to(second);
                self.test(right, yes, no);
            }
            Kind::Or { left, right } => {
                let second = self.builder.block(&[]);
                self.test(left, yes, second);
                self.builder.switch_to(second);
                self.test(right, yes, no);
            }
            Kind::Unary { op: crate::tree::Unary::Not, operand } => self.test(operand, no, yes),
            Kind::Const(Value::Bool(value)) => self.builder.jump(if *value { yes } else { no }, Vec::new()),
            _ => {
                if let Some(condition) = self.scalar(expr) {
                    self.builder.branch(condition, yes, no);
                }
            }
        }
    }

    /// Ends the block: this is never reached.
    pub fn unreachable<T>(&mut self) -> Option<T> {
        self.builder.terminate(Terminator::Unreachable);
        None
    }
}

/// The value of what has none.
pub(super) fn nothing() -> Lowered {
    Lowered::Leaves(Vec::new())
}

/// Does the construct hand its destination to the parts that make the value?
fn passes_destination_on(kind: &Kind) -> bool {
    use Kind::*;
    matches!(kind, Block { .. } | If { .. } | IfSome { .. } | IfOk { .. } | Switch { .. } | Loop { .. })
        || matches!(
            kind,
            Break { .. } | Continue { .. } | Return(_) | Jump { .. } | Exit { .. } | Unreachable
        )
}
