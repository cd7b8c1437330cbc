//! What debuggers read: which line of which file an instruction comes from, and what functions are called.
//!
//! In: the spans that the graph carries, the texts they lie in, and what it shows of variables. Out: DWARF, by way of LLVM. Our passes put
//! bodies into others, so lines of several files may meet in one function; each file has a scope of its own there.
//! Paths are as messages show them, so nothing depends on where a folder is.

mod shapes;

use crate::builder::{Builder, Value};
use inkwell::context::Context;
use inkwell::debug_info::*;
use inkwell::llvm_sys::debuginfo::LLVMDIBuilderInsertDeclareRecordAtEnd;
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::{AsValueRef, FunctionValue};
use koru_base::idx::Id;
use koru_base::{FileId, Level, Sources, Span};
use koru_flow::{Function, Op, ShapeId, VariableId, Watch};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The lines of a module under construction.
pub struct Lines<'c, 'g> {
    sources: &'g Sources,
    watch: &'g Watch,
    context: &'c Context,
    builder: DebugInfoBuilder<'c>,
    unit: DICompileUnit<'c>,
    is_optimized: bool,
    here: RefCell<Here<'c>>,
    types: RefCell<BTreeMap<ShapeId, DIType<'c>>>,
}

/// The function that is being lowered.
struct Here<'c> {
    function: Option<DISubprogram<'c>>,
    file: FileId,
    /// A scope for every other file whose lines are in it.
    others: BTreeMap<FileId, DIScope<'c>>,
    /// Stretches of code that see variables, outer ones first.
    blocks: Vec<(Span, DIScope<'c>)>,
}

impl<'c> Here<'c> {
    /// The innermost block around a place.
    fn block(&self, place: Span) -> Option<DIScope<'c>> {
        let is_around =
            |block: &Span| block.file == place.file && (block.start..block.end).contains(&place.start);
        self.blocks.iter().rev().find(|(block, _)| is_around(block)).map(|&(_, scope)| scope)
    }
}

impl<'c, 'g> Lines<'c, 'g> {
    pub fn new(
        context: &'c Context,
        module: &Module<'c>,
        (sources, watch): (&'g Sources, &'g Watch),
        level: Level,
    ) -> Self {
        let number = |value| context.i32_type().const_int(value, false);
        module.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, number(3));
        module.add_basic_value_flag("Dwarf Version", FlagBehavior::Warning, number(4));
        let is_optimized = level != Level::Debug;
        let main = sources.get(FileId(0)).map_or(".", |file| file.path.as_str());
        let (builder, unit) = module.create_debug_info_builder(
            true,
            // Debuggers know no Koru; C's names and expressions come close.
            DWARFSourceLanguage::C,
            main,
            ".",
            "koruc",
            is_optimized,
            "",
            0,
            "",
            DWARFEmissionKind::Full,
            0,
            false,
            false,
            "",
            "",
        );
        let here = Here { function: None, file: FileId(0), others: BTreeMap::new(), blocks: Vec::new() };
        let (here, types) = (RefCell::new(here), RefCell::default());
        Lines { sources, watch, context, builder, unit, is_optimized, here, types }
    }

    /// Begins a function; what is made from now on is its code.
    pub fn enter(&self, function: &Function, value: FunctionValue<'c>, code: &Builder<'c>) {
        code.forget_place();
        let declared = self.sources.written(function.span);
        let file = if self.sources.get(declared.file).is_some() { declared.file } else { FileId(0) };
        let line = self.line(declared).map_or(0, |(line, _)| line);
        let scope_file = self.file(file);
        let ty = self.builder.create_subroutine_type(scope_file, None, &[], 0);
        let program = self.builder.create_function(
            self.unit.as_debug_info_scope(),
            function.name.as_str(),
            None,
            scope_file,
            line,
            ty,
            true,
            true,
            line,
            0,
            self.is_optimized,
        );
        value.set_subprogram(program);
        *self.here.borrow_mut() =
            Here { function: Some(program), file, others: BTreeMap::new(), blocks: Vec::new() };
        self.open_blocks(function);
        // Parameters are put where debuggers find them before the function's first place: that is where they stop.
        if !self.shown(function).any(|variable| self.watch.variables[variable].parameter.is_some()) {
            self.go_to(function.span, code);
        }
    }

    /// How many of the first steps of a body only tell where parameters are.
    pub fn preamble(&self, function: &Function) -> usize {
        let Some(body) = &function.body else { return 0 };
        let first = body.blocks.iter().next();
        let is_last = |op: &Op| match op {
            Op::Show { variable, .. } => {
                self.watch.variables.get(*variable).is_some_and(|variable| variable.parameter.is_some())
            }
            _ => false,
        };
        first
            .and_then(|block| block.insts.iter().rposition(|inst| is_last(&inst.op)))
            .map_or(0, |last| last + 1)
    }

    /// The variables of a function.
    fn shown<'f>(&self, function: &'f Function) -> impl Iterator<Item = VariableId> + use<'f, 'c, 'g> {
        let count = self.watch.variables.len();
        let insts = function.body.iter().flat_map(|body| body.blocks.iter()).flat_map(|block| &block.insts);
        insts.filter_map(move |inst| match inst.op {
            Op::Show { variable, .. } if variable.index() < count => Some(variable),
            _ => None,
        })
    }

    /// A block for each stretch of code that sees variables of its own.
    fn open_blocks(&self, function: &Function) {
        let scope = |variable| self.sources.written(self.watch.variables[variable].scope);
        let mut scopes: Vec<_> = self
            .shown(function)
            .map(scope)
            .filter(|scope| scope.end != u32::MAX && scope.is_written())
            .collect();
        scopes.sort_by_key(|scope| (scope.file, scope.start, std::cmp::Reverse(scope.end)));
        scopes.dedup();
        for scope in scopes {
            let place = self.line(scope).unwrap_or((0, 0));
            let mut here = self.here.borrow_mut();
            let Some(function) = here.function else { return };
            let around = here.block(scope).unwrap_or(function.as_debug_info_scope());
            let block = self.builder.create_lexical_block(around, self.file(scope.file), place.0, place.1);
            here.blocks.push((scope, block.as_debug_info_scope()));
        }
    }

    /// From here on a variable is at this address.
    pub fn show(&self, variable: VariableId, address: Value<'c>, code: &Builder<'c>) {
        const DEREF: i64 = 0x06;
        const PLUS: i64 = 0x23;
        let Some(variable) = self.watch.variables.get(variable) else { return };
        let Some(function) = self.here.borrow().function else { return };
        let whole = function.as_debug_info_scope();
        let scope = self.here.borrow().block(self.sources.written(variable.scope));
        let scope = scope.filter(|_| variable.scope.end != u32::MAX).unwrap_or(whole);
        let span = self.sources.written(variable.span);
        let (line, column) = self.line(span).unwrap_or((0, 0));
        let (name, file, ty) = (variable.name.as_str(), self.file(span.file), self.ty(variable.shape));
        let flags = DIFlagsConstants::ZERO;
        let variable_info = match variable.parameter {
            Some(index) => {
                let number = index + 1;
                self.builder.create_parameter_variable(whole, name, number, file, line, ty, true, flags)
            }
            None => self.builder.create_auto_variable(scope, name, file, line, ty, true, flags, 0),
        };
        let mut steps = Vec::new();
        if variable.is_behind {
            steps.push(DEREF);
        }
        if variable.offset != 0 {
            steps.extend([PLUS, variable.offset.cast_signed()]);
        }
        let path = self.builder.create_expression(steps);
        let place = self.builder.create_debug_location(self.context, line, column, scope, None);
        self.declare((address, variable_info, path, place), code);
    }

    #[allow(unsafe_code)] // inkwell takes the record that LLVM gives for an instruction
    fn declare(
        &self,
        (address, variable, path, place): (Value<'c>, DILocalVariable<'c>, DIExpression<'c>, DILocation<'c>),
        code: &Builder<'c>,
    ) {
        // SAFETY: all handles are of this module.
        unsafe {
            LLVMDIBuilderInsertDeclareRecordAtEnd(
                self.builder.as_mut_ptr(),
                address.as_value_ref(),
                variable.as_mut_ptr(),
                path.as_mut_ptr(),
                place.as_mut_ptr(),
                code.block().as_mut_ptr(),
            )
        };
    }

    /// What is made from now on comes from here. Code of nobody's lines belongs to those before it.
    pub fn go_to(&self, span: Span, code: &Builder<'c>) {
        let span = self.sources.written(span);
        let mut here = self.here.borrow_mut();
        let Some(function) = here.function else { return };
        let whole = function.as_debug_info_scope();
        let (line, column) = match self.line(span) {
            Some(place) => place,
            None if code.has_place() => return,
            None => (0, 0),
        };
        let block = here.block(span);
        let scope = match (block, span.file) {
            _ if line == 0 => whole,
            (Some(block), _) => block,
            (None, file) if file == here.file => whole,
            (None, file) => *here.others.entry(file).or_insert_with(|| {
                self.builder.create_lexical_block(whole, self.file(file), line, column).as_debug_info_scope()
            }),
        };
        code.set_place(self.builder.create_debug_location(self.context, line, column, scope, None));
    }

    /// Nothing more comes.
    pub fn finish(&self, code: &Builder<'c>) {
        code.forget_place();
        self.builder.finalize();
    }

    fn line(&self, span: Span) -> Option<(u32, u32)> {
        self.sources.get(span.file).filter(|_| span.is_written())?;
        let position = self.sources.position(span.file, span.start);
        Some((position.line, position.column))
    }

    fn file(&self, file: FileId) -> DIFile<'c> {
        let path = self.sources.get(file).map_or(".", |file| file.path.as_str());
        self.builder.create_file(path, ".")
    }
}
