//! Objects and archives that a golden folder requires: made by clang for each target before koruc runs.
//!
//! In: the folder's file `objects`, a line each: `half.o half.c`, or `libtwo.a one.c two.c`. Out: those files, in the
//! copy of the folder the case runs in. So no binary lies in the repository, and a case runs on every target.

use crate::koruc::Place;
use camino::Utf8Path;
use koru_base::Target;
use libtest_mimic::Failed;
use std::process::Command;

/// Makes what the folder's file `objects` names, if it has one.
pub fn make(place: &Place, target: &Target) -> Result<(), Failed> {
    let lines = std::fs::read_to_string(place.path().join("objects")).unwrap_or_default();
    for line in lines.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((made, sources)) = words.split_first() else { continue };
        match sources {
            [source] if made.ends_with(".o") => compile(place, target, source, made)?,
            _ => archive(place, target, sources, made)?,
        }
    }
    Ok(())
}

fn compile(place: &Place, target: &Target, source: &str, object: &str) -> Result<(), Failed> {
    let triple = format!("--target={}", target.llvm_triple);
    let mut words = vec![&*triple, "-O1", "-fPIE", "-ffreestanding", "-c", source, "-o", object];
    let abi = format!("-mabi={}", target.abi);
    if !target.abi.is_empty() {
        words.push(&abi);
    }
    run(place, &["clang-19", "clang"], &words)
}

fn archive(place: &Place, target: &Target, sources: &[&str], name: &str) -> Result<(), Failed> {
    let objects: Vec<String> =
        sources.iter().map(|source| Utf8Path::new(source).with_extension("o").to_string()).collect();
    for (source, object) in sources.iter().zip(&objects) {
        compile(place, target, source, object)?;
    }
    // With a date, an owner and a mode of nobody's.
    let words = ["rcsD", name].into_iter().chain(objects.iter().map(String::as_str));
    run(place, &["llvm-ar-19", "llvm-ar"], &words.collect::<Vec<_>>())
}

/// Runs the first of these programs that is there.
fn run(place: &Place, names: &[&str], words: &[&str]) -> Result<(), Failed> {
    for name in names {
        match Command::new(name).args(words).current_dir(place.path()).output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("{name} {words:?}: {said}").into());
            }
            Err(_) => {}
        }
    }
    Err(format!("none of {names:?} is on this machine").into())
}
