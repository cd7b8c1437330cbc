//! What LLVM calls on its own: memcpy, memset, wide division.
//!
//! In: the undefined symbols of objects. Out: objects that define them, each compiled from the file of
//! its name in `std/rt`, without LLVM recognising in it the very function it is; and what nobody defines.

use crate::disk::Disk;
use crate::foreign::Foreign;
use crate::link::{defined_symbols, is_made_by_linker, undefined_symbols};
use crate::pipeline;
use crate::session::{Failed, Session, surroundings};
use camino::Utf8PathBuf;
use koru_base::{Files, Target, bug};
use koru_hir::{koru, lower};
use std::collections::{BTreeMap, BTreeSet};

/// Where a program begins whose data is prepared first; the preparation goes on at `_start`.
pub const PREPARED_ENTRY: &str = "koru_prepare_start";

/// A name for messages, and the bytes.
pub type Object = (String, Vec<u8>);

/// What objects define and want; who wants it first.
#[derive(Default)]
struct Table {
    defined: BTreeSet<String>,
    wanted: BTreeMap<String, String>,
}

impl Table {
    fn add(&mut self, (name, bytes): &Object) {
        self.defined.extend(defined_symbols(bytes));
        for symbol in undefined_symbols(bytes) {
            self.wanted.entry(symbol).or_insert_with(|| name.clone());
        }
    }
}

/// Adds objects for everything the given ones lack, and for what those lack: of C's library where the program has
/// it, else of `std/rt`. Gives what nobody defines, and the object that asked first.
pub fn complete(
    session: &Session,
    disk: &Disk,
    objects: &mut Vec<Object>,
    foreign: &Foreign,
    target: &'static Target,
) -> Result<Vec<(String, String)>, Failed> {
    let (mut table, mut missing) = (Table::default(), Vec::new());
    objects.iter().for_each(|object| table.add(object));
    while let Some((symbol, who)) = table.wanted.pop_first() {
        if table.defined.contains(&symbol) || is_made_by_linker(&symbol) {
            continue;
        }
        let object = match foreign.find(&symbol) {
            Some(object) => object,
            None if knows(disk, &symbol) => {
                (symbol.clone(), compile(session, disk, &format!("rt/{symbol}"), target)?)
            }
            None => {
                table.defined.insert(symbol.clone());
                missing.push((symbol, who));
                continue;
            }
        };
        table.add(&object);
        objects.push(object);
    }
    Ok(missing)
}

/// Is the symbol one that `std/rt` has?
pub fn knows(disk: &Disk, symbol: &str) -> bool {
    let file = Disk::libraries().ok().and_then(|libraries| runtime_file(&libraries, &format!("rt/{symbol}")));
    file.is_some_and(|file| disk.is_file(&file))
}

/// The object that corrects addresses in data and sets up the main thread's own memory.
pub fn preparation(session: &Session, disk: &Disk, target: &'static Target) -> Result<Object, Failed> {
    let bytes = compile(session, disk, &format!("{}_prepare", target.start_module), target)?;
    Ok(("prepare".to_owned(), bytes))
}

/// The object of one file below std: what it exports.
fn compile(session: &Session, disk: &Disk, path: &str, target: &'static Target) -> Result<Vec<u8>, Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let Some(file) = runtime_file(&libraries, path).filter(|file| disk.is_file(file)) else {
        bug!("link", "the object needs `{path}`, which std lacks");
    };
    let mut cx = koru::load(pipeline::setup(session, disk, &file, &libraries, target));
    let roots = koru::exports(&mut cx, koru_hir::ids::ModuleId(0));
    let mut graph = lower::lower_program(&mut cx, &roots);
    if session.show(&mut cx.sink, &cx.sources).is_err() {
        bug!("link", "{file} does not compile");
    }
    pipeline::optimize(session, &mut graph);
    Ok(pipeline::emit(session, &graph, target, None))
}

fn runtime_file(libraries: &[koru::Library], path: &str) -> Option<Utf8PathBuf> {
    let foundation = libraries.iter().find(|library| library.is_foundation)?;
    Some(foundation.folder.join(format!("{path}.kz")))
}
