//! What a debugger sees of a program made with `-g`: gdb stops at a function by its name, knows who called it, and
//! steps by lines of Koru. Without gdb the test says loudly that it was skipped.

use crate::koruc::{Place, explain, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::process::Command;

const PROGRAM: &str = r#"~import "$std/io"

fn half(n: u32) u32 {
    const two = 2;
    return n / two;
}

~event halved { n: u32 }
| is u32

~proc halved {
    const whole = half(n);
    return .{ .is = whole + 1 };
}

~halved(n: 48)
| is n |> print.ln("{{ n:d }}")
"#;

/// Stops in `half`, says who called it, and goes on line by line.
const ASKED: &[&str] = &["set confirm off", "break main.half", "run", "bt 3", "next", "next", "next", "next"];

/// What must be said of it, in this order.
const SEEN: &[&str] = &[
    "#0  main.half () at main.kz:3",
    "in main:halved () at main.kz:12",
    "at main.kz:16",
    "return n / two;",
    "return .{ .is = whole + 1 };",
    "| is n |> print.ln(",
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("debugger::gdb", steps)]
}

fn steps() -> Result<(), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), PROGRAM)?;
    for level in ["small", "fast", "debug"] {
        let compiled = place.koruc(&["-g", "-O", level, "main.kz"]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        let ran = place.run(None, &[]);
        if text(&ran.stderr) != "25\n" {
            return Err(format!("-g -O {level}: {}", explain(&ran)).into());
        }
    }
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-q", "-batch"]).args(ASKED.iter().flat_map(|command| ["-ex", command])).arg("a.out");
    let Ok(output) = gdb.current_dir(place.path()).output() else {
        eprintln!("\n*** SKIPPED: there is no gdb here: what debuggers see is not tested ***\n");
        return Ok(());
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    let mut rest = text(&output.stdout);
    for wanted in SEEN {
        match rest.split_once(wanted) {
            Some((_, behind)) => rest = behind.to_owned(),
            None => return Err(format!("gdb does not say `{wanted}`:\n{said}").into()),
        }
    }
    Ok(())
}
