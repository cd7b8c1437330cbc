//! What debuggers read: which line of which file an instruction comes from, and what functions are called.
//!
//! In: the spans that the graph carries, and the texts they lie in. Out: DWARF, by way of LLVM. Our passes put
//! bodies into others, so lines of several files may meet in one function; each file has a scope of its own there.
//! Paths are as messages show them, so nothing depends on where a folder is.

use crate::builder::Builder;
use inkwell::context::Context;
use inkwell::debug_info::*;
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::FunctionValue;
use koru_base::{FileId, Level, Sources, Span};
use koru_flow::Function;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The lines of a module under construction.
pub struct Lines<'c, 'g> {
    sources: &'g Sources,
    context: &'c Context,
    builder: DebugInfoBuilder<'c>,
    unit: DICompileUnit<'c>,
    is_optimized: bool,
    here: RefCell<Here<'c>>,
}

/// The function that is being lowered.
struct Here<'c> {
    function: Option<DISubprogram<'c>>,
    file: FileId,
    /// A scope for every other file whose lines are in it.
    others: BTreeMap<FileId, DIScope<'c>>,
}

impl<'c, 'g> Lines<'c, 'g> {
    pub fn new(context: &'c Context, module: &Module<'c>, sources: &'g Sources, level: Level) -> Self {
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
        let here = Here { function: None, file: FileId(0), others: BTreeMap::new() };
        Lines { sources, context, builder, unit, is_optimized, here: RefCell::new(here) }
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
        *self.here.borrow_mut() = Here { function: Some(program), file, others: BTreeMap::new() };
        self.go_to(function.span, code);
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
        let scope = match span.file {
            _ if line == 0 => whole,
            file if file == here.file => whole,
            file => *here.others.entry(file).or_insert_with(|| {
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
