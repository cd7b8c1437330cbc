//! Where the parts of a type lie in memory, and which scalars it travels as.
//!
//! In: types whose containers are known. Out: a [`TypeLayout`] each, memoised. The one idea: a type of
//! at most four scalars is *flat* and travels as one graph value a *leaf*; every other value lives in
//! memory and travels by its address.

mod container;
mod errors;
#[cfg(test)]
mod tests;

pub use errors::error_names;
#[cfg(test)]
pub(crate) use tests::declare as declare_for_tests;

use crate::context::Context;
use crate::ids::TypeId;
use crate::types::{Pointer, Type};
use koru_base::{Name, bug};
use koru_flow as flow;
use koru_syntax::ast::host::PointerSize;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Layouts and numbers of errors, as far as they were asked for.
#[derive(Default)]
pub struct Memory {
    layouts: FxHashMap<TypeId, Rc<TypeLayout>>,
    errors: errors::ErrorNumbers,
}

/// How many scalars a flat value has at most: a call gives back that many in registers.
pub const MOST_LEAVES: usize = 4;

/// How a type lies in memory and travels.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeLayout {
    /// In bytes; a multiple of `align`.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u32,
    /// None where values of the type live in memory.
    pub leaves: Option<Vec<Leaf>>,
    pub parts: Parts,
}

/// A scalar of a flat type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    pub ty: flow::Type,
    /// In bytes.
    pub offset: u64,
}

/// Where the parts of a type lie, offsets in bytes.
#[derive(Clone, PartialEq, Debug)]
pub enum Parts {
    /// A scalar, or nothing at all.
    Whole,
    /// Pointer and length.
    Slice,
    /// Of arrays: bytes from one element to the next, and how many there are with the sentinel.
    Elements { stride: u64, count: u64 },
    /// Of structs and tuples, in order of declaration.
    Fields(Vec<FieldPlace>),
    /// Of packed structs and unions: one integer.
    Packed(Vec<Bits>),
    /// None: null is the null pointer. Otherwise a bool that is true where there is a payload.
    Optional { flag: Option<u64> },
    /// The number of the error, or 0, is at 0.
    ErrorUnion { payload: u64 },
    /// The payload is at 0. No tag for untagged unions.
    Union { tag: Option<u64> },
}

/// Where a field lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldPlace {
    pub offset: u64,
    /// Of a flat struct: which of its leaves are the field's.
    pub first_leaf: usize,
    pub leaf_count: usize,
}

/// Bits of an integer, counted from the lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bits {
    pub shift: u16,
    pub width: u16,
}

impl TypeLayout {
    /// Does it travel as graph values?
    pub fn is_flat(&self) -> bool {
        self.leaves.is_some()
    }

    fn of(size: u64, align: u32, leaves: Option<Vec<Leaf>>, parts: Parts) -> TypeLayout {
        let leaves = leaves.filter(|leaves| leaves.len() <= MOST_LEAVES);
        TypeLayout { size: size.next_multiple_of(align.into()), align, leaves, parts }
    }

    fn nothing() -> TypeLayout {
        TypeLayout::of(0, 1, Some(Vec::new()), Parts::Whole)
    }

    fn scalar(ty: flow::Type, size: u64, align: u32) -> TypeLayout {
        TypeLayout::of(size, align, Some(vec![Leaf { ty, offset: 0 }]), Parts::Whole)
    }
}

/// The layout of a type.
pub fn layout(cx: &mut Context, ty: TypeId) -> Rc<TypeLayout> {
    if let Some(known) = cx.layouts.layouts.get(&ty) {
        return known.clone();
    }
    // A type that contains itself is reported where it is declared; here it ends.
    cx.layouts.layouts.insert(ty, Rc::new(TypeLayout::nothing()));
    let layout = Rc::new(compute(cx, ty));
    cx.layouts.layouts.insert(ty, layout.clone());
    layout
}

/// How many bits the fields of a packed struct or union fill.
pub fn packed_bits(cx: &mut Context, ty: TypeId) -> u16 {
    match &layout(cx, ty).parts {
        Parts::Packed(fields) => fields.iter().map(|field| field.shift + field.width).max().unwrap_or(0),
        _ => 0,
    }
}

/// The type of a field of a struct, tuple or union.
pub fn field_type(cx: &mut Context, ty: TypeId, field: u32) -> TypeId {
    match cx.types.get(ty) {
        Type::Tuple(fields) => fields[field as usize].ty,
        &Type::Container(container) => crate::host::fields(cx, container)[field as usize].ty,
        other => bug!("layout", "a field of {other:?}"),
    }
}

/// The number of an error, never 0. Numbers are given in the order they are asked for.
pub fn error_number(cx: &mut Context, name: Name) -> u16 {
    cx.layouts.errors.number(name)
}

fn compute(cx: &mut Context, ty: TypeId) -> TypeLayout {
    let word = u64::from(cx.target.pointer_bytes);
    match cx.types.get(ty).clone() {
        Type::Error
        | Type::Void
        | Type::NoReturn
        | Type::Type
        | Type::ComptimeInt
        | Type::ComptimeFloat
        | Type::Undefined
        | Type::Null
        | Type::EnumLiteral
        | Type::FunctionName
        | Type::Function(_) => TypeLayout::nothing(),
        Type::Bool => TypeLayout::scalar(flow::Type::BOOL, 1, 1),
        Type::Int { bits, .. } => int(bits),
        Type::Usize | Type::Isize => int(8 * cx.target.pointer_bytes as u16),
        Type::Float(bits) => {
            TypeLayout::scalar(flow::Type::Float(bits), u64::from(bits / 8), u32::from(bits / 8))
        }
        Type::Pointer(Pointer { size: PointerSize::Slice, .. }) => {
            let leaf = |ty, offset| Leaf { ty, offset };
            let leaves = vec![leaf(flow::Type::Pointer, 0), leaf(flow::Type::WORD, word)];
            TypeLayout::of(2 * word, word as u32, Some(leaves), Parts::Slice)
        }
        Type::Pointer(_) => TypeLayout::scalar(flow::Type::Pointer, word, word as u32),
        Type::Array { len, ref sentinel, child } => array(cx, len + u64::from(sentinel.is_some()), child),
        Type::Vector { len, child } => vector(cx, len, child),
        Type::Optional(child) => optional(cx, child),
        Type::ErrorSet(_) => int(16),
        Type::ErrorUnion { payload, .. } => error_union(cx, payload),
        Type::Tuple(fields) => container::tuple(cx, &fields),
        Type::Container(container) => container::container(cx, container),
    }
}

/// Integers are as large as the next power of two of bytes, from 16 bytes on a multiple of 16.
fn int(bits: u16) -> TypeLayout {
    if bits == 0 {
        return TypeLayout::nothing();
    }
    let bytes = u64::from(bits.div_ceil(8)).next_power_of_two();
    let size = if bytes > 16 { u64::from(bits.div_ceil(128)) * 16 } else { bytes };
    TypeLayout::scalar(flow::Type::Int(bits), size, bytes.min(16) as u32)
}

fn array(cx: &mut Context, count: u64, child: TypeId) -> TypeLayout {
    let element = layout(cx, child);
    let stride = element.size;
    let size = stride.saturating_mul(count);
    let leaves = (size == 0).then(Vec::new);
    TypeLayout::of(size, element.align, leaves, Parts::Elements { stride, count })
}

fn vector(cx: &mut Context, lanes: u32, child: TypeId) -> TypeLayout {
    let element = layout(cx, child);
    let scalar = match element.leaves.as_deref() {
        Some([Leaf { ty: flow::Type::Int(bits), .. }]) => flow::Scalar::Int(*bits),
        Some([Leaf { ty: flow::Type::Float(bits), .. }]) => flow::Scalar::Float(*bits),
        Some([Leaf { ty: flow::Type::Pointer, .. }]) => flow::Scalar::Pointer,
        _ => bug!("layout", "a vector of {child}"),
    };
    // LLVM packs the lanes by their bits.
    let bits = match scalar {
        flow::Scalar::Int(bits) | flow::Scalar::Float(bits) => u64::from(bits),
        flow::Scalar::Pointer => 8 * element.size,
    };
    let size = (bits * u64::from(lanes)).div_ceil(8).next_power_of_two();
    TypeLayout::scalar(flow::Type::Vector(scalar, lanes), size, size as u32)
}

fn optional(cx: &mut Context, child: TypeId) -> TypeLayout {
    let payload = layout(cx, child);
    if is_plain_pointer(cx, child) {
        return TypeLayout { parts: Parts::Optional { flag: None }, ..(*payload).clone() };
    }
    let flag = payload.size;
    let leaves = payload.leaves.clone().map(|mut leaves| {
        leaves.push(Leaf { ty: flow::Type::BOOL, offset: flag });
        leaves
    });
    TypeLayout::of(flag + 1, payload.align, leaves, Parts::Optional { flag: Some(flag) })
}

/// Is it a pointer that is never null, so that null can mean "none"?
fn is_plain_pointer(cx: &Context, ty: TypeId) -> bool {
    matches!(cx.types.get(ty), Type::Pointer(pointer) if pointer.size != PointerSize::Slice)
}

fn error_union(cx: &mut Context, payload: TypeId) -> TypeLayout {
    let payload = layout(cx, payload);
    let offset = 2u64.next_multiple_of(payload.align.into());
    let number = Leaf { ty: flow::Type::Int(16), offset: 0 };
    let moved = |leaf: &Leaf| Leaf { offset: leaf.offset + offset, ..*leaf };
    let leaves = payload.leaves.as_ref();
    let leaves = leaves.map(|leaves| [number].into_iter().chain(leaves.iter().map(moved)).collect());
    let offset = if payload.size == 0 { 0 } else { offset };
    let size = (offset + payload.size).max(2);
    TypeLayout::of(size, payload.align.max(2), leaves, Parts::ErrorUnion { payload: offset })
}
