//! Entry file to all modules: follows imports, parses each file once, names its namespace.
//!
//! In: a disk and aliases. Out: [`Module`]s in the context. Identity is the canonical path, whatever
//! import led there; cycles are legal. Host files of std are loaded when a name in them is wanted.

use super::aliases::Trouble;
use super::libraries::{HOST_STD, Library};
use super::{Aliases, AutoDischarge, Trees, annotations, declare, taps};
use crate::Context;
use crate::context::{Container, ContainerKind, Module};
use crate::host::BUILTIN;
use crate::ids::ModuleId;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_base::files::normal;
use koru_base::{Diagnostic, FileId, Files, Level, Name, Span, Target};
use koru_syntax::ast;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a compilation starts from.
#[derive(Clone)]
pub struct Setup<'w> {
    pub files: &'w dyn Files,
    pub entry: Utf8PathBuf,
    pub libraries: Vec<Library>,
    pub target: &'static Target,
    pub level: Level,
    pub build_flags: BTreeSet<Name>,
    /// Options nobody knew, without dashes.
    pub flags: BTreeSet<String>,
    pub auto_discharge: AutoDischarge,
    /// Trees of files that were loaded before.
    pub trees: Trees,
}

/// Reads the entry file and everything it imports, and declares what they hold.
pub fn load<'w>(setup: Setup<'w>) -> Context<'w> {
    let Setup { files, entry, libraries, target, level, build_flags, flags, auto_discharge, trees } = setup;
    let mut cx = Context::new(files, target, level);
    cx.build_flags = build_flags;
    cx.koru.flags = flags;
    cx.koru.trees = trees;
    cx.koru.phantoms.mode = auto_discharge;
    let (aliases, trouble) = Aliases::find(files, &entry, &libraries);
    cx.koru.aliases = aliases;
    if let Some(Trouble { path, message, place }) = trouble {
        let file = cx.sources.add(path.clone(), files.read(&path).unwrap_or_default());
        let span = Span::new(file, place.start as u32, place.end as u32);
        cx.sink.report(Diagnostic::new(KORU002, span, format!("koru.json cannot be used: {message}")));
    }
    let name = entry.file_stem().unwrap_or("main").to_owned();
    match cx.files.read(&entry) {
        Ok(text) => {
            let module = add(&mut cx, &entry, Name::new(&name), text, false);
            cx.modules[module].is_entry = true;
            implicit_imports(&mut cx);
            follow(&mut cx);
            taps::load_program_events(&mut cx);
        }
        Err(error) => {
            let message = format!("cannot read `{entry}`: {error}");
            cx.sink.report(Diagnostic::new(KORU002, Span::NONE, message));
        }
    }
    declare::declare(&mut cx);
    cx
}

/// What every program imports without saying so: the module that declares how libraries speak to
/// the compiler.
fn implicit_imports(cx: &mut Context) {
    if let Some((name, path)) = cx.koru.aliases.prelude()
        && cx.files.is_file(&path)
    {
        cx.koru.prelude = load_file(cx, &path, Name::new(&name), true);
    }
}

/// Loads the imports of every module, also of those loaded meanwhile.
fn follow(cx: &mut Context) {
    let mut next = 0;
    while next < cx.modules.len() {
        let module = ModuleId(next as u32);
        let tree = cx.modules[module].tree.clone();
        for item in &tree.items {
            if let ast::ItemKind::Import(import) = &item.kind
                && annotations::import_is_active(cx, &item.annotations)
            {
                let imported = resolve(cx, import);
                if imported.is_empty() {
                    let failed = namespace(import);
                    cx.koru.failed_imports.insert(failed);
                }
                cx.modules[module].imports.extend(imported);
            }
        }
        next += 1;
    }
}

/// `a.b.c` of `$a/b/c`.
fn namespace(import: &ast::Import) -> Name {
    import.segments.iter().fold(import.alias.name, |path, segment| path.join(segment.name))
}

/// The modules an import names, loaded.
fn resolve(cx: &mut Context, import: &ast::Import) -> Vec<ModuleId> {
    let mut segments = vec![import.alias.name.as_str()];
    segments.extend(import.segments.iter().map(|segment| segment.name.as_str()));
    let Some((folders, taken)) = cx.koru.aliases.lookup(&segments) else {
        if cx.koru.aliases.is_broken {
            return Vec::new();
        }
        let alias = import.alias.name;
        let unknown = Diagnostic::new(KORU002, import.path_span, format!("unknown import alias `${alias}`"));
        let unknown = match cx.koru.aliases.closest(alias.as_str()) {
            Some(near) => unknown.fix(format!("did you mean `${near}`?"), import.alias.span, near),
            None => unknown,
        };
        cx.sink.report(unknown.help("aliases are declared in koru.json under `paths`"));
        return Vec::new();
    };
    let folders = folders.to_vec();
    let namespace = segments.join(".");
    let rest = segments[taken..].join("/");
    let is_foundation = cx.koru.aliases.is_foundation(&segments[..taken]);
    for folder in &folders {
        let target = if rest.is_empty() { folder.clone() } else { folder.join(&rest) };
        let file = Utf8PathBuf::from(format!("{target}.kz"));
        let (is_file, is_folder) = (!rest.is_empty() && cx.files.is_file(&file), cx.files.is_folder(&target));
        if is_file && is_folder {
            let message = format!("`${}` is both a file and a folder", segments.join("/"));
            let ambiguous = Diagnostic::new(KORU200, import.path_span, message);
            cx.sink.report(
                ambiguous.note(format!("{file}")).note(format!("{target}/")).help("rename one of them"),
            );
            return Vec::new();
        }
        let mut modules = Vec::new();
        if is_file {
            modules.extend(load_file(cx, &file, Name::new(&namespace), is_foundation));
        } else if is_folder {
            modules.extend(load_folder(cx, &target, &namespace, is_foundation));
        } else {
            continue;
        }
        modules.extend(load_parents(cx, folder, &segments, taken, is_foundation));
        return modules;
    }
    if cx.koru.aliases.is_broken {
        return Vec::new();
    }
    let looked: Vec<_> = folders.iter().map(|folder| normal(&folder.join(&rest)).to_string()).collect();
    let missing =
        Diagnostic::new(KORU002, import.path_span, format!("module not found: `${}`", segments.join("/")))
            .note(format!("looked for {}.kz", looked.join(".kz, ")));
    let near = folders.iter().find_map(|folder| closest_file(cx, &folder.join(&rest)));
    cx.sink.report(match (near, import.segments.last()) {
        (Some(near), Some(last)) => missing.fix(format!("did you mean `{near}`?"), last.span, near),
        _ => missing.help("check the import path and the `paths` of koru.json"),
    });
    Vec::new()
}

/// The file or folder beside `path` that is named most like it.
fn closest_file(cx: &Context, path: &Utf8Path) -> Option<String> {
    let names = cx.files.list(path.parent()?).unwrap_or_default();
    let stem = |name: &str| match name.strip_suffix(".kz") {
        Some(stem) => Some(stem.to_owned()),
        None => (!name.contains('.')).then(|| name.to_owned()),
    };
    let stems: Vec<_> = names.iter().filter_map(|name| stem(name)).collect();
    closest(path.file_name()?, stems.iter().map(String::as_str)).map(str::to_owned)
}

/// Every file directly in a folder; `index.kz` is the folder itself.
fn load_folder(cx: &mut Context, folder: &Utf8Path, namespace: &str, is_foundation: bool) -> Vec<ModuleId> {
    let names = cx.files.list(folder).unwrap_or_default();
    let mut modules = Vec::new();
    for name in names.iter().filter_map(|name| name.strip_suffix(".kz")) {
        let path = folder.join(format!("{name}.kz"));
        let namespace = if name == "index" { namespace.to_owned() } else { format!("{namespace}.{name}") };
        let entry = cx.modules.get(cx.entry()).map(|module| module.file);
        let is_entry =
            entry.is_some_and(|file| cx.files.canonical(cx.sources.path(file)) == cx.files.canonical(&path));
        if !is_entry {
            modules.extend(load_file(cx, &path, Name::new(&namespace), is_foundation));
        }
    }
    modules
}

/// `$a/b/c` brings `$a/b.kz` and `$a/index.kz` along where they exist.
fn load_parents(
    cx: &mut Context,
    folder: &Utf8Path,
    segments: &[&str],
    taken: usize,
    is_foundation: bool,
) -> Vec<ModuleId> {
    let mut parents = Vec::new();
    if segments.len() > taken {
        parents.push((folder.join("index.kz"), segments[..taken].join(".")));
    }
    for end in taken + 1..segments.len() {
        let path = folder.join(format!("{}.kz", segments[taken..end].join("/")));
        parents.push((path, segments[..end].join(".")));
    }
    parents.retain(|(path, _)| cx.files.is_file(path));
    let load = |(path, name): (Utf8PathBuf, String)| load_file(cx, &path, Name::new(&name), is_foundation);
    parents.into_iter().filter_map(load).collect()
}

/// Loads a file, unless it is there already.
fn load_file(cx: &mut Context, path: &Utf8Path, name: Name, is_foundation: bool) -> Option<ModuleId> {
    let path = &normal(path);
    if let Some(&module) = cx.koru.by_file.get(&cx.files.canonical(path)) {
        // One module may be reached by several paths, and has a name for each.
        cx.koru.by_name.entry(name).or_insert(module);
        return Some(module);
    }
    match cx.files.read(path) {
        Ok(text) => Some(add(cx, path, name, text, is_foundation)),
        Err(error) => {
            let message = format!("cannot read `{path}`: {error}");
            cx.sink.report(Diagnostic::new(KORU002, Span::NONE, message));
            None
        }
    }
}

fn add(cx: &mut Context, path: &Utf8Path, name: Name, text: String, is_foundation: bool) -> ModuleId {
    let file = cx.sources.add(path, text);
    let module = parse(cx, file, name, is_foundation);
    cx.koru.by_file.insert(cx.files.canonical(path), module);
    cx.koru.by_name.entry(name).or_insert(module);
    module
}

/// A module of the compiler's own.
pub fn add_text(cx: &mut Context, path: &str, name: Name, text: &str) -> ModuleId {
    let file = cx.sources.add(path, text);
    let module = parse(cx, file, name, false);
    cx.koru.by_name.entry(name).or_insert(module);
    module
}

fn parse(cx: &mut Context, file: FileId, name: Name, is_foundation: bool) -> ModuleId {
    let text = cx.sources.text(file).clone();
    let tree = tree_of(cx, file, &text);
    let id = cx.modules.next_id();
    let container = cx.containers.push(Container {
        name,
        kind: ContainerKind::Module,
        module: id,
        parent: None,
        captures: [].into(),
        layout: ast::host::Layout::Auto,
        source: None,
        decls: Default::default(),
        fields: Some([].into()),
        tag: None,
        is_open: false,
        span: Span::new(file, 0, 0),
    });
    let module = Module { name, file, tree, container, is_entry: false, is_foundation, imports: Vec::new() };
    cx.modules.push(module)
}

fn tree_of(cx: &mut Context, file: FileId, text: &Arc<str>) -> Arc<ast::Module> {
    if let Some(tree) = cx.koru.trees.find(file, text) {
        return tree;
    }
    let (tree, diagnostics) = koru_syntax::parse(file, text);
    let tree = Arc::new(tree);
    if diagnostics.is_empty() {
        cx.koru.trees.keep(file, text, &tree);
    }
    diagnostics.into_iter().for_each(|diagnostic| cx.sink.report(diagnostic));
    tree
}

/// Would `@import` of the name give what most host code begins with?
pub fn is_usual_import(cx: &Context, name: &str) -> bool {
    name == BUILTIN || cx.koru.aliases.is_foundation(&[name])
}

/// A module for `@import(text)` of host code: a file beside the importing one, or below std.
pub fn load_host_file(cx: &mut Context, from: ModuleId, import: &str, span: Span) -> Option<ModuleId> {
    let carried = |file: &str| cx.koru.aliases.foundation().map(|folder| folder.join(file));
    let path = match import {
        alias if cx.koru.aliases.is_foundation(&[alias]) => carried(HOST_STD),
        "system" => carried(&format!("{}.kz", cx.target.system_module)),
        "arch" => carried(&format!("{}.kz", cx.target.start_module)),
        "hosted" => carried(&format!("{}.kz", cx.target.c.start_module)),
        "root" => return Some(cx.entry()),
        alias if alias.starts_with('$') => return imported_module(cx, alias, span),
        relative if relative.ends_with(".kz") => {
            let here = cx.sources.path(cx.modules[from].file).parent();
            here.map(|folder| normal(&folder.join(relative)))
        }
        _ => None,
    };
    let is_foundation = cx.modules[from].is_foundation || !import.ends_with(".kz");
    let found = path.filter(|path| cx.files.is_file(path));
    let Some(path) = found else {
        let missing = Diagnostic::new(KORU002, span, format!("`@import(\"{import}\")` finds no file"));
        cx.sink.report(
            missing.help(
                "`std`, `builtin`, `root`, `$alias/path`, or a path that ends in `.kz` beside this file",
            ),
        );
        return None;
    };
    let known = cx.koru.by_file.get(&cx.files.canonical(&path)).copied();
    if known.is_some() {
        return known;
    }
    let name = Name::new(path.file_stem().unwrap_or("host"));
    let text = cx.files.read(&path).ok()?;
    let file = cx.sources.add(&path, text);
    let module = parse(cx, file, name, is_foundation);
    cx.koru.by_file.insert(cx.files.canonical(&path), module);
    crate::host::declare(cx, module);
    Some(module)
}

/// The module of `@import("$alias/path")`: one that is imported in Koru, so that its settings and events count.
fn imported_module(cx: &mut Context, import: &str, span: Span) -> Option<ModuleId> {
    let name = Name::new(&import[1..].replace('/', "."));
    let found = cx.koru.by_name.get(&name).copied();
    if found.is_none() && !cx.koru.failed_imports.contains(&name) {
        let missing = Diagnostic::new(KORU002, span, format!("`{import}` is not imported"));
        cx.sink.report(missing.help(format!("host code reaches what Koru imports: `~import \"{import}\"`")));
    }
    found
}
