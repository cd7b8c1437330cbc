//! How fast the evaluator runs graphs: instructions a second. The aim is 20 million in a loop of one load, add,
//! compare and store.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use koru_flow::eval::{Machine, NoWorld, Value};
use std::time::Duration;

/// Turns of a loop.
const TURNS: u64 = 1_000_000;

fn evaluator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluator");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for (name, text, each) in [("loop", LOOP, 5), ("checked", CHECKED, 13), ("calls", CALLS, 9)] {
        let graph = koru_flow::text::read(text).expect("a graph");
        let function = graph.find("f").expect("a function");
        group.throughput(Throughput::Elements(TURNS * each));
        let mut machine = Machine::default();
        let mut run = || machine.call(&graph, &mut NoWorld, function, &[Value::word(TURNS)]).expect("an end");
        group.bench_function(name, |bencher| bencher.iter(&mut run));
    }
}

criterion_group!(benches, evaluator);
criterion_main!(benches);

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
const CHECKED: &str = "
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
