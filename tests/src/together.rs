//! Small host programs, many in one: what a test of the host costs is calling koruc, not running.
//!
//! In: every file of host lines in a folder below `tests/cases/host` that has no `main.kz`. Its first comment
//! says what it proves, its lines `//> ` what it writes to standard error, as Zig said it (`./dev oracle`).
//! Out: a test a folder, whose one program calls each file's `main`, evaluated, at `-O debug` and `-O small`, and
//! on every other target that can be emulated here. What cannot run while compiling names the code of its refusal
//! in a line `// evaluator: KORU702`; `tests/cases/host/refused.txt` lists those, so that none is added unseen.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root, text};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::fmt::Write;
use std::fs;
use std::process::Output;

/// A file: its name without the ending, and all of its text.
struct Case {
    name: String,
    text: String,
}

/// A test for every folder that holds such files.
pub fn trials() -> Vec<Trial> {
    let top = root().join("tests/cases");
    let mut folders = Vec::new();
    collect(&top.join("host"), &mut folders);
    folders.sort();
    let name = |folder: &Utf8Path| folder.strip_prefix(&top).map(|path| path.to_string()).unwrap_or_default();
    let listed = Trial::test("together::refused", {
        let folders = folders.clone();
        move || list_refused(&folders)
    });
    folders
        .into_iter()
        .map(|folder| Trial::test(format!("together::{}", name(&folder)), move || run(&folder)))
        .chain([listed])
        .collect()
}

/// The list of cases that cannot run while compiling is the one that is written down.
fn list_refused(folders: &[Utf8PathBuf]) -> Result<(), Failed> {
    let path = root().join("tests/cases/host/refused.txt");
    let mut found = String::new();
    for folder in folders {
        for case in cases(folder) {
            if let Some(code) = case.refusal() {
                writeln!(found, "{}/{}: {code}", folder.file_name().unwrap_or_default(), case.name)?;
            }
        }
    }
    if std::env::var_os("KORU_BLESS").is_some() {
        fs::write(&path, &found)?;
    }
    if fs::read_to_string(&path).unwrap_or_default() == found {
        return Ok(());
    }
    Err(format!("{path} is not the list of cases that say `// evaluator:`, which is\n{found}").into())
}

fn collect(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    if folder.join("main.kz").is_file() {
        return;
    }
    if !cases(folder).is_empty() {
        found.push(folder.to_owned());
    }
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(entry.path(), found);
        }
    }
}

fn cases(folder: &Utf8Path) -> Vec<Case> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path().to_owned()).filter(|path| path.extension() == Some("kz"));
    let case = |path: Utf8PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some(Case { name: path.file_stem()?.to_owned(), text })
    };
    let mut cases: Vec<Case> = files.filter_map(case).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    /// What it writes, between the line with its name and the next one.
    fn expected(&self) -> String {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("//>"));
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.fold(format!("\n== {}\n", self.name), |said, line| said + line + "\n")
    }

    /// The code the evaluator refuses it with, if it does.
    fn refusal(&self) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("// evaluator: "))
    }
}

/// A program that says the name of each case and calls it.
fn program(cases: &[&Case]) -> Result<Place, Failed> {
    let place = Place::new();
    let mut main = "const print = @import(\"std\").debug.print;\npub fn main() !void {\n".to_owned();
    for Case { name, text } in cases {
        fs::write(place.path().join(format!("{name}.kz")), text)?;
        let attempt = if text.contains("pub fn main() !void") { "try " } else { "" };
        writeln!(
            main,
            "    print(\"\\n== {name}\\n\", .{{}});\n    {attempt}@import(\"{name}.kz\").main();"
        )?;
    }
    fs::write(place.path().join("main.kz"), main + "}\n")?;
    Ok(place)
}

fn run(folder: &Utf8Path) -> Result<(), Failed> {
    let cases = cases(folder);
    let (refused, evaluated): (Vec<&Case>, Vec<&Case>) =
        cases.iter().partition(|case| case.refusal().is_some());
    for case in refused {
        refuse(case)?;
    }
    said("evaluated", &evaluated, |place| place.koruc(&["--emit", "run", "main.kz"]))?;
    let all: Vec<&Case> = cases.iter().collect();
    said("-O debug", &all, |place| compiled(place, Target::host(), "debug"))?;
    let targets = TARGETS.iter().filter(|target| can_run(target));
    targets.into_iter().try_for_each(|target| {
        said(&format!("-O small, {}", target.triple), &all, |place| compiled(place, target, "small"))
    })
}

/// What the compiled program says, or koruc where it does not compile.
fn compiled(place: &Place, target: &Target, level: &str) -> Output {
    let output = place.koruc(&["--target", target.triple, "-O", level, "main.kz"]);
    if output.status.success() { place.run(emulator(target), &[]) } else { output }
}

fn said(how: &str, cases: &[&Case], run: impl Fn(&Place) -> Output) -> Result<(), Failed> {
    let output = run(&program(cases)?);
    let expected: String = cases.iter().map(|case| case.expected()).collect();
    if output.status.success() && output.stdout.is_empty() && text(&output.stderr) == expected {
        return Ok(());
    }
    Err(format!("{how}:\n{}", difference(cases, &output)).into())
}

/// The first case that says something else, or everything that was said where none can be blamed.
fn difference(cases: &[&Case], output: &Output) -> String {
    let said = text(&output.stderr);
    let (mut rest, mut position) = (said.as_str(), 0);
    while let Some(left) = cases.get(position).and_then(|case| rest.strip_prefix(&case.expected())) {
        (rest, position) = (left, position + 1);
    }
    match cases.get(position).filter(|_| position > 0 || rest.starts_with("\n== ")) {
        Some(case) => {
            let until = rest.get(1..).and_then(|rest| rest.find("\n== ")).map_or(rest.len(), |at| at + 1);
            format!("expected{}--- said, and ended with {}{}", case.expected(), output.status, &rest[..until])
        }
        None => explain(output),
    }
}

/// What cannot run while compiling is refused with the code it names.
fn refuse(case: &Case) -> Result<(), Failed> {
    let output = program(&[case])?.koruc(&["--emit", "run", "main.kz"]);
    let code = format!("[{}]", case.refusal().unwrap_or_default());
    if !output.status.success() && text(&output.stderr).contains(&code) {
        return Ok(());
    }
    Err(format!("{}: not refused with {code}\n{}", case.name, explain(&output)).into())
}
