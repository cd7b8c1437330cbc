//! Sizes, offsets and scalars of every kind of type.

use super::*;
use crate::context::{Container, ContainerField, ContainerKind};
use crate::ids::ModuleId;
use crate::types::{ErrorSet, TupleField};
use expect_test::{Expect, expect};
use koru_base::Level;
use koru_base::{MemoryFiles, Span, targets};
use koru_syntax::ast::host::Layout;

/// Lays out the type that `make` makes and compares size, alignment, leaves and parts.
fn check(make: impl FnOnce(&mut Context) -> TypeId, expected: Expect) {
    let files = MemoryFiles::default();
    let mut cx = Context::new(&files, &targets::TARGETS[0], Level::Debug);
    let ty = make(&mut cx);
    let layout = layout(&mut cx, ty);
    let leaf = |leaf: &Leaf| format!("{} at {}", print_type(leaf.ty), leaf.offset);
    let leaves = layout.leaves.as_ref().map(|leaves| leaves.iter().map(leaf).collect::<Vec<_>>().join(", "));
    let leaves = leaves.unwrap_or_else(|| "in memory".into());
    let parts = match &layout.parts {
        Parts::Fields(fields) => {
            format!("fields at {:?}", fields.iter().map(|field| field.offset).collect::<Vec<_>>())
        }
        parts => format!("{parts:?}"),
    };
    expected.assert_eq(&format!("{} align {}: {leaves}; {parts}", layout.size, layout.align));
}

/// As graphs print it.
fn print_type(ty: flow::Type) -> String {
    match ty {
        flow::Type::Int(bits) => format!("i{bits}"),
        flow::Type::Pointer => "ptr".into(),
        other => format!("{other:?}"),
    }
}

/// A container with these fields.
pub(crate) fn declare(
    cx: &mut Context,
    kind: ContainerKind,
    layout: Layout,
    fields: &[(&str, TypeId, Option<u32>)],
    tag: Option<TypeId>,
) -> TypeId {
    let field = |&(name, ty, align): &(&str, TypeId, Option<u32>)| ContainerField {
        name: Name::new(name),
        ty,
        value: None,
        is_comptime: false,
        align,
        span: Span::NONE,
    };
    let container = cx.containers.push(Container {
        name: Name::new("Made"),
        kind,
        module: ModuleId(0),
        parent: None,
        captures: Rc::from([]),
        layout,
        source: None,
        decls: FxHashMap::default(),
        fields: Some(fields.iter().map(field).collect()),
        tag,
        is_open: false,
        span: Span::NONE,
    });
    cx.types.intern(Type::Container(container))
}

#[test]
fn an_optional_pointer_is_a_pointer_and_other_optionals_carry_a_bool() {
    let pointer = |cx: &mut Context| {
        let pointer = cx.types.pointer(TypeId::U8, false);
        cx.types.optional(pointer)
    };
    check(pointer, expect!["8 align 8: ptr at 0; Optional { flag: None }"]);
    let slice = |cx: &mut Context| {
        let text = cx.types.text();
        cx.types.optional(text)
    };
    check(slice, expect!["24 align 8: ptr at 0, i64 at 8, i1 at 16; Optional { flag: Some(16) }"]);
    let nested = |cx: &mut Context| {
        let inner = cx.types.optional(TypeId::U32);
        cx.types.optional(inner)
    };
    check(nested, expect!["12 align 4: i32 at 0, i1 at 4, i1 at 8; Optional { flag: Some(8) }"]);
}

#[test]
fn an_error_union_begins_with_the_number_of_the_error() {
    let union = |cx: &mut Context| {
        let set = cx.types.intern(Type::ErrorSet(ErrorSet::Any));
        let payload = cx.types.text();
        cx.types.intern(Type::ErrorUnion { set, payload })
    };
    check(union, expect!["24 align 8: i16 at 0, ptr at 8, i64 at 16; ErrorUnion { payload: 8 }"]);
}

#[test]
fn plain_structs_put_large_alignments_first_and_extern_ones_keep_their_order() {
    let fields = [("a", TypeId::U8, None), ("b", TypeId::U64, None), ("c", TypeId::U16, None)];
    let plain = |cx: &mut Context| declare(cx, ContainerKind::Struct, Layout::Auto, &fields, None);
    check(plain, expect!["16 align 8: i8 at 10, i64 at 0, i16 at 8; fields at [10, 0, 8]"]);
    let c = |cx: &mut Context| declare(cx, ContainerKind::Struct, Layout::Extern, &fields, None);
    check(c, expect!["24 align 8: i8 at 0, i64 at 8, i16 at 16; fields at [0, 8, 16]"]);
}

#[test]
fn the_kernel_s_epoll_event_takes_twelve_bytes() {
    let event = |cx: &mut Context| {
        let data = [("fd", TypeId::I32, None), ("word", TypeId::U64, None)];
        let data = declare(cx, ContainerKind::Union, Layout::Extern, &data, None);
        let fields = [("events", TypeId::U32, None), ("data", data, Some(4))];
        declare(cx, ContainerKind::Struct, Layout::Extern, &fields, None)
    };
    check(event, expect!["12 align 4: in memory; fields at [0, 4]"]);
}

#[test]
fn a_packed_struct_is_one_integer() {
    let flags = |cx: &mut Context| {
        let rest = cx.types.int(6, false);
        let fields = [("a", TypeId::BOOL, None), ("b", TypeId::BOOL, None), ("c", rest, None)];
        declare(cx, ContainerKind::Struct, Layout::Packed, &fields, None)
    };
    let bits = expect![
        "1 align 1: i8 at 0; Packed([Bits { shift: 0, width: 1 }, Bits { shift: 1, width: 1 }, Bits { shift: 2, width: 6 }])"
    ];
    check(flags, bits);
}

#[test]
fn a_tagged_union_is_payload_then_tag_and_only_its_tag_where_nothing_is_carried() {
    let tagged = |cx: &mut Context, payload| {
        let number = cx.types.int(1, false);
        let tag = declare(cx, ContainerKind::Enum, Layout::Auto, &[], Some(number));
        let fields = [("some", payload, None), ("none", TypeId::VOID, None)];
        declare(cx, ContainerKind::Union, Layout::Auto, &fields, Some(tag))
    };
    check(|cx| tagged(cx, TypeId::U32), expect!["8 align 4: in memory; Union { tag: Some(4) }"]);
    check(|cx| tagged(cx, TypeId::VOID), expect!["1 align 1: i1 at 0; Union { tag: Some(0) }"]);
}

#[test]
fn a_sentinel_takes_room_and_values_known_while_compiling_take_none() {
    let text = |cx: &mut Context| {
        let sentinel = Some(crate::value::Value::int(0));
        cx.types.intern(Type::Array { len: 3, sentinel, child: TypeId::U8 })
    };
    check(text, expect!["4 align 1: in memory; Elements { stride: 1, count: 4 }"]);
    let tuple = |cx: &mut Context| {
        let known = TupleField { ty: TypeId::COMPTIME_INT, value: Some(crate::value::Value::int(7)) };
        cx.types.intern(Type::Tuple(vec![known, TupleField { ty: TypeId::U16, value: None }]))
    };
    check(tuple, expect!["2 align 2: i16 at 0; fields at [2, 0]"]);
}
