//! One instruction to one code: the short one where a word suffices, else [`Slow`].

use super::{Decoder, IN_BLOCK};
use crate::eval::code::*;
use crate::eval::limits::steps_of_words;
use crate::eval::value::{Kind, Shape, Word};
use crate::graph::*;

impl Decoder<'_> {
    pub(super) fn inst(&mut self, inst: &Inst) -> Code {
        match &inst.op {
            Op::Const(constant) => self.constant(inst.results[0], *constant),
            Op::Slot(slot) => Code::Slot { to: self.place(inst.results[0]), slot: slot.0 },
            Op::SlotLive(slot) => Code::SlotLive(slot.0),
            Op::SlotDead(slot) => Code::SlotDead(slot.0),
            Op::Offset { base, bytes } => self.offset(inst.results[0], *base, *bytes),
            Op::Call { callee, args } => {
                let results = self.registers_of(&inst.results);
                let position = (self.codes.len() as u32 + 1) | IN_BLOCK;
                let steps = steps_of_words(results.len());
                self.call(callee, args, Box::new([ExitPlan { results, position, steps }]))
            }
            Op::Load { address, align, .. } => self.load(inst.results[0], *address, *align),
            Op::Store { address, value, align, .. } => self.store(*address, *value, *align),
            Op::AtomicLoad { address, .. } => {
                self.load(inst.results[0], *address, natural(self.shape(inst.results[0])))
            }
            Op::AtomicStore { address, value, .. } => {
                self.store(*address, *value, natural(self.shape(*value)))
            }
            _ => self.computation(inst),
        }
    }

    fn offset(&self, result: ValueId, base: ValueId, bytes: ValueId) -> Code {
        let (to, base) = (self.place(result), self.place(base));
        match self.operands.number(bytes) {
            Some(by) => Code::OffsetBy { to, base, by },
            None => Code::Offset { to, base, bytes: self.place(bytes) },
        }
    }

    fn constant(&self, result: ValueId, constant: Constant) -> Code {
        let (to, shape) = (self.place(result), self.shape(result));
        let words = match constant {
            Constant::Function(id) => return Code::Symbol { to, symbol: Symbol::Function(id) },
            Constant::Global(id) => return Code::Symbol { to, symbol: Symbol::Global(id) },
            Constant::Undefined => shape.undefined(),
            Constant::Zero => vec![Word::default(); shape.words()],
            Constant::Int(bits) | Constant::Float(bits) => {
                let word = |index| bits.checked_shr(64 * index).unwrap_or(0) as u64;
                (0..shape.words() as u32).map(|index| Word::new(word(index))).collect()
            }
        };
        match words[..] {
            [word] if word.is_plain() => Code::Const { to, bits: word.bits },
            _ => slow(Slow::Words { to, words: words.into() }),
        }
    }

    fn load(&self, result: ValueId, address: ValueId, align: u32) -> Code {
        let (to, address, shape) = (self.place(result), self.place(address), self.shape(result));
        if shape.is_narrow() && shape.bits > 0 {
            let (bytes, width) = (shape.bytes() as u8, shape.bits as u8);
            return Code::Load { to, address, bytes, width, align };
        }
        slow(Slow::Load { shape, align, to, address })
    }

    fn store(&self, address: ValueId, value: ValueId, align: u32) -> Code {
        let (address, shape) = (self.place(address), self.shape(value));
        let value = self.place(value);
        if shape.is_narrow() && shape.bits > 0 {
            return Code::Store { address, value, bytes: shape.bytes() as u8, align };
        }
        slow(Slow::Store { shape, align, address, value })
    }

    /// Instructions that take values and give one, all of them in one word or not.
    fn computation(&self, inst: &Inst) -> Code {
        let Some(&result) = inst.results.first() else { return self.rare(inst, 0) };
        let to = self.place(result);
        match inst.op {
            Op::Binary(op, a, b) if self.shape(a).is_narrow() => {
                let width = self.shape(a).bits as u8;
                match self.operands.number(b) {
                    Some(by) => Code::BinaryBy { op, width, to, a: self.place(a), by },
                    None => Code::Binary { op, width, to, a: self.place(a), b: self.place(b) },
                }
            }
            Op::Compare(op, a, b) if self.shape(a).is_narrow() => {
                let width = self.shape(a).bits as u8;
                match self.operands.number(b) {
                    Some(with) => Code::CompareWith { op, width, to, a: self.place(a), with },
                    None => Code::Compare { op, width, to, a: self.place(a), b: self.place(b) },
                }
            }
            Op::Overflow(op, a, b) if self.shape(a).is_narrow() => {
                let (width, flag) = (self.shape(a).bits as u8, self.place(inst.results[1]));
                Code::Overflow { op, width, to, flag, a: self.place(a), b: self.place(b) }
            }
            Op::Select(condition, a, b) if self.shape(a).is_narrow() => {
                let (width, condition) = (self.shape(a).bits as u8, self.place(condition));
                Code::Select { width, to, condition, a: self.place(a), b: self.place(b) }
            }
            Op::Convert(op, a) if self.is_cut(op, a, result) => {
                Code::Cut { to, a: self.place(a), width: self.shape(result).bits as u8 }
            }
            _ => self.rare(inst, to),
        }
    }

    /// Does a conversion only drop high bits, or nothing?
    fn is_cut(&self, op: Convert, from: ValueId, into: ValueId) -> bool {
        use Convert::*;
        let drops = matches!(op, Truncate | ExtendUnsigned | Bits | PointerToInt | IntToPointer);
        drops && self.shape(from).is_narrow() && self.shape(into).is_narrow()
    }

    fn rare(&self, inst: &Inst, to: Register) -> Code {
        let place = |value: &ValueId| self.place(*value);
        let shape = |value: &ValueId| self.shape(*value);
        slow(match &inst.op {
            Op::Unary(op, a) => Slow::Unary { op: *op, shape: shape(a), to, a: place(a) },
            Op::Binary(op, a, b) => Slow::Binary { op: *op, shape: shape(a), to, a: place(a), b: place(b) },
            Op::Overflow(op, a, b) => {
                let flags = place(&inst.results[1]);
                Slow::Overflow { op: *op, shape: shape(a), to, flags, a: place(a), b: place(b) }
            }
            Op::Compare(op, a, b) => Slow::Compare { op: *op, shape: shape(a), to, a: place(a), b: place(b) },
            Op::Convert(op, a) => {
                Slow::Convert { op: *op, from: shape(a), into: shape(&inst.results[0]), to, a: place(a) }
            }
            Op::Select(condition, a, b) => Slow::Select {
                shape: shape(a),
                conditions: shape(condition).lanes,
                to,
                condition: place(condition),
                a: place(a),
                b: place(b),
            },
            Op::Copy { to, from, bytes, may_overlap } => Slow::Copy {
                to: place(to),
                from: place(from),
                bytes: place(bytes),
                may_overlap: *may_overlap,
            },
            Op::Fill { to, byte, bytes } => {
                Slow::Fill { to: place(to), byte: place(byte), bytes: place(bytes) }
            }
            Op::AtomicUpdate { op, address, value, .. } => Slow::AtomicUpdate {
                op: *op,
                shape: shape(value),
                to,
                address: place(address),
                value: place(value),
            },
            Op::CompareExchange { address, expected, new, .. } => Slow::CompareExchange(Exchange {
                shape: shape(new),
                to,
                flag: place(&inst.results[1]),
                address: place(address),
                expected: place(expected),
                new: place(new),
            }),
            Op::Syscall { .. } => Slow::Refused("the kernel cannot be called at build time".into()),
            Op::MulAdd(a, b, c) => {
                Slow::MulAdd { shape: shape(a), to, a: place(a), b: place(b), c: place(c) }
            }
            Op::Frame(_) => Slow::Refused("there is no frame to look at at build time".into()),
            Op::Asm(_) => Slow::Refused("assembler code cannot run at build time".into()),
            Op::Splat(a) => Slow::Splat { shape: shape(&inst.results[0]), to, a: place(a) },
            Op::Extract { vector, lane } => {
                Slow::Extract { shape: shape(vector), to, vector: place(vector), lane: place(lane) }
            }
            Op::Insert { vector, lane, value } => Slow::Insert {
                shape: shape(vector),
                to,
                vector: place(vector),
                lane: place(lane),
                value: place(value),
            },
            Op::Shuffle { left, right, lanes } => {
                Slow::Gather { to, from: self.shuffled(*left, *right, lanes) }
            }
            Op::Reduce(op, a) => Slow::Reduce { op: *op, shape: shape(a), to, a: place(a) },
            // One thread: nothing to wait for. What is left was decoded before.
            _ => Slow::Nothing,
        })
    }

    /// The registers of the chosen lanes of two vectors laid end to end.
    fn shuffled(&self, left: ValueId, right: ValueId, lanes: &[u32]) -> Box<[Register]> {
        let shape = self.shape(left);
        let words = shape.words_per_lane() as u32;
        let start = |lane: u32| match lane.checked_sub(shape.lanes) {
            None => self.place(left) + lane * words,
            Some(lane) => self.place(right) + lane * words,
        };
        lanes.iter().flat_map(|&lane| start(lane)..start(lane) + words).collect()
    }
}

fn slow(code: Slow) -> Code {
    Code::Slow(Box::new(code))
}

/// The alignment atomics need.
fn natural(shape: Shape) -> u32 {
    let bytes = if shape.kind == Kind::Pointer { 8 } else { shape.bytes() };
    (bytes as u32).next_power_of_two()
}
