//! The budget of bytes that a program sets itself: `"max-size"`.
//!
//! In: the program's settings, and a file that was made. Out: where it is larger, a mistake of the program that names
//! its largest items, and what grew since the report that `"size-report"` names.

use super::report::{Item, Report, Words};
use super::{changes, map};
use crate::link::Files;
use crate::session::{Failed, Session};
use koru_base::codes::{KORU302, KORU307};
use koru_base::{Diagnostic, Level, Span};
use koru_flow::Graph;
use koru_hir::Context;
use std::fs;

/// So many items are named.
const NAMED: usize = 8;

/// How large the program may be.
pub struct Limit {
    pub bytes: u64,
    /// Where it says so.
    span: Span,
    /// What it was before.
    since: Option<Report>,
}

/// The budget that holds for what is built now. Programs with all checks, tests, and who asks for the parts of a
/// program have none.
pub fn of(session: &Session, cx: &mut Context) -> Result<Option<Limit>, Failed> {
    let is_free = session.options.level == Level::Debug || !session.events.is_empty() || session.is_inspected;
    let Some(setting) = cx.koru.tables.config.get("max-size").filter(|_| !is_free).cloned() else {
        return Ok(None);
    };
    let wrong = |cx: &mut Context, span, message: String| {
        cx.sink.report(Diagnostic::new(KORU302, span, message));
        session.show(&mut cx.sink, &cx.sources)
    };
    let Ok(bytes) = setting.value.replace('_', "").parse() else {
        wrong(cx, setting.span, format!("`max-size` is a number of bytes, and `{}` is none", setting.value))?;
        return Ok(None);
    };
    let mut limit = Limit { bytes, span: setting.span, since: None };
    if let Some(named) = cx.koru.tables.config.get("size-report").cloned() {
        let file = cx.sources.path(named.span.file).with_file_name(&named.value);
        match fs::read_to_string(&file).ok().and_then(|text| Report::read(&text)) {
            Some(report) => limit.since = Some(report),
            None => wrong(cx, named.span, format!("{file} is no report that `inspect --json` wrote"))?,
        }
    }
    Ok(Some(limit))
}

/// Says by how much the program is too large, and what is large in it.
pub fn report(limit: Limit, files: &Files, graph: &Graph, cx: &mut Context) {
    let bytes = files.shipped.len() as u64;
    let message = format!("the program has {bytes} bytes, {} more than it may have", bytes - limit.bytes);
    let mut wrong = Diagnostic::new(KORU307, limit.span, message);
    let stretches = map::map(files).unwrap_or_default();
    let items = Words { shipped: &files.shipped, graph: Some(graph), sources: &cx.sources }.items(&stretches);
    let list: Vec<_> = items.iter().take(NAMED).map(line).collect();
    wrong = wrong.note(format!("the largest parts of it are\n{}", list.join("\n")));
    if let Some(since) = limit.since {
        let now = Report { bytes, items, ..Report::default() };
        let grown: Vec<_> =
            changes::of(&since, &now).into_iter().filter(|change| change.is_growth()).collect();
        let list: Vec<_> = grown.iter().take(NAMED).map(|change| format!("  {change}")).collect();
        let before = since.bytes;
        wrong = wrong.note(format!("it had {before} bytes before; these grew\n{}", list.join("\n")));
    }
    cx.sink.report(wrong.help("`koruc FILE inspect` shows all of it"));
}

fn line(item: &Item) -> String {
    format!("  {:>7}  {:<9} {}", item.bytes, item.kind, item.name)
}
