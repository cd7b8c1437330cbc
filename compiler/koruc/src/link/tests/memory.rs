//! Globals, relocations, threads' own memory, slots, and what LLVM calls to move bytes.

use super::{RUNTIME, build, check, compile, graph};
use crate::link::{LinkFailure, undefined_symbols};
use koru_base::targets::TARGETS;
use koru_base::{Level, Target};
use koru_llvm::Output;

/// Data, zeros behind it, zeros only; a loop with a slot that lives in it.
#[test]
fn globals_and_slots_hold_what_they_are_given() {
    check(
        r#"
global @counter 8 align 8 = "\x05"
global @zeros 100000 align 4096
global @part 64 align 16 = "\x00\x01"
export c fn @main(ptr) [] {
  slot s0 64 align 16
  b0(v0: ptr):
    v1: i64 = const 0
    jump b1(v1)
  b1(v2: i64):
    live s0
    v3: ptr = slot s0
    v4: i8 = truncate v2
    v5: i64 = const 64
    fill v3, v4, v5
    v6: ptr = const @zeros
    copy v6, v3, v5
    dead s0
    v7: ptr = const @counter
    v8: i64 = load v7 align 8
    v9: ptr = offset v6, v2
    v10: i8 = load v9 align 1
    v11: i64 = extend_unsigned v10
    v12: i64 = add v8, v11
    store v7, v12 align 8
    v13: i64 = const 1
    v14: i64 = add v2, v13
    v15: i64 = const 10
    v16: i1 = less_unsigned v14, v15
    branch v16, b1(v14), b2
  b2:
    v17: ptr = const @part
    v18: i64 = const 1
    v19: ptr = offset v17, v18
    v20: i8 = load v19 align 1 volatile
    v21: i64 = extend_unsigned v20
    v22: ptr = const @counter
    v23: i64 = load v22 align 8
    v24: i64 = add v21, v23
    call @stop(v24) []
}
"#,
        "",
        51,
    );
}

/// What a start does with the table lld packs: an even entry is an address, an odd one a map of the 63
/// words behind it. Here all lie in one stretch, so an address and one map.
const CORRECT: &str = r#"
import global @__relr_start 8 align 8
import global @__ehdr_start 1 align 1
global @table 24 align 8 = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" [0: @letters, 8: @letters + 2, 16: @main]
const global @letters 4 align 1 = "abc\n"
fn @correct() [return] {
  b0:
    v0: ptr = const @__relr_start
    v1: ptr = const @__ehdr_start
    v2: i64 = pointer_to_int v1
    v3: i64 = load v0 align 8
    v4: ptr = offset v1, v3
    jump b1(v4, v2)
  b1(v5: ptr, v6: i64):
    v7: i64 = load v5 align 8
    v8: i64 = add v7, v2
    store v5, v8 align 8
    v9: i64 = const 8
    v10: ptr = offset v5, v9
    v11: ptr = const @table
    v12: i64 = const 24
    v13: ptr = offset v11, v12
    v14: i1 = less_unsigned v10, v13
    branch v14, b1(v10, v6), b2
  b2:
    exit return
}
"#;

const LETTERS: &str = r#"
export c fn @main(ptr) [] {
  b0(v0: ptr):
    CORRECT
    v1: ptr = const @table
    v2: ptr = load v1 align 8 volatile
    v3: i64 = const 8
    v4: ptr = offset v1, v3
    v5: ptr = load v4 align 8 volatile
    v6: i64 = const 4
    call @write(v2, v6)
    v7: i64 = const 2
    call @write(v5, v7)
    v8: i64 = const 0
    call @stop(v8) []
}
"#;

#[test]
fn addresses_in_data_are_corrected_at_start() {
    let text = CORRECT.to_string() + &LETTERS.replace("CORRECT", "call @correct()");
    check(&text.replace(r"\0", r"\x00"), "abc\nc\n", 0);
}

#[test]
fn addresses_that_nobody_corrects_are_a_failure() {
    let target = Target::host();
    let text = CORRECT.to_string() + &LETTERS.replace("CORRECT", "");
    let built = build(&graph(target, &text.replace(r"\0", r"\x00")), target, Level::Small);
    assert!(matches!(built, Err(LinkFailure::Unrelocated)));
}

/// The bounds of the image of a thread's memory; `main` stops with its first word and three sizes, added.
const BOUNDS: &str = r#"
import global @__tls_start 1 align 1
import global @__tls_file_end 1 align 1
import global @__tls_end 1 align 1
import global @__tls_align 1 align 1
fn @distance(ptr, ptr) [return(i64)] {
  b0(v0: ptr, v1: ptr):
    v2: i64 = pointer_to_int v0
    v3: i64 = pointer_to_int v1
    v4: i64 = sub v3, v2
    exit return(v4)
}
export c fn @main(ptr) [] {
  b0(v0: ptr):
    v1: ptr = const @__tls_start
    v2: ptr = const @__tls_file_end
    v3: ptr = const @__tls_end
    v4: ptr = const @__tls_align
    v5: i64 = load v1 align 8
    v6: i64 = call @distance(v1, v2)
    v7: i64 = call @distance(v1, v3)
    v8: i64 = call @distance(v1, v4)
    v9: i64 = add v5, v6
    v10: i64 = add v9, v7
    v11: i64 = add v10, v8
    v12: i1 = equal v11, v5
    branch v12, b1, b2
  b1:
    call @touch()
    jump b2
  b2:
    call @stop(v11) []
}
"#;

const OWN: &str = r#"
threadlocal global @own 8 align 32 = "\x2a"
threadlocal global @more 40 align 8
never fn @touch() [return] {
  b0:
    v0: ptr = const @own
    v1: ptr = const @more
    v2: i64 = const 1
    store v0, v2 align 8 volatile
    store v1, v2 align 8 volatile
    exit return
}
"#;

const NOTHING_OWN: &str = r#"
never fn @touch() [return] {
  b0:
    exit return
}
"#;

#[test]
fn the_image_of_a_threads_memory_has_bounds() {
    check(&(OWN.to_string() + BOUNDS), "", 42 + 8 + 48 + 32);
}

#[test]
fn where_threads_own_nothing_the_image_is_empty() {
    let bounds = BOUNDS.replace("v5: i64 = load v1 align 8", "v5: i64 = const 0");
    check(&(NOTHING_OWN.to_string() + &bounds), "", 0);
}

#[test]
fn addresses_at_odd_places_are_a_failure() {
    let target = Target::host();
    let text = CORRECT.replace("[0: @letters, 8: @letters + 2, 16: @main]", "[1: @letters, 9: @letters + 2]");
    let text = text + &LETTERS.replace("CORRECT", "call @correct()");
    let built = build(&graph(target, &text.replace(r"\0", r"\x00")), target, Level::Small);
    assert!(matches!(built, Err(LinkFailure::Unrelocated)));
}

/// The functions LLVM calls on its own are seen in the object, and those only.
#[test]
fn calls_that_llvm_invents_are_undefined_symbols() {
    for target in TARGETS {
        let text = r#"
export c fn @main(ptr) [] {
  b0(v0: ptr):
    v1: i64 = load v0 align 8
    v7: ptr = offset v0, v1
    copy overlapping v7, v0, v1
    v3: i128 = load v0 align 16
    v4: i128 = load v7 align 16
    v5: i128 = div_unsigned v3, v4
    v6: i64 = truncate v5
    call @stop(v6) []
}
"#;
        let object = compile(&graph(target, text), target, Level::Small, Output::Object);
        let mut symbols = undefined_symbols(&object);
        symbols.sort();
        assert_eq!(symbols, ["__udivti3", "memmove"], "{}", target.triple);
    }
}

/// A function that is what LLVM would call must not call itself.
#[test]
fn without_builtins_a_loop_that_copies_stays_a_loop() {
    let target = Target::host();
    let graph = koru_flow::text::read(RUNTIME).expect("a graph");
    let options = koru_llvm::Options {
        no_builtins: true,
        ..koru_llvm::Options::new(target, Level::Small, Output::Object)
    };
    let object = koru_llvm::emit(&graph, &options).expect("an object");
    assert_eq!(undefined_symbols(&object), [""; 0]);
}
