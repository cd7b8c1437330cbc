//! What LLVM calls on its own: memcpy, memset, wide division; and what confines a program to the system calls it has.
//!
//! In: the undefined symbols of objects. Out: objects that define them, each compiled from the file of
//! its name in `std/rt`, without LLVM recognising in it the very function it is; and what nobody defines.

use crate::disk::Disk;
use crate::foreign::Foreign;
use crate::link::{defined_symbols, is_made_by_linker, undefined_symbols};
use crate::pipeline;
use crate::session::{Failed, Session, surroundings};
use camino::Utf8PathBuf;
use koru_base::{Files, Span, Target, bug};
use koru_flow::Graph;
use koru_flow::possible::Possible;
use koru_flow::system_calls::SystemCalls;
use koru_hir::{koru, lower};
use std::collections::{BTreeMap, BTreeSet};

/// Where a program begins whose data is prepared first; the preparation goes on at `_start`.
pub const PREPARED_ENTRY: &str = "koru_prepare_start";

/// What a program calls that is to do nothing but what is known of it.
pub const CONFINE: &str = "koru_confine";

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
    graph: &Graph,
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
                let calls = (symbol == CONFINE).then(|| listed(graph, target));
                (symbol.clone(), compile(session, disk, &format!("rt/{symbol}"), target, calls)?)
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
    let bytes = compile(session, disk, &format!("{}_prepare", target.start_module), target, None)?;
    Ok(("prepare".to_owned(), bytes))
}

/// What that object was made from.
pub fn preparation_graph(session: &Session, disk: &Disk, target: &'static Target) -> Result<Graph, Failed> {
    graph(session, disk, &format!("{}_prepare", target.start_module), target, None)
}

/// The system calls of the graph that becomes the program, as the foundation reads them: `1:1,_,16;202:_,129/_,128|0;60:;`.
/// Behind a number stand the ways to call it, behind commas what each argument may be.
fn listed(graph: &Graph, target: &Target) -> String {
    let way = |way: &Vec<Possible>| way.iter().map(Possible::to_string).collect::<Vec<_>>().join(",");
    let allowed = SystemCalls::of(graph, &target.syscalls).allowed();
    let calls = allowed.iter().map(|(number, ways)| {
        let ways: Vec<_> = ways.iter().map(way).collect();
        format!("{number}:{};", ways.join("/"))
    });
    calls.collect()
}

/// The object of one file below std: what it exports. It may be told the program's system calls.
fn compile(
    session: &Session,
    disk: &Disk,
    path: &str,
    target: &'static Target,
    calls: Option<String>,
) -> Result<Vec<u8>, Failed> {
    Ok(pipeline::emit(session, &graph(session, disk, path, target, calls)?, target, None))
}

fn graph(
    session: &Session,
    disk: &Disk,
    path: &str,
    target: &'static Target,
    calls: Option<String>,
) -> Result<Graph, Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let Some(file) = runtime_file(&libraries, path).filter(|file| disk.is_file(file)) else {
        bug!("link", "the object needs `{path}`, which std lacks");
    };
    let mut cx = koru::load(pipeline::setup(session, disk, &file, &libraries, target));
    if let Some(value) = calls {
        cx.koru.tables.config.insert("system-calls".to_owned(), koru::Setting { value, span: Span::NONE });
    }
    let roots = koru::exports(&mut cx, koru_hir::ids::ModuleId(0));
    let mut graph = lower::lower_program(&mut cx, &roots);
    if session.show(&mut cx.sink, &cx.sources).is_err() {
        bug!("link", "{file} does not compile");
    }
    pipeline::optimize(session, &mut graph);
    Ok(graph)
}

fn runtime_file(libraries: &[koru::Library], path: &str) -> Option<Utf8PathBuf> {
    let foundation = koru::Library::foundation(libraries)?;
    Some(foundation.folder.join(format!("{path}.kz")))
}
