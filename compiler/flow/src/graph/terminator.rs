//! Terminators: how a block ends and where it goes on.

use super::{BlockId, Callee, ValueId};

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    Jump(Target),
    /// On an i1.
    Branch {
        condition: ValueId,
        then: Target,
        otherwise: Target,
    },
    /// On an integer. No case occurs twice.
    Switch {
        value: ValueId,
        cases: Vec<(u128, Target)>,
        default: Target,
    },
    /// Leaves the function by one of its exits.
    Exit {
        index: u32,
        values: Vec<ValueId>,
    },
    /// Calls a function of no exit or of several. The callee's exit N goes on at block N of `exits`,
    /// whose parameters are exactly that exit's results.
    Call {
        callee: Callee,
        args: Vec<ValueId>,
        exits: Vec<BlockId>,
    },
    /// Cannot be reached; what happens if it is, is undefined.
    Unreachable,
    /// Stops the program at once.
    Trap,
}

/// A block and the values of its parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    pub block: BlockId,
    pub args: Vec<ValueId>,
}

/// The table of values a terminator reads, in order; `$iter` is `iter` or `iter_mut`.
macro_rules! visit_operands {
    ($terminator:expr, $visit:ident, $iter:ident) => {
        match $terminator {
            Terminator::Jump(target) => target.args.$iter().for_each($visit),
            Terminator::Branch { condition, then, otherwise } => {
                $visit(condition);
                then.args.$iter().for_each(&mut $visit);
                otherwise.args.$iter().for_each($visit);
            }
            Terminator::Switch { value, cases, default } => {
                $visit(value);
                cases.$iter().for_each(|(_, target)| target.args.$iter().for_each(&mut $visit));
                default.args.$iter().for_each($visit);
            }
            Terminator::Exit { values, .. } => values.$iter().for_each($visit),
            Terminator::Call { callee, args, .. } => {
                if let Callee::Pointer { address, .. } = callee {
                    $visit(address);
                }
                args.$iter().for_each($visit);
            }
            Terminator::Unreachable | Terminator::Trap => {}
        }
    };
}

/// The table of blocks that may follow with their arguments, in order; not those behind a call.
macro_rules! visit_targets {
    ($terminator:expr, $visit:ident, $iter:ident) => {
        match $terminator {
            Terminator::Jump(target) => $visit(target),
            Terminator::Branch { then, otherwise, .. } => {
                $visit(then);
                $visit(otherwise);
            }
            Terminator::Switch { cases, default, .. } => {
                cases.$iter().for_each(|(_, target)| $visit(target));
                $visit(default);
            }
            Terminator::Exit { .. } | Terminator::Call { .. } => {}
            Terminator::Unreachable | Terminator::Trap => {}
        }
    };
}

impl Terminator {
    /// The blocks that may follow, in order.
    pub fn successors(&self) -> Vec<BlockId> {
        if let Terminator::Call { exits, .. } = self {
            return exits.clone();
        }
        let mut blocks = Vec::new();
        self.targets(|target| blocks.push(target.block));
        blocks
    }

    /// Calls `visit` with every value the terminator reads, in order.
    pub fn operands(&self, mut visit: impl FnMut(ValueId)) {
        let mut visit = |value: &ValueId| visit(*value);
        visit_operands!(self, visit, iter)
    }

    /// Calls `visit` with every value the terminator reads, to be replaced.
    pub fn operands_mut(&mut self, mut visit: impl FnMut(&mut ValueId)) {
        visit_operands!(self, visit, iter_mut)
    }

    /// Calls `visit` with every target, in order. The blocks behind a call are not targets: nothing
    /// but the callee's results is passed to them.
    pub fn targets(&self, mut visit: impl FnMut(&Target)) {
        visit_targets!(self, visit, iter)
    }

    /// Calls `visit` with every target, to be replaced.
    pub fn targets_mut(&mut self, mut visit: impl FnMut(&mut Target)) {
        visit_targets!(self, visit, iter_mut)
    }

    /// Calls `visit` with every block that may follow, to be replaced.
    pub fn successors_mut(&mut self, mut visit: impl FnMut(&mut BlockId)) {
        match self {
            Terminator::Call { exits, .. } => exits.iter_mut().for_each(visit),
            other => other.targets_mut(|target| visit(&mut target.block)),
        }
    }
}
