//! A linker that is missing or fails: said with what to do, exit code 3, and nothing half written.

use crate::koruc::{Place, executable, explain, root, text};
use libtest_mimic::{Failed, Trial};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("surroundings::no_linker", || check(None, "apt-get install lld-19")),
        Trial::test("surroundings::ill_linker", || {
            check(Some("#!/bin/sh\necho the linker is ill >&2\nexit 1\n"), "the linker is ill")
        }),
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
