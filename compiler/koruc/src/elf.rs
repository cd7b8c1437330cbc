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

/// An executable of 64 bits with one more program header, the last: the stack is read and written, and no code. Its first
/// eight bytes are free behind the others; what else a header has nobody asks for this one, and the program begins
/// there.
pub fn fold_stack_header(mut file: Vec<u8>) -> Vec<u8> {
    const READ_WRITE: u32 = 6;
    let (Some(headers), Some(count)) = (word(&file, 0x20, 8), word(&file, 0x38, 2)) else { return file };
    let at = headers as usize + PROGRAM_HEADER * count as usize;
    file.resize(file.len().max(at + PROGRAM_HEADER), 0);
    file[at..at + 4].copy_from_slice(&PT_GNU_STACK.to_le_bytes());
    file[at + 4..at + 8].copy_from_slice(&READ_WRITE.to_le_bytes());
    file[0x38..0x3a].copy_from_slice(&(count as u16 + 1).to_le_bytes());
    file
}

/// The type of that header.
const PT_GNU_STACK: u32 = 0x6474_e551;

/// Bytes of a program's header.
const PROGRAM_HEADER: usize = 56;

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
        if number(header, 4)? == PT_GNU_STACK as usize {
            continue;
        }
        end = end.max(number(header + 0x08, 8)? + number(header + 0x20, 8)?);
    }
    (end <= file.len()).then_some(end)
}

/// The type of the section that holds the table of places.
pub const PLACES: u32 = 0x8b6f_7275;

/// A section that is added to a finished executable.
pub struct Extra {
    pub name: &'static str,
    pub ty: u32,
    pub bytes: Vec<u8>,
}

impl Extra {
    /// The table of places.
    pub fn places(table: Vec<u8>) -> Extra {
        Extra { name: ".koru.places", ty: PLACES, bytes: table }
    }

    /// The name of the file beside this one that holds what debuggers read, and its checksum, as they look for it.
    pub fn link(name: &str, companion: &[u8]) -> Extra {
        const SHT_PROGBITS: u32 = 1;
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize((name.len() + 1).next_multiple_of(4), 0);
        let mut crc = flate2::Crc::new();
        crc.update(companion);
        bytes.extend(crc.sum().to_le_bytes());
        Extra { name: ".gnu_debuglink", ty: SHT_PROGBITS, bytes }
    }
}

/// An executable without what only a linker reads, and with these sections. The headers of sections that are loaded
/// stay: by them debuggers find in memory what a companion speaks of.
pub fn with_extras(file: &[u8], extras: &[Extra]) -> Vec<u8> {
    const LOADED: u64 = 2;
    const SHT_STRTAB: u32 = 3;
    let headers: Vec<_> = section_headers(file).collect();
    let Some(end) = loaded_end(file) else { return file.to_vec() };
    let names = word(file, 0x3e, 2)
        .and_then(|index| headers.get(index as usize))
        .and_then(|header| contents(file, header));
    let mut made = file[..end].to_vec();
    let (mut table, mut strings) = (vec![0; HEADER], vec![0]);
    let mut name = |text: &[u8]| {
        strings.extend(text.iter().chain(&[0]));
        (strings.len() - text.len() - 1) as u32
    };
    for header in headers.iter().filter(|header| number(header, 0x08) & LOADED != 0) {
        let old = word(header, 0, 4).unwrap_or(0) as usize;
        let text = names.and_then(|names| names.get(old..)).unwrap_or(&[]);
        let text = text.split(|&byte| byte == 0).next().unwrap_or(&[]);
        table.extend(name(text).to_le_bytes());
        table.extend(&header[4..]);
    }
    let mut put = |table: &mut Vec<u8>, name: u32, ty: u32, bytes: &[u8]| {
        made.resize(made.len().next_multiple_of(4), 0);
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&name.to_le_bytes());
        header[4..8].copy_from_slice(&ty.to_le_bytes());
        header[0x18..0x20].copy_from_slice(&(made.len() as u64).to_le_bytes());
        header[0x20..0x28].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        header[0x30] = 1;
        table.extend(header);
        made.extend(bytes);
    };
    for extra in extras {
        let name = name(extra.name.as_bytes());
        put(&mut table, name, extra.ty, &extra.bytes);
    }
    let own = name(b".shstrtab");
    put(&mut table, own, SHT_STRTAB, &strings);
    let count = (table.len() / HEADER) as u16;
    made.resize(made.len().next_multiple_of(8), 0);
    let at = made.len() as u64;
    made[0x28..0x30].copy_from_slice(&at.to_le_bytes());
    made[0x3a..0x3c].copy_from_slice(&(HEADER as u16).to_le_bytes());
    made[0x3c..0x3e].copy_from_slice(&count.to_le_bytes());
    made[0x3e..0x40].copy_from_slice(&(count - 1).to_le_bytes());
    made.extend(table);
    made
}

/// The content of the section of a type.
pub fn section_of_type(file: &[u8], ty: u32) -> Option<&[u8]> {
    let header = section_headers(file).find(|header| word(header, 4, 4) == Some(ty.into()))?;
    contents(file, header)
}

/// The name of the file that holds what debuggers read of this one.
pub fn companion_name(file: &[u8]) -> Option<&str> {
    use object::Object;
    let object = object::File::parse(file).ok()?;
    let (name, _) = object.gnu_debuglink().ok()??;
    std::str::from_utf8(name).ok()
}

/// Bytes of a section's header.
const HEADER: usize = 64;

/// The headers of the sections of a file of 64 bits.
fn section_headers(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_ours = file.starts_with(b"\x7fELF\x02\x01");
    let start = word(file, 0x28, 8).filter(|&start| is_ours && start != 0);
    let headers = start.and_then(|start| file.get(usize::try_from(start).ok()?..)).unwrap_or(&[]);
    headers.chunks_exact(HEADER).take(word(file, 0x3c, 2).unwrap_or(0) as usize)
}

fn contents<'f>(file: &'f [u8], header: &[u8]) -> Option<&'f [u8]> {
    let start = usize::try_from(word(header, 0x18, 8)?).ok()?;
    file.get(start..)?.get(..usize::try_from(word(header, 0x20, 8)?).ok()?)
}

fn number(header: &[u8], at: usize) -> u64 {
    word(header, at, 8).unwrap_or(0)
}

/// A number of some bytes, the lowest first.
fn word(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + count)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
