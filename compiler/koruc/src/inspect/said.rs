//! Reports as text for people.

use super::changes;
use super::kernel::Asked;
use super::report::{Report, SCHEMA};
use koru_base::{Sources, Span};
use serde_json::{Value, json};
use std::fmt::Write;

/// So many lines of a table are shown unless all are asked for.
const SHOWN: usize = 25;

/// Bytes by segment, kind, item and source.
pub fn report(report: &Report, is_all: bool) -> String {
    let mut text = format!("{} bytes for {}\n", report.bytes, report.target);
    let plain = |sums: Vec<(String, u64)>| sums.into_iter().map(|(name, bytes)| (bytes, name)).collect();
    table(&mut text, "by segment", plain(report.sums(|item| &item.segment)), report.bytes, true);
    table(&mut text, "by kind", plain(report.sums(|item| &item.kind)), report.bytes, true);
    let items = report.items.iter().map(|item| {
        let line = format!("{:<9} {:<44} {}", item.kind, short(&item.name), item.place);
        (item.bytes, line.trim_end().to_owned())
    });
    table(
        &mut text,
        "by item (what was put inline is a part of who called it)",
        items.collect(),
        report.bytes,
        is_all,
    );
    let title = "code by where it is written (what was put inline counts there)";
    table(&mut text, title, plain(report.written.clone()), report.bytes, is_all);
    if is_all {
        table(&mut text, "code by source file", plain(report.sources.clone()), report.bytes, true);
    }
    text
}

/// One line, not too long.
fn short(name: &str) -> String {
    const LONG: usize = 60;
    if name.chars().count() <= LONG {
        return name.to_owned();
    }
    name.chars().take(LONG - 2).chain("..".chars()).collect()
}

fn table(text: &mut String, title: &str, rows: Vec<(u64, String)>, all: u64, is_all: bool) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    let shown = if is_all || rows.len() <= SHOWN + 1 { rows.len() } else { SHOWN };
    for (bytes, name) in &rows[..shown] {
        let _ = writeln!(text, "{bytes:>8} {:>5.1}%  {name}", *bytes as f64 * 100.0 / all as f64);
    }
    if shown < rows.len() {
        let rest: u64 = rows[shown..].iter().map(|(bytes, _)| bytes).sum();
        let _ = writeln!(
            text,
            "{rest:>8} {:>5.1}%  {} more, with --all",
            rest as f64 * 100.0 / all as f64,
            rows.len() - shown
        );
    }
}

/// The system calls, with who makes them.
pub fn kernel(asked: &[Asked], hidden: &[String], has_foreign: bool) -> String {
    let mut text = "\nsystem calls (`_` may be anything)\n".to_owned();
    for one in asked {
        let mut events = one.events.join(", ");
        for call in one.calls() {
            let _ = writeln!(text, "  {:<50} {events}", call);
            events = String::new();
        }
    }
    let mut lines: Vec<_> = text.lines().map(str::trim_end).map(str::to_owned).collect();
    lines
        .extend(hidden.iter().map(|place| format!("  {place}: assembly that calls with a number not known")));
    lines.extend(
        has_foreign.then(|| "  and what code asks that is not Koru's, which is not known".to_owned()),
    );
    lines.join("\n") + "\n"
}

/// What changed.
pub fn changes(before: &Report, now: &Report) -> String {
    let bytes = now.bytes.cast_signed() - before.bytes.cast_signed();
    let mut text = format!("{} bytes, {bytes:+} since {}\n", now.bytes, before.bytes);
    for change in changes::of(before, now) {
        let _ = writeln!(text, "{change}");
    }
    if !before.items.iter().any(|item| ["event", "function", "flow"].contains(&item.kind.as_str())) {
        text += "note: the other file keeps no names: save a report of it with `inspect --json`, or build it with -g\n";
    }
    text
}

pub fn changes_json(before: &Report, now: &Report) -> Value {
    let changes = changes::of(before, now).into_iter().map(|change| {
        let bytes = change.bytes();
        let changes::Change { kind, name, before, now } = change;
        json!({ "kind": kind, "name": name, "before": before, "now": now, "change": bytes })
    });
    json!({ "schema": SCHEMA, "before": before.bytes, "now": now.bytes, "changes": changes.collect::<Vec<_>>() })
}

/// The way to an item, a line a step.
pub fn chain(chain: &[(String, Span)], sources: &Sources) -> String {
    let mut text = String::new();
    for (index, (name, span)) in chain.iter().enumerate() {
        let mark = if index == 0 { "" } else { "names " };
        let line = format!("{}{mark}{:<40} {}", "  ".repeat(index), name, sources.place(*span));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
