//! The tree of a file, as the user wrote it: modules, events, procs, flows; host code in [`host`].
//!
//! Nothing is resolved, folded or renamed here, and parsing always yields a tree: what could not be
//! read is an `Error` node whose diagnostic was reported. Every node has its span.

pub mod children;
pub mod fill;
pub mod flow;
pub mod host;

pub use flow::*;
use koru_base::{FileId, Name, Span};
use std::sync::Arc;

/// A name where it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

/// `module.path:event.path`; without a module part the name is looked up where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// The part before the colon, dots included.
    pub module: Option<Ident>,
    /// The part behind it: dots, globs and a suffix in brackets (`ev[T:u32]`) included.
    pub name: Ident,
    pub span: Span,
}

/// One part of `[a|b(c)]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Annotation {
    /// The part, trimmed.
    pub text: Name,
    pub span: Span,
}

impl Annotation {
    /// The arguments of `word(a, "b")` when this part holds such a call, without quotes.
    pub fn call(&self, word: &str) -> Option<Vec<&'static str>> {
        let text = self.text.as_str();
        let at = text.match_indices(word).map(|(at, _)| at).find(|&at| {
            !text[..at].ends_with(is_word) && text[at + word.len()..].trim_start().starts_with('(')
        })?;
        let rest = text[at + word.len()..].trim_start().strip_prefix('(')?;
        let inside = &rest[..rest.find(')').unwrap_or(rest.len())];
        let clean = |part: &'static str| part.trim().trim_matches('"');
        Some(inside.split(',').map(clean).filter(|part| !part.is_empty()).collect())
    }

    /// Does this part contain `word`, not as a piece of another word and not as a call?
    pub fn has(&self, word: &str) -> bool {
        let text = self.text.as_str();
        text.match_indices(word).any(|(at, _)| {
            let after = &text[at + word.len()..];
            !text[..at].ends_with(is_word) && !after.starts_with(is_word) && !after.starts_with('(')
        })
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}

/// Readers of annotation lists.
pub trait Annotations {
    /// Does a part contain this word?
    fn has(&self, word: &str) -> bool;
    /// The arguments of the first `word(..)`.
    fn call(&self, word: &str) -> Option<Vec<&'static str>>;
}

impl Annotations for [Annotation] {
    fn has(&self, word: &str) -> bool {
        self.iter().any(|part| part.has(word))
    }
    fn call(&self, word: &str) -> Option<Vec<&'static str>> {
        self.iter().find_map(|part| part.call(word))
    }
}

/// A file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    pub file: FileId,
    /// Annotations that stand alone and speak of the whole module.
    pub annotations: Vec<Annotation>,
    /// Constructs and host declarations in the order of the text.
    pub items: Vec<Item>,
    /// Every comment of the file, host code included, in order.
    pub comments: Vec<Span>,
}

/// A top-level construct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub annotations: Vec<Annotation>,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemKind {
    Import(Import),
    Event(Arc<EventDecl>),
    Proc(Arc<ProcDecl>),
    /// `~path = ..`
    Subflow(Arc<Subflow>),
    /// A flow of its own.
    Flow(Arc<Flow>),
    /// A host declaration.
    Host(host::Decl),
    /// A field at the top of a file: the file is a struct, as `File.kz` of std.
    Field(host::ContainerField),
    /// What could not be read; the diagnostic was reported.
    Error,
}

/// `~import "$alias/a/b"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The first segment, without `$`.
    pub alias: Ident,
    /// The rest, at most two, without `.kz`.
    pub segments: Vec<Ident>,
    pub path_span: Span,
}

/// `~pub event a.b { f: T } | branch { .. }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventDecl {
    pub is_public: bool,
    pub name: Ident,
    pub inputs: Vec<Field>,
    /// Annotations behind the input shape.
    pub shape_annotations: Vec<Annotation>,
    pub branches: Vec<BranchDecl>,
    /// `{ .. }` of the inputs.
    pub shape_span: Span,
    /// A part of it could not be read and is lost: nothing can be said of how it is used.
    pub is_broken: bool,
}

/// `name: Type = default` of an input or a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub name: Ident,
    pub ty: Type,
    pub default: Option<host::Expr>,
    pub span: Span,
}

/// A type of a shape: a host type, perhaps of another module, perhaps in a state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Type {
    /// The host type; `module.path:Name` inside is [`host::ExprKind::Qualified`].
    pub host: host::Expr,
    pub phantom: Option<Phantom>,
    pub span: Span,
}

/// `[s!]`, `[!a|b]`, `[M'_]`: what is known of a value's state at compile time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phantom {
    /// `!` in front: the value is consumed, its obligation discharged.
    pub consumes: bool,
    /// `!` behind: an obligation comes with the value.
    pub obliges: bool,
    /// `M` of `M'..`.
    pub variable: Option<Ident>,
    /// The states, any of which will do; empty for `M'_`.
    pub states: Vec<Path>,
    pub span: Span,
}

/// `| name payload`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchDecl {
    pub name: Ident,
    /// `?`: callers may ignore it.
    pub is_optional: bool,
    /// `&`: deferred.
    pub is_deferred: bool,
    pub payload: Payload,
    pub annotations: Vec<Annotation>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Nothing, or `{}`.
    Empty,
    /// `{ f: T }`: the binding has fields.
    Struct(Vec<Field>),
    /// `T`: the binding is the value.
    Identity(Type),
    /// `{ * }`
    Wildcard,
}

/// `~proc path|variant { body }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProcDecl {
    pub path: Path,
    pub variant: Option<Ident>,
    pub body: ProcBody,
    /// The text between the braces.
    pub body_span: Span,
}

/// A body is read once its variant is selected: text of other variants may be in any language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProcBody {
    Host(host::Block),
    /// The body of a variant: not lexed yet. `koru_syntax::parse_body` reads it.
    Unread,
}

/// `~path = flow` or `~path = constructor`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subflow {
    pub path: Path,
    pub body: SubflowBody,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubflowBody {
    Flow(Flow),
    Constructor(Constructor),
}
