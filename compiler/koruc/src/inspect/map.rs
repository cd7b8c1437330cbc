//! Who owns each byte of an executable.
//!
//! In: the file that is shipped, and the same before its symbols went. Out: stretches that together are the whole file,
//! each with an owner. Every byte is given away once: headers first, then what symbols say, the larger symbol first
//! where two share bytes (a text that is the end of another), and what is left between them by its look.

use crate::link::Files;
use object::elf::{self as abi, FileHeader64, PF_X, PT_LOAD, ProgramHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, SymbolKind};

/// What bytes are for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// A function or a global, by its symbol.
    Symbol(String),
    FileHeader,
    ProgramHeaders,
    /// Addresses in data, corrected at start.
    Relocations,
    /// Constants and tables of the code, made by LLVM.
    Constants,
    Padding,
    /// Behind what is loaded: a section of its own, or the list of sections.
    Section(String),
}

/// Where bytes are when the program runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Segment {
    /// Read and executed.
    Code,
    /// Read and written.
    Data,
    /// Only in the file.
    NotLoaded,
}

impl Segment {
    pub fn name(self) -> &'static str {
        match self {
            Segment::Code => "code",
            Segment::Data => "data",
            Segment::NotLoaded => "not loaded",
        }
    }
}

/// Bytes in a row of one owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub start: usize,
    pub bytes: usize,
    pub segment: Segment,
    pub owner: Owner,
    /// Where it is when the program runs, from the program's first byte.
    pub address: u64,
}

impl Stretch {
    /// Its bytes, by where they are in the file.
    pub fn places(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.bytes
    }
}

/// A part of the file that is loaded.
struct Load {
    start: usize,
    end: usize,
    address: u64,
    segment: Segment,
}

/// The stretches of a file in order. Nothing where it is no executable of 64 bits.
pub fn map(files: &Files) -> Option<Vec<Stretch>> {
    let shipped = files.shipped.as_slice();
    let header = FileHeader64::<LittleEndian>::parse(shipped).ok()?;
    let programs = header.program_headers(LittleEndian, shipped).ok()?;
    let loads: Vec<_> = programs
        .iter()
        .filter(|one| one.p_type(LittleEndian) == PT_LOAD)
        .map(|one| load(one, shipped.len()))
        .collect::<Option<_>>()?;
    let mut owners = Owners { of: vec![None; shipped.len()], known: Vec::new() };
    owners.give(0, size_of::<FileHeader64<LittleEndian>>(), Owner::FileHeader);
    let (table, size) =
        (header.e_phoff(LittleEndian) as usize, usize::from(header.e_phentsize(LittleEndian)));
    let end = (table + programs.len() * size).min(first_section(&files.whole));
    owners.give(table, end - table.min(end), Owner::ProgramHeaders);
    owners.symbols(&files.whole, &loads);
    owners.sections(shipped, header.e_shoff(LittleEndian) as usize);
    owners.rest(shipped, &loads);
    Some(owners.stretches(&loads))
}

/// A part of a file of so many bytes; nothing where the file, or the numbers of addresses, end before it does.
fn load(one: &ProgramHeader64<LittleEndian>, bytes: usize) -> Option<Load> {
    let (start, size) = (one.p_offset(LittleEndian), one.p_filesz(LittleEndian));
    let end = usize::try_from(start.checked_add(size)?).ok().filter(|&end| end <= bytes)?;
    let address = one.p_vaddr(LittleEndian);
    address.checked_add(size)?;
    let is_code = one.p_flags(LittleEndian) & PF_X == PF_X;
    let segment = if is_code { Segment::Code } else { Segment::Data };
    Some(Load { start: usize::try_from(start).ok()?, end, address, segment })
}

/// Where the program begins behind its headers, the last of which it may share bytes with.
fn first_section(whole: &[u8]) -> usize {
    let Ok(file) = object::File::parse(whole) else { return usize::MAX };
    let loaded = file.sections().filter(|section| section.size() > 0).filter_map(|section| {
        let object::SectionFlags::Elf { sh_flags, .. } = section.flags() else { return None };
        (sh_flags & abi::SHF_ALLOC == abi::SHF_ALLOC).then(|| section.file_range())?
    });
    loaded.map(|(start, _)| start as usize).min().unwrap_or(usize::MAX)
}

/// An owner a byte, by number.
struct Owners {
    of: Vec<Option<usize>>,
    known: Vec<Owner>,
}

impl Owners {
    /// Gives bytes that nobody has yet.
    fn give(&mut self, start: usize, bytes: usize, owner: Owner) {
        let number = self.known.len();
        self.known.push(owner);
        let end = start.saturating_add(bytes).min(self.of.len());
        for byte in self.of.get_mut(start..end).unwrap_or_default() {
            byte.get_or_insert(number);
        }
    }

    /// What symbols and loaded sections say.
    fn symbols(&mut self, whole: &[u8], loads: &[Load]) {
        let Ok(file) = object::File::parse(whole) else { return };
        if let Some(section) = file.section_by_name(".relr.dyn")
            && let Some(start) = place(loads, section.address())
        {
            self.give(start, section.size() as usize, Owner::Relocations);
        }
        // What each thread has of its own is counted from where its image begins.
        let threads = file.section_by_name(".tdata").map_or(0, |section| section.address());
        let mut found: Vec<_> = file
            .symbols()
            .filter(|symbol| symbol.size() > 0)
            .filter_map(|symbol| {
                let address = match symbol.kind() {
                    SymbolKind::Text | SymbolKind::Data => symbol.address(),
                    SymbolKind::Tls => threads.checked_add(symbol.address())?,
                    _ => return None,
                };
                let name = symbol.name().ok()?.to_owned();
                Some((u64::MAX - symbol.size(), place(loads, address)?, symbol.size(), name))
            })
            .collect();
        found.sort();
        for (_, start, bytes, name) in found {
            self.give(start, bytes as usize, Owner::Symbol(name));
        }
    }

    /// Sections that are not loaded, and the table of sections itself.
    fn sections(&mut self, shipped: &[u8], table: usize) {
        let Ok(file) = object::File::parse(shipped) else { return };
        for section in file.sections() {
            let object::SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let is_loaded = sh_flags & abi::SHF_ALLOC == abi::SHF_ALLOC;
            if let (Some((start, bytes)), Ok(name), false) = (section.file_range(), section.name(), is_loaded)
            {
                self.give(start as usize, bytes as usize, Owner::Section(name.to_owned()));
            }
        }
        if table != 0 {
            self.give(
                table,
                shipped.len() - table.min(shipped.len()),
                Owner::Section("section headers".into()),
            );
        }
    }

    /// What nobody has is padding where it is loaded as nothing but zeros, or not loaded at all; else LLVM made it.
    fn rest(&mut self, shipped: &[u8], loads: &[Load]) {
        let mut start = 0;
        while start < self.of.len() {
            let is_free = |at: &usize| self.of[*at].is_none();
            let end = (start..self.of.len()).find(|at| !is_free(at)).unwrap_or(self.of.len());
            if end > start {
                let is_loaded = segment_of(loads, start) != Segment::NotLoaded;
                let is_empty = shipped[start..end].iter().all(|&byte| byte == 0);
                let owner = if is_loaded && !is_empty { Owner::Constants } else { Owner::Padding };
                self.give(start, end - start, owner);
            }
            start = end + 1;
        }
    }

    fn stretches(self, loads: &[Load]) -> Vec<Stretch> {
        let mut made: Vec<Stretch> = Vec::new();
        let mut last = None;
        for (at, number) in self.of.iter().enumerate() {
            let segment = segment_of(loads, at);
            match (made.last_mut(), last == Some((number, segment))) {
                (Some(stretch), true) => stretch.bytes += 1,
                _ => {
                    let load = loads.iter().find(|load| load.start <= at && at < load.end);
                    let address = load.map_or(0, |load| load.address + (at - load.start) as u64);
                    let owner = number.map_or(Owner::Padding, |number| self.known[number].clone());
                    made.push(Stretch { start: at, bytes: 1, segment, owner, address });
                }
            }
            last = Some((number, segment));
        }
        made
    }
}

/// Where in the file an address is; nothing for what has no bytes there.
fn place(loads: &[Load], address: u64) -> Option<usize> {
    loads.iter().find_map(|load| {
        let offset = usize::try_from(address.checked_sub(load.address)?).ok()?;
        load.start.checked_add(offset).filter(|&place| place < load.end)
    })
}

fn segment_of(loads: &[Load], at: usize) -> Segment {
    loads
        .iter()
        .find(|load| load.start <= at && at < load.end)
        .map_or(Segment::NotLoaded, |load| load.segment)
}
