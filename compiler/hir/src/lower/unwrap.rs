//! Looking into optionals and error unions.
//!
//! In: an optional or an error union, as leaves or in memory. Out: whether there is a payload, the
//! payload, the error.

use super::check::Panic;
use super::code::{Code, Lowered};
use super::place::Spot;
use crate::ids::TypeId;
use crate::layout::Parts;
use crate::tree::Expr;
use crate::types::Type;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Compare, Constant, ValueId};

impl<'a> Code<'a, '_> {
    /// Is an optional null?
    pub fn is_null(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.value(operand)?;
        let is_some = self.is_some(value, operand.ty);
        Some(Lowered::Leaves(vec![self.not(is_some)]))
    }

    /// Does an optional have a payload?
    pub fn is_some(&mut self, value: Lowered, ty: TypeId) -> ValueId {
        let layout = self.layout(ty);
        let Parts::Optional { flag } = layout.parts else { bug!("lower", "{ty} is no optional") };
        match (value, flag) {
            (Lowered::Leaves(leaves), Some(_)) => leaves[leaves.len() - 1],
            (Lowered::Leaves(leaves), None) => {
                let null = self.constant(flow::Type::Pointer, Constant::Int(0));
                self.flag(Compare::NotEqual, leaves[0], null)
            }
            (Lowered::Memory(address), flag) => {
                self.load_scalar(flow::Type::BOOL, address.plus(flag.unwrap_or(0)))
            }
        }
    }

    /// The payload of an optional that has one.
    pub fn some_of(&mut self, value: Lowered, ty: TypeId) -> Lowered {
        let spot = match value {
            Lowered::Leaves(leaves) => Spot::Leaves(leaves),
            Lowered::Memory(address) => Spot::Memory(address),
        };
        match self.optional_payload(spot, ty) {
            Spot::Leaves(leaves) => Lowered::Leaves(leaves),
            Spot::Memory(address) => {
                let child = self.pointee(ty);
                self.load(child, address)
            }
            Spot::Bits(_) => bug!("lower", "an optional of bits"),
        }
    }

    /// `.?`
    pub fn unwrap(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.value(operand)?;
        if self.program.is_checked {
            let is_some = self.is_some(value.clone(), operand.ty);
            self.check(is_some, Panic::Null);
        }
        Some(self.some_of(value, operand.ty))
    }

    /// Goes on only where the optional of a place is not null.
    pub(super) fn check_some(&mut self, optional: &Spot, ty: TypeId) {
        let value = match optional {
            Spot::Leaves(leaves) => Lowered::Leaves(leaves.clone()),
            &Spot::Memory(address) => self.load(ty, address),
            Spot::Bits(_) => bug!("lower", "an optional of bits"),
        };
        let is_some = self.is_some(value, ty);
        self.check(is_some, Panic::Null);
    }

    /// Does an error union hold an error?
    pub fn is_error(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let error = self.error_of(operand)?;
        let Lowered::Leaves(leaves) = error else { bug!("lower", "an error in memory") };
        Some(Lowered::Leaves(vec![self.is_failure(leaves[0])]))
    }

    /// Is the number of an error one?
    pub fn is_failure(&mut self, number: ValueId) -> ValueId {
        let none = self.int(flow::Type::Int(16), 0);
        self.flag(Compare::NotEqual, number, none)
    }

    /// The error of an error union that holds one.
    pub fn error_of(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.value(operand)?;
        Some(Lowered::Leaves(vec![self.error_number(value)]))
    }

    /// The number of the error in an error union, 0 for none.
    pub fn error_number(&mut self, value: Lowered) -> ValueId {
        match value {
            Lowered::Leaves(leaves) => leaves[0],
            Lowered::Memory(address) => self.load_scalar(flow::Type::Int(16), address),
        }
    }

    /// The payload of an error union that holds none.
    pub fn payload_of(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.value(operand)?;
        Some(self.ok_of(value, operand.ty))
    }

    /// The payload of an error union that holds no error.
    pub fn ok_of(&mut self, value: Lowered, ty: TypeId) -> Lowered {
        let (Type::ErrorUnion { payload, .. }, Parts::ErrorUnion { payload: offset }) =
            (self.cx.types.get(ty).clone(), &self.layout(ty).parts)
        else {
            bug!("lower", "{ty} is no error union")
        };
        match value {
            Lowered::Leaves(leaves) => Lowered::Leaves(leaves[1..].to_vec()),
            Lowered::Memory(address) => self.load(payload, address.plus(*offset)),
        }
    }
}
