//! How C passes values: structs in pieces of registers, in copies among the arguments, or by address.
//!
//! In: types, and the rules of a target. Out: a [`Pass`] each. What a function takes and gives back is as a compiler of
//! C has it for the same struct, also the types of the pieces, so that LLVM can splice C into Koru. What a target's
//! rules would split between registers and memory is not done, and refused before anything is lowered.

use super::code::{Code, Lowered};
use super::memory::{Address, Base};
use super::shape::leaf_types;
use crate::context::{ContainerKind, Context};
use crate::ids::TypeId;
use crate::layout::{Parts, field_type, layout};
use crate::types::Type;
use koru_base::targets::Passing;
use koru_flow as flow;
use koru_flow::ValueId;

/// How a value travels.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Pass {
    /// As one number or address, or not at all.
    Leaves,
    /// Parts of its memory, each in a register.
    Pieces(Vec<Piece>),
    /// By the address of memory of which the callee has a copy among its arguments.
    Copied,
    /// By the address of a copy the caller made.
    Address,
    /// By rules we do not follow.
    Refused,
}

/// A part of a value's memory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Piece {
    pub ty: flow::Type,
    pub offset: u64,
}

/// Registers that are left for arguments.
pub(crate) struct Registers {
    numbers: usize,
    floats: usize,
}

/// A number, address or float of a struct.
struct Scalar {
    ty: flow::Type,
    offset: u64,
    bytes: u64,
}

impl Scalar {
    fn is_float(&self) -> bool {
        matches!(self.ty, flow::Type::Float(_))
    }
}

impl Registers {
    pub fn of(passing: Passing) -> Registers {
        let numbers = if passing == Passing::SystemV { 6 } else { 8 };
        Registers { numbers, floats: 8 }
    }

    /// Takes what pieces need, if it is there.
    fn take(&mut self, pieces: &[Piece]) -> bool {
        let is_float = |piece: &&Piece| !matches!(piece.ty, flow::Type::Int(_) | flow::Type::Pointer);
        let floats = pieces.iter().filter(is_float).count();
        let numbers = pieces.len() - floats;
        let fits = numbers <= self.numbers && floats <= self.floats;
        if fits {
            self.numbers -= numbers;
            self.floats -= floats;
        }
        fits
    }

    /// Takes one for an address.
    fn take_address(&mut self) {
        self.numbers = self.numbers.saturating_sub(1);
    }

    /// The same for the address of the result's memory, which has a register of its own on some targets.
    pub fn take_result_address(&mut self, passing: Passing) {
        if passing != Passing::Aapcs64 {
            self.take_address();
        }
    }

    fn take_some(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.take(std::slice::from_ref(piece));
        }
    }
}

/// How an argument travels.
pub(crate) fn argument(cx: &mut Context, ty: TypeId, left: &mut Registers) -> Pass {
    let passing = cx.target.passing;
    match whole(cx, ty) {
        Some(Pass::Leaves) => {
            let leaves = leaf_types(cx, ty).unwrap_or_default();
            let pieces: Vec<_> = leaves.into_iter().map(|ty| Piece { ty, offset: 0 }).collect();
            if !left.take(&pieces) {
                left.take_some(&pieces);
            }
            Pass::Leaves
        }
        Some(Pass::Pieces(pieces)) => match (left.take(&pieces), passing) {
            (true, _) => Pass::Pieces(pieces),
            (false, Passing::SystemV) => Pass::Copied,
            // Numbers may be split between the last register and memory there.
            (false, Passing::Lp64d) if pieces.iter().all(|piece| piece.ty == flow::Type::WORD) => {
                left.numbers = 0;
                Pass::Pieces(pieces)
            }
            (false, _) => Pass::Refused,
        },
        Some(pass) => pass,
        None if passing == Passing::SystemV => Pass::Copied,
        None => {
            left.take_address();
            Pass::Address
        }
    }
}

/// How a result travels: `Copied` stands for the address of memory of the caller's.
pub(crate) fn result(cx: &mut Context, ty: TypeId) -> Pass {
    whole(cx, ty).unwrap_or(Pass::Copied)
}

/// How a value travels where there are registers for it; None through memory.
fn whole(cx: &mut Context, ty: TypeId) -> Option<Pass> {
    let layout = layout(cx, ty);
    let is_plain = matches!(layout.parts, Parts::Whole | Parts::Packed(_) | Parts::Optional { flag: None });
    if is_plain || layout.size == 0 {
        return Some(Pass::Leaves);
    }
    let mut scalars = Vec::new();
    let is_known = scalars_of(cx, ty, 0, &mut scalars);
    if !is_known {
        return Some(Pass::Refused);
    }
    match cx.target.passing {
        Passing::SystemV => system_v(layout.size, &scalars),
        Passing::Aapcs64 => aapcs64(layout.size, layout.align, &scalars),
        Passing::Lp64d => {
            let is_flat = matches!(layout.parts, Parts::Fields(_) | Parts::Elements { .. });
            lp64d(layout.size, layout.align, is_flat, &scalars)
        }
    }
}

/// The scalars of a type; false where C has no such type.
fn scalars_of(cx: &mut Context, ty: TypeId, offset: u64, found: &mut Vec<Scalar>) -> bool {
    let layout = layout(cx, ty);
    match &layout.parts {
        Parts::Whole | Parts::Packed(_) | Parts::Optional { flag: None } => {
            let leaves = layout.leaves.iter().flatten();
            found.extend(leaves.map(|leaf| Scalar { ty: leaf.ty, offset, bytes: layout.size }));
            true
        }
        Parts::Fields(places) => {
            let places: Vec<_> = places.iter().map(|place| place.offset).collect();
            (0..).zip(places).all(|(index, place)| {
                let field = field_type(cx, ty, index);
                scalars_of(cx, field, offset + place, found)
            })
        }
        &Parts::Elements { stride, count } => {
            let Type::Array { child, .. } = *cx.types.get(ty) else { return false };
            // More than that is passed through memory whatever it is.
            (0..count.min(17)).all(|index| scalars_of(cx, child, offset + index * stride, found))
        }
        Parts::Union { tag: None } => {
            let Type::Container(container) = *cx.types.get(ty) else { return false };
            let count = crate::host::fields(cx, container).len() as u32;
            (0..count).all(|index| {
                let field = field_type(cx, ty, index);
                scalars_of(cx, field, offset, found)
            })
        }
        _ => false,
    }
}

/// Up to two words; each is a float's where it holds nothing else.
fn system_v(size: u64, scalars: &[Scalar]) -> Option<Pass> {
    let is_aligned = |scalar: &Scalar| scalar.bytes > 0 && scalar.offset.is_multiple_of(scalar.bytes.min(16));
    if size > 16 || !scalars.iter().all(is_aligned) {
        return None;
    }
    let word = |start: u64| {
        let inside = |scalar: &&Scalar| scalar.offset < start + 8 && scalar.offset + scalar.bytes > start;
        let inside: Vec<_> = scalars.iter().filter(inside).collect();
        let bytes = (size - start).min(8);
        let ty = match &inside[..] {
            [] => return None,
            all if all.iter().any(|scalar| !scalar.is_float()) => flow::Type::Int(bytes as u16 * 8),
            all if all.iter().any(|scalar| scalar.bytes == 8) => flow::Type::Float(64),
            all if all.iter().any(|scalar| scalar.offset >= start + 4) => {
                flow::Type::Vector(flow::Scalar::Float(32), 2)
            }
            _ => flow::Type::Float(32),
        };
        Some(Piece { ty, offset: start })
    };
    Some(Pass::Pieces((0..size).step_by(8).filter_map(word).collect()))
}

/// Up to four floats of one kind each in a register of its own; else up to two words.
fn aapcs64(size: u64, align: u32, scalars: &[Scalar]) -> Option<Pass> {
    let is_alike = |scalar: &Scalar| scalar.is_float() && scalar.ty == scalars[0].ty;
    let places: std::collections::BTreeSet<_> = scalars.iter().map(|scalar| scalar.offset).collect();
    let fills = scalars.first().is_some_and(|first| places.len() as u64 * first.bytes == size);
    if scalars.iter().all(is_alike) && fills && places.len() <= 4 {
        let piece = |offset| Piece { ty: scalars[0].ty, offset };
        return Some(Pass::Pieces(places.into_iter().map(piece).collect()));
    }
    words(size, align)
}

/// One or two scalars with a float among them each in a register of its own; else up to two words.
fn lp64d(size: u64, align: u32, is_flat: bool, scalars: &[Scalar]) -> Option<Pass> {
    let has_float = scalars.iter().any(Scalar::is_float);
    let fits = scalars.iter().all(|scalar| scalar.bytes <= 8);
    if is_flat && has_float && fits && scalars.len() <= 2 {
        let piece = |scalar: &Scalar| Piece { ty: scalar.ty, offset: scalar.offset };
        return Some(Pass::Pieces(scalars.iter().map(piece).collect()));
    }
    words(size, align)
}

fn words(size: u64, align: u32) -> Option<Pass> {
    match (size, align) {
        (17.., _) => None,
        // Such a pair begins at an even register.
        (_, 16..) => Some(Pass::Refused),
        _ => {
            let pieces = (0..size).step_by(8).map(|offset| Piece { ty: flow::Type::WORD, offset });
            Some(Pass::Pieces(pieces.collect()))
        }
    }
}

/// Is the type a number with a sign that does not fill a register?
pub(super) fn is_signed(cx: &mut Context, ty: TypeId) -> bool {
    let number = match cx.kind_of(ty) {
        Some(ContainerKind::Enum) => cx.container_of(ty).and_then(|id| cx.containers[id].tag).unwrap_or(ty),
        _ => ty,
    };
    matches!(*cx.types.get(number), Type::Int { is_signed: true, bits } if bits < 32)
}

impl Code<'_, '_> {
    /// A value in pieces.
    pub fn cut(&mut self, value: Lowered, ty: TypeId, pieces: &[Piece]) -> Vec<ValueId> {
        let from = self.padded(ty, pieces);
        match value {
            Lowered::Leaves(leaves) => self.store(ty, from, &leaves),
            Lowered::Memory(address) => self.copy(ty, from, address),
        }
        pieces.iter().map(|piece| self.load_scalar(piece.ty, from.plus(piece.offset))).collect()
    }

    /// The value that came in pieces.
    pub fn joined(&mut self, values: &[ValueId], ty: TypeId, pieces: &[Piece]) -> Lowered {
        let to = self.padded(ty, pieces);
        for (piece, &value) in pieces.iter().zip(values) {
            self.store_scalar(to.plus(piece.offset), value);
        }
        self.load(ty, to)
    }

    /// The address of a copy of a value, which a callee may write to.
    pub fn copy_of(&mut self, value: Lowered, ty: TypeId) -> ValueId {
        let to = self.temporary(ty);
        match value {
            Lowered::Leaves(leaves) => self.store(ty, to, &leaves),
            Lowered::Memory(address) => self.copy(ty, to, address),
        }
        self.address_value(to)
    }

    /// Memory for a value, with room for all of its last piece.
    fn padded(&mut self, ty: TypeId, pieces: &[Piece]) -> Address {
        let layout = self.layout(ty);
        let end = pieces.last().map_or(0, |piece| piece.offset + 8);
        let slot = self.builder.slot(layout.size.max(end), layout.align.max(8));
        Address::fresh(Base::Slot(slot), layout.align.max(8))
    }
}
