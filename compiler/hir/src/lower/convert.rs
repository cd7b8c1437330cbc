//! Conversions between types.
//!
//! In: how, as the checker wrote it. Out: operations of the graph, or nothing where the bits stay as
//! they are; in checked modes with a test that the value fits.

use super::arithmetic::{Number, lane_bits};
use super::check::Panic;
use super::code::{Code, Dest, Lowered};
use super::place::bit_count;
use crate::context::ContainerKind;
use crate::ids::TypeId;
use crate::tree::{Convert, Expr};
use crate::types::Type;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Compare, Op, Terminator, ValueId};

impl<'a> Code<'a, '_> {
    /// A value as one of another type.
    pub fn convert(&mut self, how: Convert, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let from = operand.ty;
        match how {
            Convert::Int => self.convert_int(operand, to),
            Convert::Truncate => {
                let signed = self.number(from) == Number::Signed;
                self.convert_scalar(operand, to, |code, value, ty| code.resize(value, ty, signed))
            }
            Convert::ToInt => {
                let signed = self.number(from) == Number::Signed;
                self.convert_scalar(operand, to, |code, value, ty| code.resize(value, ty, signed))
            }
            Convert::Float => self.convert_scalar(operand, to, |code, value, ty| {
                if code.builder.ty(value) == ty {
                    return value;
                }
                code.builder.push(ty, Op::Convert(flow::Convert::FloatToFloat, value))
            }),
            Convert::FloatToInt => self.float_to_int(operand, to),
            Convert::IntToFloat => {
                let op = match self.number(from) {
                    Number::Signed => flow::Convert::SignedToFloat,
                    _ => flow::Convert::UnsignedToFloat,
                };
                self.convert_scalar(operand, to, |code, value, ty| {
                    code.builder.push(ty, Op::Convert(op, value))
                })
            }
            Convert::ArrayToVector if self.lane_width(operand.ty).is_some() => self.spread_lanes(operand, to),
            Convert::ArrayToVector if self.lane_width(to).is_some() => self.gather_lanes(operand, to),
            Convert::Bits | Convert::ArrayToVector => self.same_bits(operand, to),
            Convert::Pointer => self.convert_pointer(operand, to),
            Convert::PointerToInt => self.convert_scalar(operand, to, |code, value, ty| {
                let word = Op::Convert(flow::Convert::PointerToInt, value);
                let word = code.builder.push(flow::Type::WORD, word);
                code.resize(word, ty, false)
            }),
            Convert::IntToPointer => self.convert_scalar(operand, to, |code, value, ty| {
                let word = code.resize(value, flow::Type::WORD, false);
                code.check_address(word, to);
                code.builder.push(ty, Op::Convert(flow::Convert::IntToPointer, word))
            }),
            Convert::ArrayToSlice => {
                let pointer = self.scalar(operand)?;
                let array = self.pointee(from);
                let len = match *self.cx.types.get(array) {
                    Type::Array { len, .. } => len,
                    ref other => bug!("lower", "a slice of {other:?}"),
                };
                Some(Lowered::Leaves(vec![pointer, self.word(len)]))
            }
            Convert::IntToEnum => self.int_to_enum(operand, to),
            Convert::TagToUnion => self.tag_to_union(operand, to),
            Convert::ErrorSet => self.value(operand),
        }
    }

    fn convert_pointer(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let mut leaves = self.leaves(operand)?;
        let align = self.pointer_align(to);
        if align > self.pointer_align(operand.ty) {
            self.check_pointer(&leaves, align);
        }
        leaves.truncate(self.leaf_types(to).len());
        Some(Lowered::Leaves(leaves))
    }

    /// What a pointer says of its address: a multiple of so many bytes. 1 where it is no pointer.
    fn pointer_align(&mut self, ty: TypeId) -> u32 {
        let Type::Pointer(pointer) = self.cx.types.get(self.cx.optional_child(ty).unwrap_or(ty)) else {
            return 1;
        };
        let (align, child) = (pointer.align, pointer.child);
        if matches!(self.cx.types.get(child), Type::Array { len: 0, sentinel: None, .. }) {
            return 1; // nothing is there
        }
        align.unwrap_or_else(|| self.layout(child).align)
    }

    /// A pointer that is said to be aligned; a slice of nothing may be anywhere.
    fn check_pointer(&mut self, leaves: &[ValueId], align: u32) {
        if !self.program.says_where {
            return;
        }
        let [pointer, len @ ..] = leaves else { return };
        let word = Op::Convert(flow::Convert::PointerToInt, *pointer);
        let mut word = self.builder.push(flow::Type::WORD, word);
        if let [len] = len {
            let zero = self.word(0);
            let is_empty = self.same(*len, zero);
            let chosen = Op::Select(is_empty, zero, word);
            word = self.builder.push(flow::Type::WORD, chosen);
        }
        self.check_aligned(word, align);
    }

    /// A number that is said to be an address.
    fn check_address(&mut self, word: ValueId, to: TypeId) {
        if !self.program.says_where {
            return;
        }
        if self.cx.optional_child(to).is_none() {
            let zero = self.word(0);
            let is_some = self.flag(Compare::NotEqual, word, zero);
            self.check(is_some, Panic::Address);
        }
        let align = self.pointer_align(to);
        self.check_aligned(word, align);
    }

    /// From one scalar, or none, to one or none.
    fn convert_scalar(
        &mut self,
        operand: &'a Expr,
        to: TypeId,
        how: impl FnOnce(&mut Self, ValueId, flow::Type) -> ValueId,
    ) -> Option<Lowered> {
        let value = self.leaves(operand)?.first().copied();
        let Some(&ty) = self.leaf_types(to).first() else { return Some(Lowered::Leaves(Vec::new())) };
        Some(Lowered::Leaves(vec![match value {
            Some(value) => how(self, value, ty),
            None => self.int(ty, 0), // a number of no bits
        }]))
    }

    /// An integer made wider or narrower; by its sign if it has one.
    pub fn resize(&mut self, value: ValueId, to: flow::Type, is_signed: bool) -> ValueId {
        let from = self.builder.ty(value);
        let op = match lane_bits(from).cmp(&lane_bits(to)) {
            std::cmp::Ordering::Equal => return value,
            std::cmp::Ordering::Greater => flow::Convert::Truncate,
            std::cmp::Ordering::Less if is_signed => flow::Convert::ExtendSigned,
            std::cmp::Ordering::Less => flow::Convert::ExtendUnsigned,
        };
        self.builder.push(to, Op::Convert(op, value))
    }

    /// To another integer type. What does not fit is a mistake.
    fn convert_int(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let from_signed = self.number(operand.ty) == Number::Signed;
        let to_signed = self.number(to) == Number::Signed;
        let is_checked = self.program.is_checked;
        self.convert_scalar(operand, to, |code, value, ty| {
            let from = code.builder.ty(value);
            let result = code.resize(value, ty, from_signed);
            let (from_bits, to_bits) = (lane_bits(from), lane_bits(ty));
            let always_fits = match (from_signed, to_signed) {
                (false, true) => from_bits < to_bits,
                (true, false) => false,
                _ => from_bits <= to_bits,
            };
            if is_checked && !always_fits {
                if to_bits < from_bits {
                    let back = code.resize(result, from, to_signed);
                    let is_same = code.same(back, value);
                    code.check(is_same, Panic::Cast);
                }
                if from_signed != to_signed {
                    // The same bits mean another number to the type without a sign.
                    let signed = if from_signed { value } else { result };
                    let zero = code.int(code.builder.ty(signed), 0);
                    let is_positive = code.flag(Compare::GreaterEqualSigned, signed, zero);
                    code.check(is_positive, Panic::Cast);
                }
            }
            result
        })
    }

    fn float_to_int(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let is_signed = self.number(to) == Number::Signed;
        let is_checked = self.program.is_checked;
        self.convert_scalar(operand, to, |code, value, ty| {
            if is_checked {
                code.check_float_fits(value, ty, is_signed);
            }
            let op = if is_signed { flow::Convert::FloatToSigned } else { flow::Convert::FloatToUnsigned };
            code.builder.push(ty, Op::Convert(op, value))
        })
    }

    /// Is a float above the smallest integer minus one and below the largest plus one? The upper limit
    /// is a power of two, which floats hold exactly. The lower one they hold only where they are
    /// precise enough; where they are not, no float lies between it and the smallest integer.
    fn check_float_fits(&mut self, value: ValueId, to: flow::Type, is_signed: bool) {
        let ty = self.builder.ty(value);
        let exponent = lane_bits(to) - u16::from(is_signed);
        let above = 2f64.powi(exponent.into());
        let limit = self.float(ty, above);
        let fits = self.flag(Compare::FloatLess, value, limit);
        self.check(fits, Panic::Cast);
        let (limit, op) = match is_signed {
            false => (-1.0, Compare::FloatGreater),
            true if exponent < precision(lane_bits(ty)) => (-above - 1.0, Compare::FloatGreater),
            true => (-above, Compare::FloatGreaterEqual),
        };
        let limit = self.float(ty, limit);
        let fits = self.flag(op, value, limit);
        self.check(fits, Panic::Cast);
    }

    fn float(&mut self, ty: flow::Type, number: f64) -> ValueId {
        let lane = match ty {
            flow::Type::Vector(flow::Scalar::Float(bits), _) => flow::Type::Float(bits),
            scalar => scalar,
        };
        let bits = super::constant::float_bits(&number.into(), bit_count(lane));
        let value = self.constant(lane, flow::Constant::Float(bits));
        if lane == ty { value } else { self.builder.push(ty, Op::Splat(value)) }
    }

    /// The same bits as another type, through memory where one of the two is no single scalar.
    fn same_bits(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let value = self.value(operand)?;
        let to_leaves = self.layout(to).leaves.clone();
        if let (Lowered::Leaves(leaves), Some(to_leaves)) = (&value, &to_leaves)
            && let ([leaf], [to]) = (&leaves[..], &to_leaves[..])
        {
            let from = self.builder.ty(*leaf);
            if from == to.ty {
                return Some(value);
            }
            if from != flow::Type::Pointer && to.ty != flow::Type::Pointer {
                let bits = self.builder.push(to.ty, Op::Convert(flow::Convert::Bits, *leaf));
                return Some(Lowered::Leaves(vec![bits]));
            }
        }
        let from = match value {
            Lowered::Memory(address) => address,
            Lowered::Leaves(_) => {
                let larger =
                    if self.layout(operand.ty).size < self.layout(to).size { to } else { operand.ty };
                let address = self.temporary(larger);
                self.deliver(value, operand.ty, Dest::Memory(address));
                address
            }
        };
        Some(self.load(to, from))
    }

    /// A vector whose lanes do not fill bytes, as an array.
    fn spread_lanes(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let vector = self.scalar(operand)?;
        let (child, stride, count) = self.elements_of(to);
        let lane_ty = self.leaf_types(child)[0];
        let array = self.temporary(to);
        for at in 0..count {
            let lane = self.word(at);
            let value = self.builder.push(lane_ty, Op::Extract { vector, lane });
            self.store(child, array.plus(stride * at), &[value]);
        }
        Some(Lowered::Memory(array))
    }

    /// An array as such a vector.
    fn gather_lanes(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let Lowered::Memory(array) = self.value(operand)? else { return None };
        let (child, stride, count) = self.elements_of(operand.ty);
        let (lane_ty, leaf) = (self.leaf_types(child)[0], self.leaf_types(to)[0]);
        let mut vector = self.constant(leaf, flow::Constant::Undefined);
        for at in 0..count {
            let value = self.load_scalar(lane_ty, array.plus(stride * at));
            let lane = self.word(at);
            vector = self.builder.push(leaf, Op::Insert { vector, lane, value });
        }
        Some(Lowered::Leaves(vec![vector]))
    }

    fn elements_of(&mut self, array: TypeId) -> (TypeId, u64, u64) {
        let child = self.pointee(array);
        match self.layout(array).parts {
            crate::layout::Parts::Elements { stride, count } => (child, stride, count),
            _ => (child, 0, 0),
        }
    }

    fn int_to_enum(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let converted = self.convert_int(operand, to)?;
        let &Type::Container(container) = self.cx.types.get(to) else { return Some(converted) };
        let of_enum = &self.cx.containers[container];
        if !self.program.is_checked || of_enum.is_open || of_enum.kind != ContainerKind::Enum {
            return Some(converted);
        }
        let Lowered::Leaves(leaves) = &converted else { return Some(converted) };
        let Some(&value) = leaves.first() else { return Some(converted) };
        let (good, bad) = (self.builder.block(&[]), self.builder.block(&[]));
        let target = |block| flow::Target { block, args: Vec::new() };
        let bits = bit_count(self.builder.ty(value));
        let numbers = super::constant::enum_numbers(self.cx, container);
        let case = |number| (super::constant::cut(number, bits), target(good));
        let cases = numbers.iter().map(case).collect();
        self.builder.terminate(Terminator::Switch { value, cases, default: target(bad) });
        self.panic_in(bad, Panic::Enum);
        self.builder.switch_to(good);
        Some(converted)
    }

    fn tag_to_union(&mut self, operand: &'a Expr, to: TypeId) -> Option<Lowered> {
        let tag = self.leaves(operand)?;
        if self.layout(to).is_flat() {
            return Some(Lowered::Leaves(tag));
        }
        let address = self.temporary(to);
        if let (crate::layout::Parts::Union { tag: Some(offset) }, Some(&tag)) =
            (&self.layout(to).parts, tag.first())
        {
            self.store_scalar(address.plus(*offset), tag);
        }
        Some(Lowered::Memory(address))
    }
}

/// Bits of a float's fraction, the hidden one included; at most those of the limits we compute with.
fn precision(bits: u16) -> u16 {
    match bits {
        16 => 11,
        32 => 24,
        _ => 53,
    }
}
