//! The laws of the house that a machine can see: who may use whom, and who may name what.

use crate::koruc::{Place, explain, root};
use libtest_mimic::{Failed, Trial};
use std::fs;

/// Each crate, and what it may use of the others: only what is below it.
const EDGES: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("syntax", &["base"]),
    ("flow", &["base"]),
    ("hir", &["base", "syntax", "flow"]),
    ("meta", &["base", "syntax", "flow", "hir"]),
    ("llvm", &["base", "flow"]),
    ("koruc", &["base", "syntax", "flow", "hir", "meta", "llvm"]),
];

/// A word, and the only places below `compiler/` that may say it in code.
const DOORS: &[(&str, &[&str])] = &[
    ("inkwell", &["llvm/"]),
    ("annotate_snippets", &["base/src/render.rs"]),
    ("std::fs", &["koruc/"]),
    ("std::process", &["koruc/"]),
    ("std::env::var", &["koruc/"]),
    ("musl", &["base/src/targets.rs"]),
    ("clang", &["base/src/targets.rs", "koruc/src/foreign.rs", "koruc/src/foreign/clang.rs"]),
    ("lld", &["base/src/targets.rs", "koruc/src/link.rs", "koruc/src/link/"]),
];

/// Names of libraries and tools the compiler must not know.
const STRANGERS: &[&str] = &["docker", "orisha", "epoll", "kqueue"];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("law::edges", edges),
        Trial::test("law::doors", doors),
        Trial::test("law::strangers", strangers),
        Trial::test("law::same_bytes", same_bytes),
    ]
}

fn edges() -> Result<(), Failed> {
    for (name, allowed) in EDGES {
        let manifest = fs::read_to_string(root().join(format!("compiler/{name}/Cargo.toml")))?;
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("");
        let dependencies = dependencies.split("\n[").next().unwrap_or("");
        for line in dependencies.lines().filter_map(|line| line.strip_prefix("koru-")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or("");
            if !allowed.contains(&used) {
                return Err(format!("koru-{name} must not use koru-{used}").into());
            }
        }
    }
    Ok(())
}

/// Lines of a file that are code: neither comments nor below the first test module.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    let lines = code.lines().enumerate();
    lines.filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(number, line)| (number + 1, line))
}

fn sources() -> Vec<(String, String)> {
    let top = root().join("compiler");
    let mut files = Vec::new();
    crate::tidy::collect(&top, &mut files);
    let read = |path: camino::Utf8PathBuf| {
        let name = path.strip_prefix(&top).map(|path| path.to_string()).unwrap_or_default();
        Some((name, fs::read_to_string(&path).ok()?))
    };
    let sources = files.into_iter().filter(|path| path.extension() == Some("rs"));
    sources
        .filter_map(read)
        .filter(|(name, _)| !name.contains("/tests") && !name.ends_with("build.rs"))
        .collect()
}

fn doors() -> Result<(), Failed> {
    for (name, text) in sources() {
        for (word, places) in DOORS {
            let hit = code(&text).find(|(_, line)| line.contains(word));
            if let (Some((number, _)), false) = (hit, places.iter().any(|place| name.starts_with(place))) {
                return Err(
                    format!("compiler/{name}:{number} names {word}, which belongs to {places:?}").into()
                );
            }
        }
    }
    Ok(())
}

fn strangers() -> Result<(), Failed> {
    for (name, text) in sources() {
        for stranger in STRANGERS {
            if let Some((number, _)) = code(&text).find(|(_, line)| line.to_lowercase().contains(stranger)) {
                return Err(format!("compiler/{name}:{number} knows {stranger} by name").into());
            }
        }
    }
    Ok(())
}

/// The same program in two folders becomes the same file.
fn same_bytes() -> Result<(), Failed> {
    let compile = || -> Result<Vec<u8>, Failed> {
        let place = Place::copy_of(&root().join("examples"));
        let compiled = place.koruc(&["countdown.kz"]);
        if !compiled.status.success() {
            return Err(explain(&compiled).into());
        }
        Ok(fs::read(place.path().join("a.out"))?)
    };
    if compile()? == compile()? { Ok(()) } else { Err("two compilations gave two files".into()) }
}
