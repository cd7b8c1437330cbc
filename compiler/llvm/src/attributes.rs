//! What LLVM is told about functions, so that it can remove what it can prove.
//!
//! Every attribute is a promise; each is made only where the graph guarantees it.

use crate::Options;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::values::{CallSiteValue, FunctionValue};
use koru_base::{Level, bug};
use koru_flow::{Convention, Function, Inline, Type};

/// The attributes every function of a program has.
pub struct Attributes<'c> {
    context: &'c Context,
    section: Option<&'static str>,
    common: Vec<Attribute>,
}

impl<'c> Attributes<'c> {
    /// `processor` is the name and the features of the one compiled for.
    pub fn new(context: &'c Context, options: &Options, processor: &(String, String)) -> Attributes<'c> {
        // Nothing unwinds: there are no exceptions, and a panic ends the program.
        let mut common = vec![flag(context, "nounwind")];
        if options.level == Level::Small {
            // A small constant is pushed and popped in three bytes, unless what is below the stack pointer is in use.
            common.extend(["minsize", "optsize", "noredzone"].map(|name| flag(context, name)));
        }
        if options.keeps_frames {
            // Debuggers find callers without tables that the program would have to carry.
            common.push(context.create_string_attribute("frame-pointer", "all"));
        }
        if options.no_builtins {
            common.push(context.create_string_attribute("no-builtins", ""));
        }
        // With the processor on both sides, code of C and of Koru can be inlined into each other.
        let (cpu, features) = processor;
        common.push(context.create_string_attribute("target-cpu", cpu));
        if !features.is_empty() {
            common.push(context.create_string_attribute("target-features", features));
        }
        // LLVM aligns `.text` itself as if time counted; a section by another name only as its functions ask.
        let section = (options.level == Level::Small).then_some(".text.koru");
        Attributes { context, section, common }
    }

    /// Tells LLVM all we know about a function.
    pub fn mark(&self, value: FunctionValue<'c>, function: &Function) {
        let put = |attribute| value.add_attribute(AttributeLoc::Function, attribute);
        self.common.iter().for_each(|&attribute| put(attribute));
        if function.body.is_some() {
            value.set_section(self.section);
        }
        let is_naked = function.signature.convention == Convention::Naked;
        let facts = [
            ("naked", is_naked),
            ("noinline", is_naked || function.inline == Inline::Never),
            ("alwaysinline", function.inline == Inline::Always),
            ("cold", function.is_cold),
            ("noreturn", function.signature.exits.is_empty()),
        ];
        for (name, _) in facts.into_iter().filter(|(_, holds)| *holds) {
            put(flag(self.context, name));
        }
        self.extend_arguments(function, |place, attribute| value.add_attribute(place, attribute));
    }

    /// Tells LLVM all we know about a call of no function it can see.
    pub fn mark_call(&self, call: CallSiteValue<'c>, is_endless: bool) {
        call.add_attribute(AttributeLoc::Function, flag(self.context, "nounwind"));
        if is_endless {
            call.add_attribute(AttributeLoc::Function, flag(self.context, "noreturn"));
        }
    }

    /// The kernel's answer is never below the lowest error number.
    pub fn mark_syscall(&self, call: CallSiteValue<'c>) {
        call.add_attribute(AttributeLoc::Function, flag(self.context, "nounwind"));
        let lowest_error = (-4095_i64).cast_unsigned();
        call.add_attribute(AttributeLoc::Return, word_range(self.context, lowest_error, 1 << 63));
    }

    /// C expects small integers to fill a register. The graph's have no sign, so they are extended with
    /// zeros; who needs a sign extends to 32 bits before the call.
    fn extend_arguments(&self, function: &Function, put: impl Fn(AttributeLoc, Attribute)) {
        if function.signature.convention != Convention::C {
            return;
        }
        let is_small = |ty: &Type| matches!(ty, Type::Int(bits) if *bits < 32);
        let extend = flag(self.context, "zeroext");
        for (index, _) in (0..).zip(&function.signature.params).filter(|(_, ty)| is_small(ty)) {
            put(AttributeLoc::Param(index), extend);
        }
        if function.signature.exits.iter().flat_map(|exit| &exit.results).any(is_small) {
            put(AttributeLoc::Return, extend);
        }
    }
}

fn flag(context: &Context, name: &str) -> Attribute {
    match Attribute::get_named_enum_kind_id(name) {
        0 => bug!("llvm", "LLVM knows no attribute `{name}`"),
        kind => context.create_enum_attribute(kind, 0),
    }
}

/// The attribute `range(i64 low, high)`, `high` excluded.
#[allow(unsafe_code)] // inkwell has no door to this attribute
fn word_range(context: &Context, low: u64, high: u64) -> Attribute {
    use inkwell::llvm_sys::core::LLVMCreateConstantRangeAttribute;
    let kind = Attribute::get_named_enum_kind_id("range");
    // SAFETY: both bounds are one word, as 64 bits ask for.
    unsafe { Attribute::new(LLVMCreateConstantRangeAttribute(context.raw(), kind, 64, &low, &high)) }
}
