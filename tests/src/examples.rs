//! Examples: every one compiles for every target to as many bytes as the ledger says, and those that end are run.
//! Those that are folders also show what koruc says of their mistakes.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root, text};
use crate::ledger;
use camino::Utf8Path;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// A test for every program in `examples/`, and for those that are only there to be small. `NAME.out` beside it is what
/// it prints.
pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = ["examples", "benches/size"].into_iter().flat_map(programs_of).collect();
    trials.extend(
        projects().into_iter().map(|name| Trial::test(format!("example::{name}"), move || project(&name))),
    );
    trials
}

fn programs_of(folder: &'static str) -> Vec<Trial> {
    let mut names: Vec<_> = root().join(folder).read_dir_utf8().into_iter().flatten().flatten().collect();
    names.sort_by_key(|entry| entry.file_name().to_owned());
    let programs =
        names.into_iter().filter_map(|entry| entry.file_name().strip_suffix(".kz").map(str::to_owned));
    programs.map(|name| Trial::test(format!("example::{name}"), move || check(folder, &name))).collect()
}

/// The folders that hold a program of several files.
fn projects() -> Vec<String> {
    let folder = root().join("examples");
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let projects = entries.filter(|entry| entry.path().join("main.kz").is_file());
    let mut names: Vec<_> = projects.map(|entry| entry.file_name().to_owned()).collect();
    names.sort();
    names
}

/// `main.kz` prints `main.txt`; of each wrong program in `mistakes` koruc says what the text beside it says.
fn project(name: &str) -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples").join(name));
    let compiled = place.koruc(&["main.kz"]);
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let ran = place.run(None, &[]);
    expect_printed(&place.path().join("main.txt"), &(text(&ran.stdout) + &text(&ran.stderr)))?;
    let entries = place.path().join("mistakes").read_dir_utf8().into_iter().flatten().flatten();
    for wrong in entries.filter(|entry| entry.path().extension() == Some("kz")) {
        let said = place.koruc(&[&format!("mistakes/{}", wrong.file_name())]);
        expect_printed(&wrong.path().with_extension("txt"), &text(&said.stderr))?;
    }
    Ok(())
}

fn expect_printed(file: &Utf8Path, actual: &str) -> Result<(), Failed> {
    let expected = fs::read_to_string(file)?;
    let what = file.file_name().unwrap_or_default();
    let message = || format!("{what} differs\n--- expected\n{expected}\n--- actual\n{actual}");
    if expected == actual { Ok(()) } else { Err(message().into()) }
}

fn check(folder: &str, name: &str) -> Result<(), Failed> {
    let folder = root().join(folder);
    let expected = fs::read_to_string(folder.join(format!("{name}.out"))).ok();
    for target in TARGETS.iter().filter(|target| can_run(target)) {
        let place = Place::copy_of(&folder);
        let compiled = place.koruc(&["--target", target.triple, &format!("{name}.kz")]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        let bytes = fs::metadata(place.path().join("a.out"))?.len();
        ledger::expect(name, target.triple, bytes)?;
        sums_up(&place, name, target.triple, bytes)?;
        let Some(expected) = &expected else { continue };
        let output = place.run(emulator(target), &[]);
        let printed = text(&output.stdout) + &text(&output.stderr);
        if printed != *expected || !output.status.success() {
            return Err(format!("{}: {}", target.triple, explain(&output)).into());
        }
    }
    Ok(())
}

/// What `inspect` says of a program's items is all of its bytes.
fn sums_up(place: &Place, name: &str, target: &str, bytes: u64) -> Result<(), Failed> {
    let inspected = place.koruc(&["--target", target, &format!("{name}.kz"), "inspect", "--json"]);
    let report: serde_json::Value =
        serde_json::from_slice(&inspected.stdout).map_err(|_| explain(&inspected))?;
    for list in ["items", "segments", "kinds"] {
        let items = report[list].as_array().ok_or_else(|| format!("the report has no {list}"))?;
        let sum: u64 = items.iter().filter_map(|item| item["bytes"].as_u64()).sum();
        if sum != bytes {
            return Err(format!("{target}: the {list} have {sum} bytes, the file {bytes}").into());
        }
    }
    Ok(())
}
