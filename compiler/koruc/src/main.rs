//! koruc: parse the command line, run the task, print, leave with the right code.
//!
//! Start with `pipeline`, the compiler on one page.

mod cli;
mod commands;
mod disk;
mod elf;
mod explain;
mod finish;
mod foreign;
mod format;
mod inspect;
mod link;
mod listing;
mod pipeline;
mod record;
mod runtime;
mod session;
mod trace;
mod world;
mod written;

use cli::{Invocation, Task};
use session::{Failed, Session};
use std::process::ExitCode;

/// A compiler allocates much and frees little, for which libc's allocator is not made.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The exit code of a bug of ours.
const BUG: u8 = 70;

fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args()) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help and version are results, the rest is a wrong command line.
            let code = if error.use_stderr() { Failed::CommandLine.code() } else { 0 };
            let _ = error.print();
            return code.into();
        }
    };
    let handle = std::thread::Builder::new().stack_size(256 << 20).spawn(move || run(invocation));
    match handle.map(|handle| handle.join()) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(failed))) => failed.code().into(),
        Ok(Err(_)) => {
            eprintln!("error: this is a bug in koruc, not in your program; the lines above say where");
            BUG.into()
        }
        Err(error) => {
            eprintln!("error: cannot start a thread: {error}");
            Failed::Surroundings.code().into()
        }
    }
}

fn run(invocation: Invocation) -> Result<(), Failed> {
    let mut session = Session::new(invocation.options, invocation.flags);
    match invocation.task {
        Task::Explain(code) => explain::explain(&code),
        Task::Targets => {
            explain::targets();
            Ok(())
        }
        Task::Trace { program, addresses } => trace::run(&program, &addresses),
        Task::Format(files) => format::run(&session, &files),
        Task::File { file, command, args } => commands::run(&mut session, &file, command.as_deref(), args),
    }
}
