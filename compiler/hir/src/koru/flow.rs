//! Flows with types: from the tree of a flow to checked code.
//!
//! In: a flow whose laws hold. Out: a [`Body`] of calls with an arm for every branch. A path that ends
//! simply falls out of its arm, so what follows a loop or the next flow goes on from there.

use super::arguments::{self, Supply};
use super::phantom::{self, Plan};
use super::resolve::{self, Callee};
use super::signature::{self, signature};
use super::taps::{self, Site, Transition};
use super::{implement, lasting, transforms};
use crate::Context;
use crate::context::{EventSignature, ResultShape};
use crate::host::BodyChecker;
use crate::ids::{EventId, LabelId, LocalId, ModuleId, TypeId};
use crate::tree::{Body, Expr, Kind};
use crate::value::Value;
use koru_base::codes::*;
use koru_base::{Code, Diagnostic, Name, Span};
use koru_syntax::ast::host::ExprKind;
use koru_syntax::ast::{
    self, Annotations, Arg, ArgValue, Call, Constructor, ConstructorBody, Continuation, Flow, ItemKind, Jump,
    Step, StepKind, SubflowBody, host,
};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The body of a top-level flow.
pub fn top_level(cx: &mut Context, module: ModuleId, item: usize) -> Option<Body> {
    let tree = cx.modules[module].tree.clone();
    let ItemKind::Flow(flow) = &tree.items[item].kind else { return None };
    let site = Site::of_flow(cx, module, &tree.items[item].annotations);
    let is_broken = cx.koru.broken.contains(&(module, item));
    let mut plan = || phantom::plan(cx, module, None, phantom::Code::Flow(flow.clone()));
    let plan = if is_broken { None } else { plan() };
    let is_broken = plan.is_none();
    let result = ResultShape::Returns(TypeId::VOID);
    let mut typing = Typing::new(cx, module, None, result, plan.unwrap_or_default(), site);
    let root = typing.flow(flow);
    typing.finish(root).filter(|_| !is_broken)
}

/// The body of an event that a flow implements.
pub fn subflow(cx: &mut Context, module: ModuleId, event: EventId, code: &Arc<ast::Subflow>) -> Option<Body> {
    let tree = cx.modules[module].tree.clone();
    let is_this =
        |item: &ast::Item| matches!(&item.kind, ItemKind::Subflow(other) if Arc::ptr_eq(other, code));
    let item = tree.items.iter().position(is_this);
    let is_broken = item.is_some_and(|item| cx.koru.broken.contains(&(module, item)));
    let mut plan = || phantom::plan(cx, module, Some(event), phantom::Code::Subflow(code.clone()));
    let plan = if is_broken { None } else { plan() };
    let is_broken = plan.is_none();
    let signature = signature(cx, event);
    let annotations = item.map_or(&[][..], |item| &tree.items[item].annotations);
    let site = Site::of_flow(cx, module, annotations).implementing(cx, event);
    let mut typing =
        Typing::new(cx, module, Some(event), signature.result.clone(), plan.unwrap_or_default(), site);
    for input in &signature.inputs {
        let local = typing.body.bind(input.name, input.ty, input.span, false);
        // A transform that implements an event sees its inputs as well as the caller whose code it uses.
        typing.body.bind_local(input.name, code.path.span, local);
        typing.params.push(local);
    }
    let root = match &code.body {
        SubflowBody::Flow(flow) => typing.flow(flow),
        SubflowBody::Constructor(made) => typing.answer(made, phantom::End::of(&[], made.span)),
    };
    typing.finish(root).filter(|_| !is_broken)
}

/// A walk over one flow.
pub(super) struct Typing<'c, 'w> {
    pub(super) body: BodyChecker<'c, 'w>,
    pub(super) module: ModuleId,
    pub(super) implements: Option<EventId>,
    pub(super) labels: FxHashMap<Name, (LabelId, Option<EventId>)>,
    params: Vec<LocalId>,
    /// What taps make of where we are.
    pub(super) site: Site,
    /// Is the next call the first of the flow?
    is_first: bool,
    /// Did a mistake happen that was reported elsewhere?
    pub(super) is_broken: bool,
    /// The accumulators in force, innermost last.
    pub(super) captures: Vec<Capture>,
    /// What is discharged where paths end, and the branches that continuations for the rest stand for.
    pub(super) plan: Rc<Plan>,
    pub(super) via: Vec<Name>,
    errors_before: usize,
}

/// An accumulator of `capture`.
pub(super) struct Capture {
    pub(super) binding: Option<Name>,
    pub(super) local: LocalId,
    pub(super) ty: TypeId,
}

impl<'c, 'w> Typing<'c, 'w> {
    fn new(
        cx: &'c mut Context<'w>,
        module: ModuleId,
        implements: Option<EventId>,
        result: ResultShape,
        plan: Rc<Plan>,
        site: Site,
    ) -> Self {
        let errors_before = error_count(cx);
        let container = cx.modules[module].container;
        let mut body = BodyChecker::new(cx, container, result);
        body.enter();
        let (labels, params, captures, via) = (FxHashMap::default(), Vec::new(), Vec::new(), Vec::new());
        let (is_first, is_broken) = (true, false);
        Typing {
            body,
            module,
            implements,
            labels,
            params,
            site,
            is_first,
            is_broken,
            captures,
            plan,
            via,
            errors_before,
        }
    }

    fn finish(mut self, root: Expr) -> Option<Body> {
        self.body.leave();
        let is_clean = error_count(self.body.cx) == self.errors_before && !self.is_broken;
        let body = self.body.finish_with(self.params, root);
        is_clean.then_some(body)
    }

    fn flow(&mut self, flow: &Flow) -> Expr {
        self.declare_labels(&flow.steps, &flow.arms);
        self.steps(&flow.steps, &flow.arms, flow.span)
    }

    /// Makes the labels of a flow known, wherever they stand.
    pub(super) fn declare_labels(&mut self, steps: &[Step], arms: &[Continuation]) {
        super::laws::each_call(steps, arms, &mut |call| {
            if let Some(label) = call.label {
                let mark = self.body.cx.sink.len();
                let callee = resolve::event_inside(self.body.cx, self.module, &call.path, self.implements);
                let event = callee.map(|callee| callee.event);
                self.body.cx.sink.rewind(mark);
                let id = self.body.new_label();
                self.labels.insert(label.name, (id, event));
            }
        });
    }

    /// Steps one after the other; the arms belong to the last.
    pub(super) fn steps(&mut self, steps: &[Step], arms: &[Continuation], at: Span) -> Expr {
        self.chain(steps, arms, at, None)
    }

    /// The same, with another event behind the last.
    pub(super) fn chain(
        &mut self,
        steps: &[Step],
        arms: &[Continuation],
        at: Span,
        behind: Option<EventId>,
    ) -> Expr {
        let mut stmts = Vec::new();
        let end = phantom::End::of(steps, at);
        if let Some((last, before)) = steps.split_last() {
            for (index, step) in before.iter().enumerate() {
                let next = self.first_event(&steps[index + 1..]);
                stmts.push(self.step(step, &[], end, next));
            }
            stmts.push(self.step(last, arms, end, behind));
        }
        if stmts.last().is_none_or(|last| last.ty != TypeId::NORETURN) {
            stmts.extend(self.discharges(end));
        }
        sequence(stmts, at)
    }

    /// The event a chain begins with.
    pub(super) fn first_event(&mut self, steps: &[Step]) -> Option<EventId> {
        taps::first_event(self.body.cx, self.module, self.implements, steps)
    }

    fn step(&mut self, step: &Step, arms: &[Continuation], end: phantom::End, next: Option<EventId>) -> Expr {
        match &step.kind {
            StepKind::Discard | StepKind::Error => nothing(step.span),
            StepKind::Jump(jump) => {
                let jump = self.jump(jump, step.span);
                self.discharge_before(jump, end)
            }
            StepKind::Constructor(made) => self.answer(made, end),
            StepKind::Call(call) => self.call(call, arms, step.span, next),
        }
    }

    fn call(&mut self, call: &Call, arms: &[Continuation], span: Span, next: Option<EventId>) -> Expr {
        if let Some((then, own)) = transforms::split_then(self.body.cx, arms) {
            let behind = self.first_event(&then.steps);
            let first = self.call(call, own, span, behind);
            let then = self.chain(&then.steps, &then.arms, then.span, next);
            return sequence(vec![first, then], span);
        }
        let callee = resolve::event_inside(self.body.cx, self.module, &call.path, self.implements);
        let Some(callee) = callee else { return nothing(span) };
        let is_first = std::mem::take(&mut self.is_first);
        let through = Transition {
            source: callee.event,
            branch: None,
            destination: next,
            is_first,
            span: call.path.span,
        };
        match callee.word {
            Some(word) => self.word(word, through, call, arms, span),
            None => self.event_call(callee, call, arms, through, span),
        }
    }

    fn event_call(
        &mut self,
        callee: Callee,
        call: &Call,
        arms: &[Continuation],
        through: Transition,
        span: Span,
    ) -> Expr {
        let event = callee.event;
        if self.body.cx.events[event].annotations.has("norun") {
            // Such calls are data for build-time code: nothing of them runs.
            let goes_on = arms.iter().filter(|arm| matches!(arm.pattern, ast::Pattern::Void { .. }));
            let stmts = goes_on.map(|arm| self.steps(&arm.steps, &arm.arms, arm.span)).collect();
            return sequence(stmts, span);
        }
        if !self.may_call_comptime() && implement::is_comptime(self.body.cx, event) {
            let name = self.body.cx.event_name(event);
            let message = format!("`{name}` exists only while compiling and cannot run with the program");
            self.body.cx.sink.report(Diagnostic::new(KORU702, call.path.span, message));
            return nothing(span);
        }
        let given = self.given_arguments(event, call);
        let args = given.unwrap_or_else(|| self.arguments(event, &call.args, call.path.span));
        let callee = implement::event_instance(self.body.cx, event);
        let label = call.label.and_then(|label| self.labels.get(&label.name)).map(|&(label, _)| label);
        let (source, signature) = (self.body.cx.events[event].source.clone(), signature(self.body.cx, event));
        let ResultShape::Branches { branches, .. } = &signature.result else {
            let kind = Kind::EventCall { callee, args, arms: Vec::new(), label };
            let made = Expr { ty: TypeId::VOID, span, kind: Box::new(kind) };
            return self.then_void_arms(made, arms, through, span);
        };
        let typed: Vec<_> =
            branches.iter().map(|branch| self.branch_arm(branch, &source, call, arms, &through)).collect();
        let never = !typed.is_empty() && typed.iter().all(|arm| arm.body.ty == TypeId::NORETURN);
        let ty = if never { TypeId::NORETURN } else { TypeId::VOID };
        let made = Expr { ty, span, kind: Box::new(Kind::EventCall { callee, args, arms: typed, label }) };
        if source.branches.iter().all(|branch| branch.is_optional) {
            return self.void_arms(vec![made], arms, through.destination, span);
        }
        made
    }

    /// Does this flow itself run while compiling only?
    fn may_call_comptime(&self) -> bool {
        let cx = &self.body.cx;
        cx.is_build_time() || self.implements.is_some_and(|event| implement::is_comptime(cx, event))
    }

    fn jump(&mut self, jump: &Jump, span: Span) -> Expr {
        let Some(&(label, Some(event))) = self.labels.get(&jump.label.name) else { return nothing(span) };
        let source = &self.body.cx.events[event].source;
        if source.is_broken || resolve::word_of(self.body.cx, event).is_some() {
            return nothing(span);
        }
        let mark = self.body.cx.sink.len();
        let args = self.arguments(event, &jump.args, jump.label.span);
        for mut problem in self.body.cx.sink.rewind(mark) {
            if matches!(problem.code, KORU080 | KORU081) {
                problem.code = KORU043;
            }
            self.body.cx.sink.report(problem);
        }
        Expr { ty: TypeId::NORETURN, span, kind: Box::new(Kind::Jump { label, args }) }
    }

    /// The inputs of an event, in order.
    fn arguments(&mut self, event: EventId, args: &[Arg], at: Span) -> Vec<Expr> {
        let (source, signature) = (self.body.cx.events[event].source.clone(), signature(self.body.cx, event));
        let supplies = arguments::fit(&source, args, at, &mut self.body.cx.sink);
        let inputs = supplies.into_iter().enumerate();
        inputs.map(|(input, supply)| self.argument(event, &signature, input, supply, args, at)).collect()
    }

    pub(super) fn argument(
        &mut self,
        event: EventId,
        signature: &Rc<EventSignature>,
        input: usize,
        supply: Supply,
        args: &[Arg],
        at: Span,
    ) -> Expr {
        let ty = signature.inputs[input].ty;
        let constant = |value| Expr { ty, span: at, kind: Box::new(Kind::Const(value)) };
        match supply {
            Supply::Argument(index) => {
                let declared = signature.inputs[input].span;
                let note = format!("input `{}` is declared here", signature.inputs[input].name);
                let (module, source) = {
                    let event = &self.body.cx.events[event];
                    (event.module, event.source.clone())
                };
                if signature::is_embedded(self.body.cx, module, &source.inputs[input]) {
                    let arg = embedded(&args[index]);
                    return self.with_code(KORU082, declared, note, |typing| typing.value(&arg, ty));
                }
                self.with_code(KORU082, declared, note, |typing| typing.value(&args[index], ty))
            }
            Supply::Default => match signature::default(self.body.cx, event, input) {
                Some(known) => constant(known.value),
                None => constant(Value::Undefined),
            },
            Supply::Null => constant(Value::Null),
            Supply::Missing => constant(Value::Undefined),
        }
    }

    /// An argument's value, of type `ty`.
    fn value(&mut self, arg: &Arg, ty: TypeId) -> Expr {
        let wrong = match &arg.value {
            ArgValue::Expr(expr) => return self.body.expr(&without_input(arg, expr), Some(ty)),
            ArgValue::Range(..) => Diagnostic::new(KORU082, arg.text, "a range is no value here"),
            ArgValue::Text(problem) => (**problem).clone(),
        };
        self.body.cx.sink.report(wrong);
        Expr { ty: TypeId::ERROR, span: arg.span, kind: Box::new(Kind::Const(Value::Undefined)) }
    }

    /// Runs a check; a plain type mismatch it reports gets the code of the place it happens in.
    pub(super) fn with_code<T>(
        &mut self,
        code: Code,
        declared: Span,
        note: String,
        check: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mark = self.body.cx.sink.len();
        let made = check(self);
        for mut problem in self.body.cx.sink.rewind(mark) {
            if problem.code == HOST002 {
                problem.code = code;
                problem = problem.also(declared, note.clone());
            }
            self.body.cx.sink.report(problem);
        }
        made
    }

    /// A constructor, with what is discharged before the flow leaves by it.
    fn answer(&mut self, made: &Constructor, end: phantom::End) -> Expr {
        let answer = self.constructor(made);
        self.discharge_before(answer, end)
    }

    /// A constructor: answers for the implemented event, or gives an accumulator new values.
    fn constructor(&mut self, made: &Constructor) -> Expr {
        if made.branch.name == "captured" && !self.captures.is_empty() {
            return self.captured(made);
        }
        let Some(event) = self.implements else { return nothing(made.span) };
        let signature = signature(self.body.cx, event);
        let ResultShape::Branches { branches, .. } = &signature.result else { return nothing(made.span) };
        let Some(index) = branches.iter().position(|branch| branch.name == made.branch.name) else {
            return nothing(made.span);
        };
        let declared = self.body.cx.events[event].source.branches[index].clone();
        let payload = branches[index].payload.map(|ty| {
            let note = format!("branch `{}` is declared here", declared.name.name);
            let is_struct = matches!(declared.payload, ast::Payload::Struct(_));
            self.with_code(KORU031, declared.span, note, |typing| typing.payload(made, ty, is_struct))
        });
        if let Some(diagnostic) = payload.as_ref().and_then(|payload| lasting::check(payload, "flow")) {
            self.body.cx.sink.report(diagnostic);
        }
        if payload.is_none() && !matches!(made.body, ConstructorBody::Empty) {
            let message = format!("branch `{}` carries no payload", made.branch.name);
            self.body
                .cx
                .sink
                .report(Diagnostic::new(KORU031, made.span, message).also(declared.span, "declared here"));
        }
        let kind = Kind::Exit { branch: index as u32, payload };
        Expr { ty: TypeId::NORETURN, span: made.span, kind: Box::new(kind) }
    }

    fn payload(&mut self, made: &Constructor, ty: TypeId, is_struct: bool) -> Expr {
        let literal = match &made.body {
            ConstructorBody::Value(value) => return self.body.expr(value, Some(ty)),
            ConstructorBody::Fields(fields) if !is_struct => {
                if let [only] = &**fields
                    && only.name.is_none()
                {
                    return self.body.expr(&only.value, Some(ty));
                }
                host::LiteralBody::Fields(fields.iter().filter_map(named).collect())
            }
            ConstructorBody::Fields(fields) => match fields.iter().find(|field| named(field).is_none()) {
                Some(nameless) => {
                    let message = "this value needs a field's name in front";
                    let wrong = Diagnostic::new(KORU031, nameless.value.span, message);
                    self.body.cx.sink.report(wrong.help("write `field: value`"));
                    return nothing(made.span);
                }
                None => host::LiteralBody::Fields(fields.iter().filter_map(named).collect()),
            },
            ConstructorBody::Empty if !is_struct => {
                let message = format!("branch `{}` carries a value, and none is given", made.branch.name);
                let lacking = Diagnostic::new(KORU031, made.span, message);
                self.body.cx.sink.report(lacking.help(format!("write `{} <value>`", made.branch.name)));
                return nothing(made.span);
            }
            ConstructorBody::Empty => host::LiteralBody::Empty,
        };
        let kind = Arc::new(ExprKind::Literal { ty: None, body: literal });
        self.body.expr(&host::Expr { kind, span: made.span }, Some(ty))
    }
}

/// `@embedFile(path)` for an argument that names a file.
fn embedded(arg: &Arg) -> Arg {
    let ArgValue::Expr(path) = &arg.value else { return arg.clone() };
    let name = ast::Ident { name: Name::new("embedFile"), span: path.span };
    let kind = ExprKind::Builtin { name, args: vec![path.clone()] };
    let value = ArgValue::Expr(host::Expr { kind: Arc::new(kind), span: path.span });
    Arg { value, ..arg.clone() }
}

/// The value of `input:name`, which without a blank reads like a name of a module.
pub(super) fn without_input(arg: &Arg, expr: &host::Expr) -> host::Expr {
    let mut value = expr.clone();
    if let Some(input) = arg.name {
        unqualify(&mut value, input.span);
    }
    value
}

/// Leaves of `input:name` the name, wherever in an expression it stands.
fn unqualify(expr: &mut host::Expr, input: Span) {
    match &*expr.kind {
        ExprKind::Qualified { module, name } if module.span == input => {
            *expr = host::Expr { kind: Arc::new(ExprKind::Name(name.name)), span: name.span };
        }
        _ if expr.span.start == input.start => {
            ast::children::children(expr, &mut |part| unqualify(part, input));
            expr.span.start = expr.span.start.max(input.end + 1);
        }
        _ => {}
    }
}

/// A field and its value: a path without a name supplies the field it ends in.
fn named(field: &ast::ConstructorField) -> Option<(ast::Ident, host::Expr)> {
    let pun = || arguments::path_end(&field.value).map(|name| ast::Ident { name, span: field.value.span });
    Some((field.name.or_else(pun)?, field.value.clone()))
}

fn error_count(cx: &Context) -> usize {
    cx.sink.iter().filter(|found| found.severity == koru_base::Severity::Error).count()
}

/// Code that does nothing.
pub(super) fn nothing(span: Span) -> Expr {
    Expr { ty: TypeId::VOID, span, kind: Box::new(Kind::Block { label: None, stmts: Vec::new() }) }
}

/// Statements one after the other; nothing behind one that never comes back.
pub(super) fn sequence(mut stmts: Vec<Expr>, span: Span) -> Expr {
    if let Some(end) = stmts.iter().position(|stmt| stmt.ty == TypeId::NORETURN) {
        stmts.truncate(end + 1);
    }
    match stmts.pop() {
        Some(only) if stmts.is_empty() => only,
        Some(last) => {
            let ty = if last.ty == TypeId::NORETURN { TypeId::NORETURN } else { TypeId::VOID };
            stmts.push(last);
            Expr { ty, span, kind: Box::new(Kind::Block { label: None, stmts }) }
        }
        None => nothing(span),
    }
}

/// `if` as a statement.
pub(super) fn choice(condition: Expr, then: Expr, otherwise: Option<Expr>, span: Span) -> Expr {
    let never = |side: &Expr| side.ty == TypeId::NORETURN;
    let ty =
        if never(&then) && otherwise.as_ref().is_some_and(never) { TypeId::NORETURN } else { TypeId::VOID };
    Expr { ty, span, kind: Box::new(Kind::If { condition, then, otherwise }) }
}
