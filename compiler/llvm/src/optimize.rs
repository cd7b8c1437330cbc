//! LLVM's own passes, one pipeline a level, and the bytes that come out.
//!
//! Small aligns the stack for nobody but us, and asks more than once where that is quick. What is smallest can
//! only be seen in the object, so we make several and keep the best: with our leaner passes and with LLVM's own;
//! of a small module also with jump tables, with few of them, without, and with the passes run a second time.

use crate::builder::switch_cases;
use crate::{Options, Output, small, target};
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
    // What others call without a promise about the stack must align it where it needs to.
    let aligns = options.no_builtins || owns_stack && options.level == Level::Small;
    let module = if aligns { align_stack(module, options.target.stack_align) } else { module };
    if options.level == Level::Small && !options.no_builtins {
        return smallest_of_passes(module, options).written(options);
    }
    optimize(&module, options);
    write(&module, options, options.output)
}

/// The smaller of what our leaner passes and LLVM's own make of a module, where both are worth their time.
fn smallest_of_passes<'c>(module: Module<'c>, options: &Options) -> Candidate<'c> {
    let with = |module: Module<'c>, options: &Options| {
        optimize(&module, options);
        smallest(module, options)
    };
    if !options.has_lean_passes || instructions(&module) > TRIED_TWICE {
        return with(module, options);
    }
    let usual = Options { has_lean_passes: false, ..*options };
    with(module.clone(), options).or(with(module, &usual))
}

/// The largest module, in LLVM's instructions before its passes, that is compiled in both ways. Which is smaller
/// hangs on what is inlined where and differs by some 150 bytes of a server's 7,000; the leaner ones win in all larger ones.
const TRIED_TWICE: usize = 4_000;

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
        Level::Small if options.has_lean_passes => &small::pipeline(),
        Level::Small => "default<Oz>",
        Level::Fast => "default<O3>",
    };
    if let Err(message) = module.run_passes(pipeline, &machine(options), PassBuilderOptions::create()) {
        bug!("llvm", "{message}");
    }
    if options.level == Level::Small {
        small::forget_callers(module);
    }
}

/// The smallest of several ways to go on with a module that was optimised once.
fn smallest<'c>(module: Module<'c>, options: &Options) -> Candidate<'c> {
    let mut best = Candidate::new(module, options);
    if instructions(&best.module) > SEARCHED {
        return best;
    }
    for fewest in table_sizes(&best.module) {
        let limited = limit_tables(best.module.clone(), fewest);
        best = best.or(Candidate::new(limited, options));
    }
    let again = best.module.clone();
    optimize(&again, options);
    best.or(Candidate::new(again, options))
}

/// The largest module that is worth a search, in LLVM's instructions. What a second run of the passes finds
/// is some constant it can compute now, which matters where there is little else; beyond this size the search
/// wins less than 1 in 100 bytes and takes four times as long.
const SEARCHED: usize = 1000;

fn instructions(module: &Module) -> usize {
    let blocks = module.get_functions().flat_map(|function| function.get_basic_block_iter());
    blocks.map(|block| block.get_instructions().count()).sum()
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

/// A module, its object, and what that adds to a program's file.
struct Candidate<'c> {
    module: Module<'c>,
    object: Vec<u8>,
    bytes: u64,
}

impl<'c> Candidate<'c> {
    fn new(module: Module<'c>, options: &Options) -> Candidate<'c> {
        // Code generation changes a module, and what others begin with should be as the passes left it.
        let object = write(&module.clone(), options, Output::Object);
        let bytes = loaded_bytes(&object);
        Candidate { module, object, bytes }
    }

    fn or(self, other: Candidate<'c>) -> Candidate<'c> {
        if other.bytes < self.bytes { other } else { self }
    }

    fn written(self, options: &Options) -> Vec<u8> {
        match options.output {
            Output::Object => self.object,
            output => write(&self.module, options, output),
        }
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

/// The sizes below which jump tables are worth trying without, where some switch would change. A table
/// costs x86 some 14 bytes and 4 a case, a comparison some 6 a case.
fn table_sizes(module: &Module) -> Vec<u32> {
    const LLVMS_OWN: u32 = 4;
    const DEAR: u32 = 9;
    let switches: Vec<_> =
        module.get_functions().map(most_cases).filter(|&cases| cases >= LLVMS_OWN).collect();
    let mut sizes = Vec::new();
    if switches.iter().any(|&cases| cases < DEAR) {
        sizes.push(DEAR);
    }
    if switches.iter().any(|&cases| cases >= DEAR) {
        sizes.push(u32::MAX);
    }
    sizes
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
