//! The book: every code block marked `koru` compiles; one followed by a block marked `output` prints it.

use crate::koruc::{Place, explain, root, text};
use camino::Utf8PathBuf;
use libtest_mimic::{Failed, Trial};
use std::fs;

pub fn trials() -> Vec<Trial> {
    let mut files = Vec::new();
    crate::tidy::collect(&root().join("docs/book"), &mut files);
    files.push(root().join("README.md"));
    let mut trials = Vec::new();
    for path in files.into_iter().filter(|path| path.extension() == Some("md")) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for block in blocks(&text) {
            let name = format!("book::{}:{}", page(&path), block.line);
            trials.push(Trial::test(name, move || check(&block)));
        }
    }
    trials
}

fn page(path: &Utf8PathBuf) -> String {
    path.strip_prefix(root()).map(|path| path.to_string()).unwrap_or_default()
}

/// A program of the book.
struct Block {
    line: usize,
    program: String,
    output: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let body: String = body.map(|line| format!("{line}\n")).collect();
        match kind {
            "koru" => found.push(Block { line: number + 1, program: body, output: None }),
            "output" => {
                if let Some(last) = found.last_mut() {
                    last.output = Some(body);
                }
            }
            _ => {}
        }
    }
    found
}

fn check(block: &Block) -> Result<(), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), &block.program)?;
    let compiled = place.koruc(&["main.kz"]);
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let Some(expected) = &block.output else { return Ok(()) };
    let output = place.run(None, &[]);
    let printed = text(&output.stdout) + &text(&output.stderr);
    if printed == *expected { Ok(()) } else { Err(format!("it prints\n{printed}").into()) }
}
