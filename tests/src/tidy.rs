//! Tidiness: sizes, headers, leftovers, and expectations nothing reads.

use crate::koruc::root;
use camino::{Utf8Path, Utf8PathBuf};
use libtest_mimic::{Failed, Trial};
use std::fs;

/// No file is longer.
const LONGEST: usize = 800;

/// Files the tests read in a case's folder; anything else is a part of the program.
const EXPECTATIONS: &[&str] = &[
    "args",
    "compile.stderr",
    "compile.stdout",
    "compile.status",
    "run.stdout",
    "run.stderr",
    "run.status",
    "run.args",
    "run.stdin",
    "README.md",
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("tidy::sizes", sizes),
        Trial::test("tidy::headers", headers),
        Trial::test("tidy::leftovers", leftovers),
        Trial::test("tidy::expectations", expectations),
    ]
}

/// Every file below a folder, build output and hidden folders aside.
pub fn collect(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) {
    let mut entries: Vec<_> = folder.read_dir_utf8().into_iter().flatten().flatten().collect();
    entries.sort_by_key(|entry| entry.file_name().to_owned());
    for entry in entries {
        let name = entry.file_name();
        if entry.path().is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(entry.path(), files);
            }
        } else {
            files.push(entry.into_path());
        }
    }
}

fn ours(endings: &[&str]) -> Vec<(Utf8PathBuf, String)> {
    let mut files = Vec::new();
    collect(root(), &mut files);
    let is_ours = |path: &Utf8PathBuf| path.extension().is_some_and(|ending| endings.contains(&ending));
    let read = |path: Utf8PathBuf| {
        Some((path.strip_prefix(root()).ok()?.to_owned(), fs::read_to_string(&path).ok()?))
    };
    files.into_iter().filter(is_ours).filter_map(read).collect()
}

fn sizes() -> Result<(), Failed> {
    for (path, text) in ours(&["rs", "kz", "lalrpop", "c", "py", "sh"]) {
        let lines = text.lines().count();
        if lines > LONGEST {
            return Err(format!("{path} has {lines} lines; {LONGEST} are the limit").into());
        }
    }
    Ok(())
}

fn headers() -> Result<(), Failed> {
    for (path, text) in ours(&["rs"]) {
        if !text.starts_with("//!") {
            return Err(format!("{path} does not open by saying what it is (`//!`)").into());
        }
    }
    let is_library =
        |path: &Utf8Path| ["std", "orisha", "docker-lib"].iter().any(|top| path.starts_with(top));
    for (path, text) in ours(&["kz"]).into_iter().filter(|(path, _)| is_library(path)) {
        if !text.starts_with("//") {
            return Err(format!("{path} does not open by saying what it is (`//`)").into());
        }
    }
    Ok(())
}

fn leftovers() -> Result<(), Failed> {
    // Written apart, so that this file does not find itself.
    let marks =
        [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("FIX", "ME"), concat!("dbg", "!(")];
    for (path, text) in ours(&["rs", "kz", "lalrpop"]) {
        for mark in marks {
            if let Some(number) = text.lines().position(|line| line.contains(mark)) {
                return Err(format!("{path}:{} has a leftover {mark}", number + 1).into());
            }
        }
    }
    Ok(())
}

fn expectations() -> Result<(), Failed> {
    let top = root().join("tests/cases");
    let mut files = Vec::new();
    collect(&top, &mut files);
    for path in files {
        let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else { continue };
        let looks_expected = name.starts_with("run.") || name.starts_with("compile.");
        if looks_expected && !EXPECTATIONS.contains(&name) {
            return Err(format!("{path} is an expectation nothing reads").into());
        }
        if EXPECTATIONS.contains(&name) && !folder.join("main.kz").is_file() {
            return Err(format!("{path} belongs to no case").into());
        }
    }
    Ok(())
}
