//! Constant data and pointers into it, while compiling.
//!
//! A pointer is a base and a path; reading one walks the path through the base's value. Slices and
//! many-pointers end in the element they begin at.

use super::*;
use rustc_apfloat::Float;
use rustc_apfloat::FloatConvert;
use rustc_apfloat::ieee::Double;

/// A pointer to constant data without a name.
pub(super) fn data_pointer(ty: TypeId, value: Value) -> PointerValue {
    PointerValue { base: Base::Data(Rc::new(Data { ty, value })), path: Vec::new() }
}

impl PointerValue {
    pub(super) fn then(&self, step: Step) -> PointerValue {
        let mut path = self.path.clone();
        path.push(step);
        PointerValue { base: self.base.clone(), path }
    }

    /// Moved by some elements; nothing where this is no pointer to an element.
    pub(super) fn moved(&self, count: i128) -> Option<PointerValue> {
        let mut moved = self.clone();
        match moved.path.last_mut() {
            Some(Step::Element(at)) => *at = u64::try_from(i128::from(*at) + count).ok()?,
            _ => return None,
        }
        Some(moved)
    }
}

impl Context<'_> {
    /// A string literal: `*const [N:0]u8`.
    pub fn string(&mut self, bytes: &[u8]) -> Known {
        let array = self.types.intern(Type::Array {
            len: bytes.len() as u64,
            sentinel: Some(Value::int(0)),
            child: TypeId::U8,
        });
        let ty = self.types.pointer(array, true);
        Known { ty, value: Value::Pointer(data_pointer(array, Value::Bytes(bytes.into()))) }
    }

    /// A text as `[]const u8`.
    pub fn text_value(&mut self, bytes: &[u8]) -> Known {
        let Known { value: Value::Pointer(pointer), .. } = self.string(bytes) else {
            koru_base::bug!("host", "a string is no pointer")
        };
        let value = Value::Slice { pointer: pointer.then(Step::Element(0)), len: bytes.len() as u64 };
        Known { ty: self.types.text(), value }
    }

    /// A slice of constant data.
    pub(super) fn slice_value(&mut self, child: TypeId, values: Vec<Value>) -> Known {
        let len = values.len() as u64;
        let array = self.types.array(len, child);
        let pointer = data_pointer(array, array_value(child, values));
        let ty = self.types.slice(child, true);
        Known { ty, value: Value::Slice { pointer: pointer.then(Step::Element(0)), len } }
    }

    /// What is at an address, where that never changes.
    pub(super) fn read_pointer(&self, pointer: &PointerValue) -> Option<Value> {
        let (ty, value) = match &pointer.base {
            Base::Data(data) => (data.ty, data.value.clone()),
            Base::Global(id) => {
                let global = &self.globals[*id];
                let is_fixed = self.host.memory.contains(id)
                    || global.is_const && global.linkage != crate::context::Linkage::Extern;
                (global.ty, is_fixed.then(|| global.value.clone())?)
            }
            Base::Address(_) => return None,
        };
        let (ty, value) = pointer
            .path
            .iter()
            .try_fold((ty, value), |(ty, value), &step| self.step_into(ty, value, step))?;
        Some(self.canonical(ty, value))
    }

    /// Arrays of known bytes as bytes.
    fn canonical(&self, ty: TypeId, value: Value) -> Value {
        match (&value, self.ty(ty)) {
            (Value::Aggregate(values), Type::Array { child: TypeId::U8, .. }) => {
                array_value(TypeId::U8, values.to_vec())
            }
            _ => value,
        }
    }

    fn step_into(&self, ty: TypeId, value: Value, step: Step) -> Option<(TypeId, Value)> {
        let child = self.step_type(ty, step)?;
        let inner = match (&value, step) {
            (Value::Undefined, _) => Value::Undefined,
            (Value::Union { field, payload }, Step::Field(index)) if *field == index => (**payload).clone(),
            (Value::Aggregate(values), Step::Field(index)) => values.get(index as usize)?.clone(),
            (Value::Some(inner) | Value::Payload(inner), Step::Field(0)) => (**inner).clone(),
            (_, Step::Element(index)) => match (element(&value, index), self.ty(ty)) {
                (Some(value), _) => value,
                (None, Type::Array { len, sentinel, .. }) if *len == index => sentinel.clone()?,
                _ => return None,
            },
            _ => return None,
        };
        Some((child, inner))
    }

    /// The type behind one step.
    fn step_type(&self, ty: TypeId, step: Step) -> Option<TypeId> {
        match (self.ty(ty), step) {
            (Type::Array { child, .. } | Type::Vector { child, .. }, Step::Element(_)) => Some(*child),
            (Type::Optional(child), _) => Some(*child),
            (Type::ErrorUnion { payload, .. }, _) => Some(*payload),
            (Type::Tuple(fields), Step::Field(index)) => fields.get(index as usize).map(|field| field.ty),
            (Type::Container(id), Step::Field(index)) => {
                self.containers[*id].fields.as_ref()?.get(index as usize).map(|field| field.ty)
            }
            _ => None,
        }
    }

    /// The elements a known slice, or pointer to an array, points at.
    pub(super) fn pointed_values(&self, value: &Value) -> Option<Vec<Value>> {
        match value {
            Value::Pointer(pointer) => elements(&self.read_pointer(pointer)?),
            Value::Slice { len: 0, .. } => Some(Vec::new()),
            Value::Slice { pointer, len } => {
                let Some((Step::Element(from), path)) = pointer.path.split_last() else { return None };
                let array = PointerValue { base: pointer.base.clone(), path: path.to_vec() };
                let all = elements(&self.read_pointer(&array)?)?;
                let from = *from as usize;
                Some(all.get(from..from.checked_add(*len as usize)?)?.to_vec())
            }
            _ => None,
        }
    }

    /// The bytes of a known text.
    pub fn text_of(&self, value: &Value) -> Option<Vec<u8>> {
        if let Value::Bytes(bytes) = value {
            return Some(bytes.to_vec());
        }
        let byte = |value: &Value| match value {
            Value::Int(number) => number.to_u8(),
            _ => None,
        };
        self.pointed_values(value)?.iter().map(byte).collect()
    }
}

/// An element of an array's value.
pub(super) fn element(value: &Value, index: u64) -> Option<Value> {
    let index = usize::try_from(index).ok()?;
    match value {
        Value::Aggregate(values) => values.get(index).cloned(),
        Value::Bytes(bytes) => bytes.get(index).map(|&byte| Value::int(byte)),
        Value::Undefined => Some(Value::Undefined),
        _ => None,
    }
}

/// Replaces what a path leads to; says whether there was such a part.
pub(super) fn store(cx: &Context, ty: TypeId, value: Value, path: &[Step], new: Value) -> (Value, bool) {
    let Some((&step, rest)) = path.split_first() else { return (new, true) };
    let Some(child) = cx.step_type(ty, step) else { return (value, false) };
    let at = match step {
        Step::Field(index) => index as usize,
        Step::Element(index) => index as usize,
    };
    match value {
        Value::Union { field, payload } if field as usize == at => {
            let (payload, is_written) = store(cx, child, (*payload).clone(), rest, new);
            (Value::Union { field, payload: Rc::new(payload) }, is_written)
        }
        Value::Some(inner) => {
            let (inner, is_written) = store(cx, child, (*inner).clone(), rest, new);
            (Value::Some(Rc::new(inner)), is_written)
        }
        Value::Aggregate(mut values) => {
            if at >= values.len() {
                let is_end = rest.is_empty() && ends_with(cx, ty, at, &new);
                return (Value::Aggregate(values), is_end);
            }
            let parts = Rc::make_mut(&mut values);
            let old = std::mem::replace(&mut parts[at], Value::Undefined);
            let (part, is_written) = store(cx, child, old, rest, new);
            parts[at] = part;
            (Value::Aggregate(values), is_written)
        }
        Value::Bytes(mut bytes) => match &new {
            Value::Int(number) if rest.is_empty() && at < bytes.len() => {
                Rc::make_mut(&mut bytes)[at] = number.to_u8().unwrap_or_default();
                (Value::Bytes(bytes), true)
            }
            _ if rest.is_empty() && ends_with(cx, ty, at, &new) => (Value::Bytes(bytes), true),
            _ => {
                let values = elements(&Value::Bytes(bytes)).unwrap_or_default();
                store(cx, ty, Value::Aggregate(values.into()), path, new)
            }
        },
        Value::Undefined => match part_count(cx, ty) {
            Some(count) => store(cx, ty, Value::Aggregate(vec![Value::Undefined; count].into()), path, new),
            None => (Value::Undefined, false),
        },
        value => (value, false),
    }
}

/// Is this the sentinel, which is there anyway, at its place?
fn ends_with(cx: &Context, ty: TypeId, at: usize, new: &Value) -> bool {
    match cx.ty(ty) {
        Type::Array { len, sentinel: Some(sentinel), .. } => at as u64 == *len && sentinel == new,
        _ => false,
    }
}

fn part_count(cx: &Context, ty: TypeId) -> Option<usize> {
    match cx.ty(ty) {
        Type::Array { len, .. } => usize::try_from(*len).ok(),
        Type::Vector { len, .. } => Some(*len as usize),
        Type::Tuple(fields) => Some(fields.len()),
        Type::Container(id) => cx.containers[*id].fields.as_ref().map(|fields| fields.len()),
        _ => None,
    }
}

/// A float for a message.
pub(super) fn float_text(number: Float128) -> String {
    let double: Double = number.0.convert(&mut false).value;
    f64::from_bits(double.to_bits() as u64).to_string()
}

use super::query::{array_value, elements};
