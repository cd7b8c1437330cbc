//! Shared arms: what the graph looks like then, and that it still does the same for every number.

use crate::builder::Builder;
use crate::eval::{Limits, Machine, NoWorld, Value};
use crate::graph::*;
use crate::passes::tests::check_graph;
use crate::text::{print, read};
use crate::verify::expect_lawful;
use expect_test::{Expect, expect};
use koru_base::{FileId, Span};

fn check(text: &str, expected: Expect) {
    check_graph(text, |graph| super::share(graph, 4), expected);
}

#[test]
fn a_chain_of_tests_that_give_constants_is_a_table() {
    check(
        r#"const global @a 2 align 1 = "ab"
        const global @b 1 align 1 = "c"
        fn @f(i32) [reply(i16, ptr), more] {
          b0(v0: i32): v1: i32 = const 5 v2: i1 = equal v0, v1 branch v2, b1, b2
          b1: v3: i16 = const 200 v4: ptr = const @a exit reply(v3, v4)
          b2: v5: i32 = const 6 v6: i1 = not_equal v0, v5 branch v6, b4, b3
          b3: v7: i16 = const 404 v8: ptr = const @b exit reply(v7, v8)
          b4: switch v0 [7 -> b5, 8 -> b6, else -> b7]
          b5: v9: i16 = const 404 v10: ptr = const @a exit reply(v9, v10)
          b6: v11: i16 = const 200 v12: ptr = const @b exit reply(v11, v12)
          b7: exit more
        }"#,
        expect![[r#"
            const global @a 2 align 1 = "ab"
            const global @b 1 align 1 = "c"
            const global @table.2 8 align 2 = "\xc8\x00\x94\x01\x94\x01\xc8\x00"
            const global @table.3 3 align 1 = "abc"
            const global @table.4 4 align 1 = "\x00\x02\x00\x02"

            fn @f(i32) [reply(i16, ptr), more] {
              b0(v0: i32):
                v1: i32 = const 5
                v2: i32 = sub v0, v1
                v3: i64 = extend_unsigned v2
                v4: i32 = const 4
                v5: i1 = less_unsigned v2, v4
                branch v5, b1, b2
              b1:
                v6: ptr = const @table.2
                v7: i64 = const 2
                v8: i64 = mul v3, v7
                v9: ptr = offset v6, v8
                v10: i16 = load v9 align 2
                v11: ptr = const @table.4
                v12: ptr = offset v11, v3
                v13: i8 = load v12 align 1
                v14: i64 = extend_unsigned v13
                v15: ptr = const @table.3
                v16: ptr = offset v15, v14
                exit reply(v10, v16)
              b2:
                exit more
            }
        "#]],
    );
}

#[test]
fn arms_of_other_shapes_keep_their_ways_and_what_lies_on_a_line_is_worked_out() {
    check(
        "fn @f(i8, i32, ptr) [return(i32)] {
          b0(v0: i8, v1: i32, v2: ptr): switch v0 [0 -> b1, 1 -> b2, 2 -> b3, 4 -> b4, 5 -> b5, else -> b6]
          b1: v3: i32 = const 10 jump b7(v3)
          b2: v4: i32 = const 13 jump b7(v4)
          b3: v5: i32 = const 16 jump b7(v5)
          b4: v6: i32 = const 22 jump b7(v6)
          b5: store v2, v1 align 4 jump b7(v1)
          b6: v7: i32 = const 0 jump b7(v7)
          b7(v8: i32): exit return(v8)
        }",
        expect![[r#"
            const global @table.0 6 align 1 = "\x00\x00\x00\x01\x00\x02"

            fn @f(i8, i32, ptr) [return(i32)] {
              b0(v0: i8, v1: i32, v2: ptr):
                v3: i64 = extend_unsigned v0
                v4: i8 = const 6
                v5: i1 = less_unsigned v0, v4
                branch v5, b1, b4
              b1:
                v6: ptr = const @table.0
                v7: ptr = offset v6, v3
                v8: i8 = load v7 align 1
                switch v8 [0 -> b2, 1 -> b4, else -> b3]
              b2:
                v9: i32 = truncate v3
                v10: i32 = const 3
                v11: i32 = mul v9, v10
                v12: i32 = const 10
                v13: i32 = add v11, v12
                jump b5(v13)
              b3:
                store v2, v1 align 4
                jump b5(v1)
              b4:
                v14: i32 = const 0
                jump b5(v14)
              b5(v15: i32):
                exit return(v15)
            }
        "#]],
    );
}

/// Steps between the largest numbers there are, in any order, must not overflow.
#[test]
fn large_numbers_in_any_order_lie_on_no_line() {
    let text = "fn @f(i8) [return(i64)] {
          b0(v0: i8): switch v0 [3 -> b1, 2 -> b2, 1 -> b3, 0 -> b4, else -> b5]
          b1: v1: i64 = const 0x7fffffffffffffff exit return(v1)
          b2: v2: i64 = const 0x8000000000000000 exit return(v2)
          b3: v3: i64 = const 0xffffffffffffffff exit return(v3)
          b4: v4: i64 = const 0 exit return(v4)
          b5: unreachable
        }";
    let mut graph = read(text).unwrap();
    super::share(&mut graph, 4);
    expect_lawful(&graph, "sharing");
    assert_eq!(graph.globals.iter().map(|table| table.size).collect::<Vec<_>>(), [32]);
}

#[test]
fn numbers_far_apart_stay_a_switch() {
    let text = "fn @f(i32) [return(i32)] {
          b0(v0: i32): switch v0 [1 -> b1, 100 -> b2, 200 -> b3, 300 -> b4, else -> b5]
          b1: v1: i32 = const 1 exit return(v1)
          b2: v2: i32 = const 7 exit return(v2)
          b3: v3: i32 = const 5 exit return(v3)
          b4: v4: i32 = const 2 exit return(v4)
          b5: exit return(v0)
        }";
    let mut graph = read(text).unwrap();
    let before = graph.clone();
    super::share(&mut graph, 4);
    assert_eq!(graph, before);
}

/// A choice of many arms of three shapes, half as tests and half as a switch, some numbers left out.
fn choice(first: u8, count: u8, is_skipped: impl Fn(u8) -> bool) -> Graph {
    let numbers: Vec<u8> = (first..=first + (count - 1)).filter(|&number| !is_skipped(number)).collect();
    let (tests, rest) = numbers.split_at(numbers.len() / 2);
    let arm = |at: usize| 1 + tests.len() + at;
    let other = arm(numbers.len());
    let mut builder = Builder::new(&[Type::Int(8)]);
    for _ in 0..other {
        builder.block(&[]);
    }
    let way = |block: usize| Target { block: BlockId(block as u32), args: Vec::new() };
    let value = builder.params(BlockId(0))[0];
    for (at, &number) in tests.iter().enumerate() {
        let number = builder.push(Type::Int(8), Op::Const(Constant::Int(number.into())));
        let condition = builder.push(Type::BOOL, Op::Compare(Compare::Equal, value, number));
        builder.terminate(Terminator::Branch { condition, then: way(arm(at)), otherwise: way(at + 1) });
        builder.switch_to(BlockId(at as u32 + 1));
    }
    let cases = rest.iter().enumerate().map(|(at, &number)| (number.into(), way(arm(tests.len() + at))));
    builder.terminate(Terminator::Switch { value, cases: cases.collect(), default: way(other) });
    for (at, &number) in numbers.iter().enumerate() {
        builder.switch_to(BlockId(arm(at) as u32));
        write_arm(&mut builder, number, value);
    }
    builder.switch_to(BlockId(other as u32));
    let values = vec![builder.word(999_999)];
    builder.terminate(Terminator::Exit { index: 0, values });
    let mut graph = read("fn @main(i8) [one(i64), two(i16, i8)] { b0(v0: i8): unreachable }").unwrap();
    graph.functions[FunctionId(0)].body = Some(builder.finish());
    graph
}

fn write_arm(builder: &mut Builder, number: u8, value: ValueId) {
    let mixed = u32::from(number).wrapping_mul(0x9e37_79b1) >> 20;
    let (index, values) = match number % 3 {
        0 => (1, vec![builder.push(Type::Int(16), Op::Const(Constant::Int(u128::from(mixed % 300)))), value]),
        1 => {
            let small = builder.push(Type::Int(8), Op::Const(Constant::Int(u128::from(mixed % 7))));
            let wide = builder.push(Type::WORD, Op::Convert(Convert::ExtendUnsigned, small));
            let large = builder.word(mixed.into());
            (0, vec![builder.push(Type::WORD, Op::Binary(Binary::Add, wide, large))])
        }
        _ => (0, vec![builder.word(5 * u64::from(number) + 3)]),
    };
    builder.terminate(Terminator::Exit { index, values });
}

#[test]
fn each_number_leads_to_what_it_led_to() {
    for (first, count, left_out) in [(0, 40, 1), (3, 90, 5), (200, 55, 7), (0, 255, 1)] {
        let before = choice(first, count, |number| left_out > 1 && number % left_out == 0);
        let mut after = before.clone();
        super::share(&mut after, 8);
        expect_lawful(&after, "sharing");
        let body = after.functions[FunctionId(0)].body.as_ref().unwrap();
        assert!(body.blocks.len() < 10, "{}", print(&after));
        let run = |graph: &Graph, number: u8| {
            let main = graph.find("main").unwrap();
            let args = [Value::new(Type::Int(8), number.into())];
            Machine::new(Limits::default()).call(graph, &mut NoWorld, main, &args).unwrap()
        };
        for number in 0..=255 {
            assert_eq!(run(&before, number), run(&after, number), "{number} of {first}, {count}");
        }
    }
}

#[test]
fn what_arms_wrote_at_different_places_comes_from_the_choice() {
    let text = "
        fn @say(i16) [return] { b0(v0: i16): exit return }
        export fn @f(i32) [return] {
          b0(v0: i32): switch v0 [0 -> b1, 1 -> b2, 2 -> b3, 3 -> b4, else -> b5]
          b1: v1: i16 = const 200 call @say(v1) exit return
          b2: v2: i16 = const 404 call @say(v2) exit return
          b3: v3: i16 = const 500 call @say(v3) exit return
          b4: v4: i16 = const 503 call @say(v4) exit return
          b5: exit return
        }";
    let mut graph = read(text).unwrap();
    let f = graph.find("f").unwrap();
    let body = graph.functions[f].body.as_mut().unwrap();
    for (id, block) in body.blocks.iter_mut().enumerate() {
        block.span = Span::new(FileId(0), id as u32, id as u32);
        block.insts.iter_mut().for_each(|inst| inst.span = block.span);
    }
    super::share(&mut graph, 4);
    let body = graph.functions[f].body.as_ref().unwrap();
    let calls = body.blocks.iter().flat_map(|block| &block.insts);
    let calls: Vec<_> = calls.filter(|inst| matches!(inst.op, Op::Call { .. })).collect();
    assert_eq!(calls.len(), 1, "{}", print(&graph));
    assert_eq!(calls[0].span.start, 0);
}
