//! What a program is made of, as data: for people, for machines, and to be compared.
//!
//! In: the stretches of a file, and the graph they were made from. Out: items in Koru's words with their bytes, which
//! together are the file. A report is written as JSON and read back from it.

use super::kernel::Asked;
use super::map::{Owner, Segment, Stretch};
use crate::pipeline::Whole;
use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use koru_base::Sources;
use koru_flow::{Global, Graph};
use object::{Object, ObjectSection};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The schema number changes when a field goes or changes its meaning; new fields may come without.
pub(super) const SCHEMA: u64 = 1;

/// A part of a program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Item {
    /// event, flow, function, string, data, runtime, header, addresses, constants, padding or section.
    pub kind: String,
    pub name: String,
    pub segment: String,
    pub bytes: u64,
    /// Where it is declared; empty where it is in no file.
    pub place: String,
}

/// All of a program.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Report {
    pub target: String,
    pub bytes: u64,
    /// The largest first.
    pub items: Vec<Item>,
    /// Bytes of code by the file they are written in.
    pub sources: Vec<(String, u64)>,
    /// The same by the event or function.
    pub written: Vec<(String, u64)>,
    pub asked: Vec<Asked>,
}

impl Report {
    /// Of a file that was just made.
    pub fn new(whole: &Whole, stretches: &[Stretch], asked: Vec<Asked>) -> Report {
        let lines = lines(&whole.files.whole, stretches).unwrap_or_default();
        let declared = Declared::of(&whole.lowered, &whole.cx.sources);
        Report {
            target: whole.built.target.triple.to_owned(),
            bytes: whole.built.bytes,
            items: Words {
                shipped: &whole.files.shipped,
                graph: Some(&whole.graph),
                sources: &whole.cx.sources,
            }
            .items(stretches),
            sources: sums(lines.iter().map(|(file, _, bytes)| (file.clone(), *bytes))),
            written: sums(lines.iter().map(|(file, line, bytes)| (declared.around(file, *line), *bytes))),
            asked,
        }
    }

    /// Bytes by one of an item's words, the largest first.
    pub fn sums(&self, word: impl Fn(&Item) -> &str) -> Vec<(String, u64)> {
        sums(self.items.iter().map(|item| (word(item).to_owned(), item.bytes)))
    }

    pub fn json(&self) -> Value {
        let items = self.items.iter().map(|item| {
            let Item { kind, name, segment, bytes, place } = item;
            json!({ "kind": kind, "name": name, "segment": segment, "bytes": bytes, "place": place })
        });
        let named = |pairs: Vec<(String, u64)>| -> Vec<_> {
            pairs.into_iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes })).collect()
        };
        json!({
            "schema": SCHEMA,
            "target": self.target,
            "bytes": self.bytes,
            "segments": named(self.sums(|item| &item.segment)),
            "kinds": named(self.sums(|item| &item.kind)),
            "items": items.collect::<Vec<_>>(),
            "written": named(self.written.clone()),
            "sources": named(self.sources.clone()),
            "system_calls": self.asked.iter().map(Asked::json).collect::<Vec<_>>(),
        })
    }

    /// What can be compared of a saved report; nothing where the text is none, or its items are not its bytes.
    pub fn read(text: &str) -> Option<Report> {
        let value: Value = serde_json::from_str(text).ok()?;
        if value.get("schema")?.as_u64()? != SCHEMA {
            return None;
        }
        let text = |of: &Value, key: &str| of.get(key)?.as_str().map(str::to_owned);
        let items = value.get("items")?.as_array()?.iter().map(|item| {
            Some(Item {
                kind: text(item, "kind")?,
                name: text(item, "name")?,
                segment: text(item, "segment")?,
                bytes: item.get("bytes")?.as_u64()?,
                place: text(item, "place")?,
            })
        });
        let items: Vec<Item> = items.collect::<Option<_>>()?;
        let bytes = value.get("bytes")?.as_u64().filter(|&bytes| i64::try_from(bytes).is_ok())?;
        // So no sum of some of them is too large.
        let all = items.iter().try_fold(0, |sum: u64, item| sum.checked_add(item.bytes))?;
        (all == bytes).then_some(Report {
            target: text(&value, "target")?,
            bytes,
            items,
            ..Report::default()
        })
    }
}

/// Bytes by name, the largest first.
fn sums(pairs: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut sums = BTreeMap::<_, u64>::new();
    pairs.for_each(|(name, bytes)| *sums.entry(name).or_default() += bytes);
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}

/// What is known of a file's symbols.
pub struct Words<'w> {
    pub shipped: &'w [u8],
    /// Of the program the file was made from; nothing where that is not at hand.
    pub graph: Option<&'w Graph>,
    pub sources: &'w Sources,
}

impl Words<'_> {
    /// Stretches of one owner together, the largest first.
    pub fn items(&self, stretches: &[Stretch]) -> Vec<Item> {
        let mut sums = BTreeMap::<_, u64>::new();
        for stretch in stretches {
            let item = Item { bytes: 0, ..self.item(stretch) };
            *sums.entry(item).or_default() += stretch.bytes as u64;
        }
        let mut items: Vec<_> = sums.into_iter().map(|(item, bytes)| Item { bytes, ..item }).collect();
        items.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.cmp(b)));
        items
    }

    /// How the owner of a stretch is called.
    pub fn item(&self, stretch: &Stretch) -> Item {
        let plain = |kind, name: &str| (kind, name.to_owned(), String::new());
        let (kind, name, place) = match &stretch.owner {
            Owner::Symbol(symbol) => self.symbol(symbol, stretch),
            Owner::FileHeader => plain("header", "file header"),
            Owner::ProgramHeaders => plain("header", "program headers"),
            Owner::Relocations => plain("addresses", "addresses corrected at start"),
            Owner::Constants => plain("constants", "constants of the code"),
            Owner::Padding => plain("padding", "padding"),
            Owner::Section(name) => plain("section", name),
        };
        let segment = stretch.segment.name().to_owned();
        Item { kind: kind.to_owned(), name, segment, bytes: stretch.bytes as u64, place }
    }

    /// Kind, name and place of a symbol.
    fn symbol(&self, symbol: &str, stretch: &Stretch) -> (&'static str, String, String) {
        let Some(graph) = self.graph else { return self.stranger(symbol, stretch) };
        if let Some(global) = graph.globals.iter().find(|global| global.name == symbol) {
            return match text_of(global) {
                Some(text) => ("string", text, String::new()),
                None => ("data", symbol.to_owned(), String::new()),
            };
        }
        // LLVM puts a number or a word behind the name of what it made of a function.
        let mut name = symbol;
        loop {
            let found = graph.functions.iter().find(|function| function.name == name);
            match (found, name.rsplit_once('.')) {
                (Some(function), _) => {
                    return (kind_of(name), symbol.to_owned(), self.sources.place(function.span));
                }
                (None, Some((front, _))) => name = front,
                (None, None) => return ("runtime", symbol.to_owned(), String::new()),
            }
        }
    }

    /// The same of a file whose program is not at hand: texts have numbers for names.
    fn stranger(&self, symbol: &str, stretch: &Stretch) -> (&'static str, String, String) {
        let bytes = &self.shipped[stretch.start..stretch.start + stretch.bytes];
        let is_data = symbol.strip_prefix("data.").is_some_and(|rest| rest.parse::<u32>().is_ok());
        match (is_data, as_text(bytes)) {
            (true, Some(text)) => ("string", text, String::new()),
            (true, None) => ("data", symbol.to_owned(), String::new()),
            _ => (kind_of(symbol), symbol.to_owned(), String::new()),
        }
    }
}

/// Of a function's name: an event's has a colon.
pub fn kind_of(name: &str) -> &'static str {
    let Some((_, event)) = name.split('(').next().unwrap_or(name).split_once(':') else { return "function" };
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    if event.strip_prefix("flow").is_some_and(is_number) { "flow" } else { "event" }
}

/// A global as text, as the language writes it; nothing where it is none.
pub fn text_of(global: &Global) -> Option<String> {
    // A text may end with a zero that is not among its bytes.
    let is_whole = global.size - global.bytes.len() as u64 <= 1;
    let is_text = global.is_const && global.relocations.is_empty() && is_whole;
    as_text(&global.bytes).filter(|_| is_text)
}

fn as_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.strip_suffix(&[0]).unwrap_or(bytes)).ok()?;
    let is_shown = |letter: char| !letter.is_control() || "\n\r\t".contains(letter);
    (!text.is_empty() && text.chars().all(is_shown)).then(|| format!("{text:?}"))
}

/// Where events and functions begin, by file.
#[derive(Default)]
struct Declared(BTreeMap<String, BTreeMap<u32, String>>);

impl Declared {
    fn of(graph: &Graph, sources: &Sources) -> Declared {
        let mut declared = Declared::default();
        for function in graph.functions.iter() {
            let span = sources.written(function.span);
            if let Some(source) = sources.get(span.file).filter(|_| span.is_written()) {
                let line = sources.position(span.file, span.start).line;
                let name = function.name.as_str().split('(').next().unwrap_or_default().to_owned();
                declared.0.entry(source.path.to_string()).or_default().insert(line, name);
            }
        }
        declared
    }

    /// What a line is a part of; the file where nothing begins in front of it.
    fn around(&self, file: &str, line: u32) -> String {
        let before = self.0.get(file).and_then(|lines| lines.range(..=line).next_back());
        before.map_or_else(|| file.to_owned(), |(_, name)| name.clone())
    }
}

/// File, line and bytes of the code of a file with lines.
fn lines(whole: &[u8], stretches: &[Stretch]) -> Option<Vec<(String, u32, u64)>> {
    let object = object::File::parse(whole).ok()?;
    object.section_by_name(".debug_line")?;
    let section = |id: SectionId| {
        let data = object.section_by_name(id.name()).and_then(|section| section.data().ok());
        Ok::<_, addr2line::gimli::Error>(EndianSlice::new(data.unwrap_or(&[]), LittleEndian))
    };
    let context = Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
    let is_code = |stretch: &&Stretch| stretch.segment == Segment::Code;
    let code: Vec<_> = stretches
        .iter()
        .filter(is_code)
        .map(|stretch| stretch.address..stretch.address + stretch.bytes as u64)
        .collect();
    let found = context.find_location_range(0, u64::MAX).ok()?;
    let found = found.filter(|(start, bytes, _)| *bytes > 0 && code.iter().any(|code| code.contains(start)));
    let place = |(_, bytes, place): (u64, u64, addr2line::Location)| {
        let file = place.file.unwrap_or("").trim_start_matches("./");
        (file.to_owned(), place.line.unwrap_or(0), bytes)
    };
    Some(found.map(place).collect())
}
