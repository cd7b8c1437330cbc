//! Hand-made trees, the graphs they become, and the laws of graphs.

pub(crate) mod make;
mod numbers;
mod programs;

use super::lower_program;
use crate::context::ContainerKind;
use crate::ids::{LabelId, TypeId};
use crate::tree::{Binary, Compare, Kind, Place};
use crate::types::ErrorSet;
use crate::value::Value;
use expect_test::{Expect, expect};
use koru_base::{Level, MemoryFiles, targets};
use make::Make;

/// Lowers the function `main` that `make` makes, and compares the text of the graph.
fn check_in(mode: Level, make: impl FnOnce(&mut Make), expected: Expect) {
    let files = MemoryFiles::default();
    let mut cx = crate::Context::new(&files, &targets::TARGETS[0], mode);
    let mut maker = Make::new(&mut cx);
    make(&mut maker);
    let main = maker.finish();
    let graph = lower_program(&mut cx, &[main]);
    koru_flow::verify::expect_lawful(&graph, "lower");
    expected.assert_eq(&koru_flow::text::print(&graph));
}

fn check(make: impl FnOnce(&mut Make), expected: Expect) {
    check_in(Level::Small, make, expected);
}

#[test]
fn a_sum_of_parameters_is_one_instruction_and_in_debug_two_ways_on() {
    fn add(m: &mut Make) {
        let (a, b) = (m.param("a", TypeId::I32), m.param("b", TypeId::I32));
        let sum = m.binary(Binary::Add, m.read(a), m.read(b));
        m.returns(TypeId::I32, sum);
    }
    check(
        add,
        expect![[r#"
        export fn @main(i32, i32) [return(i32)] {
          b0(v0: i32, v1: i32):
            v2: i32 = add v0, v1
            exit return(v2)
        }
    "#]],
    );
    check_in(
        Level::Debug,
        add,
        expect![[r#"
            export fn @main(i32, i32) [return(i32)] {
              b0(v0: i32, v1: i32):
                v2: i32, v3: i1 = overflow add_signed v0, v1
                branch v3, b2, b1
              b1:
                exit return(v2)
              b2:
                trap
            }
        "#]],
    );
}

#[test]
fn a_variable_has_a_slot_and_a_loop_goes_back_to_its_condition() {
    check(
        |m| {
            let n = m.param("n", TypeId::U32);
            let sum = m.var("sum", TypeId::U32);
            let zero = m.int(TypeId::U32, 0);
            let start = m.bind(sum, zero);
            let condition = m.compare(Compare::Less, m.read(sum), m.read(n));
            let one = m.int(TypeId::U32, 1);
            let more = m.binary(Binary::AddWrap, m.read(sum), one);
            let body = m.assign(Place::Local(sum), more);
            let label = LabelId(0);
            let round =
                m.stmt(Kind::Loop { label, condition: Some(condition), body, step: None, otherwise: None });
            let end = m.give_back(m.read(sum));
            let all = m.block(vec![start, round, end]);
            m.root(TypeId::U32, all);
        },
        expect![[r#"
            export fn @main(i32) [return(i32)] {
              slot s0 4 align 4
              b0(v0: i32):
                v1: i32 = const 0
                v2: ptr = slot s0
                store v2, v1 align 4
                jump b1
              b1:
                v3: ptr = slot s0
                v4: i32 = load v3 align 4
                v5: i1 = less_unsigned v4, v0
                branch v5, b2, b3
              b2:
                v6: ptr = slot s0
                v7: i32 = load v6 align 4
                v8: i32 = const 1
                v9: i32 = add v7, v8
                store v6, v9 align 4
                jump b1
              b3:
                jump b4
              b4:
                v10: ptr = slot s0
                v11: i32 = load v10 align 4
                exit return(v11)
            }
        "#]],
    );
}

#[test]
fn an_aggregate_is_written_field_by_field_into_its_place() {
    check(
        |m| {
            let point = m.structure(&[("x", TypeId::I32), ("y", TypeId::I32)]);
            let p = m.param("p", point);
            let v = m.var("v", point);
            let start = m.bind(v, m.read(p));
            let swapped = m.aggregate(point, vec![m.field(v, 1, TypeId::I32), m.field(v, 0, TypeId::I32)]);
            let swap = m.assign(Place::Local(v), swapped);
            let end = m.give_back(m.read(v));
            let all = m.block(vec![start, swap, end]);
            m.root(point, all);
        },
        expect![[r#"
            export fn @main(i32, i32) [return(i32, i32)] {
              slot s0 8 align 4
              b0(v0: i32, v1: i32):
                v2: ptr = slot s0
                store v2, v0 align 4
                v3: i64 = const 4
                v4: ptr = offset v2, v3
                store v4, v1 align 4
                v5: ptr = offset v2, v3
                v6: i32 = load v5 align 4
                store v2, v6 align 4
                v7: i32 = load v2 align 4
                v8: ptr = offset v2, v3
                store v8, v7 align 4
                v9: i32 = load v2 align 4
                v10: ptr = offset v2, v3
                v11: i32 = load v10 align 4
                exit return(v9, v11)
            }
        "#]],
    );
}

#[test]
fn a_returned_union_is_an_exit_and_an_arm_is_a_block() {
    check(
        |m| {
            let text = m.cx.types.text();
            let (event, output) = m.event("find", &[("found", Some(text)), ("missing", None)]);
            let n = m.param("n", TypeId::U32);
            let zero = m.int(TypeId::U32, 0);
            let is_zero = m.compare(Compare::Equal, m.read(n), zero);
            let hello = m.text("hello");
            let found = m.union(output, 0, Some(hello));
            let missing =
                m.expr(output, Kind::Const(Value::Union { field: 1, payload: Value::empty().into() }));
            let choice = m.choose(output, is_zero, missing, found);
            let end = m.give_back(choice);
            let find = m.finish_as(event, end);

            let len = m.local("text", text);
            let seven = m.int(TypeId::U32, 7);
            let result = m.expr(TypeId::USIZE, Kind::SliceLen(m.read(len)));
            let found = (Some(len), m.give_back(result));
            let none = m.int(TypeId::USIZE, 0);
            let missing = (None, m.give_back(none));
            let call = m.event_call(find, vec![seven], vec![found, missing], None);
            m.root(TypeId::USIZE, call);
        },
        expect![[r#"
            const global @data.0 5 align 1 = "hello"

            export fn @main() [return(i64)] {
              b0:
                v0: i32 = const 7
                call @find(v0) [found -> b1, missing -> b2]
              b1(v1: ptr, v2: i64):
                exit return(v2)
              b2:
                v3: i64 = const 0
                exit return(v3)
            }

            fn @find(i32) [found(ptr, i64), missing] {
              b0(v0: i32):
                v1: i32 = const 0
                v2: i1 = equal v0, v1
                branch v2, b1, b2
              b1:
                exit missing
              b2:
                v3: ptr = const @data.0
                v4: i64 = const 5
                exit found(v3, v4)
            }
        "#]],
    );
}

#[test]
fn a_jump_to_a_label_is_a_back_edge_with_the_arguments() {
    check(
        |m| {
            let (step, output) = m.event("step", &[("more", Some(TypeId::U32)), ("stop", None)]);
            let n = m.param("n", TypeId::U32);
            let more = m.union(output, 0, Some(m.read(n)));
            let end = m.give_back(more);
            let step = m.finish_as(step, end);

            let left = m.local("left", TypeId::U32);
            let one = m.int(TypeId::U32, 1);
            let less = m.binary(Binary::SubWrap, m.read(left), one);
            let again = m.stmt(Kind::Jump { label: LabelId(0), args: vec![less] });
            let stop = m.block(vec![]);
            let three = m.int(TypeId::U32, 3);
            let call =
                m.event_call(step, vec![three], vec![(Some(left), again), (None, stop)], Some(LabelId(0)));
            m.root(TypeId::VOID, call);
        },
        expect![[r#"
            export fn @main() [return] {
              b0:
                v0: i32 = const 3
                jump b1(v0)
              b1(v1: i32):
                call @step(v1) [more -> b2, stop -> b3]
              b2(v2: i32):
                v3: i32 = const 1
                v4: i32 = sub v2, v3
                jump b1(v4)
              b3:
                jump b4
              b4:
                exit return
            }

            fn @step(i32) [more(i32), stop] {
              b0(v0: i32):
                exit more(v0)
            }
        "#]],
    );
}

#[test]
fn an_errdefer_runs_only_where_an_error_is_returned() {
    check(
        |m| {
            let set = m.cx.types.intern(crate::types::Type::ErrorSet(ErrorSet::Named(vec!["Bad".into()])));
            let result = m.error_union(set, TypeId::U8);
            let flag = m.param("flag", TypeId::BOOL);
            let count = m.global("count", TypeId::U8);
            let (one, two) = (m.int(TypeId::U8, 1), m.int(TypeId::U8, 2));
            let set_one = m.assign(Place::Global(count), one);
            let set_two = m.assign(Place::Global(count), two);
            let always = m.stmt(Kind::Defer { body: set_one });
            let failing = m.stmt(Kind::ErrDefer { error: None, body: set_two });
            let bad = m.expr(set, Kind::Const(Value::Error("Bad".into())));
            let bad = m.expr(result, Kind::Failure(bad));
            let seven = m.int(TypeId::U8, 7);
            let good = m.expr(result, Kind::Payload(seven));
            let choice = m.choose(result, m.read(flag), bad, good);
            let end = m.give_back(choice);
            let all = m.block(vec![always, failing, end]);
            m.root(result, all);
        },
        expect![[r#"
            global @count 1 align 1

            export fn @main(i1) [return(i16, i8)] {
              b0(v0: i1):
                branch v0, b1, b2
              b1:
                v1: i16 = const 1
                v2: i8 = const undefined
                v3: i8 = const 2
                v4: ptr = const @count
                store v4, v3 align 1
                v5: i8 = const 1
                store v4, v5 align 1
                exit return(v1, v2)
              b2:
                v6: i8 = const 7
                v7: i16 = const 0
                v8: i8 = const 1
                v9: ptr = const @count
                store v9, v8 align 1
                exit return(v7, v6)
            }
        "#]],
    );
}

#[test]
fn host_code_gets_an_event_s_union_put_together() {
    check(
        |m| {
            let big = m.cx.types.array(9, TypeId::U64);
            let (event, output) =
                m.event("make", &[("big", Some(big)), ("small", Some(TypeId::U8)), ("none", None)]);
            let none = m.union(output, 2, None);
            let end = m.give_back(none);
            let make = m.finish_as(event, end);
            let call = m.call(output, make, vec![]);
            let tag = m.tag_type(output);
            let tag = m.expr(tag, Kind::UnionTag(call));
            m.returns(TypeId::U8, tag);
        },
        expect![[r#"
            export fn @main() [return(i8)] {
              slot s0 80 align 8
              b0:
                v0: ptr = slot s0
                call @make(v0) [big -> b2, small -> b3, none -> b4]
              b1:
                v1: ptr = slot s0
                v2: i64 = const 72
                v3: ptr = offset v1, v2
                v4: i8 = load v3 align 1
                exit return(v4)
              b2:
                v5: ptr = slot s0
                v6: i8 = const 0
                v7: i64 = const 72
                v8: ptr = offset v5, v7
                store v8, v6 align 1
                jump b1
              b3(v9: i8):
                v10: ptr = slot s0
                store v10, v9 align 1
                v11: i8 = const 1
                v12: i64 = const 72
                v13: ptr = offset v10, v12
                store v13, v11 align 1
                jump b1
              b4:
                v14: i8 = const 2
                v15: ptr = slot s0
                v16: i64 = const 72
                v17: ptr = offset v15, v16
                store v17, v14 align 1
                jump b1
            }

            fn @make(ptr) [big, small(i8), none] {
              b0(v0: ptr):
                exit none
            }
        "#]],
    );
}

#[test]
fn equal_constants_are_kept_once_and_uniform_ones_are_filled() {
    check(
        |m| {
            let array = m.cx.types.array(64, TypeId::U8);
            let v = m.var("v", array);
            let zeros = Value::Bytes([0; 64].into());
            let zeros = m.expr(array, Kind::Const(zeros));
            let start = m.bind(v, zeros);
            let (a, b) = (m.text("hi"), m.text("hi"));
            let (a_len, b_len) = (m.local("a", a.ty), m.local("b", b.ty));
            let (first, second) = (m.bind(a_len, a), m.bind(b_len, b));
            let pointers = [m.pointer_of(a_len), m.pointer_of(b_len)];
            let [left, right] = pointers;
            let same = m.compare(Compare::Equal, left, right);
            let end = m.give_back(same);
            let all = m.block(vec![start, first, second, end]);
            m.root(TypeId::BOOL, all);
        },
        expect![[r#"
            const global @data.0 2 align 1 = "hi"

            export fn @main() [return(i1)] {
              slot s0 64 align 1
              b0:
                v0: i64 = const 64
                v1: ptr = slot s0
                v2: i8 = const 0
                fill v1, v2, v0
                v3: ptr = const @data.0
                v4: i1 = equal v3, v3
                exit return(v4)
            }
        "#]],
    );
}

#[test]
fn a_name_of_a_tag_comes_from_a_table_without_addresses() {
    check(
        |m| {
            let number = m.cx.types.int(2, false);
            let fields = [("red", number, None), ("green", number, None), ("blue", number, None)];
            let layout = koru_syntax::ast::host::Layout::Auto;
            let colour =
                crate::layout::declare_for_tests(m.cx, ContainerKind::Enum, layout, &fields, Some(number));
            let c = m.param("c", colour);
            let text = m.cx.types.text();
            let name = m.intrinsic(text, crate::tree::Intrinsic::TagName, vec![m.read(c)]);
            m.returns(text, name);
        },
        expect![[r#"
            const global @data.0 15 align 1 = "red\x00green\x00blue\x00"
            const global @data.1 8 align 2 = "\x00\x00\x04\x00\n\x00\x0f\x00"

            export fn @main(i2) [return(ptr, i64)] {
              b0(v0: i2):
                v1: i64 = extend_unsigned v0
                v2: i64 = const 2
                v3: i64 = mul v1, v2
                v4: ptr = const @data.1
                v5: ptr = offset v4, v3
                v6: i16 = load v5 align 2
                v7: ptr = offset v5, v2
                v8: i16 = load v7 align 2
                v9: i64 = extend_unsigned v6
                v10: i64 = extend_unsigned v8
                v11: ptr = const @data.0
                v12: ptr = offset v11, v9
                v13: i64 = sub v10, v9
                v14: i64 = const 1
                v15: i64 = sub v13, v14
                exit return(v12, v15)
            }
        "#]],
    );
}

#[test]
fn a_jump_from_beside_a_label_keeps_bindings_in_memory() {
    check(
        |m| {
            let big = m.cx.types.array(3, TypeId::U64);
            let (start, _) = m.event("start", &[("first", Some(TypeId::U8)), ("again", Some(big))]);
            let (step, output) = m.event("step", &[("stop", None)]);
            m.param("state", big);
            let end = m.union(output, 0, None);
            let end = m.give_back(end);
            let step = m.finish_as(step, end);

            let (x, y) = (m.local("x", TypeId::U8), m.local("y", big));
            let count = m.global("count", TypeId::U8);
            let use_x = m.assign(Place::Global(count), m.read(x));
            let zeros = m.expr(big, Kind::Const(Value::Aggregate([0, 0, 0].map(Value::int).into())));
            let labelled = m.event_call(step, vec![zeros], vec![(None, use_x)], Some(LabelId(0)));
            let jump = m.stmt(Kind::Jump { label: LabelId(0), args: vec![m.read(y)] });
            let call = m.event_call(start, vec![], vec![(Some(x), labelled), (Some(y), jump)], None);
            m.root(TypeId::VOID, call);
        },
        expect![[r#"
            const global @data.0 24 align 8
            global @count 1 align 1

            export fn @main() [return] {
              slot s0 24 align 8
              slot s1 1 align 1
              slot s2 24 align 8
              b0:
                v0: ptr = slot s0
                call @start(v0) [first -> b1, again -> b2]
              b1(v1: i8):
                v2: ptr = slot s1
                store v2, v1 align 1
                v3: ptr = slot s2
                v4: ptr = const @data.0
                v5: i64 = const 24
                copy v3, v4, v5
                jump b3
              b2:
                v6: ptr = slot s2
                v7: ptr = slot s0
                v8: i64 = const 24
                copy v6, v7, v8
                jump b3
              b3:
                v9: ptr = slot s2
                call @step(v9)
                v10: ptr = slot s1
                v11: i8 = load v10 align 1
                v12: ptr = const @count
                store v12, v11 align 1
                jump b4
              b4:
                jump b5
              b5:
                exit return
            }

            fn @start(ptr) [first(i8), again] {
              b0(v0: ptr):
                trap
            }

            fn @step(ptr) [stop] {
              b0(v0: ptr):
                exit stop
            }
        "#]],
    );
}

#[test]
fn fields_of_packed_structs_are_bits_unless_they_fill_bytes() {
    check(
        |m| {
            let (three, five) = (m.cx.types.int(3, false), m.cx.types.int(5, false));
            let fields = [("a", three, None), ("b", five, None), ("c", TypeId::U8, None)];
            let layout = koru_syntax::ast::host::Layout::Packed;
            let flags = crate::layout::declare_for_tests(m.cx, ContainerKind::Struct, layout, &fields, None);
            let (p, v) = (m.param("p", flags), m.var("v", flags));
            let start = m.bind(v, m.read(p));
            let place = |m: &Make, field| match *m.field(v, field, TypeId::U8).kind {
                Kind::Read(place) => place,
                _ => unreachable!(),
            };
            let bits = m.assign(place(m, 1), m.field(p, 1, five));
            let byte = m.assign(place(m, 2), m.int(TypeId::U8, 9));
            let end = m.give_back(m.read(v));
            let all = m.block(vec![start, bits, byte, end]);
            m.root(flags, all);
        },
        expect![[r#"
            export fn @main(i16) [return(i16)] {
              slot s0 2 align 2
              b0(v0: i16):
                v1: ptr = slot s0
                store v1, v0 align 2
                v2: i16 = const 3
                v3: i16 = shift_right_unsigned v0, v2
                v4: i5 = truncate v3
                v5: i16 = load v1 align 2
                v6: i16 = const 65287
                v7: i16 = and v5, v6
                v8: i16 = extend_unsigned v4
                v9: i16 = shift_left v8, v2
                v10: i16 = or v7, v9
                store v1, v10 align 2
                v11: i8 = const 9
                v12: i64 = const 1
                v13: ptr = offset v1, v12
                store v13, v11 align 1
                v14: i16 = load v1 align 2
                exit return(v14)
            }
        "#]],
    );
}
