//! Which parts of slots may become values: what is known of addresses, and what is done with them.
//!
//! In: a body. Out: its [`Part`]s that decide something, whose addresses do not get away, and that no other part
//! overlaps.

use crate::cfg::Cfg;
use crate::graph::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// A piece of a slot: `offset` in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    pub slot: SlotId,
    pub offset: u64,
    pub ty: Type,
}

impl Part {
    fn overlaps(&self, other: &Part) -> bool {
        let end = |part: &Part| part.offset.saturating_add(extent(part.ty));
        self.slot == other.slot && self.offset < end(other) && other.offset < end(self)
    }
}

/// How many bytes a value takes in memory, at most.
fn extent(ty: Type) -> u64 {
    let scalar = |bits: u16| u64::from(bits).div_ceil(8);
    match ty {
        Type::Int(bits) | Type::Float(bits) => scalar(bits),
        Type::Pointer => 8,
        Type::Vector(Scalar::Int(bits) | Scalar::Float(bits), lanes) => scalar(bits) * u64::from(lanes),
        Type::Vector(Scalar::Pointer, lanes) => 8 * u64::from(lanes),
    }
}

/// Values that are addresses in slots.
#[derive(Default)]
pub struct Places {
    known: FxHashMap<ValueId, (SlotId, u64)>,
    /// Slots whose addresses are used for more than loads and stores.
    escaped: FxHashSet<SlotId>,
    constants: FxHashMap<ValueId, u64>,
}

impl Places {
    /// All addresses of a body that are in slots.
    pub fn of(body: &Body, cfg: &Cfg) -> Places {
        let mut places = Places::default();
        for &block in &cfg.order {
            for inst in &body.blocks[block].insts {
                places.note(inst);
            }
            body.blocks[block].terminator.operands(|value| places.escape(value));
        }
        places
    }

    fn note(&mut self, inst: &Inst) {
        let place = match &inst.op {
            Op::Slot(slot) => Some((*slot, 0)),
            Op::Const(Constant::Int(value)) => {
                let known = u64::try_from(*value).ok().zip(inst.results.first());
                self.constants.extend(known.map(|(value, &result)| (result, value)));
                None
            }
            Op::Offset { base, bytes } => match (self.known.get(base), self.constants.get(bytes)) {
                (Some(&(slot, offset)), Some(&bytes)) => Some((slot, offset.wrapping_add(bytes))),
                _ => {
                    self.escape(*base);
                    None
                }
            },
            Op::Load { is_volatile: false, .. } => None,
            Op::Store { value, is_volatile: false, .. } => {
                self.escape(*value);
                None
            }
            op => {
                op.operands(|value| self.escape(value));
                None
            }
        };
        if let (Some(place), &[result]) = (place, inst.results.as_slice()) {
            self.known.insert(result, place);
        }
    }

    fn escape(&mut self, value: ValueId) {
        if let Some((slot, _)) = self.known.get(&value) {
            self.escaped.insert(*slot);
        }
    }

    /// The part an instruction loads or stores.
    pub fn accessed(&self, body: &Body, inst: &Inst) -> Option<Part> {
        let (address, value) = match &inst.op {
            Op::Load { address, .. } => (address, inst.results.first()?),
            Op::Store { address, value, .. } => (address, value),
            _ => return None,
        };
        let &(slot, offset) = self.known.get(address)?;
        let part = Part { slot, offset, ty: body.values[*value] };
        (!self.escaped.contains(&slot)).then_some(part)
    }

    /// All parts that decide something and that no other one overlaps, in order.
    pub fn deciding_parts(&self, body: &Body) -> Vec<Part> {
        let deciding = deciding(body);
        self.parts(body, |value| deciding.contains(&value))
    }

    /// All parts that are loaded and that no other one overlaps, in order.
    pub fn loaded_parts(&self, body: &Body) -> Vec<Part> {
        self.parts(body, |_| true)
    }

    /// The parts of which a wanted value is loaded, and that no other one overlaps.
    fn parts(&self, body: &Body, is_wanted: impl Fn(ValueId) -> bool) -> Vec<Part> {
        let insts = body.blocks.iter().flat_map(|block| &block.insts);
        let mut all: Vec<_> = insts.filter_map(|inst| self.accessed(body, inst)).collect();
        all.sort_unstable();
        all.dedup();
        let of_slots = all.chunk_by(|a, b| a.slot == b.slot);
        let is_alone =
            |part: &Part, slot: &[Part]| slot.iter().filter(|other| part.overlaps(other)).count() == 1;
        let alone = of_slots.flat_map(|slot| slot.iter().filter(move |part| is_alone(part, slot)));
        let loads = body
            .blocks
            .iter()
            .flat_map(|block| &block.insts)
            .filter(|inst| matches!(inst.op, Op::Load { .. }));
        let wanted: FxHashSet<Part> = loads
            .filter(|load| load.results.iter().any(|&value| is_wanted(value)))
            .filter_map(|load| self.accessed(body, load))
            .collect();
        alone.filter(|part| wanted.contains(part)).copied().collect()
    }
}

/// Values that are compared, or that a branch goes by.
fn deciding(body: &Body) -> FxHashSet<ValueId> {
    let mut values = FxHashSet::default();
    for block in body.blocks.iter() {
        for inst in block.insts.iter().filter(|inst| matches!(inst.op, Op::Compare(..))) {
            inst.op.operands(|value| {
                values.insert(value);
            });
        }
        match &block.terminator {
            Terminator::Branch { condition: value, .. } | Terminator::Switch { value, .. } => {
                values.insert(*value);
            }
            _ => {}
        }
    }
    values
}
