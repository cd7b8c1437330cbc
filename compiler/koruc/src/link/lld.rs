//! lld's command line: found once, run in a folder of its own.

use super::shape::{Segments, Shape};
use super::{LinkFailure, Options, script};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::{Target, bug};
use std::process::Command;
use std::{fs, io};

/// The names lld goes by, with what makes each one link ELF.
const NAMES: &[&[&str]] = &[&["ld.lld-19"], &["ld.lld"], &["rust-lld", "-flavor", "gnu"]];

const SCRIPT: &str = "script.ld";
const EXECUTABLE: &str = "executable";

/// One link. lld runs in the folder, so that nothing it says or writes depends on where that is.
pub struct Job<'a> {
    /// A folder for the script, the inputs that were in memory, and the executable.
    pub place: Utf8PathBuf,
    /// The inputs, as seen from the folder.
    pub files: Vec<Utf8PathBuf>,
    pub target: &'a Target,
    pub options: Options<'a>,
}

impl Job<'_> {
    /// Where the executable is before it gets its name.
    pub fn executable(&self) -> Utf8PathBuf {
        self.place.join(EXECUTABLE)
    }

    /// Where the file for debuggers is before it gets its name.
    pub fn companion(&self) -> Utf8PathBuf {
        self.place.join("companion")
    }

    /// Links with room for these segments; returns the file and what is in it.
    pub fn run(&self, segments: Segments) -> Result<(Vec<u8>, Shape), LinkFailure> {
        let disk = |path: Utf8PathBuf| move |error| LinkFailure::Disk { path, error };
        let script = self.place.join(SCRIPT);
        fs::write(&script, script::write(self.target, segments, &self.options)).map_err(disk(script))?;
        self.call()?;
        let file = fs::read(self.executable()).map_err(disk(self.executable()))?;
        match Shape::of_file(&file) {
            Some(shape) => Ok((file, shape)),
            None => bug!("link", "lld made no executable"),
        }
    }

    fn call(&self) -> Result<(), LinkFailure> {
        for name in NAMES {
            let mut command = Command::new(name[0]);
            command.args(&name[1..]).args(self.arguments()).current_dir(&self.place);
            match command.output() {
                Ok(run) if run.status.success() => return Ok(()),
                Ok(run) => {
                    let output = String::from_utf8_lossy(&run.stderr).into_owned();
                    return Err(LinkFailure::Refused { output, replay: Utf8PathBuf::new() });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LinkFailure::Disk { path: name[0].into(), error }),
            }
        }
        Err(LinkFailure::NoLinker)
    }

    fn arguments(&self) -> Vec<String> {
        let fixed = [
            // Placed at random by the kernel, touched by nobody else.
            "-pie --no-dynamic-linker -static -z norelro",
            "--pack-dyn-relocs=relr",
            "--build-id=none --gc-sections -O2",
        ];
        let fixed = fixed.iter().flat_map(|words| words.split(' ')).map(String::from);
        let symbols = (!self.options.keeps_symbols()).then(|| "-s".to_string());
        let emulation = ["-m".to_string(), self.target.emulation.to_string()];
        let places = ["-T", SCRIPT, "-o", EXECUTABLE].map(String::from);
        let files = self.files.iter().map(|file| file.to_string());
        emulation.into_iter().chain(fixed).chain(symbols).chain(places).chain(files).collect()
    }

    /// Keeps the folder beside the output, with a script that links again.
    pub fn keep(&self, folder: tempfile::TempDir, output: &Utf8Path) -> io::Result<Utf8PathBuf> {
        let kept = Utf8PathBuf::from(format!("{output}.link"));
        let quote = |text: String| format!("'{}'", text.replace('\'', r"'\''"));
        let arguments: Vec<_> = self.arguments().into_iter().map(quote).collect();
        let text = format!("cd \"$(dirname \"$0\")\"\n{} {}\n", NAMES[0][0], arguments.join(" "));
        fs::write(self.place.join("replay.sh"), text)?;
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::rename(folder.keep(), &kept)?;
        Ok(kept)
    }
}
