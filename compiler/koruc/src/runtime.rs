//! What LLVM calls on its own: memcpy, memset, wide division.
//!
//! In: the undefined symbols of an object. Out: objects that define them, each compiled from the file of
//! its name in `std/rt`, without LLVM recognising in it the very function it is.

use crate::disk::Disk;
use crate::link::{defined_symbols, is_made_by_linker, undefined_symbols};
use crate::pipeline;
use crate::session::{Failed, Session, surroundings};
use camino::Utf8PathBuf;
use koru_base::{Files, Target, bug};
use koru_hir::{koru, lower};
use std::collections::BTreeSet;

/// Where a program begins whose data is prepared first; the preparation goes on at `_start`.
pub const PREPARED_ENTRY: &str = "koru_prepare_start";

type Object = (String, Vec<u8>);

/// Adds objects for everything the given ones lack, and for what those lack.
pub fn complete(
    session: &Session,
    disk: &Disk,
    objects: &mut Vec<Object>,
    target: &'static Target,
) -> Result<(), Failed> {
    let own = |bytes: &[u8]| undefined_symbols(bytes).into_iter();
    let mut wanted: BTreeSet<_> = objects.iter().flat_map(|(_, bytes)| own(bytes)).collect();
    while let Some(symbol) = wanted.pop_first() {
        let is_there =
            objects.iter().any(|(name, bytes)| *name == symbol || defined_symbols(bytes).contains(&symbol));
        if is_there || is_made_by_linker(&symbol) {
            continue;
        }
        let bytes = compile(session, disk, &format!("rt/{symbol}"), target)?;
        wanted.extend(own(&bytes));
        objects.push((symbol, bytes));
    }
    Ok(())
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
