//! The front end on a program of 100,000 lines: lines a second, how long a mistake takes to be said, memory.
//!
//! `parse` is lexer, layout and grammar alone; `load` has it in it, with declarations; `check` has neither. The
//! front end with its grammar is `load` and `check` together, without it their sum less `parse`.

mod front_end;

use criterion::{Criterion, Throughput};
use koru_base::Level;
use koru_benches::Program;
use koru_hir::koru;
use std::fs;
use std::time::Duration;

const LEVEL: Level = Level::Small;

/// Pairs of an event with a proc and a subflow; together 100,000 lines.
const PAIRS: usize = 5556;

fn main() {
    let program = Program::generated(PAIRS);
    // Before criterion keeps figures of its own: what one run of the front end takes at most.
    let before = peak_kib();
    let mut cx = koru::load(program.setup(LEVEL));
    koru::check(&mut cx);
    assert!(!cx.sink.has_errors(), "a bench's program is right");
    drop(cx);
    let lines = program.text.lines().count();
    println!("{lines} lines, {} bytes", program.text.len());
    println!("memory: {} MiB at most, {} of them before", peak_kib() >> 10, before >> 10);
    let mut criterion = Criterion::default().configure_from_args();
    stages(&mut criterion, &program, lines);
    criterion.final_summary();
}

fn stages(criterion: &mut Criterion, program: &Program, lines: usize) {
    let mut group = criterion.benchmark_group("front");
    group.throughput(Throughput::Elements(lines as u64));
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    front_end::measure(&mut group, program, LEVEL);
    // All mistakes are said together, in order of place: the last one is as quick as the first.
    let mut text = program.text.clone();
    text += "~run0(y: 1)\n| result _ |> _\n";
    let wrong = Program::new("generated.kz", text);
    group.bench_function("first-error", |bencher| {
        bencher.iter(|| {
            let mut cx = koru::load(wrong.setup(LEVEL));
            koru::check(&mut cx);
            assert!(cx.sink.has_errors(), "the last flow is wrong");
            cx.sink.take_sorted(&cx.sources)
        });
    });
}

/// The most memory this process ever had.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
