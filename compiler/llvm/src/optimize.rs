//! LLVM's own passes, one pipeline a level, and the bytes that come out.

use crate::{Options, Output};
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use koru_base::{Level, bug};

/// Optimises a module and writes it.
pub fn run(module: &Module, machine: &TargetMachine, options: &Options) -> Vec<u8> {
    optimize(module, machine, options.level);
    write(module, machine, options.output)
}

fn optimize(module: &Module, machine: &TargetMachine, level: Level) {
    let pipeline = match level {
        Level::Debug => "default<O0>",
        Level::Safe => "default<O2>",
        Level::Small => "default<Oz>",
        Level::Fast => "default<O3>",
    };
    if let Err(message) = module.run_passes(pipeline, machine, PassBuilderOptions::create()) {
        bug!("llvm", "{message}");
    }
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
