//! Calls from host code.
//!
//! In: a function or an event, and arguments. Out: a call of the graph. Results in memory are written
//! by the callee where they are meant for; of an event, the union of its branches is put together.

use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::foreign::Pass;
use super::memory::Address;
use super::shape::{self, Foreign, Shape};
use crate::ids::TypeId;
use crate::layout::Parts;
use crate::tree::{Callee, Expr};
use crate::types::Type;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Op, Terminator, ValueId};
use std::rc::Rc;

impl<'a> Code<'a, '_> {
    /// A call of a host function, or of an event by host code.
    pub fn call(&mut self, callee: &'a Callee, args: &'a [Expr], ty: TypeId, dest: Dest) -> Option<Lowered> {
        let (callee, shape) = self.callee(callee)?;
        let args = match &shape.foreign {
            Some(foreign) => self.foreign_arguments(args, &foreign.params)?,
            None => self.arguments(args)?,
        };
        if shape.is_event {
            return self.call_event(callee, &shape, args, ty, dest);
        }
        let Some(passing) = shape.results.first().copied() else {
            self.builder.terminate(Terminator::Call { callee, args, exits: Vec::new() });
            return None;
        };
        if passing.slot.is_none() {
            let results =
                self.builder.push_many(&shape.signature.exits[0].results, Op::Call { callee, args });
            let value = match &shape.foreign {
                Some(Foreign { result: Pass::Pieces(pieces), .. }) => self.joined(&results, ty, pieces),
                _ => Lowered::Leaves(results),
            };
            return self.deliver(value, ty, dest);
        }
        // Memory others know of may be what an argument is read from.
        let to = match dest {
            Dest::Memory(to) if to.is_fresh => to,
            _ => self.temporary(ty),
        };
        let args = [self.address_value(to)].into_iter().chain(args).collect();
        self.builder.effect(Op::Call { callee, args });
        match dest {
            Dest::Memory(wanted) if wanted.is_fresh => Some(nothing()),
            _ => {
                let value = self.load(ty, to);
                self.deliver(value, ty, dest)
            }
        }
    }

    /// Arguments as C passes them; those behind the parameters are scalars.
    fn foreign_arguments(&mut self, args: &'a [Expr], ways: &[Pass]) -> Option<Vec<ValueId>> {
        let mut values = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let value = self.value(arg)?;
            match (ways.get(index), value) {
                (Some(Pass::Pieces(pieces)), value) => values.extend(self.cut(value, arg.ty, pieces)),
                (None | Some(Pass::Leaves), Lowered::Leaves(leaves)) => values.extend(leaves),
                (_, value) => values.push(self.copy_of(value, arg.ty)),
            }
        }
        Some(values)
    }

    fn callee(&mut self, callee: &'a Callee) -> Option<(flow::Callee, Rc<Shape>)> {
        match callee {
            Callee::Instance(instance) => {
                let shape = shape::of_instance(self.cx, *instance);
                let function = self.program.function(self.cx, *instance);
                Some((flow::Callee::Function(function), shape))
            }
            Callee::Pointer(pointer) => {
                let pointee = self.pointee(pointer.ty);
                let Type::Function(ty) = self.cx.types.get(pointee).clone() else {
                    bug!("lower", "a call through {pointee}")
                };
                let shape = shape::of_type(self.cx, &ty);
                let address = self.scalar(pointer)?;
                let signature = Box::new(shape.signature.clone());
                Some((flow::Callee::Pointer { address, signature }, shape))
            }
        }
    }

    /// Arguments: leaves, or addresses of what is read only.
    pub fn arguments(&mut self, args: &'a [Expr]) -> Option<Vec<ValueId>> {
        let mut values = Vec::new();
        for arg in args {
            match self.value(arg)? {
                Lowered::Leaves(leaves) => values.extend(leaves),
                Lowered::Memory(address) => values.push(self.address_value(address)),
            }
        }
        Some(values)
    }

    /// An event called by host code: each exit makes its union.
    fn call_event(
        &mut self,
        callee: flow::Callee,
        shape: &Shape,
        args: Vec<ValueId>,
        ty: TypeId,
        dest: Dest,
    ) -> Option<Lowered> {
        let to = match dest {
            Dest::Memory(to) if to.is_fresh => to,
            _ => self.temporary(ty),
        };
        let slots = self.exit_slots(shape, Some(to));
        let behind = self.builder.block(&[]);
        for (branch, block) in self.call_exits(callee, shape, &slots, args).into_iter().enumerate() {
            self.builder.switch_to(block.0);
            self.make_union(ty, branch, shape, slots[branch], &block.1, to);
            self.builder.jump(behind, Vec::new());
        }
        self.builder.switch_to(behind);
        match dest {
            Dest::Memory(wanted) if wanted.is_fresh => Some(nothing()),
            _ => {
                let value = self.load(ty, to);
                self.deliver(value, ty, dest)
            }
        }
    }

    /// Memory for the results that need it. A single one may be written straight into a union.
    pub fn exit_slots(&mut self, shape: &Shape, union: Option<Address>) -> Vec<Option<Address>> {
        let count = shape.results.iter().filter(|passing| passing.slot.is_some()).count();
        let slot = |passing: &shape::Passing| {
            passing.slot?;
            Some(match union {
                Some(union) if count == 1 => union,
                _ => self.temporary(passing.ty),
            })
        };
        shape.results.iter().map(slot).collect()
    }

    /// Calls and gives the block and the leaves of every exit.
    pub fn call_exits(
        &mut self,
        callee: flow::Callee,
        shape: &Shape,
        slots: &[Option<Address>],
        args: Vec<ValueId>,
    ) -> Vec<(flow::BlockId, Vec<ValueId>)> {
        let slots: Vec<_> = slots.iter().flatten().map(|slot| self.address_value(*slot)).collect();
        let args = slots.into_iter().chain(args).collect();
        if let [exit] = &shape.signature.exits[..] {
            let leaves = self.builder.push_many(&exit.results, Op::Call { callee, args });
            return vec![(self.builder.current(), leaves)];
        }
        let exits = &shape.signature.exits; // none: it never returns
        let blocks: Vec<_> = exits.iter().map(|exit| self.builder.block(&exit.results)).collect();
        self.builder.terminate(Terminator::Call { callee, args, exits: blocks.clone() });
        blocks.into_iter().map(|block| (block, self.builder.params(block).to_vec())).collect()
    }

    fn make_union(
        &mut self,
        ty: TypeId,
        branch: usize,
        shape: &Shape,
        slot: Option<Address>,
        leaves: &[ValueId],
        to: Address,
    ) {
        let payload = shape.results[branch].ty;
        match slot {
            Some(slot) => self.copy(payload, to, slot),
            None => self.store(payload, to, leaves),
        }
        if matches!(self.layout(ty).parts, Parts::Union { tag: Some(_) }) {
            self.write_tag(ty, branch as u32, to);
        }
    }
}
