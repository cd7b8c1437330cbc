//! Moves bytes together with their shadows: loads, stores, copies, fills.
//!
//! In: places that were checked. An address survives only as a whole aligned word; if part of one is
//! stored elsewhere, the allocation remembers that it can no longer become a constant of the program.

use super::{Access, Allocation, Memory};
use crate::eval::value::Word;
use crate::eval::{FailureKind, Refusal};

impl Memory {
    /// One to eight bytes as a word.
    #[inline]
    pub(in crate::eval) fn load(&self, (index, offset): (usize, usize), bytes: usize) -> Word {
        let allocation = &self.allocations[index];
        let bits = read(&allocation.bytes, offset, bytes);
        let undefined =
            if allocation.undefined.is_empty() { 0 } else { read(&allocation.undefined, offset, bytes) };
        let origin = allocation.origins.get(offset / 8).copied().unwrap_or(0);
        Word { bits, undefined, origin }
    }

    /// The lowest one to eight bytes of a word.
    #[inline]
    pub(in crate::eval) fn store(&mut self, (index, offset): (usize, usize), bytes: usize, word: Word) {
        let allocation = &mut self.allocations[index];
        write(&mut allocation.bytes, offset, bytes, word.bits);
        if !allocation.undefined.is_empty() || word.undefined != 0 {
            let undefined = allocation.undefined_shadow();
            write(undefined, offset, bytes, word.undefined);
        }
        if !allocation.origins.is_empty() || word.origin != 0 {
            allocation.set_origin(offset, bytes, word.origin);
        }
    }

    /// Copies bytes and shadows.
    pub(in crate::eval) fn copy(
        &mut self,
        to: Word,
        from: Word,
        bytes: u64,
        may_overlap: bool,
    ) -> Result<(), Refusal> {
        let bytes = length(bytes);
        let (source, at) = self.place(from, bytes, Access::Read)?;
        let (target, onto) = self.place(to, bytes, Access::Write)?;
        if source == target {
            if at.abs_diff(onto) < bytes && at != onto && !may_overlap {
                let message = "the areas of a copy overlap";
                return Err(Refusal::new(FailureKind::Overlap, message));
            }
            self.allocations[target].copy_within(at, onto, bytes);
        } else if let Ok([source, target]) = self.allocations.get_disjoint_mut([source, target]) {
            target.copy_from(source, at, onto, bytes);
        }
        Ok(())
    }

    /// Sets bytes.
    pub(in crate::eval) fn fill(&mut self, to: Word, byte: Word, bytes: u64) -> Result<(), Refusal> {
        let bytes = length(bytes);
        let (index, offset) = self.place(to, bytes, Access::Write)?;
        let allocation = &mut self.allocations[index];
        allocation.bytes[offset..offset + bytes].fill(byte.bits as u8);
        if !allocation.undefined.is_empty() || byte.undefined != 0 {
            allocation.undefined_shadow()[offset..offset + bytes].fill(byte.undefined as u8);
        }
        allocation.forget_addresses(offset, bytes);
        Ok(())
    }

    /// Replaces bytes by bytes from outside.
    pub(in crate::eval) fn put(&mut self, (index, offset): (usize, usize), bytes: &[u8]) {
        let allocation = &mut self.allocations[index];
        allocation.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        if !allocation.undefined.is_empty() {
            allocation.undefined[offset..offset + bytes.len()].fill(0);
        }
        allocation.forget_addresses(offset, bytes.len());
    }
}

impl Allocation {
    fn undefined_shadow(&mut self) -> &mut [u8] {
        self.undefined.resize(self.bytes.len(), 0);
        &mut self.undefined
    }

    fn origin_shadow(&mut self) -> &mut [u64] {
        self.origins.resize(self.bytes.len().div_ceil(8), 0);
        &mut self.origins
    }

    /// Says where the address in a stored word came from.
    pub(super) fn set_origin(&mut self, offset: usize, bytes: usize, origin: u64) {
        self.forget_addresses(offset, bytes);
        if origin == 0 {
            return;
        }
        if bytes == 8 && offset.is_multiple_of(8) {
            self.origin_shadow()[offset / 8] = origin;
        } else {
            self.lost_address = true;
        }
    }

    /// The words of these bytes hold no addresses any more.
    fn forget_addresses(&mut self, offset: usize, bytes: usize) {
        if !self.origins.is_empty() && bytes > 0 {
            self.origins[offset / 8..=(offset + bytes - 1) / 8].fill(0);
        }
    }

    fn copy_from(&mut self, source: &Allocation, at: usize, onto: usize, bytes: usize) {
        self.bytes[onto..onto + bytes].copy_from_slice(&source.bytes[at..at + bytes]);
        match (source.undefined.is_empty(), self.undefined.is_empty()) {
            (true, true) => {}
            (true, false) => self.undefined[onto..onto + bytes].fill(0),
            (false, _) => {
                self.undefined_shadow()[onto..onto + bytes]
                    .copy_from_slice(&source.undefined[at..at + bytes]);
            }
        }
        self.lost_address |= source.lost_address;
        let addresses = source.addresses(at, bytes);
        self.put_addresses(addresses, at, onto, bytes);
    }

    fn copy_within(&mut self, at: usize, onto: usize, bytes: usize) {
        self.bytes.copy_within(at..at + bytes, onto);
        if !self.undefined.is_empty() {
            self.undefined.copy_within(at..at + bytes, onto);
        }
        let addresses = self.addresses(at, bytes);
        self.put_addresses(addresses, at, onto, bytes);
    }

    /// Words wholly inside these bytes that hold addresses, and whether an address is cut by their ends.
    fn addresses(&self, at: usize, bytes: usize) -> (Vec<(usize, u64)>, bool) {
        if self.origins.is_empty() || bytes == 0 {
            return (Vec::new(), false);
        }
        let touched = (at / 8..=(at + bytes - 1) / 8).filter(|&word| self.origins[word] != 0);
        let (whole, cut): (Vec<usize>, Vec<usize>) =
            touched.partition(|word| word * 8 >= at && word * 8 + 8 <= at + bytes);
        (whole.into_iter().map(|word| (word * 8, self.origins[word])).collect(), !cut.is_empty())
    }

    fn put_addresses(
        &mut self,
        (addresses, is_cut): (Vec<(usize, u64)>, bool),
        at: usize,
        onto: usize,
        bytes: usize,
    ) {
        self.forget_addresses(onto, bytes);
        self.lost_address |= is_cut;
        for (offset, origin) in addresses {
            // A word keeps its address only where it is aligned again.
            let offset = offset - at + onto;
            if offset.is_multiple_of(8) {
                self.origin_shadow()[offset / 8] = origin;
            } else {
                self.lost_address = true;
            }
        }
    }
}

/// Lengths beyond all memory stay beyond all memory.
fn length(bytes: u64) -> usize {
    bytes.min(1 << 40) as usize
}

#[inline]
fn read(from: &[u8], offset: usize, bytes: usize) -> u64 {
    let from = &from[offset..offset + bytes];
    match *from {
        [a] => a.into(),
        [a, b] => u16::from_le_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => from.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

#[inline]
fn write(into: &mut [u8], offset: usize, bytes: usize, word: u64) {
    let into = &mut into[offset..offset + bytes];
    match into.len() {
        1 => into[0] = word as u8,
        4 => into.copy_from_slice(&(word as u32).to_le_bytes()),
        8 => into.copy_from_slice(&word.to_le_bytes()),
        bytes => into.copy_from_slice(&word.to_le_bytes()[..bytes]),
    }
}
