//! How the compiler sees a disk, and a disk in memory for tests.
//!
//! Only `koruc` touches the real one; every other stage asks this trait.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::io;

/// A tree of text files.
pub trait Files {
    /// The text of a file.
    fn read(&self, path: &Utf8Path) -> io::Result<String>;
    /// The bytes of a file.
    fn read_bytes(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        self.read(path).map(String::into_bytes)
    }
    /// Is there a regular file?
    fn is_file(&self, path: &Utf8Path) -> bool;
    /// Is there a folder?
    fn is_folder(&self, path: &Utf8Path) -> bool;
    /// Names of the files directly in a folder, sorted.
    fn list(&self, folder: &Utf8Path) -> io::Result<Vec<String>>;
    /// One spelling for each file, whatever way led to it.
    fn canonical(&self, path: &Utf8Path) -> Utf8PathBuf;
}

/// Files held in memory.
#[derive(Clone, Default, Debug)]
pub struct MemoryFiles {
    files: BTreeMap<Utf8PathBuf, String>,
}

impl MemoryFiles {
    /// Puts a file in.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<String>) {
        self.files.insert(normal(&path.into()), text.into());
    }
}

/// `a/./b/../c` as `a/c`.
pub fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut clean = Utf8PathBuf::new();
    for part in path.components() {
        match part.as_str() {
            "." => {}
            ".." if clean.file_name().is_some_and(|name| name != "..") => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

impl Files for MemoryFiles {
    fn read(&self, path: &Utf8Path) -> io::Result<String> {
        self.files.get(&normal(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn is_file(&self, path: &Utf8Path) -> bool {
        self.files.contains_key(&normal(path))
    }
    fn is_folder(&self, path: &Utf8Path) -> bool {
        let folder = normal(path);
        self.files.keys().any(|file| file.starts_with(&folder) && *file != folder)
    }
    fn list(&self, folder: &Utf8Path) -> io::Result<Vec<String>> {
        let folder = normal(folder);
        let inside = self.files.keys().filter(|file| file.parent() == Some(&folder));
        Ok(inside.filter_map(|file| file.file_name().map(str::to_owned)).collect())
    }
    fn canonical(&self, path: &Utf8Path) -> Utf8PathBuf {
        normal(path)
    }
}
