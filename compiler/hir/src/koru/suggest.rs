//! What a name that is not known may have meant: names like it, names of other modules, and the import
//! that makes it known.
//!
//! In: a name nothing answers to. Out: the diagnostic with help to it. Runs only after a mistake, so
//! files that are not loaded are read for what they declare.

use super::load::is_usual_import;
use crate::Context;
use crate::ids::ModuleId;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Edit, FileId, Name, Span};
use koru_syntax::ast::{Annotations, Ident, ItemKind};
use std::collections::BTreeMap;

/// Keywords of files that no import has loaded, with the import that would.
pub type Keywords = BTreeMap<Name, String>;

/// Help to a module's name that is not loaded.
pub fn for_module(cx: &Context, name: Ident, unknown: Diagnostic) -> Diagnostic {
    let text = name.name.as_str();
    if let Some(import) = import_of(cx, text) {
        return needs(cx, unknown, &import, name.span.file);
    }
    let names: Vec<_> = cx.koru.by_name.keys().map(|name| name.as_str()).collect();
    let full = names.iter().filter(|full| full.rsplit('.').next() == Some(text)).min().copied();
    if let Some(near) = full.or_else(|| closest(text, names.iter().copied())) {
        return unknown.fix(format!("did you mean `{near}`?"), name.span, near);
    }
    let Some(alias) = cx.koru.aliases.iter().find_map(|(alias, folders)| {
        let has = |folder: &Utf8PathBuf| is_module(cx, &folder.join(text));
        folders.iter().any(has).then(|| alias.to_owned())
    }) else {
        return unknown.help("import it: `~import \"$alias/path\"`");
    };
    let namespace = format!("{}.{text}", alias.replace('/', "."));
    let edits = vec![
        import_edit(cx, &format!("${alias}/{text}"), name.span.file),
        Edit { span: name.span, replacement: namespace.clone() },
    ];
    unknown.fix_all(format!("did you mean `{namespace}`? It is not imported yet"), edits)
}

/// Help to an event's name that is not known in `from`.
pub fn for_event(cx: &mut Context, from: ModuleId, name: Ident, unknown: Diagnostic) -> Diagnostic {
    if let Some(full) = with_colon(cx, name.name.as_str()) {
        return unknown.fix(format!("did you mean `{full}`?"), name.span, full);
    }
    if is_host_code(cx, from, name.name) {
        return unknown
            .help(format!("`{}` is host code: call it in a proc, or where a value stands", name.name));
    }
    match name.name.as_str() {
        "while" | "loop" => {
            return unknown.help("flows repeat by `for`, or by a label: `~#again ask()` and `|> @again()`");
        }
        "switch" | "match" => {
            return unknown.help("flows choose by the branches of an event, by guards (`when`), or by `if`");
        }
        _ => {}
    }
    let near = closest_event(cx, from, name.name).filter(|&near| near != name.name);
    if let Some(near) = near {
        return unknown.fix(format!("did you mean `{near}`?"), name.span, near.as_str());
    }
    let known = cx.modules[from].imports.iter().find(|&&module| {
        let event = cx.koru.events.get(&(module, name.name));
        event.is_some_and(|&event| cx.events[event].source.is_public)
    });
    if let Some(&module) = known {
        let full = format!("{}:{}", cx.modules[module].name, name.name);
        return unknown.fix("write its module in front", name.span, full);
    }
    match keywords(cx).get(&name.name).cloned() {
        Some(import) => needs(cx, unknown, &import, name.span.file),
        None => unknown,
    }
}

/// Does the name begin with a declaration of the module's host code: `double`, `std.debug.print`?
fn is_host_code(cx: &Context, module: ModuleId, name: Name) -> bool {
    let first = name.as_str().split('.').next().unwrap_or_default();
    cx.containers[cx.modules[module].container].decls.contains_key(&Name::new(first))
}

/// `std.io:println` for `std.io.println`, where that is an event.
fn with_colon(cx: &Context, name: &str) -> Option<String> {
    name.match_indices('.').find_map(|(at, _)| {
        let (module, event) = (Name::new(&name[..at]), Name::new(&name[at + 1..]));
        let module = cx.koru.by_name.get(&module)?;
        let is_there = cx.koru.events.contains_key(&(*module, event));
        is_there.then(|| format!("{}:{event}", cx.modules[*module].name))
    })
}

/// The event of a module, or the keyword, most like `name`.
pub fn closest_event(cx: &Context, module: ModuleId, name: Name) -> Option<Name> {
    let local = cx.koru.events.keys().filter(|(owner, _)| *owner == module).map(|(_, name)| name.as_str());
    let all = local.chain(cx.koru.keywords.keys().map(|name| name.as_str()));
    closest(name.as_str(), all.filter(|name| !name.contains('*'))).map(Name::new)
}

fn needs(cx: &Context, unknown: Diagnostic, import: &str, file: FileId) -> Diagnostic {
    let edit = import_edit(cx, import, file);
    unknown.fix_all(format!("`~import \"{import}\"` makes it known"), vec![edit])
}

/// A name of host code that most programs give to the module of that name.
pub fn for_host_name(cx: &Context, unknown: Diagnostic, name: &str) -> Diagnostic {
    if !is_usual_import(cx, name) {
        return unknown;
    }
    let line = format!("const {name} = @import(\"{name}\");");
    let edit = line_edit(cx, &line, unknown.primary.span.file);
    unknown.fix_all(format!("`{line}` makes it known"), vec![edit])
}

fn import_edit(cx: &Context, import: &str, file: FileId) -> Edit {
    line_edit(cx, &format!("~import \"{import}\""), file)
}

/// Adds a line behind the last import of a file, else at its start.
fn line_edit(cx: &Context, line: &str, file: FileId) -> Edit {
    let tree = cx.modules.iter().find(|module| module.file == file).map(|module| &module.tree);
    let mut imports = tree.iter().flat_map(|tree| &tree.items);
    match imports.rfind(|item| matches!(item.kind, ItemKind::Import(_))) {
        Some(last) => Edit { span: last.span.after(), replacement: format!("\n{line}") },
        None => Edit { span: Span::new(file, 0, 0), replacement: format!("{line}\n\n") },
    }
}

/// `$a/b/c` for `a.b.c`, where that is a file or a folder.
fn import_of(cx: &Context, namespace: &str) -> Option<String> {
    let segments: Vec<_> = namespace.split('.').collect();
    let (folders, taken) = cx.koru.aliases.lookup(&segments)?;
    let rest = segments[taken..].join("/");
    let found = folders.iter().any(|folder| is_module(cx, &folder.join(&rest)));
    found.then(|| format!("${}", segments.join("/")))
}

fn is_module(cx: &Context, path: &Utf8Path) -> bool {
    cx.files.is_file(&Utf8PathBuf::from(format!("{path}.kz"))) || cx.files.is_folder(path)
}

/// The keywords of the files that lie directly in the folder of an alias.
fn keywords<'c>(cx: &'c mut Context<'_>) -> &'c Keywords {
    if cx.koru.importable.is_none() {
        let mut found = Keywords::new();
        for (alias, folders) in cx.koru.aliases.iter() {
            folders.iter().for_each(|folder| keywords_of_folder(cx, alias, folder, &mut found));
        }
        cx.koru.importable = Some(found);
    }
    cx.koru.importable.get_or_insert_default()
}

fn keywords_of_folder(cx: &Context, alias: &str, folder: &Utf8Path, found: &mut Keywords) {
    let names = cx.files.list(folder).unwrap_or_default();
    for stem in names.iter().filter_map(|name| name.strip_suffix(".kz")) {
        let text = cx.files.read(&folder.join(format!("{stem}.kz"))).unwrap_or_default();
        if !text.contains("keyword") {
            continue;
        }
        // The tree is thrown away, so whose file it is does not matter.
        for item in koru_syntax::parse(FileId(0), &text).0.items {
            if let ItemKind::Event(event) = &item.kind
                && event.is_public
                && item.annotations.has("keyword")
            {
                found.entry(event.name.name).or_insert_with(|| format!("${alias}/{stem}"));
            }
        }
    }
}
