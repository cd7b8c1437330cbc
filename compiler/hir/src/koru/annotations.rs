//! What annotations mean: phases, guards, and the words the compiler implements itself.
//!
//! In: annotation lists. Out: answers to questions about them. This is the one place that knows
//! which words there are.

use crate::Context;
use koru_base::Name;
use koru_syntax::ast::{self, Annotation, Annotations};

/// A construct std declares and the compiler implements: `native(word)` on an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    If,
    For,
    Capture,
    Const,
    Tap,
    /// Interpolated text, given to the host function named beside the word.
    Format(Name),
    /// A table of settings.
    Config,
    /// A table of what is linked with the program.
    Requires,
    /// A table of selected variants.
    Variants,
    /// A command's description.
    Command,
    /// A call declares a command of its name, which this event of the same module runs.
    CommandBy(Name),
    /// Where there is such a call, this event of the same module builds the program.
    BuildBy(Name),
    /// An option of the command line.
    Flag,
}

impl Word {
    /// Does a flow that begins with it run with the program? Tables and taps are read while compiling.
    pub fn runs(self) -> bool {
        matches!(self, Word::If | Word::For | Word::Capture | Word::Const | Word::Format(_))
    }
}

/// The word an event stands for.
pub fn word(annotations: &[Annotation]) -> Option<Word> {
    let arguments = annotations.call("native")?;
    let word = match *arguments.first()? {
        "if" => Word::If,
        "for" => Word::For,
        "capture" => Word::Capture,
        "const" => Word::Const,
        "tap" => Word::Tap,
        "format" => Word::Format(Name::new(arguments.get(1).copied().unwrap_or("print"))),
        "config" => Word::Config,
        "requires" => Word::Requires,
        "variants" => Word::Variants,
        "command" => Word::Command,
        "flag" => Word::Flag,
        "command.by" => Word::CommandBy(Name::new(arguments.get(1)?)),
        "build.by" => Word::BuildBy(Name::new(arguments.get(1)?)),
        _ => return None,
    };
    Some(word)
}

/// Is an item of this kind in force: has it no `build(..)`, or one whose flags include one that is on?
pub fn is_active(cx: &Context, annotations: &[Annotation]) -> bool {
    required_flags(annotations)
        .is_none_or(|flags| flags.iter().any(|flag| cx.build_flags.contains(&Name::new(flag))))
}

/// The flags of `build(a, b)`.
pub fn required_flags(annotations: &[Annotation]) -> Option<Vec<&'static str>> {
    annotations.call("build")
}

/// Is `~[a|b]import` in force: has it no annotation, or one that names a flag that was given, or a `build(..)`
/// that is on?
pub fn import_is_active(cx: &Context, annotations: &[Annotation]) -> bool {
    let is_given = |part: &Annotation| cx.koru.flags.contains(part.text.as_str());
    let by_build = required_flags(annotations).is_some() && is_active(cx, annotations);
    annotations.is_empty() || by_build || annotations.iter().any(is_given)
}

/// Does the event exist only while compiling? Its annotations, its module's, or its inputs say so.
pub fn is_comptime(event: &ast::EventDecl, annotations: &[Annotation], module: &[Annotation]) -> bool {
    if ["comptime", "norun", "transform", "expand"].iter().any(|word| annotations.has(word)) {
        return true;
    }
    let by_module = module.has("comptime") && !module.has("runtime") && !annotations.has("runtime");
    by_module || event.inputs.iter().any(|field| is_comptime_type(&field.ty.host))
}

/// `Source`, `Expression` and the like: values only the compiler has.
fn is_comptime_type(ty: &ast::host::Expr) -> bool {
    let name = match &*ty.kind {
        ast::host::ExprKind::Name(name) => *name,
        ast::host::ExprKind::Index { base, .. } => return is_comptime_type(base),
        _ => return false,
    };
    ["Source", "Expression", "InvocationMeta", "CompilerContext"].iter().any(|word| name == *word)
}
