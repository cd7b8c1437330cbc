//! What one run of koruc knows: its options, the clock of its stages, and how it speaks.
//!
//! Passed along, never global. stdout carries results, stderr carries talk.

use crate::cli::{Emit, MessageFormat, Options};
use crate::record::record;
use koru_base::render::{Look, render, summary};
use koru_base::{Severity, Sink, Sources};
use koru_hir::koru::Trees;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Why there is nothing to show: the exit code tells which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failed {
    /// The program is wrong; said already.
    Program,
    /// The command line is wrong; said already.
    CommandLine,
    /// The surroundings failed: a linker, a disk, an engine; said already.
    Surroundings,
    /// A command or program ended with this status.
    Status(u8),
}

impl Failed {
    /// The exit code of koruc.
    pub fn code(self) -> u8 {
        match self {
            Failed::Program => 1,
            Failed::CommandLine => 2,
            Failed::Surroundings => 3,
            Failed::Status(status) => status,
        }
    }
}

/// One run.
pub struct Session {
    pub options: Options,
    /// Options nobody knows, without dashes.
    pub flags: Vec<String>,
    /// Build flags beyond those of the command line: implied by a command.
    pub implied: Vec<String>,
    /// Events that the next executable calls, in the place of the program's flows.
    pub events: Vec<String>,
    /// Does somebody ask about the program's parts? Then lines are known, and symbols kept.
    pub is_inspected: bool,
    /// What was parsed: a program is loaded more than once.
    pub trees: Trees,
    stages: Vec<(&'static str, Duration)>,
}

/// Runs a stage and remembers how long it took.
#[macro_export]
macro_rules! phase {
    ($session:expr, $name:literal, $stage:expr) => {{
        let start = std::time::Instant::now();
        let made = $stage;
        $session.took($name, start);
        made
    }};
}

impl Session {
    pub fn new(options: Options, flags: Vec<String>) -> Session {
        Session {
            options,
            flags,
            implied: Vec::new(),
            events: Vec::new(),
            is_inspected: false,
            trees: Trees::default(),
            stages: Vec::new(),
        }
    }

    /// Notes the end of a stage; see `phase!`.
    pub fn took(&mut self, stage: &'static str, start: Instant) {
        self.stages.push((stage, start.elapsed()));
    }

    /// The table of `--time`.
    pub fn print_times(&self) {
        if !self.options.time {
            return;
        }
        let mut total = Duration::ZERO;
        for (stage, time) in &self.stages {
            eprintln!("{:>9.2} ms  {stage}", time.as_secs_f64() * 1e3);
            total += *time;
        }
        eprintln!("{:>9.2} ms  in all", total.as_secs_f64() * 1e3);
    }

    /// Is this stage asked for instead of an executable?
    pub fn emits(&self, stage: Emit) -> bool {
        self.options.emit == Some(stage)
    }

    /// Shows what was found if something is wrong; else keeps it for later.
    pub fn show_errors(&self, sink: &mut Sink, sources: &Sources) -> Result<(), Failed> {
        if sink.has_errors() { self.show(sink, sources) } else { Ok(()) }
    }

    /// Shows everything found so far, in order of place, and a summary line last.
    pub fn show(&self, sink: &mut Sink, sources: &Sources) -> Result<(), Failed> {
        let found = sink.take_sorted(sources);
        let errors = found.iter().filter(|one| one.severity == Severity::Error).count();
        for diagnostic in &found {
            match self.options.message_format {
                MessageFormat::Human => eprintln!("{}", render(diagnostic, sources, look())),
                MessageFormat::Json => println!("{}", record(diagnostic, sources)),
            }
        }
        if self.options.message_format == MessageFormat::Human
            && let Some(line) = summary(&found)
        {
            eprintln!("{line}");
        }
        if errors > 0 { Err(Failed::Program) } else { Ok(()) }
    }
}

/// Says that the surroundings failed.
pub fn surroundings(problem: impl std::fmt::Display) -> Failed {
    eprintln!("error: {problem}");
    Failed::Surroundings
}

/// Says that the command line is wrong.
pub fn command_line(problem: impl std::fmt::Display) -> Failed {
    eprintln!("error: {problem}");
    Failed::CommandLine
}

fn look() -> Look {
    if std::io::stderr().is_terminal() { Look::Coloured } else { Look::Plain }
}
