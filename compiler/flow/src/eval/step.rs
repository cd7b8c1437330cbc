//! The loop: one code after the other, inside one frame, until a call or an exit.
//!
//! Operands that are plain numbers take the short way in [`fast_binary`] and [`fast_compare`]; all others go
//! through `arith`, which knows about undefined bits and addresses.

use super::arith::{self, Number};
use super::code::{Code, Decoded, Register};
use super::limits::spend;
use super::memory::{Access, Memory, pointer_to};
use super::value::{Word, mask};
use super::{FailureKind, Refusal, lanes};
use crate::graph::{Binary, Compare, Graph, Overflow};

/// What a frame works on.
pub(super) struct Frame<'a> {
    pub graph: &'a Graph,
    pub code: &'a Decoded,
    pub registers: &'a mut [Word],
    /// Origins of the frame's slots; 0 where one was not needed yet.
    pub slots: &'a mut [u64],
    pub memory: &'a mut Memory,
}

/// Why a frame stops running for now.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// A call, by its plan.
    Call(u32),
    /// An exit of the function, and its plan.
    Exit { index: u32, values: u32 },
}

impl Frame<'_> {
    /// Runs from `position`, which is left at the code that stops.
    pub fn run(&mut self, position: &mut usize, fuel: &mut u64) -> Result<Event, Refusal> {
        // A copy of its own may stay in a register.
        let mut at = *position;
        let event = self.run_from(&mut at, fuel);
        *position = at;
        event
    }

    #[inline(always)]
    fn run_from(&mut self, position: &mut usize, fuel: &mut u64) -> Result<Event, Refusal> {
        let code = self.code;
        loop {
            match &code.codes[*position] {
                Code::Const { to, bits } => self.set(*to, Word::new(*bits)),
                Code::Symbol { to, symbol } => {
                    let word = self.memory.symbol(self.graph, *symbol)?;
                    self.set(*to, word);
                }
                Code::Slot { to, slot } => {
                    let origin = self.slot(*slot, fuel)?;
                    self.set(*to, pointer_to(origin).word());
                }
                Code::SlotLive(slot) => self.slot_live(*slot, fuel)?,
                Code::SlotDead(slot) => {
                    let origin = self.slot(*slot, fuel)?;
                    self.memory.suspend(origin);
                }
                Code::Binary { op, width, to, a, b } => {
                    let word = binary(*op, (*width).into(), self.get(*a), self.get(*b))?;
                    self.set(*to, word);
                }
                Code::Overflow { op, width, to, flag, a, b } => {
                    let (word, overflows) = overflow(*op, (*width).into(), self.get(*a), self.get(*b));
                    self.set(*to, word);
                    self.set(*flag, overflows);
                }
                Code::Compare { op, width, to, a, b } => {
                    let word = compare(*op, (*width).into(), self.get(*a), self.get(*b));
                    self.set(*to, word);
                }
                Code::BinaryBy { op, width, to, a, by } => {
                    let word = binary(*op, (*width).into(), self.get(*a), Word::new((*by).into()))?;
                    self.set(*to, word);
                }
                Code::CompareWith { op, width, to, a, with } => {
                    let word = compare(*op, (*width).into(), self.get(*a), Word::new((*with).into()));
                    self.set(*to, word);
                }
                Code::Select { width, to, condition, a, b } => {
                    let condition = self.get(*condition);
                    let word = select((*width).into(), condition, self.get(*a), self.get(*b));
                    self.set(*to, word);
                }
                Code::Cut { to, a, width } => {
                    let word = super::memory::shapes::cut(self.get(*a), (*width).into());
                    self.set(*to, word);
                }
                Code::Load { to, address, bytes, width, align } => {
                    let word = self.load(*address, (*bytes).into(), *align)?;
                    self.set(*to, super::memory::shapes::cut(word, (*width).into()));
                }
                Code::Store { address, value, bytes, align } => {
                    self.store(*address, *value, (*bytes).into(), *align)?;
                }
                Code::Offset { to, base, bytes } => {
                    let word = offset(self.get(*base), self.get(*bytes));
                    self.set(*to, word);
                }
                Code::OffsetBy { to, base, by } => {
                    let word = offset(self.get(*base), Word::new((*by).into()));
                    self.set(*to, word);
                }
                Code::Slow(slow) => lanes::run(self, slow, fuel)?,
                Code::Jump(edge) => {
                    *position = self.follow(*edge, fuel)?;
                    continue;
                }
                Code::Branch { condition, then, otherwise } => {
                    let condition = self.decide(*condition)?;
                    *position = self.follow(if condition != 0 { *then } else { *otherwise }, fuel)?;
                    continue;
                }
                Code::BranchBy { op, width, a, b, then } => {
                    let word = compare(*op, (*width).into(), self.get(*a), self.get(*b));
                    *position = self.follow(then + otherwise(word)?, fuel)?;
                    continue;
                }
                Code::BranchWith { op, width, a, with, then } => {
                    let word = compare(*op, (*width).into(), self.get(*a), Word::new((*with).into()));
                    *position = self.follow(then + otherwise(word)?, fuel)?;
                    continue;
                }
                Code::Switch(plan) => {
                    let edge = self.switch(*plan)?;
                    *position = self.follow(edge, fuel)?;
                    continue;
                }
                Code::Call(plan) => return Ok(Event::Call(*plan)),
                Code::Exit { index, values } => return Ok(Event::Exit { index: *index, values: *values }),
                Code::Unreachable => {
                    let message = "code that cannot be reached is reached";
                    return Err(Refusal::new(FailureKind::Unreachable, message));
                }
                Code::Trap => return Err(Refusal::new(FailureKind::Trap, "the program stops itself")),
            }
            *position += 1;
        }
    }

    #[inline(always)]
    pub fn get(&self, register: Register) -> Word {
        self.registers[register as usize]
    }

    #[inline(always)]
    pub fn set(&mut self, register: Register, word: Word) {
        self.registers[register as usize] = word;
    }

    /// The bits of a word that decides something.
    #[inline]
    pub fn decide(&self, register: Register) -> Result<u64, Refusal> {
        let word = self.get(register);
        if word.undefined == 0 { Ok(word.bits) } else { Err(undecided()) }
    }

    /// Goes along an edge; where it leads.
    #[inline]
    fn follow(&mut self, edge: u32, fuel: &mut u64) -> Result<usize, Refusal> {
        let edge = &self.code.edges[edge as usize];
        for &(from, to) in &edge.moves {
            self.registers[to as usize] = self.registers[from as usize];
        }
        spend(fuel, edge.steps.into())?;
        Ok(edge.position as usize)
    }

    fn switch(&self, plan: u32) -> Result<u32, Refusal> {
        let plan = &self.code.switches[plan as usize];
        let mut value = 0;
        for index in (0..plan.words).rev() {
            value = value << 64 | u128::from(self.decide(plan.value + index as u32)?);
        }
        let found = plan.cases.binary_search_by_key(&value, |&(case, _)| case);
        Ok(found.map_or(plan.default, |index| plan.cases[index].1))
    }

    #[inline]
    fn load(&self, address: Register, bytes: usize, align: u32) -> Result<Word, Refusal> {
        let address = self.get(address);
        self.memory.check_align(address, align)?;
        Ok(self.memory.load(self.memory.place(address, bytes, Access::Read)?, bytes))
    }

    #[inline]
    fn store(&mut self, address: Register, value: Register, bytes: usize, align: u32) -> Result<(), Refusal> {
        let (address, value) = (self.get(address), self.get(value));
        self.memory.check_align(address, align)?;
        let place = self.memory.place(address, bytes, Access::Write)?;
        self.memory.store(place, bytes, value);
        Ok(())
    }

    /// The origin of a slot, made on first use.
    fn slot(&mut self, slot: u32, fuel: &mut u64) -> Result<u64, Refusal> {
        let known = self.slots[slot as usize];
        if known != 0 {
            return Ok(known);
        }
        let plan = self.code.slots[slot as usize];
        spend(fuel, super::limits::steps_of_bytes(plan.slot.size))?;
        let origin = self.memory.add_slot(plan.slot.size, plan.slot.align, plan.is_always_live)?;
        self.slots[slot as usize] = origin;
        Ok(origin)
    }

    fn slot_live(&mut self, slot: u32, fuel: &mut u64) -> Result<(), Refusal> {
        spend(fuel, super::limits::steps_of_bytes(self.code.slots[slot as usize].slot.size))?;
        let origin = self.slot(slot, fuel)?;
        self.memory.revive(origin);
        Ok(())
    }
}

/// 1 where a comparison says no.
#[inline(always)]
fn otherwise(word: Word) -> Result<u32, Refusal> {
    if word.undefined == 0 { Ok(u32::from(word.bits == 0)) } else { Err(undecided()) }
}

pub(super) fn undecided() -> Refusal {
    Refusal::new(FailureKind::Undefined, "an undefined value decides what happens")
}

#[inline(always)]
fn binary(op: Binary, width: u32, a: Word, b: Word) -> Result<Word, Refusal> {
    if a.is_plain()
        && b.is_plain()
        && let Some(bits) = fast_binary(op, width, a.bits, b.bits)
    {
        return Ok(Word::new(bits));
    }
    arith::binary(op, width, number(a), number(b)).map(word)
}

/// The frequent operations on plain numbers.
#[inline(always)]
fn fast_binary(op: Binary, width: u32, a: u64, b: u64) -> Option<u64> {
    let bits = match op {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::ShiftLeft if b < width.into() => a << b,
        Binary::ShiftRightUnsigned if b < width.into() => a >> b,
        Binary::DivUnsigned if b != 0 => a / b,
        Binary::RemUnsigned if b != 0 => a % b,
        _ => return None,
    };
    Some(bits & mask(width))
}

#[inline(always)]
fn compare(op: Compare, width: u32, a: Word, b: Word) -> Word {
    if a.undefined | b.undefined == 0
        && let Some(result) = fast_compare(op, width, a.bits, b.bits)
    {
        return Word::new(result.into());
    }
    word(arith::compare(op, width, number(a), number(b)))
}

#[inline(always)]
fn fast_compare(op: Compare, width: u32, a: u64, b: u64) -> Option<bool> {
    let unused = 64 - width;
    let (x, y) = ((a << unused) as i64, (b << unused) as i64);
    Some(match op {
        Compare::Equal => a == b,
        Compare::NotEqual => a != b,
        Compare::LessUnsigned => a < b,
        Compare::LessEqualUnsigned => a <= b,
        Compare::GreaterUnsigned => a > b,
        Compare::GreaterEqualUnsigned => a >= b,
        Compare::LessSigned => x < y,
        Compare::LessEqualSigned => x <= y,
        Compare::GreaterSigned => x > y,
        Compare::GreaterEqualSigned => x >= y,
        _ => return None,
    })
}

#[inline]
fn overflow(op: Overflow, width: u32, a: Word, b: Word) -> (Word, Word) {
    if a.is_plain()
        && b.is_plain()
        && let Some((bits, overflows)) = fast_overflow(op, width, a.bits, b.bits)
    {
        return (Word::new(bits), Word::new(overflows.into()));
    }
    let (result, overflows) = arith::overflow(op, width, number(a), number(b));
    (word(result), word(overflows))
}

/// Sums and differences of plain numbers, and products without a sign: what code with checks does most.
#[inline(always)]
fn fast_overflow(op: Overflow, width: u32, a: u64, b: u64) -> Option<(u64, bool)> {
    let (wide, overflows) = match op {
        Overflow::AddUnsigned => a.overflowing_add(b),
        Overflow::SubUnsigned => return Some((a.wrapping_sub(b) & mask(width), a < b)),
        Overflow::MulUnsigned => a.overflowing_mul(b),
        Overflow::AddSigned | Overflow::SubSigned | Overflow::MulSigned => return None,
    };
    Some((wide & mask(width), overflows || wide > mask(width)))
}

/// Undefined where the condition is, unless it makes no difference.
pub(super) fn select(width: u32, condition: Word, a: Word, b: Word) -> Word {
    match (condition.undefined, condition.bits) {
        (0, 0) => b,
        (0, _) => a,
        _ if a == b => a,
        _ => Word::undefined(width),
    }
}

/// An address moved by a number of bytes keeps its origin wherever it goes.
#[inline(always)]
fn offset(base: Word, bytes: Word) -> Word {
    let undefined = if base.undefined | bytes.undefined == 0 { 0 } else { u64::MAX };
    Word { bits: base.bits.wrapping_add(bytes.bits), undefined, origin: base.origin }
}

pub(super) fn number(word: Word) -> Number {
    Number { bits: word.bits.into(), undefined: word.undefined.into(), origin: word.origin }
}

pub(super) fn word(number: Number) -> Word {
    Word { bits: number.bits as u64, undefined: number.undefined as u64, origin: number.origin }
}
