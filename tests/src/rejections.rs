//! Programs that Zig rejects for their types, rejected here too, and at the same place.
//!
//! In: files of host functions in `tests/cases/rejections`. A line with a mistake ends in `// HOST002 12-15`:
//! the code koruc gives it, and the columns Zig 0.15.1 underlines (`./dev oracle` compares those). Out: one
//! test, and one call of koruc: every mistake is reported once, begins inside those columns, and nothing else is.

use crate::koruc::{Place, root, text};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

/// A mistake that is expected.
struct Mistake {
    code: String,
    columns: (usize, usize),
}

/// Where something stands: file and line.
type At = (String, usize);

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("rejections::where_zig_rejects", where_zig_rejects)]
}

fn where_zig_rejects() -> Result<(), Failed> {
    let place = Place::new();
    let mut expected = BTreeMap::new();
    let mut main =
        "fn keep(function: anytype) void {\n    _ = function;\n}\npub fn main() void {\n".to_owned();
    for entry in root().join("tests/cases/rejections").read_dir_utf8()?.flatten() {
        let (name, text) = (entry.file_name(), fs::read_to_string(entry.path())?);
        fs::write(place.path().join(name), &text)?;
        let functions = text.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next());
        for function in functions {
            writeln!(main, "    keep(&@import(\"{name}\").{function});")?;
        }
        expected.extend(mistakes(name, &text));
    }
    fs::write(place.path().join("main.kz"), main + "}\n")?;
    let shown = text(&place.koruc(&["main.kz"]).stderr);
    let wrong = compare(expected, &shown);
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{shown}", wrong.join("\n")).into()) }
}

fn mistakes(name: &str, text: &str) -> Vec<(At, Mistake)> {
    let mistake = |line: &str| {
        let (code, columns) = line.rsplit_once("// ")?.1.split_once(' ')?;
        let (first, last) = columns.split_once('-')?;
        let columns = (first.parse().ok()?, last.parse().ok()?);
        Some(Mistake { code: code.to_owned(), columns })
    };
    let lines = text.lines().enumerate();
    lines.filter_map(|(line, text)| Some(((name.to_owned(), line + 1), mistake(text)?))).collect()
}

/// What is missing, what is elsewhere, and what nobody expects.
fn compare(mut expected: BTreeMap<At, Mistake>, shown: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (code, at, column) in reported(shown) {
        match expected.remove(&at) {
            Some(Mistake { code: wanted, columns: (first, last) }) => {
                if code != wanted || !(first..=last).contains(&column) {
                    wrong.push(format!(
                        "{}:{}: {code} at {column}, not {wanted} in {first}-{last}",
                        at.0, at.1
                    ));
                }
            }
            None => wrong.push(format!("{}:{}:{column}: {code} is not expected", at.0, at.1)),
        }
    }
    let missing = expected.iter().map(|(at, mistake)| format!("{}:{}: no {}", at.0, at.1, mistake.code));
    wrong.extend(missing);
    wrong
}

/// Code, place and column of every error in what koruc says.
fn reported(shown: &str) -> Vec<(String, At, usize)> {
    let mut code = None;
    let mut found = Vec::new();
    for line in shown.lines() {
        if let Some(rest) = line.strip_prefix("error[") {
            code = rest.split(']').next();
        } else if let Some(place) = line.trim_start().strip_prefix("--> ")
            && let Some(code) = code.take()
        {
            let mut parts = place.rsplitn(3, ':');
            let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
            let (column, line) = (number(), number());
            found.push((code.to_owned(), (parts.next().unwrap_or("").to_owned(), line), column));
        }
    }
    found
}
