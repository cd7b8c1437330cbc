//! The world as build-time code reaches it: files, processes, environment, and the build itself.
//!
//! Paths are the user's, relative to the folder koruc was started in. Writing and running can be refused
//! by `--deny`. Errors are Linux's numbers.

use crate::cli::Deny;
use crate::commands::{announce, is_denied, signal_status};
use crate::disk::Disk;
use crate::pipeline;
use crate::session::{Failed, Session};
use camino::{Utf8Path, Utf8PathBuf};
use koru_meta::{Built, ChildOutput, Driver};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::process::{Command, Stdio};

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
    open: Vec<Option<File>>,
    status: u8,
    build_failed: bool,
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
            status: 0,
            build_failed: false,
        }
    }

    /// What the command ended with.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// Did the program turn out to be wrong, or could it not be linked?
    pub fn build_failed(&self) -> bool {
        self.build_failed
    }

    fn file(&mut self, fd: i32) -> Result<&mut File, u32> {
        let index = usize::try_from(fd - FIRST).map_err(|_| BADF)?;
        self.open.get_mut(index).and_then(Option::as_mut).ok_or(BADF)
    }

    fn may(&self, what: Deny) -> Result<(), u32> {
        if is_denied(self.session, what) { Err(ACCES) } else { Ok(()) }
    }
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
        let file = options.open(path).map_err(number)?;
        let free = self.open.iter().position(Option::is_none).unwrap_or_else(|| {
            self.open.push(None);
            self.open.len() - 1
        });
        self.open[free] = Some(file);
        Ok(free as i32 + FIRST)
    }

    fn close(&mut self, fd: i32) -> Result<(), u32> {
        self.file(fd)?;
        self.open[(fd - FIRST) as usize] = None;
        Ok(())
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

    fn wall_clock(&self) -> i64 {
        let seconds = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
        seconds.unwrap_or(0).saturating_mul(1_000_000_000)
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
        let status =
            output.status.code().map_or_else(|| signal_status(output.status).into(), |code| code as u32);
        Ok(ChildOutput { status, stdout: output.stdout, stderr: output.stderr })
    }

    fn build(&mut self) -> Option<Built> {
        match pipeline::build(self.session, &Disk, &self.file) {
            Ok(Some(built)) => {
                announce(self.session, &built);
                let (path, target) = (built.path.into_string(), built.target.triple.to_owned());
                Some(Built { path, bytes: built.bytes, target })
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
