//! Values known while compiling.
//!
//! A value does not carry its type: the expression or the place it stands in does. Pointers point into
//! globals or into anonymous constant data, by a path of fields and elements, never by bytes, so that
//! a value means the same on every target.

use crate::ids::{EventId, FunctionId, GlobalId, InstanceId, TypeId};
use koru_base::Name;
use num_bigint::BigInt;
use rustc_apfloat::ieee::Quad;
use rustc_apfloat::{Float, FloatConvert};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A value known while compiling.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    Undefined,
    Void,
    Null,
    Bool(bool),
    /// Of every integer type, and of enums: the number.
    Int(BigInt),
    /// Of every float type, in 128 bits; rounded when it meets its type.
    Float(Float128),
    /// Modules too: what `@import` gives is the module's container.
    Type(TypeId),
    /// `.name` before it meets its enum.
    EnumLiteral(Name),
    /// Of error sets, and of error unions that hold an error.
    Error(Name),
    /// Of an error union that holds no error.
    Payload(Rc<Value>),
    /// Of an optional that is not null.
    Some(Rc<Value>),
    /// Of structs, tuples, arrays and vectors: all fields or elements, in order of declaration. The
    /// sentinel of an array is not among them.
    Aggregate(Rc<[Value]>),
    /// Of arrays of u8, which are texts more often than not.
    Bytes(Rc<[u8]>),
    /// The field's index, and its value.
    Union {
        field: u32,
        payload: Rc<Value>,
    },
    Pointer(PointerValue),
    /// A slice: a many-pointer to its first element, and a length.
    Slice {
        pointer: PointerValue,
        len: u64,
    },
    /// A `fn`, not yet instantiated.
    Function(FunctionId),
    /// A function whose compile-time parameters are known; as a pointer, its address.
    Instance(InstanceId),
    /// `a_b_event`: the host view of an event.
    Event(EventId),
}

/// An address of something that exists while compiling.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PointerValue {
    pub base: Base,
    /// From the base to what is pointed to.
    pub path: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Base {
    Global(GlobalId),
    /// Constant data without a name; equal data may share an address.
    Data(Rc<Data>),
    /// A number: `@ptrFromInt`.
    Address(u64),
}

/// Constant data without a name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Data {
    pub ty: TypeId,
    pub value: Value,
}

/// One step of a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    Field(u32),
    /// Of an array; may be one past the last.
    Element(u64),
}

impl Value {
    /// The value of `()`-like aggregates: no field at all.
    pub fn empty() -> Value {
        Value::Aggregate(Rc::from([]))
    }

    /// An integer.
    pub fn int(number: impl Into<BigInt>) -> Value {
        Value::Int(number.into())
    }
}

/// A compile-time float: 128 bits, compared and hashed by its bits.
#[derive(Clone, Copy, Debug)]
pub struct Float128(pub Quad);

impl PartialEq for Float128 {
    fn eq(&self, other: &Float128) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Float128 {}

impl Hash for Float128 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl From<f64> for Float128 {
    fn from(number: f64) -> Float128 {
        let double = rustc_apfloat::ieee::Double::from_bits(number.to_bits().into());
        Float128(double.convert(&mut false).value)
    }
}
