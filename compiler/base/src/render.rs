//! Diagnostics as text. The only file that names annotate-snippets.
//!
//! In: diagnostics and the sources they point into. Out: what the terminal shows.

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::Sources;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

/// Colours or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// For files, pipes and golden tests.
    Plain,
    /// For terminals.
    Coloured,
}

/// The text of one diagnostic, with a line feed at the end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, look: Look) -> String {
    let renderer = match look {
        Look::Plain => Renderer::plain(),
        Look::Coloured => Renderer::styled(),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut main = Group::with_title(title);
    for snippet in snippets(diagnostic, sources) {
        main = main.element(snippet);
    }
    for note in &diagnostic.notes {
        main = main.element(Level::NOTE.message(note.as_str()));
    }
    for help in diagnostic.helps.iter().filter(|help| help.edits.is_empty()) {
        main = main.element(Level::HELP.message(help.text.as_str()));
    }
    let mut report = vec![main];
    for help in diagnostic.helps.iter().filter(|help| !help.edits.is_empty()) {
        let mut group = Group::with_title(Level::HELP.secondary_title(help.text.as_str()));
        for edits in help.edits.chunk_by(|one, next| one.span.file == next.span.file) {
            let Some(file) = sources.get(edits[0].span.file) else { continue };
            let mut snippet = Snippet::source(&*file.text).path(file.path.as_str());
            for edit in edits {
                let range = edit.span.start as usize..edit.span.end as usize;
                snippet = snippet.patch(Patch::new(range, edit.replacement.as_str()));
            }
            group = group.element(snippet);
        }
        report.push(group);
    }
    renderer.render(&report) + "\n"
}

/// How much was found, if anything was: the line below all diagnostics of a run.
pub fn summary(found: &[Diagnostic]) -> Option<String> {
    let errors = found.iter().filter(|one| one.severity == Severity::Error).count();
    let count = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts = [count(errors, "error"), count(found.len() - errors, "warning")];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// One snippet a file, the primary's first.
fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    let mut files: Vec<_> = Vec::new();
    for label in labels.clone() {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let in_file = |wanted| labels.clone().filter(move |label: &&Label| label.span.file == wanted);
    let shown = files.into_iter().filter_map(|id| sources.get(id).map(|file| (id, file)));
    shown
        .map(|(id, file)| {
            let mut snippet = Snippet::source(&*file.text).path(file.path.as_str());
            for label in in_file(id) {
                let is_primary = std::ptr::eq(label, &diagnostic.primary);
                let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                let end = (label.span.end as usize).min(file.text.len());
                let annotation = kind.span((label.span.start as usize).min(end)..end);
                snippet = snippet.annotation(if label.text.is_empty() {
                    annotation
                } else {
                    annotation.label(label.text.as_str())
                });
            }
            snippet
        })
        .collect()
}
