//! What koruc finds around itself. A linker that is missing or fails, a disk that is full, an output that cannot be, a
//! command that fails: said with what to do, and nothing half written. Libraries of another home: used under the
//! names that it gives them.

use crate::koruc::{Place, executable, explain, root, text};
use crate::tidy::collect;
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("surroundings::no_linker", || check(None, "apt-get install lld-19")),
        Trial::test("surroundings::ill_linker", || {
            check(Some("#!/bin/sh\necho the linker is ill >&2\nexit 1\n"), "the linker is ill")
        }),
        Trial::test("surroundings::foundation", other_foundation),
        Trial::test("surroundings::targets", targets),
        Trial::test("surroundings::full_disk", full_disk),
        Trial::test("surroundings::outputs_that_cannot_be", outputs_that_cannot_be),
        Trial::test("surroundings::output_into_a_pipe", output_into_a_pipe),
        Trial::test("surroundings::commands_that_fail", commands_that_fail),
        Trial::test("surroundings::command_that_is_killed", command_that_is_killed),
        Trial::test("surroundings::time_of_tests", time_of_tests),
    ]
}

/// Compiles with this script as the only linker in the path.
fn check(linker: Option<&str>, expected: &str) -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let tools = place.path().join("tools");
    std::fs::create_dir(&tools)?;
    if let Some(script) = linker {
        let path = tools.join("ld.lld-19");
        std::fs::write(&path, script)?;
        Command::new("chmod").args(["+x", path.as_str()]).status()?;
    }
    let mut command = Command::new(executable());
    let output = command.arg("hello.kz").current_dir(place.path()).env("PATH", &tools).output()?;
    if output.status.code() != Some(3) || !text(&output.stderr).contains(expected) {
        return Err(explain(&output).into());
    }
    if place.path().join("a.out").exists() {
        return Err("an executable was left behind".into());
    }
    Ok(())
}

const PROGRAM: &str = "~import \"$ground/io\"\n\n~ground.io:print.ln(\"{{ 20 + 22:d }}\")\n";
const LIBRARIES: &str = r#"{ "foundation": "ground", "libraries": { "ground": "." } }"#;

/// The library that every program stands on, under another name: the compiler does not know the usual one.
fn other_foundation() -> Result<(), Failed> {
    let home = Place::copy_of(&root().join("std"));
    std::fs::write(home.path().join("libraries.json"), LIBRARIES)?;
    let mut files = Vec::new();
    collect(home.path(), &mut files);
    for file in files.iter().filter(|file| file.extension() == Some("kz")) {
        let text = std::fs::read_to_string(file)?.replace("$std/", "$ground/");
        std::fs::write(file, text.replace(r#"@import("std")"#, r#"@import("ground")"#))?;
    }
    let place = Place::new();
    std::fs::write(place.path().join("main.kz"), PROGRAM)?;
    let mut command = Command::new(executable());
    let compiled = command.arg("main.kz").current_dir(place.path()).env("KORU_HOME", home.path()).output()?;
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let ran = place.run(None, &[]);
    if text(&ran.stderr) == "42\n" { Ok(()) } else { Err(explain(&ran).into()) }
}

/// `koruc targets` has the rows of the table in its order, and says which of them is this machine.
fn targets() -> Result<(), Failed> {
    let output = Place::new().koruc(&["targets"]);
    let said = text(&output.stdout);
    let names: Vec<_> = said.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let here: Vec<_> = said.lines().filter(|line| line.ends_with("(this machine)")).collect();
    let is_here = here.len() == 1 && here[0].starts_with(Target::host().triple);
    let all: Vec<_> = TARGETS.iter().map(|target| target.triple).collect();
    if names == all && is_here { Ok(()) } else { Err(explain(&output).into()) }
}

/// A folder with one program in it.
fn place_with(program: &str) -> Result<Place, Failed> {
    let place = Place::new();
    std::fs::write(place.path().join("main.kz"), program)?;
    Ok(place)
}

/// The names in a folder, sorted.
fn names(place: &Place) -> Result<Vec<String>, Failed> {
    let entries = place.path().read_dir_utf8()?.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<_> = entries.iter().map(|entry| entry.file_name().to_owned()).collect();
    names.sort();
    Ok(names)
}

fn expect_names(place: &Place, expected: &[&str]) -> Result<(), Failed> {
    let found = names(place)?;
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}").into()) }
}

const SMALL: &str = "~import \"$std/io\"\n\n~std.io:println(text: \"hello\")\n";

/// No file may be longer than a block: as on a disk without room, every write says so.
fn full_disk() -> Result<(), Failed> {
    let place = place_with(SMALL)?;
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {} main.kz -O debug -g", executable());
    let output = Command::new("sh").args(["-c", &script]).current_dir(place.path()).output()?;
    if output.status.code() != Some(3) || !text(&output.stderr).contains("File too large") {
        return Err(explain(&output).into());
    }
    expect_names(&place, &["main.kz"])
}

fn outputs_that_cannot_be() -> Result<(), Failed> {
    let place = place_with(SMALL)?;
    std::fs::create_dir(place.path().join("folder"))?;
    for (name, said) in [
        ("folder", "error: folder: Is a directory (os error 21)"),
        ("no/where", "error: no/where: No such file or directory (os error 2)"),
        ("main.kz/app", "error: main.kz/app: Not a directory (os error 20)"),
    ] {
        let output = place.koruc(&["main.kz", "-o", name]);
        if output.status.code() != Some(3) || !text(&output.stderr).starts_with(said) {
            return Err(explain(&output).into());
        }
        expect_names(&place, &["folder", "main.kz"])?;
    }
    Ok(())
}

/// What is no ordinary file, `/dev/null` above all, stays what it is.
fn output_into_a_pipe() -> Result<(), Failed> {
    let place = place_with(SMALL)?;
    let pipe = place.path().join("pipe");
    Command::new("mkfifo").arg(&pipe).status()?;
    let reader = std::thread::spawn(move || std::fs::read(pipe));
    let output = place.koruc(&["main.kz", "-o", "pipe"]);
    if !output.status.success() {
        return Err(explain(&output).into());
    }
    let read = reader.join().map_err(|_| "the reader ended")??;
    if !read.starts_with(b"\x7fELF") {
        return Err(format!("{} bytes came through the pipe, and are no executable", read.len()).into());
    }
    expect_names(&place, &["main.kz", "pipe"])
}

const WRITER: &str = r#"~import "$std/io"

const std = @import("std");

~std.compiler:command.declare {
    "name": "write",
    "description": "writes files, and fails in many ways"
}

~[comptime|command]pub event write { program: *const Program, argv: []const []const u8 }

~proc write {
    const file = std.fs.cwd().createFile("text.txt", .{}) catch return;
    file.writeAll("the new text, ") catch return;
    const other = std.fs.cwd().createFile("other.txt", .{}) catch return;
    other.writeAll("another") catch return;
    switch (argv[0][0]) {
        'e' => std.process.exit(3),
        'p' => @panic("on purpose"),
        'f' => program.fail(std.compiler.Span.none, "wrong", ""),
        'b' => _ = program.build(),
        else => _ = std.process.Child.run(.{ .allocator = std.heap.c_allocator, .argv = &.{ "sh", "-c", "touch waits; sleep 60" } }) catch return,
    }
}

~event wrong {}
~proc wrong {
    nobody();
}

~wrong()
"#;

/// However a command fails, files that it had not closed are what they were.
fn commands_that_fail() -> Result<(), Failed> {
    for (word, status) in [("exits", 3), ("panics", 1), ("fails", 1), ("builds what is wrong", 1)] {
        let place = place_with(WRITER)?;
        std::fs::write(place.path().join("text.txt"), "the old text")?;
        let output = place.koruc(&["main.kz", "write", word]);
        if output.status.code() != Some(status) {
            return Err(explain(&output).into());
        }
        expect_names(&place, &["main.kz", "text.txt"]).map_err(|failed| format!("{word}: {failed:?}"))?;
        if std::fs::read_to_string(place.path().join("text.txt"))? != "the old text" {
            return Err(format!("a command that {word} changed its file").into());
        }
    }
    Ok(())
}

/// Nobody can clean up behind a command that is killed, but what has a name is whole.
fn command_that_is_killed() -> Result<(), Failed> {
    let place = place_with(WRITER)?;
    std::fs::write(place.path().join("text.txt"), "the old text")?;
    let mut command = Command::new(executable());
    command.args(["main.kz", "write", "waits"]).current_dir(place.path()).stderr(std::process::Stdio::null());
    let mut child = command.spawn()?;
    for _ in 0..3000 {
        if place.path().join("waits").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()?;
    let seen: Vec<_> = names(&place)?.into_iter().filter(|name| !name.starts_with('.')).collect();
    if seen != ["main.kz", "text.txt", "waits"] {
        return Err(format!("there are {seen:?}").into());
    }
    match std::fs::read_to_string(place.path().join("text.txt"))?.as_str() {
        "the old text" => Ok(()),
        other => Err(format!("the file holds {other:?}").into()),
    }
}

const SLOW: &str = r#"~import "$std/io"
~import "$std/testing"
~import "$std/time"

~[impure]test(slow) {
    ~std.time:sleep_ms(ms: 1100)
}
"#;

/// A test that runs a second says so to people, and how long it was to tools.
fn time_of_tests() -> Result<(), Failed> {
    let place = place_with(SLOW)?;
    let run = |more: &[&str]| {
        let mut command = Command::new(executable());
        command
            .args(["main.kz", "test"])
            .args(more)
            .current_dir(place.path())
            .env_remove("SOURCE_DATE_EPOCH");
        command.output()
    };
    let (people, json) = (run(&[])?, run(&["--json", "--junit", "result.xml"])?);
    let junit = std::fs::read_to_string(place.path().join("result.xml"))?;
    // A machine that is busy takes longer.
    let is_long = |text: &str, mark: &str| {
        let rest = text.split(mark).nth(1).unwrap_or("");
        let number = rest.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next();
        number.and_then(|number| number.parse::<f64>().ok()).is_some_and(|seconds| seconds >= 1.0)
    };
    let tells = is_long(&text(&people.stderr), "ok    slow, ");
    match tells && is_long(&text(&json.stdout), "\"seconds\": ") && is_long(&junit, "main.kz:5:10\" time=\"")
    {
        true => Ok(()),
        false => Err(format!("{}{}{junit}", explain(&people), explain(&json)).into()),
    }
}
