//! Objects to an executable, by way of lld.
//!
//! In: what the llvm crate made, and files a program names. Out: one static, position independent ELF file
//! that no dynamic linker need touch. The linker script is written for the program: what it has no data
//! for gets no segment. Nothing half written is ever seen under the output's name.

mod lld;
mod script;
mod shape;
#[cfg(test)]
mod tests;

use crate::disk::Disk;
use crate::elf::{self, Extra};
use crate::trace::table;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::{Sources, Target};
use shape::Shape;
use std::{fmt, fs, io};

pub use script::{defines as is_made_by_linker, settle_thread_memory};
pub use shape::{defined_symbols, undefined_symbols};

/// An object or bitcode to link; the name shows up in messages.
pub struct Input<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// How to link.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The symbol the program begins at.
    pub entry: &'static str,
    /// The texts a program's lines lie in, where it shall know where its code comes from.
    pub sources: Option<&'a Sources>,
    /// For debuggers: symbols and DWARF, in a file beside the program.
    pub has_companion: bool,
    /// Does C's library begin the program? It wants to know where the program lies, and runs its constructors.
    pub is_hosted: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { entry: "_start", sources: None, has_companion: false, is_hosted: false }
    }
}

impl Options<'_> {
    /// Does anybody read what lld knows of the program?
    fn keeps_symbols(&self) -> bool {
        self.has_companion || self.sources.is_some()
    }
}

/// What was linked.
#[derive(Debug)]
pub struct Linked {
    /// Size of the file.
    pub bytes: u64,
    /// Size of the table of addresses that the program corrects when it starts.
    pub relocation_bytes: u64,
}

/// Why there is no executable. Nothing but the last is the user's concern.
#[derive(Debug)]
pub enum LinkFailure {
    /// No lld on this machine.
    NoLinker,
    /// lld said no. The folder holds its inputs and a script to say it again.
    Refused { output: String, replay: Utf8PathBuf },
    /// The program has addresses to correct, and its start code does not or, at odd places, cannot.
    Unrelocated,
    /// The file could not be written.
    Disk { path: Utf8PathBuf, error: io::Error },
}

impl fmt::Display for LinkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkFailure::NoLinker => f.write_str(
                "no lld on this machine\nhelp: koruc links with LLVM's lld; install it with\n\n    \
                 apt-get install lld-19",
            ),
            LinkFailure::Refused { output, replay } => {
                write!(f, "lld failed:\n{}\nnote: {replay}/replay.sh links again", output.trim_end())
            }
            LinkFailure::Unrelocated => {
                f.write_str("the program has addresses in its data, and nothing to correct them at start")
            }
            LinkFailure::Disk { path, error } => write!(f, "{path}: {error}"),
        }
    }
}

/// Has an object memory that each thread has of its own?
pub fn has_thread_memory(object: &[u8]) -> bool {
    Shape::of_file(object).is_some_and(|shape| shape.segments.threads)
}

/// Links `inputs` into the executable `output`.
pub fn link(
    inputs: &[Input],
    target: &Target,
    output: &Utf8Path,
    options: Options<'_>,
) -> Result<Linked, LinkFailure> {
    let disk = |error| LinkFailure::Disk { path: output.to_owned(), error };
    let parent = output.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(".".into());
    let folder = tempfile::Builder::new().prefix(".koru-link-").tempdir_in(parent).map_err(disk)?;
    let Ok(place) = Utf8PathBuf::from_path_buf(folder.path().to_owned()) else {
        return Err(disk(io::Error::other("the name of its folder is not UTF-8")));
    };
    let job = lld::Job { files: write_inputs(inputs, &place).map_err(disk)?, place, target, options };
    match link_in(&job, inputs, output) {
        Ok(linked) => {
            if options.has_companion {
                fs::rename(job.companion(), companion_of(output)).map_err(disk)?;
            }
            fs::rename(job.executable(), output).map_err(disk)?;
            Ok(linked)
        }
        Err(LinkFailure::Refused { output: text, .. }) => {
            let replay = job.keep(folder, output).map_err(disk)?;
            Err(LinkFailure::Refused { output: text, replay })
        }
        Err(failure) => Err(failure),
    }
}

/// Where a program's symbols and DWARF are.
fn companion_of(output: &Utf8Path) -> Utf8PathBuf {
    format!("{output}.debug").into()
}

/// Links with the segments the inputs seem to need, and again if lld found others.
fn link_in(job: &lld::Job, inputs: &[Input], output: &Utf8Path) -> Result<Linked, LinkFailure> {
    let guess = Shape::of_inputs(inputs);
    let (mut file, mut found) = job.run(guess.segments)?;
    if found.segments != guess.segments {
        (file, found) = job.run(found.segments)?;
    }
    let needs_correction = found.relocation_bytes > 0 && !guess.corrects_addresses;
    if needs_correction || found.has_unpacked {
        return Err(LinkFailure::Unrelocated);
    }
    let write = |path: Utf8PathBuf, bytes: &[u8]| {
        fs::write(&path, bytes).map_err(|error| LinkFailure::Disk { path, error })
    };
    let mut extras = Vec::new();
    if let Some(sources) = job.options.sources
        && let Some(table) = table::make(&file, Some(sources), |path| !Disk::is_carried(path))
    {
        extras.push(Extra::places(table));
    }
    if job.options.has_companion {
        write(job.companion(), &file)?;
        extras.push(Extra::link(companion_of(output).file_name().unwrap_or(""), &file));
    }
    file = if extras.is_empty() { elf::drop_sections(file) } else { elf::with_extras(&file, &extras) };
    // In place, so that the file stays executable.
    write(job.executable(), &file)?;
    Ok(Linked { bytes: file.len() as u64, relocation_bytes: found.relocation_bytes })
}

/// Puts inputs from memory into the folder; all are then files, in order, as seen from there.
fn write_inputs(inputs: &[Input], place: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let mut files = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let name = input.name.replace('/', "_");
        let file = Utf8PathBuf::from(format!("{index}-{name}.o"));
        fs::write(place.join(&file), input.bytes)?;
        files.push(file);
    }
    Ok(files)
}
