//! The book: every code block marked `koru` compiles; one followed by a block marked `output` prints it.
//!
//! A block marked `console` has calls of koruc, `$ koruc main.kz ..`, each with what it prints below it.
//! One marked `koru wrong` is a program for such calls alone, and `koru file lib/x.kz` a file beside the programs
//! below it.

use crate::koruc::{Place, explain, root, text};
use camino::Utf8PathBuf;
use libtest_mimic::{Failed, Trial};
use std::fs;

pub fn trials() -> Vec<Trial> {
    let mut files = Vec::new();
    crate::tidy::collect(&root().join("docs/book"), &mut files);
    files.push(root().join("README.md"));
    let mut trials = vec![Trial::test("book::links", links)];
    for path in files.into_iter().filter(|path| path.extension() == Some("md")) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for program in programs(&text) {
            let name = format!("book::{}:{}", page(&path), program.block.line);
            trials.push(Trial::test(name, move || check(&program)));
        }
    }
    trials
}

fn page(path: &Utf8PathBuf) -> String {
    path.strip_prefix(root()).map(|path| path.to_string()).unwrap_or_default()
}

/// Text between fences, and what stands behind the first of them.
pub struct Block {
    pub line: usize,
    pub mark: String,
    pub text: String,
}

/// The fenced blocks of a page that have a mark; `text` says that nobody checks it.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(mark) = line.strip_prefix("```").filter(|mark| !mark.is_empty()) else { continue };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let text = body.map(|line| format!("{line}\n")).collect();
        if mark != "text" {
            found.push(Block { line: number + 1, mark: mark.to_owned(), text });
        }
    }
    found
}

/// A program, and what the page says of it.
struct Program {
    /// Names and texts of the files beside it.
    files: Vec<(String, String)>,
    block: Block,
    output: Option<String>,
    console: String,
}

fn programs(page: &str) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let mut files = Vec::new();
    for block in blocks(page) {
        match (block.mark.as_str(), programs.last_mut()) {
            ("koru" | "koru wrong", _) => {
                let files = std::mem::take(&mut files);
                programs.push(Program { files, block, output: None, console: String::new() });
            }
            ("output", Some(last)) => last.output = Some(block.text),
            ("console", Some(last)) => last.console += &block.text,
            (mark, _) => {
                let name = mark.strip_prefix("koru file ").map(str::to_owned);
                files.extend(name.map(|name| (name, block.text)));
            }
        }
    }
    programs
}

fn check(program: &Program) -> Result<(), Failed> {
    let place = place(&program.files, &program.block.text)?;
    calls(&place, &program.console)?;
    if program.block.mark == "koru wrong" {
        return Ok(());
    }
    let compiled = place.koruc(&["main.kz"]);
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let Some(expected) = &program.output else { return Ok(()) };
    let output = place.run(None, &[]);
    let printed = text(&output.stdout) + &text(&output.stderr);
    if printed == *expected { Ok(()) } else { Err(format!("it prints\n{printed}").into()) }
}

/// A folder with a program and the files beside it.
pub fn place(files: &[(String, String)], program: &str) -> Result<Place, Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), program)?;
    for (name, text) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)?;
    }
    Ok(place)
}

/// Runs each line `$ koruc ..` and compares with the lines up to the next.
fn calls(place: &Place, console: &str) -> Result<(), Failed> {
    for call in console.split("$ koruc ").skip(1) {
        let (words, expected) = call.split_once('\n').unwrap_or((call, ""));
        let words: Vec<_> = words.split_whitespace().collect();
        let output = place.koruc(&words);
        let printed = text(&output.stdout) + &text(&output.stderr);
        if printed != expected {
            return Err(format!("koruc {} prints\n{printed}", words.join(" ")).into());
        }
    }
    Ok(())
}

/// Links of the project's pages to files lead somewhere.
fn links() -> Result<(), Failed> {
    let mut files = Vec::new();
    crate::tidy::collect(root(), &mut files);
    for path in files.into_iter().filter(|path| path.extension() == Some("md")) {
        let (text, folder) = (fs::read_to_string(&path)?, path.parent().unwrap_or(root()));
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.contains(':') && !target.is_empty()) {
            if !folder.join(target).exists() {
                return Err(format!("{}: nothing is at `{target}`", page(&path)).into());
            }
        }
    }
    Ok(())
}
