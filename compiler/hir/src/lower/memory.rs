//! Addresses: reading, writing and copying what lies there.
//!
//! In: a base, an offset and what is known of the alignment. Out: loads, stores and copies, one a leaf
//! for flat types, one for all bytes of others.

use super::code::{Code, Dest, Lowered};
use crate::ids::TypeId;
use koru_flow as flow;
use koru_flow::{Op, SlotId, ValueId};

/// A place in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    pub base: Base,
    /// In bytes, from the base.
    pub offset: u64,
    /// Of the base, in bytes.
    pub align: u32,
    pub is_volatile: bool,
    /// Does nothing else point there yet? Then a call may write there while it reads its arguments.
    pub is_fresh: bool,
}

/// What an address starts from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    Slot(SlotId),
    Global(flow::GlobalId),
    Value(ValueId),
}

impl Address {
    /// The start of something.
    pub fn of(base: Base, align: u32) -> Address {
        Address { base, offset: 0, align, is_volatile: false, is_fresh: false }
    }

    /// The start of something nobody else knows of.
    pub fn fresh(base: Base, align: u32) -> Address {
        Address { is_fresh: true, ..Address::of(base, align) }
    }

    /// Some bytes on.
    pub fn plus(self, bytes: u64) -> Address {
        Address { offset: self.offset + bytes, ..self }
    }

    /// What is known of the alignment here, at most `natural`.
    fn known_align(self, natural: u32) -> u32 {
        let of_offset = if self.offset == 0 { u32::MAX } else { 1 << self.offset.trailing_zeros().min(30) };
        self.align.min(of_offset).min(natural)
    }
}

impl Code<'_, '_> {
    /// Memory that lasts as long as the innermost scope.
    pub fn temporary(&mut self, ty: TypeId) -> Address {
        self.aligned(ty, None)
    }

    /// The same, for a local that asks for more than its type needs.
    pub fn aligned(&mut self, ty: TypeId, align: Option<u32>) -> Address {
        let layout = self.layout(ty);
        let align = layout.align.max(align.unwrap_or(1));
        let slot = self.builder.slot(layout.size, align);
        // What the outermost block holds lasts as long as the function.
        if self.scopes.len() > 2 && !self.has_side_jumps {
            self.builder.effect(Op::SlotLive(slot));
            self.scopes.last_mut().expect("the function's own").slots.push(slot);
        }
        Address::fresh(Base::Slot(slot), align)
    }

    /// An address as a value.
    pub fn address_value(&mut self, address: Address) -> ValueId {
        let base = match address.base {
            Base::Slot(slot) => self.slot_address(slot),
            Base::Global(global) => self.constant(flow::Type::Pointer, flow::Constant::Global(global)),
            Base::Value(value) => value,
        };
        if address.offset == 0 {
            return base;
        }
        let bytes = self.word(address.offset);
        self.builder.push(flow::Type::Pointer, Op::Offset { base, bytes })
    }

    /// Reads one scalar.
    pub fn load_scalar(&mut self, ty: flow::Type, from: Address) -> ValueId {
        let align = from.known_align(natural_align(ty));
        let address = self.address_value(from);
        self.builder.push(ty, Op::Load { address, align, is_volatile: from.is_volatile })
    }

    /// Writes one scalar.
    pub fn store_scalar(&mut self, to: Address, value: ValueId) {
        let align = to.known_align(natural_align(self.builder.ty(value)));
        let address = self.address_value(to);
        self.builder.effect(Op::Store { address, value, align, is_volatile: to.is_volatile });
    }

    /// The value of a type at an address.
    pub fn load(&mut self, ty: TypeId, from: Address) -> Lowered {
        let layout = self.layout(ty);
        match &layout.leaves {
            None => Lowered::Memory(from),
            Some(leaves) => {
                let load = |leaf: &crate::layout::Leaf| self.load_scalar(leaf.ty, from.plus(leaf.offset));
                Lowered::Leaves(leaves.iter().map(load).collect())
            }
        }
    }

    /// Writes the leaves of a flat type.
    pub fn store(&mut self, ty: TypeId, to: Address, leaves: &[ValueId]) {
        let layout = self.layout(ty);
        for (leaf, &value) in layout.leaves.iter().flatten().zip(leaves) {
            self.store_scalar(to.plus(leaf.offset), value);
        }
    }

    /// Copies a value of a type.
    pub fn copy(&mut self, ty: TypeId, to: Address, from: Address) {
        let size = self.layout(ty).size;
        if size == 0 {
            return;
        }
        let (to, from) = (self.address_value(to), self.address_value(from));
        if to == from {
            return;
        }
        let bytes = self.word(size);
        self.builder.effect(Op::Copy { to, from, bytes, may_overlap: false });
    }

    /// Hands a value on to where it is meant for.
    pub fn deliver(&mut self, value: Lowered, ty: TypeId, dest: Dest) -> Option<Lowered> {
        match (dest, &value) {
            (Dest::Value, _) => return Some(value),
            (Dest::Discard, _) => {}
            (Dest::Memory(to), Lowered::Leaves(leaves)) => self.store(ty, to, leaves),
            (Dest::Memory(to), &Lowered::Memory(from)) => self.copy(ty, to, from),
            (Dest::Return, _) => return self.return_value(value, ty),
        }
        Some(Lowered::Leaves(Vec::new()))
    }
}

/// How a scalar is aligned by itself.
fn natural_align(ty: flow::Type) -> u32 {
    let bits = match ty {
        flow::Type::Int(bits) | flow::Type::Float(bits) => u32::from(bits),
        flow::Type::Pointer => 64,
        flow::Type::Vector(flow::Scalar::Int(bits) | flow::Scalar::Float(bits), lanes) => {
            u32::from(bits) * lanes
        }
        flow::Type::Vector(flow::Scalar::Pointer, lanes) => 64 * lanes,
    };
    let bytes = bits.div_ceil(8).next_power_of_two();
    if matches!(ty, flow::Type::Vector(..)) { bytes } else { bytes.min(16) }
}
