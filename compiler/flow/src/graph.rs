//! Graphs, functions, blocks: the shape of the intermediate representation.
//!
//! Values are scalars, pointers and vectors, in single-assignment form with block parameters.
//! Aggregates live in slots and globals, which the graph knows only by size and alignment: layouts are
//! settled before. Instructions are in [`op`], the ends of blocks in [`terminator`]. The laws are
//! listed at the top of `verify.rs`, the text form in `text.rs`.

mod op;
mod terminator;
mod watch;

pub use op::*;
pub use terminator::*;
pub use watch::*;

use koru_base::idx::IdVec;
use koru_base::{Name, Span, id};

id!(
    /// A function of a graph.
    FunctionId, "fn"
);
id!(
    /// A global of a graph.
    GlobalId, "global"
);
id!(
    /// A block of a body.
    BlockId, "b"
);
id!(
    /// A value of a body.
    ValueId, "v"
);
id!(
    /// A slot of a body.
    SlotId, "s"
);

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Type {
    /// An integer of 1 to 65,535 bits, without sign: operations have one.
    Int(u16),
    /// A float of 16, 32, 64 or 128 bits.
    Float(u16),
    /// An address.
    Pointer,
    /// A vector of `lanes` scalars.
    Vector(Scalar, u32),
}

/// What a vector is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scalar {
    Int(u16),
    Float(u16),
    Pointer,
}

impl Type {
    /// Truth values: the result of a comparison.
    pub const BOOL: Type = Type::Int(1);
    /// The integer a pointer converts to on every target of the table.
    pub const WORD: Type = Type::Int(64);
}

/// A whole program, or as much of it as one evaluation needs.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Graph {
    pub functions: IdVec<FunctionId, Function>,
    pub globals: IdVec<GlobalId, Global>,
    /// For debuggers; empty where none is asked for. Not part of the graph's text.
    pub watch: Watch,
}

/// A function: an event's proc, a flow, or a host function.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Unique in its graph; the symbol of exported and imported functions.
    pub name: Name,
    pub signature: Signature,
    pub linkage: Linkage,
    pub inline: Inline,
    /// Is it seldom run? Cold code is kept away from hot code.
    pub is_cold: bool,
    /// None for functions that come from elsewhere.
    pub body: Option<Body>,
    /// Where it is declared.
    pub span: Span,
}

/// What a function takes and the ways it may end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    pub params: Vec<Type>,
    /// No exit: the function never returns. One: an ordinary function. Several: the branches of an event.
    pub exits: Vec<Exit>,
    pub convention: Convention,
    /// What C wants to know besides types.
    pub foreign: Foreign,
}

/// What C's convention goes by and types do not say. Empty for functions of any other.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Foreign {
    /// Of parameters, by their number, in order.
    pub params: Vec<(u32, Form)>,
    /// Is the result a number with a sign?
    pub result_is_signed: bool,
    /// May a call pass more than the parameters?
    pub is_variadic: bool,
}

/// How C passes a parameter, where it is not as its type alone says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// A number with a sign, which fills its register.
    Signed,
    /// The address of memory of which the callee gets a copy among its arguments.
    Copied { bytes: u64, align: u32 },
    /// The address of memory that the result is written to.
    Result { bytes: u64, align: u32 },
}

/// One way a function ends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Exit {
    /// The branch's name; `return` for ordinary functions.
    pub name: Name,
    pub results: Vec<Type>,
}

/// How a call is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Convention {
    /// Ours: whatever is best on the target.
    Koru,
    /// C's, for functions others call or provide. At most one exit.
    C,
    /// No prologue: the body is one `asm` and never returns. Only for the entry of a program.
    Naked,
}

/// Where a function or a global lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Linkage {
    /// Here, and nobody else sees it.
    Internal,
    /// Here, visible by name: a root.
    Export,
    /// Elsewhere, found by the linker.
    Import,
    /// In the world of the compiler: only the evaluator can call it.
    Build,
}

/// Whether calls are replaced by the body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Inline {
    /// As the passes and LLVM see fit.
    Auto,
    Always,
    Never,
}

/// Data with an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Unique in its graph.
    pub name: Name,
    /// The first bytes; the rest up to `size` is zero.
    pub bytes: Vec<u8>,
    /// In bytes.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u32,
    /// Addresses inside `bytes`, sorted by offset; the bytes they cover are zero.
    pub relocations: Vec<Relocation>,
    pub is_const: bool,
    pub is_threadlocal: bool,
    pub linkage: Linkage,
}

/// An address stored in a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Relocation {
    /// Where in the global, in bytes.
    pub offset: u64,
    pub target: Symbol,
    /// Bytes behind the start of the target.
    pub addend: i64,
}

/// Something with an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Symbol {
    Function(FunctionId),
    Global(GlobalId),
}

/// The code of a function. Block 0 is the entry; its parameters are the function's.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Body {
    pub blocks: IdVec<BlockId, Block>,
    /// The type of each value. Each is defined once: by a block's parameter or an instruction.
    pub values: IdVec<ValueId, Type>,
    pub slots: IdVec<SlotId, Slot>,
}

/// Memory of one call of a function.
///
/// A slot is an entity of the function, not of a place in it, so that splicing a body into a loop
/// never grows the stack; `SlotLive` and `SlotDead` let LLVM share the frame. A slot without such
/// marks is live throughout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// In bytes.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u32,
}

/// Instructions without branches, then one way on.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    pub params: Vec<ValueId>,
    pub insts: Vec<Inst>,
    pub terminator: Terminator,
    /// Where the terminator comes from.
    pub span: Span,
}

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub struct Inst {
    /// The values it defines: none, one, or two.
    pub results: Vec<ValueId>,
    pub op: Op,
    /// Where it comes from. Not part of the graph's text.
    pub span: Span,
}

impl Graph {
    /// The function of this name.
    pub fn find(&self, name: &str) -> Option<FunctionId> {
        self.functions.enumerate().find(|(_, function)| function.name == name).map(|(id, _)| id)
    }

    /// The signature of whom a call reaches; nothing where the graph has no such function.
    pub fn signature<'a>(&'a self, callee: &'a Callee) -> Option<&'a Signature> {
        match callee {
            Callee::Function(id) => self.functions.get(*id).map(|function| &function.signature),
            Callee::Pointer { signature, .. } => Some(signature),
        }
    }
}
