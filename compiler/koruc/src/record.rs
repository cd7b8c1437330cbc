//! A diagnostic as data: `--message-format json` prints one record a line, for editors and other tools.
//!
//! In: a diagnostic and the sources it points into. Out: JSON of the shape `docs/book/errors.md` promises.
//! The schema number changes when a field goes or changes its meaning; new fields may come without.

use koru_base::codes::TABLE;
use koru_base::{Diagnostic, Edit, Label, Severity, Sources, Span};
use serde_json::{Value, json};

const SCHEMA: u32 = 1;

/// The record of one diagnostic.
pub fn record(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    let spans: Vec<_> = labels.filter_map(|label| labelled(label, sources)).collect();
    let help = diagnostic.helps.iter().map(|help| {
        let edits: Vec<_> = help.edits.iter().filter_map(|edit| change(edit, sources)).collect();
        json!({ "text": help.text, "edits": edits })
    });
    json!({
        "schema": SCHEMA,
        "code": diagnostic.code.as_str(),
        "name": TABLE.iter().find(|row| row.code == diagnostic.code).map(|row| row.name),
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "message": diagnostic.message,
        "spans": spans,
        "notes": diagnostic.notes,
        "help": help.collect::<Vec<_>>(),
    })
}

fn labelled(label: &Label, sources: &Sources) -> Option<Value> {
    let mut record = place(label.span, sources)?;
    record["label"] = label.text.as_str().into();
    Some(record)
}

fn change(edit: &Edit, sources: &Sources) -> Option<Value> {
    let mut record = place(edit.span, sources)?;
    record["replacement"] = edit.replacement.as_str().into();
    Some(record)
}

/// Bytes from 0, lines and columns (of characters) from 1; the end is behind the last character.
fn place(span: Span, sources: &Sources) -> Option<Value> {
    let file = sources.get(span.file)?;
    let (first, last) = (sources.position(span.file, span.start), sources.position(span.file, span.end));
    Some(json!({
        "file": file.path.as_str(),
        "start": span.start, "line": first.line, "col": first.column,
        "end": span.end, "end_line": last.line, "end_col": last.column,
    }))
}
