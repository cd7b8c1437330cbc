//! `koruc FILE inspect` and `koruc FILE verify`: what a program is made of, and whether a file is what a program makes.
//!
//! In: a file, and words. Out: the program is built aside, with lines known and symbols kept, which changes no byte of it; its bytes
//! are then given to items, its system calls listed. Nothing is written but what is asked for.

pub mod budget;
mod changes;
mod drawing;
mod kernel;
mod map;
mod reach;
mod report;
mod said;
mod verify;

use crate::disk::Disk;
use crate::link::Files;
use crate::pipeline::{self, Whole};
use crate::runtime;
use crate::session::{Failed, Session, command_line, surroundings};
use camino::{Utf8Path, Utf8PathBuf};
use kernel::Kernel;
use koru_base::Sources;
use koru_base::diagnostic::closest;
use report::{Report, Words};
use std::fs;

pub use verify::verify;

/// What is asked.
#[derive(Default)]
struct Questions {
    is_json: bool,
    is_all: bool,
    is_profile: bool,
    picture: Option<String>,
    item: Option<String>,
    other: Option<String>,
}

const WORDS: [&str; 6] = ["--json", "--all", "--seccomp", "--svg", "--why", "--diff"];

impl Questions {
    fn read(args: &[String]) -> Result<Questions, Failed> {
        let mut asked = Questions::default();
        let mut args = args.iter();
        while let Some(word) = args.next() {
            let (word, value) = match word.split_once('=') {
                Some((word, value)) => (word, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || {
                let value = value.clone().or_else(|| args.next().cloned());
                value.ok_or_else(|| command_line(format!("`inspect {word}` lacks what it is about")))
            };
            match word {
                "--json" => asked.is_json = true,
                "--all" => asked.is_all = true,
                "--seccomp" => asked.is_profile = true,
                "--svg" => asked.picture = Some(value()?),
                "--why" => asked.item = Some(value()?),
                "--diff" => asked.other = Some(value()?),
                _ => {
                    let near = closest(word, WORDS).map(|near| format!("; did you mean `{near}`?"));
                    let near = near.unwrap_or_default();
                    return Err(command_line(format!("`inspect` knows no `{word}`{near}")));
                }
            }
        }
        Ok(asked)
    }
}

/// Builds the program and answers.
pub fn inspect(session: &mut Session, file: &Utf8Path, args: &[String]) -> Result<(), Failed> {
    let asked = Questions::read(args)?;
    let other = asked.other.as_deref().map(|other| read_other(other.into())).transpose()?;
    let Some(whole) = build(session, file)? else { return Ok(()) };
    let kernel = kernel::of(&whole, &preparation(session, &whole)?);
    if asked.is_profile {
        return profile(&whole, &kernel);
    }
    if let Some(item) = &asked.item {
        return why(&whole, item);
    }
    let Some(stretches) = map::map(&whole.files) else {
        koru_base::bug!("inspect", "the program is no executable");
    };
    let report = Report::new(&whole, &stretches, kernel.asked);
    if let Some(picture) = &asked.picture {
        fs::write(picture, drawing::draw(&report))
            .map_err(|error| surroundings(format!("{picture}: {error}")))?;
    }
    let text = match (&other, asked.is_json) {
        (Some(other), true) => format!("{:#}\n", said::changes_json(other, &report)),
        (Some(other), false) => said::changes(other, &report),
        (None, true) => format!("{:#}\n", report.json()),
        (None, false) if asked.picture.is_some() => String::new(),
        (None, false) => {
            said::report(&report, asked.is_all)
                + &said::kernel(&report.asked, &kernel.hidden, whole.has_foreign)
        }
    };
    pipeline::print(text.as_bytes())
}

/// Builds the program in a folder of its own, which goes again.
fn build(session: &mut Session, file: &Utf8Path) -> Result<Option<Whole<'static>>, Failed> {
    if session.options.emit.is_some() {
        return Err(command_line(
            "`--emit` prints a stage of the compilation: there is no program to look at",
        ));
    }
    let folder = tempfile::tempdir().map_err(surroundings)?;
    // The name of its debug file is a part of a program.
    let name = session.options.output.file_name().unwrap_or("a.out");
    let Some(program) = Utf8Path::from_path(folder.path()).map(|path| path.join(name)) else {
        return Err(surroundings("the temporary folder's name is not UTF-8"));
    };
    session.options.output = program;
    session.is_inspected = true;
    let cx = pipeline::load(session, &Disk, file)?;
    pipeline::build_whole(session, &Disk, file, cx)
}

/// The graphs of what is linked with the program to prepare it.
fn preparation(session: &Session, whole: &Whole) -> Result<Vec<koru_flow::Graph>, Failed> {
    if !whole.is_prepared {
        return Ok(Vec::new());
    }
    Ok(vec![runtime::preparation_graph(session, &Disk, whole.built.target)?])
}

/// A saved report, or what a file says that was built before.
fn read_other(path: &Utf8Path) -> Result<Report, Failed> {
    let bytes = fs::read(path).map_err(|error| surroundings(format!("{path}: {error}")))?;
    if let Some(report) = std::str::from_utf8(&bytes).ok().and_then(Report::read) {
        return Ok(report);
    }
    let beside = Utf8PathBuf::from(format!("{path}.debug"));
    let whole = fs::read(beside).unwrap_or_else(|_| bytes.clone());
    let files = Files { shipped: bytes, whole };
    let Some(stretches) = map::map(&files) else {
        return Err(command_line(format!("{path} is neither a program nor a report of `inspect --json`")));
    };
    let words = Words { shipped: &files.shipped, graph: None, sources: &Sources::default() };
    let items = words.items(&stretches);
    Ok(Report { bytes: files.shipped.len() as u64, items, ..Report::default() })
}

/// Prints the way from where the program begins to an item.
fn why(whole: &Whole, item: &str) -> Result<(), Failed> {
    let reach = reach::Reach::new(&whole.lowered);
    let quoted = format!("{item:?}");
    let Some(chain) = reach.chain(item).or_else(|| reach.chain(&quoted)) else {
        let names = reach.names();
        let near = closest(item, names.iter().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(command_line(format!("nothing that the program reaches is called `{item}`{near}")));
    };
    pipeline::print(said::chain(&chain, &whole.cx.sources).as_bytes())
}

/// Prints the profile of the program's system calls.
fn profile(whole: &Whole, kernel: &Kernel) -> Result<(), Failed> {
    if whole.has_foreign {
        return Err(surroundings(
            "the program has code in it that is not Koru's: nobody knows what that asks of the kernel",
        ));
    }
    if let Some(place) = kernel.hidden.first() {
        return Err(surroundings(format!(
            "{place}: this assembly calls the kernel with a number that is not known"
        )));
    }
    let profile = kernel::profile(&kernel.asked, whole.built.target);
    pipeline::print(format!("{profile:#}\n").as_bytes())
}
