//! Files that build-time code writes: they take their names when they are closed, whole.
//!
//! A file that is written anew stands beside its name until then, so that nobody ever reads half of it, and what
//! fails leaves what was there.

use camino::{Utf8Path, Utf8PathBuf};
use std::fs::{self, File, OpenOptions};
use std::io;

/// An opened file.
pub struct Opened {
    pub file: File,
    /// Where it stands for now, and where it belongs.
    pending: Option<(Utf8PathBuf, Utf8PathBuf)>,
}

impl Opened {
    /// Opens a file as it is.
    pub fn plain(options: &OpenOptions, path: &str) -> io::Result<Opened> {
        Ok(Opened { file: options.open(path)?, pending: None })
    }

    /// Opens a file that is written from its start. What is no ordinary file is opened as it is.
    pub fn anew(options: &mut OpenOptions, path: &str) -> io::Result<Opened> {
        let there = fs::metadata(path);
        let is_ordinary = match &there {
            Ok(there) => there.is_file() && !there.permissions().readonly(),
            Err(problem) => problem.kind() == io::ErrorKind::NotFound,
        };
        if !is_ordinary {
            return Opened::plain(options, path);
        }
        let path = Utf8Path::new(path).canonicalize_utf8().unwrap_or_else(|_| path.into());
        let name = path.file_name().unwrap_or_default();
        let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
        let file = options.create(true).open(&beside)?;
        if let Ok(there) = there {
            file.set_permissions(there.permissions())?;
        }
        Ok(Opened { file, pending: Some((beside, path)) })
    }

    /// The file is whole: it takes its name.
    pub fn close(mut self) -> io::Result<()> {
        match self.pending.take() {
            Some((from, to)) => fs::rename(from, to),
            None => Ok(()),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.pending {
            // There is nothing to do about one that stays.
            let _ = fs::remove_file(beside);
        }
    }
}
