//! Phantom states: what is known of a value at each point of a flow, and what is owed for it.
//!
//! In: a flow whose other laws hold. Out: diagnostics, and a [`Plan`]: the calls that give obligations
//! back where a path ends. Names alone decide, so every flow of every module is looked at. No tree is
//! rewritten: `flow` asks the plan at each end of a path when it types what it reaches.

mod answer;
mod call;
mod choose;
mod discharge;
mod held;
mod jump;
mod mentions;
mod messages;
mod state;
mod suggest;
mod walk;

use super::resolve;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::{Name, Severity, Span};
use koru_syntax::ast::{
    self, Call, Continuation, EventDecl, Flow, Payload, Step, Subflow, SubflowBody, host,
};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What happens where a path ends with something owed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum AutoDischarge {
    /// The call that pays is put in.
    #[default]
    Insert,
    /// The same, and said.
    Warn,
    /// Who owes something has to pay: an error.
    Disable,
}

/// What is remembered between flows.
#[derive(Default)]
pub struct Phantoms {
    pub mode: AutoDischarge,
    /// By the address of the code, which is kept alive so that the address stays its own.
    plans: FxHashMap<usize, (Code, Option<Rc<Plan>>)>,
    /// Events that take obligations, as of so many events.
    disposals: (usize, Rc<[choose::Disposal]>),
    /// States nothing discharges, or too much does: said once.
    said: Vec<Vec<state::State>>,
}

/// Code with paths that end.
#[derive(Clone)]
pub enum Code {
    Flow(Arc<Flow>),
    Subflow(Arc<Subflow>),
}

/// What to put into a flow.
#[derive(Default, Debug)]
pub struct Plan {
    ends: FxHashMap<(End, Vec<Name>), Vec<Discharge>>,
    /// Names for payloads that the flow cannot name at the end of the path: by continuation.
    hidden: FxHashMap<usize, Name>,
}

/// Where a path ends: by address, as a continuation has no name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Behind the last of these steps, or in front of it if it leaves the flow.
    Steps(usize, Span),
    /// In the continuation a call lacks.
    Missing(usize, Name),
}

/// A call that gives an obligation back.
#[derive(Clone, Debug)]
pub struct Discharge {
    pub event: EventId,
    /// The input that takes the obligation; the others have defaults.
    pub input: usize,
    pub value: host::Expr,
    /// Where the obligation came from.
    pub origin: Span,
    /// What the value is to the user.
    pub shown: String,
    /// What is owed for the answer in turn, and the name the answer gets.
    pub then: Option<(Name, Vec<Discharge>)>,
}

impl End {
    /// The end of steps that stand at `at`.
    pub fn of(steps: &[Step], at: Span) -> End {
        End::Steps(steps.as_ptr() as usize, at)
    }

    /// The end of the continuation `branch` that nobody wrote.
    pub fn missing(call: &Call, branch: Name) -> End {
        End::Missing(std::ptr::from_ref(call) as usize, branch)
    }
}

impl Plan {
    /// What to call at an end. `via`: the branches that continuations for all the rest stand for here.
    pub fn at(&self, end: End, via: &[Name]) -> &[Discharge] {
        // Most flows owe nothing anywhere.
        if self.ends.is_empty() {
            return &[];
        }
        self.ends.get(&(end, via.to_vec())).map_or(&[], Vec::as_slice)
    }

    /// The name a continuation's payload has at the end of its paths.
    pub fn hidden(&self, arm: &Continuation) -> Option<Name> {
        self.hidden.get(&address(arm)).copied()
    }

    /// The name of a payload in the continuation `branch` that nobody wrote.
    pub fn missing_payload() -> Name {
        Name::new("(unhandled)")
    }
}

/// The plan of a flow, made when first asked for. None after a mistake.
pub fn plan(cx: &mut Context, module: ModuleId, implements: Option<EventId>, code: Code) -> Option<Rc<Plan>> {
    let key = match &code {
        Code::Flow(flow) => Arc::as_ptr(flow) as usize,
        Code::Subflow(subflow) => Arc::as_ptr(subflow) as usize,
    };
    if let Some((_, plan)) = cx.koru.phantoms.plans.get(&key) {
        return plan.clone();
    }
    let before = cx.sink.len();
    let plan = make(cx, module, implements, &code);
    let is_wrong = cx.sink.iter().skip(before).any(|found| found.severity == Severity::Error);
    let plan = plan.filter(|_| !is_wrong).map(Rc::new);
    cx.koru.phantoms.plans.insert(key, (code, plan.clone()));
    plan
}

fn make(cx: &mut Context, module: ModuleId, implements: Option<EventId>, code: &Code) -> Option<Plan> {
    let flow = match code {
        Code::Flow(flow) => Some(&**flow),
        Code::Subflow(subflow) => match &subflow.body {
            SubflowBody::Flow(flow) => Some(flow),
            SubflowBody::Constructor(_) => None,
        },
    };
    if !concerns(cx, module, implements, flow) {
        return Some(Plan::default());
    }
    let mut walk = walk::Walk::new(cx, module, implements);
    match code {
        Code::Flow(flow) => walk.flow(flow),
        Code::Subflow(subflow) => match &subflow.body {
            SubflowBody::Flow(flow) => walk.flow(flow),
            SubflowBody::Constructor(made) => walk.constructor(made),
        },
    }
    walk.finish()
}

/// Does anything here speak of states? Most flows know none, and are not walked.
fn concerns(cx: &mut Context, module: ModuleId, implements: Option<EventId>, flow: Option<&Flow>) -> bool {
    let mut found = implements.is_some_and(|event| has_states(&cx.events[event].source));
    let Some(flow) = flow else { return found };
    super::laws::each_call(&flow.steps, &flow.arms, &mut |call| {
        let mark = cx.sink.len();
        let callee = resolve::event_inside(cx, module, &call.path, implements);
        cx.sink.rewind(mark);
        let observed =
            walk::observed(cx, module, call).filter(|_| callee.is_some_and(|it| it.word.is_some()));
        let events = callee.map(|callee| callee.event).into_iter().chain(observed);
        found |= events.into_iter().any(|event| has_states(&cx.events[event].source));
    });
    found
}

fn has_states(event: &EventDecl) -> bool {
    types(event).any(|ty| ty.phantom.is_some())
}

/// Every type of a declaration.
fn types(event: &EventDecl) -> impl Iterator<Item = &ast::Type> {
    let payloads = event.branches.iter().flat_map(|branch| match &branch.payload {
        Payload::Struct(fields) => fields.iter().map(|field| &field.ty).collect(),
        Payload::Identity(ty) => vec![ty],
        Payload::Empty | Payload::Wildcard => Vec::new(),
    });
    event.inputs.iter().map(|input| &input.ty).chain(payloads)
}

/// Checks that the modules named in states are there, for every event.
pub fn check_declarations(cx: &mut Context) {
    for event in cx.events.ids() {
        let source = cx.events[event].source.clone();
        for state in types(&source).filter_map(|ty| ty.phantom.as_ref()).flat_map(|phantom| &phantom.states) {
            if let Some(module) = state.module {
                resolve::module(cx, module);
            }
        }
    }
}

fn address(arm: &Continuation) -> usize {
    std::ptr::from_ref(arm) as usize
}
