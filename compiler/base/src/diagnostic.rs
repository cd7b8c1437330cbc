//! What is wrong and what to do about it, as a value. How it looks is [`crate::render`]'s business.
//!
//! A diagnostic has one code, one sentence, the smallest span that must change, further places
//! where two matter, and help that can often be applied as an edit.

mod made;

use crate::codes::Code;
use crate::source::Sources;
use crate::span::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Compilation goes on and may succeed.
    Warning,
    /// No output is made.
    Error,
}

/// A place with a few words beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// Replace the text of `span` by `replacement`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What goes; empty to insert.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

/// What the user can do, in words and, where it is certain, as edits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Help {
    /// One sentence.
    pub text: String,
    /// Edits that do it; empty where only words help.
    pub edits: Vec<Edit>,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its meaning, stable between versions.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// The smallest span that must change, with a label that may be empty.
    pub primary: Label,
    /// Further places, in the order they should be read.
    pub secondary: Vec<Label>,
    /// Facts without a place.
    pub notes: Vec<String>,
    /// What to do.
    pub helps: Vec<Help>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::new(code, span, message) }
    }

    /// Words beside the primary span.
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// A further place that matters. Places nobody wrote are left out.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        if span.is_written() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    /// A fact without a place.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Advice in words.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.helps.push(Help { text: text.into(), edits: Vec::new() });
        self
    }

    /// Does the same edit mend both? Then the other one is an echo: a missing import is told once.
    fn is_mended_with(&self, other: &Diagnostic) -> bool {
        let mends = |help: &Help| !help.edits.is_empty();
        self.code == other.code
            && self.message == other.message
            && self.helps.iter().any(mends)
            && self.helps == other.helps
    }

    /// Advice in words, only where there is something to say.
    pub fn help_if<T>(self, value: Option<T>, text: impl FnOnce(T) -> String) -> Diagnostic {
        match value {
            Some(value) => self.help(text(value)),
            None => self,
        }
    }

    /// Advice that can be applied: replace `span` by `replacement`.
    pub fn fix(self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix_all(text, vec![Edit { span, replacement: replacement.into() }])
    }

    /// Advice that takes several edits, in order of place.
    pub fn fix_all(mut self, text: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        self.helps.push(Help { text: text.into(), edits });
        self
    }
}

/// Where stages put what they find. All of it is shown at the end, in order of place.
#[derive(Clone, Default, Debug)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
    /// As many as `diagnostics`: does it stay when an attempt is given up?
    kept: Vec<bool>,
}

impl Sink {
    /// Takes a diagnostic in; one that says the same about the same place is dropped.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
            self.kept.push(false);
        }
    }

    /// Was an error reported?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Everything reported so far, in the order it was found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.diagnostics.iter()
    }

    /// How many were reported: a mark to compare with later.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Was nothing reported?
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// What was reported after `mark` stays, whatever attempt it was found in: it is about code that is
    /// looked at once.
    pub fn keep(&mut self, mark: usize) {
        self.kept[mark..].fill(true);
    }

    /// Forgets what was reported after `mark`, for attempts that may fail silently, and returns it.
    pub fn rewind(&mut self, mark: usize) -> Vec<Diagnostic> {
        let found: Vec<_> = self.diagnostics.drain(mark..).zip(self.kept.drain(mark..)).collect();
        let (kept, forgotten): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, kept)| *kept);
        for (diagnostic, kept) in kept {
            self.diagnostics.push(diagnostic);
            self.kept.push(kept);
        }
        forgotten.into_iter().map(|(diagnostic, _)| diagnostic).collect()
    }

    /// Moves everything out, at places that somebody wrote, sorted by file, place and severity.
    pub fn take_sorted(&mut self, sources: &Sources) -> Vec<Diagnostic> {
        self.kept.clear();
        let all = std::mem::take(&mut self.diagnostics);
        let mut all: Vec<_> = all.into_iter().map(|diagnostic| made::settled(diagnostic, sources)).collect();
        all.sort_by_key(|diagnostic| (diagnostic.primary.span, std::cmp::Reverse(diagnostic.severity)));
        let mut told: Vec<Diagnostic> = Vec::with_capacity(all.len());
        for diagnostic in all {
            if !told.iter().any(|earlier| earlier.is_mended_with(&diagnostic)) {
                told.push(diagnostic);
            }
        }
        told
    }
}

/// The candidate most like `wanted`, if it is close enough to be what was meant (edit distance
/// of a third of the length, at least one). Letters are left out more often than added: of two that are
/// equally close it is the longer.
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    let scored = candidates.into_iter().map(|candidate| (distance(wanted, candidate), candidate));
    scored
        .filter(|&(score, candidate)| score <= limit && score < candidate.chars().count())
        .min_by_key(|&(score, candidate)| (score, std::cmp::Reverse(candidate.len()), candidate))
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance with transpositions of neighbours counted as one edit (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (row, cells) in rows.iter_mut().enumerate() {
        cells[0] = row;
    }
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = substituted.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_one_slip_away() {
        assert_eq!(closest("prnitln", ["print", "println", "read"]), Some("println"));
        assert_eq!(closest("printn", ["print", "println"]), Some("println"));
        assert_eq!(closest("x", ["value", "other"]), None);
    }
}
