//! What the declaration of a transform must say: when it runs, and what it may answer; and which arguments its
//! calls take.

use super::is_transform;
use super::template::is_template;
use crate::Context;
use crate::ids::EventId;
use crate::koru::arguments;
use koru_base::codes::*;
use koru_base::{Diagnostic, Span};
use koru_syntax::ast::host::ExprKind;
use koru_syntax::ast::{Annotations, Call, Field, Payload};

/// Looks at every declared transform.
pub fn check_transforms(cx: &mut Context) {
    for event in cx.events.ids().filter(|&event| is_transform(cx, event)).collect::<Vec<_>>() {
        check(cx, event);
    }
}

fn check(cx: &mut Context, event: EventId) {
    let (source, annotations) = (cx.events[event].source.clone(), cx.events[event].annotations.clone());
    let name = source.name.name;
    if is_template(&annotations) {
        if super::runner(cx, event).is_none() {
            let message = format!("nothing here expands templates, as `{name}`");
            let lonely = Diagnostic::new(KORU706, source.name.span, message);
            let known = cx.koru.aliases.foundation_module("template");
            cx.sink.report(lonely.help_if(known, |path| format!("import a library that does, as `${path}`")));
        }
        return;
    }
    let answers =
        "a transform answers `| transformed { code: Code }` or `| failed { message: []const u8, at: Span }`";
    let mut report = |span: Span, message: String| {
        cx.sink.report(Diagnostic::new(KORU706, span, message).help(answers));
    };
    if !annotations.has("comptime") {
        let late =
            Diagnostic::new(KORU706, source.name.span, format!("transform `{name}` runs while compiling"));
        cx.sink.report(late.help("annotate it `[comptime|transform]`"));
        return;
    }
    for branch in &source.branches {
        let fields: Vec<_> = match &branch.payload {
            Payload::Struct(fields) => fields.iter().map(|field| field.name.name.as_str()).collect(),
            _ => Vec::new(),
        };
        if fields.contains(&"program") {
            return report(
                branch.span,
                format!("transform `{name}` answers with a program; it gives code for one call"),
            );
        }
        let wanted: &[&str] = match branch.name.name.as_str() {
            "transformed" => &["code"],
            "failed" => &["message", "at"],
            other => {
                return report(
                    branch.name.span,
                    format!("transform `{name}` has no use for a branch `{other}`"),
                );
            }
        };
        if let Some(missing) = wanted.iter().find(|field| !fields.contains(field)) {
            let message =
                format!("branch `{}` of transform `{name}` needs a field `{missing}`", branch.name.name);
            return report(branch.span, message);
        }
    }
    if !source.branches.iter().any(|branch| branch.name.name == "transformed") {
        report(source.name.span, format!("transform `{name}` has no branch `transformed`"));
    }
}

/// Do the arguments of a call fit? A transform that declares no inputs of its own reads them as it likes. None
/// after a diagnostic.
pub fn check_arguments(cx: &mut Context, event: EventId, call: &Call) -> Option<()> {
    let mut taking = arguments::without_given(&cx.events[event].source).0;
    if taking.inputs.is_empty() {
        return Some(());
    }
    // What is taken as it is written may be left out, and takes what has no other place.
    let is_expression =
        |input: &Field| matches!(&*input.ty.host.kind, ExprKind::Name(name) if *name == "Expression");
    if is_template(&cx.events[event].annotations) {
        let mark = cx.sink.len();
        arguments::fit(&taking, &call.args, call.path.span, &mut cx.sink);
        return (cx.sink.len() == mark).then_some(());
    }
    let takes_all = taking.inputs.iter().any(is_expression);
    let mark = cx.sink.len();
    let supplies = arguments::fit(&taking, &call.args, call.path.span, &mut cx.sink);
    let found = cx.sink.rewind(mark);
    taking.inputs.retain(|input| !is_expression(input));
    let lacks = supplies.contains(&arguments::Supply::Missing);
    let is_wrong = |code| if code == KORU080 { lacks && !taking.inputs.is_empty() } else { !takes_all };
    let wrong: Vec<_> = found.into_iter().filter(|problem| is_wrong(problem.code)).collect();
    let is_right = wrong.is_empty();
    wrong.into_iter().for_each(|problem| cx.sink.report(problem));
    is_right.then_some(())
}
