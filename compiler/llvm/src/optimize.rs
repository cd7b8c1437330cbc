//! LLVM's own passes, one pipeline a level, and the bytes that come out.
//!
//! Small asks more than once. What is smallest can only be seen in the object, so we make several and keep
//! the best: with jump tables, with few of them, without; and with the passes run a second time.

use crate::builder::switch_cases;
use crate::{Options, Output};
use inkwell::attributes::AttributeLoc;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::values::FunctionValue;
use koru_base::{Level, bug};
use object::elf::{SHF_ALLOC, SHT_NOBITS};
use object::{Object, ObjectSection, SectionFlags};

/// Optimises a module and writes it.
pub fn run(module: Module, machine: &TargetMachine, options: &Options) -> Vec<u8> {
    optimize(&module, machine, options.level);
    match options.level {
        Level::Small => write(&smallest(module, machine), machine, options.output),
        _ => write(&module, machine, options.output),
    }
}

fn optimize(module: &Module, machine: &TargetMachine, level: Level) {
    let pipeline = match level {
        Level::Debug => "default<O0>",
        Level::Safe => "default<O2>",
        Level::Small => "default<Oz>",
        Level::Fast => "default<O3>",
    };
    let passes = PassBuilderOptions::create();
    // One generic proc for two types is often the same code twice.
    passes.set_merge_functions(level == Level::Small);
    if let Err(message) = module.run_passes(pipeline, machine, passes) {
        bug!("llvm", "{message}");
    }
}

/// The smallest of several ways to go on with a module that was optimised once.
fn smallest<'c>(module: Module<'c>, machine: &TargetMachine) -> Module<'c> {
    let mut best = Candidate::new(module.clone(), machine);
    for &fewest in table_sizes(&module) {
        best = best.or(Candidate::new(limit_tables(module.clone(), fewest), machine));
    }
    let again = best.module.clone();
    optimize(&again, machine, Level::Small);
    best.or(Candidate::new(again, machine)).module
}

/// A module, and what its object adds to a program's file.
struct Candidate<'c> {
    module: Module<'c>,
    bytes: u64,
}

impl<'c> Candidate<'c> {
    fn new(module: Module<'c>, machine: &TargetMachine) -> Candidate<'c> {
        let bytes = loaded_bytes(&write(&module, machine, Output::Object));
        Candidate { module, bytes }
    }

    fn or(self, other: Candidate<'c>) -> Candidate<'c> {
        if other.bytes < self.bytes { other } else { self }
    }
}

/// The bytes of an object that are loaded from the file, paddings between sections aside.
fn loaded_bytes(object: &[u8]) -> u64 {
    let Ok(file) = object::File::parse(object) else { bug!("llvm", "LLVM's object cannot be read") };
    let is_loaded = |section: &object::Section| match section.flags() {
        SectionFlags::Elf { sh_type, sh_flags } => sh_type != SHT_NOBITS && sh_flags & SHF_ALLOC == SHF_ALLOC,
        _ => false,
    };
    file.sections().filter(is_loaded).map(|section| section.size()).sum()
}

/// The sizes below which jump tables are worth trying without, where there are switches at all. A table
/// costs x86 some 14 bytes and 4 a case, a comparison some 6 a case.
fn table_sizes(module: &Module) -> &'static [u32] {
    const LLVMS_OWN: u32 = 4;
    match module.get_functions().any(|function| most_cases(function) >= LLVMS_OWN) {
        true => &[9, u32::MAX],
        false => &[],
    }
}

/// Keeps jump tables out of functions without a switch of `fewest` cases. Done after the passes, which
/// would make no tables of values either.
fn limit_tables(module: Module, fewest: u32) -> Module {
    let attribute = module.get_context().create_string_attribute("no-jump-tables", "true");
    for function in module.get_functions().filter(|&function| most_cases(function) < fewest) {
        function.add_attribute(AttributeLoc::Function, attribute);
    }
    module
}

fn most_cases(function: FunctionValue) -> u32 {
    let ends = function.get_basic_block_iter().filter_map(|block| block.get_terminator());
    ends.map(switch_cases).max().unwrap_or(0)
}

fn write(module: &Module, machine: &TargetMachine, output: Output) -> Vec<u8> {
    let file_type = match output {
        Output::Object => FileType::Object,
        Output::Assembly => FileType::Assembly,
        Output::Bitcode => return module.write_bitcode_to_memory().as_slice().to_vec(),
        Output::Ir => return module.print_to_string().to_bytes().to_vec(),
    };
    match machine.write_to_memory_buffer(module, file_type) {
        Ok(buffer) => buffer.as_slice().to_vec(),
        Err(message) => bug!("llvm", "{message}"),
    }
}
