//! Values known while compiling, as leaves or as data with an address.
//!
//! In: a type and a value. Out: constants of the graph, bytes and relocations. What is undefined is
//! not written where code writes it, and zero in data.

use super::Lowering;
use super::code::{Code, Dest, Lowered};
use super::expr::nothing;
use super::memory::{Address, Base};
use crate::context::{ContainerKind, Context};
use crate::host::fields;
use crate::ids::{ContainerId, TypeId};
use crate::layout::{Leaf, Parts, TypeLayout, error_number, field_type, layout};
use crate::types::Type;
use crate::value::{Base as ValueBase, Float128, PointerValue, Step, Value};
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Constant, Op};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use rustc_apfloat::ieee::{Double, Half, Single};
use rustc_apfloat::{Float, FloatConvert};

/// A scalar known while compiling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Atom {
    Undefined,
    /// Cut to the width.
    Int(u128),
    /// Its bits.
    Float(u128),
    /// Of a symbol, and bytes behind it.
    Address(flow::Symbol, u64),
}

/// Data with addresses in it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub(super) struct Data {
    pub bytes: Vec<u8>,
    pub relocations: Vec<flow::Relocation>,
}

impl Code<'_, '_> {
    /// A value known while compiling.
    pub fn constant_value(&mut self, ty: TypeId, value: &Value, dest: Dest) -> Option<Lowered> {
        if let (Dest::Memory(to), false) = (dest, self.layout(ty).is_flat()) {
            self.write_constant(ty, value, to);
            return Some(nothing());
        }
        if matches!(dest, Dest::Discard) || matches!((dest, value), (Dest::Memory(_), Value::Undefined)) {
            return Some(nothing());
        }
        let lowered = match self.program.atoms(self.cx, ty, value) {
            Some(atoms) => {
                let types = self.leaf_types(ty);
                Lowered::Leaves(atoms.into_iter().zip(types).map(|(atom, ty)| self.atom(ty, atom)).collect())
            }
            None => {
                let layout = self.layout(ty);
                let data = self.program.encode(self.cx, ty, value);
                let global = self.program.pooled(data, layout.size, layout.align);
                self.load(ty, Address::of(Base::Global(global), layout.align))
            }
        };
        self.deliver(lowered, ty, dest)
    }

    fn atom(&mut self, ty: flow::Type, atom: Atom) -> flow::ValueId {
        match (atom, ty) {
            (Atom::Undefined, _) => self.constant(ty, Constant::Undefined),
            (Atom::Int(0), _) | (Atom::Int(_), flow::Type::Int(_)) => {
                let Atom::Int(number) = atom else { bug!("lower", "an integer that is none") };
                self.constant(ty, if is_scalar(ty) { Constant::Int(number) } else { Constant::Zero })
            }
            (Atom::Int(address), _) => {
                let word = self.word(address as u64);
                self.builder.push(ty, Op::Convert(flow::Convert::IntToPointer, word))
            }
            (Atom::Float(bits), _) => self.constant(ty, Constant::Float(bits)),
            (Atom::Address(symbol, offset), _) => {
                let base = match symbol {
                    flow::Symbol::Function(id) => self.constant(ty, Constant::Function(id)),
                    flow::Symbol::Global(id) => self.constant(ty, Constant::Global(id)),
                };
                self.address_value(Address { offset, ..Address::of(Base::Value(base), 1) })
            }
        }
    }

    /// The leaves of a `[]const u8` with this text.
    pub fn text(&mut self, text: &str) -> Vec<flow::ValueId> {
        let len = text.len() as u64;
        let data = Data { bytes: text.as_bytes().to_vec(), relocations: Vec::new() };
        let global = self.program.pooled(data, len, 1);
        vec![self.constant(flow::Type::Pointer, Constant::Global(global)), self.word(len)]
    }

    /// Writes a value that lives in memory: parts that are undefined are left alone, the rest is
    /// filled with one byte, or copied from data.
    fn write_constant(&mut self, ty: TypeId, value: &Value, to: Address) {
        let layout = self.layout(ty);
        if layout.is_flat() {
            self.constant_value(ty, value, Dest::Memory(to));
            return;
        }
        match (value, &layout.parts) {
            (Value::Undefined, _) => {}
            (Value::Aggregate(values), Parts::Fields(places)) => {
                for (index, (value, place)) in values.iter().zip(places).enumerate() {
                    let field = field_type(self.cx, ty, index as u32);
                    if self.layout(field).size > 0 {
                        self.write_constant(field, value, to.plus(place.offset));
                    }
                }
            }
            (Value::Union { field, payload }, Parts::Union { .. }) => {
                let payload_ty = field_type(self.cx, ty, *field);
                self.write_constant(payload_ty, payload, to);
                self.write_tag(ty, *field, to);
            }
            (Value::Error(name), Parts::ErrorUnion { .. }) => {
                let number = error_number(self.cx, *name);
                let number = self.int(flow::Type::Int(16), number.into());
                self.store_scalar(to, number);
            }
            (Value::Null, Parts::Optional { flag: Some(flag) }) => {
                let no = self.bool(false);
                self.store_scalar(to.plus(*flag), no);
            }
            _ => {
                let data = self.program.encode(self.cx, ty, value);
                self.write_data(data, layout.size, layout.align, to);
            }
        }
    }

    fn write_data(&mut self, data: Data, size: u64, align: u32, to: Address) {
        let bytes = self.word(size);
        if let Some(byte) = uniform(&data, size) {
            let (to, byte) = (self.address_value(to), self.int(flow::Type::Int(8), byte.into()));
            self.builder.effect(Op::Fill { to, byte, bytes });
            return;
        }
        let global = self.program.pooled(data, size, align);
        let from = self.constant(flow::Type::Pointer, Constant::Global(global));
        let to = self.address_value(to);
        self.builder.effect(Op::Copy { to, from, bytes, may_overlap: false });
    }

    /// Writes an element `count` times by filling with one byte, if all its bytes are the same.
    pub fn write_uniform(&mut self, element: TypeId, value: &Value, count: u64, to: Address) -> bool {
        let size = self.layout(element).size;
        if *value == Value::Undefined || size == 0 {
            return true;
        }
        let data = self.program.encode(self.cx, element, value);
        let Some(byte) = uniform(&data, size) else { return false };
        let (to, byte) = (self.address_value(to), self.int(flow::Type::Int(8), byte.into()));
        let bytes = self.word(size.saturating_mul(count));
        self.builder.effect(Op::Fill { to, byte, bytes });
        true
    }
}

/// The byte all bytes are.
fn uniform(data: &Data, size: u64) -> Option<u8> {
    let first = data.bytes.first().copied().unwrap_or(0);
    let is_whole = data.bytes.len() as u64 == size || first == 0;
    let all = data.bytes.iter().all(|&byte| byte == first);
    (data.relocations.is_empty() && is_whole && all).then_some(first)
}

fn is_scalar(ty: flow::Type) -> bool {
    !matches!(ty, flow::Type::Vector(..) | flow::Type::Float(_))
}

impl Lowering {
    /// The leaves of a value of a flat type that holds no vector of different lanes.
    pub(super) fn atoms(&mut self, cx: &mut Context, ty: TypeId, value: &Value) -> Option<Vec<Atom>> {
        let layout = layout(cx, ty);
        let leaves = layout.leaves.as_ref()?;
        if leaves.is_empty() {
            return Some(Vec::new());
        }
        if *value == Value::Undefined {
            return Some(vec![Atom::Undefined; leaves.len()]);
        }
        let bits = super::place::bit_count(leaves[0].ty);
        let atoms = match (value, &layout.parts) {
            (Value::Aggregate(values), Parts::Fields(places)) => {
                let mut atoms = Vec::new();
                for (index, value) in values.iter().enumerate() {
                    if places[index].leaf_count > 0 {
                        let field = field_type(cx, ty, index as u32);
                        atoms.extend(self.atoms(cx, field, value)?);
                    }
                }
                atoms
            }
            (Value::Aggregate(_) | Value::Union { .. }, Parts::Packed(_)) => {
                vec![Atom::Int(self.packed_bits(cx, ty, value).to_u128()?)]
            }
            // An atom has 128 bits; what has more is data.
            (Value::Int(number), _) if bits > 128 => vec![Atom::Int(number.to_u128()?)],
            (Value::Union { field, .. }, _) => match tag_of_field(cx, ty, *field) {
                Some((_, number)) => vec![Atom::Int(cut(&number, bits))],
                None => Vec::new(),
            },
            (Value::Aggregate(_) | Value::Bytes(_), _) => return None, // a vector
            (Value::Some(payload), Parts::Optional { flag }) => {
                let child = child_of(cx, ty);
                let mut atoms = self.atoms(cx, child, payload)?;
                atoms.extend(flag.map(|_| Atom::Int(1)));
                atoms
            }
            (Value::Null, Parts::Optional { flag: Some(_) }) => {
                let payload = vec![Atom::Undefined; leaves.len() - 1];
                payload.into_iter().chain([Atom::Int(0)]).collect()
            }
            (Value::Payload(payload), Parts::ErrorUnion { .. }) => {
                let child = child_of(cx, ty);
                [Atom::Int(0)].into_iter().chain(self.atoms(cx, child, payload)?).collect()
            }
            (Value::Error(name), _) => {
                let number = Atom::Int(error_number(cx, *name).into());
                [number].into_iter().chain(vec![Atom::Undefined; leaves.len() - 1]).collect()
            }
            (Value::Slice { pointer, len }, _) => {
                vec![self.address(cx, pointer), Atom::Int((*len).into())]
            }
            (value, _) => vec![self.scalar_atom(cx, value, bits)],
        };
        Some(atoms)
    }

    fn scalar_atom(&mut self, cx: &mut Context, value: &Value, bits: u16) -> Atom {
        match value {
            Value::Bool(value) => Atom::Int((*value).into()),
            Value::Null => Atom::Int(0),
            Value::Int(number) => Atom::Int(cut(number, bits)),
            Value::Float(number) => Atom::Float(float_bits(number, bits)),
            Value::Pointer(pointer) => self.address(cx, pointer),
            Value::Instance(instance) => {
                Atom::Address(flow::Symbol::Function(self.function(cx, *instance)), 0)
            }
            other => bug!("lower", "{other:?} as a scalar"),
        }
    }

    /// Where a pointer known while compiling points.
    fn address(&mut self, cx: &mut Context, pointer: &PointerValue) -> Atom {
        let (symbol, mut ty) = match &pointer.base {
            ValueBase::Address(number) => return Atom::Int((*number).into()),
            ValueBase::Global(global) => {
                (flow::Symbol::Global(self.global(cx, *global)), cx.globals[*global].ty)
            }
            ValueBase::Data(data) => {
                let layout = layout(cx, data.ty);
                let encoded = self.encode(cx, data.ty, &data.value);
                (flow::Symbol::Global(self.pooled(encoded, layout.size, layout.align)), data.ty)
            }
        };
        let mut offset = 0;
        for step in &pointer.path {
            let of = layout(cx, ty);
            match (step, &of.parts) {
                (Step::Field(field), Parts::Fields(places)) => {
                    offset += places[*field as usize].offset;
                    ty = field_type(cx, ty, *field);
                }
                (Step::Field(field), Parts::Packed(places)) => {
                    offset += u64::from(places[*field as usize].shift / 8);
                    ty = field_type(cx, ty, *field);
                }
                (Step::Field(field), _) => ty = field_type(cx, ty, *field),
                (Step::Element(index), Parts::Elements { stride, .. }) => {
                    offset += stride * index;
                    ty = child_of(cx, ty);
                }
                // One value seen as an array of one.
                (Step::Element(index), _) => offset += of.size * index,
            }
        }
        Atom::Address(symbol, offset)
    }

    fn packed_bits(&mut self, cx: &mut Context, ty: TypeId, value: &Value) -> BigInt {
        let Parts::Packed(places) = &layout(cx, ty).parts else { bug!("lower", "{ty} is not packed") };
        let part = |lowering: &mut Lowering, cx: &mut Context, field: u32, value: &Value| {
            let field_ty = field_type(cx, ty, field);
            lowering.wide_bits(cx, field_ty, value) << places[field as usize].shift
        };
        match value {
            Value::Aggregate(values) => {
                let parts = values.iter().enumerate();
                parts.fold(BigInt::ZERO, |all, (index, value)| all | part(self, cx, index as u32, value))
            }
            Value::Union { field, payload } => part(self, cx, *field, payload),
            other => bug!("lower", "{other:?} as a packed value"),
        }
    }

    /// The bits of a value of one leaf, however many they are.
    fn wide_bits(&mut self, cx: &mut Context, ty: TypeId, value: &Value) -> BigInt {
        if let Some(atoms) = self.atoms(cx, ty, value) {
            return match atoms.first() {
                Some(&(Atom::Int(bits) | Atom::Float(bits))) => bits.into(),
                _ => BigInt::ZERO,
            };
        }
        match (value, layout(cx, ty).leaves.as_deref()) {
            (Value::Int(number), Some([leaf])) => lowest(number, super::place::bit_count(leaf.ty)),
            (Value::Aggregate(_) | Value::Union { .. }, Some(_)) => self.packed_bits(cx, ty, value),
            _ => BigInt::ZERO,
        }
    }

    /// A value as data.
    pub(super) fn encode(&mut self, cx: &mut Context, ty: TypeId, value: &Value) -> Data {
        let mut data = Data::default();
        self.encode_at(cx, ty, value, 0, &mut data);
        // Zeros at the end take no room in the graph.
        let used = data.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let relocated = data.relocations.iter().map(|relocation| relocation.offset + 8).max().unwrap_or(0);
        data.bytes.resize(used.max(relocated as usize), 0);
        data.relocations.sort_by_key(|relocation| relocation.offset);
        data
    }

    fn encode_at(&mut self, cx: &mut Context, ty: TypeId, value: &Value, at: u64, data: &mut Data) {
        let layout_of = layout(cx, ty);
        if let (Some(leaves), Some(atoms)) = (&layout_of.leaves, self.atoms(cx, ty, value)) {
            for (leaf, atom) in leaves.iter().zip(atoms) {
                encode_atom(leaf.ty, atom, at + leaf.offset, data);
            }
            return;
        }
        match (value, &layout_of.parts) {
            (Value::Undefined, _) => {}
            (Value::Int(_), _) | (_, Parts::Packed(_)) => {
                data.put(at, &self.wide_bits(cx, ty, value).to_bytes_le().1);
            }
            (Value::Bytes(bytes), _) => {
                data.put(at, bytes);
                self.encode_sentinel(cx, ty, bytes.len() as u64, at, data);
            }
            (Value::Aggregate(values), Parts::Fields(places)) => {
                for (index, value) in values.iter().enumerate() {
                    let field = field_type(cx, ty, index as u32);
                    self.encode_at(cx, field, value, at + places[index].offset, data);
                }
            }
            (Value::Aggregate(values), _) if narrow_lanes(&layout_of).is_some() => {
                let (child, width) = (child_of(cx, ty), narrow_lanes(&layout_of).unwrap_or(1));
                let whole = self.lane_bits(cx, child, values, width);
                data.put(at, &whole.to_le_bytes()[..layout_of.size.min(16) as usize]);
            }
            (Value::Aggregate(values), _) => {
                let child = child_of(cx, ty);
                let stride = layout(cx, child).size;
                for (index, value) in values.iter().enumerate() {
                    self.encode_at(cx, child, value, at + stride * index as u64, data);
                }
                self.encode_sentinel(cx, ty, values.len() as u64, at, data);
            }
            (Value::Union { field, payload }, Parts::Union { tag }) => {
                let payload_ty = field_type(cx, ty, *field);
                self.encode_at(cx, payload_ty, payload, at, data);
                if let (Some(offset), Some((tag, number))) = (tag, tag_of_field(cx, ty, *field)) {
                    self.encode_at(cx, tag, &Value::Int(number), at + offset, data);
                }
            }
            (Value::Some(payload), Parts::Optional { flag }) => {
                let child = child_of(cx, ty);
                self.encode_at(cx, child, payload, at, data);
                data.put(at + flag.unwrap_or(0), &[1]);
            }
            (Value::Null, _) => {}
            (Value::Payload(payload), Parts::ErrorUnion { payload: offset }) => {
                let child = child_of(cx, ty);
                self.encode_at(cx, child, payload, at + offset, data);
            }
            (Value::Error(name), _) => data.put(at, &error_number(cx, *name).to_le_bytes()),
            (other, parts) => bug!("lower", "{other:?} as data of {parts:?}"),
        }
    }

    /// The lanes of a vector as LLVM packs them, the first one lowest.
    fn lane_bits(&mut self, cx: &mut Context, child: TypeId, values: &[Value], width: u16) -> u128 {
        let mut whole = 0;
        for (index, value) in values.iter().enumerate() {
            if let Some([Atom::Int(bits)]) = self.atoms(cx, child, value).as_deref() {
                whole |= bits.wrapping_shl(u32::from(width) * index as u32);
            }
        }
        whole
    }

    fn encode_sentinel(&mut self, cx: &mut Context, ty: TypeId, len: u64, at: u64, data: &mut Data) {
        if let Type::Array { sentinel: Some(sentinel), child, .. } = cx.types.get(ty).clone() {
            let stride = layout(cx, child).size;
            self.encode_at(cx, child, &sentinel, at + stride * len, data);
        }
    }
}

impl Data {
    fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        if self.bytes.len() < at + bytes.len() {
            self.bytes.resize(at + bytes.len(), 0);
        }
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// How wide the lanes of a vector are that do not fill bytes.
pub(super) fn narrow_lanes(layout: &TypeLayout) -> Option<u16> {
    match layout.leaves.as_deref() {
        Some(&[Leaf { ty: flow::Type::Vector(flow::Scalar::Int(bits), _), .. }]) if bits % 8 != 0 => {
            Some(bits)
        }
        _ => None,
    }
}

fn encode_atom(ty: flow::Type, atom: Atom, at: u64, data: &mut Data) {
    let len = usize::from(super::place::bit_count(ty).div_ceil(8)).min(16);
    match atom {
        Atom::Undefined => {}
        Atom::Int(bits) | Atom::Float(bits) => data.put(at, &bits.to_le_bytes()[..len]),
        Atom::Address(target, offset) => {
            data.put(at, &[0; 8]);
            data.relocations.push(flow::Relocation { offset: at, target, addend: offset as i64 });
        }
    }
}

/// What an array, vector, optional or error union is made of.
fn child_of(cx: &Context, ty: TypeId) -> TypeId {
    match cx.types.get(ty) {
        Type::Array { child, .. } | Type::Vector { child, .. } | Type::Optional(child) => *child,
        Type::ErrorUnion { payload, .. } => *payload,
        Type::Pointer(pointer) => pointer.child,
        other => bug!("lower", "{other:?} is made of nothing"),
    }
}

/// The tag type of a tagged union, and the number of the tag of a field.
pub(crate) fn tag_of_field(cx: &mut Context, ty: TypeId, field: u32) -> Option<(TypeId, BigInt)> {
    let &Type::Container(container) = cx.types.get(ty) else { return None };
    let name = fields(cx, container)[field as usize].name;
    let tag = cx.containers[container].tag?;
    let &Type::Container(tag_container) = cx.types.get(tag) else { return None };
    let names = fields(cx, tag_container);
    let index = names.iter().position(|tag| tag.name == name)?;
    let number = enum_numbers(cx, tag_container).swap_remove(index);
    Some((tag, number))
}

/// The numbers of an enum's values, in order.
pub(super) fn enum_numbers(cx: &mut Context, container: ContainerId) -> Vec<BigInt> {
    if cx.containers[container].kind != ContainerKind::Enum {
        return Vec::new();
    }
    let number = |(index, field): (usize, &crate::context::ContainerField)| match &field.value {
        Some(Value::Int(number)) => number.clone(),
        _ => BigInt::from(index),
    };
    fields(cx, container).iter().enumerate().map(number).collect()
}

/// An integer's lowest bits, of which an atom has 128.
pub(super) fn cut(number: &BigInt, bits: u16) -> u128 {
    lowest(number, bits.min(128)).to_u128().unwrap_or(0)
}

/// An integer's lowest bits, read as a number without a sign.
fn lowest(number: &BigInt, bits: u16) -> BigInt {
    let modulus = BigInt::from(1) << bits;
    ((number % &modulus) + &modulus) % &modulus
}

/// A float's bits, rounded to a format.
pub(super) fn float_bits(number: &Float128, bits: u16) -> u128 {
    let mut loses = false;
    match bits {
        16 => FloatConvert::<Half>::convert(number.0, &mut loses).value.to_bits(),
        32 => FloatConvert::<Single>::convert(number.0, &mut loses).value.to_bits(),
        64 => FloatConvert::<Double>::convert(number.0, &mut loses).value.to_bits(),
        _ => number.0.to_bits(),
    }
}
