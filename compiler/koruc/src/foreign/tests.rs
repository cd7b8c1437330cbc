//! Damaged objects and archives: whatever bytes a file holds, it is read or refused, and never ends koruc.
//!
//! An object of LLVM's and an archive around it are cut short and changed at places that a seed chooses.

use super::archive::Archive;
use super::part::Part;
use crate::link::{defined_symbols, has_thread_memory, undefined_symbols};
use koru_base::targets::TARGETS;
use koru_base::{Level, Span, Target};
use koru_flow::text;
use koru_llvm::{Options, Output};

/// An object that has `half` and wants `limit`.
fn object(target: &Target) -> Vec<u8> {
    let graph = "export c fn @half(i32) [return(i32)] {
  b0(v0: i32):
    v1: i32 = call @limit(v0)
    exit return(v1)
}
import c fn @limit(i32) [return(i32)]
";
    let graph = text::read(graph).unwrap_or_else(|message| panic!("{message}"));
    let (level, output) = (Level::Small, Output::Object);
    let options = Options::new(target, level, output);
    koru_llvm::emit(&graph, &options).expect("LLVM takes the program")
}

/// An archive of one object, with its table of symbols.
fn archive(object: &[u8]) -> Vec<u8> {
    let table = [&1u32.to_be_bytes()[..], &84u32.to_be_bytes(), b"half\0\0\0\0"].concat();
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in [("/", &table[..]), ("half.o/", object)] {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
    }
    bytes
}

/// Numbers from a seed: a linear congruence is random enough to choose places.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    /// The bytes with a few of them changed, and one time in four cut short.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..self.below(4) {
            // Headers are where sizes stand, so every second change is made there.
            let reach = if self.below(2) == 0 { bytes.len() } else { bytes.len().min(160) };
            let place = self.below(reach);
            bytes[place] = [0, 0x7f, 0x80, 0xff, b'9', self.below(256) as u8][self.below(6)];
        }
        if self.below(4) == 0 {
            bytes.truncate(self.below(bytes.len()));
        }
        bytes
    }
}

#[test]
fn what_is_whole_is_read() {
    for target in TARGETS {
        let object = object(target);
        let whole = Archive::read("half.a", Span::NONE, archive(&object)).expect("an archive");
        assert!(whole.defines("half") && !whole.defines("limit"));
        assert_eq!(whole.undefined(), ["limit"]);
        let (name, bytes) = whole.find("half").and_then(|found| found.native()).expect("an object");
        assert_eq!((&*name, bytes), ("half.a(half.o)", object));
    }
}

#[test]
fn what_is_damaged_is_refused_or_read() {
    let target = &TARGETS[0];
    let object = object(target);
    let archive = archive(&object);
    let (mut random, mut refused) = (Random(1), 0);
    for _ in 0..20_000 {
        let damaged = random.damage(&object);
        refused += usize::from(Part::object("half.o", Span::NONE, damaged.clone(), target).is_err());
        let _ = (undefined_symbols(&damaged), defined_symbols(&damaged), has_thread_memory(&damaged));
        match Archive::read("half.a", Span::NONE, random.damage(&archive)) {
            Ok(read) => drop((read.undefined(), read.find("half").map(|found| found.native()))),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1000, "only {refused} were refused");
}
