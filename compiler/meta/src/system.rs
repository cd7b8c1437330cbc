//! Natives that behave like a small operating system: files, memory, processes, environment.

use crate::args::{self, Args};
use crate::natives::{Child, Natives};
use koru_flow::eval::{Pointer, Refusal, Value};

type Answer = Result<Vec<Value>, Refusal>;

impl Natives<'_, '_> {
    pub(crate) fn read(&mut self, args: &mut Args) -> Answer {
        let fd = args.number()? as i32;
        let (buffer, len) = args.slice()?;
        let read = self.driver.read(fd, len as usize);
        if let Ok(bytes) = &read
            && !bytes.is_empty()
        {
            args.memory.write_bytes(buffer, bytes)?;
        }
        Ok(args::count(read.map(|bytes| bytes.len() as u64)))
    }

    pub(crate) fn write(&mut self, args: &mut Args) -> Answer {
        let fd = args.number()? as i32;
        let bytes = args.bytes()?;
        Ok(args::count(self.driver.write(fd, &bytes).map(|len| len as u64)))
    }

    pub(crate) fn open(&mut self, args: &mut Args) -> Answer {
        let (path, flags, mode) = (args.text()?, args.number()?, args.number()?);
        Ok(args::count(self.driver.open(&path, flags, mode).map(|fd| fd as u64)))
    }

    pub(crate) fn close(&mut self, args: &mut Args) -> Answer {
        let fd = args.number()? as i32;
        Ok(args::count(self.driver.close(fd).map(|()| 0)))
    }

    pub(crate) fn seek(&mut self, args: &mut Args) -> Answer {
        let (fd, offset, whence) = (args.number()? as i32, args.int()? as i64, args.number()?);
        Ok(args::count(self.driver.seek(fd, offset, whence)))
    }

    pub(crate) fn make_folder(&mut self, args: &mut Args) -> Answer {
        let (path, mode) = (args.text()?, args.number()?);
        Ok(args::count(self.driver.make_folder(&path, mode).map(|()| 0)))
    }

    pub(crate) fn remove(&mut self, args: &mut Args) -> Answer {
        let (path, is_folder) = (args.text()?, args.flag()?);
        Ok(args::count(self.driver.remove(&path, is_folder).map(|()| 0)))
    }

    pub(crate) fn rename(&mut self, args: &mut Args) -> Answer {
        let (old, new) = (args.text()?, args.text()?);
        Ok(args::count(self.driver.rename(&old, &new).map(|()| 0)))
    }

    /// Address 0 where the limit is reached.
    pub(crate) fn allocate(&mut self, args: &mut Args) -> Answer {
        let len = args.int()?;
        let pointer = args.memory.allocate(len, 4096).unwrap_or(Pointer::NULL);
        Ok(args::word(pointer.address()))
    }

    pub(crate) fn release(&mut self, args: &mut Args) -> Answer {
        let address = args.int()?;
        let area = args.memory.area(Pointer::from_address(address))?;
        args.memory.free(area.start)?;
        Ok(args::nothing())
    }

    pub(crate) fn argument(&mut self, args: &mut Args) -> Answer {
        let index = args.int()? as usize;
        let text = self.driver.arguments().get(index).cloned().unwrap_or_default();
        args::text(args.memory, text.as_bytes())
    }

    pub(crate) fn environment_entry(&mut self, args: &mut Args) -> Answer {
        let index = args.int()? as usize;
        let text = self.driver.environment().get(index).cloned().unwrap_or_default();
        args::text(args.memory, text.as_bytes())
    }

    pub(crate) fn child_new(&mut self) -> Answer {
        self.children.push(Child::default());
        Ok(args::number(self.children.len() as u32))
    }

    fn child(&mut self, handle: u32) -> Result<&mut Child, Refusal> {
        let child = (handle as usize).checked_sub(1).and_then(|index| self.children.get_mut(index));
        child.ok_or_else(|| Refusal::refused("this is no process"))
    }

    pub(crate) fn child_argument(&mut self, args: &mut Args) -> Answer {
        let (handle, text) = (args.number()?, args.text()?);
        self.child(handle)?.argv.push(text);
        Ok(args::nothing())
    }

    pub(crate) fn child_start(&mut self, args: &mut Args) -> Answer {
        let (handle, seconds) = (args.number()?, args.number()?);
        let argv = self.child(handle)?.argv.clone();
        let started = self.driver.start(&argv, seconds);
        self.child(handle)?.running = started.ok();
        Ok(args::count(started.map(|_| 0)))
    }

    pub(crate) fn child_run(&mut self, args: &mut Args) -> Answer {
        let (handle, captures) = (args.number()?, args.flag()?);
        let argv = self.child(handle)?.argv.clone();
        let ran = match self.child(handle)?.running.take() {
            Some(number) => self.driver.wait(number),
            None => self.driver.run(&argv, captures),
        };
        if let Ok(output) = &ran {
            self.child(handle)?.output = output.clone();
        }
        Ok(args::count(ran.map(|output| output.status.into())))
    }

    pub(crate) fn child_output(&mut self, args: &mut Args) -> Answer {
        let (handle, stream) = (args.number()?, args.number()?);
        let output = &self.child(handle)?.output;
        let bytes = if stream == 2 { output.stderr.clone() } else { output.stdout.clone() };
        args::text(args.memory, &bytes)
    }

    /// How long it ran, in microseconds.
    pub(crate) fn child_time(&mut self, args: &mut Args) -> Answer {
        let handle = args.number()?;
        Ok(args::word(self.child(handle)?.output.microseconds))
    }
}
