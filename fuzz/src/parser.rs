//! Any text: reading it ends, its tree can be printed, and what is formatted stays as it is.
#![no_main]

use koru_base::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let file = FileId(0);
    let (module, diagnostics) = koru_syntax::parse(file, text);
    std::hint::black_box(koru_syntax::dump(&module));
    for diagnostic in &diagnostics {
        let span = diagnostic.primary.span;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "a span beside the text: {diagnostic:?}");
    }
    // `format` itself sees to it that the tree stays the same.
    if let Ok(once) = koru_syntax::format(file, text) {
        assert_eq!(koru_syntax::format(file, &once).as_ref(), Ok(&once), "no fixed point");
    }
});
