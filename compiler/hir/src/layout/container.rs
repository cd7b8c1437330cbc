//! Layouts of structs, tuples, enums and unions.
//!
//! In: fields with their types. Out: offsets, or bits of packed ones. Plain structs and tuples put the
//! fields of large alignment first, so that nothing is lost between them; `extern` keeps C's order.

use super::*;
use crate::context::{ContainerField, ContainerKind};
use crate::host::fields;
use crate::ids::ContainerId;
use crate::types::TupleField;
use koru_syntax::ast::host::Layout;

/// A struct, enum, union or opaque type.
pub(super) fn container(cx: &mut Context, id: ContainerId) -> TypeLayout {
    let fields = fields(cx, id);
    let container = &cx.containers[id];
    match (container.kind, container.layout, container.tag) {
        (ContainerKind::Module | ContainerKind::Opaque, ..) => TypeLayout::nothing(),
        (ContainerKind::Enum, _, Some(tag)) => (*layout(cx, tag)).clone(),
        // An enum after a mistake.
        (ContainerKind::Enum, _, None) => TypeLayout::nothing(),
        (ContainerKind::Struct, Layout::Packed, _) => packed(cx, &fields, true),
        (ContainerKind::Union, Layout::Packed, _) => packed(cx, &fields, false),
        (ContainerKind::Struct, order, _) => {
            let places = fields.iter().map(|field| place_of(cx, field)).collect();
            in_order(places, order == Layout::Auto)
        }
        (ContainerKind::Union, _, tag) => union(cx, &fields, tag),
    }
}

/// A tuple. Fields known while compiling take no room.
pub(super) fn tuple(cx: &mut Context, fields: &[TupleField]) -> TypeLayout {
    let place = |field: &TupleField| match field.value {
        Some(_) => Rc::new(TypeLayout::nothing()),
        None => layout(cx, field.ty),
    };
    let places: Vec<_> = fields.iter().map(place).map(|layout| (layout.align, layout)).collect();
    in_order(places, true)
}

/// A field's layout and the alignment it asks for.
fn place_of(cx: &mut Context, field: &ContainerField) -> (u32, Rc<TypeLayout>) {
    if field.is_comptime {
        return (1, Rc::new(TypeLayout::nothing()));
    }
    let layout = layout(cx, field.ty);
    (field.align.unwrap_or(layout.align), layout)
}

fn in_order(fields: Vec<(u32, Rc<TypeLayout>)>, may_reorder: bool) -> TypeLayout {
    let mut order: Vec<usize> = (0..fields.len()).collect();
    if may_reorder {
        order.sort_by_key(|&index| std::cmp::Reverse(fields[index].0)); // stable
    }
    let mut offsets = vec![0; fields.len()];
    let (mut end, mut align) = (0u64, 1);
    for index in order {
        let (field_align, field) = &fields[index];
        offsets[index] = end.next_multiple_of((*field_align).into());
        end = offsets[index] + field.size;
        align = align.max(*field_align);
    }
    let mut leaves = Some(Vec::new());
    let mut places = Vec::new();
    for (offset, (_, field)) in offsets.into_iter().zip(&fields) {
        let first_leaf = leaves.as_ref().map_or(0, Vec::len);
        let leaf_count = field.leaves.as_ref().map_or(0, Vec::len);
        places.push(FieldPlace { offset, first_leaf, leaf_count });
        leaves = leaves.zip(field.leaves.as_ref()).map(|(mut leaves, more)| {
            leaves.extend(more.iter().map(|leaf| Leaf { offset: leaf.offset + offset, ..*leaf }));
            leaves
        });
    }
    TypeLayout::of(end, align, leaves, Parts::Fields(places))
}

/// One integer: its fields side by side, or on top of each other.
fn packed(cx: &mut Context, fields: &[ContainerField], is_struct: bool) -> TypeLayout {
    let mut bits = Vec::new();
    let (mut shift, mut total) = (0, 0);
    for field in fields {
        let width = bit_width(cx, field.ty);
        bits.push(Bits { shift, width });
        total = total.max(shift + width);
        shift += if is_struct { width } else { 0 };
    }
    TypeLayout { parts: Parts::Packed(bits), ..int(total) }
}

/// How many bits a type takes inside a packed one.
fn bit_width(cx: &mut Context, ty: TypeId) -> u16 {
    let layout = layout(cx, ty);
    match layout.leaves.as_deref() {
        Some([]) => 0,
        Some([leaf]) => match leaf.ty {
            flow::Type::Int(bits) | flow::Type::Float(bits) => bits,
            flow::Type::Pointer => 8 * layout.size as u16,
            flow::Type::Vector(..) => 8 * layout.size as u16,
        },
        _ => bug!("layout", "{ty} inside a packed struct"),
    }
}

fn union(cx: &mut Context, fields: &[ContainerField], tag: Option<TypeId>) -> TypeLayout {
    let (mut size, mut align) = (0, 1);
    for field in fields {
        let (field_align, field) = place_of(cx, field);
        size = size.max(field.size);
        align = align.max(field_align);
    }
    let Some(tag) = tag else {
        let leaves = (size == 0).then(Vec::new);
        return TypeLayout::of(size, align, leaves, Parts::Union { tag: None });
    };
    let tag = layout(cx, tag);
    let leaves = if size == 0 { tag.leaves.clone() } else { None };
    let offset = size.next_multiple_of(tag.align.into());
    let parts = Parts::Union { tag: Some(offset) };
    TypeLayout::of(offset + tag.size, align.max(tag.align), leaves, parts)
}
