//! Why an evaluation stopped: what was refused, and where in which calls.
//!
//! Memory, arithmetic and the world answer with a [`Refusal`]; the machine adds places and makes it a
//! [`Failure`]. Every way build-time code can go wrong is a kind here, never a panic of the compiler.

use crate::graph::FunctionId;
use koru_base::codes::{Code, KORU700, KORU701, KORU702};
use koru_base::{Name, Span};

/// What went wrong, for programs that ask.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureKind {
    NullPointer,
    /// An address that is a number nobody made from memory.
    WildPointer,
    OutOfBounds,
    /// Memory that was freed, a slot that is not live, a slot of a call that ended.
    DeadMemory,
    Misaligned,
    ConstantWritten,
    /// `Copy` without `may_overlap` on areas that do.
    Overlap,
    /// What is freed is not the start of a block.
    BadFree,
    /// Something undefined decides what happens.
    Undefined,
    DivisionByZero,
    /// The least number divided by -1.
    DivisionOverflow,
    /// A shift by the width or more.
    ShiftCount,
    /// A lane a vector does not have.
    Lane,
    /// An address that is called and is no function, or one of another signature.
    BadCall,
    Unreachable,
    Trap,
    Steps,
    Memory,
    Depth,
    /// Not possible at build time, or not allowed.
    Refused,
    /// The function has no body yet.
    MissingBody(FunctionId),
    /// The code stopped itself, with a message.
    Panic,
}

impl FailureKind {
    /// The diagnostic's code: a failure, a limit, or a refusal.
    pub fn code(self) -> Code {
        match self {
            FailureKind::Steps | FailureKind::Memory | FailureKind::Depth => KORU701,
            FailureKind::Refused => KORU702,
            _ => KORU700,
        }
    }
}

/// An answer instead of a result, without a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub kind: FailureKind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
}

impl Refusal {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Refusal {
        Refusal { kind, message: message.into() }
    }

    /// Not possible at build time, or not allowed.
    pub fn refused(message: impl Into<String>) -> Refusal {
        Refusal::new(FailureKind::Refused, message)
    }
}

/// A call from outside that did not come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// The innermost place somebody wrote.
    pub span: Span,
    /// The functions that were running and where each stood, innermost first.
    pub stack: Vec<(Name, Span)>,
}

impl Failure {
    pub(super) fn new(refusal: Refusal, stack: Vec<(Name, Span)>) -> Failure {
        let span = stack.iter().map(|(_, span)| *span).find(|span| span.is_written());
        Failure { kind: refusal.kind, message: refusal.message, span: span.unwrap_or(Span::NONE), stack }
    }
}
