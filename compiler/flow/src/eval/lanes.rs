//! Instructions on any shape: lane after lane, each lane a number of up to 128 bits.
//!
//! In: a [`Slow`] code and the frame. Out: the frame's registers changed. Integers of more than 128 bits
//! go on to `wide`.

use super::arith::{self, Number};
use super::code::{Exchange, Register, Slow};
use super::limits::{spend, steps_of_bytes};
use super::memory::shapes::{pack, unpack};
use super::step::{Frame, select, undecided};
use super::value::{Shape, Word};
use super::{FailureKind, Refusal, wide};
use crate::graph::{Binary, Compare, Convert, Update};

/// Runs one code.
pub(super) fn run(frame: &mut Frame, code: &Slow, fuel: &mut u64) -> Result<(), Refusal> {
    spend(fuel, cost(code))?;
    match code {
        Slow::Words { to, words } => frame.words_mut(*to, words.len()).copy_from_slice(words),
        Slow::Unary { op, shape, to, a } => {
            for lane in shape.starts() {
                let result = if arith::is_wide(*shape) {
                    wide::unary(*op, *shape, frame.words(*a + lane, shape.words_per_lane()))
                } else {
                    parts(arith::unary(*op, shape.bits, frame.lane(*shape, *a + lane))?)
                };
                frame.put(*shape, *to + lane, &result);
            }
        }
        Slow::Binary { op, shape, to, a, b } => {
            for lane in shape.starts() {
                let result = frame.binary(*op, *shape, *a + lane, *b + lane)?;
                frame.put(*shape, *to + lane, &result);
            }
        }
        Slow::Overflow { op, shape, to, flags, a, b } => {
            for (lane, flag) in shape.starts().zip(*flags..) {
                let (result, overflows) = if arith::is_wide(*shape) {
                    let (a, b) = frame.pair(*shape, *a + lane, *b + lane);
                    wide::overflow(*op, *shape, a, b)
                } else {
                    let (a, b) = (frame.lane(*shape, *a + lane), frame.lane(*shape, *b + lane));
                    let (result, overflows) = arith::overflow(*op, shape.bits, a, b);
                    (parts(result), overflows)
                };
                frame.put(*shape, *to + lane, &result);
                frame.set(flag, super::step::word(overflows));
            }
        }
        Slow::Compare { op, shape, to, a, b } => {
            for (lane, to) in shape.starts().zip(*to..) {
                let result = frame.compare(*op, *shape, *a + lane, *b + lane);
                frame.set(to, super::step::word(result));
            }
        }
        Slow::Convert { op, from, into, to, a } => frame.convert(*op, (*from, *a), (*into, *to))?,
        Slow::Select { shape, conditions, to, condition, a, b } => {
            let words_per_condition = shape.words() as u32 / conditions;
            for at in 0..shape.words() as u32 {
                let condition = frame.get(condition + at / words_per_condition);
                let width = shape.width(at as usize % shape.words_per_lane());
                let word = select(width, condition, frame.get(a + at), frame.get(b + at));
                frame.set(to + at, word);
            }
        }
        Slow::MulAdd { shape, to, a, b, c } => {
            for lane in shape.starts() {
                let result = frame.mul_add(*shape, [a + lane, b + lane, c + lane]);
                frame.put(*shape, *to + lane, &result);
            }
        }
        Slow::Load { shape, align, to, address } => {
            let address = frame.get(*address);
            let words = &mut frame.registers[*to as usize..*to as usize + shape.words()];
            frame.memory.load_shape(address, *shape, *align, words)?;
        }
        Slow::Store { shape, align, address, value } => {
            let address = frame.get(*address);
            let words = &frame.registers[*value as usize..*value as usize + shape.words()];
            frame.memory.store_shape(address, *shape, *align, words)?;
        }
        Slow::Copy { to, from, bytes, may_overlap } => {
            let bytes = frame.decide(*bytes)?;
            spend(fuel, steps_of_bytes(bytes))?;
            if bytes > 0 {
                let (to, from) = (frame.get(*to), frame.get(*from));
                frame.memory.copy(to, from, bytes, *may_overlap)?;
            }
        }
        Slow::Fill { to, byte, bytes } => {
            let bytes = frame.decide(*bytes)?;
            spend(fuel, steps_of_bytes(bytes))?;
            if bytes > 0 {
                let (to, byte) = (frame.get(*to), frame.get(*byte));
                frame.memory.fill(to, byte, bytes)?;
            }
        }
        Slow::AtomicUpdate { op, shape, to, address, value } => {
            frame.update(*op, *shape, *to, (*address, *value))?;
        }
        Slow::CompareExchange(exchange) => frame.compare_exchange(exchange)?,
        Slow::Splat { shape, to, a } => {
            let words = frame.words(*a, shape.words_per_lane()).to_vec();
            shape.starts().for_each(|lane| frame.put(*shape, to + lane, &words));
        }
        Slow::Extract { shape, to, vector, lane } => {
            let words =
                frame.words(frame.lane_start(*shape, *vector, *lane)?, shape.words_per_lane()).to_vec();
            frame.put(*shape, *to, &words);
        }
        Slow::Insert { shape, to, vector, lane, value } => {
            let at = frame.lane_start(*shape, *to, *lane)?;
            let words = frame.words(*vector, shape.words()).to_vec();
            frame.words_mut(*to, words.len()).copy_from_slice(&words);
            let words = frame.words(*value, shape.words_per_lane()).to_vec();
            frame.put(*shape, at, &words);
        }
        Slow::Gather { to, from } => {
            for (&from, to) in from.iter().zip(*to..) {
                frame.set(to, frame.get(from));
            }
        }
        Slow::Reduce { op, shape, to, a } => {
            for (index, lane) in shape.starts().enumerate() {
                let result = match index {
                    0 => frame.words(*a, shape.words_per_lane()).to_vec(),
                    _ => frame.binary(*op, *shape, *to, *a + lane)?,
                };
                frame.put(*shape, *to, &result);
            }
        }
        Slow::Nothing => {}
        Slow::Refused(message) => return Err(Refusal::refused(message.as_str())),
    }
    Ok(())
}

/// Steps beyond the first: one a word, and the square of that where big integers are multiplied.
fn cost(code: &Slow) -> u64 {
    let words = match code {
        Slow::Binary { shape, .. } | Slow::Overflow { shape, .. } | Slow::Reduce { shape, .. }
            if arith::is_wide(*shape) =>
        {
            shape.words() * shape.words_per_lane()
        }
        Slow::Words { words, .. } => words.len(),
        Slow::Gather { from, .. } => from.len(),
        Slow::Convert { from, into, .. } => from.words() + into.words(),
        Slow::Unary { shape, .. }
        | Slow::Binary { shape, .. }
        | Slow::Overflow { shape, .. }
        | Slow::Compare { shape, .. }
        | Slow::Select { shape, .. }
        | Slow::MulAdd { shape, .. }
        | Slow::Load { shape, .. }
        | Slow::Store { shape, .. }
        | Slow::AtomicUpdate { shape, .. }
        | Slow::CompareExchange(Exchange { shape, .. })
        | Slow::Splat { shape, .. }
        | Slow::Extract { shape, .. }
        | Slow::Insert { shape, .. }
        | Slow::Reduce { shape, .. } => shape.words(),
        Slow::Copy { .. } | Slow::Fill { .. } | Slow::Nothing | Slow::Refused(_) => 0,
    };
    (words as u64).saturating_sub(1)
}

impl Shape {
    /// Where each lane starts, in words.
    fn starts(self) -> impl Iterator<Item = u32> {
        (0..self.lanes).map(move |lane| lane * self.words_per_lane() as u32)
    }
}

/// A lane of up to 128 bits as words; the second may be one too many.
fn parts(number: Number) -> Vec<Word> {
    let low = Word { bits: number.bits as u64, undefined: number.undefined as u64, origin: number.origin };
    let high =
        Word { bits: (number.bits >> 64) as u64, undefined: (number.undefined >> 64) as u64, origin: 0 };
    vec![low, high]
}

/// The lane of up to 128 bits in these words.
fn whole(words: &[Word]) -> Number {
    let low = super::step::number(words.first().copied().unwrap_or_default());
    let high = words.get(1).copied().unwrap_or_default();
    Number {
        bits: low.bits | u128::from(high.bits) << 64,
        undefined: low.undefined | u128::from(high.undefined) << 64,
        // An address together with something else in one number is not followed.
        origin: if words.len() == 1 { low.origin } else { 0 },
    }
}

impl Frame<'_> {
    fn words(&self, start: Register, count: usize) -> &[Word] {
        &self.registers[start as usize..start as usize + count]
    }

    fn words_mut(&mut self, start: Register, count: usize) -> &mut [Word] {
        &mut self.registers[start as usize..start as usize + count]
    }

    fn lane(&self, shape: Shape, start: Register) -> Number {
        whole(self.words(start, shape.words_per_lane()))
    }

    /// Writes one lane.
    fn put(&mut self, shape: Shape, start: Register, words: &[Word]) {
        let count = shape.words_per_lane();
        self.words_mut(start, count).copy_from_slice(&words[..count]);
    }

    fn pair(&self, shape: Shape, a: Register, b: Register) -> (&[Word], &[Word]) {
        (self.words(a, shape.words_per_lane()), self.words(b, shape.words_per_lane()))
    }

    fn binary(&self, op: Binary, shape: Shape, a: Register, b: Register) -> Result<Vec<Word>, Refusal> {
        if arith::is_wide(shape) {
            let (a, b) = self.pair(shape, a, b);
            return wide::binary(op, shape, a, b);
        }
        arith::binary(op, shape.bits, self.lane(shape, a), self.lane(shape, b)).map(parts)
    }

    fn mul_add(&self, shape: Shape, [a, b, c]: [Register; 3]) -> Vec<Word> {
        let [a, b, c] = [a, b, c].map(|start| self.lane(shape, start));
        parts(arith::mul_add(shape.bits, a, b, c))
    }

    fn compare(&self, op: Compare, shape: Shape, a: Register, b: Register) -> Number {
        if arith::is_wide(shape) {
            let (a, b) = self.pair(shape, a, b);
            return wide::compare(op, shape, a, b);
        }
        arith::compare(op, shape.bits, self.lane(shape, a), self.lane(shape, b))
    }

    fn convert(
        &mut self,
        op: Convert,
        (from, a): (Shape, Register),
        (into, to): (Shape, Register),
    ) -> Result<(), Refusal> {
        if op == Convert::Bits {
            let packed = pack(self.words(a, from.words()), from);
            unpack(&packed, into, self.words_mut(to, into.words()));
            return Ok(());
        }
        for (at, onto) in from.starts().zip(into.starts()) {
            let result = if arith::is_wide(from) || arith::is_wide(into) {
                wide::convert(op, from, into, self.words(a + at, from.words_per_lane()))?
            } else {
                parts(arith::convert(op, from, into, self.lane(from, a + at)))
            };
            self.put(into, to + onto, &result);
        }
        Ok(())
    }

    /// Where the lane starts whose number stands in a register.
    fn lane_start(&self, shape: Shape, vector: Register, lane: Register) -> Result<Register, Refusal> {
        let lane = self.decide(lane)?;
        if lane >= u64::from(shape.lanes) {
            let message = format!("a vector of {} lanes has no lane {lane}", shape.lanes);
            return Err(Refusal::new(FailureKind::Lane, message));
        }
        Ok(vector + lane as u32 * shape.words_per_lane() as u32)
    }

    /// Reads what is at an address, naturally aligned.
    fn atomic_load(&self, shape: Shape, address: Register) -> Result<Vec<Word>, Refusal> {
        let mut words = vec![Word::default(); shape.words()];
        let align = (shape.bytes() as u32).next_power_of_two();
        self.memory.load_shape(self.get(address), shape, align, &mut words)?;
        Ok(words)
    }

    fn update(
        &mut self,
        op: Update,
        shape: Shape,
        to: Register,
        (address, value): (Register, Register),
    ) -> Result<(), Refusal> {
        let old = self.atomic_load(shape, address)?;
        self.put(shape, to, &old);
        let new = match op {
            Update::Exchange => self.words(value, shape.words()).to_vec(),
            Update::Nand => {
                let both = self.binary(Binary::And, shape, to, value)?;
                parts(arith::unary(crate::graph::Unary::Not, shape.bits, whole(&both[..shape.words()]))?)
            }
            _ => self.binary(update_as_binary(op), shape, to, value)?,
        };
        let address = self.get(address);
        self.memory.store_shape(address, shape, 1, &new[..shape.words()])
    }

    fn compare_exchange(&mut self, plan: &Exchange) -> Result<(), Refusal> {
        let old = self.atomic_load(plan.shape, plan.address)?;
        self.put(plan.shape, plan.to, &old);
        let is_equal = self.compare(Compare::Equal, plan.shape, plan.to, plan.expected);
        if is_equal.undefined != 0 {
            return Err(undecided());
        }
        if is_equal.bits != 0 {
            let new = self.words(plan.new, plan.shape.words()).to_vec();
            let address = self.get(plan.address);
            self.memory.store_shape(address, plan.shape, 1, &new)?;
        }
        self.set(plan.flag, super::step::word(is_equal));
        Ok(())
    }
}

fn update_as_binary(op: Update) -> Binary {
    match op {
        Update::Sub => Binary::Sub,
        Update::And => Binary::And,
        Update::Or => Binary::Or,
        Update::Xor => Binary::Xor,
        Update::MaxSigned => Binary::MaxSigned,
        Update::MaxUnsigned => Binary::MaxUnsigned,
        Update::MinSigned => Binary::MinSigned,
        Update::MinUnsigned => Binary::MinUnsigned,
        // The others have no operation of their own.
        Update::Add | Update::Exchange | Update::Nand => Binary::Add,
    }
}
