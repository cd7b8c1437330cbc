//! Instructions: what a step of a block does.
//!
//! Result types stand in the body's table of values; where an instruction converts, the result's type
//! says to what. Arithmetic takes integers, or vectors of them, of one type.

use super::{FunctionId, GlobalId, Signature, SlotId, ValueId, VariableId};
use koru_base::Name;

/// What an instruction does.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// A value known now.
    Const(Constant),
    /// The address of a slot.
    Slot(SlotId),
    Unary(Unary, ValueId),
    Binary(Binary, ValueId, ValueId),
    /// Two results: the wrapped value, and whether it does not fit (i1).
    Overflow(Overflow, ValueId, ValueId),
    /// i1, or a vector of i1.
    Compare(Compare, ValueId, ValueId),
    Convert(Convert, ValueId),
    /// The second where the first is true, else the third.
    Select(ValueId, ValueId, ValueId),
    /// The first times the second plus the third, of floats, rounded once.
    MulAdd(ValueId, ValueId, ValueId),

    // Memory. Alignments in bytes.
    Load {
        address: ValueId,
        align: u32,
        is_volatile: bool,
    },
    Store {
        address: ValueId,
        value: ValueId,
        align: u32,
        is_volatile: bool,
    },
    /// `base` plus a number of bytes, a word.
    Offset {
        base: ValueId,
        bytes: ValueId,
    },
    /// Copies `bytes` (a word). The areas are apart unless `may_overlap`.
    Copy {
        to: ValueId,
        from: ValueId,
        bytes: ValueId,
        may_overlap: bool,
    },
    /// Sets `bytes` (a word) bytes to `byte` (i8).
    Fill {
        to: ValueId,
        byte: ValueId,
        bytes: ValueId,
    },
    /// The slot's memory is used from here on, with undefined content.
    SlotLive(SlotId),
    /// The slot's memory is not used until its next `SlotLive`.
    SlotDead(SlotId),
    /// For debuggers: the variable is at this address from here on.
    Show {
        variable: VariableId,
        address: ValueId,
    },

    // Atomics, naturally aligned.
    AtomicLoad {
        address: ValueId,
        order: Order,
    },
    AtomicStore {
        address: ValueId,
        value: ValueId,
        order: Order,
    },
    /// The old value.
    AtomicUpdate {
        op: Update,
        address: ValueId,
        value: ValueId,
        order: Order,
    },
    /// Two results: the old value, and whether it was the expected one (i1).
    CompareExchange {
        address: ValueId,
        expected: ValueId,
        new: ValueId,
        success: Order,
        failure: Order,
        is_weak: bool,
    },
    Fence(Order),

    // Vectors
    /// All lanes the same.
    Splat(ValueId),
    /// One lane; the lane's number is a word.
    Extract {
        vector: ValueId,
        lane: ValueId,
    },
    Insert {
        vector: ValueId,
        lane: ValueId,
        value: ValueId,
    },
    /// Lanes of the two vectors, laid end to end, in this order.
    Shuffle {
        left: ValueId,
        right: ValueId,
        lanes: Vec<u32>,
    },
    /// All lanes folded into one scalar.
    Reduce(Binary, ValueId),

    /// Calls a function with exactly one exit; the results are that exit's.
    Call {
        callee: Callee,
        args: Vec<ValueId>,
    },
    /// Asks the kernel. The number is constant, so that a program's system calls are known. One word back.
    Syscall {
        number: u32,
        args: Vec<ValueId>,
    },
    Asm(Box<Asm>),
    /// Where the machine is in the running function's frame: a word.
    Frame(FramePart),
}

/// A value known while compiling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constant {
    /// Of an integer type, zero-extended; 0 of a pointer type is null.
    Int(u128),
    /// Of a float type: its bits.
    Float(u128),
    /// All zero bits, of any type.
    Zero,
    /// Any bits.
    Undefined,
    /// An address.
    Function(FunctionId),
    /// An address; for thread-local globals that of the running thread.
    Global(GlobalId),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Unary {
    /// Every bit turned.
    Not,
    /// Leading zeros; the width for 0.
    CountLeadingZeros,
    /// Trailing zeros; the width for 0.
    CountTrailingZeros,
    CountOnes, ReverseBytes, ReverseBits,
    FloatNegate, FloatAbs, FloatSqrt, FloatFloor, FloatCeil, FloatTruncate,
    /// To the nearest, halves away from zero.
    FloatRound,
    FloatSin, FloatCos, FloatTan, FloatExp, FloatExp2, FloatLog, FloatLog2, FloatLog10,
}

/// Shift counts have the type of the value and are smaller than its width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Binary {
    Add, Sub, Mul, DivSigned, DivUnsigned, RemSigned, RemUnsigned,
    And, Or, Xor, ShiftLeft, ShiftRightSigned, ShiftRightUnsigned,
    AddSaturateSigned, AddSaturateUnsigned, SubSaturateSigned, SubSaturateUnsigned,
    MinSigned, MinUnsigned, MaxSigned, MaxUnsigned,
    FloatAdd, FloatSub, FloatMul, FloatDiv, FloatRem, FloatMin, FloatMax,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Overflow { AddSigned, AddUnsigned, SubSigned, SubUnsigned, MulSigned, MulUnsigned }

/// Float comparisons are false where an operand is not a number, but for `FloatNotEqual`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Compare {
    Equal, NotEqual,
    LessSigned, LessEqualSigned, GreaterSigned, GreaterEqualSigned,
    LessUnsigned, LessEqualUnsigned, GreaterUnsigned, GreaterEqualUnsigned,
    FloatEqual, FloatNotEqual, FloatLess, FloatLessEqual, FloatGreater, FloatGreaterEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Convert {
    Truncate, ExtendSigned, ExtendUnsigned,
    /// Float to integer, towards zero; undefined where it does not fit.
    FloatToSigned, FloatToUnsigned,
    SignedToFloat, UnsignedToFloat,
    /// Between floats.
    FloatToFloat,
    /// The same bits as another type of the same size.
    Bits,
    PointerToInt, IntToPointer,
}

/// What is asked about a frame: where it is, where its function returns to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum FramePart { Address, Return }

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Order { Unordered, Monotonic, Acquire, Release, AcquireRelease, SequentiallyConsistent }

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Update { Exchange, Add, Sub, And, Or, Xor, Nand, MaxSigned, MaxUnsigned, MinSigned, MinUnsigned }

/// Whom a call reaches.
#[derive(Clone, PartialEq, Debug)]
pub enum Callee {
    Function(FunctionId),
    /// Through an address.
    Pointer {
        address: ValueId,
        signature: Box<Signature>,
    },
}

/// Text for the assembler, with LLVM's constraint codes.
#[derive(Clone, PartialEq, Debug)]
pub struct Asm {
    /// LLVM's template: `$0`, `$1`, `$$` for a dollar.
    pub template: String,
    /// Output constraint, empty for none: `={rax}`.
    pub output: String,
    /// One constraint an argument: `{rdi}`, `r`.
    pub inputs: Vec<(String, ValueId)>,
    /// Register names, and `memory`.
    pub clobbers: Vec<Name>,
    pub is_volatile: bool,
}

/// The table of values an instruction reads, in order; `$iter` is `iter` or `iter_mut`.
macro_rules! visit_operands {
    ($op:expr, $visit:ident, $iter:ident) => {
        match $op {
            Op::Const(_) | Op::Slot(_) | Op::SlotLive(_) | Op::SlotDead(_) | Op::Fence(_) | Op::Frame(_) => {}
            Op::Unary(_, a) | Op::Convert(_, a) | Op::Splat(a) | Op::Reduce(_, a) => $visit(a),
            Op::Load { address, .. } | Op::AtomicLoad { address, .. } | Op::Show { address, .. } => {
                $visit(address)
            }
            Op::Binary(_, a, b)
            | Op::Overflow(_, a, b)
            | Op::Compare(_, a, b)
            | Op::Store { address: a, value: b, .. }
            | Op::AtomicStore { address: a, value: b, .. }
            | Op::AtomicUpdate { address: a, value: b, .. }
            | Op::Offset { base: a, bytes: b }
            | Op::Extract { vector: a, lane: b }
            | Op::Shuffle { left: a, right: b, .. } => [a, b].into_iter().for_each($visit),
            Op::Select(a, b, c)
            | Op::MulAdd(a, b, c)
            | Op::Copy { to: a, from: b, bytes: c, .. }
            | Op::Fill { to: a, byte: b, bytes: c }
            | Op::CompareExchange { address: a, expected: b, new: c, .. }
            | Op::Insert { vector: a, lane: b, value: c } => [a, b, c].into_iter().for_each($visit),
            Op::Call { callee, args } => {
                if let Callee::Pointer { address, .. } = callee {
                    $visit(address);
                }
                args.$iter().for_each($visit);
            }
            Op::Syscall { args, .. } => args.$iter().for_each($visit),
            Op::Asm(asm) => asm.inputs.$iter().for_each(|(_, value)| $visit(value)),
        }
    };
}

impl Op {
    /// Calls `visit` with every value the instruction reads, in order.
    pub fn operands(&self, mut visit: impl FnMut(ValueId)) {
        let mut visit = |value: &ValueId| visit(*value);
        visit_operands!(self, visit, iter)
    }

    /// Calls `visit` with every value the instruction reads, to be replaced.
    pub fn operands_mut(&mut self, mut visit: impl FnMut(&mut ValueId)) {
        visit_operands!(self, visit, iter_mut)
    }
}
