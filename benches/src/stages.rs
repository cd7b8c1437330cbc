//! Where compile time goes: each stage alone, on the seed program and on generated ones of three sizes.
//!
//! The rival of a program is the smaller one: criterion's lines a second say how much dearer a line has become.
//! A stage starts from what the stages before it made, made anew each round and not on the clock.

mod front_end;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use koru_base::Level;
use koru_benches::Program;
use koru_flow::Graph;
use koru_hir::ids::InstanceId;
use koru_hir::{Context, koru, lower};
use koru_llvm::{Options, Output};
use std::time::Duration;

const LEVEL: Level = Level::Small;

fn stages(criterion: &mut Criterion) {
    let seed = Program::example("simple_server.kz");
    let generated = [25, 100, 400].map(|count| (format!("generated-{count}"), Program::generated(count)));
    let programs = [("seed".to_owned(), seed)].into_iter().chain(generated);
    for (name, program) in programs {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(program.text.lines().count() as u64));
        group.sample_size(10).warm_up_time(Duration::from_secs(1));
        front(&mut group, &program);
        back(&mut group, &program);
    }
}

/// Text to graph.
fn front(group: &mut BenchmarkGroup<WallTime>, program: &Program) {
    front_end::measure(group, program, LEVEL);
    group.bench_function("lower", |bencher| {
        let lower = |(mut cx, roots): (Context<'_>, Vec<InstanceId>)| lower::lower_program(&mut cx, &roots);
        bencher.iter_batched(|| checked(program), lower, BatchSize::LargeInput);
    });
}

/// Graph to object.
fn back(group: &mut BenchmarkGroup<WallTime>, program: &Program) {
    let lowered = lowered(program);
    group.bench_function("optimize", |bencher| {
        let optimize = |mut graph: Graph| koru_flow::optimize(&mut graph, LEVEL);
        bencher.iter_batched(|| lowered.clone(), optimize, BatchSize::LargeInput);
    });
    let mut graph = lowered;
    koru_flow::optimize(&mut graph, LEVEL);
    let target = koru_base::Target::host();
    let options = Options::new(target, LEVEL, Output::Object);
    group.bench_function("llvm", |bencher| {
        bencher.iter(|| koru_llvm::emit(&graph, &options).expect("an object"));
    });
}

/// A program that passed the checks, and its roots.
fn checked(program: &Program) -> (Context<'_>, Vec<InstanceId>) {
    let mut cx = koru::load(program.setup(LEVEL));
    koru::check(&mut cx);
    let mut roots = vec![koru::program(&mut cx)];
    roots.extend(koru::start_exports(&mut cx, false));
    (cx, roots)
}

fn lowered(program: &Program) -> Graph {
    let (mut cx, roots) = checked(program);
    let graph = lower::lower_program(&mut cx, &roots);
    assert!(!cx.sink.has_errors(), "a bench's program is right");
    graph
}

criterion_group!(benches, stages);
criterion_main!(benches);
