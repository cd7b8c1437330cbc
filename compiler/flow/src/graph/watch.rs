//! What debuggers know of a program's variables: names, types, and where they are seen.
//!
//! An [`Op::Show`](super::Op::Show) says where in memory a variable is. Only graphs that are made for debuggers have any; no pass
//! looks at them.

use koru_base::idx::IdVec;
use koru_base::{Name, Span, id};

id!(
    /// A variable of some function.
    VariableId, "variable"
);
id!(
    /// A type as debuggers see it.
    ShapeId, "shape"
);

/// The variables of a graph, and their types.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Watch {
    pub variables: IdVec<VariableId, Variable>,
    pub shapes: IdVec<ShapeId, Shape>,
}

/// A parameter, a local, or what a flow binds.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    pub name: Name,
    pub shape: ShapeId,
    /// Counted from 0, of a parameter.
    pub parameter: Option<u32>,
    /// Where it is declared.
    pub span: Span,
    /// The code that sees it.
    pub scope: Span,
    /// Does its memory hold its address, and not itself?
    pub is_behind: bool,
    /// Bytes from that address.
    pub offset: u64,
}

/// A type. Sizes and offsets in bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct Shape {
    pub name: String,
    pub size: u64,
    pub align: u32,
    pub parts: ShapeParts,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ShapeParts {
    /// Nobody looks into it.
    Opaque,
    Bool,
    Int {
        is_signed: bool,
    },
    Float,
    Pointer(ShapeId),
    Struct(Vec<Part>),
    /// All parts begin together.
    Union(Vec<Part>),
    /// Names of numbers.
    Enum(Vec<(String, i64)>),
    Array {
        element: ShapeId,
        count: u64,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    pub name: String,
    pub offset: u64,
    pub shape: ShapeId,
}
