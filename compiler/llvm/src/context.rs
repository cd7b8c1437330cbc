//! A module under construction: what every part of the lowering needs.
//!
//! All functions and globals are declared before the first body, so that bodies may refer to any.

use crate::attributes::Attributes;
use crate::builder::{Builder, Value};
use crate::debug::Lines;
use crate::types::Types;
use crate::{Options, Output, calls, globals, target};
use inkwell::GlobalVisibility;
use inkwell::context::Context;
use inkwell::intrinsics::Intrinsic;
use inkwell::module::{FlagBehavior, Linkage as LlvmLinkage, Module};
use inkwell::targets::TargetMachine;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{CallSiteValue, FunctionValue, GlobalValue, PointerValue};
use koru_base::bug;
use koru_base::idx::IdVec;
use koru_flow::{Convention, Function, FunctionId, GlobalId, Graph, Linkage, Symbol};

/// One module: the graph, and LLVM's side of it.
pub struct Program<'c, 'g> {
    pub graph: &'g Graph,
    pub options: &'g Options<'g>,
    pub context: &'c Context,
    pub module: Module<'c>,
    pub builder: Builder<'c>,
    pub types: Types<'c>,
    pub attributes: Attributes<'c>,
    /// None where nobody asked for them.
    pub lines: Option<Lines<'c, 'g>>,
    /// None for functions of the compiler's own world.
    pub functions: IdVec<FunctionId, Option<FunctionValue<'c>>>,
    pub globals: IdVec<GlobalId, Option<GlobalValue<'c>>>,
}

impl<'c, 'g> Program<'c, 'g> {
    /// A module in which everything is declared and every global filled.
    pub fn new(
        context: &'c Context,
        graph: &'g Graph,
        options: &'g Options<'g>,
        machine: &TargetMachine,
    ) -> Program<'c, 'g> {
        let module = context.create_module("koru");
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        let processor = match target::processor(options) {
            Ok(processor) => processor,
            Err(failure) => bug!("llvm", "a machine was made for no processor: {failure}"),
        };
        let lines = options
            .sources
            .map(|sources| Lines::new(context, &module, (sources, &graph.watch), options.level));
        let mut program = Program {
            graph,
            options,
            context,
            module,
            builder: Builder::new(context),
            types: Types::new(context),
            attributes: Attributes::new(context, options, &processor),
            lines,
            functions: IdVec::new(),
            globals: IdVec::new(),
        };
        program.set_flags();
        program.functions = graph.functions.iter().map(|function| program.declare(function)).collect();
        program.globals = graph.globals.iter().map(|global| globals::declare(&program, global)).collect();
        for (global, &value) in graph.globals.iter().zip(program.globals.iter()) {
            if let Some(value) = value {
                globals::define(&program, global, value);
            }
        }
        if options.output == Output::Bitcode {
            program.keep_exports();
        }
        program
    }

    /// Keeps what is exported through the linker's own passes, which do not see who asks for it in `asm`.
    fn keep_exports(&self) {
        let exports = self.graph.functions.enumerate().filter(|(_, one)| one.linkage == Linkage::Export);
        let exports: Vec<_> = exports.map(|(id, _)| self.address(Symbol::Function(id))).collect();
        let list = self.types.pointer().const_array(&exports);
        let used = self.module.add_global(list.get_type(), None, "llvm.compiler.used");
        used.set_linkage(LlvmLinkage::Appending);
        used.set_section(Some("llvm.metadata"));
        used.set_initializer(&list);
    }

    /// The address of a function or a global.
    pub fn address(&self, symbol: Symbol) -> PointerValue<'c> {
        let (value, name) = match symbol {
            Symbol::Global(id) => (self.globals[id], self.graph.globals[id].name),
            Symbol::Function(id) => {
                let value = self.functions[id].map(|function| function.as_global_value());
                (value, self.graph.functions[id].name)
            }
        };
        match value {
            Some(value) => value.as_pointer_value(),
            None => bug!("llvm", "the address of `{name}`, which exists only while compiling"),
        }
    }

    /// Calls an intrinsic; `overload` are the types that choose the variant.
    pub fn intrinsic(
        &self,
        name: &str,
        overload: &[BasicTypeEnum<'c>],
        args: &[Value<'c>],
    ) -> CallSiteValue<'c> {
        let found = Intrinsic::find(name).and_then(|found| found.get_declaration(&self.module, overload));
        match found {
            Some(intrinsic) => self.builder.call(intrinsic, args),
            None => bug!("llvm", "LLVM knows no `{name}`"),
        }
    }

    /// As `intrinsic`, for those with a result.
    pub fn compute(&self, name: &str, overload: &[BasicTypeEnum<'c>], args: &[Value<'c>]) -> Value<'c> {
        match self.intrinsic(name, overload, args).try_as_basic_value().basic() {
            Some(value) => value,
            None => bug!("llvm", "`{name}` has no result"),
        }
    }

    /// Truth, for LLVM's immediate arguments.
    pub fn truth(&self, value: bool) -> Value<'c> {
        self.context.bool_type().const_int(value.into(), false).into()
    }

    /// What linkers and code generators must know of the whole module.
    fn set_flags(&self) {
        let number = |value| self.context.i32_type().const_int(value, false);
        // Level 2 of both: the program's own symbols are never replaced from outside.
        self.module.add_basic_value_flag("PIC Level", FlagBehavior::Warning, number(2));
        self.module.add_basic_value_flag("PIE Level", FlagBehavior::Warning, number(2));
        let abi = self.options.target.abi;
        if !abi.is_empty() {
            let abi = self.context.metadata_string(abi);
            self.module.add_metadata_flag("target-abi", FlagBehavior::Error, abi);
        }
    }

    /// Can the stack be aligned as the processor wants and no more? C code counts on C's alignment.
    pub fn owns_stack(&self) -> bool {
        let is_foreign = |function: &Function| {
            function.linkage == Linkage::Import && function.signature.convention == Convention::C
        };
        self.options.joined.is_empty() && !self.graph.functions.iter().any(is_foreign)
    }

    fn declare(&self, function: &Function) -> Option<FunctionValue<'c>> {
        let linkage = match function.linkage {
            Linkage::Build => return None,
            Linkage::Internal => LlvmLinkage::Internal,
            Linkage::Export | Linkage::Import => LlvmLinkage::External,
        };
        if function.body.is_some() == (function.linkage == Linkage::Import) {
            bug!("llvm", "`{}` is in the wrong place for its body", function.name);
        }
        let ty = calls::function_type(self, &function.signature);
        let value = self.module.add_function(function.name.as_str(), ty, Some(linkage));
        value.set_call_conventions(calls::convention(function.signature.convention));
        if linkage == LlvmLinkage::External {
            hide(value.as_global_value());
        }
        self.attributes.mark(value, function);
        if function.signature.convention == Convention::Naked {
            value.as_global_value().set_alignment(1);
        }
        Some(value)
    }
}

/// Makes a symbol part of the executable only: its address needs no table.
pub fn hide(value: GlobalValue) {
    value.set_visibility(GlobalVisibility::Hidden);
}
