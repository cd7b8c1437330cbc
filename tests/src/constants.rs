//! What code that runs while compiling gives becomes a constant: it stands in a part of the program that nobody may write.
//!
//! In: a program with a table that a proc computes. Out: where the table's bytes are in the executable, and what its
//! program header allows there. A table that is a variable must stand elsewhere, or the test would see nothing.

use crate::koruc::{Place, explain};
use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("constants::tables_cannot_be_written", tables_cannot_be_written)]
}

const PROGRAM: &str = r#"~import "$std/io"
~import "$std/args"

~[pure]event cubes { from: u32 }
| are [64]u32
~proc cubes {
    var all: [64]u32 = undefined;
    for (&all, 0..) |*one, n| {
        const base: u32 = @intCast(n);
        one.* = (from + base) * (from + base) * (from + base);
    }
    return .{ .are = all };
}

const fixed = cubes_event.handler(.{ .from = 3 }).are;
var changed = cubes_event.handler(.{ .from = 100 }).are;

~event at { n: usize }
| is u32
~proc at {
    changed[n] += 1;
    return .{ .is = fixed[n] +% changed[n + 1] };
}

~std.args:count()
| count n |> at(n)
    | is v |> print.ln("{{ v:d }}")
"#;

fn tables_cannot_be_written() -> Result<(), Failed> {
    for target in ["x86_64-linux-musl", "aarch64-linux-musl", "riscv64-linux-musl"] {
        let place = Place::new();
        std::fs::write(place.path().join("main.kz"), PROGRAM)?;
        let output = place.koruc(&["main.kz", "--target", target]);
        if !output.status.success() {
            return Err(explain(&output).into());
        }
        let file = std::fs::read(place.path().join("a.out"))?;
        for (from, may_be_written) in [(3, false), (100, true)] {
            let found = is_writable(&file, from)
                .ok_or(format!("{target}: the table from {from} is not in the file"))?;
            if found != may_be_written {
                return Err(format!("{target}: the table from {from} can be written: {found}").into());
            }
        }
    }
    Ok(())
}

/// Does the table of cubes from `from` on stand where the program may write?
fn is_writable(file: &[u8], from: u32) -> Option<bool> {
    let table: Vec<u8> = (from..from + 64).flat_map(|base| (base * base * base).to_le_bytes()).collect();
    let at = file.windows(table.len()).position(|bytes| bytes == table)? as u64;
    let number = |from: usize, len: usize| {
        file[from..from + len].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
    };
    // e_phoff, e_phentsize, e_phnum; p_type, p_flags, p_offset, p_filesz.
    let (first, size, count) = (number(32, 8) as usize, number(54, 2) as usize, number(56, 2) as usize);
    let mut headers = (0..count).map(|index| first + index * size);
    let loads = |header: usize| number(header, 4) == 1;
    let holds =
        |header: usize| (number(header + 8, 8)..number(header + 8, 8) + number(header + 32, 8)).contains(&at);
    let header = headers.find(|&header| loads(header) && holds(header))?;
    Some(number(header + 4, 4) & 2 != 0)
}
