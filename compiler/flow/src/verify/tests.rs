//! Each law broken once, and what the verifier says.

use super::verify;
use crate::text::read;
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    let found = match verify(&read(text).unwrap()) {
        Ok(()) => "lawful".to_string(),
        Err(violations) => violations.iter().map(|violation| format!("{violation}\n")).collect(),
    };
    expected.assert_eq(&found);
}

/// Checks the instructions of a function that takes some of everything.
fn check_insts(insts: &str, expected: Expect) {
    let head = "fn @one(i32) [return(i32)] { b0(v0: i32): exit return(v0) }
        fn @two() [a, b] { b0: exit a }
        fn @f(i32, i64, ptr, f32, <4 x i32>, i1) [] {
        slot s0 4 align 4
        b0(v0: i32, v1: i64, v2: ptr, v3: f32, v4: <4 x i32>, v5: i1):";
    check(&format!("{head} {insts} trap }}"), expected);
}

#[test]
fn absent_values_and_unreachable_blocks_are_legal() {
    check(
        "fn @f() [return(i32)] {
          absent v1: i32
          b0: v0: i32 = const 1 exit return(v0)
          b1: v2: i32 = add v1, v1 exit return(v2)
        }",
        expect!["lawful"],
    );
}

#[test]
fn a_use_needs_a_definition_on_every_way() {
    check(
        "fn @f(i1) [return(i32)] {
          absent v1: i32
          b0(v0: i1): v9: i32 = add v1, v8 v8: i32 = const 1 branch v0, b1, b2
          b1: v2: i32 = const 1 jump b3
          b2: jump b3
          b3: exit return(v2)
        }",
        expect![[r#"
            @f b0: `v9: i32 = add v1, v8`: v1 is defined nowhere
            @f b0: `v9: i32 = add v1, v8`: v8 is defined later
            @f b3: `exit return(v2)`: v2 is defined in b1, which is not on every way here
        "#]],
    );
}

#[test]
fn loops_carry_values_only_as_parameters() {
    check(
        "fn @f(i32, i1) [return(i32)] {
          b0(v0: i32, v1: i1): jump b1(v0)
          b1(v2: i32): v3: i32 = add v2, v0 branch v1, b1(v3), b2
          b2: exit return(v3)
        }",
        expect!["lawful"],
    );
}

#[test]
fn edges_pass_what_blocks_take() {
    check(
        "fn @e() [done(i32), failed] { b0: exit failed }
        fn @one(i32) [return] { b0(v0: i64): exit 1 }
        fn @f(i32, i8) [done(i32)] {
          b0(v0: i32, v1: i8): branch v0, b1, b2(v1)
          b1: call @e() [done -> b2, failed -> b2]
          b2(v2: i32): exit done(v1)
          b3: call @e(v0) [done -> b2, failed -> b1]
          b4: switch v1 [256 -> b1, 256 -> b1, else -> b1]
          b6: jump b0(v0, v1)
          b5: call @one(v0) [return -> b1]
        }",
        expect![[r#"
            @one b0: block 0 takes (i64), the function (i32)
            @one b0: `exit 1`: the function has no such exit
            @f b0: a block leads back to the entry
            @f b0: `branch v0, b1, b2(v1)`: it passes (i8), b2 (i32)
            @f b1: `call @e() [done -> b2, failed -> b2]`: b2 takes (i32), exit failed ()
            @f b2: `exit done(v1)`: it passes (i8), the exit (i32)
            @f b3: `call @e(v0) [done -> b2, failed -> b1]`: it passes (i32), the callee ()
            @f b4: `switch v1 [256 -> b1, 256 -> b1, else -> b1]`: a case does not fit i8
            @f b5: `call @one(v0) [return -> b1]`: a call of a function with one exit stands within a block
        "#]],
    );
}

#[test]
fn ids_are_in_range() {
    let mut graph =
        read("fn @f() [] { b0: v0: i32 = add v1, v2 jump b1(v3) b1: v1: ptr = slot s4 trap }").unwrap();
    graph.functions.iter_mut().for_each(|function| {
        let body = function.body.as_mut().unwrap();
        body.values = body.values.iter().copied().take(2).collect();
    });
    let messages = verify(&graph).unwrap_err().into_iter().map(|violation| format!("{violation}\n"));
    expect![[r#"
        @f b0: `v0: i32 = add v1, v2`: there is no v2
        @f b0: `jump b1(v3)`: there is no v3
        @f b1: `v1: ptr = slot s4`: it names what is not there
    "#]]
    .assert_eq(&messages.collect::<String>());
}

#[test]
fn numbers() {
    check_insts(
        "v6: i8 = const 256 v7: ptr = const 1 v8: f32 = const 1",
        expect![[r#"
        @f b0: `v6: i8 = const 256`: the constant does not fit its type
        @f b0: `v7: ptr = const 1`: the constant does not fit its type
        @f b0: `v8: f32 = const 1`: the constant does not fit its type
    "#]],
    );
    check_insts(
        "v6: i32 = not v3 v7: i64 = not v0 v8: i12 = const 1 v9: i12 = reverse_bytes v8",
        expect![[r#"
            @f b0: `v6: i32 = not v3`: f32 is not made of integers
            @f b0: `v7: i64 = not v0`: it gives (i64), it should give (i32)
            @f b0: `v9: i12 = reverse_bytes v8`: only whole bytes can be reversed
        "#]],
    );
    check_insts(
        "v6: i32 = add v0, v1 v7: f32 = add v3, v3 v8: ptr = add v2, v2",
        expect![[r#"
        @f b0: `v6: i32 = add v0, v1`: not all operands are i32
        @f b0: `v7: f32 = add v3, v3`: f32 is not made of integers
        @f b0: `v8: ptr = add v2, v2`: ptr is not made of integers
    "#]],
    );
    check_insts(
        "v6: i32, v7: i32 = overflow add_signed v0, v0 v8: i32 = overflow add_signed v0, v0",
        expect![[r#"
            @f b0: `v6: i32, v7: i32 = overflow add_signed v0, v0`: it gives (i32, i32), it should give (i32, i1)
            @f b0: `v8: i32 = overflow add_signed v0, v0`: it gives (i32), it should give (i32, i1)
        "#]],
    );
    check_insts(
        "v6: i1 = equal v4, v4 v7: <4 x i1> = equal v4, v4 v8: i1 = equal v3, v3",
        expect![[r#"
        @f b0: `v6: i1 = equal v4, v4`: it gives (i1), it should give (<4 x i1>)
        @f b0: `v8: i1 = equal v3, v3`: floats have comparisons of their own
    "#]],
    );
    check_insts(
        "v6: i32 = select v0, v0, v0 v7: i32 = select v5, v0, v1",
        expect![[r#"
        @f b0: `v6: i32 = select v0, v0, v0`: the condition does not fit
        @f b0: `v7: i32 = select v5, v0, v1`: not all operands are i32
    "#]],
    );
}

#[test]
fn conversions() {
    check_insts(
        "v6: i64 = truncate v0 v7: i32 = extend_signed v0 v8: f32 = bits v0",
        expect![[r#"
        @f b0: `v6: i64 = truncate v0`: i32 does not convert to i64 like this
        @f b0: `v7: i32 = extend_signed v0`: i32 does not convert to i32 like this
    "#]],
    );
    check_insts(
        "v6: i32 = pointer_to_int v2 v7: ptr = bits v1 v8: <2 x i64> = bits v4",
        expect![[r#"
        @f b0: `v6: i32 = pointer_to_int v2`: ptr does not convert to i32 like this
        @f b0: `v7: ptr = bits v1`: only numbers of one size share their bits
    "#]],
    );
    check_insts(
        "v6: f32 = signed_to_float v4 v7: f64 = float_to_float v3",
        expect![[r#"
        @f b0: `v6: f32 = signed_to_float v4`: <4 x i32> does not convert to f32 like this
    "#]],
    );
}

#[test]
fn memory_and_atomics() {
    check_insts(
        "v6: i32 = load v1 align 4 store v2, v0 align 3 v7: i32 = slot s0",
        expect![[r#"
        @f b0: `v6: i32 = load v1 align 4`: v1 is i64, not ptr
        @f b0: `store v2, v0 align 3`: the alignment 3 is not a power of two
        @f b0: `v7: i32 = slot s0`: it gives (i32), it should give (ptr)
    "#]],
    );
    check_insts(
        "v6: ptr = offset v2, v0 copy v2, v2, v0 fill v2, v0, v1",
        expect![[r#"
        @f b0: `v6: ptr = offset v2, v0`: v0 is i32, not i64
        @f b0: `copy v2, v2, v0`: v0 is i32, not i64
        @f b0: `fill v2, v0, v1`: v0 is i32, not i8
    "#]],
    );
    check_insts(
        "v6: i32 = atomic load v2 release atomic store v2, v5 release",
        expect![[r#"
        @f b0: `v6: i32 = atomic load v2 release`: a load does not release
        @f b0: `atomic store v2, v5 release`: i1 is not atomic
    "#]],
    );
    check_insts(
        "v6: f32 = atomic add v2, v3 acquire v7: ptr = atomic exchange v2, v2 acquire",
        expect![[r#"
            @f b0: `v6: f32 = atomic add v2, v3 acquire`: only integers are computed with
        "#]],
    );
    check_insts(
        "v6: i32, v7: i1 = compare_exchange v2, v0, v1 acquire release fence monotonic",
        expect![[r#"
            @f b0: `v6: i32, v7: i1 = compare_exchange v2, v0, v1 acquire release`: a failed exchange does not release
            @f b0: `fence monotonic`: this order fences nothing
        "#]],
    );
}

#[test]
fn vectors_and_calls() {
    check_insts(
        "v6: <2 x i32> = splat v1 v7: i32 = extract v4, v0 v8: <4 x i32> = insert v4, v1, v1",
        expect![[r#"
            @f b0: `v6: <2 x i32> = splat v1`: not all operands are i32
            @f b0: `v7: i32 = extract v4, v0`: not all operands are i64
            @f b0: `v8: <4 x i32> = insert v4, v1, v1`: not all operands are i32
        "#]],
    );
    check_insts(
        "v6: <2 x i32> = shuffle v4, v4 [0, 8] v7: i32 = reduce sub v4",
        expect![[r#"
        @f b0: `v6: <2 x i32> = shuffle v4, v4 [0, 8]`: there is no such lane
        @f b0: `v7: i32 = reduce sub v4`: this operation does not fold lanes
    "#]],
    );
    check_insts(
        "v6: i64 = call @one(v1) call @two()",
        expect![[r#"
        @f b0: `v6: i64 = call @one(v1)`: it passes (i64), the callee (i32)
        @f b0: `call @two()`: the callee has 2 exits: the call must end its block
    "#]],
    );
    check_insts(
        "v6: i32 = syscall 1(v0) v7: i32 = asm \"\"()",
        expect![[r#"
        @f b0: `v6: i32 = syscall 1(v0)`: the kernel takes words and addresses
        @f b0: `v7: i32 = asm ""()`: results and output constraints do not match
    "#]],
    );
}

#[test]
fn functions_and_globals() {
    check(
        "fn @f() [] import fn @g() [] { b0: trap } c fn @h() [a, b] { b0: trap }",
        expect![[r#"
        @f: it has no body
        @g: it comes from elsewhere, yet has a body
        @h: C has one exit at most
    "#]],
    );
    check(
        "import fn @f(i0, f7) [] naked fn @g() [] { b0: trap } import c fn @h() [a(i8)]",
        expect![[r#"
        @f: there is no type i0
        @g: the body of a naked function is one `asm` of constants, then `unreachable`
    "#]],
    );
    check(
        "global @a 1 align 3 global @b 1 align 1 = \"ab\" import global @c 9 align 1 = \"a\"",
        expect![[r#"
            @a: the alignment 3 is not a power of two
            @b: 2 bytes do not fit 1
            @c: it comes from elsewhere, yet has bytes
        "#]],
    );
    check(
        r#"global @a 16 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x01" [0: @a]
        global @b 16 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00" [1: @a]
        global @c 16 align 8 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00" [1: @a, 0: @b]"#,
        expect![[r#"
            @a: the relocation at 0 covers bytes that are not zero
            @b: the relocation at 1 is outside the bytes
            @c: the relocation at 0 is out of order
        "#]],
    );
}
