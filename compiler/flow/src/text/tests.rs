//! The round trip of everything the text can say, and what the reader says to slips of the pen.

use super::{print, read};
use expect_test::{Expect, expect};

/// Reads, prints and reads again: the graph is the same, and so is the text.
fn check_same(text: &str) {
    let graph = read(text).unwrap();
    assert_eq!(print(&graph), text);
    assert_eq!(read(&print(&graph)).unwrap(), graph);
}

fn check_error(text: &str, expected: Expect) {
    expected.assert_eq(&read(text).unwrap_err());
}

#[test]
fn globals_and_declarations() {
    check_same(
        r#"const global @greeting 3 align 1 = "hi\n"
global @"any name" 64 align 16
export threadlocal global @std.os:state 4 align 4 = "\x00\xff\"\\"
global @table 24 align 8 = "a" [0: @main, 8: @greeting + 1, 16: @"any name" - 9223372036854775808]

import c fn @puts(ptr) [return(i32)]
build fn @write(ptr, i64) ["not found", done(<4 x i32>)]
always cold fn @panic(ptr, i64) []

export never naked fn @main() [] {
  b0:
    trap
}
"#,
    );
}

#[test]
fn every_instruction() {
    check_same(
        r#"global @g 8 align 8

fn @f(ptr, i32, <4 x i32>) [return(i32)] {
  slot s0 16 align 8
  slot s1 1 align 1
  absent v3: i128
  b0(v0: ptr, v1: i32, v2: <4 x i32>):
    v4: i64 = const 340282366920938463463374607431768211455
    v5: f32 = const float 0x3f800000
    v6: <4 x i32> = const zero
    v7: i8 = const undefined
    v8: ptr = const @g
    v9: ptr = const @f
    v10: ptr = slot s0
    v11: i32 = count_ones v1
    v12: i32 = shift_right_signed v1, v11
    v13: i32, v14: i1 = overflow mul_signed v1, v1
    v15: i1 = less_unsigned v1, v12
    v16: i64 = extend_signed v1
    v17: i32 = select v15, v1, v12
    v18: i32 = load v0 align 4
    v19: i32 = load v0 align 1 volatile
    store v0, v1 align 4
    store v0, v1 align 4 volatile
    v20: ptr = offset v0, v16
    copy v0, v8, v16
    copy overlapping v0, v8, v16
    fill v0, v7, v16
    live s1
    show 2 v0
    dead s1
    v21: i32 = atomic load v0 acquire
    atomic store v0, v1 release
    v22: i32 = atomic nand v0, v1 monotonic
    v23: i32, v24: i1 = compare_exchange weak v0, v1, v1 acquire_release unordered
    v25: i32, v26: i1 = compare_exchange v0, v1, v1 acquire_release acquire
    fence sequentially_consistent
    v27: <4 x i32> = splat v1
    v28: i32 = extract v27, v16
    v29: <4 x i32> = insert v27, v16, v1
    v30: <2 x i32> = shuffle v27, v2 [0, 5]
    v31: i32 = reduce add v27
    v32: i32 = call @f(v0, v1, v2)
    v33: i32 = call v9 as c fn(ptr) [return(i32)] (v1)
    v34: i64 = syscall 1(v16)
    v35: i64 = syscall 39()
    v36: i64 = asm volatile "syscall"("{rax}" v16, "r" v0) -> "={rax}" clobbers [rcx, memory]
    asm "nop # \xc3\xa9"()
    exit return(v32)
}
"#,
    );
}

#[test]
fn every_terminator() {
    check_same(
        r#"fn @parse(i32, i1) [done(i32), more, "2nd"] {
  b0(v0: i32, v1: i1):
    branch v1, b1, b2(v0)
  b1:
    switch v0 [0 -> b1, 7 -> b2(v0), else -> b3]
  b2(v2: i32):
    jump b2(v2)
  b3:
    call @parse(v0, v1) [done -> b2, more -> b4, "2nd" -> b5]
  b4:
    exit more
  b5:
    call @stop() []
  b6:
    exit done(v0)
  b7:
    unreachable
  b8:
    exit "2nd"
}

fn @stop() [same, same] {
  b0:
    exit 1
}
"#,
    );
}

#[test]
fn exits_of_a_call_may_stand_in_any_order() {
    let text = "fn @e() [a, b] fn @f() [] { b0: call @e() [b -> b1, a -> b2] b1: trap b2: unreachable }";
    let expected = expect![[r#"
        fn @e() [a, b]

        fn @f() [] {
          b0:
            call @e() [a -> b2, b -> b1]
          b1:
            trap
          b2:
            unreachable
        }
    "#]];
    expected.assert_eq(&print(&read(text).unwrap()));
}

#[test]
fn errors_say_where_and_what() {
    check_error(
        "fn @f() [\n  return] {\n b0:\n  v1: i32 = ad v1, v2 }",
        expect!["line 4, column 13: expected an instruction, found `ad`"],
    );
    check_error(
        "fn @f() [return] { b0: exit done }",
        expect!["line 1, column 29: expected one of the exits [return], found `done`"],
    );
    check_error("fn @f() [] { b0: jump b1(v1 }", expect!["line 1, column 29: expected `)`, found `}`"]);
    check_error("fn @f() [] { b1: trap }", expect!["line 1, column 24: this body has no block b0"]);
    check_error(
        "fn @f() [] { b0: trap b0: trap }",
        expect!["line 1, column 23: expected a block that is not there yet, found `b0`"],
    );
    check_error(
        "fn @f() [] { b0: v1: i33x = const 1 }",
        expect!["line 1, column 22: expected a type, found `i33x`"],
    );
    check_error(
        "fn @f() [] { b0: v1: i32 = const 1 v1: i8 = const 1 trap }",
        expect!["line 1, column 40: v1 has another type already"],
    );
    check_error(
        "fn @f() [] { b0: call @g() [] }",
        expect!["line 1, column 23: expected the name of a function or global, found `@g`"],
    );
    check_error(
        "fn @e() [a, b] fn @f() [] { b0: call @e() [b -> b1] }",
        expect!["line 1, column 53: exit 0 of the callee leads nowhere"],
    );
    check_error("fn @f() []\nfn @f() []", expect!["line 2, column 4: there are two `@f`"]);
    check_error("fn @f() [] { b0:", expect!["line 1, column 17: expected `}`, found the end"]);
    check_error("global @g 4 align 4 = \"a", expect!["line 1, column 23: this text has no end"]);
    check_error(
        "global @g 4 align 99999999999",
        expect!["line 1, column 19: expected a number that fits, found `99999999999`"],
    );
    check_error(
        "fn @f() [] { slot s1 4 align 4 }",
        expect!["line 1, column 19: expected `s0`: slots stand in order, found `s1`"],
    );
    check_error("§", expect!["line 1, column 1: `§` starts nothing"]);
}

#[test]
fn what_c_wants_to_know() {
    check_same(
        "import c fn @f(ptr, i8, ptr) [return(i64, f64)] as (0 result 24 8, 1 signed, 2 copied 32 8)\n\
         import c fn @printf(ptr) [return(i16)] as () signed variadic\n",
    );
}
