//! The rules of the book, and the cases that prove them.
//!
//! In: `<sup>flow.guards</sup>` behind a sentence of the book gives the rule it states a name, and a line
//! `rules: flow.guards` in a case's README.md says that the case proves it. Out: a rule is stated once, on
//! the page it is named after, and proved at least once; what is proved is stated. Codes are shown by cases too.

use crate::koruc::root;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::codes::TABLE;
use libtest_mimic::{Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("rules::stated_once", || stated().map(|_| ())),
        Trial::test("rules::proved", proved),
        Trial::test("rules::known", known),
        Trial::test("rules::named_by_language_cases", named_by_language_cases),
        Trial::test("rules::codes", codes),
    ]
}

/// Every rule and the page that states it; an error if two do, or the wrong page.
fn stated() -> Result<BTreeMap<String, Utf8PathBuf>, Failed> {
    let mut rules = BTreeMap::new();
    for path in markdown("docs/book") {
        let page = path.file_stem().unwrap_or("");
        for rule in marks(&fs::read_to_string(&path)?) {
            let topic = rule.split('.').next().unwrap_or("");
            if page.strip_suffix('s').unwrap_or(page) != topic {
                return Err(format!("{path}: rule `{rule}` belongs to another page").into());
            }
            if rules.insert(rule.clone(), path.clone()).is_some() {
                return Err(format!("{path}: rule `{rule}` is stated twice").into());
            }
        }
    }
    Ok(rules)
}

/// The names between `<sup>` and `</sup>`, in order; several may share one mark.
fn marks(page: &str) -> Vec<String> {
    let marks = page.split("<sup>").skip(1).filter_map(|rest| rest.split("</sup>").next());
    marks.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// Every case, and the rules its README.md names.
fn cases() -> Result<Vec<(Utf8PathBuf, Vec<String>)>, Failed> {
    let readmes = markdown("tests/cases").into_iter().filter(|path| path.file_name() == Some("README.md"));
    readmes.map(|path| Ok((path.clone(), named(&fs::read_to_string(&path)?)))).collect()
}

/// The names behind `rules:`, with commas between them.
fn named(readme: &str) -> Vec<String> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("rules:"));
    lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_owned()).collect()
}

fn markdown(folder: &str) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    crate::tidy::collect(&root().join(folder), &mut files);
    files.into_iter().filter(|path| path.extension() == Some("md")).collect()
}

/// Every rule has a case.
fn proved() -> Result<(), Failed> {
    let proved: BTreeSet<String> = cases()?.into_iter().flat_map(|(_, rules)| rules).collect();
    let rules = stated()?;
    none(rules.keys().filter(|rule| !proved.contains(*rule)), "no case proves")
}

/// Every rule a case names is in the book.
fn known() -> Result<(), Failed> {
    let rules = stated()?;
    let cases = cases()?;
    let unknown = cases.iter().flat_map(|(path, names)| {
        let unknown = names.iter().filter(|name| !rules.contains_key(*name));
        unknown.map(move |name| format!("{name} ({})", shown(path)))
    });
    none(unknown, "the book does not state")
}

/// A case of the language is about a rule.
fn named_by_language_cases() -> Result<(), Failed> {
    let cases = cases()?;
    let is_language = |path: &Utf8Path| shown(path).starts_with("tests/cases/language/");
    let silent = cases.iter().filter(|(path, rules)| is_language(path) && rules.is_empty());
    none(silent.map(|(path, _)| shown(path)), "no rule is named in")
}

/// Every code is shown by a case, word for word.
fn codes() -> Result<(), Failed> {
    let mut files = Vec::new();
    crate::tidy::collect(&root().join("tests/cases"), &mut files);
    let shown = files.iter().filter(|path| path.file_name() == Some("compile.stderr"));
    let shown: String = shown.filter_map(|path| fs::read_to_string(path).ok()).collect();
    let codes = TABLE.iter().map(|row| row.code.to_string());
    none(codes.filter(|code| !shown.contains(&format!("[{code}]"))), "no case shows")
}

fn shown(path: &Utf8Path) -> String {
    path.strip_prefix(root()).map(|path| path.to_string()).unwrap_or_default()
}

fn none(found: impl Iterator<Item = impl ToString>, what: &str) -> Result<(), Failed> {
    let found: Vec<String> = found.map(|item| item.to_string()).collect();
    if found.is_empty() { Ok(()) } else { Err(format!("{what}\n  {}", found.join("\n  ")).into()) }
}
