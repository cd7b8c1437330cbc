//! Any text at all: no panic, no hang, spans inside the text.

use crate::ast::fill::{Filler, Piece};
use koru_base::{FileId, Name, Span};
use rustc_hash::FxHashMap;

/// Pieces that matter to layout and grammar, thrown together.
const PIECES: &[&str] = &[
    "~",
    "|",
    "|>",
    "\n",
    "\n    ",
    " ",
    "event",
    "proc",
    "pub",
    "import",
    "\"$a/b\"",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "a",
    "b.c",
    "m:e",
    "=",
    ":",
    ",",
    ";",
    "..",
    "_",
    "@l",
    "#l",
    "when",
    "\"",
    "'",
    "//",
    "\\\\",
    "!",
    "?",
    "*",
    "if",
    "else",
    "switch",
    "const x",
    "fn f() void",
    ".{",
    "1",
    "é",
    "\t",
    "\r\n",
    "return",
    "test",
    "struct",
    "\\x",
];

#[test]
fn random_pieces_never_break_the_parser() {
    // `./dev fuzz` draws one.
    let seed = std::env::var("KORU_SEED").ok().and_then(|text| text.parse().ok());
    let mut state: u64 = seed.unwrap_or(1);
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    for _ in 0..3000 {
        let length = next() % 40;
        let text: String = (0..length).map(|_| PIECES[next() % PIECES.len()]).collect::<Vec<_>>().join(" ");
        let text = if next() % 2 == 0 { text.replace("  ", "") } else { text };
        let (module, diagnostics) = crate::parse(FileId(0), &text);
        let _ = crate::dump(&module);
        let (flow, found) = crate::parse_flow(FileId(0), &text);
        let piece = Piece::Steps(flow.steps.clone(), flow.arms.clone());
        let pieces = FxHashMap::from_iter(["a", "_", "x"].map(|name| (Name::new(name), piece.clone())));
        let mut filler = Filler {
            pieces: &pieces,
            mark: "'1".into(),
            room: 500,
            here: Span::new(FileId(0), 0, 0),
            misfits: Vec::new(),
        };
        let _ = filler.steps(flow.steps, flow.arms);
        for diagnostic in diagnostics.into_iter().chain(found) {
            assert!(diagnostic.primary.span.end as usize <= text.len() + 1, "{text:?}: {diagnostic:?}");
        }
    }
}

#[test]
fn deep_nesting_is_refused_not_fatal() {
    for deep in [
        "(",
        "[",
        ".{",
        "-",
        "!",
        "if (a) ",
        "*",
        "a(",
        "{",
        "if (a) b else ",
        "a orelse return ",
        "a + ",
        "a.",
    ] {
        let text = format!(
            "~proc x {{\n    _ = {}x;\n}}\nconst a = {}x;\n~f({})\n",
            deep.repeat(20_000),
            deep.repeat(20_000),
            deep.repeat(20_000)
        );
        let _ = crate::parse(FileId(0), &text);
    }
}
