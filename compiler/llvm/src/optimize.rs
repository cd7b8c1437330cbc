//! LLVM's own passes, one pipeline a level, and the bytes that come out.
//!
//! Small asks more than once. What is smallest can only be seen in the object, so we make several and keep
//! the best: with jump tables, with few of them, without; with the passes run a second time; with a stack
//! aligned for nobody but us.

use crate::builder::switch_cases;
use crate::{Options, Output, target};
use inkwell::attributes::AttributeLoc;
use inkwell::module::{FlagBehavior, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::values::FunctionValue;
use koru_base::{Level, bug};
use object::elf::{SHF_ALLOC, SHT_NOBITS};
use object::{Object, ObjectSection, SectionFlags};

/// Optimises a module and writes it. `owns_stack`: no C code is called.
pub fn run(module: Module, options: &Options, owns_stack: bool) -> Vec<u8> {
    optimize(&module, options);
    let align = options.target.stack_align;
    let module = match options.level {
        // What others call without a promise about the stack must align it where it needs to.
        _ if options.no_builtins => align_stack(module, align),
        Level::Small => smallest(module, options, owns_stack.then_some(align)),
        _ => module,
    };
    write(&module, options, options.output)
}

/// A new machine for each use: it remembers what the first module said about the stack.
fn machine(options: &Options) -> TargetMachine {
    match target::machine(options) {
        Ok(machine) => machine,
        Err(failure) => bug!("llvm", "a machine could be made once, not twice: {failure}"),
    }
}

fn optimize(module: &Module, options: &Options) {
    let pipeline = match options.level {
        Level::Debug => "default<O0>",
        Level::Safe => "default<O2>",
        Level::Small => "default<Oz>",
        Level::Fast => "default<O3>",
    };
    let passes = PassBuilderOptions::create();
    // One generic proc for two types is often the same code twice.
    passes.set_merge_functions(options.level == Level::Small);
    if let Err(message) = module.run_passes(pipeline, &machine(options), passes) {
        bug!("llvm", "{message}");
    }
}

/// The smallest of several ways to go on with a module that was optimised once.
fn smallest<'c>(module: Module<'c>, options: &Options, stack: Option<u32>) -> Module<'c> {
    let mut best = Candidate::new(module.clone(), options);
    for &fewest in table_sizes(&module) {
        best = best.or(Candidate::new(limit_tables(module.clone(), fewest), options));
    }
    let again = best.module.clone();
    optimize(&again, options);
    best = best.or(Candidate::new(again, options));
    if let Some(align) = stack.filter(|&align| align < C_STACK_ALIGN) {
        let aligned = align_stack(best.module.clone(), align);
        best = best.or(Candidate::new(aligned, options));
    }
    best.module
}

/// What C aligns the stack to on every target of the table, in bytes.
const C_STACK_ALIGN: u32 = 16;

/// Promises no more than this alignment of the stack: functions that need more see to it themselves.
fn align_stack(module: Module, align: u32) -> Module {
    if align < C_STACK_ALIGN {
        let align = module.get_context().i32_type().const_int(align.into(), false);
        module.add_basic_value_flag("override-stack-alignment", FlagBehavior::Error, align);
    }
    module
}

/// A module, and what its object adds to a program's file.
struct Candidate<'c> {
    module: Module<'c>,
    bytes: u64,
}

impl<'c> Candidate<'c> {
    fn new(module: Module<'c>, options: &Options) -> Candidate<'c> {
        let bytes = loaded_bytes(&write(&module, options, Output::Object));
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

fn write(module: &Module, options: &Options, output: Output) -> Vec<u8> {
    let file_type = match output {
        Output::Object => FileType::Object,
        Output::Assembly => FileType::Assembly,
        Output::Bitcode => return module.write_bitcode_to_memory().as_slice().to_vec(),
        Output::Ir => return module.print_to_string().to_bytes().to_vec(),
    };
    match machine(options).write_to_memory_buffer(module, file_type) {
        Ok(buffer) => buffer.as_slice().to_vec(),
        Err(message) => bug!("llvm", "{message}"),
    }
}
