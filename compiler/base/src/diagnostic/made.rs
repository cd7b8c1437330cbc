//! Mistakes in text that nobody wrote are shown where the user asked for it.
//!
//! In: a diagnostic that may point into made text. Out: one that points at what the user wrote, with a note
//! of who made the text and the line in question.

use super::{Diagnostic, Label};
use crate::source::Sources;
use crate::span::Span;

/// The diagnostic, with all its places in files that somebody wrote.
pub(super) fn settled(mut diagnostic: Diagnostic, sources: &Sources) -> Diagnostic {
    let is_made = |span: Span| sources.made(span.file).is_some();
    let found = diagnostic.primary.span;
    if is_made(found) {
        diagnostic.primary.span = sources.written(found);
        diagnostic.notes.extend(history(found, sources));
    }
    for help in &mut diagnostic.helps {
        if help.edits.iter().any(|edit| is_made(edit.span)) {
            help.edits.clear();
        }
    }
    // A second place of the same text would only point at the same call again.
    let primary = diagnostic.primary.span;
    let settle = |label: Label| Label { span: sources.written(label.span), text: label.text };
    let is_news = |label: &Label| !is_made(label.span) || sources.written(label.span) != primary;
    let secondary = std::mem::take(&mut diagnostic.secondary);
    diagnostic.secondary = secondary.into_iter().filter(is_news).map(settle).collect();
    diagnostic
}

/// Who made the text, innermost first.
fn history(span: Span, sources: &Sources) -> Vec<String> {
    let mut notes = Vec::new();
    let mut span = span;
    while let Some(made) = sources.made(span.file) {
        let number = sources.position(span.file, span.start).line as usize;
        let line = made.shown.lines().nth(number - 1).unwrap_or("").trim();
        notes.push(format!("in code of {}, line {number}: `{line}`", made.by));
        span = made.origin_at(span.start);
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::KORU040;
    use crate::source::Made;

    #[test]
    fn a_mistake_in_made_text_is_shown_at_the_call() {
        let mut sources = Sources::default();
        let file = sources.add("main.kz", "~twice()\n");
        let made = Made {
            origin: Span::new(file, 1, 6),
            by: "transform `lib:twice` (lib.kz:3)".into(),
            shown: "a()\n  |> %{b}\n".into(),
            hand: 1,
            places: vec![(4, Span::new(file, 6, 8))],
        };
        let text = sources.add_made("twice", "a()\n  |> hole_1\n", made);
        let wrong = Diagnostic::new(KORU040, Span::new(text, 9, 15), "no event `hole_1`");
        let wrong = settled(wrong.fix("write it", Span::new(text, 9, 15), "b"), &sources);
        assert_eq!(sources.slice(wrong.primary.span), "()");
        assert_eq!(sources.slice(sources.written(Span::new(text, 0, 1))), "twice");
        assert_eq!(wrong.notes, ["in code of transform `lib:twice` (lib.kz:3), line 2: `|> %{b}`"]);
        assert!(wrong.helps[0].edits.is_empty());
    }
}
