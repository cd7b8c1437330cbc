//! Where import paths lead: koru.json of the project, then the libraries that come with the compiler.
//!
//! In: the entry file's folder. Out: for `$alias/a/b`, the folders to look in and what is left of the path.

use super::libraries::{Library, PRELUDE};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::Files;
use koru_base::diagnostic::closest;
use std::collections::BTreeMap;
use std::ops::Range;

/// The table of import aliases.
#[derive(Clone, Default, Debug)]
pub struct Aliases {
    folders: BTreeMap<String, Vec<Utf8PathBuf>>,
    /// Where the libraries are that come with the compiler.
    carried: Vec<Utf8PathBuf>,
    /// The alias of the library that every program stands on.
    foundation: Option<String>,
    /// The folder koru.json is in, or the entry's.
    pub root: Utf8PathBuf,
    /// koru.json could not be read whole, which was reported: what it names is not known.
    pub is_broken: bool,
}

/// What koru.json gets wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    pub path: Utf8PathBuf,
    pub message: String,
    /// The bytes of the file it is about.
    pub place: Range<usize>,
}

impl Aliases {
    /// The aliases in force for a program, and what koru.json gets wrong.
    pub fn find(files: &dyn Files, entry: &Utf8Path, libraries: &[Library]) -> (Aliases, Option<Trouble>) {
        let here = match entry.parent() {
            Some(folder) if !folder.as_str().is_empty() => folder.to_owned(),
            _ => Utf8PathBuf::from("."),
        };
        let project = ancestors(files, &here).find(|folder| files.is_file(&folder.join("koru.json")));
        let root = project.clone().unwrap_or_else(|| here.clone());
        let mut folders = BTreeMap::new();
        for library in libraries {
            folders.insert(library.alias.clone(), vec![library.folder.clone()]);
        }
        folders.insert("lib".into(), vec![koru_base::files::normal(&root.join("lib"))]);
        folders.insert("root".into(), vec![root.clone()]);
        folders.insert("app".into(), vec![here.clone()]);
        let carried = libraries.iter().map(|library| library.folder.clone()).collect();
        let foundation = Library::foundation(libraries).map(|library| library.alias.clone());
        let mut aliases = Aliases { folders, carried, foundation, root, is_broken: false };
        let path = project.map(|project| koru_base::files::normal(&project.join("koru.json")));
        let trouble = path.and_then(|path| aliases.read(files, path, &here).err());
        aliases.is_broken = trouble.is_some();
        (aliases, trouble)
    }

    /// Is the file one of the project, and no library's?
    pub fn is_own(&self, path: &Utf8Path) -> bool {
        let (path, root) = (koru_base::files::normal(path), koru_base::files::normal(&self.root));
        let is_below = match root.as_str() {
            "" | "." => path.is_relative() && !path.starts_with(".."),
            _ => path.starts_with(&root),
        };
        is_below && !self.carried.iter().any(|folder| path.starts_with(folder))
    }

    fn read(&mut self, files: &dyn Files, path: Utf8PathBuf, entry: &Utf8Path) -> Result<(), Trouble> {
        let text = files.read(&path).unwrap_or_default();
        let trouble =
            |message: &str, place| Trouble { path: path.clone(), message: message.to_owned(), place };
        let key = |name: &str| {
            let quoted = format!("\"{name}\"");
            let start = text.find(&quoted).unwrap_or(0);
            start..(start + quoted.len()).min(text.len())
        };
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
            let problem = error.to_string();
            let at = json_place(&text, &error);
            trouble(problem.split(" at line").next().unwrap_or_default(), at..at)
        })?;
        let Some(paths) = json.get("paths") else { return Ok(()) };
        let no_object = || trouble("`paths` is no object of aliases", key("paths"));
        for (alias, value) in paths.as_object().ok_or_else(no_object)? {
            if alias == "main" {
                return Err(trouble("the alias `main` is reserved", key(alias)));
            }
            let values = match value {
                serde_json::Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            let folders: Option<Vec<_>> =
                values.iter().map(|value| Some(self.expand(value.as_str()?, entry))).collect();
            let no_path = || format!("the alias `{alias}` is neither a path nor a list of paths");
            let folders = folders.ok_or_else(|| trouble(&no_path(), key(alias)))?;
            self.folders.insert(alias.clone(), folders);
        }
        Ok(())
    }

    fn expand(&self, value: &str, entry: &Utf8Path) -> Utf8PathBuf {
        let home = self.foundation().and_then(Utf8Path::parent).unwrap_or(Utf8Path::new("."));
        let mut text = value.to_owned();
        for (name, folder) in [("ENTRY", entry), ("KORU_HOME", home)] {
            text = text.replace(&format!("{{{{ {name} }}}}"), folder.as_str());
            text = text.replace(&format!("{{{{{name}}}}}"), folder.as_str());
        }
        // The placeholders are whole paths already.
        let is_whole = value.trim_start().starts_with("{{");
        let path = if is_whole { Utf8PathBuf::from(text) } else { self.root.join(text) };
        koru_base::files::normal(&path)
    }

    /// Every alias with its folders, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Utf8PathBuf])> {
        self.folders.iter().map(|(alias, folders)| (alias.as_str(), folders.as_slice()))
    }

    /// The candidate folders of the longest alias that begins the path, and how many segments it takes.
    pub fn lookup(&self, segments: &[&str]) -> Option<(&[Utf8PathBuf], usize)> {
        (1..=segments.len()).rev().find_map(|taken| {
            let folders = self.folders.get(&segments[..taken].join("/"))?;
            Some((folders.as_slice(), taken))
        })
    }

    /// The known alias most like this one.
    pub fn closest(&self, alias: &str) -> Option<&str> {
        closest(alias, self.folders.keys().map(String::as_str))
    }

    /// How imports name a module of the library that every program stands on.
    pub fn foundation_module(&self, name: &str) -> Option<String> {
        Some(format!("{}/{name}", self.foundation.as_deref()?))
    }

    /// The folder of the library that every program stands on, for files that no import names.
    pub fn foundation(&self) -> Option<&Utf8Path> {
        self.folders.get(self.foundation.as_deref()?)?.first().map(Utf8PathBuf::as_path)
    }

    /// The module of it that every program imports without saying so, and where that is.
    pub fn prelude(&self) -> Option<(String, Utf8PathBuf)> {
        let (file, alias) = (Utf8Path::new(PRELUDE), self.foundation.as_deref()?.replace('/', "."));
        Some((format!("{alias}.{}", file.file_stem()?), self.foundation()?.join(file)))
    }

    /// Does this alias name that library?
    pub fn is_foundation(&self, alias: &[&str]) -> bool {
        self.foundation.as_deref() == Some(alias.join("/").as_str())
    }
}

/// The byte a reader of JSON stumbled over.
pub fn json_place(text: &str, error: &serde_json::Error) -> usize {
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    (line + error.column().saturating_sub(1)).min(text.len())
}

/// The folder and those above it.
fn ancestors<'f>(files: &'f dyn Files, folder: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> + 'f {
    let whole = files.canonical(folder);
    let relative = std::iter::once(folder.to_owned());
    let above: Vec<_> = whole.ancestors().skip(1).map(Utf8Path::to_owned).collect();
    relative.chain(above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use koru_base::MemoryFiles;

    #[test]
    fn koru_json_wins_over_libraries_and_knows_the_entry() {
        let mut files = MemoryFiles::default();
        files.add("p/koru.json", r#"{"paths": {"std": "mine", "gen": ["a", "{{ ENTRY }}/b"]}}"#);
        files.add("p/src/main.kz", "");
        let library = Library { alias: "std".into(), folder: "koru/std".into(), is_foundation: true };
        let (aliases, trouble) = Aliases::find(&files, Utf8Path::new("p/src/main.kz"), &[library]);
        assert_eq!(trouble, None);
        let folders =
            |path: &[&str]| aliases.lookup(path).map(|(folders, taken)| format!("{folders:?} {taken}"));
        assert_eq!(folders(&["std", "io"]).as_deref(), Some(r#"["p/mine"] 1"#));
        assert_eq!(folders(&["gen"]).as_deref(), Some(r#"["p/a", "p/src/b"] 1"#));
    }
}
