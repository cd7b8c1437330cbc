//! Checked code: every name an id, every expression a type, every coercion written out.
//!
//! In: nothing but ids and types. Out: what `lower` turns into graphs, node by node. Procs, host
//! functions and flows become the same tree: a flow is calls of events with an arm for every branch.
//! Here nothing can be wrong any more, but at run time.

mod children;
mod dump;

pub use children::{children, places};
pub use dump::dump;

use crate::ids::{GlobalId, InstanceId, LabelId, LocalId, TypeId};
use crate::value::Value;
use koru_base::idx::IdVec;
use koru_base::{Name, Span};

/// The code of an instance.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Body {
    pub locals: IdVec<LocalId, Local>,
    /// The run-time parameters, in order.
    pub params: Vec<LocalId>,
    /// Runs to its end, or leaves by `Return` or `Exit`. Of type void or noreturn.
    pub root: Option<Expr>,
    /// How many labels there are.
    pub labels: u32,
    /// Says that it is seldom run: it begins with `@branchHint(.cold)`.
    pub is_cold: bool,
}

/// A parameter, binding or variable.
#[derive(Clone, PartialEq, Debug)]
pub struct Local {
    pub name: Name,
    pub ty: TypeId,
    /// `var`, or assigned by the compiler: lives in memory.
    pub is_mutable: bool,
    /// Its address is taken: lives in memory.
    pub is_addressed: bool,
    /// In bytes, where more is asked for than its type needs; it lives in memory then.
    pub align: Option<u32>,
    pub span: Span,
}

/// An expression or statement; statements have type void or noreturn.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    pub ty: TypeId,
    pub span: Span,
    pub kind: Box<Kind>,
}

impl Expr {
    /// An expression.
    pub fn new(ty: TypeId, span: Span, kind: Kind) -> Expr {
        Expr { ty, span, kind: Box::new(kind) }
    }

    /// A value known while compiling.
    pub fn constant(ty: TypeId, span: Span, value: Value) -> Expr {
        Expr::new(ty, span, Kind::Const(value))
    }

    /// The value, where it is known while compiling.
    pub fn value(&self) -> Option<&Value> {
        match &*self.kind {
            Kind::Const(value) => Some(value),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// Known while compiling.
    Const(Value),
    /// The value at a place.
    Read(Place),
    /// The address of a place.
    AddressOf(Place),
    Assign {
        place: Place,
        value: Expr,
    },

    // Arithmetic. Operands of binary operators have the same type, which is the result's, but for
    // comparisons (bool, or a vector of bool) and shift counts (any integer).
    Unary {
        op: Unary,
        operand: Expr,
    },
    Binary {
        op: Binary,
        left: Expr,
        right: Expr,
    },
    /// Integers, floats, bools, pointers, enums, error values. Enums compare by number.
    Compare {
        op: Compare,
        left: Expr,
        right: Expr,
    },
    And {
        left: Expr,
        right: Expr,
    },
    Or {
        left: Expr,
        right: Expr,
    },
    /// To the expression's type.
    Convert {
        how: Convert,
        operand: Expr,
    },

    // Making aggregates
    /// All fields of a struct or tuple, elements of an array or vector, in order. Written field by
    /// field into its place, each evaluated just before it is written (`host.md` 2.2, aliasing).
    Aggregate(Vec<Expr>),
    /// `[N]T` whose elements are all the same value.
    Splat {
        value: Expr,
    },
    UnionInit {
        field: u32,
        payload: Option<Expr>,
    },
    /// A slice of what `pointer` (to one array, many, or a slice's pointer) points at. `limit` is the
    /// length that `end` may not exceed, where there is one; `sentinel` what must stand at `end`, where that is asserted.
    Slice {
        pointer: Expr,
        start: Expr,
        end: Expr,
        limit: Option<Expr>,
        sentinel: Option<Expr>,
    },
    Some(Expr),
    /// An error union that holds no error.
    Payload(Expr),
    /// An error union that holds this error.
    Failure(Expr),

    // Looking into values
    SliceLen(Expr),
    SlicePointer(Expr),
    /// The active tag of a tagged union, as its enum.
    UnionTag(Expr),
    IsNull(Expr),
    IsError(Expr),
    /// `.?`: the payload; null is a mistake of the program at run time.
    Unwrap(Expr),
    /// The error of an error union that holds one.
    ErrorOf(Expr),
    /// The payload of an error union that holds none.
    PayloadOf(Expr),

    Call {
        callee: Callee,
        args: Vec<Expr>,
    },
    Intrinsic {
        op: Intrinsic,
        args: Vec<Expr>,
    },

    // Control
    /// Runs the statements; the value is the last one's where the type is not void, or what a
    /// `Break` to `label` brings. Defers registered inside run when it is left.
    Block {
        label: Option<LabelId>,
        stmts: Vec<Expr>,
    },
    /// Gives a local its value; none for `undefined`.
    Let {
        local: LocalId,
        value: Option<Expr>,
    },
    If {
        condition: Expr,
        then: Expr,
        otherwise: Option<Expr>,
    },
    /// On an optional. The local holds the payload, or its address where `by_pointer`; then `operand`
    /// is a place's address.
    IfSome {
        operand: Expr,
        payload: Option<LocalId>,
        by_pointer: bool,
        then: Expr,
        otherwise: Option<Expr>,
    },
    /// On an error union; covers `try`, `catch` and `if (e) |v| .. else |e| ..`.
    IfOk {
        operand: Expr,
        payload: Option<LocalId>,
        by_pointer: bool,
        then: Expr,
        error: Option<LocalId>,
        otherwise: Option<Expr>,
    },
    /// On an integer, bool, enum or error value. Cases do not overlap; with no `otherwise` they are all.
    Switch {
        operand: Expr,
        cases: Vec<SwitchCase>,
        otherwise: Option<Expr>,
    },
    /// Repeats `body` while `condition` holds, `step` after each round and after `Continue`. `otherwise`
    /// runs when the condition fails. The value comes from `Break`s and `otherwise`.
    Loop {
        label: LabelId,
        condition: Option<Expr>,
        body: Expr,
        step: Option<Expr>,
        otherwise: Option<Expr>,
    },
    Break {
        label: LabelId,
        value: Option<Expr>,
    },
    Continue {
        label: LabelId,
    },
    /// From a function; from a proc, the union of its event's branches (or nothing, of a void event).
    Return(Option<Expr>),
    /// Run when the surrounding block is left.
    Defer {
        body: Expr,
    },
    /// Run when the surrounding block is left by returning an error, which the local then holds.
    ErrDefer {
        error: Option<LocalId>,
        body: Expr,
    },
    Unreachable,

    // Flows
    /// Calls an event and goes on with the arm of the branch it answers. An arm for every branch, in
    /// the event's order. `label` names this call for `Jump`s anywhere in the body.
    EventCall {
        callee: InstanceId,
        args: Vec<Expr>,
        arms: Vec<Arm>,
        label: Option<LabelId>,
    },
    /// Makes the labelled call again, with these arguments; never comes back.
    Jump {
        label: LabelId,
        args: Vec<Expr>,
    },
    /// Leaves a flow that implements an event by one of its branches.
    Exit {
        branch: u32,
        payload: Option<Expr>,
    },
}

/// What follows one branch of an event.
#[derive(Clone, PartialEq, Debug)]
pub struct Arm {
    /// Holds the payload.
    pub payload: Option<LocalId>,
    pub body: Expr,
}

#[derive(Clone, PartialEq, Debug)]
pub struct SwitchCase {
    /// Single values have equal ends. Both ends included.
    pub ranges: Vec<(Value, Value)>,
    pub body: Expr,
}

/// Something with an address.
#[derive(Clone, PartialEq, Debug)]
pub enum Place {
    Local(LocalId),
    Global(GlobalId),
    /// Where a pointer to one points.
    Deref(Expr),
    /// A field of a struct, tuple, or untagged or extern union.
    Field {
        base: Box<Place>,
        base_ty: TypeId,
        field: u32,
    },
    /// An element of an array.
    Element {
        base: Box<Place>,
        base_ty: TypeId,
        index: Expr,
    },
    /// An element behind a slice or many-pointer; `len` is checked in safe modes. `pointer` is evaluated
    /// first, then `index`, then `len`, which may read a local that `pointer` set.
    Index {
        pointer: Expr,
        index: Expr,
        len: Option<Expr>,
    },
    /// What a tagged union holds; another tag is a mistake of the program at run time.
    UnionPayload {
        base: Box<Place>,
        base_ty: TypeId,
        field: u32,
    },
    /// The payload of an optional; null is a mistake of the program at run time.
    OptionalPayload {
        base: Box<Place>,
        base_ty: TypeId,
    },
    /// A value put into memory for as long as the surrounding block runs.
    Temporary(Expr),
}

#[derive(Clone, PartialEq, Debug)]
pub enum Callee {
    Instance(InstanceId),
    /// Through a pointer to a function.
    Pointer(Expr),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unary {
    /// Overflow is a mistake at run time.
    Negate,
    NegateWrap,
    /// Of a bool.
    Not,
    BitNot,
}

/// Plain names: overflow is a mistake at run time, checked in debug and safe modes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Binary {
    Add, AddWrap, AddSaturate, Sub, SubWrap, SubSaturate, Mul, MulWrap, MulSaturate,
    /// `/` of floats and unsigned integers; of signed ones, towards zero.
    DivTruncate, DivFloor, DivExact,
    /// Sign of the dividend; sign of the divisor.
    Rem, Mod,
    BitAnd, BitOr, BitXor, ShiftLeft, ShiftLeftSaturate, ShiftLeftExact, ShiftRight, ShiftRightExact,
    Min, Max,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Compare { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual }

/// How a value becomes one of another type. "Fits" is checked in debug and safe modes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Convert {
    /// Integers: to one that holds every value; or `@intCast`, which must fit.
    Int,
    /// `@truncate`
    Truncate,
    /// Between floats.
    Float,
    FloatToInt,
    IntToFloat,
    /// The same bits as another type: `@bitCast`.
    Bits,
    /// Between pointers, optional pointers, and slices of the same element size: no change of bits.
    Pointer,
    PointerToInt,
    IntToPointer,
    /// `*[N]T` to `[]T`.
    ArrayToSlice,
    /// Slice to its many-pointer is `SlicePointer`; this is `*T` to `*[1]T`, `*[N]T` to `[*]T`: no change.
    /// An enum to its number, a bool to u1.
    ToInt,
    /// A number to an enum: must be one of it where the enum is exhaustive.
    IntToEnum,
    /// An enum literal's tag to a union without payload there.
    TagToUnion,
    /// Between error sets, and between error unions whose payloads are equal.
    ErrorSet,
    /// Between structs, tuples, arrays, optionals or error unions with convertible parts is written
    /// out by the checker; array to vector and back: no change.
    ArrayToVector,
}

/// What only the compiler can do. Arguments are as the builtin of the same name takes them.
#[derive(Clone, PartialEq, Debug)]
#[rustfmt::skip]
pub enum Intrinsic {
    /// (destination slice or pointer, source slice or pointer, bytes)
    CopyBytes { may_overlap: bool },
    /// (destination, element value, count): elements of the value's type.
    Fill,
    CountLeadingZeros, CountTrailingZeros, CountOnes, ReverseBytes, ReverseBits,
    Sqrt, Abs, Floor, Ceil, Round, TruncateFloat, Sin, Cos, Tan, Exp, Exp2, Log, Log2, Log10,
    /// (a, b, c): a times b plus c, rounded once.
    MulAdd,
    /// (a, b): a tuple of the wrapped value and a u1.
    AddOverflow, SubOverflow, MulOverflow, ShiftLeftOverflow,
    /// A text: the error's or the tag's name. Tables are made by `lower`.
    ErrorName, TagName,
    AtomicLoad(Order),
    AtomicStore(Order),
    AtomicUpdate(Update, Order),
    /// (pointer, expected, new): null where it was exchanged, else the value found.
    CompareExchange { success: Order, failure: Order, is_weak: bool },
    Fence(Order),
    Select, Reduce(Binary), Shuffle(Vec<i32>), SplatVector,
    /// Arguments are words.
    Syscall { number: u32 },
    Asm(Box<Asm>),
    Breakpoint, Trap, ReturnAddress, FrameAddress,
    /// A hint to the processor in a spin loop.
    Pause,
}

/// As in the graph: see `koru_flow::Order`.
pub type Order = koru_flow::Order;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Update { Exchange, Add, Sub, And, Nand, Or, Xor, Max, Min }

/// Inputs are the intrinsic's arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asm {
    /// LLVM's template: `$0`, `$$`.
    pub template: String,
    /// Empty for none.
    pub output: String,
    pub inputs: Vec<String>,
    pub clobbers: Vec<Name>,
    pub is_volatile: bool,
}
