//! What the driver does for build-time code: the only way to disk, processes and environment.
//!
//! Errors are numbers, as Linux has them: build-time code runs on the same std as programs do.

/// An error number, positive.
pub type Errno = u32;

/// What a process left behind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChildOutput {
    /// How it ended, in the words of a system's `wait`.
    pub status: u32,
    /// What it printed, where it was captured.
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// How long it ran, in microseconds; 0 where SOURCE_DATE_EPOCH says that nothing may depend on the time.
    pub microseconds: u64,
}

/// What building the program gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Built {
    pub path: String,
    pub bytes: u64,
    /// The target's triple.
    pub target: String,
    /// What runs it on this machine; empty where it runs by itself.
    pub emulator: String,
}

/// The compiler's own hands.
pub trait Driver {
    fn read(&mut self, fd: i32, len: usize) -> Result<Vec<u8>, Errno>;
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, Errno>;
    /// Flags as Linux numbers them on x86-64. Gives a descriptor.
    fn open(&mut self, path: &str, flags: u32, mode: u32) -> Result<i32, Errno>;
    fn close(&mut self, fd: i32) -> Result<(), Errno>;
    fn seek(&mut self, fd: i32, offset: i64, whence: u32) -> Result<u64, Errno>;
    fn make_folder(&mut self, path: &str, mode: u32) -> Result<(), Errno>;
    fn remove(&mut self, path: &str, is_folder: bool) -> Result<(), Errno>;
    fn rename(&mut self, old: &str, new: &str) -> Result<(), Errno>;
    /// The names in a folder, sorted; those of folders with a slash behind them.
    fn list(&mut self, path: &str) -> Result<Vec<String>, Errno>;
    /// Nanoseconds; the same at every build of the same program.
    fn wall_clock(&self) -> i64;
    /// The command's name, then its arguments.
    fn arguments(&self) -> &[String];
    /// `NAME=value`, sorted.
    fn environment(&self) -> &[String];
    /// Runs a program to its end. `captures`: what it prints is kept.
    fn run(&mut self, argv: &[String], captures: bool) -> Result<ChildOutput, Errno>;
    /// Starts a program, whose output is kept; after so many seconds it is killed. Gives its number.
    fn start(&mut self, argv: &[String], seconds: u32) -> Result<u32, Errno>;
    /// Waits for a started program.
    fn wait(&mut self, child: u32) -> Result<ChildOutput, Errno>;
    /// Builds the product. None where it has errors, which were shown. With `events` an executable that calls
    /// them instead, in a folder that goes with the command.
    fn build(&mut self, events: &[String]) -> Option<Built>;
    /// The command ends with this status.
    fn exit(&mut self, status: u8);
}
