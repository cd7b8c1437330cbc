//! Text in, tree out, side by side: one file a concern, one helper for all.

mod errors;
mod flows;
mod host;
mod programs;
mod robust;

use expect_test::Expect;
use koru_base::render::{Look, render};
use koru_base::{FileId, Sources};

/// The tree of a text without mistakes.
fn check(text: &str, expect: Expect) {
    let (module, diagnostics) = crate::parse(FileId(0), text);
    let said: Vec<_> = diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert!(said.is_empty(), "{said:#?}\n{}", crate::dump(&module));
    expect.assert_eq(&crate::dump(&module));
}

/// What is said about a text with mistakes.
fn complain(text: &str, expect: Expect) {
    let mut sources = Sources::default();
    let file = sources.add("main.kz", text);
    let (_, diagnostics) = crate::parse(file, text);
    let mut out = String::new();
    for one in &diagnostics {
        let at = sources.position(file, one.primary.span.start);
        let helps: String = one.helps.iter().map(|help| format!("\n    help: {}", help.text)).collect();
        let shown = sources.slice(one.primary.span).lines().next().unwrap_or("");
        out += &format!("{}:{} {} `{shown}` {}{helps}\n", at.line, at.column, one.code, one.message);
        assert!(!render(one, &sources, Look::Plain).is_empty());
    }
    expect.assert_eq(&out);
}
