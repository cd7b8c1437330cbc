//! Examples: every one compiles for every target to as many bytes as the ledger says, and those that end are run.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root, text};
use crate::ledger;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// A test for every program in `examples/`. `NAME.out` beside it is what it prints.
pub fn trials() -> Vec<Trial> {
    let folder = root().join("examples");
    let mut names: Vec<_> = folder.read_dir_utf8().into_iter().flatten().flatten().collect();
    names.sort_by_key(|entry| entry.file_name().to_owned());
    let programs =
        names.into_iter().filter_map(|entry| entry.file_name().strip_suffix(".kz").map(str::to_owned));
    programs.map(|name| Trial::test(format!("example::{name}"), move || check(&name))).collect()
}

fn check(name: &str) -> Result<(), Failed> {
    let expected = fs::read_to_string(root().join(format!("examples/{name}.out"))).ok();
    for target in TARGETS.iter().filter(|target| can_run(target)) {
        let place = Place::copy_of(&root().join("examples"));
        let compiled = place.koruc(&["--target", target.triple, &format!("{name}.kz")]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        let bytes = fs::metadata(place.path().join("a.out"))?.len();
        ledger::expect(name, target.triple, bytes)?;
        let Some(expected) = &expected else { continue };
        let output = place.run(emulator(target), &[]);
        let printed = text(&output.stdout) + &text(&output.stderr);
        if printed != *expected || !output.status.success() {
            return Err(format!("{}: {}", target.triple, explain(&output)).into());
        }
    }
    Ok(())
}
