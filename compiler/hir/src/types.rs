//! Types, interned: equal types have equal ids.
//!
//! Koru has no types of its own: inputs and payloads have host types. Containers are nominal, each
//! declaration (and each instance of a generic one) its own; everything else is structural.

use crate::ids::{ContainerId, InstanceId, TypeId};
use crate::value::Value;
use koru_base::Name;
use koru_base::idx::{Id, IdVec};
use koru_syntax::ast::host::PointerSize;
use rustc_hash::FxHashMap;

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Stands for a type after a mistake that was reported: fits everywhere, reports nothing.
    Error,
    Void,
    Bool,
    NoReturn,
    /// The type of types.
    Type,
    ComptimeInt,
    ComptimeFloat,
    /// Of `undefined`.
    Undefined,
    /// Of `null`.
    Null,
    /// Of `.name`.
    EnumLiteral,
    Int {
        bits: u16,
        is_signed: bool,
    },
    Usize,
    Isize,
    Float(u16),
    Pointer(Pointer),
    Array {
        len: u64,
        sentinel: Option<Value>,
        child: TypeId,
    },
    Vector {
        len: u32,
        child: TypeId,
    },
    Optional(TypeId),
    ErrorUnion {
        set: TypeId,
        payload: TypeId,
    },
    ErrorSet(ErrorSet),
    /// A struct, enum, union or opaque type; the container says which.
    Container(ContainerId),
    /// Of `.{ a, b }` without an expected type.
    Tuple(Vec<TupleField>),
    Function(FunctionType),
    /// Of a `fn` by its name: which function type it has is asked only where that matters.
    FunctionName,
}

/// What a pointer points to, and how.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pointer {
    pub size: PointerSize,
    pub is_const: bool,
    pub is_volatile: bool,
    /// In bytes; none for the child's own.
    pub align: Option<u32>,
    pub sentinel: Option<Value>,
    pub child: TypeId,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ErrorSet {
    Any,
    /// Sorted, without doubles.
    Named(Vec<Name>),
    /// Of a function that says `!T`: known once its body is checked.
    Inferred(InstanceId),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TupleField {
    pub ty: TypeId,
    /// Known while compiling, as the numbers of an anonymous literal are; takes no memory.
    pub value: Option<Value>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FunctionType {
    pub params: Vec<TypeId>,
    pub ret: TypeId,
    pub is_c: bool,
    pub is_variadic: bool,
}

macro_rules! well_known {
    ($($name:ident $ty:expr;)*) => {
        enum WellKnown { $($name),* }
        impl TypeId { $(pub const $name: TypeId = TypeId(WellKnown::$name as u32);)* }
        fn well_known() -> Vec<Type> { vec![$($ty),*] }
    };
}

#[allow(non_camel_case_types, clippy::upper_case_acronyms)] // the names are those of the constants
mod names {
    use super::*;
    well_known! {
        ERROR Type::Error;
        VOID Type::Void;
        BOOL Type::Bool;
        NORETURN Type::NoReturn;
        TYPE Type::Type;
        COMPTIME_INT Type::ComptimeInt;
        COMPTIME_FLOAT Type::ComptimeFloat;
        UNDEFINED Type::Undefined;
        NULL Type::Null;
        ENUM_LITERAL Type::EnumLiteral;
        U8 Type::Int { bits: 8, is_signed: false };
        U16 Type::Int { bits: 16, is_signed: false };
        U32 Type::Int { bits: 32, is_signed: false };
        U64 Type::Int { bits: 64, is_signed: false };
        I32 Type::Int { bits: 32, is_signed: true };
        I64 Type::Int { bits: 64, is_signed: true };
        USIZE Type::Usize;
        ISIZE Type::Isize;
        F32 Type::Float(32);
        F64 Type::Float(64);
        ANYERROR Type::ErrorSet(ErrorSet::Any);
        EMPTY_TUPLE Type::Tuple(Vec::new());
        FUNCTION_NAME Type::FunctionName;
    }
    pub(super) fn all() -> Vec<Type> {
        well_known()
    }
}

/// The table of types.
#[derive(Clone, Debug)]
pub struct Types {
    all: IdVec<TypeId, Type>,
    ids: FxHashMap<Type, TypeId>,
}

impl Default for Types {
    fn default() -> Self {
        let mut types = Types { all: IdVec::new(), ids: FxHashMap::default() };
        for ty in names::all() {
            types.intern(ty);
        }
        types
    }
}

impl Types {
    /// The id of a type.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(&id) = self.ids.get(&ty) {
            return id;
        }
        let id = self.all.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// The type of an id.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.all[id]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Never: there are always the well-known ones.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// `uN` or `iN`.
    pub fn int(&mut self, bits: u16, is_signed: bool) -> TypeId {
        self.intern(Type::Int { bits, is_signed })
    }

    /// `?child`
    pub fn optional(&mut self, child: TypeId) -> TypeId {
        self.intern(Type::Optional(child))
    }

    /// `*child`, `*const child`
    pub fn pointer(&mut self, child: TypeId, is_const: bool) -> TypeId {
        self.intern(Type::Pointer(Pointer::to(PointerSize::One, child, is_const)))
    }

    /// `[]child`, `[]const child`
    pub fn slice(&mut self, child: TypeId, is_const: bool) -> TypeId {
        self.intern(Type::Pointer(Pointer::to(PointerSize::Slice, child, is_const)))
    }

    /// `[len]child`
    pub fn array(&mut self, len: u64, child: TypeId) -> TypeId {
        self.intern(Type::Array { len, sentinel: None, child })
    }

    /// `[]const u8`
    pub fn text(&mut self) -> TypeId {
        self.slice(TypeId::U8, true)
    }

    /// All ids, in the order of their making.
    pub fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (0..self.all.len()).map(TypeId::new)
    }
}

impl Pointer {
    /// A plain pointer.
    pub fn to(size: PointerSize, child: TypeId, is_const: bool) -> Pointer {
        Pointer { size, is_const, is_volatile: false, align: None, sentinel: None, child }
    }
}
