//! Which instructions need no code of their own: constants that stand in the codes of their readers, and a comparison
//! that only the branch behind it reads.

use crate::edit;
use crate::eval::value::Shape;
use crate::graph::*;
use koru_base::idx::IdVec;

/// What is known of the values of a body.
pub(super) struct Operands {
    /// Small numbers.
    numbers: IdVec<ValueId, Option<u32>>,
    /// How often each value is read.
    uses: IdVec<ValueId, u32>,
    /// How often each value is read from a register.
    from_register: IdVec<ValueId, u32>,
}

impl Operands {
    pub fn of(body: &Body) -> Operands {
        let insts = || body.blocks.iter().flat_map(|block| &block.insts);
        let mut numbers: IdVec<ValueId, Option<u32>> = body.values.iter().map(|_| None).collect();
        for inst in insts() {
            if let (Op::Const(constant), &[result]) = (&inst.op, &inst.results[..]) {
                numbers[result] = number(*constant, Shape::of(body.values[result]));
            }
        }
        let uses = edit::count_uses(body);
        let mut from_register = uses.clone();
        for operand in insts().filter_map(|inst| second(body, &inst.op)) {
            from_register[operand] -= u32::from(numbers[operand].is_some());
        }
        Operands { numbers, uses, from_register }
    }

    /// The number a value always is.
    pub fn number(&self, value: ValueId) -> Option<u32> {
        self.numbers[value]
    }

    /// Does nobody read this constant from a register?
    pub fn is_idle(&self, inst: &Inst) -> bool {
        matches!(inst.op, Op::Const(_)) && inst.results.iter().all(|&result| self.from_register[result] == 0)
    }

    /// The comparison a block's branch goes by, where it is the block's last instruction and read by nobody else.
    pub fn decision(&self, body: &Body, block: &Block) -> Option<(Compare, ValueId, ValueId)> {
        let (Terminator::Branch { condition, .. }, Some(last)) = (&block.terminator, block.insts.last())
        else {
            return None;
        };
        match last.op {
            Op::Compare(op, a, b) if last.results == [*condition] && self.uses[*condition] == 1 => {
                Shape::of(body.values[a]).is_narrow().then_some((op, a, b))
            }
            _ => None,
        }
    }
}

/// The operand for which a code can hold a constant.
fn second(body: &Body, op: &Op) -> Option<ValueId> {
    match *op {
        Op::Binary(_, a, b) | Op::Compare(_, a, b) => Shape::of(body.values[a]).is_narrow().then_some(b),
        Op::Offset { bytes, .. } => Some(bytes),
        _ => None,
    }
}

fn number(constant: Constant, shape: Shape) -> Option<u32> {
    let bits = match constant {
        Constant::Zero => 0,
        Constant::Int(bits) | Constant::Float(bits) => bits,
        Constant::Undefined | Constant::Function(_) | Constant::Global(_) => return None,
    };
    if shape.is_narrow() { u32::try_from(bits).ok() } else { None }
}
