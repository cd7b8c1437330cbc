//! The flow graph to machine code, by way of LLVM.
//!
//! In: a verified [`Graph`] and a row of the targets table. Out: an object, bitcode, assembly or LLVM's
//! own text. The one idea: a call with several exits returns a tag and the leaves of all its payloads,
//! merged (`calls.rs`). Nobody else names inkwell. Read `lower.rs` first.

mod attributes;
mod backend;
mod builder;
mod calls;
mod context;
mod debug;
mod diagnostics;
mod globals;
mod inst;
mod join;
mod lower;
mod optimize;
mod realign;
mod small;
mod target;
mod types;

use koru_base::{Level, Sources, Target, bug};
use koru_flow::Graph;
use std::collections::BTreeSet;
use std::fmt;

pub use join::{Bitcode, Symbols, symbols};
pub use target::{data_layout, host_cpu};

/// What to compile for.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    pub target: &'a Target,
    pub level: Level,
    /// Where bytes count, LLVM's passes are those of `small.rs`.
    pub has_lean_passes: bool,
    /// The processor's name, or `native`; None for the target's own choice.
    pub cpu: Option<&'a str>,
    pub output: Output,
    /// The texts spans lie in, where debuggers shall know the lines.
    pub sources: Option<&'a Sources>,
    /// Callers are found by a register that holds nothing else: for debuggers, and for traces.
    pub keeps_frames: bool,
    /// Compile what LLVM calls on its own: a loop that copies stays a loop.
    pub no_builtins: bool,
    /// What becomes part of the module.
    pub joined: &'a [Bitcode],
    /// Symbols of that which others outside of the module ask for.
    pub outside: &'a BTreeSet<String>,
}

/// For programs of which no part is asked for by others.
pub static NOBODY: BTreeSet<String> = BTreeSet::new();

impl<'a> Options<'a> {
    /// For a program that is all there is, on the target's own processor.
    pub fn new(target: &'a Target, level: Level, output: Output) -> Options<'a> {
        let (cpu, sources, joined) = (None, None, &[]);
        let (keeps_frames, no_builtins) = (false, false);
        let has_lean_passes = target.has_lean_passes;
        Options {
            target,
            level,
            has_lean_passes,
            cpu,
            output,
            sources,
            keeps_frames,
            no_builtins,
            joined,
            outside: &NOBODY,
        }
    }
}

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// A relocatable object file.
    Object,
    /// LLVM's binary form.
    Bitcode,
    /// Text for the assembler.
    Assembly,
    /// LLVM's text form.
    Ir,
}

/// What LLVM refused although the graph is sound: the text of an `asm`, or a processor it does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// LLVM's own words.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Compiles a graph.
pub fn emit(graph: &Graph, options: &Options) -> Result<Vec<u8>, Failure> {
    let mut turn = backend::take_turn();
    // Where frames are found by a register, for debuggers, no callee may take it either.
    if options.level == Level::Small && !options.target.call_settings.is_empty() && !options.keeps_frames {
        turn.settle(options, true);
        let output = attempt(graph, options)?;
        if !realign::realigns(&output, options) {
            return Ok(output);
        }
    }
    turn.settle(options, false);
    attempt(graph, options)
}

/// Compiles with the settings that are in force.
fn attempt(graph: &Graph, options: &Options) -> Result<Vec<u8>, Failure> {
    let machine = target::machine(options)?;
    let context = inkwell::context::Context::create();
    let program = context::Program::new(&context, graph, options, &machine);
    lower::bodies(&program);
    join::join(&program, options.joined, options.outside)?;
    let refusals = diagnostics::collect(&context);
    let owns_stack = program.owns_stack();
    let module = program.module;
    if let Err(message) = module.verify() {
        bug!("llvm", "{message}\n{}", module.print_to_string());
    }
    let output = optimize::run(module, options, owns_stack);
    match refusals.first() {
        Some(message) => Err(Failure { message }),
        None => Ok(output),
    }
}
