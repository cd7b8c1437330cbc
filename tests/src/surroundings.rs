//! What koruc finds around itself. A linker that is missing or fails: said with what to do, exit code 3, and
//! nothing half written. Libraries of another home: used under the names that it gives them.

use crate::koruc::{Place, executable, explain, root, text};
use crate::tidy::collect;
use libtest_mimic::{Failed, Trial};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("surroundings::no_linker", || check(None, "apt-get install lld-19")),
        Trial::test("surroundings::ill_linker", || {
            check(Some("#!/bin/sh\necho the linker is ill >&2\nexit 1\n"), "the linker is ill")
        }),
        Trial::test("surroundings::foundation", other_foundation),
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
        std::fs::write(file, std::fs::read_to_string(file)?.replace("$std/", "$ground/"))?;
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
