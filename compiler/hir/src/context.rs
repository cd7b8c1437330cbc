//! The program as far as it is known: the tables all queries read and fill.
//!
//! One context is one world: the program for its target, or the same files for the compiler itself
//! (build time). Tables only grow. A query finds its answer here or makes it, and marks itself as in
//! progress meanwhile, so that a cycle is a diagnostic and not a stack overflow.

use crate::ids::*;
use crate::tree::Body;
use crate::types::Types;
use crate::value::Value;
use koru_base::idx::IdVec;
use koru_base::{FileId, Files, Level, Name, Sink, Sources, Span, Target};
use koru_syntax::ast;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// The program as far as it is known.
pub struct Context<'w> {
    /// Where text comes from.
    pub files: &'w dyn Files,
    pub target: &'static Target,
    /// How the program is compiled: what is checked at run time.
    pub mode: Level,
    /// Are debuggers told of the program's variables?
    pub is_watched: bool,
    /// Names `--build=NAME` and commands turned on, and the target's system.
    pub build_flags: BTreeSet<Name>,
    pub sources: Sources,
    pub sink: Sink,
    pub types: Types,
    pub modules: IdVec<ModuleId, Module>,
    pub containers: IdVec<ContainerId, Container>,
    pub functions: IdVec<FunctionId, Function>,
    pub instances: IdVec<InstanceId, Instance>,
    pub events: IdVec<EventId, Event>,
    pub globals: IdVec<GlobalId, Global>,
    /// Takes a text and never returns: called by checked programs when a check fails. Without it they
    /// trap.
    pub panic: Option<InstanceId>,
    /// Anything a part of hir remembers between queries, each part in its own struct.
    pub host: crate::host::Memory,
    pub koru: crate::koru::Memory,
    pub evaluation: crate::evaluate::Memory,
    pub layouts: crate::layout::Memory,
}

impl<'w> Context<'w> {
    /// A program of which nothing is known yet.
    pub fn new(files: &'w dyn Files, target: &'static Target, mode: Level) -> Context<'w> {
        Context {
            files,
            target,
            mode,
            build_flags: BTreeSet::from([Name::new(target.system)]),
            sources: Sources::default(),
            sink: Sink::default(),
            types: Types::default(),
            modules: IdVec::new(),
            containers: IdVec::new(),
            functions: IdVec::new(),
            instances: IdVec::new(),
            events: IdVec::new(),
            globals: IdVec::new(),
            panic: None,
            is_watched: false,
            host: Default::default(),
            koru: Default::default(),
            evaluation: Default::default(),
            layouts: Default::default(),
        }
    }
}

/// A loaded file.
#[derive(Debug)]
pub struct Module {
    /// The namespace: `std.io`, or the stem of the entry file. Host files of std have their path.
    pub name: Name,
    pub file: FileId,
    pub tree: Arc<ast::Module>,
    /// Its host part.
    pub container: ContainerId,
    pub is_entry: bool,
    /// Is it of the library that every program stands on?
    pub is_foundation: bool,
    /// Modules it imports, directly, in source order.
    pub imports: Vec<ModuleId>,
}

/// A struct, enum, union, opaque type, or the host part of a module.
#[derive(Debug)]
pub struct Container {
    /// As messages and `@typeName` show it.
    pub name: Name,
    pub kind: ContainerKind,
    pub module: ModuleId,
    /// The container it is declared in, whose names it sees.
    pub parent: Option<ContainerId>,
    /// Compile-time parameters and constants of the functions around it, which it sees too.
    pub captures: Rc<[(Name, Known)]>,
    pub layout: ast::host::Layout,
    /// What is written; nothing for modules and for types the compiler makes.
    pub source: Option<Arc<ast::host::Container>>,
    /// Its declarations by name. Filled when the container is made.
    pub decls: FxHashMap<Name, Decl>,
    /// Fields of structs and unions, values of enums; known after `host::fields`.
    pub fields: Option<Rc<[ContainerField]>>,
    /// Of an enum: its integer type. Of a tagged union: its enum. Known after `host::fields`.
    pub tag: Option<TypeId>,
    /// Of an enum: are numbers without a name legal (`_`)?
    pub is_open: bool,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContainerKind {
    Module,
    Struct,
    Enum,
    Union,
    Opaque,
}

/// A field of a struct or union, or a value of an enum.
#[derive(Clone, Debug)]
pub struct ContainerField {
    pub name: Name,
    /// Of an enum's value: the enum's integer type.
    pub ty: TypeId,
    /// A struct field's default; an enum value's number.
    pub value: Option<Value>,
    /// Always has this value, and takes no memory.
    pub is_comptime: bool,
    /// In bytes, where it is asked for.
    pub align: Option<u32>,
    pub span: Span,
}

/// A typed value known while compiling.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Known {
    pub ty: TypeId,
    pub value: Value,
}

/// A declaration of a container, as far as it was looked at.
#[derive(Clone, Debug)]
pub struct Decl {
    pub source: Arc<ast::host::Decl>,
    pub is_public: bool,
    pub state: DeclState,
}

#[derive(Clone, Debug)]
pub enum DeclState {
    Unread,
    /// Being read: who asks now has found a cycle.
    Reading,
    Known(Known),
    Global(GlobalId),
    /// A mistake was reported.
    Failed,
}

/// A `fn` as written.
#[derive(Clone, Debug)]
pub struct Function {
    pub source: Arc<ast::host::Function>,
    pub container: ContainerId,
    /// As messages show it: `std.mem.eql`.
    pub name: Name,
    pub span: Span,
}

/// Something with code.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Unique; a symbol of the output where it is exported or extern.
    pub name: Name,
    /// Types of the run-time parameters.
    pub params: Vec<TypeId>,
    pub result: ResultShape,
    pub origin: Origin,
    pub linkage: Linkage,
    pub convention: koru_flow::Convention,
    pub inline: koru_flow::Inline,
    pub body: BodyState,
    pub span: Span,
}

/// What a call gives back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResultShape {
    /// A host function, or a void event (of type void).
    Returns(TypeId),
    /// An event: its branches, and the union of them that host code sees.
    Branches { output: TypeId, branches: Rc<[BranchShape]> },
}

/// A branch as calls see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchShape {
    pub name: Name,
    /// None where it carries nothing. The union's field is then an empty struct.
    pub payload: Option<TypeId>,
}

/// Where an instance comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A function; the values of its compile-time parameters, none for run-time ones.
    Function { function: FunctionId, known: Rc<[Option<Known>]> },
    /// An event's implementation.
    Event(EventId),
    /// A top-level flow of a module: the item's index.
    Flow { module: ModuleId, item: usize },
    /// Made by the compiler: the program's main, an expression to be evaluated.
    Made,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linkage {
    Internal,
    Export,
    Extern,
    /// `extern "build"`: done by the compiler's own world.
    Build,
}

#[derive(Clone, Debug)]
pub enum BodyState {
    Unchecked,
    Checking,
    Checked(Rc<Body>),
    /// Declared here, defined elsewhere.
    Elsewhere,
    /// A mistake was reported.
    Failed,
}

/// A container variable, or named constant data.
#[derive(Clone, Debug)]
pub struct Global {
    pub name: Name,
    pub ty: TypeId,
    /// Meaningless for `extern`.
    pub value: Value,
    pub align: Option<u32>,
    pub is_const: bool,
    pub is_threadlocal: bool,
    pub linkage: Linkage,
    pub span: Span,
}

/// An event's signature and what implements it.
#[derive(Clone, Debug)]
pub struct Event {
    pub module: ModuleId,
    /// Without the module.
    pub name: Name,
    pub source: Arc<ast::EventDecl>,
    pub annotations: Rc<[ast::Annotation]>,
    /// Known after `koru::signature`.
    pub signature: Option<Rc<EventSignature>>,
    pub span: Span,
}

/// An event's types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventSignature {
    pub inputs: Vec<Input>,
    pub result: ResultShape,
    /// `event.Input` of host code.
    pub input_struct: TypeId,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    pub name: Name,
    pub ty: TypeId,
    pub span: Span,
}
