//! Commands: how a library's `[command]` event is called, and what build-time code asks about calls.
//!
//! The inputs of a command are made by the library that declares the word `command`: its host function,
//! named beside the word, gives a value for each type it knows.

use super::annotations::{self, Word};
use super::tables::Command;
use super::{arguments, implement, resolve, signature};
use crate::Context;
use crate::context::{Instance, Known, Linkage, Origin, ResultShape};
use crate::host::BodyChecker;
use crate::ids::{EventId, InstanceId, ModuleId, TypeId};
use crate::tree::{Arm, Expr, Kind};
use crate::value::Value;
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_flow::{Convention, Inline};
use koru_syntax::ast::host::{self, ExprKind};
use koru_syntax::ast::{Annotations, ArgValue, Call, Path};
use std::rc::Rc;
use std::sync::Arc;

/// An instance without parameters that runs the command. None after a mistake.
pub fn command_call(cx: &mut Context, command: &Command) -> Option<InstanceId> {
    let name = command.event;
    let Some(event) = cx.koru.events.get(&(command.module, name)).copied() else {
        let message = format!("command `{name}` is declared, but its module has no event of this name");
        let missing = Diagnostic::new(KORU040, command.span, message);
        cx.sink.report(missing.help(format!("add `~[comptime|command]pub event {name} {{ .. }}`")));
        return None;
    };
    if !cx.events[event].annotations.has("command") {
        let message = format!("event `{name}` is no command");
        cx.sink.report(
            Diagnostic::new(KORU040, cx.events[event].span, message).help("annotate it `[comptime|command]`"),
        );
        return None;
    }
    let inject = injector(cx)?;
    let signature = signature(cx, event);
    let callee = implement::event_instance(cx, event);
    let container = cx.modules[command.module].container;
    let mut body = BodyChecker::new(cx, container, ResultShape::Returns(TypeId::VOID));
    body.enter();
    body.bind_known(Name::new("(inject)"), inject);
    let inputs = signature.inputs.iter();
    let args = inputs.map(|input| injected(&mut body, input.ty, input.name, 0, command.span)).collect();
    let arms = match &signature.result {
        ResultShape::Returns(_) => Vec::new(),
        ResultShape::Branches { branches, .. } => {
            branches.iter().map(|_| Arm { payload: None, body: super::flow::nothing(command.span) }).collect()
        }
    };
    body.leave();
    let call = Kind::EventCall { callee, args, arms, label: None };
    let root = body.finish(Expr { ty: TypeId::VOID, span: command.span, kind: Box::new(call) });
    Some(cx.instances.push(Instance {
        name: Name::new(&format!("(command {name})")),
        params: Vec::new(),
        result: ResultShape::Returns(TypeId::VOID),
        origin: Origin::Made,
        linkage: Linkage::Internal,
        convention: Convention::Koru,
        inline: Inline::Auto,
        body: crate::context::BodyState::Checked(Rc::new(root)),
        span: command.span,
    }))
}

/// The host function that makes inputs: `native(command, function)` names it.
pub(super) fn injector(cx: &mut Context) -> Option<Known> {
    let declares =
        |event: &crate::context::Event| annotations::word(&event.annotations) == Some(Word::Command);
    let (module, annotations, span) = cx
        .events
        .iter()
        .find(|event| declares(event))
        .map(|event| (event.module, event.annotations.clone(), event.span))?;
    let function = Name::new(annotations.call("native")?.get(1).copied().unwrap_or("inject"));
    crate::host::known_decl(cx, cx.modules[module].container, function, span)
}

/// `inject(T, name, call)`; call 0 is the one that a transform is to replace.
pub(super) fn injected(body: &mut BodyChecker, ty: TypeId, input: Name, call: u32, span: Span) -> Expr {
    let make = |kind| host::Expr { kind: Arc::new(kind), span };
    body.enter();
    body.bind_known(Name::new("(type)"), Known { ty: TypeId::TYPE, value: Value::Type(ty) });
    let call = make(ExprKind::Call {
        callee: make(ExprKind::Name(Name::new("(inject)"))),
        args: vec![
            make(ExprKind::Name(Name::new("(type)"))),
            make(ExprKind::Str(input.as_str().as_bytes().to_vec())),
            make(ExprKind::Int(Name::new(&call.to_string()))),
        ],
    });
    let made = body.expr(&call, Some(ty));
    body.leave();
    made
}

/// The event a path names, without a diagnostic.
pub fn called(cx: &mut Context, module: ModuleId, path: &Path) -> Option<EventId> {
    let mark = cx.sink.len();
    let callee = resolve::event(cx, module, path);
    cx.sink.rewind(mark);
    callee.map(|callee| callee.event)
}

/// The value of a text input of a call: given, or the default. None after a diagnostic, or where the
/// event has no such input.
pub fn argument_text(cx: &mut Context, module: ModuleId, call: &Call, input: Name) -> Option<Vec<u8>> {
    let event = called(cx, module, &call.path)?;
    let source = cx.events[event].source.clone();
    if source.inputs.iter().any(|field| field.name.name == input && arguments::is_expression(field)) {
        let index = argument_of(cx, module, call, input)?;
        return Some(cx.sources.slice(call.args[index].text).as_bytes().to_vec());
    }
    let text = cx.types.text();
    let known = argument_known(cx, module, call, input, text, "a text in quotes")?;
    cx.text_of(&known.value)
}

fn argument_known(
    cx: &mut Context,
    module: ModuleId,
    call: &Call,
    input: Name,
    ty: TypeId,
    wanted: &str,
) -> Option<Known> {
    let event = called(cx, module, &call.path)?;
    let source = cx.events[event].source.clone();
    let index = source.inputs.iter().position(|field| field.name.name == input)?;
    let supplies = arguments::fit_data(&source, &call.args);
    let (container, expr) = match supplies[index] {
        Some(argument) => match &call.args[argument].value {
            ArgValue::Expr(expr) => (cx.modules[module].container, expr.clone()),
            _ => {
                let message = format!("{wanted} is needed here");
                let wrong = Diagnostic::new(KORU082, call.args[argument].span, message);
                cx.sink.report(wrong);
                return None;
            }
        },
        None => (cx.modules[cx.events[event].module].container, source.inputs[index].default.clone()?),
    };
    let mark = cx.sink.len();
    let known = crate::host::known_value(cx, container, &expr, ty);
    for mut problem in cx.sink.rewind(mark) {
        // Names of the flow have no values yet.
        if problem.code == HOST001 {
            problem.code = HOST005;
            let name = cx.sources.slice(problem.primary.span);
            problem.message =
                format!("`{name}` is not known while compiling, and input `{input}` is needed then");
            problem.helps.clear();
        }
        cx.sink.report(problem);
    }
    known
}

/// The index of the argument that supplies an input; what names no input supplies one that takes an
/// expression as it is written.
pub fn argument_of(cx: &mut Context, module: ModuleId, call: &Call, input: Name) -> Option<usize> {
    let event = called(cx, module, &call.path)?;
    let source = cx.events[event].source.clone();
    let index = source.inputs.iter().position(|field| field.name.name == input)?;
    let supplies = arguments::fit_data(&source, &call.args);
    let stray = || (0..call.args.len()).find(|argument| !supplies.contains(&Some(*argument)));
    supplies[index].or_else(|| arguments::is_expression(&source.inputs[index]).then(stray)?)
}

/// The value of an input that is a number or a bool: given, or the default.
pub fn argument_integer(
    cx: &mut Context,
    module: ModuleId,
    call: &Call,
    input: Name,
    is_flag: bool,
) -> Option<i64> {
    let ty = if is_flag { TypeId::BOOL } else { cx.types.int(64, true) };
    let known = argument_known(cx, module, call, input, ty, "a number or a bool")?;
    match known.value {
        Value::Bool(value) => Some(value.into()),
        Value::Int(number) => i64::try_from(number).ok(),
        _ => None,
    }
}

/// The type of an input of the event that a flow implements.
pub fn input_type(cx: &Context, implements: Option<EventId>, input: Name) -> Option<host::Expr> {
    let source = &cx.events[implements?].source;
    source.inputs.iter().find(|field| field.name.name == input).map(|field| field.ty.host.clone())
}

/// Was `--name` given?
pub fn has_flag(cx: &Context, name: &str) -> bool {
    cx.koru.flags.contains(name)
}

/// The flags that conditional imports and `native(flag)` tables name.
pub fn asked_flags(cx: &Context) -> Vec<String> {
    let items = cx.modules.iter().flat_map(|module| &module.tree.items);
    let imports = items.filter(|item| matches!(item.kind, koru_syntax::ast::ItemKind::Import(_)));
    let parts = imports.flat_map(|item| &item.annotations).map(|part| part.text.as_str().to_owned());
    let mut asked: Vec<_> = parts.chain(cx.koru.tables.flags.iter().cloned()).collect();
    asked.sort();
    asked.dedup();
    asked
}

/// Everything the program declares that nothing it runs reaches, by name, in order.
pub fn unreached(cx: &Context) -> Vec<String> {
    let is_reached = |event: EventId| {
        let instance = cx.koru.instances.get(&event);
        instance.is_some_and(|&one| matches!(cx.instances[one].body, crate::context::BodyState::Checked(_)))
    };
    let events = cx.events.ids().filter(|&event| !is_reached(event)).map(|event| cx.event_name(event));
    let mut reached = vec![false; cx.functions.len()];
    for instance in cx.instances.iter() {
        if let Origin::Function { function, .. } = &instance.origin {
            reached[function.0 as usize] = true;
        }
    }
    let functions = cx.functions.iter().zip(reached).filter(|(_, reached)| !reached);
    let mut all: Vec<_> =
        events.chain(functions.map(|(function, _)| function.name.as_str().to_owned())).collect();
    all.sort();
    all
}
