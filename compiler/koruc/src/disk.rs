//! The real disk behind [`Files`], and the libraries that koruc carries inside itself.
//!
//! Library files live below `(koru)/`, a folder that exists in the executable alone, unless KORU_HOME
//! names a folder with a libraries.json.

use camino::{Utf8Path, Utf8PathBuf};
use koru_base::Files;
use koru_base::files::normal;
use koru_hir::koru::Library;
use std::io;

include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

const CARRIED: &str = "(koru)";

/// Real files, and carried ones.
pub struct Disk;

impl Disk {
    /// The libraries that come with the compiler. An error says what is wrong with KORU_HOME.
    pub fn libraries() -> Result<Vec<Library>, String> {
        let Ok(home) = std::env::var("KORU_HOME") else {
            let carried = |&(alias, folder): &(&str, &str)| Library {
                alias: alias.into(),
                folder: Utf8Path::new(CARRIED).join(folder),
            };
            return Ok(ALIASES.iter().map(carried).collect());
        };
        let path = Utf8Path::new(&home).join("libraries.json");
        let wrong = |problem: String| format!("KORU_HOME is set, but {path} cannot be used: {problem}");
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let object = json.as_object().ok_or_else(|| wrong("it is no object".into()))?;
        let library = |(alias, folder): (&String, &serde_json::Value)| {
            let folder = Utf8Path::new(&home).join(folder.as_str()?);
            Some(Library { alias: alias.clone(), folder })
        };
        Ok(object.iter().filter_map(library).collect())
    }
}

/// What is behind `(koru)/`.
fn carried(path: &Utf8Path) -> Option<Utf8PathBuf> {
    normal(path).strip_prefix(CARRIED).ok().map(Utf8Path::to_owned)
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
            None => std::fs::read_to_string(path),
        }
    }
    fn read_bytes(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        match carried(path) {
            Some(_) => self.read(path).map(String::into_bytes),
            None => std::fs::read(path),
        }
    }
    fn is_file(&self, path: &Utf8Path) -> bool {
        match carried(path) {
            Some(inside) => carried_text(&inside).is_some(),
            None => path.is_file(),
        }
    }
    fn is_folder(&self, path: &Utf8Path) -> bool {
        match carried(path) {
            Some(inside) => CARRIED_FILES.iter().any(|(name, _)| {
                let name = Utf8Path::new(name);
                name.starts_with(&inside) && name != inside
            }),
            None => path.is_dir(),
        }
    }
    fn list(&self, folder: &Utf8Path) -> io::Result<Vec<String>> {
        if let Some(inside) = carried(folder) {
            let directly = CARRIED_FILES.iter().map(|(name, _)| Utf8Path::new(name));
            let directly = directly.filter(|name| name.parent() == Some(&inside));
            return Ok(directly.filter_map(|name| name.file_name().map(str::to_owned)).collect());
        }
        let mut names = Vec::new();
        for entry in folder.read_dir_utf8()? {
            names.push(entry?.file_name().to_owned());
        }
        names.sort();
        Ok(names)
    }
    fn canonical(&self, path: &Utf8Path) -> Utf8PathBuf {
        match carried(path) {
            Some(_) => normal(path),
            None => path.canonicalize_utf8().unwrap_or_else(|_| normal(path)),
        }
    }
}
