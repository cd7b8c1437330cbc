//! What LLVM is told about functions, so that it can remove what it can prove.
//!
//! Every attribute is a promise; each is made only where the graph guarantees it.

use crate::Options;
use crate::builder::Value;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::types::AnyType;
use inkwell::values::{CallSiteValue, FunctionValue};
use koru_base::targets::Passing;
use koru_base::{Level, bug};
use koru_flow::{Convention, Form, Function, Inline, Signature, Type};

/// The attributes every function of a program has.
pub struct Attributes<'c> {
    context: &'c Context,
    section: Option<&'static str>,
    /// Who fills the register of a small number.
    passing: Passing,
    common: Vec<Attribute>,
    is_for_speed: bool,
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
        let is_for_speed = matches!(options.level, Level::Safe | Level::Fast);
        Attributes { context, section, passing: options.target.passing, common, is_for_speed }
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
            // Neither LLVM's time nor a program's cache is spent on it.
            ("optsize", function.is_cold && self.is_for_speed),
            ("noreturn", function.signature.exits.is_empty()),
        ];
        for (name, _) in facts.into_iter().filter(|(_, holds)| *holds) {
            put(flag(self.context, name));
        }
        self.tell_forms(&function.signature, |place, attribute| value.add_attribute(place, attribute));
    }

    /// Nothing in an `asm` unwinds.
    pub fn mark_asm(&self, call: CallSiteValue<'c>) {
        call.add_attribute(AttributeLoc::Function, flag(self.context, "nounwind"));
    }

    /// Tells LLVM all we know about a call of no function it can see.
    pub fn mark_call(&self, call: CallSiteValue<'c>, signature: &Signature) {
        self.mark_asm(call);
        if signature.exits.is_empty() {
            call.add_attribute(AttributeLoc::Function, flag(self.context, "noreturn"));
        }
        self.tell_forms(signature, |place, attribute| call.add_attribute(place, attribute));
    }

    /// Tells LLVM of arguments behind the parameters, which no declaration describes.
    pub fn mark_further(&self, call: CallSiteValue<'c>, signature: &Signature, args: &[Value<'c>]) {
        let further = (0..).zip(args).skip(signature.params.len());
        let is_word = |value: &Value<'c>| {
            value.is_int_value() && value.get_type().into_int_type().get_bit_width() == 32
        };
        for (index, _) in further.filter(|(_, value)| self.passing == Passing::Lp64d && is_word(value)) {
            call.add_attribute(AttributeLoc::Param(index), flag(self.context, "signext"));
        }
    }

    /// The kernel's answer is never below the lowest error number.
    pub fn mark_syscall(&self, call: CallSiteValue<'c>) {
        call.add_attribute(AttributeLoc::Function, flag(self.context, "nounwind"));
        let lowest_error = (-4095_i64).cast_unsigned();
        call.add_attribute(AttributeLoc::Return, word_range(self.context, lowest_error, 1 << 63));
    }

    /// C expects small integers to fill a register, by their sign if they have one; memory it copies, and memory for
    /// results, has a size.
    fn tell_forms(&self, signature: &Signature, put: impl Fn(AttributeLoc, Attribute)) {
        if signature.convention != Convention::C {
            return;
        }
        let foreign = &signature.foreign;
        for (index, &ty) in (0..).zip(&signature.params) {
            let form = foreign.params.iter().find(|(of, _)| *of == index).map(|(_, form)| *form);
            let place = AttributeLoc::Param(index);
            match form {
                Some(Form::Copied { bytes, align }) => {
                    self.tell_memory("byval", bytes, align, |one| put(place, one))
                }
                Some(Form::Result { bytes, align }) => {
                    self.tell_memory("sret", bytes, align, |one| put(place, one))
                }
                _ => {
                    let extends = self.extension(ty, form == Some(Form::Signed));
                    extends.into_iter().for_each(|one| put(place, one));
                }
            }
        }
        let mut results = signature.exits.iter().flat_map(|exit| &exit.results);
        if let (Some(&only), None) = (results.next(), results.next()) {
            let extends = self.extension(only, foreign.result_is_signed);
            extends.into_iter().for_each(|one| put(AttributeLoc::Return, one));
        }
    }

    fn tell_memory(&self, name: &str, bytes: u64, align: u32, put: impl Fn(Attribute)) {
        let kind = Attribute::get_named_enum_kind_id(name);
        let memory = self.context.i8_type().array_type(bytes as u32);
        put(self.context.create_type_attribute(kind, memory.as_any_type_enum()));
        let kind = Attribute::get_named_enum_kind_id("align");
        put(self.context.create_enum_attribute(kind, align.into()));
    }

    /// How an integer fills its register.
    fn extension(&self, ty: Type, is_signed: bool) -> Option<Attribute> {
        match ty {
            // Whoever receives it does it.
            _ if self.passing == Passing::Aapcs64 => None,
            Type::Int(32) if self.passing == Passing::Lp64d => Some(flag(self.context, "signext")),
            Type::Int(..32) => Some(flag(self.context, if is_signed { "signext" } else { "zeroext" })),
            _ => None,
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
