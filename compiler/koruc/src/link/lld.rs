//! lld's command line: found once, run in a folder of its own, or started before there is anything to link.

use super::shape::{Segments, Shape};
use super::{LinkFailure, Options, script};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::targets::LINKERS;
use koru_base::{Target, bug};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::{fs, io};

const SCRIPT: &str = "script.ld";
const EXECUTABLE: &str = "executable";

/// How every program is linked.
const FIXED: &[&str] = &[
    // Placed at random by the kernel, touched by nobody else.
    "-pie --no-dynamic-linker -static -z norelro",
    "--pack-dyn-relocs=relr",
    "--build-id=none --gc-sections -O2",
];

/// An lld that reads its script from a pipe. To load itself is nearly all it does for a program, and it does that while
/// LLVM is still at work. Where anything about it fails, lld is called once more and heard.
pub struct Waiting {
    process: Child,
}

impl Waiting {
    /// None where there is no lld: who links says so.
    pub fn start(target: &Target) -> Option<Waiting> {
        LINKERS.iter().find_map(|name| {
            let mut command = Command::new(name[0]);
            command.args(&name[1..]).args(["-m", target.emulation]).args(fixed()).args(["-T", "/dev/stdin"]);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            Some(Waiting { process: command.spawn().ok()? })
        })
    }

    /// Tells it what to do. Did it?
    fn finish(mut self, script: &str) -> bool {
        let is_told =
            self.process.stdin.take().is_some_and(|mut input| input.write_all(script.as_bytes()).is_ok());
        is_told && self.process.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Waiting {
    /// Nobody waits for a program that did not compile.
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn fixed() -> impl Iterator<Item = &'static str> {
    FIXED.iter().flat_map(|words| words.split(' '))
}

/// One link. lld runs in the folder, so that nothing it says or writes depends on where that is.
pub struct Job<'a> {
    /// A folder for the script, the inputs that were in memory, and the executable.
    pub place: Utf8PathBuf,
    /// The inputs, as seen from the folder.
    pub files: Vec<Utf8PathBuf>,
    pub target: &'a Target,
    pub options: Options<'a>,
    /// Does the first run.
    pub waiting: Option<Waiting>,
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
    pub fn run(&mut self, segments: Segments) -> Result<(Vec<u8>, Shape), LinkFailure> {
        let script = script::write(self.target, segments, &self.options);
        let is_done = self
            .waiting
            .take()
            .zip(self.places())
            .is_some_and(|(lld, places)| lld.finish(&(places + &script)));
        if !is_done {
            let path = self.place.join(SCRIPT);
            fs::write(&path, script).map_err(|error| LinkFailure::Disk { path, error })?;
            self.call()?;
        }
        let path = self.executable();
        let file = fs::read(&path).map_err(|error| LinkFailure::Disk { path, error })?;
        match Shape::of_file(&file) {
            Some(shape) => Ok((file, shape)),
            None => bug!("link", "lld made no executable"),
        }
    }

    /// What goes in and comes out, as a script says it; None for a name no script can say.
    fn places(&self) -> Option<String> {
        let inputs: Vec<_> = self.files.iter().map(|file| format!("\"{}\"", self.place.join(file))).collect();
        let is_plain = !self.place.as_str().contains(['"', '\n', '\r']);
        is_plain.then(|| format!("OUTPUT(\"{}\")\nINPUT({})\n", self.executable(), inputs.join(" ")))
    }

    fn call(&self) -> Result<(), LinkFailure> {
        for name in LINKERS {
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
        let emulation = ["-m", self.target.emulation];
        let places = ["-T", SCRIPT, "-o", EXECUTABLE];
        let words = emulation.into_iter().chain(fixed()).chain(places).map(String::from);
        words.chain(self.files.iter().map(|file| file.to_string())).collect()
    }

    /// Keeps the folder beside the output, with a script that links again.
    pub fn keep(&self, folder: tempfile::TempDir, output: &Utf8Path) -> io::Result<Utf8PathBuf> {
        let kept = Utf8PathBuf::from(format!("{output}.link"));
        let quote = |text: String| format!("'{}'", text.replace('\'', r"'\''"));
        let arguments: Vec<_> = self.arguments().into_iter().map(quote).collect();
        let text = format!("cd \"$(dirname \"$0\")\"\n{} {}\n", LINKERS[0][0], arguments.join(" "));
        fs::write(self.place.join("replay.sh"), text)?;
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::rename(folder.keep(), &kept)?;
        Ok(kept)
    }
}
