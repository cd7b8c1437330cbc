//! Bitcode of others made part of the program, before LLVM optimises it: code of C and of Koru is inlined into each other.
//!
//! In: bitcode as a compiler of C wrote it, bytes or text. Out: the program's module with all of it in. What nobody
//! outside of the module asks for becomes internal, so that LLVM drops what is not used.

use crate::context::{Program, hide};
use crate::{Failure, Options, backend, target};
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::{Linkage, Module};
use inkwell::values::GlobalValue;
use koru_flow::Linkage as Seen;
use std::collections::BTreeSet;

/// A module that is joined with the program.
#[derive(Clone, Debug)]
pub struct Bitcode {
    /// The file it came from.
    pub name: String,
    /// LLVM's binary or text form.
    pub bytes: Vec<u8>,
}

/// What a module gives to others and wants of them, in the order of its own.
#[derive(Clone, Default, Debug)]
pub struct Symbols {
    pub defined: Vec<String>,
    /// Defined unless somebody else does.
    pub weak: Vec<String>,
    pub undefined: Vec<String>,
}

/// The symbols of bitcode; a failure where it cannot be read, or was made for another machine.
pub fn symbols(bitcode: &Bitcode, options: &Options) -> Result<Symbols, Failure> {
    let _turn = backend::wait();
    let context = Context::create();
    let module = read(&context, bitcode)?;
    let data = target::machine(options)?.get_target_data();
    let layout = module.get_data_layout().as_str().to_bytes().to_vec();
    // Text may leave the layout out.
    if !layout.is_empty() && layout != data.get_data_layout().as_str().to_bytes() {
        let triple = module.get_triple();
        let made_for = triple.as_str().to_string_lossy().into_owned();
        return Err(Failure {
            message: format!("it was made for {made_for}, not for {}", options.target.triple),
        });
    }
    let mut symbols = Symbols::default();
    for (name, linkage, is_here) in members(&module) {
        match (is_here, linkage) {
            (true, Linkage::External) => symbols.defined.push(name),
            (true, Linkage::WeakAny | Linkage::WeakODR | Linkage::LinkOnceAny | Linkage::LinkOnceODR) => {
                symbols.weak.push(name);
            }
            (false, Linkage::External) => symbols.undefined.push(name),
            _ => {}
        }
    }
    Ok(symbols)
}

/// Puts modules into the program's.
pub fn join(program: &Program, bitcode: &[Bitcode], outside: &BTreeSet<String>) -> Result<(), Failure> {
    for one in bitcode {
        let module = read(program.context, one)?;
        module.set_triple(&program.module.get_triple());
        let linked = program.module.link_in_module(module);
        linked.map_err(|message| Failure { message: format!("{}: {message}", one.name) })?;
    }
    if !bitcode.is_empty() {
        close(program, outside);
    }
    Ok(())
}

fn read<'c>(context: &'c Context, bitcode: &Bitcode) -> Result<Module<'c>, Failure> {
    let buffer = MemoryBuffer::create_from_memory_range_copy(&bitcode.bytes, &bitcode.name);
    context.create_module_from_ir(buffer).map_err(|message| Failure { message: message.to_string() })
}

/// Functions and variables of a module, LLVM's own aside: name, linkage, is it defined here?
fn members(module: &Module) -> Vec<(String, Linkage, bool)> {
    let values =
        module.get_functions().map(|function| function.as_global_value()).chain(module.get_globals());
    let member = |value: GlobalValue| {
        let name = value.get_name().to_string_lossy().into_owned();
        (name, value.get_linkage(), !value.is_declaration())
    };
    values.map(member).filter(|(name, ..)| !name.starts_with("llvm.")).collect()
}

/// Nobody but the module sees what neither the program exports nor anybody outside asks for; what others define is
/// part of the same executable.
fn close(program: &Program, outside: &BTreeSet<String>) {
    let functions = program.graph.functions.iter().map(|one| (one.linkage, one.name));
    let globals = program.graph.globals.iter().map(|one| (one.linkage, one.name));
    let exported: BTreeSet<_> = functions
        .chain(globals)
        .filter(|(linkage, _)| *linkage == Seen::Export)
        .map(|(_, name)| name.to_string())
        .collect();
    let is_seen = |name: &str| exported.contains(name) || outside.contains(name);
    let functions = program.module.get_functions().map(|function| function.as_global_value());
    for value in functions.chain(program.module.get_globals()) {
        let name = value.get_name().to_string_lossy();
        let is_open = matches!(value.get_linkage(), Linkage::External | Linkage::WeakAny | Linkage::WeakODR);
        if name.starts_with("llvm.") || !is_open {
            continue;
        }
        match value.is_declaration() || is_seen(&name) {
            true => hide(value),
            false => value.set_linkage(Linkage::Internal),
        }
    }
}
