//! What transforms give is the graph that the same steps give when somebody writes them.
//!
//! In: the files of tests/cases/graphs, each two programs with `// by hand` between them. Out: their graphs after the
//! passes, which must be equal letter by letter; where a file begins with `// executables`, what LLVM makes of them.
//! Nobody knows the right graph better than the second program.

use crate::koruc::{Place, explain, root, text};
use camino::Utf8Path;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// Stands between the two.
const MARK: &str = "// by hand\n";

pub fn trials() -> Vec<Trial> {
    let folder = root().join("tests/cases/graphs");
    let mut files: Vec<_> = folder.read_dir_utf8().into_iter().flatten().flatten().collect();
    files.sort_by_key(|file| file.file_name().to_owned());
    let trial = |file: camino::Utf8DirEntry| {
        let name = file.path().file_stem().unwrap_or_default().to_owned();
        Trial::test(format!("graphs::{name}"), move || compare(file.path()))
    };
    let mut trials: Vec<_> = files.into_iter().map(trial).collect();
    // Nothing to compare would be nothing wrong.
    if trials.is_empty() {
        trials.push(Trial::test("graphs::none", move || Err(format!("{folder} has no files").into())));
    }
    trials
}

fn compare(file: &Utf8Path) -> Result<(), Failed> {
    let both = fs::read_to_string(file)?;
    let (made, written) = both.split_once(MARK).ok_or("`// by hand` is missing")?;
    if both.starts_with("// executables\n") {
        return match executable(made)? == executable(written)? {
            true => Ok(()),
            false => Err("the executables differ".into()),
        };
    }
    let (made, written) = (graph(made)?, graph(written)?);
    match made == written {
        true => Ok(()),
        false => Err(format!("--- made\n{made}\n--- by hand\n{written}").into()),
    }
}

fn graph(program: &str) -> Result<String, Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), program)?;
    let output = place.koruc(&["main.kz", "--emit", "flow"]);
    if output.status.success() { Ok(text(&output.stdout).to_owned()) } else { Err(explain(&output).into()) }
}

fn executable(program: &str) -> Result<Vec<u8>, Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), program)?;
    let output = place.koruc(&["main.kz"]);
    if !output.status.success() {
        return Err(explain(&output).into());
    }
    Ok(fs::read(place.path().join("a.out"))?)
}
