//! A range of bytes in one file: what every node remembers so that messages can point at it.

use crate::source::FileId;

/// Bytes `start..end` of `file`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file the bytes are in.
    pub file: FileId,
    /// First byte, counted from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A place for things nobody wrote: generated code, built-in types.
    pub const NONE: Span = Span { file: FileId(u32::MAX), start: 0, end: 0 };

    /// Bytes `start..end` of `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }

    /// Was this written by somebody?
    pub fn is_written(self) -> bool {
        self != Span::NONE
    }

    /// From the start of `self` to the end of `other`, which is later in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start, end: other.end.max(self.start) }
    }

    /// The empty span at the end of this one: where something is missing.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The empty place in front of this.
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// Does `other` lie inside this span?
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}
