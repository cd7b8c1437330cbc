//! Any text as a program, with std beside it in memory: every check, and the lowering of what passes them.
#![no_main]

use koru_base::Level;
use koru_benches::Program;
use koru_hir::{koru, lower};
use std::cell::RefCell;

thread_local! {
    static PROGRAM: RefCell<Program> = RefCell::new(Program::new("fuzzed.kz", String::new()));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    PROGRAM.with_borrow_mut(|program| {
        program.rewrite(text);
        let mut cx = koru::load(program.setup(Level::Small));
        koru::check(&mut cx);
        let mut roots = vec![koru::program(&mut cx)];
        roots.extend(koru::every_event(&mut cx));
        std::hint::black_box(lower::lower_program(&mut cx, &roots));
        std::hint::black_box(cx.sink.take_sorted(&cx.sources));
    });
});
