//! `koruc fmt` over every Koru file of the repository: the same tree, and a fixed point.
//!
//! Files with mistakes are left alone. The repository's own Koru (not the cases, which have odd layout on
//! purpose) must be formatted already.

use crate::koruc::{Place, explain, root, text};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::FileId;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// Folders whose files `./dev fmt` keeps formatted.
const FORMATTED: [&str; 4] = ["std", "orisha", "docker-lib", "examples"];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("formatted::every_file_keeps_its_tree", every_file_keeps_its_tree),
        Trial::test("formatted::our_own_files", our_own_files),
        Trial::test("formatted::the_command", the_command),
    ]
}

fn every_file_keeps_its_tree() -> Result<(), Failed> {
    let mut files = files(&["tests/cases"]);
    files.extend(files_of_ours());
    if files.len() < 300 {
        return Err("most files are missing".into());
    }
    let wrong: Vec<String> = files.iter().filter_map(|file| keeps_its_tree(file).err()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn keeps_its_tree(path: &Utf8Path) -> Result<(), String> {
    let text = read(path);
    let Ok(once) = koru_syntax::format(FileId(0), &text) else { return Ok(()) };
    let tree = |text: &str| koru_syntax::dump(&koru_syntax::parse(FileId(0), text).0);
    if tree(&text) != tree(&once) {
        return Err(format!("{path}: another tree"));
    }
    match koru_syntax::format(FileId(0), &once) {
        Ok(twice) if twice == once => Ok(()),
        Ok(twice) => Err(format!("{path}: no fixed point\n{once}\n--- again\n{twice}")),
        Err(_) => Err(format!("{path}: what is printed has mistakes")),
    }
}

fn our_own_files() -> Result<(), Failed> {
    let is_off = |path: &Utf8PathBuf| {
        let text = read(path);
        koru_syntax::format(FileId(0), &text).is_ok_and(|printed| printed != text)
    };
    let off: Vec<String> = files_of_ours().into_iter().filter(is_off).map(|path| path.to_string()).collect();
    if off.is_empty() { Ok(()) } else { Err(format!("run ./dev fmt:\n{}", off.join("\n")).into()) }
}

/// Good files are written anew, bad ones left as they are, and `--check` writes nothing.
fn the_command() -> Result<(), Failed> {
    let place = Place::new();
    let (good, bad) = ("~a( )\n  | b |>_\n", "~event\n");
    for (name, text) in [("good.kz", good), ("bad.kz", bad)] {
        fs::write(place.path().join(name), text)?;
    }
    let checked = place.koruc(&["fmt", "--check", "good.kz"]);
    if checked.status.code() != Some(1)
        || text(&checked.stdout) != "good.kz\n"
        || read(&place.path().join("good.kz")) != good
    {
        return Err(format!("--check: {}", explain(&checked)).into());
    }
    let formatted = place.koruc(&["fmt", "."]);
    let said = text(&formatted.stderr);
    if formatted.status.code() != Some(1) || !said.contains("event declaration missing name") {
        return Err(format!("a file with mistakes: {}", explain(&formatted)).into());
    }
    if read(&place.path().join("good.kz")) != "~a()\n| b |> _\n" || read(&place.path().join("bad.kz")) != bad
    {
        return Err("the wrong file was written".into());
    }
    let again = place.koruc(&["fmt", "--check", "good.kz"]);
    if again.status.success() { Ok(()) } else { Err(explain(&again).into()) }
}

fn files_of_ours() -> Vec<Utf8PathBuf> {
    files(&FORMATTED)
}

fn files(folders: &[&str]) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    folders.iter().for_each(|folder| collect(&root().join(folder), &mut found));
    found.sort();
    found
}

fn collect(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(path, found);
        } else if path.extension() == Some("kz") {
            found.push(path.to_owned());
        }
    }
}

fn read(path: &Utf8Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
