//! How the tests call koruc and what it makes, each in a folder of its own.

use camino::{Utf8Path, Utf8PathBuf};
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes, emulated and on a busy machine. What does not end is killed.
const LIMIT: Duration = Duration::from_secs(300);

/// The repository.
pub fn root() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The compiler under test: the one cargo built beside this program, or the one KORUC names.
pub fn executable() -> Utf8PathBuf {
    if let Ok(path) = std::env::var("KORUC") {
        return path.into();
    }
    let tests = std::env::current_exe().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let folder = tests.as_deref().and_then(Utf8Path::parent).and_then(Utf8Path::parent);
    folder.map_or_else(|| "koruc".into(), |folder| folder.join("koruc"))
}

/// A folder that is gone when the test is over.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty one.
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// One with a copy of everything in `source`.
    pub fn copy_of(source: &Utf8Path) -> Place {
        let place = Place::new();
        copy(source, place.path());
        place
    }

    pub fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).expect("a UTF-8 name")
    }

    /// Runs koruc here.
    pub fn koruc(&self, args: &[&str]) -> Output {
        let mut command = Command::new(executable());
        command.args(args).current_dir(self.path()).env_remove("KORU_HOME");
        // How long something took is no part of what is compared.
        command.env("SOURCE_DATE_EPOCH", "0");
        finish(&mut command)
    }

    /// Runs a program here, under the emulator if there is one.
    pub fn run(&self, emulator: Option<&str>, args: &[&str]) -> Output {
        self.run_with(emulator, args, None)
    }

    /// The same with a file as standard input.
    pub fn run_with(&self, emulator: Option<&str>, args: &[&str], input: Option<&Utf8Path>) -> Output {
        let program = self.path().join("a.out");
        let mut command = match emulator {
            Some(emulator) => {
                let mut command = Command::new(emulator);
                command.arg(&program);
                command
            }
            None => Command::new(&program),
        };
        let input = input.map(|path| std::fs::File::open(path).expect("an input that is there"));
        finish_with(command.args(args).current_dir(self.path()), input.map_or_else(Stdio::null, Stdio::from))
    }
}

/// Runs a command to its end, or to the limit.
fn finish(command: &mut Command) -> Output {
    finish_with(command, Stdio::null())
}

fn finish_with(command: &mut Command, input: Stdio) -> Output {
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs (koruc: build it with `cargo build -p koruc`)");
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let begun = Instant::now();
    while child.try_wait().is_ok_and(|status| status.is_none()) {
        if begun.elapsed() > LIMIT {
            child.kill().expect("it can be killed");
        }
        sleep(Duration::from_millis(2));
    }
    let status = child.wait().expect("it has ended");
    let read = |stream: JoinHandle<Vec<u8>>| stream.join().expect("it was read");
    Output { status, stdout: read(stdout), stderr: read(stderr) }
}

/// Reads a stream beside the one who waits, so that it never fills up.
fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).expect("it can be read");
        }
        bytes
    })
}

/// Everything of a folder, into another.
pub fn copy(from: &Utf8Path, to: &Utf8Path) {
    for entry in from.read_dir_utf8().expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a new folder");
            copy(entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// Bytes as text, for comparing and showing.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Both streams and the status of a koruc that should have succeeded.
pub fn explain(output: &Output) -> String {
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}
