//! The pages of `koruc explain`: a wrong program reports its code and no other, a right one reports nothing.
//!
//! Words behind the mark, as in `koru wrong names`, are given to koruc in the place of `check`. A block marked
//! `koru file lib/x.kz` is a file beside all programs below it.

use crate::book::{Block, blocks, place};
use crate::koruc::{explain, text};
use koru_base::codes::{Row, TABLE};
use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    TABLE.iter().map(|row| Trial::test(format!("explain::{}", row.code), move || page(row))).collect()
}

fn page(row: &Row) -> Result<(), Failed> {
    let mut files = Vec::new();
    for block in blocks(row.page) {
        if let Some(name) = block.mark.strip_prefix("koru file ") {
            files.push((name.to_owned(), block.text));
            continue;
        }
        let mut words = block.mark.split(' ');
        let expected: &[&str] = match (words.next(), words.next()) {
            (Some("koru"), Some("wrong")) => &[row.code.as_str()],
            (Some("koru"), Some("right")) => &[],
            _ => return Err(format!("line {}: a block marked neither wrong nor right", block.line).into()),
        };
        let words: Vec<_> = words.collect();
        program(&files, &block, &words, expected)?;
    }
    Ok(())
}

fn program(
    files: &[(String, String)],
    block: &Block,
    words: &[&str],
    expected: &[&str],
) -> Result<(), Failed> {
    let place = place(files, &block.text)?;
    let mut args = vec!["--message-format", "json", "main.kz"];
    args.extend(if words.is_empty() { &["check"] } else { words });
    let output = place.koruc(&args);
    let records = text(&output.stdout);
    let mut codes: Vec<_> =
        records.split(r#""code":""#).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    codes.dedup();
    if codes == expected {
        return Ok(());
    }
    Err(format!("line {}: reported {codes:?}, not {expected:?}\n{}", block.line, explain(&output)).into())
}
