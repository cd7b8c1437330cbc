//! Memory of the graph's functions and globals, made when first asked for and kept from then on.

use super::{Home, Memory, number, start};
use crate::eval::Refusal;
use crate::eval::value::{Pointer, Word};
use crate::graph::{Global, GlobalId, Graph, Linkage, Symbol};
use koru_base::idx::Id;

/// What a global holds.
pub(in crate::eval) struct Content {
    pub bytes: Vec<u8>,
    /// Offsets of addresses among the bytes, in order, and the addresses.
    pub addresses: Vec<(usize, Word)>,
}

impl Memory {
    /// The address of a function or a global.
    #[inline]
    pub(in crate::eval) fn symbol(&mut self, graph: &Graph, symbol: Symbol) -> Result<Word, Refusal> {
        let known = match symbol {
            Symbol::Function(id) => self.functions.get(id.index()),
            Symbol::Global(id) => self.globals.get(id.index()),
        };
        let origin = match known {
            Some(&origin) if origin != 0 => origin,
            _ => self.add_symbol(graph, symbol)?,
        };
        Ok(Word { bits: start(origin), undefined: 0, origin })
    }

    /// Makes the memory of a symbol and of everything its content names; all of it or nothing.
    #[cold]
    fn add_symbol(&mut self, graph: &Graph, symbol: Symbol) -> Result<u64, Refusal> {
        let mut made = Vec::new();
        let origin = self.make(graph, symbol, &mut made);
        if origin.is_err() {
            for symbol in made {
                let origin = std::mem::take(self.entry(symbol));
                self.remove(origin);
            }
        }
        origin
    }

    /// A list of work, not recursion: constants can be linked as deeply as a program likes.
    fn make(&mut self, graph: &Graph, symbol: Symbol, made: &mut Vec<Symbol>) -> Result<u64, Refusal> {
        let origin = self.reserve(graph, symbol, made)?;
        let mut done = 0;
        while let Some(&symbol) = made.get(done) {
            done += 1;
            let Symbol::Global(id) = symbol else { continue };
            let index = number(*self.entry(symbol));
            for relocation in &graph.globals[id].relocations {
                let target = self.reserve(graph, relocation.target, made)?;
                let bits = start(target).wrapping_add_signed(relocation.addend);
                self.store(
                    (index, relocation.offset as usize),
                    8,
                    Word { bits, undefined: 0, origin: target },
                );
            }
        }
        Ok(origin)
    }

    /// The origin of a symbol, whose content may not be complete.
    fn reserve(&mut self, graph: &Graph, symbol: Symbol, made: &mut Vec<Symbol>) -> Result<u64, Refusal> {
        let known = *self.entry(symbol);
        if known != 0 {
            return Ok(known);
        }
        let origin = match symbol {
            Symbol::Function(id) => self.add(Home::Function(id), 0, 16)?,
            Symbol::Global(id) => self.add_global(id, &graph.globals[id])?,
        };
        *self.entry(symbol) = origin;
        made.push(symbol);
        Ok(origin)
    }

    /// Where the origin of a symbol is remembered.
    fn entry(&mut self, symbol: Symbol) -> &mut u64 {
        let (table, index) = match symbol {
            Symbol::Function(id) => (&mut self.functions, id.index()),
            Symbol::Global(id) => (&mut self.globals, id.index()),
        };
        if table.len() <= index {
            table.resize(index + 1, 0);
        }
        &mut table[index]
    }

    fn add_global(&mut self, id: GlobalId, global: &Global) -> Result<u64, Refusal> {
        if global.linkage == Linkage::Import {
            return self.add(Home::Import(id), 0, global.align);
        }
        let origin = self.add(Home::Global(id), global.size, global.align)?;
        let allocation = &mut self.allocations[number(origin)];
        allocation.bytes[..global.bytes.len()].copy_from_slice(&global.bytes);
        allocation.is_const = global.is_const;
        Ok(origin)
    }

    /// From now on the area that starts here is the memory of a global of the graph.
    pub(in crate::eval) fn adopt(&mut self, start: Pointer, id: GlobalId, is_const: bool) {
        let allocation = &mut self.allocations[number(start.origin)];
        (allocation.home, allocation.is_const) = (Home::Global(id), is_const);
        *self.entry(Symbol::Global(id)) = start.origin;
    }

    /// The bytes of a global now, and the addresses among them. Undefined bits are zero.
    pub(in crate::eval) fn content(&mut self, id: GlobalId) -> Result<Content, Refusal> {
        let index = number(*self.entry(Symbol::Global(id)));
        let allocation = &self.allocations[index];
        if allocation.lost_address {
            let message = "a constant holds an address that was copied in parts, or stored unaligned";
            return Err(Refusal::refused(message));
        }
        let mut bytes = allocation.bytes.clone();
        bytes.iter_mut().zip(&allocation.undefined).for_each(|(byte, undefined)| *byte &= !undefined);
        let offsets = (0..allocation.origins.len()).filter(|&word| allocation.origins[word] != 0);
        let addresses = offsets.map(|word| (word * 8, self.load((index, word * 8), 8)));
        Ok(Content { bytes, addresses: addresses.filter(|(_, word)| word.undefined == 0).collect() })
    }

    /// What of the graph is at this address, and how many bytes behind its start.
    pub(in crate::eval) fn symbol_at(&self, word: Word) -> Option<(Symbol, i64)> {
        let origin = self.origin_of(word).ok()?;
        let symbol = match self.living(origin)?.home {
            Home::Global(id) | Home::Import(id) => Symbol::Global(id),
            Home::Function(id) => Symbol::Function(id),
            Home::Free | Home::Slot | Home::Block => return None,
        };
        Some((symbol, word.bits.wrapping_sub(start(origin)) as i64))
    }
}
