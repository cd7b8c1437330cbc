//! The programs of `benches/programs`: each does what it should where it is not measured, and while compiling too.
//!
//! In: `NAME.kz`, and `NAME.out`, all that it prints without arguments from `input.fasta`. Out: a test each, and one of
//! the programs that only measurements and fuzzing build.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::process::Output;

const FOLDER: &str = "benches/programs";
/// What no other test compiles.
const OTHERS: [&str; 5] = [
    "benches/chain/chain.kz",
    "benches/size/empty.kz",
    "benches/size/hello_float.kz",
    "benches/size/hello_integer.kz",
    "fuzz/http/parser.kz",
];
/// What every program may read.
const INPUT: &str = "input.fasta";
/// Those that read it cannot be evaluated: what is built reads no standard input.
const READERS: [&str; 2] = ["k-nucleotide", "reverse-complement"];

/// A test for every program that has its output beside it.
pub fn trials() -> Vec<Trial> {
    let entries = root().join(FOLDER).read_dir_utf8().into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().strip_suffix(".out").map(str::to_owned)).collect();
    names.sort();
    let others = Trial::test("bench::others", others_are_right);
    let own = names.into_iter().map(|name| Trial::test(format!("bench::{name}"), move || check(&name)));
    own.chain([others]).collect()
}

/// A change of a library must not be found out weeks later, by whoever measures next.
fn others_are_right() -> Result<(), Failed> {
    for file in OTHERS {
        let checked = Place::new().koruc(&["--check", root().join(file).as_str()]);
        if !checked.status.success() {
            return Err(format!("{file}\n{}", explain(&checked)).into());
        }
    }
    Ok(())
}

fn check(name: &str) -> Result<(), Failed> {
    let folder = root().join(FOLDER);
    let (source, wanted) = (format!("{name}.kz"), fs::read(folder.join(format!("{name}.out")))?);
    let place = Place::copy_of(&folder);
    for target in TARGETS.iter().filter(|target| can_run(target)) {
        let is_host = target == Target::host();
        for level in if is_host { &["debug", "small", "fast"][..] } else { &["small"] } {
            let compiled = place.koruc(&["-O", level, "--target", target.triple, &source]);
            if !compiled.status.success() {
                return Err(explain(&compiled).into());
            }
            let said = place.run_with(emulator(target), &[], Some(&folder.join(INPUT)));
            compare(&said, &wanted).map_err(|wrong| format!("{}, -O {level}: {wrong}", target.triple))?;
        }
    }
    if !READERS.contains(&name) {
        compare(&place.koruc(&["--emit", "run", &source]), &wanted)
            .map_err(|wrong| format!("evaluated: {wrong}"))?;
    }
    Ok(())
}

/// Text goes to standard error, pictures to standard output.
fn compare(said: &Output, wanted: &[u8]) -> Result<(), String> {
    let all = [said.stdout.as_slice(), &said.stderr].concat();
    if all == wanted && said.status.success() { Ok(()) } else { Err(explain(said)) }
}
