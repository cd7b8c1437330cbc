//! The hands of build-time code where there is no world: it prints and ends, and all else is refused.

use koru_meta::{Built, ChildOutput, Driver};
use std::cell::Cell;

/// Permission denied, as Linux numbers it.
const ACCES: u32 = 13;

/// What was printed, and the status it ended with.
#[derive(Default)]
pub struct Hands {
    printed: [Vec<u8>; 2],
    status: u8,
    /// It moves on whenever somebody looks.
    clock: Cell<i64>,
    /// Did somebody ask for the world?
    pub has_refused: bool,
}

impl Hands {
    pub fn stdout(&self) -> String {
        crate::koruc::text(&self.printed[0])
    }

    pub fn stderr(&self) -> String {
        crate::koruc::text(&self.printed[1])
    }

    fn refuse<T>(&mut self) -> Result<T, u32> {
        self.has_refused = true;
        Err(ACCES)
    }

    pub fn status(&self) -> i32 {
        self.status.into()
    }
}

impl Driver for Hands {
    fn read(&mut self, fd: i32, _: usize) -> Result<Vec<u8>, u32> {
        if fd == 0 { Ok(Vec::new()) } else { self.refuse() }
    }
    fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<usize, u32> {
        let printed = usize::try_from(fd - 1).ok().and_then(|stream| self.printed.get_mut(stream));
        printed.ok_or(ACCES)?.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn open(&mut self, _: &str, _: u32, _: u32) -> Result<i32, u32> {
        self.refuse()
    }
    fn close(&mut self, _: i32) -> Result<(), u32> {
        self.refuse()
    }
    fn seek(&mut self, _: i32, _: i64, _: u32) -> Result<u64, u32> {
        self.refuse()
    }
    fn make_folder(&mut self, _: &str, _: u32) -> Result<(), u32> {
        self.refuse()
    }
    fn remove(&mut self, _: &str, _: bool) -> Result<(), u32> {
        self.refuse()
    }
    fn rename(&mut self, _: &str, _: &str) -> Result<(), u32> {
        self.refuse()
    }
    fn list(&mut self, _: &str) -> Result<Vec<String>, u32> {
        self.refuse()
    }
    fn wall_clock(&self) -> i64 {
        self.clock.update(|nanoseconds| nanoseconds + 1);
        self.clock.get()
    }
    fn arguments(&self) -> &[String] {
        &[]
    }
    fn environment(&self) -> &[String] {
        &[]
    }
    fn run(&mut self, _: &[String], _: bool) -> Result<ChildOutput, u32> {
        self.refuse()
    }
    fn start(&mut self, _: &[String], _: u32) -> Result<u32, u32> {
        self.refuse()
    }
    fn wait(&mut self, _: u32) -> Result<ChildOutput, u32> {
        self.refuse()
    }
    fn build(&mut self, _: &[String]) -> Option<Built> {
        None
    }
    fn exit(&mut self, status: u8) {
        self.status = status;
    }
}
