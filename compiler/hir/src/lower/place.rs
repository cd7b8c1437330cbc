//! Places: from a tree's path to an address, to leaves, or to some bits of an integer.
//!
//! In: a [`Place`]. Out: a [`Spot`]. Bindings that never change have no address: a field of one is a
//! part of its leaves. Fields of packed structs that fill whole bytes have addresses, others do not.

use super::check::Panic;
use super::code::{Code, Home, Lowered};
use super::memory::{Address, Base};
use crate::ids::TypeId;
use crate::layout::{Bits, Parts};
use crate::tree::{Expr, Place};
use crate::types::Type;
use crate::value::Value;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Binary, Convert, Op, ValueId};
use num_traits::ToPrimitive;

/// Where something is.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    Leaves(Vec<ValueId>),
    Memory(Address),
    Bits(BitSpot),
}

/// Some bits of an integer in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitSpot {
    whole: Address,
    whole_bits: u16,
    bits: Bits,
}

impl<'a> Code<'a, '_> {
    /// The address of a place. A value without one is written to memory first.
    pub fn place_address(&mut self, place: &'a Place) -> Option<Address> {
        match self.spot(place)? {
            Spot::Memory(address) => Some(address),
            Spot::Leaves(leaves) => {
                let ty = self.place_type(place);
                let address = self.temporary(ty);
                self.store(ty, address, &leaves);
                Some(address)
            }
            Spot::Bits(_) => bug!("lower", "the address of bits inside a byte"),
        }
    }

    /// Where a place is.
    pub fn spot(&mut self, place: &'a Place) -> Option<Spot> {
        match place {
            Place::Local(local) => Some(match self.home(*local) {
                Home::Leaves(leaves) => Spot::Leaves(leaves),
                Home::Memory(address) => Spot::Memory(address),
            }),
            Place::Global(global) => {
                let layout = self.layout(self.cx.globals[*global].ty);
                let align = self.cx.globals[*global].align.unwrap_or(layout.align);
                let global = self.program.global(self.cx, *global);
                Some(Spot::Memory(Address::of(Base::Global(global), align)))
            }
            Place::Deref(pointer) => self.behind(pointer).map(Spot::Memory),
            Place::Field { base, base_ty, field } => {
                let base = self.spot(base)?;
                Some(self.field(base, *base_ty, *field))
            }
            Place::Element { base, base_ty, index } => self.element(base, *base_ty, index),
            Place::Index { pointer, index, len } => self.index(pointer, index, len.as_ref()),
            Place::UnionPayload { base, base_ty, field } => self.union_payload(base, *base_ty, *field),
            Place::OptionalPayload { base, base_ty } => {
                let base = self.spot(base)?;
                if self.program.is_checked {
                    self.check_some(&base, *base_ty);
                }
                Some(self.optional_payload(base, *base_ty))
            }
            Place::Temporary(value) => Some(match self.value(value)? {
                Lowered::Leaves(leaves) => Spot::Leaves(leaves),
                Lowered::Memory(address) => Spot::Memory(address),
            }),
        }
    }

    /// What a place holds.
    fn place_type(&mut self, place: &Place) -> TypeId {
        match place {
            Place::Local(local) => self.body.locals[*local].ty,
            Place::Global(global) => self.cx.globals[*global].ty,
            Place::Deref(pointer) => self.pointee(pointer.ty),
            Place::Field { base_ty, field, .. } | Place::UnionPayload { base_ty, field, .. } => {
                crate::layout::field_type(self.cx, *base_ty, *field)
            }
            Place::Element { base_ty, .. } | Place::OptionalPayload { base_ty, .. } => self.pointee(*base_ty),
            Place::Index { pointer, .. } => self.pointee(pointer.ty),
            Place::Temporary(value) => value.ty,
        }
    }

    /// What a pointer points to, an array, vector or optional is made of.
    pub fn pointee(&self, ty: TypeId) -> TypeId {
        match self.cx.types.get(ty) {
            Type::Pointer(pointer) => pointer.child,
            Type::Array { child, .. } | Type::Vector { child, .. } | Type::Optional(child) => *child,
            other => bug!("lower", "{other:?} has no elements"),
        }
    }

    /// Where a pointer to one points.
    pub fn behind(&mut self, pointer: &'a Expr) -> Option<Address> {
        let value = self.scalar(pointer)?;
        Some(self.at_pointer(value, pointer.ty))
    }

    /// The place at a pointer of a type.
    fn at_pointer(&mut self, value: ValueId, pointer: TypeId) -> Address {
        let child = self.pointee(pointer);
        let natural = self.layout(child).align;
        let (align, is_volatile) = match self.cx.types.get(pointer) {
            Type::Pointer(pointer) => (pointer.align.unwrap_or(natural), pointer.is_volatile),
            _ => (natural, false),
        };
        Address { is_volatile, ..Address::of(Base::Value(value), align) }
    }

    /// A field of a struct, tuple or untagged union.
    pub fn field(&mut self, base: Spot, base_ty: TypeId, field: u32) -> Spot {
        let layout = self.layout(base_ty);
        let index = field as usize;
        match (&layout.parts, base) {
            (Parts::Fields(fields), Spot::Memory(address)) => {
                Spot::Memory(address.plus(fields[index].offset))
            }
            (Parts::Fields(fields), Spot::Leaves(leaves)) => {
                let field = fields[index];
                Spot::Leaves(leaves[field.first_leaf..field.first_leaf + field.leaf_count].to_vec())
            }
            (Parts::Union { .. }, Spot::Memory(address)) => Spot::Memory(address),
            (Parts::Union { .. } | Parts::Whole, Spot::Leaves(_)) => Spot::Leaves(Vec::new()),
            (Parts::Packed(fields), base) => {
                let whole_bits = layout.leaves.iter().flatten().next().map_or(0, |leaf| bit_count(leaf.ty));
                self.packed_field(base, base_ty, field, fields[index], whole_bits)
            }
            (parts, base) => bug!("lower", "field {field} of {base_ty}: {parts:?}, {base:?}"),
        }
    }

    fn packed_field(&mut self, base: Spot, ty: TypeId, field: u32, bits: Bits, whole_bits: u16) -> Spot {
        let field_ty = crate::layout::field_type(self.cx, ty, field);
        if bits.width == 0 {
            return Spot::Leaves(Vec::new());
        }
        match base {
            Spot::Leaves(leaves) => {
                let part = self.bits_of(leaves[0], bits);
                Spot::Leaves(vec![self.value_of_bits(part, field_ty)])
            }
            Spot::Memory(whole) => {
                let fills_bytes = bits.shift.is_multiple_of(8) && matches!(bits.width, 8 | 16 | 32 | 64);
                if fills_bytes {
                    // All targets are little-endian.
                    return Spot::Memory(whole.plus(u64::from(bits.shift / 8)));
                }
                Spot::Bits(BitSpot { whole, whole_bits, bits })
            }
            Spot::Bits(spot) => {
                let bits = Bits { shift: spot.bits.shift + bits.shift, ..bits };
                Spot::Bits(BitSpot { bits, ..spot })
            }
        }
    }

    fn element(&mut self, base: &'a Place, base_ty: TypeId, index: &'a Expr) -> Option<Spot> {
        let spot = self.spot(base)?;
        let known = index.value().cloned();
        let index = self.word_of(index)?;
        match (self.cx.types.get(base_ty).clone(), spot) {
            (Type::Vector { child, .. }, Spot::Leaves(leaves)) => {
                let ty = self.leaf_types(child)[0];
                let op = Op::Extract { vector: leaves[0], lane: index };
                Some(Spot::Leaves(vec![self.builder.push(ty, op)]))
            }
            (Type::Array { len, sentinel, .. }, spot) => {
                if self.program.is_checked {
                    // The sentinel behind the last element may be read.
                    let len = self.word(len + u64::from(sentinel.is_some()));
                    self.check_less(index, len, Panic::Bounds);
                }
                let child = self.pointee(base_ty);
                match spot {
                    Spot::Memory(address) => Some(Spot::Memory(self.step(address, child, index))),
                    // An array that takes no room.
                    _ => Some(Spot::Leaves(Vec::new())),
                }
            }
            (Type::Vector { child, .. }, Spot::Memory(whole)) if self.lane_width(base_ty).is_some() => {
                Some(self.narrow_lane(whole, base_ty, child, known, index))
            }
            (_, Spot::Memory(address)) => {
                let child = self.pointee(base_ty);
                Some(Spot::Memory(self.step(address, child, index)))
            }
            (ty, spot) => bug!("lower", "an element of {ty:?}: {spot:?}"),
        }
    }

    /// How wide the lanes of a vector are whose memory packs them by bits.
    pub(super) fn lane_width(&mut self, ty: TypeId) -> Option<u16> {
        super::constant::narrow_lanes(&self.layout(ty))
    }

    fn narrow_lane(
        &mut self,
        whole: Address,
        ty: TypeId,
        child: TypeId,
        known: Option<Value>,
        index: ValueId,
    ) -> Spot {
        let width = self.lane_width(ty).unwrap_or(1);
        if let Some(Value::Int(at)) = known {
            let shift = at.to_u16().unwrap_or(0) * width;
            let whole_bits = self.layout(ty).size as u16 * 8;
            return Spot::Bits(BitSpot { whole, whole_bits, bits: Bits { shift, width } });
        }
        let leaf = self.leaf_types(ty)[0];
        let vector = self.load_scalar(leaf, whole);
        let lane = self.leaf_types(child)[0];
        Spot::Leaves(vec![self.builder.push(lane, Op::Extract { vector, lane: index })])
    }

    fn index(&mut self, pointer: &'a Expr, index: &'a Expr, len: Option<&'a Expr>) -> Option<Spot> {
        let base = self.scalar(pointer)?;
        let index = self.word_of(index)?;
        if let (Some(len), true) = (len, self.program.is_checked) {
            let len = self.word_of(len)?;
            self.check_less(index, len, Panic::Bounds);
        }
        let child = self.pointee(pointer.ty);
        let address = self.at_pointer(base, pointer.ty);
        Some(Spot::Memory(self.step(address, child, index)))
    }

    /// The place a number of elements on.
    pub fn step(&mut self, base: Address, element: TypeId, index: ValueId) -> Address {
        let layout = self.layout(element);
        let bytes = self.scaled(index, layout.size);
        let base_value = self.address_value(base);
        let value = self.builder.push(flow::Type::Pointer, Op::Offset { base: base_value, bytes });
        let align = base.align.min(layout.align);
        Address { is_volatile: base.is_volatile, ..Address::of(Base::Value(value), align) }
    }

    /// A number of elements, in bytes.
    pub fn scaled(&mut self, index: ValueId, size: u64) -> ValueId {
        if size == 1 {
            return index;
        }
        let size = self.word(size);
        self.builder.push(flow::Type::WORD, Op::Binary(Binary::Mul, index, size))
    }

    /// An unsigned integer as a word.
    pub fn word_of(&mut self, expr: &'a Expr) -> Option<ValueId> {
        let value = self.scalar(expr)?;
        Some(self.resize(value, flow::Type::WORD, false))
    }

    fn union_payload(&mut self, base: &'a Place, base_ty: TypeId, field: u32) -> Option<Spot> {
        let spot = self.spot(base)?;
        let layout = self.layout(base_ty);
        let (Parts::Union { tag: Some(tag) }, Spot::Memory(address)) = (&layout.parts, &spot) else {
            return Some(self.field(spot, base_ty, field));
        };
        if self.program.is_checked {
            let (tag_ty, number) = self.tag_of_field(base_ty, field);
            if tag_ty == flow::Type::Int(0) {
                return Some(Spot::Memory(*address)); // it can hold nothing else
            }
            let found = self.load_scalar(tag_ty, address.plus(*tag));
            let wanted = self.constant(tag_ty, flow::Constant::Int(number));
            let is_active = self.same(found, wanted);
            self.check(is_active, Panic::Tag);
        }
        Some(Spot::Memory(*address))
    }

    /// The payload of an optional: its first leaves, or the start of its memory.
    pub fn optional_payload(&mut self, base: Spot, ty: TypeId) -> Spot {
        match (base, &self.layout(ty).parts) {
            (Spot::Leaves(mut leaves), Parts::Optional { flag: Some(_) }) => {
                leaves.pop();
                Spot::Leaves(leaves)
            }
            (base, _) => base,
        }
    }

    /// Reads bits as a value of a type.
    pub fn load_bits(&mut self, spot: BitSpot, ty: TypeId) -> Vec<ValueId> {
        let whole = self.load_scalar(flow::Type::Int(spot.whole_bits), spot.whole);
        let part = self.bits_of(whole, spot.bits);
        vec![self.value_of_bits(part, ty)]
    }

    /// Writes bits and leaves those around them.
    pub fn store_bits(&mut self, spot: BitSpot, value: ValueId) {
        let ty = flow::Type::Int(spot.whole_bits);
        let old = self.load_scalar(ty, spot.whole);
        let keep = if spot.whole_bits > 128 {
            let ones = self.int(flow::Type::Int(spot.bits.width), -1);
            let mask = self.shifted_bits(ones, spot.bits, ty);
            self.not(mask)
        } else {
            let ones = u128::MAX >> (128 - spot.bits.width);
            self.int(ty, !(ones << spot.bits.shift) as i128)
        };
        let kept = self.builder.push(ty, Op::Binary(Binary::And, old, keep));
        let part = self.shifted_bits(value, spot.bits, ty);
        let new = self.builder.push(ty, Op::Binary(Binary::Or, kept, part));
        self.store_scalar(spot.whole, new);
    }

    /// A scalar's bits at their place in a larger integer, all others 0.
    pub fn shifted_bits(&mut self, value: ValueId, bits: Bits, whole: flow::Type) -> ValueId {
        let part = self.bits_of_value(value);
        let wide = self.resize(part, whole, false);
        if bits.shift == 0 {
            return wide;
        }
        let count = self.int(whole, bits.shift.into());
        self.builder.push(whole, Op::Binary(Binary::ShiftLeft, wide, count))
    }

    fn bits_of(&mut self, whole: ValueId, bits: Bits) -> ValueId {
        let ty = self.builder.ty(whole);
        let mut value = whole;
        if bits.shift > 0 {
            let count = self.int(ty, bits.shift.into());
            value = self.builder.push(ty, Op::Binary(Binary::ShiftRightUnsigned, value, count));
        }
        self.resize(value, flow::Type::Int(bits.width), false)
    }

    /// An integer as the only leaf of a type of as many bits.
    fn value_of_bits(&mut self, bits: ValueId, ty: TypeId) -> ValueId {
        let leaf = self.leaf_types(ty)[0];
        match leaf {
            flow::Type::Int(_) => bits,
            flow::Type::Pointer => self.builder.push(leaf, Op::Convert(Convert::IntToPointer, bits)),
            _ => self.builder.push(leaf, Op::Convert(Convert::Bits, bits)),
        }
    }

    /// A scalar as an integer of as many bits.
    fn bits_of_value(&mut self, value: ValueId) -> ValueId {
        let ty = self.builder.ty(value);
        match ty {
            flow::Type::Int(_) => value,
            flow::Type::Pointer => {
                self.builder.push(flow::Type::WORD, Op::Convert(Convert::PointerToInt, value))
            }
            _ => self.builder.push(flow::Type::Int(bit_count(ty)), Op::Convert(Convert::Bits, value)),
        }
    }
}

/// How many bits a scalar or vector has.
pub(super) fn bit_count(ty: flow::Type) -> u16 {
    match ty {
        flow::Type::Int(bits) | flow::Type::Float(bits) => bits,
        flow::Type::Pointer => 64,
        flow::Type::Vector(flow::Scalar::Int(bits) | flow::Scalar::Float(bits), lanes) => bits * lanes as u16,
        flow::Type::Vector(flow::Scalar::Pointer, lanes) => 64 * lanes as u16,
    }
}
