//! What build-time code asks about flows: which events they call, whether those are pure, and source blocks
//! that hold Koru.
//!
//! A block is read in its place: its nodes keep the places they have in the file, and mean what they would mean
//! outside of the block.

use super::implement::{self, Code};
use super::{declare, laws, resolve, transforms};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::{Name, Span};
use koru_syntax::ast::host::{self, ExprKind};
use koru_syntax::ast::{
    self, Arg, ArgValue, Binding, Call, Continuation, Flow, Ident, Item, ItemKind, Path, Pattern,
    SourceBlock, Step, StepKind, SubflowBody,
};
use std::sync::Arc;

/// The constructs in a source block. None after a diagnostic.
pub fn constructs(cx: &mut Context, source: &SourceBlock) -> Option<ast::Module> {
    let file = source.span.file;
    let (tree, found) = koru_syntax::parse_part(file, cx.sources.text(file), source.span);
    let is_clean = found.is_empty();
    found.into_iter().for_each(|problem| cx.sink.report(problem));
    is_clean.then_some(tree)
}

/// The event a subflow implements. None after a diagnostic.
pub fn implemented_event(cx: &mut Context, module: ModuleId, code: &Arc<ast::Subflow>) -> Option<EventId> {
    declare::implemented_event(cx, module, &code.path, &Code::Subflow(code.clone()))
}

/// The events that a flow or a subflow calls, or what implements an event: in source order, without transforms
/// and words of the compiler.
pub fn callees(cx: &mut Context, module: ModuleId, item: &Item) -> Vec<EventId> {
    match &item.kind {
        ItemKind::Flow(flow) => called_in(cx, module, flow, None),
        ItemKind::Subflow(code) => {
            let implements = implement::implemented(cx, module, &code.path);
            subflow_callees(cx, module, code, implements)
        }
        ItemKind::Event(declared) => {
            let Some(&event) = cx.koru.events.get(&(module, declared.name.name)) else { return Vec::new() };
            match implement::choose(cx, event) {
                Some(implement::Implementation { module, code: Code::Subflow(code), .. }) => {
                    subflow_callees(cx, module, &code, Some(event))
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn subflow_callees(
    cx: &mut Context,
    module: ModuleId,
    code: &ast::Subflow,
    implements: Option<EventId>,
) -> Vec<EventId> {
    match &code.body {
        SubflowBody::Flow(flow) => called_in(cx, module, flow, implements),
        SubflowBody::Constructor(_) => Vec::new(),
    }
}

fn called_in(cx: &mut Context, module: ModuleId, flow: &Flow, implements: Option<EventId>) -> Vec<EventId> {
    let mut paths = Vec::new();
    laws::each_call(&flow.steps, &flow.arms, &mut |call| paths.push(call.path.clone()));
    paths.iter().filter_map(|path| event_of(cx, module, path, implements)).collect()
}

fn event_of(cx: &mut Context, module: ModuleId, path: &Path, implements: Option<EventId>) -> Option<EventId> {
    let mark = cx.sink.len();
    let callee = resolve::event_inside(cx, module, path, implements);
    cx.sink.rewind(mark);
    let callee = callee.filter(|callee| callee.word.is_none())?;
    (!transforms::is_transform(cx, callee.event)).then_some(callee.event)
}

/// Has a call of the event no effect but its answer, as far as anybody says?
pub fn is_pure(cx: &mut Context, event: EventId) -> bool {
    laws::is_pure(cx, event)
}

/// Where the code behind the event begins: its override's, if it has one.
pub fn implementation(cx: &Context, event: EventId) -> Option<Span> {
    implement::choose(cx, event).map(|code| code.span)
}

/// A flow in which every branch of a call that nobody handles leads to a call of `rest`, an event with the
/// inputs `event`, `branch` and `at`, all texts.
pub fn handle_rest(
    cx: &mut Context,
    module: ModuleId,
    steps: &[Step],
    arms: &mut Vec<Continuation>,
    rest: &str,
) {
    for arm in arms.iter_mut() {
        handle_rest(cx, module, &arm.steps, &mut arm.arms, rest);
    }
    let Some(Step { kind: StepKind::Call(call), .. }) = steps.last() else { return };
    let Some(event) = event_of(cx, module, &call.path, None) else { return };
    let is_whole =
        |arm: &Continuation| matches!(arm.pattern, Pattern::CatchAll { .. } | Pattern::Void { .. });
    if arms.iter().any(is_whole) {
        return;
    }
    let branches = cx.events[event].source.branches.clone();
    for branch in branches.iter().filter(|branch| !branch.is_optional) {
        let handles = |arm: &Continuation| {
            matches!(&arm.pattern, Pattern::Branch(name) if name.name == branch.name.name)
                && arm.guard.is_none()
        };
        if !arms.iter().any(handles) {
            let name = Ident { name: branch.name.name, span: call.path.span };
            arms.push(leading_to(cx, rest, event, name, !matches!(branch.payload, ast::Payload::Empty)));
        }
    }
}

fn leading_to(cx: &Context, rest: &str, event: EventId, branch: Ident, has_payload: bool) -> Continuation {
    let span = branch.span;
    let (path, at) = (cx.sources.path(span.file), cx.sources.position(span.file, span.start));
    let at = format!("{path}:{}:{}", at.line, at.column);
    let ident = |text: &str| Ident { name: Name::new(text), span };
    let argument = |name: &str, text: &str| {
        let value = host::Expr { kind: Arc::new(ExprKind::Str(text.as_bytes().to_vec())), span };
        Arg { name: Some(ident(name)), value: ArgValue::Expr(value), text: span, span }
    };
    let args = vec![
        argument("event", &cx.event_name(event)),
        argument("branch", branch.name.as_str()),
        argument("at", &at),
    ];
    let (owner, name) = rest.split_once(':').unwrap_or(("", rest));
    let owner = Some(owner).filter(|owner| !owner.is_empty()).map(ident);
    let path = Path { module: owner, name: ident(name), span };
    let call = Call { label: None, path, variant: None, args, args_span: span, source: None };
    let binding = has_payload.then(|| Binding { name: ident("_"), annotations: Vec::new() });
    let steps = vec![Step { kind: StepKind::Call(call), span }];
    Continuation { pattern: Pattern::Branch(branch), binding, guard: None, steps, arms: Vec::new(), span }
}
