//! What a program is made of, seen from outside: which segments it needs.
//!
//! Read from the objects before the link, and from what lld made of them after it.

use super::Input;
use object::elf::{self, SHF_ALLOC, SHF_TLS, SHF_WRITE};
use object::{Object, ObjectSection, ObjectSymbol, RelocationKind, SectionFlags};

/// What the linker script must make room for.
#[derive(Clone, Copy, Default, Debug)]
pub struct Shape {
    pub segments: Segments,
    /// Size of the table of addresses to correct at start.
    pub relocation_bytes: u64,
    /// Are there addresses in the data that no such table holds?
    pub has_unpacked: bool,
    /// Does some code ask where the table is?
    pub corrects_addresses: bool,
}

/// The segments besides the one of code and constants.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Segments {
    /// Memory that is written.
    pub data: bool,
    /// What each thread has of its own.
    pub threads: bool,
}

/// Start of the table of addresses to correct, as code names it.
pub const RELOCATIONS_START: &str = "__relr_start";

/// What a file may be that we cannot look into.
const ANYTHING: Shape = Shape {
    segments: Segments { data: true, threads: true },
    relocation_bytes: 0,
    has_unpacked: false,
    corrects_addresses: true,
};

impl Shape {
    /// A guess: what the objects hold. Archives and bitcode may hold anything.
    pub fn of_inputs(inputs: &[Input]) -> Shape {
        inputs
            .iter()
            .fold(Shape::default(), |shape, input| shape.and(Shape::of_file(input.bytes).unwrap_or(ANYTHING)))
    }

    /// What is in an object or an executable with its section headers; None for any other file.
    pub fn of_file(bytes: &[u8]) -> Option<Shape> {
        let file = object::File::parse(bytes).ok()?;
        let mut segments = Segments::default();
        let (mut relocation_bytes, mut has_unpacked) = (0, false);
        for section in file.sections().filter(|section| section.size() > 0) {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let has = |flag: elf::SectionFlags| sh_flags & flag == flag;
            segments.data |= has(SHF_ALLOC) && has(SHF_WRITE);
            segments.threads |= has(SHF_TLS);
            match section.name() {
                Ok(".relr.dyn") => relocation_bytes = section.size(),
                Ok(".rela.dyn") => has_unpacked = true,
                _ => {}
            }
        }
        let corrects_addresses = undefined_symbols(bytes).iter().any(|name| name == RELOCATIONS_START);
        Some(Shape { segments, relocation_bytes, has_unpacked, corrects_addresses })
    }

    fn and(self, other: Shape) -> Shape {
        Shape {
            segments: Segments {
                data: self.segments.data || other.segments.data,
                threads: self.segments.threads || other.segments.threads,
            },
            relocation_bytes: self.relocation_bytes + other.relocation_bytes,
            has_unpacked: self.has_unpacked || other.has_unpacked,
            corrects_addresses: self.corrects_addresses || other.corrects_addresses,
        }
    }
}

/// Has an object addresses in its data? Unless lld finds that nobody reads them, they are corrected at start.
pub fn has_addresses(object: &[u8]) -> bool {
    let Ok(file) = object::File::parse(object) else { return false };
    let is_loaded = |section: &object::Section| match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags & SHF_ALLOC == SHF_ALLOC,
        _ => false,
    };
    let mut relocations = file.sections().filter(is_loaded).flat_map(|section| section.relocations());
    relocations.any(|(_, one)| one.kind() == RelocationKind::Absolute && one.size() == 64)
}

/// The symbols an object needs from elsewhere, in the order of its table: what LLVM calls on its own
/// (`memcpy`, wide division), what C provides, and what the linker script defines. What may be missing is not
/// among them.
pub fn undefined_symbols(object: &[u8]) -> Vec<String> {
    let Ok(file) = object::File::parse(object) else { return Vec::new() };
    let undefined = file.symbols().filter(|symbol| symbol.is_undefined() && !symbol.is_weak());
    undefined
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect()
}

/// The symbols an object defines for others.
pub fn defined_symbols(object: &[u8]) -> Vec<String> {
    let Ok(file) = object::File::parse(object) else { return Vec::new() };
    let defined = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
    defined.filter_map(|symbol| symbol.name().ok()).map(Into::into).collect()
}
