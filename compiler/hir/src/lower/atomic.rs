//! Atomic operations.
//!
//! In: atomic intrinsics. Out: the graph's, on integers of whole bytes: bools and small enums are
//! widened on the way in and cut on the way out.

use super::arithmetic::Number;
use super::code::{Code, Lowered};
use super::expr::nothing;
use crate::ids::TypeId;
use crate::tree::{Expr, Intrinsic, Update};
use crate::types::Type;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Op, ValueId};

impl<'a> Code<'a, '_> {
    /// An atomic intrinsic.
    pub fn atomic(&mut self, op: &Intrinsic, args: &'a [Expr], ty: TypeId) -> Option<Lowered> {
        if let Intrinsic::Fence(order) = *op {
            self.builder.effect(Op::Fence(order));
            return Some(nothing());
        }
        let address = self.scalar(&args[0])?;
        let child = self.pointee(args[0].ty);
        let kind = self.number(child);
        let Some(&leaf) = self.leaf_types(child).first() else { bug!("lower", "an atomic {child}") };
        let wide = whole_bytes(leaf);
        let mut values = Vec::new();
        for arg in &args[1..] {
            let value = self.scalar(arg)?;
            values.push(self.resize(value, wide, false));
        }
        Some(match *op {
            Intrinsic::AtomicLoad(order) => {
                let value = self.builder.push(wide, Op::AtomicLoad { address, order });
                Lowered::Leaves(vec![self.resize(value, leaf, false)])
            }
            Intrinsic::AtomicStore(order) => {
                self.builder.effect(Op::AtomicStore { address, value: values[0], order });
                nothing()
            }
            Intrinsic::AtomicUpdate(update, order) => {
                let op = update_of(update, kind);
                let update = Op::AtomicUpdate { op, address, value: values[0], order };
                let value = self.builder.push(wide, update);
                Lowered::Leaves(vec![self.resize(value, leaf, false)])
            }
            Intrinsic::CompareExchange { success, failure, is_weak } => {
                let (expected, new) = (values[0], values[1]);
                let op = Op::CompareExchange { address, expected, new, success, failure, is_weak };
                let results = self.builder.push_many(&[wide, flow::Type::BOOL], op);
                let found = self.resize(results[0], leaf, false);
                self.unless_exchanged(found, results[1], ty)
            }
            _ => bug!("lower", "{op:?} is not atomic"),
        })
    }

    /// The optional that is null where the exchange was made.
    fn unless_exchanged(&mut self, found: ValueId, is_exchanged: ValueId, ty: TypeId) -> Lowered {
        let is_pointer = self.leaf_types(ty).len() == 1 && matches!(self.cx.types.get(ty), Type::Optional(_));
        if !is_pointer {
            let failed = self.not(is_exchanged);
            return Lowered::Leaves(vec![found, failed]);
        }
        let leaf = self.builder.ty(found);
        let null = self.constant(leaf, flow::Constant::Int(0));
        Lowered::Leaves(vec![self.builder.push(leaf, Op::Select(is_exchanged, null, found))])
    }
}

/// The integer of 8, 16, 32, 64 or 128 bits that holds a scalar.
fn whole_bytes(leaf: flow::Type) -> flow::Type {
    match leaf {
        flow::Type::Int(bits) => flow::Type::Int(bits.next_power_of_two().max(8)),
        other => other,
    }
}

fn update_of(update: Update, kind: Number) -> flow::Update {
    let is_signed = kind == Number::Signed;
    match update {
        Update::Exchange => flow::Update::Exchange,
        Update::Add => flow::Update::Add,
        Update::Sub => flow::Update::Sub,
        Update::And => flow::Update::And,
        Update::Nand => flow::Update::Nand,
        Update::Or => flow::Update::Or,
        Update::Xor => flow::Update::Xor,
        Update::Max if is_signed => flow::Update::MaxSigned,
        Update::Max => flow::Update::MaxUnsigned,
        Update::Min if is_signed => flow::Update::MinSigned,
        Update::Min => flow::Update::MinUnsigned,
    }
}
