//! Flows that run while compiling: calls of events that exist only then, and flows marked so.
//!
//! In: the program, which says which flows they are, and the build world, where their code runs. Out: an instance
//! to run for each. What only the compiler has (`Source`, `Expression`, `Program` ..) is given to their calls by
//! the library that declares the word `command`, as commands and transforms get theirs.

use super::arguments::{self, Supply};
use super::flow::Typing;
use super::{annotations, commands, implement, resolve, signature};
use crate::Context;
use crate::context::Known;
use crate::ids::{EventId, InstanceId, ModuleId};
use crate::tree::Expr;
use koru_base::codes::KORU706;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::{self, Annotations, Call, Field, Item, ItemKind, Payload, StepKind};
use std::collections::BTreeSet;

/// The flows that run while compiling: those of imported modules first, then the entry's, in source order.
pub fn comptime_flows(cx: &mut Context) -> Vec<(ModuleId, usize)> {
    let entry = cx.entry();
    let mut modules: Vec<_> = cx.modules.ids().collect();
    modules.sort_by_key(|&module| module == entry);
    let mut found = Vec::new();
    for module in modules {
        let tree = cx.modules[module].tree.clone();
        for (index, item) in tree.items.iter().enumerate() {
            let is_wanted = annotations::is_active(cx, &item.annotations) && is_wanted(cx, module, item);
            if is_wanted && is_comptime_flow(cx, module, item) {
                found.push((module, index));
            }
        }
    }
    found
}

/// A flow marked `overridden(a, b)` waits for somebody to override one of these events of its module.
fn is_wanted(cx: &Context, module: ModuleId, item: &Item) -> bool {
    let Some(names) = item.annotations.call("overridden") else { return true };
    names.iter().any(|name| {
        let event = cx.koru.events.get(&(module, Name::new(name)));
        event.and_then(|&event| implement::choose(cx, event)).is_some_and(|code| code.is_override)
    })
}

/// Does the item run while compiling?
pub fn is_comptime_flow(cx: &mut Context, module: ModuleId, item: &Item) -> bool {
    let ItemKind::Flow(flow) = &item.kind else { return false };
    let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind) else { return false };
    let mark = cx.sink.len();
    let callee = resolve::event(cx, module, &call.path);
    cx.sink.rewind(mark);
    let Some(callee) = callee else { return false };
    let is_marked = is_marked(cx, module, &item.annotations);
    match callee.word {
        Some(word) => is_marked && word.runs(),
        None => runs(cx, callee.event) && (is_marked || implement::is_comptime(cx, callee.event)),
    }
}

/// Is it said of the flow, or of its whole module, that it runs while compiling?
pub(super) fn is_marked(cx: &Context, module: ModuleId, item: &[ast::Annotation]) -> bool {
    let whole = &cx.modules[module].tree.annotations;
    let by_module = whole.has("comptime") && !whole.has("runtime") && !item.has("runtime");
    item.has("comptime") || by_module
}

/// Does a call of the event do anything by itself? Others are data, or replaced by code.
pub(super) fn runs(cx: &Context, event: EventId) -> bool {
    let annotations = &cx.events[event].annotations;
    !["norun", "transform", "expand"].iter().any(|word| annotations.has(word))
}

/// An instance that runs a flow. None after a mistake.
pub fn flow_instance(cx: &mut Context, module: ModuleId, item: usize) -> Option<InstanceId> {
    if gives_program(cx, module, item) {
        return None;
    }
    let instance = implement::flow_instance(cx, module, item);
    cx.instances[instance].name = Name::new("(flow)");
    Some(instance)
}

/// An answer that would replace the program is refused: transforms give code for one call.
fn gives_program(cx: &mut Context, module: ModuleId, item: usize) -> bool {
    let tree = cx.modules[module].tree.clone();
    let ItemKind::Flow(flow) = &tree.items[item].kind else { return false };
    let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind) else { return false };
    let Some(event) = commands::called(cx, module, &call.path) else { return false };
    let source = cx.events[event].source.clone();
    let is_program = |field: &Field| field.name.name == "program";
    let branch = source
        .branches
        .iter()
        .find(|branch| matches!(&branch.payload, Payload::Struct(fields) if fields.iter().any(is_program)));
    let Some(branch) = branch else { return false };
    let message = format!("`{}` answers with a program, and no program is replaced", source.name.name);
    let wrong = Diagnostic::new(KORU706, call.path.span, message).also(branch.span, "it says so here");
    cx.sink.report(wrong.help("a transform gives code for one call: `| transformed { code: Code }`"));
    true
}

/// Says which number a call of the program has, for build-time code that asks about it.
pub fn number_call(cx: &mut Context, path: Span, number: u32) {
    cx.koru.call_numbers.insert(path, number);
}

/// Every event that the flow calls.
pub fn events_of_flow(cx: &mut Context, module: ModuleId, item: usize) -> Vec<EventId> {
    let calls = calls_of_flow(cx, module, item);
    let mut found = BTreeSet::new();
    for call in calls {
        found.extend(commands::called(cx, module, &call.path));
    }
    found.into_iter().collect()
}

/// The calls of a flow, in source order.
pub fn calls_of_flow(cx: &Context, module: ModuleId, item: usize) -> Vec<Call> {
    let ItemKind::Flow(flow) = &cx.modules[module].tree.items[item].kind else { return Vec::new() };
    let mut calls = Vec::new();
    super::laws::each_call(&flow.steps, &flow.arms, &mut |call| calls.push(call.clone()));
    calls
}

impl Typing<'_, '_> {
    /// The inputs of an event that only the compiler can call: some are given, others are arguments as ever.
    pub(super) fn given_arguments(&mut self, event: EventId, call: &Call) -> Option<Vec<Expr>> {
        let source = self.body.cx.events[event].source.clone();
        // The program has no compiler to ask, so an event of it gets what it is called with.
        if !self.body.cx.is_build_time() && !implement::is_comptime(self.body.cx, event) {
            return None;
        }
        // A flow that has a `Program` of its own may pass it on.
        let is_passed =
            |input: &Field| call.args.iter().any(|arg| arguments::named(arg) == Some(input.name.name));
        let is_given = |input: &Field| {
            arguments::is_given(input) && input.default.is_none() && !is_passed(input)
                || arguments::is_expression(input)
        };
        if !source.inputs.iter().any(is_given) {
            return None;
        }
        let inject = commands::injector(self.body.cx)?;
        let (signature, at) = (signature(self.body.cx, event), call.path.span);
        let number = self.body.cx.koru.call_numbers.get(&at).copied().unwrap_or(0);
        let mut args = call.args.clone();
        for input in source.inputs.iter().filter(|input| arguments::is_expression(input)) {
            let name = input.name.name;
            if let Some(index) = commands::argument_of(self.body.cx, self.module, call, name) {
                args.retain(|arg| arg.span != call.args[index].span);
            }
        }
        let own = source.inputs.iter().filter(|input| !is_given(input)).cloned().collect();
        let plain = ast::EventDecl { inputs: own, ..(*source).clone() };
        let mut supplies = arguments::fit(&plain, &args, at, &mut self.body.cx.sink).into_iter();
        let mut made = Vec::new();
        for (input, field) in source.inputs.iter().enumerate() {
            made.push(match is_given(field) {
                true => {
                    self.injected(inject.clone(), signature.inputs[input].ty, field.name.name, number, at)
                }
                false => {
                    let supply = supplies.next().unwrap_or(Supply::Missing);
                    self.argument(event, &signature, input, supply, &args, at)
                }
            });
        }
        Some(made)
    }

    fn injected(
        &mut self,
        inject: Known,
        ty: crate::ids::TypeId,
        input: Name,
        number: u32,
        at: Span,
    ) -> Expr {
        self.body.enter();
        self.body.bind_known(Name::new("(inject)"), inject);
        let made = commands::injected(&mut self.body, ty, input, number, at);
        self.body.leave();
        made
    }
}
