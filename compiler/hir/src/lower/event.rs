//! Calls of events by flows: every branch goes on in its arm.
//!
//! In: a call with an arm a branch, perhaps labelled, and jumps to labels. Out: a call with several
//! exits. A labelled call is a block that takes the arguments, so that a jump is a back edge and the
//! stack never grows; arguments that are not flat are copied into memory that belongs to the label.

use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::memory::{Address, Base};
use super::shape;
use crate::ids::{InstanceId, LabelId, TypeId};
use crate::tree::{Arm, Body, Expr, Kind};
use koru_flow as flow;
use koru_flow::ValueId;
use rustc_hash::FxHashSet;

/// A labelled call: where jumps go.
#[derive(Clone)]
pub(super) struct Entry {
    block: flow::BlockId,
    /// For arguments that are not flat.
    memory: Vec<Option<Address>>,
}

impl<'a> Code<'a, '_> {
    /// Calls an event and lowers the arms.
    pub fn event_call(
        &mut self,
        callee: InstanceId,
        args: &'a [Expr],
        arms: &'a [Arm],
        label: Option<LabelId>,
    ) -> Option<Lowered> {
        let args = match label {
            Some(label) => {
                let entry = self.entry(label, args);
                self.enter(&entry, args)?;
                self.builder.switch_to(entry.block);
                self.entry_arguments(&entry, args)
            }
            None => self.arguments(args)?,
        };
        let shape = shape::of_instance(self.cx, callee);
        let function = flow::Callee::Function(self.program.function(self.cx, callee));
        let slots = self.exit_slots(&shape, None);
        let exits = self.call_exits(function, &shape, &slots, args);
        if !shape.is_event {
            return exits.first().map(|_| nothing()); // a void event, or one that never returns
        }
        let mut join = self.join(TypeId::VOID, Dest::Discard);
        for (index, (block, leaves)) in exits.into_iter().enumerate() {
            self.builder.switch_to(block);
            let Some(arm) = arms.get(index) else {
                self.arrive(&mut join, Some(nothing()));
                continue;
            };
            if let Some(local) = arm.payload {
                self.bind(local, slots[index].map_or(Lowered::Leaves(leaves), Lowered::Memory));
            }
            let current = self.builder.current();
            self.arm(current, &arm.body, &mut join);
        }
        self.meet(join)
    }

    /// Makes a labelled call again.
    pub fn jump(&mut self, label: LabelId, args: &'a [Expr]) -> Option<Lowered> {
        let entry = self.entry(label, args);
        self.enter(&entry, args)?;
        None
    }

    /// The block of a labelled call, made by whoever comes first, the call or a jump to it.
    fn entry(&mut self, label: LabelId, args: &'a [Expr]) -> Entry {
        if let Some(entry) = self.entries.get(&label) {
            return entry.clone();
        }
        let (mut types, mut memory) = (Vec::new(), Vec::new());
        for arg in args {
            match shape::leaf_types(self.cx, arg.ty) {
                Some(leaves) => {
                    types.extend(leaves);
                    memory.push(None);
                }
                None => {
                    let layout = self.layout(arg.ty);
                    let slot = self.builder.slot(layout.size, layout.align);
                    memory.push(Some(Address::of(Base::Slot(slot), layout.align)));
                }
            }
        }
        let entry = Entry { block: self.builder.block(&types), memory };
        self.entries.insert(label, entry.clone());
        entry
    }

    /// Goes on at a labelled call. All arguments are known before any is written.
    fn enter(&mut self, entry: &Entry, args: &'a [Expr]) -> Option<()> {
        let mut values = Vec::new();
        for arg in args {
            values.push(self.value(arg)?);
        }
        let mut leaves = Vec::new();
        for ((arg, value), memory) in args.iter().zip(values).zip(&entry.memory) {
            match (value, memory) {
                (Lowered::Leaves(values), _) => leaves.extend(values),
                (value, Some(memory)) => {
                    self.deliver(value, arg.ty, Dest::Memory(*memory));
                }
                (Lowered::Memory(_), None) => {}
            }
        }
        self.builder.jump(entry.block, leaves);
        Some(())
    }

    /// The arguments as the call behind the label takes them.
    fn entry_arguments(&mut self, entry: &Entry, args: &'a [Expr]) -> Vec<ValueId> {
        let mut params = self.builder.params(entry.block).to_vec().into_iter();
        let mut values = Vec::new();
        for (arg, memory) in args.iter().zip(&entry.memory) {
            match memory {
                Some(memory) => values.push(self.address_value(*memory)),
                None => {
                    let count = self.leaf_types(arg.ty).len();
                    values.extend(params.by_ref().take(count));
                }
            }
        }
        values
    }

    /// Ends the blocks of labels that are jumped to from code that is never reached.
    pub fn finish_entries(&mut self) {
        let blocks: Vec<_> = self.entries.values().map(|entry| entry.block).collect();
        for block in blocks {
            self.builder.switch_to(block);
            self.unreachable::<()>();
        }
    }
}

/// Does a jump lead into a labelled call from outside of its arms?
pub(super) fn has_side_jumps(body: &Body) -> bool {
    let mut walk = Walk::default();
    body.root.iter().for_each(|root| walk.expr(root));
    walk.found
}

#[derive(Default)]
struct Walk {
    /// Labels of the calls around.
    around: FxHashSet<LabelId>,
    found: bool,
}

impl Walk {
    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            Kind::Jump { label, args } => {
                self.found |= !self.around.contains(label);
                args.iter().for_each(|arg| self.expr(arg));
            }
            Kind::EventCall { args, arms, label, .. } => {
                args.iter().for_each(|arg| self.expr(arg));
                self.around.extend(label);
                arms.iter().for_each(|arm| self.expr(&arm.body));
                if let Some(label) = label {
                    self.around.remove(label);
                }
            }
            _ => crate::tree::children(expr, &mut |child| self.expr(child)),
        }
    }
}
