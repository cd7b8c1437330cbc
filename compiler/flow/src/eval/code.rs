//! Decoded functions: what a body becomes before it runs.
//!
//! Values are numbers of registers, blocks are positions in one flat list, block arguments are moves
//! already in an order that works. The common instructions, on one lane in one word, have codes of
//! their own; everything else is [`Slow`].

use super::value::{Shape, Word};
use crate::graph::*;
use koru_base::{Name, Span};

/// A register, counted from the frame's first.
pub(super) type Register = u32;

/// A function ready to run.
#[derive(Debug)]
pub(super) struct Decoded {
    pub name: Name,
    /// Registers in use; parameters come first.
    pub registers: usize,
    pub slots: Box<[SlotPlan]>,
    pub codes: Box<[Code]>,
    /// Where each code comes from.
    pub spans: Box<[Span]>,
    pub edges: Box<[Edge]>,
    pub calls: Box<[CallPlan]>,
    /// Registers that leave with each exit of the body.
    pub exits: Box<[Box<[Register]>]>,
    pub switches: Box<[SwitchPlan]>,
    /// Steps of the entry block.
    pub entry_steps: u64,
}

/// Memory of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotPlan {
    pub slot: Slot,
    /// Is it live throughout, for want of marks?
    pub is_always_live: bool,
}

/// A way from block to block.
#[derive(Debug)]
pub(super) struct Edge {
    /// From, to: one after the other.
    pub moves: Box<[(Register, Register)]>,
    /// Where to go on.
    pub position: u32,
    /// Steps of the block that is entered.
    pub steps: u32,
}

/// A call: whom, with what, and what happens at each exit.
#[derive(Debug)]
pub(super) struct CallPlan {
    pub callee: CalleePlan,
    pub args: Box<[Register]>,
    pub exits: Box<[ExitPlan]>,
}

#[derive(Debug)]
pub(super) enum CalleePlan {
    Function(FunctionId),
    Pointer { address: Register, signature: Box<Signature> },
}

/// Where results go, and where to go on.
#[derive(Debug)]
pub(super) struct ExitPlan {
    pub results: Box<[Register]>,
    pub position: u32,
    pub steps: u32,
}

#[derive(Debug)]
pub(super) struct SwitchPlan {
    pub value: Register,
    pub words: usize,
    /// Sorted; with numbers of edges.
    pub cases: Box<[(u128, u32)]>,
    pub default: u32,
}

/// One instruction or terminator. Widths up to 64.
#[derive(Debug)]
pub(super) enum Code {
    Const {
        to: Register,
        bits: u64,
    },
    Symbol {
        to: Register,
        symbol: Symbol,
    },
    Slot {
        to: Register,
        slot: u32,
    },
    SlotLive(u32),
    SlotDead(u32),
    Binary {
        op: Binary,
        width: u8,
        to: Register,
        a: Register,
        b: Register,
    },
    Compare {
        op: Compare,
        width: u8,
        to: Register,
        a: Register,
        b: Register,
    },
    /// The second operand is a constant.
    BinaryBy {
        op: Binary,
        width: u8,
        to: Register,
        a: Register,
        by: u32,
    },
    /// The second operand is a constant.
    CompareWith {
        op: Compare,
        width: u8,
        to: Register,
        a: Register,
        with: u32,
    },
    Overflow {
        op: Overflow,
        width: u8,
        to: Register,
        flag: Register,
        a: Register,
        b: Register,
    },
    Select {
        width: u8,
        to: Register,
        condition: Register,
        a: Register,
        b: Register,
    },
    /// Keeps the lowest bits: truncations, extensions by zeros, changes of type.
    Cut {
        to: Register,
        a: Register,
        width: u8,
    },
    Load {
        to: Register,
        address: Register,
        bytes: u8,
        width: u8,
        align: u32,
    },
    Store {
        address: Register,
        value: Register,
        bytes: u8,
        align: u32,
    },
    Offset {
        to: Register,
        base: Register,
        bytes: Register,
    },
    /// So many bytes further on.
    OffsetBy {
        to: Register,
        base: Register,
        by: u32,
    },
    Slow(Box<Slow>),
    Jump(u32),
    Branch {
        condition: Register,
        then: u32,
        otherwise: u32,
    },
    /// Goes by a comparison nobody else reads: along the edge `then`, or the one behind it.
    BranchBy {
        op: Compare,
        width: u8,
        a: Register,
        b: Register,
        then: u32,
    },
    /// The same with a constant.
    BranchWith {
        op: Compare,
        width: u8,
        a: Register,
        with: u32,
        then: u32,
    },
    Switch(u32),
    Call(u32),
    Exit {
        index: u32,
        values: u32,
    },
    Unreachable,
    Trap,
}

/// Instructions on any shape, and rare ones.
#[derive(Debug)]
pub(super) enum Slow {
    Words {
        to: Register,
        words: Box<[Word]>,
    },
    Unary {
        op: Unary,
        shape: Shape,
        to: Register,
        a: Register,
    },
    Binary {
        op: Binary,
        shape: Shape,
        to: Register,
        a: Register,
        b: Register,
    },
    Overflow {
        op: Overflow,
        shape: Shape,
        to: Register,
        flags: Register,
        a: Register,
        b: Register,
    },
    Compare {
        op: Compare,
        shape: Shape,
        to: Register,
        a: Register,
        b: Register,
    },
    Convert {
        op: Convert,
        from: Shape,
        into: Shape,
        to: Register,
        a: Register,
    },
    MulAdd {
        shape: Shape,
        to: Register,
        a: Register,
        b: Register,
        c: Register,
    },
    Select {
        shape: Shape,
        conditions: u32,
        to: Register,
        condition: Register,
        a: Register,
        b: Register,
    },
    Load {
        shape: Shape,
        align: u32,
        to: Register,
        address: Register,
    },
    Store {
        shape: Shape,
        align: u32,
        address: Register,
        value: Register,
    },
    Copy {
        to: Register,
        from: Register,
        bytes: Register,
        may_overlap: bool,
    },
    Fill {
        to: Register,
        byte: Register,
        bytes: Register,
    },
    AtomicUpdate {
        op: Update,
        shape: Shape,
        to: Register,
        address: Register,
        value: Register,
    },
    CompareExchange(Exchange),
    Splat {
        shape: Shape,
        to: Register,
        a: Register,
    },
    Extract {
        shape: Shape,
        to: Register,
        vector: Register,
        lane: Register,
    },
    Insert {
        shape: Shape,
        to: Register,
        vector: Register,
        lane: Register,
        value: Register,
    },
    /// Registers copied to registers in a row.
    Gather {
        to: Register,
        from: Box<[Register]>,
    },
    Reduce {
        op: Binary,
        shape: Shape,
        to: Register,
        a: Register,
    },
    Nothing,
    /// What cannot be done at build time, and why.
    Refused(String),
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub shape: Shape,
    pub to: Register,
    pub flag: Register,
    pub address: Register,
    pub expected: Register,
    pub new: Register,
}
