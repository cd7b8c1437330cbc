//! reverse-complement.kz in Rust.
use std::io::{Read, Write};

fn partners() -> [u8; 256] {
    let mut table = std::array::from_fn(|byte| byte as u8);
    for (&letter, &partner) in b"ACGTUMRWSYKVHDBN".iter().zip(b"TGCAAKYWSRMBDHVN") {
        table[usize::from(letter)] = partner;
        table[usize::from(letter.to_ascii_lowercase())] = partner;
    }
    table
}

fn turn(sequence: &mut [u8], partners: &[u8; 256]) {
    let (mut low, mut high) = (0, sequence.len());
    while low < high {
        if sequence[low] == b'\n' {
            low += 1;
        } else if sequence[high - 1] == b'\n' {
            high -= 1;
        } else {
            high -= 1;
            let first = sequence[low];
            sequence[low] = partners[usize::from(sequence[high])];
            sequence[high] = partners[usize::from(first)];
            low += 1;
        }
    }
}

fn main() -> std::io::Result<()> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    let partners = partners();
    let mut rest = &mut text[..];
    while let Some(title) = rest.iter().position(|&byte| byte == b'\n') {
        let sequence = &mut rest[title + 1..];
        let end = sequence.iter().position(|&byte| byte == b'>').unwrap_or(sequence.len());
        turn(&mut sequence[..end], &partners);
        rest = &mut sequence[end..];
    }
    std::io::stdout().write_all(&text)
}
