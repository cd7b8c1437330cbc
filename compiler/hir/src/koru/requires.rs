//! What a program requires besides Koru: files of C, bitcode, objects, archives, and libraries by name.
//!
//! In: source blocks of flows whose event is `native(requires)`. Out: [`Requires`], every file of it there. A
//! table's files are looked for in the folder of the file the table stands in, so that libraries carry their own.

use super::tables::{self, Entry, Setting};
use crate::Context;
use crate::ids::ModuleId;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::codes::*;
use koru_base::files::normal;
use koru_base::{Diagnostic, Span};
use koru_syntax::ast::SourceBlock;
use std::rc::Rc;

/// What is linked with the program.
#[derive(Default, Debug)]
pub struct Requires {
    /// In the order of the text; archives of `libraries` behind them.
    pub files: Vec<Required>,
    /// Names of libraries.
    libraries: Vec<Setting>,
    /// Where they are looked for, before the system's own folder.
    pub folders: Vec<Utf8PathBuf>,
}

/// A file that is required.
#[derive(Clone, Debug)]
pub struct Required {
    pub kind: FileKind,
    /// The folder of the table.
    pub folder: Utf8PathBuf,
    /// Seen from there.
    pub name: Utf8PathBuf,
    /// What the table says to the compiler of C.
    pub options: Rc<[String]>,
    pub span: Span,
}

impl Required {
    /// The file, seen from where the compiler runs.
    pub fn path(&self) -> Utf8PathBuf {
        normal(&self.folder.join(&self.name))
    }
}

/// What a file holds, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// Text that a compiler of C makes bitcode of.
    C,
    /// LLVM's, as bytes or as text.
    Bitcode,
    Object,
    /// Objects of which only those are linked that something needs.
    Archive,
}

impl FileKind {
    fn of(name: &Utf8Path) -> Option<FileKind> {
        match name.extension()? {
            "c" => Some(FileKind::C),
            "bc" | "ll" => Some(FileKind::Bitcode),
            "o" => Some(FileKind::Object),
            "a" => Some(FileKind::Archive),
            _ => None,
        }
    }
}

impl Requires {
    /// Where the program says that it wants the system's library of C, if it does.
    pub fn c_library(&self, name: &str) -> Option<Span> {
        self.libraries.iter().find(|library| library.value == name).map(|library| library.span)
    }
}

/// Reads one table.
pub(super) fn table(cx: &mut Context, module: ModuleId, source: &SourceBlock) {
    // What runs inside the compiler is linked with nothing.
    if cx.is_build_time() {
        return;
    }
    let path = cx.sources.get(cx.modules[module].file).map(|file| Utf8PathBuf::from(&*file.path));
    let folder = path.and_then(|path| path.parent().map(Utf8Path::to_owned)).unwrap_or_default();
    let (mut files, mut options) = (Vec::new(), Vec::new());
    for entry in tables::entries(cx, source) {
        match entry.key.as_str() {
            "files" => files = list(cx, source, &entry),
            "options" => options = list(cx, source, &entry),
            "libraries" => {
                let names = list(cx, source, &entry);
                cx.koru.tables.requires.libraries.extend(names);
            }
            "folders" => {
                let names = list(cx, source, &entry);
                let folders = names.iter().map(|name| folder.join(&name.value));
                cx.koru.tables.requires.folders.extend(folders);
            }
            other => {
                let message = format!("a table of what is required has no key `{other}`");
                let unknown = Diagnostic::new(KORU302, entry.key_span, message);
                cx.sink.report(unknown.note("keys are files, options, libraries, folders"));
            }
        }
    }
    let options: Rc<[String]> = options.into_iter().map(|option| option.value).collect();
    for Setting { value, span } in files {
        if let Some(kind) = known_file(cx, &folder, Utf8Path::new(&value), span) {
            let required =
                Required { kind, folder: folder.clone(), name: value.into(), options: options.clone(), span };
            cx.koru.tables.requires.files.push(required);
        }
    }
}

/// The texts of a list, with their places.
fn list(cx: &mut Context, source: &SourceBlock, entry: &Entry) -> Vec<Setting> {
    let parts = entry.value.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<_> = parts.iter().filter_map(|part| part.as_str()).collect();
    if !entry.value.is_array() || texts.len() < parts.len() {
        let message = format!("`{}` is a list of texts in quotes", entry.key);
        let wrong = Diagnostic::new(KORU302, entry.key_span, message);
        cx.sink.report(wrong.help(format!("write \"{}\": [\"..\"]", entry.key)));
        return Vec::new();
    }
    let setting = |text: &str| Setting {
        value: text.to_owned(),
        span: tables::find(cx, source, &format!("\"{text}\"")),
    };
    texts.into_iter().map(setting).collect()
}

/// What a required file is; nothing where it is not there, or nobody can tell.
fn known_file(cx: &mut Context, folder: &Utf8Path, name: &Utf8Path, span: Span) -> Option<FileKind> {
    let Some(kind) = FileKind::of(name) else {
        let strange = Diagnostic::new(KORU303, span, format!("nothing is known of files like `{name}`"));
        cx.sink.report(strange.note("C ends in .c, bitcode in .bc or .ll, objects in .o, archives in .a"));
        return None;
    };
    let path = normal(&folder.join(name));
    if cx.files.is_file(&path) {
        return Some(kind);
    }
    let missing = Diagnostic::new(KORU303, span, format!("there is no file `{path}`"));
    cx.sink.report(missing.note("names are seen from the folder of the file that requires them"));
    None
}

/// The archives of libraries, once every table is read. The system's library of C is not among them: whether it is
/// linked is known only later.
pub(super) fn find_libraries(cx: &mut Context) {
    let c = cx.target.c;
    let requires = &cx.koru.tables.requires;
    let folders: Vec<_> = requires.folders.iter().cloned().chain([Utf8PathBuf::from(c.folder)]).collect();
    let wanted: Vec<_> =
        requires.libraries.iter().filter(|library| library.value != c.name).cloned().collect();
    for Setting { value, span } in wanted {
        let name = Utf8PathBuf::from(format!("lib{value}.a"));
        match folders.iter().find(|folder| cx.files.is_file(&folder.join(&name))) {
            Some(folder) => {
                let options = Rc::from([]);
                let found = Required { kind: FileKind::Archive, folder: folder.clone(), name, options, span };
                cx.koru.tables.requires.files.push(found);
            }
            None => {
                let missing = Diagnostic::new(KORU303, span, format!("there is no library `{value}`"));
                let looked: Vec<_> = folders.iter().map(|folder| format!("{folder}/{name}")).collect();
                let missing = missing.note(format!("looked for {}", looked.join(", ")));
                cx.sink.report(missing.help("name its folder: `\"folders\": [\"..\"]`"));
            }
        }
    }
}
