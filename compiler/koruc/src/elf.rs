//! Executables as bytes: dropping what only a linker reads.
//!
//! The kernel loads by program headers alone. Section headers and their names cost some hundred bytes; we
//! cut the file behind the last loaded byte and clear the header's fields that led to them.

/// An executable of 64 bits without its section headers; anything else comes back as it is.
pub fn drop_sections(mut file: Vec<u8>) -> Vec<u8> {
    let Some(end) = loaded_end(&file) else { return file };
    file.truncate(end);
    file[0x28..0x30].fill(0); // e_shoff
    file[0x3a..0x40].fill(0); // e_shentsize, e_shnum, e_shstrndx
    file
}

/// Where the part of the file ends that program headers speak of, themselves included.
fn loaded_end(file: &[u8]) -> Option<usize> {
    const CLASS_64: u8 = 2;
    if !file.starts_with(b"\x7fELF") || file.get(4) != Some(&CLASS_64) {
        return None;
    }
    let is_little = file.get(5) == Some(&1);
    let number = |at: usize, bytes: usize| {
        let bytes = file.get(at..at + bytes)?;
        let push = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        let number = if is_little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) };
        usize::try_from(number).ok()
    };
    let (headers, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    let mut end = headers + size * count;
    for header in (0..count).map(|index| headers + index * size) {
        end = end.max(number(header + 0x08, 8)? + number(header + 0x20, 8)?);
    }
    (end <= file.len()).then_some(end)
}
