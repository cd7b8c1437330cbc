//! Making and taking apart structs, arrays, unions, optionals, error unions and slices.
//!
//! In: the parts. Out: leaves of flat types; others are written part by part into their place, each
//! part evaluated just before it is written.

use super::check::Panic;
use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::memory::{Address, Base};
use crate::ids::TypeId;
use crate::layout::Parts;
use crate::tree::{Expr, Kind};
use crate::types::Type;
use crate::value::Value;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Compare, Constant, Op, ValueId};

impl<'a> Code<'a, '_> {
    /// Writes parts into the destination if it is memory, or into new memory, by `write`.
    pub fn in_memory(
        &mut self,
        ty: TypeId,
        dest: Dest,
        write: impl FnOnce(&mut Self, Address) -> Option<()>,
    ) -> Option<Lowered> {
        if let Dest::Memory(to) = dest {
            write(self, to)?;
            return Some(nothing());
        }
        let to = self.temporary(ty);
        write(self, to)?;
        let value = self.load(ty, to);
        self.deliver(value, ty, dest)
    }

    /// All fields or elements, in order.
    pub fn aggregate(&mut self, ty: TypeId, parts: &'a [Expr], dest: Dest) -> Option<Lowered> {
        let layout = self.layout(ty);
        let is_memory = matches!(dest, Dest::Memory(_));
        match (&layout.parts, layout.is_flat()) {
            (Parts::Packed(_), _) => self.packed(ty, parts, dest),
            (Parts::Whole, true) if matches!(self.cx.types.get(ty), Type::Vector { .. }) => {
                self.vector(ty, parts, dest)
            }
            (_, true) if !is_memory => {
                let mut leaves = Vec::new();
                for (index, part) in parts.iter().enumerate() {
                    let part = self.leaves(part)?;
                    // Fields known while compiling have no leaves.
                    if self.takes_room(ty, index as u32) {
                        leaves.extend(part);
                    }
                }
                self.deliver(Lowered::Leaves(leaves), ty, dest)
            }
            _ => self.in_memory(ty, dest, |code, to| code.write_parts(ty, parts, to)),
        }
    }

    fn write_parts(&mut self, ty: TypeId, parts: &'a [Expr], to: Address) -> Option<()> {
        for (index, part) in parts.iter().enumerate() {
            match &self.layout(ty).parts {
                Parts::Fields(fields) if self.takes_room(ty, index as u32) => {
                    self.write(part, to.plus(fields[index].offset))?;
                }
                Parts::Elements { stride, .. } => self.write(part, to.plus(stride * index as u64))?,
                _ => self.run(part)?,
            }
        }
        self.write_sentinel(ty, parts.len() as u64, to);
        Some(())
    }

    /// The sentinel behind `len` elements of an array that has one.
    fn write_sentinel(&mut self, ty: TypeId, len: u64, to: Address) {
        if let Type::Array { sentinel: Some(sentinel), child, .. } = self.cx.types.get(ty).clone() {
            let stride = self.layout(child).size;
            self.constant_value(child, &sentinel, Dest::Memory(to.plus(stride * len)));
        }
    }

    fn takes_room(&mut self, ty: TypeId, field: u32) -> bool {
        match self.cx.types.get(ty) {
            Type::Tuple(fields) => fields[field as usize].value.is_none(),
            &Type::Container(container) => {
                !crate::host::fields(self.cx, container)[field as usize].is_comptime
            }
            _ => true,
        }
    }

    fn packed(&mut self, ty: TypeId, parts: &'a [Expr], dest: Dest) -> Option<Lowered> {
        let layout = self.layout(ty);
        let whole = self.leaf_types(ty).first().copied();
        let (Parts::Packed(places), Some(whole)) = (&layout.parts, whole) else {
            return Some(nothing()); // no bits at all
        };
        let mut value = None;
        for (part, &bits) in parts.iter().zip(places) {
            let leaves = self.leaves(part)?;
            let Some(&leaf) = leaves.first() else { continue };
            let part = self.shifted_bits(leaf, bits, whole);
            value = Some(match value {
                None => part,
                Some(value) => self.builder.push(whole, Op::Binary(flow::Binary::Or, value, part)),
            });
        }
        let value = value.unwrap_or_else(|| self.constant(whole, Constant::Zero));
        self.deliver(Lowered::Leaves(vec![value]), ty, dest)
    }

    fn vector(&mut self, ty: TypeId, lanes: &'a [Expr], dest: Dest) -> Option<Lowered> {
        let leaf = self.leaf_types(ty)[0];
        let mut vector = self.constant(leaf, Constant::Undefined);
        for (index, lane) in lanes.iter().enumerate() {
            let value = self.scalar(lane)?;
            let lane = self.word(index as u64);
            vector = self.builder.push(leaf, Op::Insert { vector, lane, value });
        }
        self.deliver(Lowered::Leaves(vec![vector]), ty, dest)
    }

    /// An array whose elements are all the same.
    pub fn splat(&mut self, ty: TypeId, value: &'a Expr, dest: Dest) -> Option<Lowered> {
        let (len, child) = match *self.cx.types.get(ty) {
            Type::Array { len, child, .. } => (len, child),
            Type::Vector { .. } => {
                let leaf = self.leaf_types(ty)[0];
                let value = self.scalar(value)?;
                let vector = self.builder.push(leaf, Op::Splat(value));
                return self.deliver(Lowered::Leaves(vec![vector]), ty, dest);
            }
            ref other => bug!("lower", "a splat of {other:?}"),
        };
        self.in_memory(ty, dest, |code, to| {
            let element = match &*value.kind {
                Kind::Const(value) if code.write_uniform(child, value, len, to) => None,
                _ => Some(code.value(value)?),
            };
            if let Some(element) = element {
                let len = code.word(len);
                let start = code.address_value(to);
                code.fill(child, start, element, len);
            }
            code.write_sentinel(ty, len, to);
            Some(())
        })
    }

    /// Writes an element `count` times, in a loop.
    pub fn fill(&mut self, ty: TypeId, start: ValueId, element: Lowered, count: ValueId) {
        let layout = self.layout(ty);
        if layout.size == 0 {
            return;
        }
        let head = self.builder.block(&[flow::Type::WORD]);
        let (body, done) = (self.builder.block(&[]), self.builder.block(&[]));
        let zero = self.word(0);
        self.builder.jump(head, vec![zero]);
        self.builder.switch_to(head);
        let index = self.builder.params(head)[0];
        let is_more = self.flag(Compare::LessUnsigned, index, count);
        self.builder.branch(is_more, body, done);
        self.builder.switch_to(body);
        let first = Address::of(super::memory::Base::Value(start), layout.align);
        let to = self.step(first, ty, index);
        self.deliver(element, ty, Dest::Memory(to));
        let one = self.word(1);
        let next = self.builder.push(flow::Type::WORD, Op::Binary(flow::Binary::Add, index, one));
        self.builder.jump(head, vec![next]);
        self.builder.switch_to(done);
    }

    /// An optional that is not null.
    pub fn some(&mut self, ty: TypeId, payload: &'a Expr, dest: Dest) -> Option<Lowered> {
        let layout = self.layout(ty);
        let Parts::Optional { flag } = layout.parts else { bug!("lower", "{ty} is no optional") };
        if layout.is_flat() {
            let mut leaves = self.leaves(payload)?;
            if flag.is_some() {
                leaves.push(self.bool(true));
            }
            return self.deliver(Lowered::Leaves(leaves), ty, dest);
        }
        self.in_memory(ty, dest, |code, to| {
            code.write(payload, to)?;
            let yes = code.bool(true);
            code.store_scalar(to.plus(flag.unwrap_or(0)), yes);
            Some(())
        })
    }

    /// An error union that holds no error.
    pub fn payload(&mut self, ty: TypeId, payload: &'a Expr, dest: Dest) -> Option<Lowered> {
        let layout = self.layout(ty);
        let Parts::ErrorUnion { payload: offset } = layout.parts else {
            bug!("lower", "{ty} is no error union")
        };
        let none = flow::Type::Int(16);
        if layout.is_flat() {
            let leaves = self.leaves(payload)?;
            let leaves = [self.int(none, 0)].into_iter().chain(leaves).collect();
            return self.deliver(Lowered::Leaves(leaves), ty, dest);
        }
        self.in_memory(ty, dest, |code, to| {
            code.write(payload, to.plus(offset))?;
            let none = code.int(none, 0);
            code.store_scalar(to, none);
            Some(())
        })
    }

    /// An error union that holds an error.
    pub fn failure(&mut self, ty: TypeId, error: &'a Expr, dest: Dest) -> Option<Lowered> {
        let error = self.scalar(error)?;
        if let Dest::Memory(to) = dest {
            self.store_scalar(to, error);
            return Some(nothing());
        }
        if !self.layout(ty).is_flat() {
            return self.in_memory(ty, dest, |code, to| {
                code.store_scalar(to, error);
                Some(())
            });
        }
        let types = self.leaf_types(ty);
        let rest = types[1..].iter().map(|&ty| self.constant(ty, Constant::Undefined));
        let leaves = [error].into_iter().chain(rest.collect::<Vec<_>>()).collect();
        self.deliver(Lowered::Leaves(leaves), ty, dest)
    }

    /// A part of an array or slice; of a slice's type, or a pointer to an array of known length.
    pub fn slice(
        &mut self,
        ty: TypeId,
        pointer: &'a Expr,
        (start, end): (&'a Expr, &'a Expr),
        limit: Option<&'a Expr>,
        sentinel: Option<&'a Expr>,
    ) -> Option<Lowered> {
        let base = self.scalar(pointer)?;
        let (start_value, end_value) = (self.word_of(start)?, self.word_of(end)?);
        let limit = limit.map_or(Some(None), |limit| self.word_of(limit).map(Some))?;
        if self.program.is_checked {
            if !is_zero(start) {
                self.check_at_most(start_value, end_value, Panic::Bounds);
            }
            match limit {
                // What must stand at the end is read there.
                Some(limit) if sentinel.is_some() && !self.ends_in_sentinel(pointer.ty) => {
                    self.check_less(end_value, limit, Panic::Bounds);
                }
                Some(limit) => self.check_at_most(end_value, limit, Panic::Bounds),
                None => {}
            }
        }
        let is_slice = self.leaf_types(ty).len() == 2;
        let child = self.pointee(ty);
        let element = if is_slice || !matches!(self.cx.types.get(child), Type::Array { .. }) {
            child
        } else {
            self.pointee(child)
        };
        if let Some(sentinel) = sentinel.filter(|_| self.program.is_checked) {
            self.check_sentinel(base, end_value, element, sentinel)?;
        }
        let (mut first, mut len) = (base, end_value);
        if !is_zero(start) {
            let size = self.layout(element).size;
            let bytes = self.scaled(start_value, size);
            first = self.builder.push(flow::Type::Pointer, Op::Offset { base, bytes });
            let op = Op::Binary(flow::Binary::Sub, end_value, start_value);
            len = self.builder.push(flow::Type::WORD, op);
        }
        Some(Lowered::Leaves(if is_slice { vec![first, len] } else { vec![first] }))
    }

    /// Does what the pointer points at have an element behind its last one?
    fn ends_in_sentinel(&self, ty: TypeId) -> bool {
        let Type::Pointer(pointer) = self.cx.types.get(ty) else { return false };
        let array = self.cx.types.get(pointer.child);
        pointer.sentinel.is_some() || matches!(array, Type::Array { sentinel: Some(_), .. })
    }

    /// Goes on only where the element at `end` is the one it is said to be. Those of several scalars are believed.
    fn check_sentinel(
        &mut self,
        base: ValueId,
        end: ValueId,
        element: TypeId,
        sentinel: &'a Expr,
    ) -> Option<()> {
        let layout = self.layout(element);
        let Some([leaf]) = layout.leaves.as_deref() else { return Some(()) };
        let expected = self.scalar(sentinel)?;
        let bytes = self.scaled(end, layout.size);
        let place = self.builder.push(flow::Type::Pointer, Op::Offset { base, bytes });
        let found = self.load_scalar(leaf.ty, Address::of(Base::Value(place), layout.align));
        let op = if matches!(leaf.ty, flow::Type::Float(_)) { Compare::FloatEqual } else { Compare::Equal };
        let holds = self.flag(op, found, expected);
        self.check(holds, Panic::Sentinel);
        Some(())
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr.value(), Some(Value::Int(number)) if *number == num_bigint::BigInt::ZERO)
}
