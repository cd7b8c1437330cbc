//! Taps: observers between an event's answer and what follows it.
//!
//! In: the `tap(source -> destination)` flows of all modules, and a transition somewhere in a flow. Out: which
//! of their continuations run there, and in which order. No tree is rewritten: whoever walks a flow asks
//! [`observers`] at every transition, so that laws, types and states look at the same program, and what is wrong
//! inside a tap is wrong once. Names alone decide.

mod caused;
mod described;
mod pattern;
mod woven;

pub use described::name_points;

use super::annotations::{self, Word};
use super::{implement, load, resolve};
use crate::Context;
use crate::ids::{EventId, ModuleId, TapId};
use koru_base::codes::*;
use koru_base::idx::IdVec;
use koru_base::{Code, Diagnostic, Name, Span};
use koru_syntax::ast::{self, Annotation, Annotations, Continuation, Flow, ItemKind, Step, StepKind};
use pattern::Pattern;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What is known of taps.
#[derive(Default)]
pub struct Taps {
    /// In the order they apply: those of imported modules first, then the entry file's.
    all: IdVec<TapId, Tap>,
    /// The event that declares the word; its branches are the metatypes.
    word: Option<EventId>,
    /// Mistakes of tap bodies that were reported: a body is typed at every place it is woven into.
    reported: FxHashSet<(Code, Span)>,
    /// Which taps cause an event themselves, and leave its flows out.
    caused: FxHashMap<EventId, Vec<TapId>>,
    /// The module of the program events.
    program: Option<ModuleId>,
}

/// A `tap` flow.
pub struct Tap {
    pub module: ModuleId,
    item: usize,
    flow: Arc<Flow>,
    source: Pattern,
    destination: Pattern,
    is_opaque: bool,
}

/// An event was answered, and something follows.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    pub source: EventId,
    /// None where an event without branches is through.
    pub branch: Option<Name>,
    /// None where the path ends, jumps or answers.
    pub destination: Option<EventId>,
    /// Is this the first call of its flow?
    pub is_first: bool,
    /// The call.
    pub span: Span,
}

/// A tap that observes a transition.
#[derive(Clone, Debug)]
pub struct Observer {
    pub tap: TapId,
    /// Which of its continuations match, in the order they run.
    pub arms: Vec<usize>,
    /// Does only the first run whose guard is true?
    pub takes_first: bool,
}

/// Where a step stands, as far as taps care.
#[derive(Clone, Default, Debug)]
pub struct Site {
    is_tapped: bool,
    /// The taps inside whose bodies it stands, outermost first.
    inside: Vec<TapId>,
    /// The taps that cause all that stands here.
    caused_by: Vec<TapId>,
}

impl Site {
    /// The inside of a flow of `module` with these annotations.
    pub fn of_flow(cx: &Context, module: ModuleId, annotations: &[Annotation]) -> Site {
        let is_tapped =
            !cx.koru.taps.all.is_empty() && !cx.modules[module].is_foundation && !annotations.has("opaque");
        Site { is_tapped, inside: Vec::new(), caused_by: Vec::new() }
    }

    /// The inside of a flow that implements an event.
    pub fn implementing(mut self, cx: &Context, event: EventId) -> Site {
        if self.is_tapped {
            self.caused_by = cx.koru.taps.caused.get(&event).cloned().unwrap_or_default();
        }
        self
    }

    /// The body of a tap that is woven in here.
    pub fn inside(&self, cx: &Context, tap: TapId) -> Site {
        let mut inside = self.inside.clone();
        inside.push(tap);
        let tap = &cx.koru.taps.all[tap];
        let is_tapped = self.is_tapped && !tap.is_opaque && !cx.modules[tap.module].is_foundation;
        Site { is_tapped, inside, caused_by: self.caused_by.clone() }
    }
}

impl Taps {
    /// The continuations of a tap.
    pub fn arms(&self, tap: TapId) -> Arc<Flow> {
        self.all[tap].flow.clone()
    }

    /// The tap an item is.
    pub fn of_item(&self, module: ModuleId, item: usize) -> Option<TapId> {
        self.all.enumerate().find(|(_, tap)| (tap.module, tap.item) == (module, item)).map(|(id, _)| id)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Finds the taps of all modules. Code that runs inside the compiler is never observed.
pub fn read(cx: &mut Context) {
    if cx.is_build_time() {
        return;
    }
    cx.koru.taps.all = IdVec::new();
    let is_tap = |event: &crate::context::Event| annotations::word(&event.annotations) == Some(Word::Tap);
    cx.koru.taps.word = cx.events.enumerate().find(|(_, event)| is_tap(event)).map(|(id, _)| id);
    let entry = cx.entry();
    for module in cx.modules.ids().filter(|&module| module != entry).chain([entry]).collect::<Vec<_>>() {
        let tree = cx.modules[module].tree.clone();
        for (item, found) in tree.items.iter().enumerate() {
            if let ItemKind::Flow(flow) = &found.kind
                && annotations::is_active(cx, &found.annotations)
                && let Some(call) = tap_call(cx, module, flow)
            {
                read_tap(cx, module, item, flow, call, found.annotations.has("opaque"));
            }
        }
    }
    cx.koru.taps.caused = caused::find(cx);
}

fn read_tap(
    cx: &mut Context,
    module: ModuleId,
    item: usize,
    flow: &Arc<Flow>,
    call: &ast::Call,
    is_opaque: bool,
) {
    let text = cx.sources.slice(call.args_span);
    let at = if text.trim().is_empty() { call.path.span } else { call.args_span };
    match pattern::pair(text) {
        Ok((source, destination)) => {
            cx.koru.taps.all.push(Tap { module, item, flow: flow.clone(), source, destination, is_opaque });
        }
        Err(message) => {
            let wrong = Diagnostic::new(KORU110, at, message);
            cx.sink.report(wrong.help("write `tap(source -> destination)`, as `tap(load -> *)`"));
        }
    }
}

/// The head of a flow that is a tap.
pub fn tap_call<'f>(cx: &mut Context, module: ModuleId, flow: &'f Flow) -> Option<&'f ast::Call> {
    let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind) else { return None };
    let callee = quietly(cx, |cx| resolve::event(cx, module, &call.path))?;
    (callee.word == Some(Word::Tap)).then_some(call)
}

fn quietly<T>(cx: &mut Context, ask: impl FnOnce(&mut Context) -> T) -> T {
    let mark = cx.sink.len();
    let answer = ask(cx);
    cx.sink.rewind(mark);
    answer
}

/// The event a chain of steps begins with: the destination of what leads to it.
pub fn first_event(
    cx: &mut Context,
    module: ModuleId,
    implements: Option<EventId>,
    steps: &[Step],
) -> Option<EventId> {
    let StepKind::Call(call) = &steps.first()?.kind else { return None };
    let callee = quietly(cx, |cx| resolve::event_inside(cx, module, &call.path, implements))?;
    is_observable(cx, callee.event).then_some(callee.event)
}

/// Is it an event of the running program? The control words are: they keep the name they are written with.
fn is_observable(cx: &Context, event: EventId) -> bool {
    match annotations::word(&cx.events[event].annotations) {
        Some(word) => word.runs(),
        None => !implement::is_comptime(cx, event),
    }
}

/// The taps that observe a transition, in the order they run. An ordinary tap goes in front of those before it,
/// so the one declared last runs first; one that observes everything goes behind them.
pub fn observers(cx: &Context, site: &Site, at: &Transition) -> Vec<Observer> {
    let mut found = Vec::new();
    if !site.is_tapped || cx.events[at.source].annotations.has("opaque") || !is_observable(cx, at.source) {
        return found;
    }
    for (id, tap) in cx.koru.taps.all.enumerate() {
        let is_own = site.inside.contains(&id) || site.caused_by.contains(&id);
        if !is_own && tap.observes(cx, site, at) {
            let takes_first = at.destination.is_none();
            let matching = tap.flow.arms.iter().enumerate().filter(|(_, arm)| tap.takes(cx, arm, at.branch));
            let mut arms: Vec<_> = matching.map(|(index, _)| index).collect();
            if !takes_first {
                arms.reverse();
            }
            let place = if tap.source.is_universal() { found.len() } else { 0 };
            if !arms.is_empty() {
                found.insert(place, Observer { tap: id, arms, takes_first });
            }
        }
    }
    found
}

impl Tap {
    fn observes(&self, cx: &Context, site: &Site, at: &Transition) -> bool {
        let is_universal = self.source.is_universal();
        if is_universal && !site.inside.is_empty() {
            return false;
        }
        let into = match at.destination {
            Some(event) => self.destination.matches(cx, event),
            None => self.destination.is_universal(),
        };
        let begins = || {
            at.is_first
                && is_universal
                && self.destination.is_concrete()
                && self.destination.matches(cx, at.source)
        };
        self.source.matches(cx, at.source) && into || begins()
    }

    /// Does a continuation observe this branch?
    fn takes(&self, cx: &Context, arm: &Continuation, branch: Option<Name>) -> bool {
        match &arm.pattern {
            ast::Pattern::Branch(name) => cx.is_metatype(name.name) || Some(name.name) == branch,
            ast::Pattern::CatchAll { metatype: Some(_), .. } => true,
            ast::Pattern::CatchAll { metatype: None, .. } => branch.is_some_and(|branch| !self.names(branch)),
            ast::Pattern::Void { .. } => branch.is_none(),
            ast::Pattern::Text(_) | ast::Pattern::Deref { .. } => false,
        }
    }

    fn names(&self, branch: Name) -> bool {
        let is_it =
            |arm: &Continuation| matches!(&arm.pattern, ast::Pattern::Branch(name) if name.name == branch);
        self.flow.arms.iter().any(is_it)
    }
}

impl Context<'_> {
    /// Is it the name of a description every transition has?
    pub fn is_metatype(&self, name: Name) -> bool {
        self.metatypes().any(|known| known == name)
    }

    /// The branches of the event that declares the word `tap`.
    pub fn metatypes(&self) -> impl Iterator<Item = Name> {
        let word = self.koru.taps.word.map(|event| self.events[event].source.clone());
        let names =
            word.map(|source| source.branches.iter().map(|branch| branch.name.name).collect::<Vec<_>>());
        names.unwrap_or_default().into_iter()
    }
}

/// Does a continuation of an observing tap give the payload a name?
pub fn gives_name(cx: &Context, observers: &[Observer]) -> bool {
    let is_named = |arm: &Continuation| match &arm.pattern {
        ast::Pattern::Branch(name) => named(arm) && !cx.is_metatype(name.name),
        _ => false,
    };
    let arms = |observer: &Observer| {
        let flow = &cx.koru.taps.all[observer.tap].flow;
        observer.arms.iter().any(|&arm| is_named(&flow.arms[arm]))
    };
    observers.iter().any(arms)
}

/// Has a continuation a binding that can be read?
fn named(arm: &Continuation) -> bool {
    arm.binding.as_ref().is_some_and(|binding| binding.name.name != "_")
}

/// A continuation of a tap that wants a payload where there is none, said once.
pub fn lacks_payload(cx: &mut Context, observers: &[Observer], at: &Transition) {
    for observer in observers {
        let flow = cx.koru.taps.all[observer.tap].flow.clone();
        for arm in observer.arms.iter().map(|&arm| &flow.arms[arm]) {
            let ast::Pattern::Branch(name) = &arm.pattern else { continue };
            let Some(binding) = arm.binding.as_ref().filter(|_| named(arm)) else { continue };
            let span = binding.name.span;
            if !cx.is_metatype(name.name) && cx.koru.taps.reported.insert((KORU030, span)) {
                let event = cx.event_name(at.source);
                let message = format!("branch `{}` of `{event}` carries no payload to bind", name.name);
                let stray = Diagnostic::new(KORU030, span, message).also(at.span, "observed here");
                cx.sink.report(stray.fix("remove the binding", span, ""));
            }
        }
    }
}

/// The module of the program events `start` and `end`: flows around those of the program, for taps to observe.
const PROGRAM_EVENTS: &str = "\
~pub event start {}
| done

~pub event end {}
| done

~start()
| done |> _

~end()
| done |> _
";

/// Loads the program events where a tap could observe them.
pub fn load_program_events(cx: &mut Context) {
    let declares = |item: &ast::Item| {
        matches!(item.kind, ItemKind::Event(_)) && annotations::word(&item.annotations) == Some(Word::Tap)
    };
    let is_there = cx.modules.iter().any(|module| module.tree.items.iter().any(declares));
    if is_there && !cx.is_build_time() {
        let module = load::add_text(cx, "(koru)", Name::new("koru"), PROGRAM_EVENTS);
        cx.koru.taps.program = Some(module);
    }
}

/// The flows of the program events: the one before all others, and the one behind them.
pub fn program_flows(cx: &Context) -> Option<(ModuleId, [usize; 2])> {
    let module = cx.koru.taps.program.filter(|_| !cx.koru.taps.is_empty())?;
    let items = cx.modules[module].tree.items.iter().enumerate();
    let flows: Vec<_> = items.filter(|(_, item)| matches!(item.kind, ItemKind::Flow(_))).collect();
    match *flows {
        [(start, _), (end, _)] => Some((module, [start, end])),
        _ => None,
    }
}
