//! Loads and stores of values of any shape: wide integers, vectors, lanes of a few bits.
//!
//! A lane of whole bytes lies where it would lie alone; other lanes are packed bit by bit, as LLVM
//! packs them. Bits beyond a value's width are written as zero and ignored when read.

use super::{Access, Memory};
use crate::eval::Refusal;
use crate::eval::value::{Shape, Word, mask};

impl Memory {
    /// Reads a value into words.
    pub(in crate::eval) fn load_shape(
        &self,
        pointer: Word,
        shape: Shape,
        align: u32,
        words: &mut [Word],
    ) -> Result<(), Refusal> {
        self.check_align(pointer, align)?;
        if shape.bytes() == 0 {
            return Ok(());
        }
        let place = self.place(pointer, shape.bytes() as usize, Access::Read)?;
        if is_packed(shape) {
            let bytes = shape.bytes() as usize;
            let packed: Vec<Word> =
                pieces(bytes).map(|(at, len)| self.load((place.0, place.1 + at), len)).collect();
            unpack(&packed, shape, words);
            return Ok(());
        }
        for (lane, words) in words.chunks_mut(shape.words_per_lane()).enumerate() {
            let start = place.1 + lane * shape.lane_bytes() as usize;
            for ((at, len), (index, word)) in
                pieces(shape.lane_bytes() as usize).zip(words.iter_mut().enumerate())
            {
                *word = cut(self.load((place.0, start + at), len), shape.width(index));
            }
        }
        Ok(())
    }

    /// Writes a value.
    pub(in crate::eval) fn store_shape(
        &mut self,
        pointer: Word,
        shape: Shape,
        align: u32,
        words: &[Word],
    ) -> Result<(), Refusal> {
        self.check_align(pointer, align)?;
        if shape.bytes() == 0 {
            return Ok(());
        }
        let place = self.place(pointer, shape.bytes() as usize, Access::Write)?;
        if is_packed(shape) {
            let packed = pack(words, shape);
            for ((at, len), word) in pieces(shape.bytes() as usize).zip(packed) {
                self.store((place.0, place.1 + at), len, word);
            }
            return Ok(());
        }
        for (lane, words) in words.chunks(shape.words_per_lane()).enumerate() {
            let start = place.1 + lane * shape.lane_bytes() as usize;
            for ((at, len), &word) in pieces(shape.lane_bytes() as usize).zip(words) {
                self.store((place.0, start + at), len, word);
            }
        }
        Ok(())
    }
}

/// Do lanes share bytes?
fn is_packed(shape: Shape) -> bool {
    shape.lanes > 1 && !shape.bits.is_multiple_of(8)
}

/// Offsets and lengths of the words that make up so many bytes.
fn pieces(bytes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..bytes).step_by(8).map(move |at| (at, (bytes - at).min(8)))
}

/// The lowest `width` bits of a word.
pub(in crate::eval) fn cut(word: Word, width: u32) -> Word {
    Word { bits: word.bits & mask(width), undefined: word.undefined & mask(width), origin: word.origin }
}

/// Lanes laid end to end, from the lowest bit up, without origins unless nothing moves.
pub(in crate::eval) fn pack(words: &[Word], shape: Shape) -> Vec<Word> {
    if shape.bits.is_multiple_of(64) {
        return words.to_vec();
    }
    let total = u64::from(shape.bits) * u64::from(shape.lanes);
    let mut packed = vec![Word::default(); total.div_ceil(64) as usize];
    for lane in 0..shape.lanes as usize {
        for index in 0..shape.words_per_lane() {
            let word = words[lane * shape.words_per_lane() + index];
            let at = lane * shape.bits as usize + 64 * index;
            add_bits(&mut packed, at, word);
        }
    }
    packed
}

/// Ors a word's bits in at a bit's position.
fn add_bits(packed: &mut [Word], at: usize, word: Word) {
    let (index, shift) = (at / 64, at % 64);
    packed[index].bits |= word.bits << shift;
    packed[index].undefined |= word.undefined << shift;
    if shift > 0 && index + 1 < packed.len() {
        packed[index + 1].bits |= word.bits >> (64 - shift);
        packed[index + 1].undefined |= word.undefined >> (64 - shift);
    }
}

/// The lanes in bits laid end to end.
pub(in crate::eval) fn unpack(packed: &[Word], shape: Shape, words: &mut [Word]) {
    if shape.bits.is_multiple_of(64) {
        words.copy_from_slice(packed);
        return;
    }
    for (place, word) in words.iter_mut().enumerate() {
        let (lane, index) = (place / shape.words_per_lane(), place % shape.words_per_lane());
        let at = lane * shape.bits as usize + 64 * index;
        *word = cut(bits_at(packed, at), shape.width(index));
    }
}

/// 64 bits from a bit's position on; zeros beyond the end.
fn bits_at(packed: &[Word], at: usize) -> Word {
    let (index, shift) = (at / 64, at % 64);
    let low = packed[index];
    if shift == 0 {
        return Word { origin: 0, ..low };
    }
    let high = packed.get(index + 1).copied().unwrap_or_default();
    Word {
        bits: low.bits >> shift | high.bits << (64 - shift),
        undefined: low.undefined >> shift | high.undefined << (64 - shift),
        origin: 0,
    }
}
