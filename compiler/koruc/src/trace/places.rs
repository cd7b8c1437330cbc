//! The table of places, read: which function and line an address belongs to.
//!
//! In: the bytes `table` makes. Out: places as panics say them. The twin of `std/os/linux/places.kz`.

use super::table::VERSION;

/// A table, taken apart.
#[derive(Debug)]
pub struct Places {
    /// Sorted by address.
    rows: Vec<(u64, Place)>,
    scopes: Vec<Scope>,
}

/// A place in the code of a scope; scope 0 is nowhere.
#[derive(Clone, Copy, Default, Debug)]
struct Place {
    scope: usize,
    line: u64,
    column: u64,
}

#[derive(Debug)]
struct Scope {
    function: String,
    file: String,
    caller: Place,
}

impl Places {
    /// None for what is no table.
    pub fn read(table: &[u8]) -> Option<Places> {
        let word = |index: usize| {
            let bytes = table.get(index * 4..index * 4 + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        if word(0)? != VERSION as usize {
            return None;
        }
        let (scopes, lines, texts) = (word(1)?, word(2)?, word(3)?);
        let rows = rows(Reader(table.get(16..scopes)?));
        let texts = table.get(texts..)?;
        let scopes = scopes_of(Reader(table.get(scopes..lines)?), texts);
        Some(Places { rows, scopes })
    }

    /// The calls that an address is in, innermost first: ``in `main.double` (main.kz:4:21)``. None for code of nobody.
    pub fn calls(&self, address: u64) -> Vec<String> {
        let behind = self.rows.partition_point(|(start, _)| *start <= address);
        let mut place = behind.checked_sub(1).map_or(Place::default(), |row| self.rows[row].1);
        let mut calls = Vec::new();
        while let Some(scope) = place.scope.checked_sub(1).and_then(|index| self.scopes.get(index)) {
            let Place { line, column, .. } = place;
            calls.push(format!("in `{}` ({}:{line}:{column})", scope.function, scope.file));
            // Callers come before what they call: a table of somebody else's must not lead us in circles.
            if scope.caller.scope >= place.scope {
                break;
            }
            place = scope.caller;
        }
        calls
    }
}

fn rows(mut reader: Reader) -> Vec<(u64, Place)> {
    let (mut rows, mut address, mut line) = (Vec::new(), 0_u64, 0_u64);
    while !reader.0.is_empty() {
        address = address.wrapping_add(reader.number());
        let mut place = Place { scope: reader.number() as usize, ..Place::default() };
        if place.scope != 0 {
            let change = reader.number();
            line = line.wrapping_add(if change & 1 == 0 { change >> 1 } else { !(change >> 1) });
            place = Place { line, column: reader.number(), ..place };
        }
        rows.push((address, place));
    }
    rows
}

fn scopes_of(mut reader: Reader, texts: &[u8]) -> Vec<Scope> {
    let text = |start: u64| {
        let rest = texts.get(start as usize..).unwrap_or(&[]);
        let end = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    let mut scopes = Vec::new();
    while !reader.0.is_empty() {
        let (function, file) = (text(reader.number()), text(reader.number()));
        let scope = reader.number() as usize;
        let caller = Place { scope, line: reader.number(), column: reader.number() };
        scopes.push(Scope { function, file, caller });
    }
    scopes
}

/// Behind the end everything is 0.
struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    fn number(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        while let Some((&byte, rest)) = self.0.split_first() {
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 56 {
                break;
            }
        }
        value
    }
}
