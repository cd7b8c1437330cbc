//! Programs that may ask the kernel for nothing but what is known of them (`"seccomp": "auto"`): they do their work, and what
//! is injected into them ends them. Filters of all targets are looked up in the files and run here, since emulators have none.

use crate::case::can_run;
use crate::koruc::{Place, explain, root, text};
use crate::ledger;
use crate::servers::{Server, compile_with, wait_for};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("confined::injected", injected),
        Trial::test("confined::server", server),
        Trial::test("confined::filters", filters),
        // Beside those of the examples, so that they are blessed together.
        Trial::test("example::confined", bytes),
        Trial::test("confined::many_calls", many_calls),
        Trial::test("confined::filter_of_the_seed", filter_of_the_seed),
    ]
}

const AUTO: &str = "\n~import \"$std/build\"\n~std.build:config { \"seccomp\": \"auto\" }\n";

/// Makes the call its input says: `getpid`, which it has not; `write`, but not to where it writes; and that as it does.
const PROGRAM: &str = r#"
const std = @import("std");

fn inject(number: usize, first: usize) void {
    // The instruction as bytes: that is no system call for the compiler.
    _ = asm volatile (".byte 0x0f, 0x05"
        : [result] "={rax}" (-> usize),
        : [number] "{rax}" (number),
          [first] "{rdi}" (first),
          [second] "{rsi}" (@as(usize, 0)),
          [third] "{rdx}" (@as(usize, 0)),
        : .{ .rcx = true, .r11 = true, .memory = true });
}

pub fn main() void {
    var letter: [1]u8 = undefined;
    _ = std.posix.read(0, &letter) catch 0;
    std.debug.print("begun\n", .{});
    if (letter[0] == 'p') inject(39, 0);
    if (letter[0] == 'o') inject(1, 1);
    if (letter[0] == 'w') inject(1, 2);
    std.debug.print("done\n", .{});
}
"#;

const BAD_SYSTEM_CALL: i32 = 31;

fn injected() -> Result<(), Failed> {
    if Target::host().arch != "x86_64" {
        eprintln!(
            "\n*** SKIPPED: calls are injected on x86_64 only: that a filter stops them is not tested ***\n"
        );
        return Ok(());
    }
    if !has_filters()? {
        return Ok(());
    }
    for (settings, stops) in [("", ""), (AUTO, "po")] {
        let place = Place::new();
        std::fs::write(place.path().join("main.kz"), format!("{PROGRAM}{settings}"))?;
        let compiled = place.koruc(&["main.kz"]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        for call in ["p", "o", "w", "-"] {
            let input = place.path().join("input");
            std::fs::write(&input, call)?;
            let ran = place.run_with(None, &[], Some(&input));
            let is_stopped = ran.status.signal() == Some(BAD_SYSTEM_CALL) && text(&ran.stderr) == "begun\n";
            let is_done = ran.status.success() && text(&ran.stderr) == "begun\ndone\n";
            if if stops.contains(call) { !is_stopped } else { !is_done } {
                return Err(format!("{call}: {}", explain(&ran)).into());
            }
        }
    }
    Ok(())
}

/// Whether this kernel takes filters.
fn has_filters() -> Result<bool, Failed> {
    let has = std::fs::read_to_string("/proc/self/status")?.contains("\nSeccomp:");
    if !has {
        eprintln!(
            "\n*** SKIPPED: this kernel filters no system calls: confined programs are not tested ***\n"
        );
    }
    Ok(has)
}

/// A server with all its threads is confined, and answers as any other.
fn server() -> Result<(), Failed> {
    if !has_filters()? {
        return Ok(());
    }
    for options in [&[][..], &["--build=linux-io-uring"], &["-O", "fast"], &["-O", "debug"]] {
        let (place, port) = compile_with("examples/simple_server", options, AUTO)?;
        let child = Command::new(place.path().join("a.out")).stderr(Stdio::piped()).spawn()?;
        let server = Server { place, port, child };
        wait_for(port)?;
        for task in std::fs::read_dir(format!("/proc/{}/task", server.child.id()))? {
            let status = std::fs::read_to_string(task?.path().join("status"))?;
            if !status.contains("\nSeccomp:\t2\n") || !status.contains("\nNoNewPrivs:\t1\n") {
                return Err(format!("a thread is not confined:\n{status}").into());
            }
        }
        let driver = root().join("tests/http/drive.py");
        let port = port.to_string();
        let output = Command::new("python3").arg(driver).args(["--whole-only", "--port", &port]).output()?;
        if !output.status.success() {
            return Err(explain(&output).into());
        }
        server.signal("TERM")?;
        let (_, status) = server.end()?;
        if status != Some(0) {
            return Err(format!("{options:?}: it ends with {status:?}").into());
        }
    }
    Ok(())
}

/// What `writev`, `exit_group`, `restart_syscall` and `getpid` are called, and the processor.
const NUMBERS: [(&str, [u32; 4], u32); 3] = [
    ("x86_64", [20, 231, 219, 39], 0xc000_003e),
    ("aarch64", [66, 94, 128, 172], 0xc000_00b7),
    ("riscv64", [66, 94, 128, 172], 0xc000_00f3),
];

const ALLOWED: u32 = 0x7fff_0000;

fn filters() -> Result<(), Failed> {
    for target in TARGETS {
        let (_, [write, exit, restart, other], processor) =
            NUMBERS.into_iter().find(|row| row.0 == target.arch).ok_or("a target without numbers")?;
        let place = Place::copy_of(&root().join("examples"));
        let file = place.path().join("hello.kz");
        std::fs::write(&file, std::fs::read_to_string(&file)? + AUTO)?;
        let compiled = place.koruc(&["--target", target.triple, "hello.kz"]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        if can_run(target) {
            let ran = place.run(crate::case::emulator(target), &[]);
            if !ran.status.success() {
                return Err(explain(&ran).into());
            }
        }
        let filter = filter_in(&std::fs::read(place.path().join("a.out"))?).ok_or("there is no filter")?;
        // Where it may write is constant, and how much.
        let writes = (0..200).map(|guess| [guess % 2 + 1, 5, guess / 2]);
        let mut writes = writes.filter(|&it| verdict(&filter, processor, write, it) == ALLOWED);
        let [stream, place, count] = writes.next().ok_or("it may write nowhere")?;
        for (number, arguments, wanted) in [
            (write, [stream, place + (1 << 40), count], true),
            (write, [stream + 2, place, count], false),
            (write, [stream + (1 << 32), place, count], false),
            (write, [stream, place, count + 1], false),
            (exit, [0, 1, 1], true),
            (exit, [1, 0, 0], false),
            (restart, [1, 2, 3], true),
            (other, [0, 0, 0], false),
        ] {
            if (verdict(&filter, processor, number, arguments) == ALLOWED) != wanted {
                return Err(
                    format!("{}: {number}{arguments:?}: allowed is {}", target.triple, !wanted).into()
                );
            }
        }
        if verdict(&filter, processor ^ 1, write, [stream, place, count]) == ALLOWED {
            return Err("calls of another processor are allowed".into());
        }
    }
    Ok(())
}

/// What the examples of the book have with their filters is in the ledger.
fn bytes() -> Result<(), Failed> {
    for target in TARGETS {
        for program in ["hello", "simple_server"] {
            let place = Place::copy_of(&root().join("examples"));
            let file = place.path().join(format!("{program}.kz"));
            std::fs::write(&file, std::fs::read_to_string(&file)? + AUTO)?;
            let compiled = place.koruc(&["--target", target.triple, file.as_str()]);
            if !compiled.status.success() {
                return Err(explain(&compiled).into());
            }
            let bytes = std::fs::metadata(place.path().join("a.out"))?.len();
            ledger::expect(&format!("{program}-confined"), target.triple, bytes)?;
        }
    }
    Ok(())
}

/// Calls of a program that has many: more than a branch of a filter reaches over.
const MANY: u32 = 400;

/// The first number of calls that no kernel has.
const UNKNOWN: u32 = 1000;

/// The argument of a call; every third has none that is known.
fn argument(call: u32) -> Option<u64> {
    (!call.is_multiple_of(3)).then(|| u64::from(call) + (u64::from(call % 2) << 32))
}

/// Hundreds of calls, most with an argument to compare: each is allowed as it is written, and as nothing else.
fn many_calls() -> Result<(), Failed> {
    let lines = (0..MANY).map(|call| {
        let argument = argument(call).map_or_else(|| "letter[0]".to_owned(), |value| value.to_string());
        format!("        _ = @syscall({}, {argument});\n", UNKNOWN + call)
    });
    let program = format!(
        "const std = @import(\"std\");\n\npub fn main() void {{\n    var letter: [1]u8 = undefined;\n    \
         const count = std.posix.read(0, &letter) catch 0;\n    if (count == 1) {{\n{}    }}\n    \
         std.debug.print(\"done\\n\", .{{}});\n}}\n{AUTO}",
        lines.collect::<String>()
    );
    for target in TARGETS {
        let (_, _, processor) =
            NUMBERS.into_iter().find(|row| row.0 == target.arch).ok_or("a target without numbers")?;
        let place = Place::new();
        std::fs::write(place.path().join("main.kz"), &program)?;
        let compiled = place.koruc(&["--target", target.triple, "main.kz"]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        let filter = filter_in(&std::fs::read(place.path().join("a.out"))?).ok_or("there is no filter")?;
        if !filter.iter().any(|word| *word as u16 == JUMP) {
            return Err("no jump is far: this tests nothing".into());
        }
        for call in 0..MANY {
            let allows = |number, first| verdict(&filter, processor, number, [first, 0, 0]) == ALLOWED;
            let number = UNKNOWN + call;
            let is_right = match argument(call) {
                Some(value) => {
                    let others = [value + 1, value ^ 1 << 32, value ^ 1 << 63, value + MANY as u64];
                    allows(number, value) && !others.into_iter().any(|other| allows(number, other))
                }
                None => allows(number, 0) && allows(number, u64::MAX),
            };
            if !is_right || allows(number + MANY, 0) || allows(UNKNOWN - 1 - call, 1 << 40) {
                return Err(format!("{}: the filter is wrong about call {number}", target.triple).into());
            }
        }
        if *target == *Target::host() && has_filters()? {
            let input = place.path().join("input");
            std::fs::write(&input, "x")?;
            let ran = place.run_with(None, &[], Some(&input));
            if !ran.status.success() || text(&ran.stderr) != "done\n" {
                return Err(explain(&ran).into());
            }
        }
    }
    Ok(())
}

/// What the seed's filter may let through are the calls that `inspect` lists, and the kernel's own, on every target.
fn filter_of_the_seed() -> Result<(), Failed> {
    for target in TARGETS {
        let (_, [_, _, restart, _], processor) =
            NUMBERS.into_iter().find(|row| row.0 == target.arch).ok_or("a target without numbers")?;
        let options = ["--target", target.triple];
        let (place, _) = compile_with("examples/simple_server", &options, AUTO)?;
        let filter = filter_in(&std::fs::read(place.path().join("a.out"))?).ok_or("there is no filter")?;
        let inspected = place.koruc(&["--target", target.triple, "server.kz", "inspect", "--json"]);
        let report: serde_json::Value =
            serde_json::from_slice(&inspected.stdout).map_err(|_| explain(&inspected))?;
        let calls = report["system_calls"].as_array().ok_or("the report has no system calls")?;
        let mut listed: Vec<_> = calls.iter().filter_map(|call| call["number"].as_u64()).collect();
        // What installs the filter is asked before it is there.
        listed.retain(|&number| may_allow(&filter, processor, number as u32));
        let missing = calls.len() - listed.len();
        listed.push(u64::from(restart));
        listed.sort();
        listed.dedup();
        let allowed: Vec<_> =
            (0..2000).filter(|&number| may_allow(&filter, processor, number as u32)).collect();
        if allowed != listed || missing > 1 {
            return Err(format!("{}: allowed {allowed:?}, listed {listed:?}", target.triple).into());
        }
    }
    Ok(())
}

/// Whether a call is let through, with some arguments.
fn may_allow(filter: &[u64], processor: u32, number: u32) -> bool {
    let mut work = vec![(0, Some(0))];
    while let Some((at, loaded)) = work.pop() {
        let word = filter[at];
        let operand = (word >> 32) as u32;
        let (equal, other) = ((word >> 16 & 0xff) as usize, (word >> 24 & 0xff) as usize);
        match word as u16 {
            LOAD => work
                .push((at + 1, [Some(number), Some(processor)].get(operand as usize / 4).copied().flatten())),
            BRANCH => {
                if loaded.is_none_or(|loaded| loaded == operand) {
                    work.push((at + 1 + equal, loaded));
                }
                if loaded != Some(operand) {
                    work.push((at + 1 + other, loaded));
                }
            }
            JUMP => work.push((at + 1 + operand as usize, loaded)),
            _ if operand == ALLOWED => return true,
            _ => {}
        }
    }
    false
}

/// A filter's instructions, but for those that end it.
const LOAD: u16 = 0x20;
const BRANCH: u16 = 0x15;
const JUMP: u16 = 0x05;

/// The filter's instructions, from the first, which loads the processor, to the last, which refuses.
fn filter_in(file: &[u8]) -> Option<Vec<u64>> {
    let begin = 0x4_0000_0020_u64.to_le_bytes();
    let at = file.windows(8).position(|window| window == begin)?;
    let words =
        file[at..].chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
    let mut filter: Vec<_> = Vec::new();
    for word in words {
        filter.push(word);
        if word == 0x8000_0000_0000_0006 {
            return Some(filter);
        }
    }
    None
}

/// Runs a filter as the kernel does.
fn verdict(filter: &[u64], processor: u32, number: u32, arguments: [u64; 3]) -> u32 {
    let mut seen = vec![number, processor, 0, 0];
    seen.extend(arguments.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]));
    seen.resize(16, 0);
    let (mut at, mut loaded) = (0, 0);
    loop {
        let word = filter[at];
        let operand = (word >> 32) as u32;
        let (equal, other) = ((word >> 16 & 0xff) as usize, (word >> 24 & 0xff) as usize);
        at += 1;
        match word as u16 {
            LOAD => loaded = seen[operand as usize / 4],
            BRANCH => at += if loaded == operand { equal } else { other },
            JUMP => at += operand as usize,
            _ => return operand,
        }
    }
}
