//! The walk over one flow: which values each path holds, until it ends.
//!
//! In: steps, continuations, and what is held in front of them. Out: for every end of a path, what is
//! discharged there. A path ends where its steps do; what that means is the innermost [`Tail`]'s to say:
//! behind a loop's round or an inner part of a flow only what was made inside is paid for.

use super::call::Bound;
use super::discharge::{Exit, Leaving};
use super::held::{self, Held, Place, Value};
use super::jump::{JumpSeen, Label};
use super::{AutoDischarge, Discharge, End, Plan, address, state};
use crate::Context;
use crate::ids::{EventId, ModuleId};
use crate::koru::annotations::Word;
use crate::koru::{implement, resolve};
use koru_base::{Name, Span};
use koru_syntax::ast::{
    Annotations, BranchDecl, Call, Constructor, Continuation, Flow, Pattern, Payload, Step, StepKind,
};
use std::collections::BTreeMap;

pub struct Walk<'c, 'w> {
    pub(super) cx: &'c mut Context<'w>,
    pub(super) module: ModuleId,
    /// The event the flow implements.
    pub(super) implements: Option<EventId>,
    pub(super) mode: AutoDischarge,
    /// Does the flow itself run while compiling only?
    pub(super) is_comptime: bool,
    pub(super) labels: BTreeMap<Name, Label>,
    pub(super) jumps: Vec<JumpSeen>,
    pub(super) scopes: Vec<Scope>,
    /// The heads of the continuations around, outermost first.
    pub(super) trail: Vec<Span>,
    pub(super) plan: Plan,
    tails: Vec<Tail>,
    /// The branches that continuations for all the rest stand for.
    via: Vec<Name>,
    captures: u32,
    next: u32,
    start: Held,
    /// Was a mistake found that another flow was told of?
    has_failed: bool,
}

/// What must not be disposed of from inside.
pub(super) struct Scope {
    /// Values below were made outside.
    pub(super) floor: usize,
    pub(super) head: Span,
    /// A round of a loop may still leave the flow; what is marked `[@scope]` may not.
    pub(super) is_round: bool,
}

/// What goes on behind the ends of paths.
struct Tail {
    /// Values below are needed there.
    floor: usize,
    /// But these, which some path into it disposes of.
    also: Vec<usize>,
    /// What the paths into it hold.
    falls: Vec<Held>,
}

/// A branch that was answered.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) event: EventId,
    pub(super) branch: &'a BranchDecl,
    pub(super) bound: &'a [Bound],
    /// Does what is owed for it stay with others? A tap only looks.
    pub(super) is_lent: bool,
}

impl<'c, 'w> Walk<'c, 'w> {
    pub fn new(cx: &'c mut Context<'w>, module: ModuleId, implements: Option<EventId>) -> Self {
        let is_comptime =
            cx.is_build_time() || implements.is_some_and(|event| implement::is_comptime(cx, event));
        // Who imports std owes nothing for how its flows are written.
        let mode =
            if cx.modules[module].is_foundation { AutoDischarge::Insert } else { cx.koru.phantoms.mode };
        let mut walk = Walk {
            cx,
            module,
            implements,
            mode,
            is_comptime,
            labels: BTreeMap::new(),
            jumps: Vec::new(),
            scopes: Vec::new(),
            trail: Vec::new(),
            plan: Plan::default(),
            tails: vec![Tail { floor: 0, also: Vec::new(), falls: Vec::new() }],
            via: Vec::new(),
            captures: 0,
            next: 0,
            start: Held::default(),
            has_failed: false,
        };
        walk.start = walk.inputs();
        walk
    }

    pub fn flow(&mut self, flow: &Flow) {
        self.collect_labels(flow);
        let held = self.start.clone();
        self.steps(&flow.steps, &flow.arms, flow.span, held);
    }

    /// An implementation that only answers.
    pub fn constructor(&mut self, made: &Constructor) {
        let held = self.start.clone();
        self.answer(made, End::of(&[], made.span), held);
    }

    pub fn finish(mut self) -> Option<Plan> {
        self.check_jumps();
        (!self.has_failed).then_some(self.plan)
    }

    /// There is a mistake here that was said elsewhere.
    pub(super) fn failed(&mut self) {
        self.has_failed = true;
    }

    /// The inputs of the implemented event, in the states they ask for.
    fn inputs(&mut self) -> Held {
        let mut held = Held::default();
        let Some(event) = self.implements else { return held };
        let source = self.cx.events[event].source.clone();
        let module = self.cx.events[event].module;
        for input in &source.inputs {
            let binding = self.fresh();
            let name = input.name.name;
            let key = held::key(&self.cx.sources, name, input.name.span);
            held.names.push((key, binding));
            let Some(phantom) = &input.ty.phantom else { continue };
            held.values.push(Value {
                id: binding,
                places: vec![Place { binding, name, key, field: None, arm: 0 }],
                states: state::inside(self.cx, module, phantom),
                is_owed: false,
                is_borrowed: !phantom.consumes && !phantom.obliges,
                gone: None,
                is_silent: false,
                made: input.name.span,
                declared: phantom.span,
                event,
                ty: input.ty.host.clone(),
                module,
                shown: format!("`{name}`"),
            });
        }
        held
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Steps one after the other; the arms belong to the last.
    pub(super) fn steps(&mut self, steps: &[Step], arms: &[Continuation], at: Span, mut held: Held) {
        let end = End::of(steps, at);
        let Some((last, before)) = steps.split_last() else { return self.end(end, (at, Exit::Path), held) };
        for step in before {
            if let StepKind::Call(call) = &step.kind {
                held = self.passing_call(call, held);
            }
        }
        match &last.kind {
            StepKind::Discard => self.end(end, (last.span, Exit::Path), held),
            StepKind::Jump(jump) => self.jump(jump, end, last.span, held),
            StepKind::Constructor(made) if made.branch.name == "captured" && self.captures > 0 => {
                self.captured(made, &mut held);
                self.end(end, (last.span, Exit::Path), held);
            }
            StepKind::Constructor(made) => self.answer(made, end, held),
            StepKind::Call(call) => self.last_call(call, arms, (end, last.span), held),
            StepKind::Error => {}
        }
    }

    /// A path ends: what it made is paid for, as far as nobody behind it needs it.
    fn end(&mut self, end: End, (at, how): (Span, Exit), mut held: Held) {
        self.check_round(&held);
        let tail = &self.tails[self.tails.len() - 1];
        let mut owed = held.open_above(tail.floor);
        let also = tail.also.iter().copied().filter(|&index| held.values[index].is_open());
        owed.extend(also.rev().collect::<Vec<_>>());
        let made = self.pay(&owed, &mut held, Leaving { at, how });
        self.put(end, made);
        let tail = self.tails.len() - 1;
        self.tails[tail].falls.push(held);
    }

    pub(super) fn put(&mut self, end: End, made: Vec<Discharge>) {
        let key = (end, self.via.clone());
        if made.is_empty() {
            self.plan.ends.remove(&key);
        } else {
            self.plan.ends.insert(key, made);
        }
    }

    /// How high the values stood that the code behind the current path needs.
    pub(super) fn floor(&self) -> usize {
        self.tails[self.tails.len() - 1].floor
    }

    /// Runs a part of the flow with more of it behind. Gives what is held there, if any path leads there.
    ///
    /// If one path disposes of what another still owes, nobody can use it behind: the other pays too.
    fn joined(&mut self, held: &Held, mut part: impl FnMut(&mut Self, Held)) -> Option<Held> {
        let mut also = Vec::new();
        loop {
            let (mark, said, jumps) =
                (self.cx.sink.len(), self.cx.koru.phantoms.said.len(), self.jumps.len());
            self.tails.push(Tail { floor: held.values.len(), also: also.clone(), falls: Vec::new() });
            part(self, held.clone());
            let falls = self.tails.pop().map(|tail| tail.falls).unwrap_or_default();
            let uneven = uneven(held, &falls);
            if uneven.iter().all(|index| also.contains(index)) {
                return merge(held, &falls);
            }
            self.cx.sink.rewind(mark);
            self.cx.koru.phantoms.said.truncate(said);
            self.jumps.truncate(jumps);
            also = uneven;
        }
    }

    fn passing_call(&mut self, call: &Call, mut held: Held) -> Held {
        let Some(callee) = self.callee(call) else { return held };
        if callee.word.is_some() {
            self.word_mentions(call, &mut held);
            return held;
        }
        let bound = self.arguments(callee.event, &call.args, call.path.span, &mut held);
        let source = self.cx.events[callee.event].source.clone();
        if source.branches.is_empty() {
            return held;
        }
        let joined = self.joined(&held, |walk, held| {
            for branch in &source.branches {
                let answer = Answer { event: callee.event, branch, bound: &bound, is_lent: false };
                walk.missing(call, Some(answer), branch.name.name, held.clone());
            }
        });
        joined.unwrap_or(held)
    }

    fn last_call(&mut self, call: &Call, arms: &[Continuation], end: (End, Span), mut held: Held) {
        let Some(callee) = self.callee(call) else { return };
        if let Some(word) = callee.word {
            self.word_mentions(call, &mut held);
            return self.word(word, call, arms, end, held);
        }
        let bound = self.arguments(callee.event, &call.args, call.path.span, &mut held);
        self.note_label(call, &held);
        let source = self.cx.events[callee.event].source.clone();
        let goes_on = arms.iter().any(|arm| matches!(arm.pattern, Pattern::Void { .. }));
        let branches = |walk: &mut Self, held: Held| {
            for branch in &source.branches {
                let answer = Answer { event: callee.event, branch, bound: &bound, is_lent: false };
                walk.branch(answer, call, arms, held.clone());
            }
        };
        if source.branches.is_empty() {
            self.void_arms(arms, end, held);
        } else if goes_on {
            if let Some(held) = self.joined(&held, branches) {
                self.void_arms(arms, end, held);
            }
        } else {
            branches(self, held);
        }
    }

    fn branch(&mut self, answer: Answer, call: &Call, arms: &[Continuation], held: Held) {
        let name = answer.branch.name.name;
        let own =
            |arm: &&Continuation| matches!(&arm.pattern, Pattern::Branch(branch) if branch.name == name);
        let mut is_handled = false;
        for arm in arms.iter().filter(own) {
            is_handled = true;
            self.arm(arm, Some(answer), held.clone());
        }
        if is_handled {
            return;
        }
        match arms.iter().find(|arm| matches!(arm.pattern, Pattern::CatchAll { .. })) {
            Some(rest) => {
                self.via.push(name);
                self.arm(rest, Some(answer), held);
                self.via.pop();
            }
            None => self.missing(call, Some(answer), name, held),
        }
    }

    /// The continuation of a branch that nobody wrote: a path that ends at once.
    fn missing(&mut self, call: &Call, answer: Option<Answer>, branch: Name, mut held: Held) {
        if let Some(answer) = answer {
            let binding = self.fresh();
            let name = Plan::missing_payload();
            held.names.push((name, binding));
            let place = Place { binding, name, key: name, field: None, arm: 0 };
            self.payload(answer, place, call.path.span, "the ignored", &mut held);
        }
        self.end(End::missing(call, branch), (call.path.span, Exit::Lacks(branch)), held);
    }

    /// `|> step` lines: one after the other.
    fn void_arms(&mut self, arms: &[Continuation], end: (End, Span), mut held: Held) {
        let voids: Vec<_> = arms.iter().filter(|arm| matches!(arm.pattern, Pattern::Void { .. })).collect();
        let Some((last, before)) = voids.split_last() else {
            return self.end(end.0, (end.1, Exit::Path), held);
        };
        for arm in before {
            let part = |walk: &mut Self, held| walk.steps(&arm.steps, &arm.arms, arm.span, held);
            match self.joined(&held, part) {
                Some(after) => held = after,
                None => return,
            }
        }
        self.steps(&last.steps, &last.arms, last.span, held);
    }

    /// What follows one branch.
    fn arm(&mut self, arm: &Continuation, answer: Option<Answer>, mut held: Held) {
        let head = crate::koru::laws::head(arm);
        let floor = held.values.len();
        let binding = self.fresh();
        let written = arm.binding.as_ref().map(|binding| binding.name).filter(|name| name.name != "_");
        let name = written.map_or_else(|| self.hidden_name(arm), |name| name.name);
        let key = written.map_or(name, |written| held::key(&self.cx.sources, name, written.span));
        held.names.push((key, binding));
        if let Some(answer) = answer {
            let made = arm.binding.as_ref().map_or(head, |binding| binding.name.span);
            let place = Place { binding, name, key, field: None, arm: address(arm) };
            self.payload(answer, place, made, "the discarded", &mut held);
            if written.is_none() && held.values[floor..].iter().any(|value| value.is_owed) {
                self.plan.hidden.insert(address(arm), name);
            }
        }
        let is_scope = arm.binding.as_ref().is_some_and(|binding| binding.annotations.has("@scope"));
        if is_scope {
            self.scopes.push(Scope { floor, head, is_round: false });
        }
        self.trail.push(head);
        arm.guard.iter().for_each(|guard| self.mentions(guard, &mut held));
        self.steps(&arm.steps, &arm.arms, arm.span, held);
        self.trail.pop();
        if is_scope {
            self.scopes.pop();
        }
    }

    /// A name for a payload the flow does not name.
    pub(super) fn hidden_name(&mut self, arm: &Continuation) -> Name {
        if let Some(name) = self.plan.hidden.get(&address(arm)) {
            return *name;
        }
        Name::new(&format!("(hidden {})", self.fresh()))
    }

    /// The values with states among a payload, which is bound at `made`; `what` it is without a name.
    fn payload(&mut self, answer: Answer, place: Place, made: Span, what: &str, held: &mut Held) {
        let branch = answer.branch.name.name;
        let shown = |field: Option<Name>| match (place.name.as_str().starts_with('('), field) {
            (true, None) => format!("{what} `{branch}`"),
            (true, Some(field)) => format!("`{field}` of {what} `{branch}`"),
            (false, None) => format!("`{}`", place.name),
            (false, Some(field)) => format!("`{}.{field}`", place.name),
        };
        match &answer.branch.payload {
            Payload::Struct(fields) => {
                for field in fields {
                    let name = field.name.name;
                    let place = Place { field: Some(name), ..place };
                    self.make(answer, &field.ty, (place, made), shown(Some(name)), held);
                }
            }
            Payload::Identity(ty) => self.make(answer, ty, (place, made), shown(None), held),
            Payload::Empty | Payload::Wildcard => {}
        }
    }

    fn word(&mut self, word: Word, call: &Call, arms: &[Continuation], end: (End, Span), held: Held) {
        let find = |name: &str| {
            arms.iter().find(|arm| matches!(&arm.pattern, Pattern::Branch(branch) if branch.name == name))
        };
        match word {
            Word::If => {
                for name in ["then", "else"] {
                    match find(name) {
                        Some(arm) => self.arm(arm, None, held.clone()),
                        None => self.missing(call, None, Name::new(name), held.clone()),
                    }
                }
            }
            Word::For => {
                if let Some(each) = find("each") {
                    self.round(each, &held);
                }
                self.arm_or_end(find("done"), "done", end, held);
            }
            Word::Capture => {
                self.captures += 1;
                let after = self.joined(&held, |walk, held| {
                    find("as").into_iter().for_each(|arm| walk.arm(arm, None, held.clone()));
                });
                self.captures -= 1;
                if let Some(held) = after {
                    self.arm_or_end(find("captured"), "captured", end, held);
                }
            }
            Word::Const => self.arm_or_end(find("as"), "as", end, held),
            Word::Format(_) => self.void_arms(arms, end, held),
            Word::Tap => self.tap(call, arms, &held),
            Word::Config
            | Word::Requires
            | Word::Variants
            | Word::Command
            | Word::CommandBy(_)
            | Word::BuildBy(_)
            | Word::Flag => {}
        }
    }

    /// What a tap does at each transition. It looks at a payload that others owe something for.
    fn tap(&mut self, call: &Call, arms: &[Continuation], held: &Held) {
        let event = observed(self.cx, self.module, call);
        let source = event.map(|event| (event, self.cx.events[event].source.clone()));
        for arm in arms {
            let answer = source.as_ref().and_then(|(event, source)| {
                let Pattern::Branch(name) = &arm.pattern else { return None };
                let branch = source.branches.iter().find(|branch| branch.name.name == name.name)?;
                Some(Answer { event: *event, branch, bound: &[], is_lent: true })
            });
            self.arm(arm, answer, held.clone());
        }
    }

    fn arm_or_end(&mut self, arm: Option<&Continuation>, name: &str, end: (End, Span), held: Held) {
        match arm {
            Some(arm) => self.arm(arm, None, held),
            None => self.end(end.0, (end.1, Exit::Lacks(Name::new(name))), held),
        }
    }

    /// The body of a loop: what it makes is paid for in each round, what is outside stays.
    fn round(&mut self, each: &Continuation, held: &Held) {
        let floor = held.values.len();
        self.scopes.push(Scope { floor, head: crate::koru::laws::head(each), is_round: true });
        self.tails.push(Tail { floor, also: Vec::new(), falls: Vec::new() });
        self.arm(each, None, held.clone());
        self.tails.pop();
        self.scopes.pop();
    }

    pub(super) fn callee(&mut self, call: &Call) -> Option<resolve::Callee> {
        resolve::event_inside(self.cx, self.module, &call.path, self.implements)
    }
}

/// The event a tap observes, if it is a single one: `tap(event -> ..)`.
pub(super) fn observed(cx: &mut Context, module: ModuleId, call: &Call) -> Option<EventId> {
    let text = cx.sources.slice(call.args_span);
    let source = text.split("->").next().unwrap_or_default().trim();
    let (owner, event) = match source.split_once(':') {
        Some((owner, event)) => (*cx.koru.by_name.get(&Name::new(owner.trim()))?, event.trim()),
        None => (module, source),
    };
    cx.koru.events.get(&(owner, Name::new(event))).copied()
}

/// What some paths disposed of while others still owe it.
fn uneven(held: &Held, falls: &[Held]) -> Vec<usize> {
    let is_uneven = |&index: &usize| {
        let is_lost = |fall: &Held| fall.values[index].gone.is_some();
        held.values[index].is_open() && falls.iter().any(is_lost) && !falls.iter().all(is_lost)
    };
    (0..held.values.len()).filter(is_uneven).collect()
}

/// What is held behind several paths: what each of them left.
fn merge(held: &Held, falls: &[Held]) -> Option<Held> {
    let mut merged = held.clone();
    falls.first()?;
    for fall in falls {
        for (value, left) in merged.values.iter_mut().zip(&fall.values) {
            value.gone = value.gone.or(left.gone);
            value.is_silent |= left.is_silent;
        }
    }
    Some(merged)
}
