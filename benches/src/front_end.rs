//! The stages of the front end as criterion runs them, for the benches that look at all stages and at it alone.

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup};
use koru_base::{Level, Sources};
use koru_benches::Program;
use koru_hir::{Context, koru};
use std::hint::black_box;

/// Text to a checked program.
pub fn measure(group: &mut BenchmarkGroup<WallTime>, program: &Program, level: Level) {
    let file = Sources::default().add("program.kz", program.text.clone());
    group.bench_function("parse", |bencher| {
        bencher.iter(|| koru_syntax::parse(file, black_box(&program.text)));
    });
    group.bench_function("load", |bencher| bencher.iter(|| koru::load(program.setup(level))));
    group.bench_function("check", |bencher| {
        let check = |mut cx: Context<'_>| koru::check(&mut cx);
        bencher.iter_batched(|| koru::load(program.setup(level)), check, BatchSize::LargeInput);
    });
}
