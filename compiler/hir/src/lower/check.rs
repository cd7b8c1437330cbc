//! Mistakes of the program at run time: caught in debug and safe modes, undefined in the others.
//!
//! In: a condition that must hold. Out: a branch to a block that panics where it does not.

use super::code::Code;
use koru_flow as flow;
use koru_flow::{Compare, Op, Terminator, ValueId};

/// What went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Panic {
    Overflow,
    Bounds,
    Null,
    Tag,
    Cast,
    DivideByZero,
    Remainder,
    Shift,
    Enum,
    Alignment,
    Address,
    Sentinel,
    Unreachable,
}

impl Panic {
    /// As the person who runs the program reads it.
    pub fn text(self) -> &'static str {
        match self {
            Panic::Overflow => "integer overflow",
            Panic::Bounds => "index out of bounds",
            Panic::Null => "attempt to use null value",
            Panic::Tag => "access of an inactive union field",
            Panic::Cast => "integer does not fit in destination type",
            Panic::DivideByZero => "division by zero",
            Panic::Remainder => "exact division has a remainder",
            Panic::Shift => "shift count is not smaller than the width",
            Panic::Enum => "number is no value of the enum",
            Panic::Alignment => "incorrect alignment",
            Panic::Address => "cast causes pointer to be null",
            Panic::Sentinel => "sentinel mismatch",
            Panic::Unreachable => "reached unreachable code",
        }
    }
}

impl Code<'_, '_> {
    /// Goes on only where `holds` is true.
    pub fn check(&mut self, holds: ValueId, panic: Panic) {
        let holds = self.fold_lanes(flow::Binary::And, holds);
        let (good, bad) = (self.builder.block(&[]), self.builder.block(&[]));
        self.builder.branch(holds, good, bad);
        self.panic_in(bad, panic);
        self.builder.switch_to(good);
    }

    /// Goes on only where `fails` is false.
    pub fn check_not(&mut self, fails: ValueId, panic: Panic) {
        let fails = self.fold_lanes(flow::Binary::Or, fails);
        let (good, bad) = (self.builder.block(&[]), self.builder.block(&[]));
        self.builder.branch(fails, bad, good);
        self.panic_in(bad, panic);
        self.builder.switch_to(good);
    }

    /// Fills a block where the program is wrong if it comes there.
    pub fn panic_in(&mut self, block: flow::BlockId, panic: Panic) {
        self.builder.switch_to(block);
        self.panic::<()>(panic);
    }

    /// Goes on only where `left` is less than `right`, both unsigned.
    pub fn check_less(&mut self, left: ValueId, right: ValueId, panic: Panic) {
        let holds = self.flag(Compare::LessUnsigned, left, right);
        self.check(holds, panic);
    }

    /// Goes on only where `left` is not above `right`, both unsigned.
    pub fn check_at_most(&mut self, left: ValueId, right: ValueId, panic: Panic) {
        let holds = self.flag(Compare::LessEqualUnsigned, left, right);
        self.check(holds, panic);
    }

    /// Goes on only where an address is a multiple of so many bytes. The evaluator, whose addresses are no numbers, looks
    /// where they are used.
    pub fn check_aligned(&mut self, address: ValueId, align: u32) {
        if !self.program.says_where || align == 1 {
            return;
        }
        let beyond = self.word(u64::from(align) - 1);
        let beyond = self.builder.push(flow::Type::WORD, Op::Binary(flow::Binary::And, address, beyond));
        let zero = self.word(0);
        let holds = self.same(beyond, zero);
        self.check(holds, Panic::Alignment);
    }

    /// Ends the block: the program is wrong if it comes here.
    pub fn panic<T>(&mut self, panic: Panic) -> Option<T> {
        // A naked function has no stack to call from.
        let is_naked = self.shape.signature.convention == flow::Convention::Naked;
        if !self.program.is_checked || is_naked {
            return self.unreachable();
        }
        let Some(instance) = self.program.panic else {
            self.builder.terminate(Terminator::Trap);
            return None;
        };
        let callee = flow::Callee::Function(self.program.function(self.cx, instance));
        let text = self.panic_text(panic);
        let args = self.text(&text);
        self.builder.terminate(Terminator::Call { callee, args, exits: Vec::new() });
        None
    }

    fn panic_text(&self, panic: Panic) -> String {
        match self.cx.sources.place(self.builder.span) {
            place if self.program.says_where && !place.is_empty() => format!("{} at {place}", panic.text()),
            _ => panic.text().into(),
        }
    }

    /// A comparison's result.
    pub fn flag(&mut self, op: Compare, left: ValueId, right: ValueId) -> ValueId {
        let ty = match self.builder.ty(left) {
            flow::Type::Vector(_, lanes) => flow::Type::Vector(flow::Scalar::Int(1), lanes),
            _ => flow::Type::BOOL,
        };
        self.builder.push(ty, Op::Compare(op, left, right))
    }

    /// Are two scalars the same?
    pub fn same(&mut self, left: ValueId, right: ValueId) -> ValueId {
        self.flag(Compare::Equal, left, right)
    }

    /// A bool turned.
    pub fn not(&mut self, value: ValueId) -> ValueId {
        let ty = self.builder.ty(value);
        self.builder.push(ty, Op::Unary(flow::Unary::Not, value))
    }

    /// A bool, or all bools of a vector folded into one.
    fn fold_lanes(&mut self, op: flow::Binary, value: ValueId) -> ValueId {
        match self.builder.ty(value) {
            flow::Type::Vector(..) => self.builder.push(flow::Type::BOOL, Op::Reduce(op, value)),
            _ => value,
        }
    }
}
