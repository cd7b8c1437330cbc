//! Works out integers that are known, as far as decisions depend on them.
//!
//! ```text
//!     v0: i8 = const 1   v1: i8 = const 1   v2: i1 = equal v0, v1   branch v2, b1, b2
//!
//!     jump b1
//! ```
//!
//! Only what [`super::thread`] needs to see which way a branch goes: integers without vectors. The
//! rest of the algebra is LLVM's. Division by zero and shifts too far are left for the running program.

use crate::graph::*;
use koru_base::idx::IdVec;

/// Integers known so far, zero-extended.
pub type Known = IdVec<ValueId, Option<u128>>;

/// Works out what is known in a body, turns it into constants and decides branches on it. Gives what is
/// known, and whether anything changed.
pub fn fold(body: &mut Body) -> (Known, bool) {
    let known = known_values(body);
    let mut has_changed = false;
    for block in body.blocks.iter_mut() {
        for inst in &mut block.insts {
            let &[result] = inst.results.as_slice() else { continue };
            if let (Some(value), false) = (known[result], matches!(inst.op, Op::Const(_))) {
                inst.op = Op::Const(Constant::Int(value));
                has_changed = true;
            }
        }
        if let Some(target) = decided(&block.terminator, &known) {
            block.terminator = Terminator::Jump(target.clone());
            has_changed = true;
        }
    }
    (known, has_changed)
}

/// What is known before the program runs: constants, what follows from them, and parameters that
/// are the same constant on all ways. One walk finds all of it but around loops.
pub fn known_values(body: &Body) -> Known {
    let mut known: Known = body.values.iter().map(|_| None).collect();
    let cfg = crate::cfg::Cfg::new(body);
    let is_exit = crate::edit::call_exits(body);
    loop {
        let before = count(&known);
        for &block in &cfg.order {
            if !is_exit[block] {
                learn_params(body, block, &cfg.predecessors[block], &mut known);
            }
            learn(body, &body.blocks[block], &mut known);
        }
        if count(&known) == before {
            return known;
        }
    }
}

fn count(known: &Known) -> usize {
    known.iter().flatten().count()
}

/// Adds what the instructions of a block give.
pub fn learn(body: &Body, block: &Block, known: &mut Known) {
    for inst in &block.insts {
        if let &[result] = inst.results.as_slice()
            && known[result].is_none()
        {
            known[result] = evaluate(body, &inst.op, body.values[result], |value| known[value]);
        }
    }
}

/// Adds parameters that are the same constant on all ways.
fn learn_params(body: &Body, block: BlockId, predecessors: &[BlockId], known: &mut Known) {
    for (index, &param) in body.blocks[block].params.iter().enumerate() {
        let mut ways = Ways::None;
        // The edges of one block stand together.
        for from in predecessors.chunk_by(|a, b| a == b).map(|edges| edges[0]) {
            body.blocks[from].terminator.targets(|target| {
                if target.block == block {
                    ways = ways.and(known[target.args[index]]);
                }
            });
        }
        if let Ways::Same(value) = ways {
            known[param] = Some(value);
        }
    }
}

/// What a parameter is on the ways seen so far.
#[derive(Clone, Copy)]
enum Ways {
    None,
    Same(u128),
    Unknown,
}

impl Ways {
    fn and(self, other: Option<u128>) -> Ways {
        match (self, other) {
            (Ways::None, Some(value)) => Ways::Same(value),
            (Ways::Same(value), Some(other)) if value == other => self,
            _ => Ways::Unknown,
        }
    }
}

/// Where a branch or switch goes, if that is known.
pub fn decided<'a>(terminator: &'a Terminator, known: &Known) -> Option<&'a Target> {
    match terminator {
        Terminator::Branch { condition, then, otherwise } => {
            known[*condition].map(|condition| if condition == 1 { then } else { otherwise })
        }
        Terminator::Switch { value, cases, default } => known[*value].map(|value| {
            let case = cases.iter().find(|(case, _)| *case == value);
            case.map_or(default, |(_, target)| target)
        }),
        _ => None,
    }
}

/// What an instruction gives where `known` knows what it reads.
pub fn evaluate(body: &Body, op: &Op, ty: Type, known: impl Fn(ValueId) -> Option<u128>) -> Option<u128> {
    let Type::Int(bits) = ty else { return None };
    let of = |value: &ValueId| match body.values[*value] {
        Type::Int(bits) if bits <= 128 => known(*value).map(|value| Int { value, bits }),
        _ => None,
    };
    if bits > 128 {
        return None;
    }
    let value = match op {
        Op::Const(Constant::Int(value)) => Some(*value),
        Op::Const(Constant::Zero) => Some(0),
        Op::Unary(Unary::Not, a) => of(a).map(|a| !a.value),
        Op::Binary(op, a, b) => binary(*op, of(a)?, of(b)?),
        Op::Compare(op, a, b) => compare(*op, of(a)?, of(b)?).map(u128::from),
        Op::Convert(Convert::Truncate | Convert::ExtendUnsigned | Convert::Bits, a) => of(a).map(|a| a.value),
        Op::Convert(Convert::ExtendSigned, a) => of(a).map(|a| a.signed() as u128),
        Op::Select(condition, a, b) => {
            let chosen = if of(condition)?.value == 1 { a } else { b };
            of(chosen).map(|chosen| chosen.value)
        }
        _ => None,
    };
    value.map(|value| value & mask(bits))
}

/// A known integer.
#[derive(Clone, Copy)]
struct Int {
    value: u128,
    bits: u16,
}

impl Int {
    fn signed(self) -> i128 {
        let unused = 128 - u32::from(self.bits);
        ((self.value << unused) as i128) >> unused
    }
}

/// All ones in the lowest `bits`, which are 1 to 128.
fn mask(bits: u16) -> u128 {
    u128::MAX >> (128 - bits)
}

fn binary(op: Binary, left: Int, right: Int) -> Option<u128> {
    let (a, b) = (left.value, right.value);
    let shift = u32::try_from(b).ok().filter(|&shift| shift < left.bits.into());
    match op {
        Binary::Add => Some(a.wrapping_add(b)),
        Binary::Sub => Some(a.wrapping_sub(b)),
        Binary::Mul => Some(a.wrapping_mul(b)),
        Binary::DivUnsigned => a.checked_div(b),
        Binary::RemUnsigned => a.checked_rem(b),
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
        Binary::ShiftLeft => shift.map(|shift| a << shift),
        Binary::ShiftRightUnsigned => shift.map(|shift| a >> shift),
        Binary::ShiftRightSigned => shift.map(|shift| (left.signed() >> shift) as u128),
        _ => None,
    }
}

fn compare(op: Compare, left: Int, right: Int) -> Option<bool> {
    let (a, b) = (left.value, right.value);
    let (x, y) = (left.signed(), right.signed());
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
