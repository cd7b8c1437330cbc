//! The real disk behind [`Files`], and the libraries that koruc carries inside itself.
//!
//! Library files live below `(koru)/`, a folder that exists in the executable alone, unless KORU_HOME
//! names a folder with a libraries.json: then they are read from there, under the same names.

use camino::{Utf8Path, Utf8PathBuf};
use koru_base::files::normal;
use koru_base::{Files, bug};
use koru_hir::koru::Library;
use std::io;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

const CARRIED: &str = "(koru)";
const LIST: &str = include_str!("../../../libraries.json");

/// Real files, and carried ones.
pub struct Disk;

/// The folder KORU_HOME names, if it is set.
static HOME: LazyLock<Option<Utf8PathBuf>> =
    LazyLock::new(|| std::env::var("KORU_HOME").ok().map(Into::into));

impl Disk {
    /// Is this a file of the libraries that come with the compiler?
    pub fn is_carried(path: &str) -> bool {
        path.strip_prefix(CARRIED).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The libraries that come with the compiler. An error says what is wrong with KORU_HOME.
    pub fn libraries() -> Result<Vec<Library>, String> {
        let Some(home) = &*HOME else {
            let listed = Library::listed(LIST, Utf8Path::new(CARRIED));
            return Ok(listed.unwrap_or_else(|problem| bug!("disk", "libraries.json: {problem}")));
        };
        let path = home.join("libraries.json");
        let wrong = |problem: String| format!("KORU_HOME is set, but {path} cannot be used: {problem}");
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        Library::listed(&text, Utf8Path::new(CARRIED)).map_err(wrong)
    }
}

/// What is behind `(koru)/`, where it is read from the executable.
fn carried(path: &Utf8Path) -> Option<Utf8PathBuf> {
    inside(path).filter(|_| HOME.is_none())
}

fn inside(path: &Utf8Path) -> Option<Utf8PathBuf> {
    normal(path).strip_prefix(CARRIED).ok().map(Utf8Path::to_owned)
}

/// Where a file is on the disk.
fn real(path: &Utf8Path) -> Utf8PathBuf {
    match (inside(path), &*HOME) {
        (Some(inside), Some(home)) => home.join(inside),
        _ => path.to_owned(),
    }
}

fn carried_text(path: &Utf8Path) -> Option<&'static str> {
    let found = CARRIED_FILES.binary_search_by(|(name, _)| (*name).cmp(path.as_str()));
    found.ok().map(|index| CARRIED_FILES[index].1)
}

impl Files for Disk {
    fn read(&self, path: &Utf8Path) -> io::Result<String> {
        match carried(path) {
            Some(inside) => {
                carried_text(&inside).map(str::to_owned).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            None => std::fs::read_to_string(real(path)),
        }
    }
    fn read_bytes(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        match carried(path) {
            Some(_) => self.read(path).map(String::into_bytes),
            None => std::fs::read(real(path)),
        }
    }
    fn is_file(&self, path: &Utf8Path) -> bool {
        match carried(path) {
            Some(inside) => carried_text(&inside).is_some(),
            None => real(path).is_file(),
        }
    }
    fn is_folder(&self, path: &Utf8Path) -> bool {
        match carried(path) {
            Some(inside) => CARRIED_FILES.iter().any(|(name, _)| {
                let name = Utf8Path::new(name);
                name.starts_with(&inside) && name != inside
            }),
            None => real(path).is_dir(),
        }
    }
    fn list(&self, folder: &Utf8Path) -> io::Result<Vec<String>> {
        if let Some(inside) = carried(folder) {
            let directly = CARRIED_FILES.iter().map(|(name, _)| Utf8Path::new(name));
            let directly = directly.filter(|name| name.parent() == Some(&inside));
            return Ok(directly.filter_map(|name| name.file_name().map(str::to_owned)).collect());
        }
        let mut names = Vec::new();
        for entry in real(folder).read_dir_utf8()? {
            names.push(entry?.file_name().to_owned());
        }
        names.sort();
        Ok(names)
    }
    fn canonical(&self, path: &Utf8Path) -> Utf8PathBuf {
        match carried(path) {
            Some(_) => normal(path),
            None => real(path).canonicalize_utf8().unwrap_or_else(|_| normal(path)),
        }
    }
}
