//! Results become constants of the program: allocations to globals of the graph.
//!
//! In: a pointer. Out: the symbol it points into. Everything reachable from it becomes a global too, by a list
//! of work. An allocation keeps the global it became: exported twice, it is the same one.

use super::memory::globals::Content;
use super::value::Word;
use super::{FailureKind, Machine, Memory, Pointer, Refusal};
use crate::graph::{Global, GlobalId, Graph, Linkage, Relocation, Symbol};
use koru_base::Name;

/// Whether new globals can be written when the program runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freeze {
    /// All are constant.
    All,
    /// Those that came from constant memory are constant.
    Constants,
}

impl Machine {
    /// The symbol a pointer points into and how many bytes behind its start; made from the pointer's allocation,
    /// and all it leads to, where there is none yet. `name` names each new global. After a refusal new
    /// globals may stay, of no use to anybody.
    pub fn export(
        &mut self,
        graph: &mut Graph,
        pointer: Pointer,
        freeze: Freeze,
        name: &mut dyn FnMut() -> Name,
    ) -> Result<(Symbol, i64), Refusal> {
        let mut export = Export { memory: &mut self.memory, graph, freeze, name, work: Vec::new() };
        let found = export.symbol(pointer.word())?;
        while let Some(id) = export.work.pop() {
            export.fill(id)?;
        }
        Ok(found)
    }
}

struct Export<'a> {
    memory: &'a mut Memory,
    graph: &'a mut Graph,
    freeze: Freeze,
    name: &'a mut dyn FnMut() -> Name,
    /// Globals whose content is not there yet.
    work: Vec<GlobalId>,
}

impl Export<'_> {
    fn symbol(&mut self, word: Word) -> Result<(Symbol, i64), Refusal> {
        if let Some(found) = self.memory.symbol_at(word) {
            return Ok(found);
        }
        let area = self.memory.area(word.pointer())?;
        let is_const = area.is_const || self.freeze == Freeze::All;
        let id = self.graph.globals.push(Global {
            name: (self.name)(),
            bytes: Vec::new(),
            size: area.size,
            align: area.align.max(1),
            relocations: Vec::new(),
            is_const,
            is_threadlocal: false,
            linkage: Linkage::Internal,
        });
        self.memory.adopt(area.start, id, is_const);
        self.work.push(id);
        Ok((Symbol::Global(id), area.offset))
    }

    fn fill(&mut self, id: GlobalId) -> Result<(), Refusal> {
        let Content { mut bytes, addresses } = self.memory.content(id)?;
        let mut relocations = Vec::new();
        for (offset, word) in addresses {
            let (target, addend) = self.symbol(word)?;
            if addend.unsigned_abs() > u32::MAX.into() {
                let message = "a number that is only a part of an address cannot become a constant";
                return Err(Refusal::new(FailureKind::WildPointer, message));
            }
            bytes[offset..offset + 8].fill(0);
            relocations.push(Relocation { offset: offset as u64, target, addend });
        }
        let last_address = relocations.last().map_or(0, |last: &Relocation| last.offset as usize + 8);
        let last_byte = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
        bytes.truncate(last_address.max(last_byte));
        let global = &mut self.graph.globals[id];
        (global.bytes, global.relocations) = (bytes, relocations);
        Ok(())
    }
}
