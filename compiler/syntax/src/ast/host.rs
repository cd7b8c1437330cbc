//! Host code: the expressions, statements and declarations of proc bodies, types and arguments.
//!
//! Types are expressions, as in Zig. Operators are folded by precedence already; parentheses leave
//! no node. Flow arguments use the same tree, with Koru's own literals `Record` and `List`.
//! Large parts are shared, so that copying an expression costs next to nothing.

use super::Ident;
use koru_base::{Name, Span};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expr {
    pub kind: Arc<ExprKind>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExprKind {
    // Literals
    /// The text of an integer, prefix and underscores included.
    Int(Name),
    /// The text of a float.
    Float(Name),
    /// A character, as its code point.
    Char(u32),
    /// The bytes of a string, escapes resolved.
    Str(Vec<u8>),
    /// A name; `true`, `i32`, `void` and the like are names too.
    Name(Name),
    /// `.name`
    EnumLiteral(Ident),
    /// `error.Name`
    ErrorLiteral(Ident),
    Undefined,
    Null,
    Unreachable,
    /// `T{ .. }` or `.{ .. }`
    Literal {
        ty: Option<Expr>,
        body: LiteralBody,
    },
    /// `{ a: 1, b }` of a flow.
    Record(Vec<(Option<Ident>, Expr)>),
    /// `[a, b]` of a flow.
    List(Vec<Expr>),

    // Suffixes and operators
    Builtin {
        name: Ident,
        args: Vec<Expr>,
    },
    Call {
        callee: Expr,
        args: Vec<Expr>,
    },
    /// `base.name`; any word may stand behind the dot.
    Field {
        base: Expr,
        name: Ident,
    },
    Index {
        base: Expr,
        index: Expr,
    },
    Slice(Box<Slice>),
    /// `base.*`
    Deref(Expr),
    /// `base.?`
    Unwrap(Expr),
    Unary {
        op: Unary,
        operand: Expr,
    },
    Binary {
        op: Binary,
        left: Expr,
        right: Expr,
        op_span: Span,
    },
    Try(Expr),
    /// `left catch |e| right`
    Catch {
        left: Expr,
        capture: Option<Ident>,
        right: Expr,
    },
    /// `module.path:Name` in a flow or a shape.
    Qualified {
        module: Ident,
        name: Ident,
    },
    /// `comptime e`
    Comptime(Expr),

    // Control, as expressions and as statements
    If(Box<If>),
    While(Box<While>),
    For(Box<For>),
    Switch(Switch),
    Block(Block),
    /// `break :label value`
    Break {
        label: Option<Ident>,
        value: Option<Expr>,
    },
    Continue {
        label: Option<Ident>,
        value: Option<Expr>,
    },
    Return(Option<Expr>),
    Asm(Box<Asm>),

    // Types
    Pointer(Box<PointerType>),
    /// `[len:sentinel]child`; no length for `[_]`.
    Array {
        len: Option<Expr>,
        sentinel: Option<Expr>,
        child: Expr,
    },
    Optional(Expr),
    /// `E!T`, `!T`
    ErrorUnion {
        set: Option<Expr>,
        payload: Expr,
    },
    Function(Box<FunctionType>),
    Container(Arc<Container>),
    /// `error{A, B}`
    ErrorSet(Vec<Ident>),
    AnyType,
    /// What could not be read; the diagnostic was reported.
    Error,
}

/// `base[start..end :sentinel]`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    pub base: Expr,
    pub start: Expr,
    pub end: Option<Expr>,
    pub sentinel: Option<Expr>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LiteralBody {
    /// `{}`
    Empty,
    /// `{ .a = 1 }`
    Fields(Vec<(Ident, Expr)>),
    /// `{ 1, 2 }`
    Items(Vec<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unary {
    /// `-`
    Negate,
    /// `-%`
    NegateWrap,
    /// `!`
    Not,
    /// `~`
    BitNot,
    /// `&`
    AddressOf,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Binary {
    Add, AddWrap, AddSaturate, Sub, SubWrap, SubSaturate, Mul, MulWrap, MulSaturate, Div, Rem,
    BitAnd, BitOr, BitXor, ShiftLeft, ShiftLeftSaturate, ShiftRight,
    Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual,
    And, Or, Orelse,
    /// `++`
    Concat,
    /// `**`
    Repeat,
    /// `||`
    MergeErrors,
}

impl Binary {
    /// Does it compare two values?
    pub fn is_comparison(self) -> bool {
        use Binary::*;
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }
}

/// A capture: `|x|`, `|*x|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capture {
    pub name: Ident,
    pub by_pointer: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct If {
    pub condition: Expr,
    pub capture: Option<Capture>,
    pub then: Expr,
    /// `else |e|`
    pub else_capture: Option<Ident>,
    pub otherwise: Option<Expr>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct While {
    pub label: Option<Ident>,
    pub is_inline: bool,
    pub condition: Expr,
    pub capture: Option<Capture>,
    /// `: (i += 1)`
    pub step: Option<Box<Stmt>>,
    pub body: Expr,
    pub else_capture: Option<Ident>,
    pub otherwise: Option<Expr>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct For {
    pub label: Option<Ident>,
    pub is_inline: bool,
    pub inputs: Vec<ForInput>,
    pub captures: Vec<Capture>,
    pub body: Expr,
    pub otherwise: Option<Expr>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForInput {
    Items(Expr),
    /// `0..`, `a..b`
    Range(Expr, Option<Expr>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Switch {
    pub label: Option<Ident>,
    pub operand: Expr,
    pub prongs: Vec<Prong>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prong {
    /// Empty for `else`.
    pub cases: Vec<Case>,
    pub is_inline: bool,
    pub capture: Option<Capture>,
    /// The second name of `|value, tag|`.
    pub tag_capture: Option<Ident>,
    pub body: Expr,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Case {
    Value(Expr),
    /// `a...b`, both included.
    Range(Expr, Expr),
}

/// `label: { statements }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub label: Option<Ident>,
    pub stmts: Arc<Vec<Stmt>>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StmtKind {
    /// `const x: T = e;`, `var x: T = e;`, perhaps `comptime` in front.
    Local {
        is_comptime: bool,
        decl: VarDecl,
    },
    /// `const a, const b = e;` and `a, b = e;`
    Destructure {
        targets: Vec<DestructureTarget>,
        value: Expr,
    },
    /// `place op= value`; no operator for `=`. `_ = e` is [`StmtKind::Discard`].
    Assign {
        place: Expr,
        op: Option<Binary>,
        value: Expr,
    },
    Discard(Expr),
    Expr(Expr),
    Defer(Box<Stmt>),
    ErrDefer {
        capture: Option<Ident>,
        body: Box<Stmt>,
    },
    /// A function declared where a statement stands is an error the checker explains.
    Error,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DestructureTarget {
    Declare(VarDecl),
    Assign(Expr),
    Discard,
}

/// `const` or `var`, in a container or a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VarDecl {
    pub is_const: bool,
    pub name: Ident,
    pub ty: Option<Expr>,
    pub align: Option<Expr>,
    pub value: Option<Expr>,
}

/// A declaration of a container: of a struct, or of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decl {
    pub is_public: bool,
    pub kind: DeclKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeclKind {
    Var {
        is_threadlocal: bool,
        linkage: Linkage,
        decl: VarDecl,
    },
    Function(Arc<Function>),
    /// `comptime { .. }`
    Comptime(Block),
    /// `test "name" { .. }`: read and left alone, as `zig build` does.
    Test(Block),
    Error,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Linkage {
    Internal,
    Export,
    /// `extern "library"`
    Extern(Option<Name>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    pub name: Ident,
    pub linkage: Linkage,
    pub is_inline: bool,
    pub is_noinline: bool,
    pub params: Vec<Param>,
    pub is_variadic: bool,
    pub callconv: Option<Expr>,
    pub ret: Expr,
    /// None for an `extern fn`.
    pub body: Option<Block>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    pub is_comptime: bool,
    /// None in function types and for `_`.
    pub name: Option<Ident>,
    /// [`ExprKind::AnyType`] for `anytype`.
    pub ty: Expr,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionType {
    pub params: Vec<Param>,
    pub is_variadic: bool,
    pub callconv: Option<Expr>,
    pub ret: Expr,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PointerSize {
    /// `*T`
    One,
    /// `[*]T`
    Many,
    /// `[]T`
    Slice,
    /// `[*c]T`
    C,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PointerType {
    pub size: PointerSize,
    pub is_const: bool,
    pub is_volatile: bool,
    pub align: Option<Expr>,
    pub sentinel: Option<Expr>,
    pub child: Expr,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layout {
    Auto,
    Extern,
    Packed,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContainerKind {
    /// `struct`, `packed struct(backing)`
    Struct {
        backing: Option<Expr>,
    },
    /// `enum(tag)`
    Enum {
        tag: Option<Expr>,
    },
    /// `union`, `union(enum)`, `union(Tag)`
    Union {
        tag: UnionTag,
    },
    Opaque,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UnionTag {
    None,
    /// `union(enum)`, `union(enum(tag))`
    Auto(Option<Expr>),
    Given(Expr),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    pub kind: ContainerKind,
    pub layout: Layout,
    pub fields: Vec<ContainerField>,
    pub decls: Vec<Decl>,
}

/// A field of a struct or union, or a value of an enum; `value` is its default or its number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerField {
    pub is_comptime: bool,
    pub name: Ident,
    pub ty: Option<Expr>,
    pub align: Option<Expr>,
    pub value: Option<Expr>,
}

/// `asm volatile ("text" : outputs : inputs : clobbers)`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asm {
    pub is_volatile: bool,
    pub template: Expr,
    pub outputs: Vec<AsmOperand>,
    pub inputs: Vec<AsmOperand>,
    pub clobbers: Vec<Name>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsmOperand {
    /// `[name]`
    pub name: Ident,
    /// `"={rax}"`
    pub constraint: Name,
    /// The input's value, the output's place, or its type in `-> T`.
    pub value: Expr,
    /// `(-> T)`: the operand is the value of the whole expression.
    pub is_result: bool,
}
