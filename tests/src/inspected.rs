//! What `koruc FILE inspect` says: its pictures, comparisons and reasons are of all bytes, and files that are none are refused.
//!
//! In: examples, built here. That the JSON of each example adds up to its bytes stands in examples.rs.

use crate::koruc::{Place, explain, root, text};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::ops::RangeInclusive;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("inspected::tables", tables),
        Trial::test("inspected::picture", picture),
        Trial::test("inspected::why", why),
        Trial::test("inspected::changes", changes),
        Trial::test("inspected::hostile_programs", hostile_programs),
        Trial::test("inspected::hostile_reports", hostile_reports),
        Trial::test("inspected::listing", listing),
        Trial::test("inspected::ways", ways),
    ]
}

/// What koruc prints of a program of the examples.
fn said(place: &Place, words: &[&str]) -> Result<String, Failed> {
    let output = place.koruc(words);
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(explain(&output).into()) }
}

/// The examples, with a program compiled, and its bytes.
fn built(program: &str) -> Result<(Place, u64), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    said(&place, &[program])?;
    let bytes = fs::metadata(place.path().join("a.out"))?.len();
    Ok((place, bytes))
}

/// The tables for people: segments, kinds and items are all of the file.
fn tables() -> Result<(), Failed> {
    let (place, bytes) = built("simple_server.kz")?;
    for words in [&["simple_server.kz", "inspect"][..], &["simple_server.kz", "inspect", "--all"]] {
        let said = said(&place, words)?;
        for title in ["by segment", "by kind", "by item"] {
            let table =
                said.split("\n\n").find(|part| part.starts_with(title)).ok_or("a table is missing")?;
            let rows =
                table.lines().skip(1).map(|row| row.split_whitespace().next().unwrap_or("").parse::<u64>());
            let sum: u64 = rows.sum::<Result<_, _>>()?;
            if sum != bytes {
                return Err(format!("{title}: {sum} bytes of {bytes}\n{table}").into());
            }
        }
    }
    Ok(())
}

/// A way to save bytes as `--without` names it, an example that it makes smaller, and by how many bytes: the header's 48
/// exactly, LLVM's passes at least so many.
const WAYS: [(&str, &str, RangeInclusive<u64>); 2] =
    [("folded-header", "countdown.kz", 48..=48), ("lean-passes", "simple_server.kz", 100..=u64::MAX)];

/// Each way to save bytes has a switch that leaves it out, and saves what the table says; the table has every switch.
fn ways() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let known = switches(&place)?;
    if let Some(way) = known.iter().find(|&way| !WAYS.iter().any(|(named, ..)| named == way)) {
        return Err(format!("nobody says what `{way}` saves").into());
    }
    let bytes = |words: &[&str]| -> Result<u64, Failed> {
        said(&place, &[&["--target", "x86_64-linux-musl"], words].concat())?;
        Ok(fs::metadata(place.path().join("a.out"))?.len())
    };
    for (way, program, wanted) in WAYS {
        let (with, without) = (bytes(&[program])?, bytes(&["--without", way, program])?);
        if !without.checked_sub(with).is_some_and(|saved| wanted.contains(&saved)) {
            return Err(
                format!("{program}: {with} bytes, {without} without {way}; {wanted:?} to save").into()
            );
        }
    }
    Ok(())
}

/// What `--without` takes, as the refusal of an unknown word lists it: the switch is not in the help.
fn switches(place: &Place) -> Result<Vec<String>, Failed> {
    let refused = text(&place.koruc(&["--without", "nothing-of-the-kind", "hello.kz"]).stderr);
    let list = refused.split_once("[possible values: ").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.ok_or_else(|| format!("no list of ways:\n{refused}"))?;
    Ok(list.split(", ").map(str::to_owned).collect())
}

/// The picture names all bytes, and its rectangles are as large as what they stand for.
fn picture() -> Result<(), Failed> {
    let (place, bytes) = built("simple_server.kz")?;
    said(&place, &["simple_server.kz", "inspect", "--svg", "map.svg"])?;
    let svg = fs::read_to_string(place.path().join("map.svg"))?;
    let (mut sum, mut areas) = (0, 0.0);
    for part in svg.split("<title>").skip(1) {
        let (title, rest) = part.split_once("</title>").ok_or("a title has no end")?;
        let (front, _) = title.rsplit_once(" bytes").ok_or("a title without bytes")?;
        let size: u64 = front.rsplit(' ').next().unwrap_or("").parse()?;
        let side = |name: &str| -> Result<f64, Failed> {
            let value = rest.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            Ok(value.ok_or("a rectangle without sides")?.parse()?)
        };
        let area = side("width")? * side("height")?;
        let wanted = 1200.0 * 800.0 * size as f64 / bytes as f64;
        // Sides are rounded to tenths.
        if (area - wanted).abs() > 80.0 + wanted * 0.01 {
            return Err(format!("{title} has an area of {area}, {wanted} is right").into());
        }
        sum += size;
        areas += area;
    }
    match sum == bytes && (areas - 960_000.0_f64).abs() < 2_000.0 {
        true => Ok(()),
        false => Err(format!("the picture has {sum} bytes of {bytes} on {areas}").into()),
    }
}

/// The way to an item begins at the start, and each line is named by the one in front of it.
fn why() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let said = said(&place, &["simple_server.kz", "inspect", "--why", "orisha.http:parse"])?;
    let steps: Vec<_> = said.lines().map(|line| line.trim().trim_start_matches("names ")).collect();
    let is_in_order = steps.first().is_some_and(|first| first.starts_with("_start"))
        && steps.last().is_some_and(|last| last.starts_with("orisha.http:parse "));
    let astray = place.koruc(&["simple_server.kz", "inspect", "--why", "orisha.http:pars"]);
    let is_refused = text(&astray.stderr).contains("did you mean `orisha.http:parse`?");
    if is_in_order && is_refused { Ok(()) } else { Err(format!("{said}{}", explain(&astray)).into()) }
}

/// Changes between two programs add up to the difference of their bytes, however they are told.
fn changes() -> Result<(), Failed> {
    let (place, bytes) = built("countdown.kz")?;
    fs::write(place.path().join("before.json"), said(&place, &["hello.kz", "inspect", "--json"])?)?;
    said(&place, &["hello.kz", "-g", "-o", "hello"])?;
    let before = fs::metadata(place.path().join("hello"))?.len();
    for other in ["before.json", "hello"] {
        let told: Value =
            serde_json::from_str(&said(&place, &["countdown.kz", "inspect", "--diff", other, "--json"])?)?;
        let list = told["changes"].as_array().ok_or("no list of changes")?;
        let sum: i64 = list.iter().filter_map(|change| change["change"].as_i64()).sum();
        let shown = said(&place, &["countdown.kz", "inspect", "--diff", other])?;
        let rows = shown.lines().skip(1).filter_map(|row| row.split_whitespace().next()?.parse::<i64>().ok());
        let (shown_sum, known) = (rows.sum::<i64>(), told["before"].as_i64().unwrap_or(0));
        if sum != bytes as i64 - known || shown_sum != sum || told["now"] != bytes {
            return Err(format!("{other}: {sum} of {known} to {bytes}\n{shown}").into());
        }
        // A program that is there counts as it is, with the name of its debug file.
        if other == "hello" && known != before as i64 {
            return Err(format!("hello has {before} bytes, {known} are compared").into());
        }
    }
    Ok(())
}

/// A file whose numbers are wrong is compared as far as that is possible, or refused in words.
fn hostile_programs() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    said(&place, &["hello.kz", "-g"])?;
    let (program, debug) =
        (fs::read(place.path().join("a.out"))?, fs::read(place.path().join("a.out.debug"))?);
    let mut tried = 0;
    let mut attempt = |program: &[u8], debug: &[u8], what: String| -> Result<(), Failed> {
        fs::write(place.path().join("bad"), program)?;
        fs::write(place.path().join("bad.debug"), debug)?;
        let output = place.koruc(&["hello.kz", "inspect", "--diff", "bad"]);
        let is_refused = output.status.code() == Some(2)
            && text(&output.stderr) == "error: bad is neither a program nor a report of `inspect --json`\n";
        tried += usize::from(is_refused);
        if output.status.success() || is_refused {
            Ok(())
        } else {
            Err(format!("{what}: {}", explain(&output)).into())
        }
    };
    // Places in the file's header, and words of the first two headers behind it: offset, address, sizes.
    let words = [32, 40].into_iter().chain([72, 80, 96, 104, 128, 136, 152, 160]);
    for at in words.filter(|at| at + 8 <= program.len()) {
        for value in [u64::MAX, 1 << 63, 1 << 40] {
            let mut bad = program.clone();
            bad[at..at + 8].copy_from_slice(&value.to_le_bytes());
            attempt(&bad, &debug, format!("{value:#x} at {at}"))?;
        }
    }
    for size in [0, 4, 63, 64, 100, program.len() - 1] {
        attempt(&program[..size], &debug, format!("{size} bytes of it"))?;
    }
    // Symbols and sections of the file for debuggers: numbers of eight bytes that are too large, here and there.
    let mut at = 40;
    while at + 8 <= debug.len() {
        let mut bad = debug.clone();
        bad[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        attempt(&program, &bad, format!("the debug file at {at}"))?;
        at += (debug.len() / 40).next_multiple_of(8);
    }
    if tried > 5 { Ok(()) } else { Err(format!("only {tried} were refused").into()) }
}

/// Reports with numbers nobody wrote.
fn hostile_reports() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let item =
        |bytes: Value| json!({ "kind": "data", "name": "a", "segment": "code", "bytes": bytes, "place": "" });
    let report = |bytes: Value, items: Vec<Value>| json!({ "schema": 1, "target": "x", "bytes": bytes, "items": items });
    let most = json!(u64::MAX);
    for bad in [
        report(most.clone(), vec![item(most.clone())]),
        report(json!(0), vec![item(most.clone()), item(json!(1))]),
        report(json!(i64::MIN), vec![]),
        report(json!(1), vec![]),
        report(json!(1.5), vec![item(json!(1.5))]),
        json!({ "schema": 2 }),
        json!([]),
    ] {
        fs::write(place.path().join("bad.json"), bad.to_string())?;
        let output = place.koruc(&["hello.kz", "inspect", "--diff", "bad.json"]);
        if output.status.code() != Some(2) || !text(&output.stderr).contains("bad.json is neither") {
            return Err(format!("{bad}: {}", explain(&output)).into());
        }
    }
    Ok(())
}

/// Assembly shows the lines of Koru it was made from, each in front of its code, on every target.
fn listing() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let source = fs::read_to_string(place.path().join("countdown.kz"))?;
    for target in koru_base::targets::TARGETS {
        let said = said(&place, &["--target", target.triple, "--emit", "asm", "countdown.kz"])?;
        let mut shown = 0;
        for (index, line) in said.lines().enumerate() {
            let Some((_, rest)) = line.split_once(" countdown.kz:") else { continue };
            let (number, code) =
                rest.split_once(": ").ok_or_else(|| format!("a line without its text: {line}"))?;
            let written = source.lines().nth(number.parse::<usize>()? - 1).unwrap_or("").trim();
            if written != code.trim() {
                return Err(format!("line {number} is `{written}`, shown as `{code}`").into());
            }
            shown += usize::from(said.lines().nth(index + 1).is_some_and(|next| next.starts_with('\t')));
        }
        if shown < 3 || said.contains(".debug_") {
            return Err(format!("{}: {shown} lines of the program are shown\n{said}", target.triple).into());
        }
    }
    Ok(())
}
