//! What a program requires besides Koru: C made bitcode of, objects and archives read, symbols looked up.
//!
//! In: the tables of `std.build:requires`. Out: parts that are joined with the program before LLVM sees it (bitcode),
//! parts that are linked with it, and whether C's library is needed to begin it. What cannot be used, is defined twice
//! or by nobody is reported here, with the name of who asks; the linker has only bytes left to do.

mod archive;
mod clang;
mod part;
#[cfg(test)]
mod tests;

use crate::disk::Disk;
use crate::link::is_made_by_linker;
use crate::runtime::{self, Object};
use crate::session::{Failed, Session};
use archive::Archive;
use camino::Utf8Path;
use koru_base::codes::*;
use koru_base::targets::INSTALL;
use koru_base::{Diagnostic, Files, Sink, Span, Target};
use koru_flow::{Graph, Linkage};
use koru_hir::Context;
use koru_hir::koru::{FileKind, Required};
use koru_llvm::Bitcode;
use part::{Code, Part};
use std::collections::{BTreeMap, BTreeSet};

/// Everything a program is linked with.
#[derive(Default)]
pub struct Foreign {
    /// Linked whole, or taken from an archive because somebody needs them.
    parts: Vec<Part>,
    archives: Vec<Archive>,
    /// Where the program asks for C's library.
    asked: Option<Span>,
    /// C's library, once it is known that the program needs it.
    library: Option<Library>,
}

/// C's library as it is linked.
struct Library {
    before: Vec<Part>,
    archive: Archive,
    after: Vec<Part>,
}

/// Symbols somebody needs, and who.
type Wanted = BTreeMap<String, String>;

/// Symbols somebody has.
struct Defined {
    /// Who, as messages say it, and where that is required.
    first: BTreeMap<String, (String, Span)>,
    /// Those that several may have.
    weak: BTreeSet<String>,
}

impl Foreign {
    /// Reads what the program requires, which is nothing for most.
    pub fn gather(session: &Session, disk: &Disk, cx: &mut Context) -> Result<Foreign, Failed> {
        let required = std::mem::take(&mut cx.koru.tables.requires.files);
        let asked = cx.koru.tables.requires.c_library(cx.target.c.name);
        let mut foreign = Foreign { asked, ..Foreign::default() };
        for one in &required {
            match foreign.add(session, disk, cx, one)? {
                Ok(()) => {}
                Err(problem) => cx.sink.report(*problem),
            }
        }
        cx.koru.tables.requires.files = required;
        session.show(&mut cx.sink, &cx.sources)?;
        Ok(foreign)
    }

    fn add(
        &mut self,
        session: &Session,
        disk: &Disk,
        cx: &Context,
        one: &Required,
    ) -> Result<Result<(), Box<Diagnostic>>, Failed> {
        let name = one.name.to_string();
        let bytes = match one.kind {
            FileKind::C => match clang::compile(session, cx, self.asked.is_some(), one)? {
                Ok(bytes) => bytes,
                Err(problem) => return Ok(Err(problem)),
            },
            _ => match disk.read_bytes(&one.path()) {
                Ok(bytes) => bytes,
                Err(error) => return Ok(Err(unusable(one.span, &name, &error.to_string()))),
            },
        };
        let added = match one.kind {
            FileKind::Archive => Archive::read(&name, one.span, bytes).map(|made| self.archives.push(made)),
            FileKind::Object => {
                Part::object(&name, one.span, bytes, cx.target).map(|part| self.parts.push(part))
            }
            FileKind::C | FileKind::Bitcode => {
                let code = Bitcode { name: name.clone(), bytes };
                Part::bitcode(code, one.span, session, cx.target).map(|part| self.parts.push(part))
            }
        };
        Ok(added.map_err(|problem| unusable(one.span, &name, &problem)))
    }

    /// Is the program Koru alone?
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.archives.is_empty() && self.asked.is_none()
    }

    /// Is the program begun by C's library?
    pub fn is_hosted(&self) -> bool {
        self.library.is_some()
    }

    /// The names that somebody outside of the program may ask it for, or has too.
    pub fn asked_of_program(&self) -> BTreeSet<String> {
        let parts =
            self.parts.iter().flat_map(|part| part.symbols.undefined.iter().chain(&part.symbols.defined));
        parts.cloned().chain(self.archives.iter().flat_map(Archive::undefined)).collect()
    }

    /// Takes from archives what the program and its parts need, and finds out whether C's library is needed too.
    pub fn settle(
        &mut self,
        session: &Session,
        disk: &Disk,
        cx: &mut Context,
        graph: &Graph,
    ) -> Result<(), Failed> {
        let defined = self.defined(graph, &mut cx.sink);
        let missing = self.pull(wanted(graph), defined, session, cx)?;
        if let Some(span) = self.asked {
            let folders = cx.koru.tables.requires.folders.iter().map(|folder| folder.as_path());
            let folders: Vec<_> = folders.chain([Utf8Path::new(cx.target.c.folder)]).collect();
            match Library::find(disk, &folders, cx.target, span) {
                Ok(library) => {
                    let is_needed =
                        |symbol: &String| library.archive.defines(symbol) && !runtime::knows(disk, symbol);
                    if missing.keys().any(is_needed) {
                        self.library = Some(library);
                    }
                }
                // Nothing that the program needs may be in it.
                Err(problem) if missing.keys().any(|symbol| !runtime::knows(disk, symbol)) => {
                    cx.sink.report(*problem)
                }
                Err(_) => {}
            }
        }
        session.show(&mut cx.sink, &cx.sources)
    }

    /// What is defined so far; what is defined twice is reported.
    fn defined(&self, graph: &Graph, sink: &mut Sink) -> Defined {
        let functions = graph.functions.iter().map(|one| (one.linkage, one.name, one.span));
        let globals = graph.globals.iter().map(|one| (one.linkage, one.name, Span::NONE));
        let exports = functions.chain(globals).filter(|(linkage, ..)| *linkage == Linkage::Export);
        let first = exports.map(|(_, name, span)| (name.to_string(), ("the program".to_owned(), span)));
        let mut defined = Defined { first: first.collect(), weak: BTreeSet::new() };
        self.parts.iter().for_each(|part| defined.add(part, sink));
        defined
    }

    /// Takes parts out of archives until nobody needs more of them; what is left, and who needs it.
    fn pull(
        &mut self,
        mut wanted: Wanted,
        mut defined: Defined,
        session: &Session,
        cx: &mut Context,
    ) -> Result<Wanted, Failed> {
        let mut missing = Wanted::new();
        self.parts.iter().for_each(|part| part.ask(&mut wanted));
        while let Some((symbol, who)) = wanted.pop_first() {
            if defined.has(&symbol) || is_made_by_linker(&symbol) {
                continue;
            }
            let found = self.archives.iter().find_map(|archive| archive.find(&symbol));
            match found.map(|found| found.part(session, cx.target)) {
                None => {
                    missing.insert(symbol, who);
                }
                Some(Ok(part)) => {
                    defined.add(&part, &mut cx.sink);
                    // An index may promise what is not there.
                    defined.weak.insert(symbol);
                    part.ask(&mut wanted);
                    self.parts.push(part);
                }
                Some(Err((name, span, problem))) => {
                    cx.sink.report(*unusable(span, &name, &problem));
                    session.show(&mut cx.sink, &cx.sources)?;
                }
            }
        }
        Ok(missing)
    }

    /// What is joined with the program, and which of its symbols others ask for.
    pub fn joined(&self) -> (Vec<Bitcode>, BTreeSet<String>) {
        let is_native = |part: &&Part| matches!(part.code, Code::Native(_));
        let outside = self.parts.iter().filter(is_native).flat_map(|part| part.symbols.undefined.clone());
        let bitcode = self.parts.iter().filter_map(|part| match &part.code {
            Code::Bitcode(code) => Some(code.clone()),
            Code::Native(_) => None,
        });
        (bitcode.collect(), outside.collect())
    }

    /// Objects that are linked with the program whatever it needs, in front of it and behind it.
    pub fn objects(&self) -> (Vec<Object>, Vec<Object>) {
        let (before, after) = match &self.library {
            Some(library) => (&library.before[..], &library.after[..]),
            None => (&[][..], &[][..]),
        };
        let list = |parts: &[Part]| parts.iter().filter_map(Part::native).collect::<Vec<_>>();
        (list(before), [list(&self.parts), list(after)].concat())
    }

    /// The object that defines a symbol, of those that come only where they are needed.
    pub fn find(&self, symbol: &str) -> Option<Object> {
        self.library.as_ref()?.archive.find(symbol)?.native()
    }

    /// Says what nobody defines: who needs it, where that is declared, and what to write.
    pub fn report(&self, missing: &[(String, String)], disk: &Disk, cx: &mut Context, graph: &Graph) {
        for (symbol, who) in missing {
            let declared =
                graph.functions.iter().find(|one| one.name == **symbol && one.linkage == Linkage::Import);
            let part = self.parts.iter().find(|part| part.symbols.undefined.contains(symbol));
            let message = match (declared, part) {
                (Some(_), _) => format!("nothing that the program is linked with has `{symbol}`"),
                (None, Some(part)) => format!("nothing has `{symbol}`, which `{}` needs", part.name),
                (None, None) => format!("nothing has `{symbol}`, which `{who}` needs"),
            };
            let span = declared.map(|one| one.span).or(part.map(|part| part.span)).unwrap_or(Span::NONE);
            let undefined = Diagnostic::new(KORU305, span, message);
            cx.sink.report(undefined.help(self.advice(symbol, disk, cx)));
        }
    }

    /// What to write so that a symbol is found.
    fn advice(&self, symbol: &str, disk: &Disk, cx: &Context) -> String {
        let c = cx.target.c;
        let folder = [Utf8Path::new(c.folder)];
        let library = Library::find(disk, &folder, cx.target, Span::NONE);
        let is_c = self.asked.is_none() && library.is_ok_and(|library| library.archive.defines(symbol));
        let libraries = Disk::libraries().unwrap_or_default();
        let table = koru_hir::koru::Library::foundation(&libraries)
            .map(|library| format!("~{}.build:requires", library.alias))
            .unwrap_or_default();
        match is_c {
            true => {
                format!("it is in the system's C library: `{table} {{ \"libraries\": [\"{}\"] }}`", c.name)
            }
            false => format!(
                "name what has it: `{table} {{ \"files\": [\"name.c\"] }}`, or `\"libraries\": [\"name\"]`"
            ),
        }
    }
}

impl Defined {
    fn has(&self, symbol: &str) -> bool {
        self.first.contains_key(symbol) || self.weak.contains(symbol)
    }

    /// Adds what a part has; what another had before it is reported.
    fn add(&mut self, part: &Part, sink: &mut Sink) {
        for symbol in &part.symbols.defined {
            let Some((name, span)) = self.first.get(symbol) else {
                self.first.insert(symbol.clone(), (format!("`{}`", part.name), part.span));
                continue;
            };
            let message = format!("`{symbol}` is defined by {name} and by `{}`", part.name);
            let twice = Diagnostic::new(KORU306, part.span, message);
            // Two members of one archive are required at one place.
            sink.report(if *span == part.span { twice } else { twice.also(*span, "the other one") });
        }
        self.weak.extend(part.symbols.weak.iter().cloned());
    }
}

/// What the program itself needs of others.
fn wanted(graph: &Graph) -> Wanted {
    let functions = graph.functions.iter().map(|one| (one.linkage, one.name));
    let globals = graph.globals.iter().map(|one| (one.linkage, one.name));
    let imports = functions.chain(globals).filter(|(linkage, _)| *linkage == Linkage::Import);
    imports.map(|(_, name)| (name.to_string(), String::new())).collect()
}

impl Library {
    /// Looks for the library; what is missing is said with where it was looked for.
    fn find(
        disk: &Disk,
        folders: &[&Utf8Path],
        target: &Target,
        span: Span,
    ) -> Result<Library, Box<Diagnostic>> {
        let c = target.c;
        let Some(folder) = folders.iter().find(|folder| disk.is_file(&folder.join(c.archive))) else {
            let message = format!("there is no C library for {} on this machine", target.triple);
            let looked: Vec<_> = folders.iter().map(|folder| format!("{folder}/{}", c.archive)).collect();
            let missing =
                Diagnostic::new(KORU303, span, message).note(format!("looked for {}", looked.join(", ")));
            let help =
                format!("install it: {INSTALL} {}; or name its folder: `\"folders\": [\"..\"]`", c.package);
            return Err(Box::new(missing.help(help)));
        };
        let read = |name: &str| {
            let bytes = disk.read_bytes(&folder.join(name)).map_err(|error| error.to_string());
            bytes.map_err(|problem| unusable(span, name, &problem))
        };
        let object = |name: &&str| {
            Part::object(name, span, read(name)?, target).map_err(|problem| unusable(span, name, &problem))
        };
        let archive = Archive::read(c.archive, span, read(c.archive)?);
        Ok(Library {
            before: c.before.iter().map(object).collect::<Result<_, _>>()?,
            archive: archive.map_err(|problem| unusable(span, c.archive, &problem))?,
            after: c.after.iter().map(object).collect::<Result<_, _>>()?,
        })
    }
}

fn unusable(span: Span, name: &str, problem: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(KORU304, span, format!("`{name}` cannot be used: {}", problem.trim_end())))
}
