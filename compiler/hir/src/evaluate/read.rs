//! The evaluator's results as values, by the layout of their type.
//!
//! In: leaves, or memory. Out: a [`Value`]. An address inside a known global stays an address of that
//! global; one of anything else becomes constant data, read as far as its type says.

use crate::context::{ContainerKind, Context};
use crate::host::fields;
use crate::ids::TypeId;
use crate::layout::{Parts, error_names, field_type, layout};
use crate::lower::Lowering;
use crate::types::{Pointer as PointerType, Type};
use crate::value::{Base, Data, Float128, PointerValue, Step, Value};
use koru_flow as flow;
use koru_flow::eval::{self, FailureKind, Refusal};
use koru_syntax::ast::host::PointerSize;
use num_bigint::{BigInt, Sign};
use rustc_apfloat::ieee::{Double, Half, Quad, Single};
use rustc_apfloat::{Float, FloatConvert};
use std::rc::Rc;

/// Pointers followed one behind the other. Data that leads back to itself has no end.
const DEEPEST: u32 = 100;

type Read<T> = Result<T, Refusal>;

/// Reads results of one evaluation.
pub(super) struct Reader<'a, 'w> {
    cx: &'a mut Context<'w>,
    lowering: &'a Lowering,
    memory: &'a eval::Memory,
    depth: u32,
}

impl<'a, 'w> Reader<'a, 'w> {
    pub fn new(cx: &'a mut Context<'w>, lowering: &'a Lowering, memory: &'a eval::Memory) -> Reader<'a, 'w> {
        Reader { cx, lowering, memory, depth: 0 }
    }

    /// A value in memory.
    pub fn memory_value(&mut self, ty: TypeId, at: eval::Pointer) -> Read<Value> {
        let layout = layout(self.cx, ty);
        if let Some(leaves) = &layout.leaves {
            let read = |leaf: &crate::layout::Leaf| self.memory.read(at.offset(leaf.offset as i64), leaf.ty);
            let leaves = leaves.iter().map(read).collect::<Read<Vec<_>>>()?;
            return self.leaf_value(ty, &leaves);
        }
        match (self.cx.types.get(ty).clone(), &layout.parts) {
            (Type::Array { len, child, .. }, _) => self.array(child, len, at),
            (_, Parts::Fields(places)) => {
                let mut values = Vec::new();
                for (index, place) in places.iter().enumerate() {
                    let value = self.known_field(ty, index);
                    values.push(match value {
                        Some(value) => value,
                        None => {
                            let field = field_type(self.cx, ty, index as u32);
                            self.memory_value(field, at.offset(place.offset as i64))?
                        }
                    });
                }
                Ok(Value::Aggregate(values.into()))
            }
            (Type::Optional(child), Parts::Optional { flag: Some(flag) }) => {
                let flag = self.memory.read(at.offset(*flag as i64), flow::Type::BOOL)?;
                match flag.bits() {
                    None => Ok(Value::Undefined),
                    Some(0) => Ok(Value::Null),
                    Some(_) => Ok(Value::Some(Rc::new(self.memory_value(child, at)?))),
                }
            }
            (Type::ErrorUnion { payload, .. }, Parts::ErrorUnion { payload: offset }) => {
                match self.memory.read(at, flow::Type::Int(16))?.bits() {
                    None => Ok(Value::Undefined),
                    Some(0) => {
                        let payload = self.memory_value(payload, at.offset(*offset as i64))?;
                        Ok(Value::Payload(Rc::new(payload)))
                    }
                    Some(number) => Ok(self.error(number)),
                }
            }
            (_, Parts::Union { tag }) => self.union(ty, *tag, at),
            (other, _) => Err(unreadable(format!("a value of {other:?} cannot become a constant"))),
        }
    }

    /// The value of a field that takes no memory.
    fn known_field(&mut self, ty: TypeId, index: usize) -> Option<Value> {
        match self.cx.types.get(ty) {
            Type::Tuple(fields) => fields[index].value.clone(),
            &Type::Container(container) => {
                let field = &fields(self.cx, container)[index];
                field.value.clone().filter(|_| field.is_comptime)
            }
            _ => None,
        }
    }

    fn array(&mut self, child: TypeId, len: u64, at: eval::Pointer) -> Read<Value> {
        if child == TypeId::U8 && !self.memory.is_undefined(at, len)? {
            return Ok(Value::Bytes(self.memory.read_bytes(at, len)?.into()));
        }
        let stride = layout(self.cx, child).size;
        let elements = (0..len).map(|index| self.memory_value(child, at.offset((stride * index) as i64)));
        Ok(Value::Aggregate(elements.collect::<Read<Vec<_>>>()?.into()))
    }

    fn union(&mut self, ty: TypeId, tag: Option<u64>, at: eval::Pointer) -> Read<Value> {
        let (Some(offset), &Type::Container(container)) = (tag, self.cx.types.get(ty)) else {
            return Err(unreadable("a union without a tag cannot become a constant"));
        };
        let tag_ty = self.cx.containers[container].tag.unwrap_or(TypeId::ERROR);
        let tag = self.memory_value(tag_ty, at.offset(offset as i64))?;
        let Some(field) = self.field_of_tag(ty, &tag) else { return Ok(Value::Undefined) };
        let payload = field_type(self.cx, ty, field);
        Ok(Value::Union { field, payload: Rc::new(self.memory_value(payload, at)?) })
    }

    fn field_of_tag(&mut self, ty: TypeId, tag: &Value) -> Option<u32> {
        let &Type::Container(container) = self.cx.types.get(ty) else { return None };
        let count = fields(self.cx, container).len() as u32;
        if count == 1 {
            return Some(0);
        }
        let Value::Int(number) = tag else { return None };
        (0..count).find(|&field| {
            let of_field = crate::lower::tag_of_field(self.cx, ty, field);
            of_field.is_some_and(|(_, wanted)| wanted == *number)
        })
    }

    /// A value of a flat type.
    pub fn leaf_value(&mut self, ty: TypeId, leaves: &[eval::Value]) -> Read<Value> {
        let layout = layout(self.cx, ty);
        match (self.cx.types.get(ty).clone(), &layout.parts) {
            (Type::Array { len: 0, .. }, _) => Ok(Value::empty()),
            (Type::Array { len, child, .. }, _) => {
                let element = self.leaf_value(child, &[])?;
                Ok(Value::Aggregate(vec![element; len as usize].into()))
            }
            (_, Parts::Fields(places)) => {
                let mut values = Vec::new();
                for (index, place) in places.iter().enumerate() {
                    let value = self.known_field(ty, index);
                    values.push(match value {
                        Some(value) => value,
                        None => {
                            let field = field_type(self.cx, ty, index as u32);
                            let leaves = &leaves[place.first_leaf..place.first_leaf + place.leaf_count];
                            self.leaf_value(field, leaves)?
                        }
                    });
                }
                Ok(Value::Aggregate(values.into()))
            }
            (Type::Optional(child), Parts::Optional { flag }) => self.optional(child, flag.is_some(), leaves),
            (Type::ErrorUnion { payload, .. }, _) => match leaves[0].bits() {
                None => Ok(Value::Undefined),
                Some(0) => Ok(Value::Payload(Rc::new(self.leaf_value(payload, &leaves[1..])?))),
                Some(number) => Ok(self.error(number)),
            },
            (Type::Pointer(pointer), Parts::Slice) => self.slice(&pointer, leaves),
            (_, Parts::Packed(_)) if !leaves.is_empty() => self.packed(ty, &leaves[0]),
            (Type::Container(container), _) if self.cx.containers[container].kind == ContainerKind::Union => {
                let tag_ty = self.cx.containers[container].tag.unwrap_or(TypeId::ERROR);
                let tag = self.leaf_value(tag_ty, leaves)?;
                let Some(field) = self.field_of_tag(ty, &tag) else { return Ok(Value::Undefined) };
                let payload = field_type(self.cx, ty, field);
                Ok(Value::Union { field, payload: Rc::new(self.leaf_value(payload, &[])?) })
            }
            (Type::Vector { child, .. }, _) => self.vector(child, &leaves[0]),
            (kind, _) => match leaves.first() {
                Some(leaf) => self.scalar(ty, &kind, leaf),
                None => Ok(nothing_of(&kind)),
            },
        }
    }

    fn optional(&mut self, child: TypeId, has_flag: bool, leaves: &[eval::Value]) -> Read<Value> {
        let (last, payload) = leaves.split_last().ok_or_else(|| unreadable("an optional without leaves"))?;
        if !has_flag {
            return match last.as_pointer() {
                None => Ok(Value::Undefined),
                Some(pointer) if pointer.is_null() => Ok(Value::Null),
                Some(_) => Ok(Value::Some(Rc::new(self.leaf_value(child, leaves)?))),
            };
        }
        match last.bits() {
            None => Ok(Value::Undefined),
            Some(0) => Ok(Value::Null),
            Some(_) => Ok(Value::Some(Rc::new(self.leaf_value(child, payload)?))),
        }
    }

    fn scalar(&mut self, ty: TypeId, kind: &Type, leaf: &eval::Value) -> Read<Value> {
        if let Type::Pointer(pointer) = kind {
            return match leaf.as_pointer() {
                None => Ok(Value::Undefined),
                Some(at) => self.pointer(pointer, at),
            };
        }
        let Some(words) = leaf.to_words() else { return Ok(Value::Undefined) };
        let bits = words.iter().take(2).rev().fold(0u128, |bits, &word| bits << 64 | u128::from(word));
        Ok(match kind {
            Type::Bool => Value::Bool(bits != 0),
            Type::ErrorSet(_) => self.error(bits),
            Type::Float(width) => Value::Float(float(bits, *width)),
            _ => Value::Int(self.integer(ty, &words)),
        })
    }

    /// The number of an integer or enum.
    fn integer(&mut self, ty: TypeId, words: &[u64]) -> BigInt {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let number = BigInt::from_bytes_le(Sign::Plus, &bytes);
        let (bits, is_signed) = match *self.cx.types.get(ty) {
            Type::Int { bits, is_signed } => (bits, is_signed),
            Type::Isize => (8 * self.cx.target.pointer_bytes as u16, true),
            Type::Container(container) => match self.cx.containers[container].tag {
                Some(tag) => return self.integer(tag, words),
                None => (0, false),
            },
            _ => (0, false),
        };
        if is_signed && bits > 0 && number.bit(u64::from(bits) - 1) {
            return number - (BigInt::from(1) << bits);
        }
        number
    }

    fn error(&self, number: u128) -> Value {
        let index = (number as usize).checked_sub(1);
        match index.and_then(|index| error_names(self.cx).get(index)) {
            Some(&name) => Value::Error(name),
            None => Value::Undefined,
        }
    }

    fn packed(&mut self, ty: TypeId, whole: &eval::Value) -> Read<Value> {
        let layout = layout(self.cx, ty);
        let (Parts::Packed(places), Some(bits)) = (&layout.parts, whole.bits()) else {
            return Ok(Value::Undefined);
        };
        if let &Type::Container(container) = self.cx.types.get(ty)
            && self.cx.containers[container].kind == ContainerKind::Union
        {
            return Err(unreadable("a union without a tag cannot become a constant"));
        }
        let mut values = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let field = field_type(self.cx, ty, index as u32);
            let leaf = crate::layout::layout(self.cx, field).leaves.iter().flatten().next().copied();
            let part = bits >> place.shift;
            let leaves: Vec<_> = leaf.map(|leaf| eval::Value::new(leaf.ty, part)).into_iter().collect();
            values.push(self.leaf_value(field, &leaves)?);
        }
        Ok(Value::Aggregate(values.into()))
    }

    fn vector(&mut self, child: TypeId, vector: &eval::Value) -> Read<Value> {
        let Some(words) = vector.to_words() else { return Ok(Value::Undefined) };
        let (flow::Type::Vector(scalar, lanes), kind) = (vector.ty(), self.cx.types.get(child).clone())
        else {
            return Err(unreadable("a vector that is none"));
        };
        let lane_ty = match scalar {
            flow::Scalar::Int(bits) => flow::Type::Int(bits),
            flow::Scalar::Float(bits) => flow::Type::Float(bits),
            flow::Scalar::Pointer => return Err(unreadable("a vector of pointers cannot become a constant")),
        };
        let mut values = Vec::new();
        for lane in words.chunks(words.len() / lanes as usize) {
            let bits = lane.iter().rev().fold(0u128, |bits, &word| bits << 64 | u128::from(word));
            values.push(self.scalar(child, &kind, &eval::Value::new(lane_ty, bits))?);
        }
        Ok(Value::Aggregate(values.into()))
    }

    fn slice(&mut self, pointer: &PointerType, leaves: &[eval::Value]) -> Read<Value> {
        let (Some(at), Some(len)) = (leaves[0].as_pointer(), leaves[1].bits()) else {
            return Ok(Value::Undefined);
        };
        let len = len as u64;
        let pointer = self.many(pointer, at, len)?;
        Ok(Value::Slice { pointer, len })
    }

    /// Where a pointer to one or many points.
    fn pointer(&mut self, pointer: &PointerType, at: eval::Pointer) -> Read<Value> {
        if let Type::Function(_) = self.cx.types.get(pointer.child) {
            return match self.memory.symbol_of(at) {
                Some((flow::Symbol::Function(function), 0)) => {
                    let instance = self.lowering.instance_of(function);
                    instance.map(Value::Instance).ok_or_else(|| unreadable("this function has no name"))
                }
                _ => Err(unreadable("this address is of no function")),
            };
        }
        if pointer.size == PointerSize::Many {
            let stride = layout(self.cx, pointer.child).size.max(1);
            let area = self.memory.area(at)?;
            let len = (area.size as i64 - area.offset).max(0) as u64 / stride;
            return Ok(Value::Pointer(self.many(pointer, at, len)?));
        }
        if let Some(found) = self.in_global(at, pointer.child) {
            return Ok(Value::Pointer(found));
        }
        if self.memory.area(at).is_err() && layout(self.cx, pointer.child).size == 0 {
            return Ok(Value::Pointer(PointerValue { base: Base::Address(at.address()), path: Vec::new() }));
        }
        let value = self.deeper(|reader| reader.memory_value(pointer.child, at))?;
        let base = Base::Data(Rc::new(Data { ty: pointer.child, value }));
        Ok(Value::Pointer(PointerValue { base, path: Vec::new() }))
    }

    /// A pointer to the first of so many elements.
    fn many(&mut self, pointer: &PointerType, at: eval::Pointer, len: u64) -> Read<PointerValue> {
        if let Some(found) = self.in_global(at, pointer.child) {
            return Ok(found);
        }
        let sentinel = pointer.sentinel.clone();
        let ty = self.cx.types.intern(Type::Array { len, sentinel, child: pointer.child });
        let value = match len {
            0 => Value::empty(),
            _ => self.deeper(|reader| reader.array(pointer.child, len, at))?,
        };
        let base = Base::Data(Rc::new(Data { ty, value }));
        Ok(PointerValue { base, path: vec![Step::Element(0)] })
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEEPEST {
            return Err(unreadable("data that leads back to itself cannot become a constant"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// The way to an address in a global of the program.
    fn in_global(&mut self, at: eval::Pointer, child: TypeId) -> Option<PointerValue> {
        let (flow::Symbol::Global(global), offset) = self.memory.symbol_of(at)? else { return None };
        let global = self.lowering.known_global(global)?;
        let ty = self.cx.globals[global].ty;
        let mut path = Vec::new();
        let is_found = self.find(ty, u64::try_from(offset).ok()?, child, &mut path);
        is_found.then_some(PointerValue { base: Base::Global(global), path })
    }

    /// Finds the part of a type that lies at an offset.
    fn find(&mut self, ty: TypeId, offset: u64, wanted: TypeId, path: &mut Vec<Step>) -> bool {
        if offset == 0 && ty == wanted {
            return true;
        }
        let of = layout(self.cx, ty);
        match (self.cx.types.get(ty).clone(), &of.parts) {
            (Type::Array { child, .. }, Parts::Elements { stride, .. }) if *stride > 0 => {
                path.push(Step::Element(offset / stride));
                let is_found = self.find(child, offset % stride, wanted, path);
                if !is_found {
                    path.pop();
                }
                is_found
            }
            (_, Parts::Fields(places)) => {
                for (index, place) in places.iter().enumerate() {
                    let field = field_type(self.cx, ty, index as u32);
                    let size = layout(self.cx, field).size;
                    if (place.offset..place.offset + size.max(1)).contains(&offset) {
                        path.push(Step::Field(index as u32));
                        if self.find(field, offset - place.offset, wanted, path) {
                            return true;
                        }
                        path.pop();
                    }
                }
                false
            }
            _ => false,
        }
    }
}

/// The value of a type that has only one.
fn nothing_of(kind: &Type) -> Value {
    match kind {
        Type::Int { .. } => Value::int(0),
        _ => Value::Void,
    }
}

fn float(bits: u128, width: u16) -> Float128 {
    let mut loses = false;
    Float128(match width {
        16 => FloatConvert::<Quad>::convert(Half::from_bits(bits), &mut loses).value,
        32 => FloatConvert::<Quad>::convert(Single::from_bits(bits), &mut loses).value,
        64 => FloatConvert::<Quad>::convert(Double::from_bits(bits), &mut loses).value,
        _ => Quad::from_bits(bits),
    })
}

fn unreadable(message: impl Into<String>) -> Refusal {
    Refusal::new(FailureKind::Refused, message)
}
