//! The pages of `koruc explain`: a wrong program reports its code and no other, a right one reports nothing.
//!
//! Words behind the mark, as in `koru wrong names`, are given to koruc in the place of `check`.

use crate::book::{Block, blocks};
use crate::koruc::{Place, explain, text};
use koru_base::codes::{Row, TABLE};
use libtest_mimic::{Failed, Trial};
use std::fs;

pub fn trials() -> Vec<Trial> {
    TABLE.iter().map(|row| Trial::test(format!("explain::{}", row.code), move || page(row))).collect()
}

fn page(row: &Row) -> Result<(), Failed> {
    for block in blocks(row.page) {
        let mut words = block.mark.split(' ');
        let expected: &[&str] = match (words.next(), words.next()) {
            (Some("koru"), Some("wrong")) => &[row.code.as_str()],
            (Some("koru"), Some("right")) => &[],
            _ => return Err(format!("line {}: a block marked neither wrong nor right", block.line).into()),
        };
        let words: Vec<_> = words.collect();
        program(&block, &words, expected)?;
    }
    Ok(())
}

fn program(block: &Block, words: &[&str], expected: &[&str]) -> Result<(), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), &block.text)?;
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
