//! Settings, selected variants and commands: tables a program fills while it is compiled.
//!
//! In: source blocks of flows whose event is `native(config)`, `native(variants)` or `native(command)`,
//! as data, before anything runs. Out: [`Tables`]. Keys nobody here knows are kept for libraries.

use super::aliases::json_place;
use super::annotations::{self, Word};
use super::requires::{self, Requires};
use super::resolve;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{self, ItemKind, SourceBlock, StepKind};
use std::collections::BTreeMap;

/// What the program says to the compiler.
#[derive(Default, Debug)]
pub struct Tables {
    /// Keys and values of active configs.
    pub config: BTreeMap<String, Setting>,
    /// What is linked with the program.
    pub requires: Requires,
    /// Which proc of an event is chosen.
    pub variants: BTreeMap<EventId, (Name, Span)>,
    pub commands: Vec<Command>,
    /// What builds the program, if a library does.
    pub builder: Option<Command>,
    /// Options of the command line that libraries ask about, without dashes.
    pub flags: Vec<String>,
}

/// A value and where it was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    pub value: String,
    pub span: Span,
}

/// What a library says of a command it offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The module of its code, and the event there.
    pub module: ModuleId,
    pub event: Name,
    pub name: String,
    pub alias: Option<String>,
    pub description: String,
    /// Build flags the command turns on.
    pub implies: Vec<String>,
    pub span: Span,
}

/// Reads the tables of every module.
pub fn read(cx: &mut Context) {
    for module in cx.modules.ids() {
        let tree = cx.modules[module].tree.clone();
        for item in &tree.items {
            if let ItemKind::Flow(flow) = &item.kind
                && let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind)
            {
                read_flow(cx, module, item, call);
            }
        }
    }
    requires::find_libraries(cx);
}

/// The word a call stands for, without a diagnostic where there is no such event.
fn word_of(cx: &mut Context, module: ModuleId, call: &ast::Call) -> Option<Word> {
    let mark = cx.sink.len();
    let callee = resolve::event(cx, module, &call.path);
    cx.sink.rewind(mark);
    callee?.word
}

fn read_flow(cx: &mut Context, module: ModuleId, item: &ast::Item, call: &ast::Call) {
    let Some(word) = word_of(cx, module, call) else { return };
    let is_active = annotations::is_active(cx, &item.annotations);
    match (word, &call.source) {
        (Word::CommandBy(event), _) if is_active => command_by(cx, module, call, event),
        (Word::BuildBy(event), _) if is_active => {
            let builder = by(cx, module, call, event, "build".to_owned(), String::new());
            cx.koru.tables.builder = cx.koru.tables.builder.take().or(builder);
        }
        (Word::Command, Some(source)) => command(cx, module, source),
        (Word::Flag, Some(source)) => flag(cx, source),
        (Word::Config, Some(source)) if is_active => config(cx, source),
        (Word::Variants, Some(source)) if is_active => variants(cx, source),
        (Word::Requires, Some(source)) if is_active => requires::table(cx, module, source),
        (Word::Config | Word::Requires | Word::Variants | Word::Command | Word::Flag, None) => {
            let missing =
                Diagnostic::new(KORU302, call.path.span, format!("`{}` needs a table", call.path.name.name));
            cx.sink.report(missing.help("write `{ \"key\": \"value\" }` behind it"));
        }
        _ => {}
    }
}

/// A key, its value, and where both stand.
pub(super) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: serde_json::Value,
    span: Span,
}

/// The entries of a source block that holds a JSON object without its braces.
pub(super) fn entries(cx: &mut Context, source: &SourceBlock) -> Vec<Entry> {
    let text = format!("{{{}}}", source.text.trim_end().trim_end_matches(','));
    let json: serde_json::Value = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) => {
            // One brace stands in front of the block's own text.
            let at = json_place(&text, &error).saturating_sub(1);
            let span = word_at(cx, source, at);
            let problem = error.to_string();
            let problem = problem.split(" at line").next().unwrap_or_default();
            let bad = Diagnostic::new(KORU302, span, format!("this table is malformed: {problem}"));
            cx.sink.report(bad.help("a table is lines of `\"key\": \"value\"`, with commas between them"));
            return Vec::new();
        }
    };
    let object = json.as_object().cloned().unwrap_or_default();
    let entry = |(key, value): (String, serde_json::Value)| {
        let key_span = find(cx, source, &format!("\"{key}\""));
        let shown = value.as_str().map(|text| find(cx, source, &format!("\"{text}\"")));
        Entry { span: shown.unwrap_or(key_span), key_span, key, value }
    };
    object.into_iter().map(entry).collect()
}

/// The place of a quoted text in a source block; the whole block where escapes hide it.
pub(super) fn find(cx: &Context, source: &SourceBlock, quoted: &str) -> Span {
    match cx.sources.slice(source.span).find(quoted) {
        Some(at) => {
            let start = source.span.start + at as u32;
            Span::new(source.span.file, start, start + quoted.len() as u32)
        }
        None => source.span,
    }
}

/// The text in quotes, or the sign, at a byte of a source block.
fn word_at(cx: &Context, source: &SourceBlock, at: usize) -> Span {
    let before = &source.text[..at.min(source.text.len())];
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |feed| feed + 1);
    let start = source.line_starts.get(line).map_or(source.span.start, |start| start + column as u32);
    let start = start.min(source.span.end);
    let rest = cx.sources.slice(Span { start, ..source.span });
    let quoted = rest.strip_prefix('"').and_then(|inside| inside.find(['"', '\n']).map(|end| end + 2));
    let length = quoted.or_else(|| rest.chars().next().map(char::len_utf8)).unwrap_or(0);
    Span { start, end: start + length as u32, ..source.span }
}

fn config(cx: &mut Context, source: &SourceBlock) {
    for Entry { key, key_span, value, span } in entries(cx, source) {
        let Some(value) = text(cx, &value, key_span) else { continue };
        match cx.koru.tables.config.get(&key) {
            Some(first) if first.value != value => {
                let message = format!("two active configs disagree on `{key}`");
                let conflict = Diagnostic::new(KORU301, span, message).also(first.span, "set here first");
                cx.sink.report(conflict.help("give one of them a `build(..)` guard"));
            }
            Some(_) => {}
            None => {
                cx.koru.tables.config.insert(key, Setting { value, span });
            }
        }
    }
}

/// Values are texts.
fn text(cx: &mut Context, value: &serde_json::Value, key: Span) -> Option<String> {
    match value.as_str() {
        Some(text) => Some(text.to_owned()),
        None => {
            let wrong = Diagnostic::new(KORU302, key, "the value of a key is a text in quotes");
            cx.sink.report(wrong.help(format!("write \"{value}\"")));
            None
        }
    }
}

fn variants(cx: &mut Context, source: &SourceBlock) {
    for Entry { key, key_span, value, span } in entries(cx, source) {
        let Some(variant) = text(cx, &value, key_span) else { continue };
        let known = key.split_once(':').and_then(|(module, event)| {
            let module = *cx.koru.by_name.get(&Name::new(module))?;
            cx.koru.events.get(&(module, Name::new(event))).copied()
        });
        let Some(event) = known else {
            let unknown = Diagnostic::new(KORU040, key_span, format!("there is no event `{key}`"));
            cx.sink.report(unknown.help("write `\"module.path:event\": \"variant\"`"));
            continue;
        };
        let variant = Name::new(&variant);
        let all = cx.koru.implementations.get(&event).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<_> = all.iter().filter_map(|one| one.variant()).collect();
        if !names.contains(&variant) {
            let list: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let missing = Diagnostic::new(KORU057, span, format!("event `{key}` has no variant `{variant}`"));
            cx.sink.report(
                missing.note(format!(
                    "it has {}",
                    if list.is_empty() { "none".into() } else { list.join(", ") }
                )),
            );
            continue;
        }
        cx.koru.tables.variants.insert(event, (variant, span));
    }
}

/// `{ "name": "ccp", .. }`: an option the library asks about.
fn flag(cx: &mut Context, source: &SourceBlock) {
    for Entry { key, key_span, value, .. } in entries(cx, source) {
        if key == "name" {
            let name = text(cx, &value, key_span);
            cx.koru.tables.flags.extend(name);
        }
    }
}

fn command(cx: &mut Context, module: ModuleId, source: &SourceBlock) {
    let mut command = Command {
        module,
        event: Name::new(""),
        name: String::new(),
        alias: None,
        description: String::new(),
        implies: Vec::new(),
        span: source.span,
    };
    for Entry { key, key_span, value, .. } in entries(cx, source) {
        match key.as_str() {
            "name" => command.name = text(cx, &value, key_span).unwrap_or_default(),
            "alias" => command.alias = text(cx, &value, key_span),
            "description" => command.description = text(cx, &value, key_span).unwrap_or_default(),
            "implies" => {
                let flags = value.as_array().map(Vec::as_slice).unwrap_or_default();
                command.implies = flags.iter().filter_map(|flag| flag.as_str().map(str::to_owned)).collect();
            }
            "options" => {}
            other => {
                let unknown = Diagnostic::new(KORU302, key_span, format!("a command has no key `{other}`"));
                cx.sink.report(unknown.note("keys are name, alias, description, implies, options"));
            }
        }
    }
    command.event = Name::new(&command.name);
    if command.name.is_empty() {
        cx.sink.report(Diagnostic::new(KORU302, source.span, "a command needs a `name`"));
    } else {
        cx.koru.tables.commands.push(command);
    }
}

/// A call that declares a command by its inputs `name` and `description`.
fn command_by(cx: &mut Context, module: ModuleId, call: &ast::Call, event: Name) {
    let mut input = |name: &str| {
        let text = super::commands::argument_text(cx, module, call, Name::new(name));
        text.map(|text| String::from_utf8_lossy(&text).into_owned())
    };
    let Some(name) = input("name") else { return };
    let description = input("description").unwrap_or_default();
    let command = by(cx, module, call, event, name, description);
    cx.koru.tables.commands.extend(command);
}

/// A command whose code is an event beside the one that is called.
fn by(
    cx: &mut Context,
    module: ModuleId,
    call: &ast::Call,
    event: Name,
    name: String,
    description: String,
) -> Option<Command> {
    let called = resolve::event(cx, module, &call.path)?.event;
    let module = cx.events[called].module;
    Some(Command { module, event, name, alias: None, description, implies: Vec::new(), span: call.path.span })
}
