//! The golden folders once more, in this process and without LLVM: what is said of a wrong program, and what a
//! right one prints where the evaluator runs it.
//!
//! It takes a second where `case` takes ten, so this is what to run while a check is written, and what judges
//! mutants of the checks (`./dev mutants`). Folders whose words only the command line knows, or whose programs need
//! a real system, are not judged here: `case` has the last word on everything.

mod driver;
mod engine;

use crate::case;
use camino::{Utf8Path, Utf8PathBuf};
use engine::{Engine, Said};
use libtest_mimic::{Failed, Trial};
use std::env::var_os;
use std::thread;

/// Deep trees are walked by recursion; koruc gives itself as much.
const STACK: usize = 256 << 20;

/// A test for every golden folder that can be judged here, those with mistakes first.
pub fn trials() -> Vec<Trial> {
    if var_os("KORU_BLESS").is_some() {
        return Vec::new();
    }
    let folders = case::folders().into_iter().filter_map(|(name, folder)| Some((name, Front::of(folder)?)));
    let mut folders: Vec<_> = folders.collect();
    folders.sort_by_key(|(_, front)| front.runs);
    let trial = |(name, front): (String, Front)| Trial::test(format!("front::{name}"), move || judge(front));
    folders.into_iter().map(trial).collect()
}

/// A folder, and how it is judged.
struct Front {
    folder: Utf8PathBuf,
    engine: Engine,
    /// Has the program no mistake?
    runs: bool,
}

impl Front {
    fn of(folder: Utf8PathBuf) -> Option<Front> {
        let has = |file: &str| folder.join(file).is_file();
        let engine = Engine::new(&case::arguments(&folder))?;
        let runs = !has("compile.stderr");
        // What a signal ended is a diagnostic of the evaluator.
        let is_killed = case::number(&folder, "run.status").is_some_and(|status| status > 128);
        let is_beyond = has("needs")
            || has("compile.stdout")
            || has("run.args")
            || has("run.stdin")
            || is_killed
            || (engine.checks_only && runs);
        (!is_beyond && has(&engine.entry)).then_some(Front { folder, engine, runs })
    }

    fn judge(&self) -> Result<(), Failed> {
        let folder = &self.folder;
        let (said, status) = if self.runs {
            let Some(said) = self.engine.evaluate(folder) else { return Ok(()) };
            case::expect_printed(folder, &said.stdout, &said.stderr)?;
            (said, case::number(folder, "run.status").unwrap_or(0))
        } else {
            let Some(said) = self.engine.compile(folder) else { return Ok(()) };
            case::expect(folder, "compile.stderr", &said.stderr)?;
            (said, case::number(folder, "compile.status").unwrap_or(1))
        };
        let Said { status: actual, .. } = said;
        if actual == status { Ok(()) } else { Err(format!("it ends with {actual}, not {status}").into()) }
    }
}

/// Judges a folder; with KORU_FIRST_FAILURE, the first that fails ends everything.
fn judge(front: Front) -> Result<(), Failed> {
    let judge = move || front.judge().map_err(|failed| failed.message().unwrap_or("").to_owned());
    let judged = thread::Builder::new().stack_size(STACK).spawn(judge)?.join();
    let judged = judged.unwrap_or_else(|_| Err("it panics".into()));
    if judged.is_err() && var_os("KORU_FIRST_FAILURE").is_some() {
        std::process::exit(1);
    }
    judged.map_err(Failed::from)
}

/// What a folder's `main.kz` comes to when the evaluator runs it: a status and both streams.
pub fn evaluated(folder: &Utf8Path) -> (i32, String, String) {
    let nothing = || (-1, String::new(), "the evaluator cannot run this".to_owned());
    let evaluate = || Engine::new(&["main.kz".into()])?.evaluate(folder);
    let said = thread::scope(|scope| {
        let run = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, evaluate);
        run.ok().and_then(|run| run.join().ok().flatten())
    });
    said.map_or_else(nothing, |said| (said.status, said.stdout, said.stderr))
}
