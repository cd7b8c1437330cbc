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
use koru_base::targets::{INSTALL, LINKER_PACKAGE};
use koru_base::{Sources, Target};
use shape::Shape;
use std::io::Write as _;
use std::{fmt, fs, io};

pub use lld::Waiting;
pub use script::{defines as is_made_by_linker, settle_thread_memory};
pub use shape::{defined_symbols, has_addresses, undefined_symbols};

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
    /// May the last program header share its bytes with the program?
    pub folds_header: bool,
    /// More bytes than this are a failure.
    pub limit: Option<u64>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        let (has_companion, is_hosted, folds_header) = (false, false, true);
        Options { entry: "_start", sources: None, has_companion, is_hosted, folds_header, limit: None }
    }
}

/// What was linked.
#[derive(Debug)]
pub struct Linked {
    /// Size of the file.
    pub bytes: u64,
    /// Size of the table of addresses that the program corrects when it starts.
    pub relocation_bytes: u64,
    /// The file, and the same before its symbols and sections were dropped.
    pub files: Files,
    /// Does it prepare its data at start?
    pub is_prepared: bool,
}

/// A linked program, before and after what only linkers and people read was dropped.
pub struct Files {
    pub shipped: Vec<u8>,
    pub whole: Vec<u8>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.shipped.len())
    }
}

/// Why there is no executable.
#[derive(Debug)]
pub enum LinkFailure {
    /// No lld on this machine.
    NoLinker,
    /// lld said no. The folder holds its inputs and a script to say it again.
    Refused { output: String, replay: Utf8PathBuf },
    /// The program has addresses to correct, and its start code does not or, at odd places, cannot.
    Unrelocated,
    /// It has more bytes than it may have; it was not written.
    TooLarge(Linked),
    /// The file could not be written.
    Disk { path: Utf8PathBuf, error: io::Error },
}

impl fmt::Display for LinkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkFailure::NoLinker => write!(
                f,
                "no lld on this machine\nhelp: koruc links with LLVM's lld; install it with\n\n    \
                 {INSTALL} {LINKER_PACKAGE}",
            ),
            LinkFailure::Refused { output, replay } => {
                write!(f, "lld failed:\n{}\nnote: {replay}/replay.sh links again", output.trim_end())
            }
            LinkFailure::Unrelocated => {
                f.write_str("the program has addresses in its data, and nothing to correct them at start")
            }
            LinkFailure::TooLarge(linked) => write!(f, "the program has {} bytes", linked.bytes),
            LinkFailure::Disk { path, error } => write!(f, "{path}: {error}"),
        }
    }
}

/// Has an object memory that each thread has of its own?
pub fn has_thread_memory(object: &[u8]) -> bool {
    Shape::of_file(object).is_some_and(|shape| shape.segments.threads)
}

/// Links `inputs` into the executable `output`, with the lld that waits if there is one.
pub fn link(
    inputs: &[Input],
    target: &Target,
    output: &Utf8Path,
    options: Options<'_>,
    waiting: Option<Waiting>,
) -> Result<Linked, LinkFailure> {
    let disk = |error| LinkFailure::Disk { path: output.to_owned(), error };
    let parent = output.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(".".into());
    let temporary = Utf8PathBuf::from_path_buf(std::env::temp_dir()).unwrap_or(".".into());
    let parent = if is_special(output) { temporary } else { parent.to_owned() };
    let beside = parent.join(output.file_name().unwrap_or("program"));
    let folder = tempfile::Builder::new().prefix(".koru-link-").tempdir_in(parent).map_err(disk)?;
    let Ok(place) = Utf8PathBuf::from_path_buf(folder.path().to_owned()) else {
        return Err(disk(io::Error::other("the name of its folder is not UTF-8")));
    };
    let files = write_inputs(inputs, &place).map_err(disk)?;
    let mut job = lld::Job { files, place, target, options, waiting };
    match link_in(&mut job, inputs, output) {
        Ok(linked) => {
            if options.has_companion && !is_special(output) {
                fs::rename(job.companion(), companion_of(output)).map_err(disk)?;
            }
            put(&job.executable(), output).map_err(disk)?;
            Ok(linked)
        }
        Err(LinkFailure::Refused { output: text, .. }) => {
            let replay = job.keep(folder, &beside).map_err(disk)?;
            Err(LinkFailure::Refused { output: text, replay })
        }
        Err(failure) => Err(failure),
    }
}

/// Is it there and no ordinary file, as `/dev/null`?
fn is_special(output: &Utf8Path) -> bool {
    fs::metadata(output).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// The executable takes its name, whole. What is special is written to and stays what it is.
fn put(from: &Utf8Path, output: &Utf8Path) -> io::Result<()> {
    if !is_special(output) {
        return fs::rename(from, output);
    }
    let bytes = fs::read(from)?;
    fs::OpenOptions::new().write(true).open(output)?.write_all(&bytes)
}

/// Where a program's symbols and DWARF are.
fn companion_of(output: &Utf8Path) -> Utf8PathBuf {
    format!("{output}.debug").into()
}

/// Links with the segments the inputs seem to need, and again if lld found others.
fn link_in(job: &mut lld::Job, inputs: &[Input], output: &Utf8Path) -> Result<Linked, LinkFailure> {
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
    if script::folds_stack_header(&job.options) {
        file = elf::fold_stack_header(file);
    }
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
    let whole = file;
    let shipped = match extras.as_slice() {
        [] => elf::drop_sections(whole.clone()),
        extras => elf::with_extras(&whole, extras),
    };
    let bytes = shipped.len() as u64;
    let files = Files { shipped, whole };
    let linked = Linked { bytes, relocation_bytes: found.relocation_bytes, files, is_prepared: false };
    if job.options.limit.is_some_and(|limit| bytes > limit) {
        return Err(LinkFailure::TooLarge(linked));
    }
    // In place, so that the file stays executable.
    write(job.executable(), &linked.files.shipped)?;
    Ok(linked)
}

/// Puts inputs from memory into the folder; all are then files, in order, as seen from there.
fn write_inputs(inputs: &[Input], place: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let mut files = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let name = input.name.replace(|one: char| !one.is_ascii_alphanumeric() && !"._-+".contains(one), "_");
        let file = Utf8PathBuf::from(format!("{index}-{name}.o"));
        fs::write(place.join(&file), input.bytes)?;
        files.push(file);
    }
    Ok(files)
}
