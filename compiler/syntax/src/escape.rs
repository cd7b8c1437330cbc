//! Escapes of strings and characters: how long they are, what they stand for.
//!
//! The lexer has checked every escape, so reading the bytes cannot fail.

/// The length of the escape that `text` begins with, if it is one.
pub fn length(text: &str) -> Option<usize> {
    read(text).map(|(_, length)| length)
}

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Letter(char),
}

fn read(text: &str) -> Option<(Escaped, usize)> {
    let byte = |byte| Some((Escaped::Byte(byte), 2));
    match *text.as_bytes().get(1)? {
        b'n' => byte(b'\n'),
        b't' => byte(b'\t'),
        b'r' => byte(b'\r'),
        b'0' => byte(0),
        quoted @ (b'\\' | b'\'' | b'"') => byte(quoted),
        b'x' => {
            let digits =
                text.get(2..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            Some((Escaped::Byte(u8::from_str_radix(digits, 16).ok()?), 4))
        }
        b'u' => {
            let inside = text.get(2..)?.strip_prefix('{')?;
            let digits = &inside[..inside.bytes().take(9).position(|byte| byte == b'}')?];
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((Escaped::Letter(letter), digits.len() + 4))
        }
        _ => None,
    }
}

/// The bytes of a string with quotes.
pub fn string(quoted: &str) -> Vec<u8> {
    let mut rest = quoted.strip_prefix('"').unwrap_or(quoted);
    rest = rest.strip_suffix('"').unwrap_or(rest);
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let length = match read(rest) {
            Some((Escaped::Byte(byte), length)) => {
                bytes.push(byte);
                length
            }
            Some((Escaped::Letter(letter), length)) => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                length
            }
            None => {
                bytes.push(b'\\');
                1
            }
        };
        rest = &rest[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The code point of a character with quotes.
pub fn character(quoted: &str) -> u32 {
    let inside = &quoted[1..];
    match read(inside).filter(|_| inside.starts_with('\\')) {
        Some((Escaped::Byte(byte), _)) => u32::from(byte),
        Some((Escaped::Letter(letter), _)) => u32::from(letter),
        None => inside.chars().next().map_or(0, u32::from),
    }
}

/// The bytes of `\\` lines: joined by line feeds, none at the end.
pub fn lines(raw: &str) -> Vec<u8> {
    let texts = raw.lines().filter_map(|line| line.trim_start_matches([' ', '\t']).strip_prefix("\\\\"));
    texts.collect::<Vec<_>>().join("\n").into_bytes()
}
