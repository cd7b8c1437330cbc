//! Flows: calls, continuations, jumps, labels, constructors.
//!
//! Layout has settled what belongs to what: a continuation's `arms` are those of its last step.

use super::{Annotation, Ident, Path, host};
use koru_base::Span;

/// A call with what follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flow {
    /// The first step, and those behind `|>` on its line. Never empty; only the first is there in
    /// most flows. The head of `~#label ev()` is a labelled call.
    pub steps: Vec<Step>,
    /// Continuations of the last step.
    pub arms: Vec<Continuation>,
    pub span: Span,
}

/// What happens next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// `_`
    Discard,
    /// `@label(args)`
    Jump(Jump),
    /// `ev(args)`, perhaps `#label ev(args)`
    Call(Call),
    /// `branch { fields }`
    Constructor(Constructor),
    /// What could not be read.
    Error,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jump {
    pub label: Ident,
    pub args: Vec<Arg>,
}

/// `#label path|variant(args) { source }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    pub label: Option<Ident>,
    pub path: Path,
    pub variant: Option<Ident>,
    pub args: Vec<Arg>,
    /// Between the parentheses, without them; empty where there are none.
    pub args_span: Span,
    pub source: Option<SourceBlock>,
}

/// One piece of an argument list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arg {
    /// `name` of `name: value`. Of `a:b` without a blank too: whether `a` is an input or a module is
    /// for the checker to say, which finds the expression with the qualifier in `value`.
    pub name: Option<Ident>,
    pub value: ArgValue,
    /// The text of the value, without the name.
    pub text: Span,
    /// Everything.
    pub span: Span,
}

/// Transforms take text that is no expression (`a -> b`, free words), so a value that cannot be
/// read is no mistake until somebody wants its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgValue {
    Expr(host::Expr),
    /// `a..b`
    Range(host::Expr, Option<host::Expr>),
    /// Not an expression; why not, for whoever needed one.
    Text(Box<koru_base::Diagnostic>),
}

/// `[Type]{ text }` behind a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceBlock {
    /// What the text is, as in `[SQL]{ .. }`.
    pub phantom: Option<Ident>,
    /// The text, trimmed on one line, dedented over several.
    pub text: String,
    /// Between the braces, without them.
    pub span: Span,
    /// For a byte offset into `text`: the start of each line of it in the file.
    pub line_starts: Vec<u32>,
}

/// `| branch binding when guard |> steps`, with the continuations of the last step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continuation {
    pub pattern: Pattern,
    pub binding: Option<Binding>,
    pub guard: Option<host::Expr>,
    /// Empty where nothing stands behind the branch.
    pub steps: Vec<Step>,
    pub arms: Vec<Continuation>,
    /// The line of the continuation, without its arms.
    pub span: Span,
}

impl Continuation {
    /// Could what stands in front of its steps not be read? Which branch it handles is then unknown.
    pub fn is_unread(&self) -> bool {
        let spoilt = |step: &Step| step.kind == StepKind::Error && step.span.start == self.span.start;
        self.steps.first().is_some_and(spoilt)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// `| name`
    Branch(Ident),
    /// `| [text]`: for transforms that understand it.
    Text(Ident),
    /// `|?`, perhaps with a metatype.
    CatchAll { metatype: Option<Ident>, span: Span },
    /// `|> step`: goes on after a call that returns nothing.
    Void { span: Span },
    /// `| *path(args)`
    Deref { path: Path, args: Vec<Arg> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// `_` discards.
    pub name: Ident,
    pub annotations: Vec<Annotation>,
}

/// `branch`, `branch { .. }`, `branch value`, `.{ .branch = value }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Constructor {
    pub branch: Ident,
    pub body: ConstructorBody,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConstructorBody {
    /// Nothing, or `{}`.
    Empty,
    /// `{ .. }`; what a lone piece means is for the checker, which knows the branch.
    Fields(Vec<ConstructorField>),
    /// Behind the name, without braces; also the value in `.{ .branch = value }`.
    Value(host::Expr),
}

/// `name: value`, `name = value`, a path that names itself, or a lone expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConstructorField {
    /// The written name. `outer.f: e` and `arr[i]: e` of `captured` have their left side in `target`.
    pub name: Option<Ident>,
    /// The left side where it is more than a name.
    pub target: Option<host::Expr>,
    pub value: host::Expr,
}
