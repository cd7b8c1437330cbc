//! Unions: payload and tag.
//!
//! In: a field and its payload, or a union. Out: the union in its place, its tag, or what it holds.

use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::memory::Address;
use super::place::bit_count;
use crate::ids::TypeId;
use crate::layout::{Parts, field_type};
use crate::tree::Expr;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Constant, Terminator, ValueId};

impl<'a> Code<'a, '_> {
    /// A union that holds one of its fields.
    pub fn union_init(
        &mut self,
        ty: TypeId,
        field: u32,
        payload: Option<&'a Expr>,
        dest: Dest,
    ) -> Option<Lowered> {
        let layout = self.layout(ty);
        match &layout.parts {
            Parts::Packed(places) => {
                let whole = self.leaf_types(ty).first().copied();
                let leaves = payload.map_or(Some(Vec::new()), |payload| self.leaves(payload))?;
                let leaves = match (whole, leaves.first()) {
                    (Some(whole), Some(&leaf)) => {
                        vec![self.shifted_bits(leaf, places[field as usize], whole)]
                    }
                    (Some(whole), None) => vec![self.constant(whole, Constant::Undefined)],
                    (None, _) => Vec::new(),
                };
                self.deliver(Lowered::Leaves(leaves), ty, dest)
            }
            _ if layout.is_flat() => {
                payload.map_or(Some(()), |payload| self.run(payload))?;
                let leaves = if layout.size == 0 { Vec::new() } else { vec![self.tag_value(ty, field)] };
                self.deliver(Lowered::Leaves(leaves), ty, dest)
            }
            _ => self.in_memory(ty, dest, |code, to| {
                payload.map_or(Some(()), |payload| code.write(payload, to))?;
                code.write_tag(ty, field, to);
                Some(())
            }),
        }
    }

    /// Writes the tag of a union in memory that holds this field.
    pub fn write_tag(&mut self, ty: TypeId, field: u32, to: Address) {
        let Parts::Union { tag: Some(offset) } = self.layout(ty).parts else { return };
        if self.tag_of_field(ty, field).0 != flow::Type::Int(0) {
            let tag = self.tag_value(ty, field);
            self.store_scalar(to.plus(offset), tag);
        }
    }

    fn tag_value(&mut self, ty: TypeId, field: u32) -> ValueId {
        let (tag_ty, number) = self.tag_of_field(ty, field);
        self.constant(tag_ty, Constant::Int(number))
    }

    /// The type and number of a field's tag; `i0` where the tag takes no room.
    pub fn tag_of_field(&mut self, ty: TypeId, field: u32) -> (flow::Type, u128) {
        let Some((tag, number)) = super::constant::tag_of_field(self.cx, ty, field) else {
            bug!("lower", "{ty} has no tag")
        };
        let leaf = self.leaf_types(tag).first().copied().unwrap_or(flow::Type::Int(0));
        (leaf, super::constant::cut(&number, bit_count(leaf)))
    }

    /// The active tag.
    pub fn union_tag(&mut self, union: &'a Expr) -> Option<Lowered> {
        let value = self.value(union)?;
        Some(self.tag_of(value, union.ty))
    }

    /// The tag of a union.
    pub fn tag_of(&mut self, union: Lowered, ty: TypeId) -> Lowered {
        let (Lowered::Memory(address), Parts::Union { tag: Some(offset) }) = (&union, &self.layout(ty).parts)
        else {
            return union; // only a tag
        };
        match self.tag_of_field(ty, 0).0 {
            flow::Type::Int(0) => nothing(),
            leaf => Lowered::Leaves(vec![self.load_scalar(leaf, address.plus(*offset))]),
        }
    }

    /// Goes on in one of as many blocks as a union has fields; for tagged unions.
    pub fn switch_on_tag(&mut self, union: Lowered, ty: TypeId, fields: u32) -> Vec<flow::BlockId> {
        let blocks: Vec<_> = (0..fields).map(|_| self.builder.block(&[])).collect();
        let Lowered::Leaves(tag) = self.tag_of(union, ty) else { bug!("lower", "a tag in memory") };
        let Some(&tag) = tag.first() else {
            self.builder.jump(blocks[0], Vec::new());
            return blocks;
        };
        let target = |block| flow::Target { block, args: Vec::new() };
        let mut cases = Vec::new();
        for (field, &block) in blocks.iter().enumerate() {
            cases.push((self.tag_of_field(ty, field as u32).1, target(block)));
        }
        // The last case takes the rest: a tag is always one of them.
        let default = cases.pop().map_or_else(|| bug!("lower", "a union without fields"), |case| case.1);
        self.builder.terminate(Terminator::Switch { value: tag, cases, default });
        blocks
    }

    /// The payload of a field of a union.
    pub fn payload_of_field(&mut self, union: &Lowered, ty: TypeId, field: u32) -> Lowered {
        let payload = field_type(self.cx, ty, field);
        match union {
            Lowered::Memory(address) => self.load(payload, *address),
            Lowered::Leaves(_) => nothing(),
        }
    }
}
