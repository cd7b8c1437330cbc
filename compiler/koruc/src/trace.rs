//! `koruc trace`: addresses of a panic to places.
//!
//! In: an executable of koruc's, and addresses, or the text of a panic on standard input. Out: the functions and
//! lines. They stand in the table that a debug program carries, or in DWARF, its own or that of its companion.

pub mod places;
pub mod table;

use crate::elf;
use crate::session::{Failed, command_line, surroundings};
use camino::Utf8Path;
use places::Places;
use std::fs;
use std::io::{self, BufRead, Write};

/// Where an address stands in the text of a panic.
const MARK: &str = "in 0x";

/// Says where addresses of a program are; without any, those in the text that comes in.
pub fn run(program: &Utf8Path, addresses: &[String]) -> Result<(), Failed> {
    let bytes = fs::read(program).map_err(|error| surroundings(format!("{program}: {error}")))?;
    let Some(places) = places_of(program, &bytes) else {
        return Err(surroundings(format!(
            "{program} does not say where its code comes from\nnote: koruc writes that with `-O debug` or `-g`"
        )));
    };
    if addresses.is_empty() {
        return answer(&places, io::stdin().lock()).map_err(surroundings);
    }
    let numbers: Result<Vec<_>, _> = addresses.iter().map(|text| address(text)).collect();
    for number in numbers? {
        let calls = places.calls(number);
        println!("{number:#x}: {}", if calls.is_empty() { "nobody's code" } else { &calls[0] });
        calls.iter().skip(1).for_each(|call| println!("    {call}"));
    }
    Ok(())
}

/// What a program's file knows, or the companion beside it.
fn places_of(program: &Utf8Path, bytes: &[u8]) -> Option<Places> {
    let of = |bytes: &[u8]| match elf::section_of_type(bytes, elf::PLACES) {
        Some(table) => Places::read(table),
        None => Places::read(&table::make(bytes, None, |_| false)?),
    };
    of(bytes).or_else(|| {
        let beside = program.with_file_name(elf::companion_name(bytes)?);
        of(&fs::read(beside).ok()?)
    })
}

fn address(text: &str) -> Result<u64, Failed> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16)
        .map_err(|_| command_line(format!("`{text}` is no address; addresses are hexadecimal, as 0x11d3")))
}

/// Copies a text and replaces the addresses in it.
fn answer(places: &Places, text: impl BufRead) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in text.split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        let Some((before, address)) = line.split_once(MARK) else {
            writeln!(out, "{line}")?;
            continue;
        };
        let calls = u64::from_str_radix(address.trim_end(), 16).map(|address| places.calls(address));
        match calls {
            Ok(calls) if !calls.is_empty() => {
                calls.iter().try_for_each(|call| writeln!(out, "{before}{call}"))?;
            }
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
