//! Values: words with a shadow that says which bits are undefined and where an address came from.
//!
//! A value of the graph is one word for each 64 bits of each lane, so that registers are one flat
//! vector. An address is a number whose high half names an allocation; its `origin` says which
//! allocation it was made from, and survives arithmetic and a trip through an integer.

use super::{FailureKind, Refusal};
use crate::graph::{Scalar, Type};

/// 64 bits of a value. Bits beyond the value's width are zero and defined.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub bits: u64,
    /// Set where the bit is not known.
    pub undefined: u64,
    /// The allocation the bits are an address in; 0 for plain numbers. See [`super::memory`].
    pub origin: u64,
}

impl Word {
    pub fn new(bits: u64) -> Word {
        Word { bits, ..Word::default() }
    }

    pub fn undefined(width: u32) -> Word {
        Word { undefined: mask(width), ..Word::default() }
    }

    pub fn pointer(self) -> Pointer {
        Pointer { address: self.bits, origin: self.origin }
    }

    /// Is it a defined number and no address?
    pub fn is_plain(self) -> bool {
        self.undefined | self.origin == 0
    }
}

/// The lowest `width` bits; all of them for 64 and more.
pub(super) fn mask(width: u32) -> u64 {
    u64::MAX.checked_shr(64u32.saturating_sub(width)).unwrap_or(0)
}

/// How a type is cut into words: lanes of equal width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub kind: Kind,
    /// Of one lane.
    pub bits: u32,
    pub lanes: u32,
}

/// What a lane is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Int,
    Float,
    Pointer,
}

impl Shape {
    pub fn of(ty: Type) -> Shape {
        let (scalar, lanes) = match ty {
            Type::Int(bits) => (Scalar::Int(bits), 1),
            Type::Float(bits) => (Scalar::Float(bits), 1),
            Type::Pointer => (Scalar::Pointer, 1),
            Type::Vector(scalar, lanes) => (scalar, lanes),
        };
        let (kind, bits) = match scalar {
            Scalar::Int(bits) => (Kind::Int, bits.into()),
            Scalar::Float(bits) => (Kind::Float, bits.into()),
            Scalar::Pointer => (Kind::Pointer, 64),
        };
        Shape { kind, bits, lanes }
    }

    /// Is it one lane in one word?
    pub fn is_narrow(self) -> bool {
        self.lanes == 1 && self.bits <= 64
    }

    pub fn words_per_lane(self) -> usize {
        self.bits.div_ceil(64) as usize
    }

    pub fn words(self) -> usize {
        self.words_per_lane() * self.lanes as usize
    }

    /// Width of word `index` of a lane.
    pub fn width(self, index: usize) -> u32 {
        (self.bits - 64 * index as u32).min(64)
    }

    /// Bytes one lane takes in memory.
    pub fn lane_bytes(self) -> u64 {
        self.bits.div_ceil(8).into()
    }

    /// Bytes a value takes in memory. Lanes that are no whole bytes are packed, as LLVM does.
    pub fn bytes(self) -> u64 {
        (u64::from(self.bits) * u64::from(self.lanes)).div_ceil(8)
    }

    pub fn undefined(self) -> Vec<Word> {
        let lane = (0..self.words_per_lane()).map(|index| Word::undefined(self.width(index)));
        lane.cycle().take(self.words()).collect()
    }
}

/// An address as the embedder holds it. Copying it does not keep its memory alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pointer {
    pub(super) address: u64,
    pub(super) origin: u64,
}

impl Pointer {
    /// The address 0.
    pub const NULL: Pointer = Pointer { address: 0, origin: 0 };

    /// An address that is only a number.
    pub fn from_address(address: u64) -> Pointer {
        Pointer { address, origin: 0 }
    }

    /// The address as a number; different for different memory, and of no other meaning.
    pub fn address(self) -> u64 {
        self.address
    }

    /// So many bytes further on, in the same allocation.
    pub fn offset(self, bytes: i64) -> Pointer {
        Pointer { address: self.address.wrapping_add_signed(bytes), ..self }
    }

    /// Is it the address 0?
    pub fn is_null(self) -> bool {
        self.address == 0
    }

    pub(super) fn word(self) -> Word {
        Word { bits: self.address, undefined: 0, origin: self.origin }
    }
}

/// A value of any type of the graph, as arguments and results of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    ty: Type,
    words: Vec<Word>,
}

impl Value {
    /// An integer, or the bits of a float, of up to 128 bits; what does not fit the type is cut off.
    pub fn new(ty: Type, bits: u128) -> Value {
        let shape = Shape::of(ty);
        let word = |index: usize| bits.checked_shr(64 * index as u32).unwrap_or(0) as u64;
        let words = (0..shape.words()).map(|index| Word::new(word(index) & mask(shape.width(index))));
        Value { ty, words: words.collect() }
    }

    /// A word.
    pub fn word(number: u64) -> Value {
        Value::new(Type::WORD, number.into())
    }

    /// An address.
    pub fn pointer(pointer: Pointer) -> Value {
        Value { ty: Type::Pointer, words: vec![pointer.word()] }
    }

    /// Any bits.
    pub fn undefined(ty: Type) -> Value {
        Value { ty, words: Shape::of(ty).undefined() }
    }

    /// The type it was made with.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// The bits of an integer, float or address of up to 128 bits; nothing where one is undefined, and
    /// nothing for vectors.
    pub fn bits(&self) -> Option<u128> {
        if self.is_undefined() || self.words.len() > 2 || matches!(self.ty, Type::Vector(..)) {
            return None;
        }
        Some(self.words.iter().rev().fold(0, |bits, word| bits << 64 | u128::from(word.bits)))
    }

    /// The address; nothing where it is undefined or the value is no pointer.
    pub fn as_pointer(&self) -> Option<Pointer> {
        match (self.ty, &self.words[..]) {
            (Type::Pointer, [word]) if word.undefined == 0 => {
                Some(Pointer { address: word.bits, origin: word.origin })
            }
            _ => None,
        }
    }

    /// What a world asks of an argument: a defined number of at most 64 bits.
    pub fn number(&self) -> Result<u64, Refusal> {
        self.bits().and_then(|bits| bits.try_into().ok()).ok_or_else(|| unusable("number"))
    }

    /// What a world asks of an argument: a defined address, which may be null.
    pub fn address(&self) -> Result<Pointer, Refusal> {
        self.as_pointer().ok_or_else(|| unusable("address"))
    }

    /// Is any bit undefined?
    pub fn is_undefined(&self) -> bool {
        self.words.iter().any(|word| word.undefined != 0)
    }

    /// The words of a value of any width, lowest first, lane after lane; nothing where one bit is undefined.
    pub fn to_words(&self) -> Option<Vec<u64>> {
        (!self.is_undefined()).then(|| self.words.iter().map(|word| word.bits).collect())
    }

    /// The value whose words come next.
    pub(super) fn take(ty: Type, words: &mut impl Iterator<Item = Word>) -> Value {
        Value { ty, words: words.take(Shape::of(ty).words()).collect() }
    }

    pub(super) fn from_parts(ty: Type, words: &[Word]) -> Value {
        Value { ty, words: words.to_vec() }
    }

    pub(super) fn parts(&self) -> &[Word] {
        &self.words
    }
}

fn unusable(what: &str) -> Refusal {
    Refusal::new(FailureKind::Undefined, format!("an undefined {what} is passed to the world outside"))
}
