//! Every operation, against values worked out by hand.
//!
//! A line is `type operation operands = result`, perhaps with the result's type. It becomes a function whose
//! operands LLVM cannot see through, and the program stops with the number of the first line that is wrong.

use super::check;
use std::fmt::Write;

/// Checks lines of operations in one program, some fifty at most.
fn check_lines(lines: &str) {
    let (mut functions, mut main) = (String::new(), String::new());
    let lines: Vec<_> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for (index, line) in lines.iter().enumerate() {
        functions += &function(index + 1, line);
        let _ = writeln!(main, "    call @line{}()", index + 1);
    }
    let text = format!(
        "global @opaque 64 align 16\n{functions}
export c fn @main(ptr) [] {{
  b0(v0: ptr):
{main}
    v1: i64 = const 0
    call @stop(v1) []
}}"
    );
    check(&text, "", 0);
}

/// `i8 add 200, 100 = 44` or `i32 extend_signed i8 0x80 = 0xffffff80`.
fn function(number: usize, line: &str) -> String {
    let (left, expected) = line.split_once(" = ").unwrap_or_else(|| panic!("no result in {line}"));
    let (ty, rest) = left.split_once(' ').expect("a type");
    let (operation, operands) = rest.split_once(' ').expect("an operation");
    let (from, operands) = match operands.split_once(' ') {
        Some((first, rest)) if first.starts_with(['i', 'f']) => (first, rest),
        _ => (if ty == "i1" { panic!("the operands' type in {line}") } else { ty }, operands),
    };
    let mut text = format!("never fn @line{number}() [return] {{\n  b0:\n    v0: ptr = const @opaque\n");
    let operands: Vec<_> = operands.split(", ").collect();
    for (index, operand) in operands.iter().enumerate() {
        let value = 10 + 2 * index;
        let _ = writeln!(text, "    v{value}: {from} = const {}", constant(from, operand));
        let _ = writeln!(text, "    store v0, v{value} align 16 volatile");
        let _ = writeln!(text, "    v{}: {from} = load v0 align 16 volatile", value + 1);
    }
    let values: Vec<_> = (0..operands.len()).map(|index| format!("v{}", 11 + 2 * index)).collect();
    let _ = writeln!(text, "    v1: {ty} = {operation} {}", values.join(", "));
    let _ = writeln!(text, "    v2: {ty} = const {}", constant(ty, expected));
    let bits = ty[1..].parse::<u32>().expect("a width");
    let (left, right) = match ty.starts_with('f') {
        true => {
            let _ = writeln!(text, "    v3: i{bits} = bits v1\n    v4: i{bits} = bits v2");
            ("v3", "v4")
        }
        false => ("v1", "v2"),
    };
    let _ = writeln!(text, "    v5: i1 = equal {left}, {right}\n    branch v5, b1, b2");
    let _ = writeln!(
        text,
        "  b1:\n    exit return\n  b2:\n    v6: i64 = const {number}\n    call @stop(v6) []\n}}"
    );
    text
}

/// A number as the graph's text has it; floats of 32 and 64 bits are written as such.
fn constant(ty: &str, number: &str) -> String {
    match ty {
        "f32" => format!("float {:#x}", number.parse::<f32>().expect("a float").to_bits()),
        "f64" => format!("float {:#x}", number.parse::<f64>().expect("a float").to_bits()),
        _ => number.to_string(),
    }
}

#[test]
fn integers() {
    check_lines(
        "i8 add 200, 100 = 44
         i32 sub 1, 2 = 0xffffffff
         i64 mul 0x100000001, 3 = 0x300000003
         i32 div_signed 0xfffffff9, 2 = 0xfffffffd
         i32 div_unsigned 0xfffffff9, 2 = 0x7ffffffc
         i16 rem_signed 0xfff9, 4 = 0xfffd
         i16 rem_unsigned 0xfff9, 4 = 1
         i8 and 0xcc, 0xaa = 0x88
         i8 or 0xcc, 0xaa = 0xee
         i8 xor 0xcc, 0xaa = 0x66
         i32 shift_left 0x81, 4 = 0x810
         i8 shift_right_signed 0x90, 4 = 0xf9
         i8 shift_right_unsigned 0x90, 4 = 9
         i8 add_saturate_signed 100, 100 = 127
         i8 add_saturate_unsigned 200, 100 = 255
         i8 sub_saturate_signed 0x80, 1 = 0x80
         i8 sub_saturate_unsigned 1, 2 = 0
         i32 min_signed 0xffffffff, 1 = 0xffffffff
         i32 min_unsigned 0xffffffff, 1 = 1
         i32 max_signed 0xffffffff, 1 = 1
         i32 max_unsigned 0xffffffff, 1 = 0xffffffff
         i8 not 0x0f = 0xf0
         i32 count_leading_zeros 0xff = 24
         i32 count_leading_zeros 0 = 32
         i64 count_trailing_zeros 0x100 = 8
         i8 count_trailing_zeros 0 = 8
         i32 count_ones 0xf0f = 8
         i32 reverse_bytes 0x11223344 = 0x44332211
         i24 reverse_bytes 0x112233 = 0x332211
         i8 reverse_bytes 0x12 = 0x12
         i8 reverse_bits 0x12 = 0x48
         i7 add 100, 100 = 72
         i24 mul 0x1000, 0x1001 = 0x1000
         i128 add 0xffffffffffffffff, 1 = 0x10000000000000000
         i1 less_signed i8 0x80, 1 = 1
         i1 less_unsigned i8 0x80, 1 = 0
         i1 greater_equal_signed i64 5, 5 = 1
         i1 greater_unsigned i3 7, 5 = 1
         i1 not_equal i128 1, 0x10000000000000001 = 1",
    );
}

#[test]
fn floats() {
    check_lines(
        "f64 float_add 1.5, 2.25 = 3.75
         f32 float_sub 1, 0.5 = 0.5
         f32 float_mul 3, -2 = -6
         f64 float_div 1, 4 = 0.25
         f64 float_min 1, NaN = 1
         f32 float_max 1, 2 = 2
         f64 float_negate 1 = -1
         f64 float_negate 0 = -0
         f32 float_abs -2.5 = 2.5
         f64 float_sqrt 6.25 = 2.5
         i1 float_less f64 1, 2 = 1
         i1 float_equal f64 NaN, NaN = 0
         i1 float_not_equal f64 NaN, NaN = 1
         i1 float_greater_equal f32 2, NaN = 0
         i32 float_to_signed f64 -2.9 = 0xfffffffe
         i64 float_to_unsigned f32 3e9 = 3000000000
         f64 signed_to_float i32 0xffffffff = -1
         f64 unsigned_to_float i32 0xffffffff = 4294967295
         f32 float_to_float f64 0.5 = 0.5
         f64 float_to_float f32 0.5 = 0.5
         i32 bits f32 1 = 0x3f800000
         f64 bits i64 0x4000000000000000 = 2",
    );
}

#[test]
fn conversions() {
    check_lines(
        "i32 extend_signed i8 0x80 = 0xffffff80
         i32 extend_unsigned i8 0x80 = 0x80
         i8 truncate i64 0x123 = 0x23
         i7 truncate i8 0xff = 0x7f
         i64 extend_signed i1 1 = 0xffffffffffffffff
         i64 extend_unsigned i1 1 = 1
         i64 extend_signed i33 0x100000000 = 0xffffffff00000000",
    );
}

#[test]
fn vectors_atomics_and_overflow() {
    check(
        r#"
global @memory 16 align 16 = "\x05"
never fn @sum(i32) [return(i32)] {
  b0(v0: i32):
    v1: <4 x i32> = splat v0
    v2: i64 = const 2
    v3: i32 = const 100
    v4: <4 x i32> = insert v1, v2, v3
    v5: <4 x i32> = add v4, v1
    v6: <2 x i32> = shuffle v4, v5 [2, 6]
    v7: i32 = reduce add v5
    v8: i32 = reduce max_signed v6
    v9: <4 x i1> = less_signed v4, v5
    v10: <4 x i32> = select v9, v5, v4
    v11: i64 = const 0
    v12: i32 = extract v10, v11
    v13: <4 x i32> = not v10
    v14: i32 = extract v13, v11
    v15: i32 = add v7, v8
    v16: i32 = add v15, v12
    v17: i32 = add v16, v14
    exit return(v17)
}
never fn @swap(ptr, i64, i64) [swapped(i64), busy(i64)] {
  b0(v0: ptr, v1: i64, v2: i64):
    v3: i64, v4: i1 = compare_exchange v0, v1, v2 acquire_release monotonic
    branch v4, b1, b2
  b1:
    fence sequentially_consistent
    exit swapped(v3)
  b2:
    exit busy(v3)
}
never fn @fits(i8, i8) [return(i64)] {
  b0(v0: i8, v1: i8):
    v2: i8, v3: i1 = overflow mul_signed v0, v1
    v4: i8, v5: i1 = overflow add_unsigned v0, v1
    v6: i64 = extend_unsigned v3
    v7: i64 = extend_unsigned v5
    v8: i64 = const 2
    v9: i64 = mul v7, v8
    v10: i64 = add v6, v9
    exit return(v10)
}
export c fn @main(ptr) [] {
  b0(v0: ptr):
    v31: i64 = const 99
    v1: i32 = const 7
    v2: i32 = call @sum(v1)
    v3: i32 = const 255
    v4: i1 = equal v2, v3
    branch v4, b1, b7(v31)
  b1:
    v5: ptr = const @memory
    v6: i64 = const 5
    v7: i64 = const 6
    call @swap(v5, v6, v7) [swapped -> b2, busy -> b6]
  b2(v8: i64):
    call @swap(v5, v6, v7) [swapped -> b6, busy -> b3]
  b3(v9: i64):
    v10: i64 = atomic add v5, v6 sequentially_consistent
    v11: i64 = atomic load v5 acquire
    v12: i64 = add v10, v11
    atomic store v5, v6 release
    v14: ptr = atomic exchange v5, v0 monotonic
    v15: i64 = pointer_to_int v14
    v16: i64 = add v12, v15
    v17: i64 = const 22
    v18: i1 = equal v16, v17
    branch v18, b4, b7(v16)
  b4:
    v19: i8 = const 100
    v20: i8 = const 2
    v21: i64 = call @fits(v19, v20)
    v22: i8 = const 156
    v23: i64 = call @fits(v22, v19)
    v24: i64 = const 10
    v25: i64 = mul v21, v24
    v26: i64 = add v25, v23
    v27: i64 = const 13
    v28: i1 = equal v26, v27
    branch v28, b5, b7(v26)
  b5:
    v29: i64 = const 0
    jump b7(v29)
  b6(v30: i64):
    jump b7(v30)
  b7(v32: i64):
    call @stop(v32) []
}
"#,
        "",
        0,
    );
}
