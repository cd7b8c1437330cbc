//! Tools that read programs take ours for what they are: `file`, `readelf`, `objdump`, gdb, strace, emulators, for each target.
//!
//! In: hello, the seed's server, and a program with data to be corrected, at two levels. That Docker takes them stands in
//! images.rs; `inspect` reads all of them with the `object` crate (inspected.rs). A tool that is not here is skipped loudly.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root, text};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::process::{Command, Output};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("accepted::readers", readers), Trial::test("accepted::runners", runners)]
}

/// Programs of all shapes a file has: no data, data of zeros, addresses to be corrected, sections behind what is loaded.
const PROGRAMS: [(&str, &[&str]); 5] = [
    ("hello.kz", &[]),
    ("hello.kz", &["-g"]),
    ("simple_server.kz", &[]),
    ("json_server.kz", &["-O", "fast"]),
    ("countdown.kz", &["-O", "debug"]),
];

fn made(program: &str, options: &[&str], target: &Target) -> Result<Place, Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let compiled = place.koruc(&[options, &["--target", target.triple, program]].concat());
    if compiled.status.success() { Ok(place) } else { Err(explain(&compiled).into()) }
}

/// The header that keeps the stack from being code is folded into code: its type and flags are there, and the library that gdb
/// and objdump read with does not like what stands where its alignment would. The kernel and it go on; with `-g` it is whole.
const FOLDED: &str = "a.out has a program header with invalid alignment";

/// What a tool says without what is known; nothing, and loudly, where it is not here.
fn tool(place: &Place, words: &[&str]) -> Result<Option<Output>, Failed> {
    match Command::new(words[0]).args(&words[1..]).current_dir(place.path()).env("LANG", "C").output() {
        Ok(mut output) => {
            let said = text(&output.stderr);
            let is_known = |line: &&str| line.ends_with(FOLDED) && !place.path().join("a.out.debug").exists();
            let rest: String =
                said.lines().filter(|line| !is_known(line)).map(|line| format!("{line}\n")).collect();
            output.stderr = rest.into();
            Ok(Some(output))
        }
        Err(_) => {
            eprintln!(
                "\n*** SKIPPED: no `{}` here: whether it takes our programs is not tested ***\n",
                words[0]
            );
            Ok(None)
        }
    }
}

/// They say what it is, and complain of nothing.
fn readers() -> Result<(), Failed> {
    for target in TARGETS {
        let (machine, name) = match target.arch {
            "x86_64" => ("Advanced Micro Devices X86-64", "x86-64"),
            "aarch64" => ("AArch64", "ARM aarch64"),
            _ => ("RISC-V", "UCB RISC-V"),
        };
        for (program, options) in PROGRAMS {
            let place = made(program, options, target)?;
            for (words, wanted) in [
                (&["file", "-b", "a.out"][..], &["ELF 64-bit LSB", name, "static"][..]),
                (&["readelf", "-lW", "a.out"], &["DYN (", "LOAD", "GNU_STACK"]),
                (&["readelf", "-haSW", "a.out"], &[machine]),
                (&["objdump", "-p", "a.out"], &["file format elf64-"]),
                (&["llvm-readelf-19", "-hlSW", "a.out"], &["DYN", "LOAD"]),
            ] {
                let Some(output) = tool(&place, words)? else { continue };
                // Debian's objdump reads the files of this machine only.
                if words[0] == "objdump" && *target != *Target::host() {
                    continue;
                }
                let said = text(&output.stdout) + &text(&output.stderr);
                let complains =
                    ["arning", "rror", "orrupt", "invalid", "malformed", "out of range", "past the end"];
                if !output.status.success()
                    || complains.iter().any(|word| said.contains(word))
                    || !wanted.iter().all(|word| said.contains(word))
                {
                    return Err(
                        format!("{} {program}: {words:?} says\n{}", target.triple, explain(&output)).into()
                    );
                }
            }
            is_guarded(&place)?;
        }
    }
    Ok(())
}

/// Nothing is written and executed, and no stack is code.
fn is_guarded(place: &Place) -> Result<(), Failed> {
    let Some(output) = tool(place, &["readelf", "-lW", "a.out"])? else { return Ok(()) };
    let said = text(&output.stdout);
    let flags = |line: &str| {
        line.split_whitespace().skip(6).take_while(|word| !word.starts_with("0x")).collect::<String>()
    };
    let mut headers =
        said.lines().filter(|line| line.starts_with("  LOAD") || line.starts_with("  GNU_STACK"));
    match headers.any(|line| flags(line).contains('W') && flags(line).contains('E')) {
        true => Err(format!("memory is written and executed\n{said}").into()),
        false => Ok(()),
    }
}

/// They run it to its end.
fn runners() -> Result<(), Failed> {
    let host = Target::host();
    let place = made("hello.kz", &[], host)?;
    for (words, wanted) in [
        (&["./a.out"][..], "Hello"),
        (&["strace", "-f", "./a.out"], "+++ exited with 0 +++"),
        (&["gdb", "-nx", "-batch", "-ex", "run", "./a.out"], "exited normally"),
        (
            &[
                "gdb",
                "-nx",
                "-batch",
                "-ex",
                "starti",
                "-ex",
                "info proc mappings",
                "-ex",
                "x/i $pc",
                "./a.out",
            ],
            "=> 0x",
        ),
        (&["qemu-x86_64-static", "./a.out"], "Hello"),
        (&["valgrind", "-q", "--error-exitcode=9", "./a.out"], "Hello"),
    ] {
        if words[0].starts_with("qemu") && host.arch != "x86_64" {
            continue;
        }
        let Some(output) = tool(&place, words)? else { continue };
        let said = text(&output.stdout) + &text(&output.stderr);
        // A container may forbid to trace.
        if said.contains("ptrace: Operation not permitted") || said.contains("PTRACE_TRACEME") {
            eprintln!("\n*** SKIPPED: `{}` may not trace here ***\n", words[0]);
        } else if !output.status.success() || !said.contains(wanted) || said.contains("arning") {
            return Err(format!("{words:?}: {}", explain(&output)).into());
        }
    }
    for target in TARGETS.iter().filter(|target| **target != *host) {
        if !can_run(target) {
            eprintln!("\n*** SKIPPED: no emulator for {} here ***\n", target.triple);
            continue;
        }
        let ran = made("hello.kz", &[], target)?.run(emulator(target), &[]);
        if !ran.status.success() || !explain(&ran).contains("Hello") {
            return Err(explain(&ran).into());
        }
    }
    Ok(())
}
