//! `koruc FILE verify PROGRAM`: is that file what FILE makes?
//!
//! The options are those of the build, on the command line as then: the answer is about exactly that call of koruc.

use super::build;
use super::map::{self, Stretch};
use super::report::Words;
use crate::pipeline::{self, Whole};
use crate::session::{Failed, Session, command_line, surroundings};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;
use std::fs;

/// So many items are named.
const NAMED: usize = 8;

/// Builds again and compares; the status is 1 where something differs.
pub fn verify(session: &mut Session, file: &Utf8Path, args: &[String]) -> Result<(), Failed> {
    let program = match args {
        [] => session.options.output.clone(),
        [program] => Utf8PathBuf::from(program),
        _ => return Err(command_line("`verify` takes one program: koruc FILE.kz verify a.out")),
    };
    let theirs = fs::read(&program).map_err(|error| surroundings(format!("{program}: {error}")))?;
    session.options.output.clone_from(&program);
    let Some(whole) = build(session, file)? else { return Ok(()) };
    let ours = &whole.files.shipped;
    if *ours == theirs {
        let text = format!("{program} is what {file} makes: {} bytes, all the same\n", ours.len());
        return pipeline::print(text.as_bytes());
    }
    let text =
        format!("{program} is not what {file} makes with these options\n") + &differences(&whole, &theirs);
    pipeline::print(text.as_bytes())?;
    Err(Failed::Program)
}

/// Where and in which items a file differs from what was built.
fn differences(whole: &Whole, theirs: &[u8]) -> String {
    let ours = &whole.files.shipped;
    let mut text = String::new();
    if ours.len() != theirs.len() {
        text += &format!("  it has {} bytes, and would have {}\n", theirs.len(), ours.len());
    }
    let words = Words { shipped: ours, graph: Some(&whole.graph), sources: &whole.cx.sources };
    let named = |stretch: &Stretch| {
        let item = words.item(stretch);
        format!("{} {} {}", item.kind, item.name, item.place).trim_end().to_owned()
    };
    let stretches = map::map(&whole.files).unwrap_or_default();
    let differs = |at: usize| ours.get(at) != theirs.get(at);
    let first = (0..ours.len().max(theirs.len())).find(|&at| differs(at)).unwrap_or(0);
    let here = stretches.iter().find(|stretch| stretch.places().contains(&first));
    let here = here.map_or_else(|| "behind its end".to_owned(), named);
    text += &format!("  the first difference is at byte {first} ({first:#x}): {here}\n");
    let items: BTreeSet<_> =
        stretches.iter().filter(|stretch| stretch.places().any(differs)).map(named).collect();
    text += &format!("  {} of its items differ\n", items.len());
    items.iter().take(NAMED).for_each(|item| text += &format!("    {item}\n"));
    text += if items.len() > NAMED { "    ..\n" } else { "" };
    text + "note: whoever built it may have used other options, another koruc, or other sources\n"
}
