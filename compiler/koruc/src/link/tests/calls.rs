//! Calls with several exits: tags, shared places, phis, calls through addresses.

use super::check;

/// Every exit of `@pick` is taken once; each kind of leaf goes through it, with more than fit registers.
#[test]
fn leaves_of_all_kinds_pass_through_exits() {
    check(
        r#"
const global @zero 8 align 8 = "\x07\x00\x00\x00\x00\x00\x00\x00"
never fn @pick(i64, f64) [none, one(i8), mixed(ptr, i32, f64, f32), many(i64, i64, i64, i64, i64, i64), wide(i128, i1)] {
  b0(v0: i64, v1: f64):
    switch v0 [0 -> b1, 1 -> b2, 2 -> b3, 3 -> b4, else -> b5]
  b1:
    exit none
  b2:
    v2: i8 = const 200
    exit one(v2)
  b3:
    v3: ptr = const @zero
    v4: i32 = const 0xfffffff0
    v5: f32 = const float 0x3fc00000
    exit mixed(v3, v4, v1, v5)
  b4:
    v10: i64 = const 10
    v11: i64 = add v10, v0
    v12: i64 = add v11, v0
    v13: i64 = add v12, v0
    v14: i64 = add v13, v0
    v15: i64 = add v14, v0
    exit many(v10, v11, v12, v13, v14, v15)
  b5:
    v16: i128 = const 0x10000000000000000
    v17: i1 = const 1
    exit wide(v16, v17)
}
never fn @value(i64) [return(i64)] {
  b0(v0: i64):
    v1: f64 = signed_to_float v0
    call @pick(v0, v1) [none -> b1, one -> b2, mixed -> b3, many -> b4, wide -> b5]
  b1:
    v2: i64 = const 1
    exit return(v2)
  b2(v3: i8):
    v4: i64 = extend_unsigned v3
    exit return(v4)
  b3(v5: ptr, v6: i32, v7: f64, v8: f32):
    v9: i64 = load v5 align 8
    v10: i64 = extend_signed v6
    v11: i64 = float_to_signed v7
    v12: f64 = float_to_float v8
    v13: f64 = float_add v12, v12
    v14: i64 = float_to_signed v13
    v15: i64 = add v9, v10
    v16: i64 = add v15, v11
    v17: i64 = add v16, v14
    v34: i64 = const 100
    v35: i64 = add v17, v34
    exit return(v35)
  b4(v18: i64, v19: i64, v20: i64, v21: i64, v22: i64, v23: i64):
    v24: i64 = add v18, v19
    v25: i64 = add v24, v20
    v26: i64 = add v25, v21
    v27: i64 = add v26, v22
    v28: i64 = add v27, v23
    exit return(v28)
  b5(v29: i128, v30: i1):
    v31: i128 = const 64
    v32: i128 = shift_right_unsigned v29, v31
    v33: i64 = truncate v32
    v36: i64 = extend_unsigned v30
    v37: i64 = add v33, v36
    exit return(v37)
}
export c fn @main(ptr) [] {
  slot s0 8 align 1
  b0(v0: ptr):
    v1: i64 = const 0
    jump b1(v1)
  b1(v2: i64):
    v3: i64 = call @value(v2)
    v4: ptr = slot s0
    v5: ptr = offset v4, v2
    v6: i8 = truncate v3
    store v5, v6 align 1
    v7: i64 = const 1
    v8: i64 = add v2, v7
    v9: i64 = const 5
    v10: i1 = equal v8, v9
    branch v10, b2, b1(v8)
  b2:
    v11: ptr = slot s0
    v12: i64 = const 5
    jump b3(v1, v1)
  b3(v13: i64, v14: i64):
    v15: ptr = offset v11, v13
    v16: i8 = load v15 align 1
    v17: i64 = extend_unsigned v16
    v18: i64 = const 3
    v19: i64 = mul v14, v18
    v20: i64 = add v19, v17
    v21: i64 = const 1
    v22: i64 = add v13, v21
    v23: i1 = less_unsigned v22, v12
    branch v23, b3(v22, v20), b4
  b4:
    v24: i64 = const 255
    v25: i64 = and v20, v24
    call @stop(v25) []
}
"#,
        "",
        // 1, 200, 7-16+2+3+100, 10+13+16+19+22+25, 2 as digits of base 3
        ((((3 + 200) * 3 + 96) * 3 + 105) * 3 + 2) & 255,
    );
}

/// Two edges of one terminator to one block, with different values on each.
#[test]
fn one_block_is_reached_by_several_edges_of_one_terminator() {
    check(
        r#"
never fn @which(i64) [low(i64), high(i64)] {
  b0(v0: i64):
    v1: i64 = const 10
    v2: i64 = const 20
    switch v0 [0 -> b1(v1), 1 -> b1(v2), else -> b1(v0)]
  b1(v3: i64):
    v4: i1 = less_unsigned v3, v2
    branch v4, b2(v1), b2(v3)
  b2(v5: i64):
    v6: i1 = equal v5, v1
    branch v6, b3, b4
  b3:
    exit low(v5)
  b4:
    exit high(v5)
}
never fn @both(i64) [return(i64)] {
  b0(v0: i64):
    call @which(v0) [low -> b1, high -> b1]
  b1(v1: i64):
    exit return(v1)
}
export c fn @main(ptr) [] {
  b0(v0: ptr):
    v1: i64 = const 0
    v2: i64 = const 1
    v3: i64 = const 30
    v4: i64 = call @both(v1)
    v5: i64 = call @both(v2)
    v6: i64 = call @both(v3)
    v7: i64 = add v4, v5
    v8: i64 = add v7, v6
    call @stop(v8) []
}
"#,
        "",
        60,
    );
}

/// A table of addresses, corrected by the program itself before it is used.
#[test]
fn calls_through_a_table_of_addresses() {
    check(
        r#"
fn @twice(i64) [done(i64), failed] {
  b0(v0: i64):
    v1: i64 = add v0, v0
    exit done(v1)
}
fn @never(i64) [done(i64), failed] {
  b0(v0: i64):
    exit failed
}
export c fn @main(ptr) [] {
  slot s0 16 align 8
  b0(v0: ptr):
    v1: ptr = slot s0
    v2: ptr = const @twice
    v3: ptr = const @never
    store v1, v2 align 8 volatile
    v4: i64 = const 8
    v5: ptr = offset v1, v4
    store v5, v3 align 8 volatile
    v6: ptr = load v1 align 8 volatile
    v7: i64 = const 21
    call v6 as fn(i64) [done(i64), failed] (v7) [done -> b1, failed -> b2]
  b1(v8: i64):
    v9: ptr = load v5 align 8 volatile
    call v9 as fn(i64) [done(i64), failed] (v8) [done -> b3, failed -> b4]
  b2:
    v10: i64 = const 1
    call @stop(v10) []
  b3(v11: i64):
    call @stop(v11) []
  b4:
    call @stop(v8) []
}
"#,
        "",
        42,
    );
}
