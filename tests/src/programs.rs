//! Generated programs: what is made at `-O debug`, what is made at `-O small`, and the evaluator, which
//! knows no LLVM and none of our passes, must say the same.
//!
//! Many programs share a file, so that koruc is called twice for all of them. KORU_PROGRAMS says how
//! many, KORU_SEED which. What fails is made smaller until nothing can be left out, formatted, and shown.

mod model;
mod write;

use crate::koruc::{Place, explain, text};
use koru_base::FileId;
use libtest_mimic::{Failed, Trial};
use model::{Program, program};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fmt::Write;
use std::process::Output;
use std::time::{Duration, Instant};

/// Programs of `./dev test`.
const PROGRAMS: usize = 200;
/// Programs in a file.
const BATCH: usize = 50;
/// How long a failing program is made smaller.
const SHRINKING: Duration = Duration::from_secs(60);

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("programs::three_ways_to_run_agree", three_ways_to_run_agree)]
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn three_ways_to_run_agree() -> Result<(), Failed> {
    let seed = number("KORU_SEED", 1) as u64;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut left = number("KORU_PROGRAMS", PROGRAMS);
    while left > 0 {
        let count = left.min(BATCH);
        left -= count;
        let trees: Result<Vec<_>, _> = (0..count).map(|_| program().new_tree(&mut runner)).collect();
        let mut trees = trees.map_err(|reason| reason.to_string())?;
        let programs: Vec<_> = trees.iter().map(ValueTree::current).collect();
        if disagreement(&programs).is_some() {
            let guilty =
                programs.iter().position(|program| disagreement(std::slice::from_ref(program)).is_some());
            let Some(guilty) = guilty else {
                return Err(format!("seed {seed}: only together:\n{}", source(&programs)).into());
            };
            return Err(format!("seed {seed}: {}", smallest(&mut trees[guilty])).into());
        }
    }
    Ok(())
}

/// The smallest program below this one that fails, and how.
fn smallest(tree: &mut impl ValueTree<Value = Program>) -> String {
    let fails = |program: Program| disagreement(&[program]);
    let mut shown = fails(tree.current()).unwrap_or_default();
    let start = Instant::now();
    while start.elapsed() < SHRINKING {
        if !tree.simplify() {
            break;
        }
        // What does not fail any more is taken back.
        loop {
            if let Some(said) = fails(tree.current()) {
                shown = said;
                break;
            }
            if start.elapsed() > SHRINKING || !tree.complicate() {
                return shown;
            }
        }
    }
    shown
}

/// The file these programs make.
fn source(programs: &[Program]) -> String {
    let mut untidy = write::PREAMBLE.to_owned();
    for (number, program) in programs.iter().enumerate() {
        untidy += &write::write(program, number);
    }
    match koru_syntax::format(FileId(0), &untidy) {
        Ok(text) => text,
        // koruc will say what is wrong with it.
        Err(_) => untidy,
    }
}

/// The programs and what is said in three ways, where it is not the same.
fn disagreement(programs: &[Program]) -> Option<String> {
    let place = Place::new();
    let source = source(programs);
    if let Err(error) = std::fs::write(place.path().join("main.kz"), &source) {
        return Some(error.to_string());
    }
    let (status, stdout, stderr) = crate::front::evaluated(place.path());
    let debug = compiled(&place, "debug");
    let small = compiled(&place, "small");
    let agrees = |output: &Output| {
        output.status.code() == Some(status)
            && text(&output.stdout) == stdout
            && text(&output.stderr) == stderr
    };
    if status == 0 && agrees(&debug) && agrees(&small) {
        return None;
    }
    let mut shown = format!("the outputs differ, or there is none\n{source}");
    let _ = writeln!(shown, "--- evaluated\n{status}\n{stdout}\n{stderr}");
    for (name, output) in [("-O debug", debug), ("-O small", small)] {
        let _ = writeln!(shown, "--- {name}\n{}", explain(&output));
    }
    Some(shown)
}

/// What the compiled program says, or koruc where it does not compile.
fn compiled(place: &Place, level: &str) -> Output {
    let output = place.koruc(&["-O", level, "main.kz"]);
    if output.status.success() { place.run(None, &[]) } else { output }
}
