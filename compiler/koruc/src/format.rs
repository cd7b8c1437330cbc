//! `koruc fmt`: files written anew with settled blanks, or only named where `--check` asks.
//!
//! A file with mistakes is left as it is and its mistakes are shown; the others are still formatted.
//! A file is replaced by a rename, so nobody ever sees half of one.

use crate::session::{Failed, Session, command_line, surroundings};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::{Sink, Sources};
use std::io::{self, Write};

/// Formats files, and all `.kz` files below folders.
pub fn run(session: &Session, paths: &[Utf8PathBuf]) -> Result<(), Failed> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() {
        return Err(command_line("there is nothing to format: koruc fmt FILE.."));
    }
    // Each file is tried; the worst result is the answer.
    let results: Vec<_> = files.iter().map(|file| format(session, file)).collect();
    results.into_iter().filter_map(Result::err).max_by_key(|failed| failed.code()).map_or(Ok(()), Err)
}

fn collect(path: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), Failed> {
    if !path.is_dir() {
        if !path.is_file() {
            return Err(command_line(format!("there is no file `{path}`")));
        }
        files.push(path.to_owned());
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in path.read_dir_utf8().map_err(surroundings)? {
        inside.push(entry.map_err(surroundings)?.into_path());
    }
    inside.sort();
    inside.retain(|path| path.is_dir() || path.extension() == Some("kz"));
    inside.iter().filter(|path| !path.is_symlink()).try_for_each(|path| collect(path, files))
}

fn format(session: &Session, path: &Utf8Path) -> Result<(), Failed> {
    let failed = |error: io::Error| surroundings(format!("{path}: {error}"));
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let mut sources = Sources::default();
    let file = sources.add(path, text.as_str());
    let printed = koru_syntax::format(file, &text).map_err(|diagnostics| {
        let mut sink = Sink::default();
        diagnostics.into_iter().for_each(|diagnostic| sink.report(diagnostic));
        let _ = session.show(&mut sink, &sources);
        Failed::Program
    })?;
    if printed == text {
        return Ok(());
    }
    if session.options.check {
        println!("{path}");
        return Err(Failed::Program);
    }
    replace(path, &printed).map_err(failed)
}

/// Writes a file beside the old one and gives it the old one's name.
fn replace(path: &Utf8Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize_utf8()?;
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Utf8Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.persist(&path)?;
    Ok(())
}
