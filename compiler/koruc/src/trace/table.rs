//! DWARF to the table of places that a debug program carries.
//!
//! In: an executable with DWARF, and the texts its lines lie in. Out: bytes, laid out as `std/os/linux/places.kz` says,
//! where the program's own reader stands; ours is [`super::places`]. A table of our own is a fraction of DWARF's
//! size, and its reader is a page: a program that is about to die should not have to run a line machine.

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use koru_base::Sources;
use object::{Object, ObjectSection};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// The first word of a table.
pub const VERSION: u32 = 1;

type Reader<'d> = EndianSlice<'d, LittleEndian>;

/// The table of an executable; None where it has no DWARF that can be read. `is_shown` says of which files the lines
/// themselves are kept.
pub fn make(file: &[u8], sources: Option<&Sources>, is_shown: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let object = object::File::parse(file).ok()?;
    object.section_by_name(".debug_line")?;
    let section = |id: addr2line::gimli::SectionId| {
        let data = object.section_by_name(id.name()).and_then(|section| section.data().ok());
        Ok::<_, addr2line::gimli::Error>(EndianSlice::new(data.unwrap_or(&[]), LittleEndian))
    };
    let context = Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
    let mut table = Table::default();
    table.rows(&context)?;
    if let Some(sources) = sources {
        table.lines(sources, is_shown);
    }
    Some(table.bytes())
}

/// A place in the code of a scope; scope 0 is nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
struct Place {
    scope: usize,
    line: u32,
    column: u32,
}

#[derive(Default)]
struct Table {
    rows: Vec<u8>,
    scopes: Vec<u8>,
    lines: Vec<u8>,
    texts: Vec<u8>,
    known_scopes: FxHashMap<(usize, usize, Place), usize>,
    known_texts: FxHashMap<String, usize>,
    /// Files and lines that code comes from.
    used: BTreeSet<(String, u32)>,
}

impl Table {
    fn rows(&mut self, context: &Context<Reader>) -> Option<()> {
        let (mut end, mut last, mut line) = (0, Place::default(), 0);
        let mut written = 0;
        let mut row = |table: &mut Table, address: u64, place: Place| {
            if place == last {
                return;
            }
            last = place;
            number(&mut table.rows, address - written);
            written = address;
            number(&mut table.rows, place.scope as u64);
            if place.scope != 0 {
                let change = i64::from(place.line) - line;
                number(&mut table.rows, ((change << 1) ^ (change >> 63)).cast_unsigned());
                number(&mut table.rows, place.column.into());
                line = place.line.into();
            }
        };
        for (start, len, _) in context.find_location_range(0, u64::MAX).ok()? {
            if start > end {
                row(self, end, Place::default());
            }
            let place = self.place(context, start);
            if start >= end && len > 0 {
                row(self, start, place);
                end = start + len;
            }
        }
        row(self, end, Place::default());
        Some(())
    }

    /// Where an address comes from, with the calls that were put in around it.
    fn place(&mut self, context: &Context<Reader>, address: u64) -> Place {
        let mut calls = Vec::new();
        if let Ok(mut frames) = context.find_frames(address).skip_all_loads() {
            while let Ok(Some(frame)) = frames.next() {
                calls.push(frame);
            }
        }
        let mut place = Place::default();
        for call in calls.iter().rev() {
            let name = call.function.as_ref().and_then(|name| name.raw_name().ok()).unwrap_or_default();
            let Some(location) = &call.location else { continue };
            let file = location.file.unwrap_or("").trim_start_matches("./");
            let (line, column) = (location.line.unwrap_or(0), location.column.unwrap_or(0));
            self.used.insert((file.to_owned(), line));
            let (name, file) = (self.text(&name), self.text(file));
            place = Place { scope: self.scope(name, file, place), line, column };
        }
        place
    }

    fn scope(&mut self, function: usize, file: usize, caller: Place) -> usize {
        let next = self.known_scopes.len() + 1;
        let scopes = &mut self.scopes;
        *self.known_scopes.entry((function, file, caller)).or_insert_with(|| {
            let Place { scope, line, column } = caller;
            for part in [function, file, scope, line as usize, column as usize] {
                number(scopes, part as u64);
            }
            next
        })
    }

    fn text(&mut self, text: &str) -> usize {
        if let Some(&known) = self.known_texts.get(text) {
            return known;
        }
        let start = self.texts.len();
        self.texts.extend(text.bytes().chain([0]));
        self.known_texts.insert(text.to_owned(), start);
        start
    }

    fn lines(&mut self, sources: &Sources, is_shown: impl Fn(&str) -> bool) {
        for (path, line) in std::mem::take(&mut self.used) {
            let file = sources.find(path.as_str().into()).filter(|_| is_shown(&path));
            let text = file.and_then(|file| sources.get(file));
            let Some(text) = text.and_then(|file| file.text.lines().nth((line as usize).checked_sub(1)?))
            else {
                continue;
            };
            let file = self.text(&path);
            for part in [file, line as usize, text.len()] {
                number(&mut self.lines, part as u64);
            }
            self.lines.extend(text.bytes());
        }
    }

    fn bytes(self) -> Vec<u8> {
        const HEADER: usize = 16;
        let scopes = HEADER + self.rows.len();
        let lines = scopes + self.scopes.len();
        let texts = lines + self.lines.len();
        let mut bytes = Vec::new();
        for word in [VERSION, scopes as u32, lines as u32, texts as u32] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend([self.rows, self.scopes, self.lines, self.texts].concat());
        bytes
    }
}

/// Seven bits a byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
