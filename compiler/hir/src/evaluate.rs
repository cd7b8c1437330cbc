//! Compile-time evaluation: a checked expression, lowered to a graph and run.
//!
//! In: checked bodies. Out: [`crate::value::Value`]s, or a diagnostic with the calls that led to the
//! failure. The evaluator of `koru_flow` sees only typed graphs; here its memory becomes values
//! again, by the layout of the type. The graph and its memory grow from one evaluation to the next.

mod answers;
mod closed;
mod read;
#[cfg(test)]
mod tests;

use crate::context::{BodyState, Context, Instance, Linkage, Origin, ResultShape};
use crate::ids::{InstanceId, TypeId};
use crate::layout::layout;
use crate::lower::Lowering;
use crate::tree::{Body, Callee, Expr, Kind};
use crate::value::Value;
use answers::Answers;
use koru_base::{Diagnostic, Span};
use koru_flow::eval::{Failure, FailureKind, Machine, NoWorld, Outcome, Slots, World};
use read::Reader;

/// A failure names so many calls, the innermost ones.
const MOST_CALLS: usize = 8;

/// What evaluation keeps between runs.
#[derive(Default)]
pub struct Memory {
    lowering: Option<Lowering>,
    machine: Machine,
}

/// The value of an expression of a body that is being checked. None: it needs something known only at
/// run time, or it failed, which is reported.
pub fn evaluate(cx: &mut Context, body: &Body, expr: &Expr) -> Option<Value> {
    if !closed::is_closed(expr) {
        return None;
    }
    match execute(cx, body, expr, &mut NoWorld) {
        Ok(value) => Some(value),
        Err(failure) => {
            report(cx, expr.span, failure);
            None
        }
    }
}

/// Why a call gave nothing; none where its code has mistakes, which were reported.
pub type Problem = Option<Box<Diagnostic>>;

/// Calls a function or an event with values; of an event, the union of its branches comes back.
pub fn run(
    cx: &mut Context,
    instance: InstanceId,
    args: Vec<Value>,
    world: &mut dyn World,
) -> Result<Value, Problem> {
    let of = cx.instances[instance].clone();
    let ty = match of.result {
        ResultShape::Returns(ty) => ty,
        ResultShape::Branches { output, .. } => output,
    };
    let typed = of.params.iter().zip(args);
    let args = typed.map(|(&ty, value)| Expr::constant(ty, of.span, value)).collect();
    let call = Expr::new(ty, of.span, Kind::Call { callee: Callee::Instance(instance), args });
    let done = execute(cx, &Body::default(), &call, world);
    done.map_err(|failure| (!is_known(cx, &failure)).then(|| Box::new(failed_run(cx, of.span, &failure))))
}

/// What went wrong, where it did: in the innermost code that is no library's of koruc.
fn failed_run(cx: &Context, called: Span, failure: &Failure) -> Diagnostic {
    let is_own = |span: &Span| {
        let module = cx.modules.iter().find(|module| module.file == span.file);
        span.is_written() && module.is_some_and(|module| !module.is_foundation)
    };
    let mut places = std::iter::once(failure.span).chain(failure.stack.iter().map(|&(_, span)| span));
    let mut diagnostic = diagnostic(called, failure);
    if let Some(place) = places.find(is_own).filter(|&place| place != called) {
        diagnostic.primary.span = place;
        diagnostic.secondary.retain(|label| label.span != place);
    }
    diagnostic
}

/// Lowers an expression and what it needs, runs it, and reads the result.
fn execute(cx: &mut Context, body: &Body, expr: &Expr, world: &mut dyn World) -> Result<Value, Failure> {
    // Lowering may check bodies that evaluate constants of their own: those find an empty memory.
    let mut memory = std::mem::take(&mut cx.evaluation);
    let result = execute_in(cx, &mut memory, body, expr, world);
    cx.evaluation = memory;
    result
}

fn execute_in(
    cx: &mut Context,
    memory: &mut Memory,
    body: &Body,
    expr: &Expr,
    world: &mut dyn World,
) -> Result<Value, Failure> {
    let lowering = memory.lowering.get_or_insert_with(|| prepared(cx));
    let wrapped = thunk(body, expr);
    let function = lowering.thunk(cx, &wrapped, expr.ty, expr.span);
    lowering.finish(cx);
    let mut world = Answers::new(cx, world);
    let result = layout(cx, expr.ty);
    let refused = |refusal: koru_flow::eval::Refusal| Failure {
        kind: refusal.kind,
        message: refusal.message,
        span: Span::NONE,
        stack: Vec::new(),
    };
    let machine = &mut memory.machine;
    let mut place = None;
    if !result.is_flat() {
        let made = machine.memory_mut().allocate_undefined(result.size, result.align);
        place = Some(made.map_err(refused)?);
    }
    let args: Vec<_> = place.map(koru_flow::eval::Value::pointer).into_iter().collect();
    let Outcome { results, .. } =
        machine.call_with(&lowering.graph, &mut world, function, &args, Slots::Stay)?;
    let mut reader = Reader::new(cx, lowering, machine.memory());
    let value = match place {
        Some(place) => reader.memory_value(expr.ty, place),
        None => reader.leaf_value(expr.ty, &results),
    };
    value.map_err(refused)
}

/// A graph whose failing checks and names of errors are answered by the compiler.
fn prepared(cx: &mut Context) -> Lowering {
    let mut lowering = Lowering::new(true);
    let text = cx.types.text();
    let answered = |name: &str, param, result| Instance {
        name: name.into(),
        params: vec![param],
        result: ResultShape::Returns(result),
        origin: Origin::Made,
        linkage: Linkage::Build,
        convention: koru_flow::Convention::Koru,
        inline: koru_flow::Inline::Auto,
        body: BodyState::Elsewhere,
        span: Span::NONE,
    };
    lowering.panic = Some(cx.instances.push(answered(answers::PANIC, text, TypeId::NORETURN)));
    lowering.error_name = Some(cx.instances.push(answered(answers::ERROR_NAME, TypeId::ANYERROR, text)));
    lowering
}

/// A body that returns the expression.
fn thunk(body: &Body, expr: &Expr) -> Body {
    let root = Expr::new(TypeId::NORETURN, expr.span, Kind::Return(Some(expr.clone())));
    Body {
        locals: body.locals.clone(),
        params: Vec::new(),
        root: Some(root),
        labels: body.labels,
        is_cold: false,
    }
}

fn report(cx: &mut Context, span: Span, failure: Failure) {
    if !is_known(cx, &failure) {
        cx.sink.report(diagnostic(span, &failure));
    }
}

/// A body that could not be checked has been reported.
fn is_known(cx: &Context, failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::MissingBody(_)) && cx.sink.has_errors()
}

fn diagnostic(span: Span, failure: &Failure) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(failure.kind.code(), span, failure.message.clone());
    if failure.span != span {
        diagnostic = diagnostic.also(failure.span, "it happens here");
    }
    // The outermost call is the expression itself.
    let calls = &failure.stack[..failure.stack.len().saturating_sub(1)];
    for (name, _) in calls.iter().take(MOST_CALLS) {
        diagnostic = diagnostic.note(format!("in `{name}`"));
    }
    match calls.len().checked_sub(MOST_CALLS) {
        None | Some(0) => diagnostic,
        Some(more) => diagnostic.note(format!("and {more} calls more")),
    }
}
