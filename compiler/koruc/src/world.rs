//! The world as build-time code reaches it: files, processes, environment, and the build itself.
//!
//! Paths are the user's, relative to the folder koruc was started in. Writing and running can be refused
//! by `--deny`. Errors are Linux's numbers.

use crate::cli::Deny;
use crate::commands::{announce, is_denied};
use crate::disk::Disk;
use crate::pipeline;
use crate::session::{Failed, Session, surroundings};
use crate::written::Opened;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::Level;
use koru_meta::{Built, ChildOutput, Driver};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const ACCES: u32 = 13;
const BADF: u32 = 9;
const INVAL: u32 = 22;
const IO: u32 = 5;
/// The first descriptor of an opened file.
const FIRST: i32 = 3;

/// One command's world.
pub struct World<'s> {
    session: &'s mut Session,
    file: Utf8PathBuf,
    argv: Vec<String>,
    environment: Vec<String>,
    open: Vec<Option<Opened>>,
    started: Vec<Option<Started>>,
    /// Executables made for the command alone.
    folders: Vec<tempfile::TempDir>,
    status: u8,
    build_failed: bool,
}

/// A program that runs beside the command.
struct Started {
    child: Child,
    begin: Instant,
    end: Instant,
    stdout: JoinHandle<Heard>,
    stderr: JoinHandle<Heard>,
}

/// A stream, and when it ended.
type Heard = (Vec<u8>, Instant);

/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(2);

impl Drop for World<'_> {
    fn drop(&mut self) {
        for started in self.started.iter_mut().flatten() {
            // It may have ended by itself.
            let _ = started.child.kill();
            let _ = started.child.wait();
        }
    }
}

impl<'s> World<'s> {
    pub fn new(session: &'s mut Session, file: &Utf8Path, argv: Vec<String>) -> World<'s> {
        let mut environment: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value.to_str()?)))
            .collect();
        environment.sort();
        World {
            session,
            file: file.to_owned(),
            argv,
            environment,
            open: Vec::new(),
            started: Vec::new(),
            folders: Vec::new(),
            status: 0,
            build_failed: false,
        }
    }

    /// What the command ended with.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// The command came to its end: files it left open are whole.
    pub fn finish(&mut self) {
        for opened in self.open.drain(..).flatten() {
            // Whoever wants to know whether it could be written closes it.
            let _ = opened.close();
        }
    }

    /// Did the program turn out to be wrong, or could it not be linked?
    pub fn build_failed(&self) -> bool {
        self.build_failed
    }

    fn file(&mut self, fd: i32) -> Result<&mut File, u32> {
        let index = usize::try_from(fd - FIRST).map_err(|_| BADF)?;
        self.open.get_mut(index).and_then(Option::as_mut).map(|opened| &mut opened.file).ok_or(BADF)
    }

    /// An executable that calls events, with checks unless speed was asked for.
    fn build_events(&mut self, events: &[String]) -> Result<Option<pipeline::Built>, Failed> {
        let folder = tempfile::tempdir().map_err(surroundings)?;
        let Some(path) = Utf8Path::from_path(folder.path()).map(|path| path.join("program")) else {
            return Err(surroundings("the temporary folder's name is not UTF-8"));
        };
        self.folders.push(folder);
        let options = &mut self.session.options;
        let (output, level) = (std::mem::replace(&mut options.output, path), options.level);
        if level == Level::Small {
            options.level = Level::Safe;
        }
        self.session.events = events.to_vec();
        let built = pipeline::build(self.session, &Disk, &self.file);
        self.session.events.clear();
        self.session.options.output = output;
        self.session.options.level = level;
        built
    }

    fn may(&self, what: Deny) -> Result<(), u32> {
        if is_denied(self.session, what) { Err(ACCES) } else { Ok(()) }
    }
}

/// The seconds at which the clock is to stand, where somebody said so.
fn epoch() -> Option<i64> {
    std::env::var("SOURCE_DATE_EPOCH").ok()?.parse().ok()
}

/// Reads a stream to its end, beside what else goes on.
fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Heard> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before a stream broke is worth showing.
            let _ = stream.read_to_end(&mut bytes);
        }
        (bytes, Instant::now())
    })
}

fn number(error: io::Error) -> u32 {
    error.raw_os_error().map_or(IO, |number| number as u32)
}

impl Driver for World<'_> {
    fn read(&mut self, fd: i32, len: usize) -> Result<Vec<u8>, u32> {
        let mut bytes = vec![0; len.min(1 << 20)];
        let read = if fd == 0 { io::stdin().read(&mut bytes) } else { self.file(fd)?.read(&mut bytes) };
        bytes.truncate(read.map_err(number)?);
        Ok(bytes)
    }

    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, u32> {
        match fd {
            1 => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()).map_err(number)?,
            2 => io::stderr().write_all(bytes).map_err(number)?,
            _ => self.file(fd)?.write_all(bytes).map_err(number)?,
        }
        Ok(bytes.len())
    }

    fn open(&mut self, path: &str, flags: u32, mode: u32) -> Result<i32, u32> {
        let (access, has) = (flags & 3, |bit: u32| flags & bit != 0);
        if access != 0 || has(0o100) {
            self.may(Deny::Write)?;
        }
        let mut options = OpenOptions::new();
        options.read(access != 1).write(access != 0).append(has(0o2000)).truncate(has(0o1000) && access != 0);
        options.create(has(0o100) && !has(0o200)).create_new(has(0o100) && has(0o200)).mode(mode);
        let is_anew = access != 0 && has(0o100) && has(0o1000) && !has(0o200);
        let opened = if is_anew { Opened::anew(&mut options, path) } else { Opened::plain(&options, path) };
        let opened = opened.map_err(number)?;
        let free = self.open.iter().position(Option::is_none).unwrap_or_else(|| {
            self.open.push(None);
            self.open.len() - 1
        });
        self.open[free] = Some(opened);
        Ok(free as i32 + FIRST)
    }

    fn close(&mut self, fd: i32) -> Result<(), u32> {
        let index = usize::try_from(fd - FIRST).map_err(|_| BADF)?;
        let opened = self.open.get_mut(index).and_then(Option::take).ok_or(BADF)?;
        opened.close().map_err(number)
    }

    fn seek(&mut self, fd: i32, offset: i64, whence: u32) -> Result<u64, u32> {
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| INVAL)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(INVAL),
        };
        self.file(fd)?.seek(to).map_err(number)
    }

    fn make_folder(&mut self, path: &str, mode: u32) -> Result<(), u32> {
        self.may(Deny::Write)?;
        fs::DirBuilder::new().mode(mode).create(path).map_err(number)
    }

    fn remove(&mut self, path: &str, is_folder: bool) -> Result<(), u32> {
        self.may(Deny::Write)?;
        if is_folder { fs::remove_dir(path) } else { fs::remove_file(path) }.map_err(number)
    }

    fn rename(&mut self, old: &str, new: &str) -> Result<(), u32> {
        self.may(Deny::Write)?;
        fs::rename(old, new).map_err(number)
    }

    fn list(&mut self, path: &str) -> Result<Vec<String>, u32> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(number)? {
            let entry = entry.map_err(number)?;
            let is_folder = fs::metadata(entry.path()).map_err(number)?.is_dir();
            // A name that is no text cannot be asked for.
            let Ok(name) = entry.file_name().into_string() else { continue };
            names.push(if is_folder { name + "/" } else { name });
        }
        names.sort();
        Ok(names)
    }

    fn wall_clock(&self) -> i64 {
        epoch().unwrap_or(0).saturating_mul(1_000_000_000)
    }

    fn arguments(&self) -> &[String] {
        &self.argv
    }

    fn environment(&self) -> &[String] {
        &self.environment
    }

    fn run(&mut self, argv: &[String], captures: bool) -> Result<ChildOutput, u32> {
        self.may(Deny::Run)?;
        let (program, args) = argv.split_first().ok_or(INVAL)?;
        let stream = || if captures { Stdio::piped() } else { Stdio::inherit() };
        let child =
            Command::new(program).args(args).stdout(stream()).stderr(stream()).spawn().map_err(number)?;
        let output = child.wait_with_output().map_err(number)?;
        let status = word(output.status);
        Ok(ChildOutput { status, stdout: output.stdout, stderr: output.stderr, microseconds: 0 })
    }

    fn start(&mut self, argv: &[String], seconds: u32) -> Result<u32, u32> {
        self.may(Deny::Run)?;
        let (program, args) = argv.split_first().ok_or(INVAL)?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(number)?;
        let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
        let begin = Instant::now();
        let end = begin + Duration::from_secs(seconds.into());
        self.started.push(Some(Started { child, begin, end, stdout, stderr }));
        Ok(self.started.len() as u32)
    }

    fn wait(&mut self, child: u32) -> Result<ChildOutput, u32> {
        let place = (child as usize).checked_sub(1).and_then(|index| self.started.get_mut(index));
        let Started { mut child, begin, end, stdout, stderr } = place.and_then(Option::take).ok_or(INVAL)?;
        let status = loop {
            match child.try_wait().map_err(number)? {
                Some(status) => break status,
                None if Instant::now() > end => {
                    child.kill().map_err(number)?;
                    break child.wait().map_err(number)?;
                }
                None => thread::sleep(GLANCE),
            }
        };
        let status = word(status);
        let kept = |stream: JoinHandle<Heard>| stream.join().unwrap_or((Vec::new(), begin));
        let ((stdout, out_ended), (stderr, err_ended)) = (kept(stdout), kept(stderr));
        // Its streams end with it, though nobody may look at it for a while.
        let took = out_ended.max(err_ended).duration_since(begin);
        let microseconds = if epoch().is_some() { 0 } else { took.as_micros() as u64 };
        Ok(ChildOutput { status, stdout, stderr, microseconds })
    }

    fn build(&mut self, events: &[String]) -> Option<Built> {
        let built = if events.is_empty() {
            pipeline::build(self.session, &Disk, &self.file)
        } else {
            self.build_events(events)
        };
        match built {
            Ok(Some(built)) => {
                if events.is_empty() {
                    announce(self.session, &built);
                }
                let is_native = built.target == koru_base::Target::host();
                let emulator = if is_native { String::new() } else { built.target.emulator.to_owned() };
                let (path, target) = (built.path.into_string(), built.target.triple.to_owned());
                Some(Built { path, bytes: built.bytes, target, emulator })
            }
            Ok(None) => None,
            Err(failed) => {
                self.build_failed = true;
                self.status = if failed == Failed::Program { 1 } else { failed.code() };
                None
            }
        }
    }

    fn exit(&mut self, status: u8) {
        self.status = status;
    }
}

/// How a process ended, as the kernel says it.
fn word(status: ExitStatus) -> u32 {
    status.into_raw().cast_unsigned()
}
