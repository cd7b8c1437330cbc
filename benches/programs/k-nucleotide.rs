//! k-nucleotide.kz in Rust, with a quick hash in place of the one that is safe against strangers.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Read;

#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, number: u64) {
        let half = (number ^ (number >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = half ^ (half >> 29);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Counts = HashMap<u64, u32, BuildHasherDefault<Mix>>;

fn number_of(letter: u8) -> u8 {
    letter >> 1 & 3
}

fn count(sequence: &[u8], len: usize) -> Counts {
    let mut counts = Counts::default();
    let mask = (1u64 << (2 * len)) - 1;
    let mut piece = 0;
    for (end, &letter) in (1..).zip(sequence) {
        piece = (piece << 2 | u64::from(letter)) & mask;
        if end >= len {
            *counts.entry(piece).or_insert(0) += 1;
        }
    }
    counts
}

fn shares(sequence: &[u8], len: usize) {
    let mut list: Vec<_> = count(sequence, len).into_iter().collect();
    list.sort_by_key(|&(piece, count)| (std::cmp::Reverse(count), piece));
    for (piece, count) in list {
        let letters = (1..=len).map(|place| b"ACTG"[(piece >> (2 * (len - place)) & 3) as usize] as char);
        println!("{} {:.3}", letters.collect::<String>(), 100.0 * f64::from(count) / (sequence.len() + 1 - len) as f64);
    }
}

fn occurrences(sequence: &[u8], piece: &str) -> u32 {
    let number = piece.bytes().fold(0, |number, letter| number << 2 | u64::from(number_of(letter)));
    count(sequence, piece.len()).get(&number).copied().unwrap_or(0)
}

fn main() {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text).expect("standard input can be read");
    let title = text.windows(6).position(|bytes| bytes == b">THREE").expect("a sequence THREE");
    let letters = text[title..].iter().skip_while(|&&byte| byte != b'\n').skip(1).take_while(|&&byte| byte != b'>');
    let sequence: Vec<u8> = letters.filter(|&&byte| byte != b'\n').map(|&byte| number_of(byte)).collect();
    shares(&sequence, 1);
    shares(&sequence, 2);
    for piece in ["GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT"] {
        println!("{} {piece}", occurrences(&sequence, piece));
    }
}
