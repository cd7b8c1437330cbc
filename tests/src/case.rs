//! Golden folders: the files present say what is tested.
//!
//! `main.kz` is compiled with the words in `args` (if any). `compile.stderr`: it must not compile, and says
//! this; with `compile.status`, koruc ends with that status instead of 1, and 0 means a warning or a command's
//! talk. `compile.stdout`: what koruc prints as its result. `run.stdout`, `run.stderr`, `run.status`: it
//! compiles, runs natively and on every other target that can be emulated here, and does this; so does what
//! is made without our passes over the graph; `run.args` are its arguments, `run.stdin` its standard input; a
//! signal is a status of 128 and its number. `needs` says what it takes beyond the front end: `link`, `clang`,
//! and `libc`, C's library for a target. `objects` says which objects and archives are made of its C before
//! koruc runs. A README.md says in one sentence what would be wrong if it failed.

use crate::koruc::{Place, explain, root, text};
use crate::objects;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A test for every golden folder.
pub fn trials() -> Vec<Trial> {
    let trial = |(name, folder): (String, Utf8PathBuf)| {
        let lacks = lacks(&folder);
        if let Some(lacks) = lacks {
            eprintln!("skipped: case::{name} needs {lacks}; ./dev setup installs it");
        }
        Trial::test(format!("case::{name}"), move || run(&folder)).with_ignored_flag(lacks.is_some())
    };
    folders().into_iter().map(trial).collect()
}

/// What a folder needs and this machine has not.
fn lacks(folder: &Utf8Path) -> Option<&'static str> {
    let needs = words(folder.join("needs"));
    let needs = |word: &str| needs.iter().any(|one| one == word);
    if needs("clang") && !["clang-19", "clang"].into_iter().any(is_program) {
        return Some("clang");
    }
    (needs("libc") && !TARGETS.iter().any(|target| has_library(target) && can_run(target))).then_some("libc")
}

/// Is C's library for the target on this machine?
fn has_library(target: &Target) -> bool {
    Utf8Path::new(target.c.folder).join(target.c.archive).is_file()
}

/// Every folder below `tests/cases` that has a `main.kz`, with its name.
pub fn folders() -> Vec<(String, Utf8PathBuf)> {
    let top = root().join("tests/cases");
    let mut folders = Vec::new();
    collect(&top, &mut folders);
    folders.sort();
    let name = |folder: &Utf8Path| folder.strip_prefix(&top).map(|path| path.to_string()).unwrap_or_default();
    folders.into_iter().map(|folder| (name(&folder), folder)).collect()
}

fn collect(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    if folder.join("main.kz").is_file() {
        return found.push(folder.to_owned());
    }
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(entry.path(), found);
        }
    }
}

fn words(path: Utf8PathBuf) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn run(folder: &Utf8Path) -> Result<(), Failed> {
    let has = |file: &str| folder.join(file).is_file();
    let runs = has("run.stdout") || has("run.stderr") || has("run.status");
    if has("compile.stderr") || has("compile.stdout") {
        compile(folder)
    } else if runs {
        let needs_library = words(folder.join("needs")).iter().any(|word| word == "libc");
        let can_link = |target: &Target| !needs_library || has_library(target);
        let targets = TARGETS.iter().filter(|target| can_run(target) && can_link(target));
        targets.into_iter().try_for_each(|target| compile_and_run(folder, target, "all"))?;
        let without = |failed: Failed| format!("without passes: {}", failed.message().unwrap_or(""));
        compile_and_run(folder, Target::host(), "none").map_err(|failed| without(failed).into())
    } else {
        Err("the folder has a main.kz and no expectation".into())
    }
}

/// The words koruc is called with; `main.kz` alone where `args` is missing.
pub fn arguments(folder: &Utf8Path) -> Vec<String> {
    let args = words(folder.join("args"));
    if args.is_empty() { vec!["main.kz".into()] } else { args }
}

fn compile(folder: &Utf8Path) -> Result<(), Failed> {
    let place = Place::copy_of(folder);
    objects::make(&place, Target::host())?;
    let args = arguments(folder);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let output = place.koruc(&args);
    if folder.join("compile.stderr").is_file() {
        expect(folder, "compile.stderr", &text(&output.stderr))?;
        let expected = number(folder, "compile.status").unwrap_or(1);
        if status_of(output.status) != expected {
            return Err(format!("koruc ends with {}, not {expected}", output.status).into());
        }
        if expected != 0 && place.path().join("a.out").exists() {
            return Err("an executable was left behind".into());
        }
    }
    if folder.join("compile.stdout").is_file() {
        expect(folder, "compile.stdout", &text(&output.stdout))?;
    }
    Ok(())
}

/// The number in a file of the folder, if it is there.
pub fn number(folder: &Utf8Path, file: &str) -> Option<i32> {
    words(folder.join(file)).first().and_then(|word| word.parse().ok())
}

/// Native, or with an emulator that is installed.
pub fn can_run(target: &Target) -> bool {
    target == Target::host() || emulator(target).is_some()
}

/// What runs a target's programs here; None for native ones.
pub fn emulator(target: &Target) -> Option<&'static str> {
    let is_foreign = target.triple != Target::host().triple;
    (is_foreign && is_program(target.emulator)).then_some(target.emulator)
}

/// Is there a program of this name?
fn is_program(name: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').any(|folder| Utf8Path::new(folder).join(name).is_file())
}

fn compile_and_run(folder: &Utf8Path, target: &Target, passes: &str) -> Result<(), Failed> {
    let place = Place::copy_of(folder);
    objects::make(&place, target)?;
    let own = arguments(folder);
    let mut args = vec!["--target", target.triple, "--passes", passes];
    args.extend(own.iter().map(String::as_str));
    let compiled = place.koruc(&args);
    if !compiled.status.success() {
        return Err(format!("does not compile for {}:\n{}", target.triple, explain(&compiled)).into());
    }
    let args = words(folder.join("run.args"));
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let input = folder.join("run.stdin");
    let output = place.run_with(emulator(target), &args, input.is_file().then_some(&input));
    let status = status_of(output.status);
    let expected = number(folder, "run.status").unwrap_or(0);
    expect_printed(folder, &text(&output.stdout), &said(&output.stderr))
        .map_err(|failed| on(target, failed))?;
    if status != expected {
        return Err(on(target, format!("ends with {}, not {expected}", output.status).into()));
    }
    Ok(())
}

/// What the program wrote to standard error, without the emulator's own line about a signal.
fn said(bytes: &[u8]) -> String {
    let text = text(bytes);
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("qemu: uncaught target signal"));
    lines.collect()
}

/// As a shell says it: 128 and the signal for a program that was killed.
fn status_of(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

fn on(target: &Target, failed: Failed) -> Failed {
    format!("{}: {}", target.triple, failed.message().unwrap_or("")).into()
}

/// Compares what a program printed with the folder's files; where none is, it prints nothing.
pub fn expect_printed(folder: &Utf8Path, stdout: &str, stderr: &str) -> Result<(), Failed> {
    let printed = [("run.stdout", stdout), ("run.stderr", stderr)];
    let mut wanted =
        printed.into_iter().filter(|(file, text)| folder.join(file).is_file() || !text.is_empty());
    wanted.try_for_each(|(file, text)| expect(folder, file, text))
}

/// Compares with a file of the folder, or rewrites it.
pub fn expect(folder: &Utf8Path, file: &str, actual: &str) -> Result<(), Failed> {
    let path = folder.join(file);
    if std::env::var_os("KORU_BLESS").is_some() {
        return fs::write(&path, actual).map_err(|error| error.to_string().into());
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!("{file} differs\n--- expected\n{expected}\n--- actual\n{actual}").into())
}
