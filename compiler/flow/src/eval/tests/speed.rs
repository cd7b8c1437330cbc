//! How fast graphs run. Not a test: `cargo test -p koru-flow --release speed -- --ignored --nocapture`.

use super::*;
use crate::text;
use std::time::Instant;

/// Runs `@f(n)` and prints instructions a second, given the instructions of a turn.
fn measure(what: &str, graph: &str, n: u64, steps: u64) {
    let graph = text::read(graph).unwrap();
    let id = graph.find("f").unwrap();
    let mut machine = Machine::default();
    let start = Instant::now();
    let result = machine.call(&graph, &mut NoWorld, id, &[Value::word(n)]);
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {}, {:.1} million instructions a second", show(result), steps as f64 / seconds / 1e6);
}

#[test]
#[ignore = "measures, and needs a release build to mean something"]
fn speed() {
    let n = 20_000_000;
    measure("load, add, compare, store", LOOP, n, 5 * n);
    measure("debug-like loop", DEBUG, n / 2, 13 * (n / 2));
    measure("calls with a slot", CALLS, n / 10, 9 * (n / 10));
}

const LOOP: &str = "
fn @f(i64) [return(i64)] {
  slot s0 8 align 8
  b0(v0: i64):
    v1: ptr = slot s0
    v2: i64 = const 0
    v3: i64 = const 1
    store v1, v2 align 8
    jump b1
  b1():
    v4: i64 = load v1 align 8
    v5: i64 = add v4, v3
    v6: i1 = less_unsigned v5, v0
    store v1, v5 align 8
    branch v6, b1, b2
  b2():
    exit return(v5)
}";

/// A counter in a slot, constants in the loop, an overflow check, an element of an array.
const DEBUG: &str = "
fn @f(i64) [return(i64)] {
  slot s0 8 align 8
  slot s1 64 align 8
  b0(v0: i64):
    v1: ptr = slot s0
    v2: i64 = const 0
    v9: i8 = const 0
    v10: i64 = const 64
    store v1, v2 align 8
    v11: ptr = slot s1
    fill v11, v9, v10
    jump b1
  b1():
    v12: ptr = slot s0
    v4: i64 = load v12 align 8
    v3: i64 = const 1
    v5: i64, v7: i1 = overflow add_unsigned v4, v3
    branch v7, b3, b4
  b4():
    v13: i64 = const 7
    v14: i64 = and v5, v13
    v15: i64 = const 3
    v16: i64 = shift_left v14, v15
    v17: ptr = offset v11, v16
    store v17, v5 align 8
    store v12, v5 align 8
    v6: i1 = less_unsigned v5, v0
    branch v6, b1, b2
  b2():
    exit return(v5)
  b3():
    trap
}";

const CALLS: &str = "
fn @g(i64) [return(i64)] {
  slot s0 8 align 8
  b0(v0: i64):
    v1: ptr = slot s0
    store v1, v0 align 8
    v2: i64 = load v1 align 8
    v3: i64 = const 1
    v4: i64 = add v2, v3
    exit return(v4)
}
fn @f(i64) [return(i64)] {
  b0(v0: i64):
    v1: i64 = const 0
    jump b1(v1)
  b1(v2: i64):
    v3: i64 = call @g(v2)
    v4: i1 = less_unsigned v3, v0
    branch v4, b1(v3), b2
  b2():
    exit return(v3)
}";
