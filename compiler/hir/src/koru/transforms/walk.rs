//! The walk that replaces calls, and what a transform is told of a call.
//!
//! Outermost first, in source order: a transform sees the continuations of its call as they were written.
//! What it gives is walked in turn. Rewrites that descend from one call the user wrote are counted, because
//! two transforms may rewrite each other for ever.

use super::code::Replacement;
use super::is_transform;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use crate::koru::{annotations, implement, resolve};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Severity, Span};
use koru_syntax::ast::fill::{open_end, then};
use koru_syntax::ast::{
    self, Call, Continuation, Flow, Item, ItemKind, Pattern, Step, StepKind, SubflowBody,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Rewrites that may descend from one call.
const MOST_REWRITES: u32 = 1000;

pub use super::code::Replacement as Made;

/// A call to be replaced.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The module whose flow it stands in.
    pub module: ModuleId,
    /// The transform.
    pub event: EventId,
    /// The event the flow around it implements.
    pub implements: Option<EventId>,
    pub call: Call,
    /// Its continuations, but for those that only go on (`|> step`).
    pub arms: Vec<Continuation>,
    /// Annotations of the flow it stands in.
    pub annotations: Vec<ast::Annotation>,
    /// The event whose declaration asks for it.
    pub derives: Option<EventId>,
}

impl Invocation {
    /// The full name it was called by.
    pub fn called(&self, cx: &Context) -> String {
        format!("{}:{}", cx.modules[cx.events[self.event].module].name, self.call.path.name.name)
    }
}

/// Runs the code of transforms.
pub trait Transformer {
    /// What stands for the call. None after a diagnostic.
    fn transform(&mut self, cx: &mut Context, invocation: &Invocation) -> Option<Made>;
}

/// Replaces every call of a transform in every flow that is in force.
pub fn expand(cx: &mut Context, transformer: &mut dyn Transformer) {
    for module in cx.modules.ids() {
        derive(cx, module, transformer);
    }
    let names = Names::of(cx);
    if names.is_empty() {
        return;
    }
    for module in cx.modules.ids() {
        expand_module(cx, module, &names, transformer, |_, _| true);
    }
}

/// Replaces the calls in what implements these events.
pub fn expand_reached(cx: &mut Context, events: &[EventId], transformer: &mut dyn Transformer) {
    let names = Names::of(cx);
    if names.is_empty() {
        return;
    }
    for module in cx.modules.ids() {
        let is_reached = |cx: &mut Context, item: &Item| match &item.kind {
            ItemKind::Subflow(code) => {
                implement::implemented(cx, module, &code.path).is_some_and(|event| events.contains(&event))
            }
            _ => false,
        };
        expand_module(cx, module, &names, transformer, is_reached);
    }
}

/// Replaces the calls in one flow, which stands at this place of its module.
pub fn expand_flow(cx: &mut Context, module: ModuleId, span: Span, transformer: &mut dyn Transformer) {
    let names = Names::of(cx);
    if !names.is_empty() {
        expand_module(cx, module, &names, transformer, |_, item| item.span == span);
    }
}

/// What transforms are called, to pass by what is none without looking closer.
struct Names {
    exact: FxHashSet<Name>,
    has_globs: bool,
}

impl Names {
    fn of(cx: &Context) -> Names {
        let transforms = cx.events.ids().filter(|&event| is_transform(cx, event));
        let exact = transforms.map(|event| cx.events[event].name).collect();
        Names { exact, has_globs: !cx.koru.transforms.globs.is_empty() }
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    fn may_be(&self, call: &Call) -> bool {
        self.has_globs || self.exact.contains(&call.path.name.name)
    }

    /// Could a flow hold such a call?
    fn may_occur(&self, steps: &[Step], arms: &[Continuation]) -> bool {
        let here = steps.iter().any(|step| matches!(&step.kind, StepKind::Call(call) if self.may_be(call)));
        here || arms.iter().any(|arm| self.may_occur(&arm.steps, &arm.arms))
    }
}

fn expand_module(
    cx: &mut Context,
    module: ModuleId,
    names: &Names,
    transformer: &mut dyn Transformer,
    is_wanted: impl Fn(&mut Context, &Item) -> bool,
) {
    let tree = cx.modules[module].tree.clone();
    let mut entries: Vec<_> = tree.items.iter().cloned().map(Entry::open).collect();
    let mut rewrites = Rewrites::default();
    // What a transform adds may call transforms too.
    while entries.iter().any(|entry| entry.is_open) {
        let (mut walked, mut added, mut has_changed) = (Vec::new(), Vec::new(), false);
        for entry in entries {
            // Made declarations may make declarations many times: what is done costs nothing.
            if !entry.is_open {
                walked.push(entry);
                continue;
            }
            let flow = flow_of(&entry.item).filter(|flow| names.may_occur(&flow.steps, &flow.arms));
            let is_active = annotations::is_active(cx, &entry.item.annotations);
            let Some(flow) = flow.filter(|_| is_active && is_wanted(cx, &entry.item)) else {
                walked.push(Entry { is_open: false, ..entry });
                continue;
            };
            let before = errors(cx);
            let mut walk = Walk::new(cx, module, &entry.item, names, transformer, &mut rewrites);
            let (steps, arms) = walk.steps(flow.steps.clone(), flow.arms.clone());
            has_changed |= walk.has_changed;
            match walk.items.take() {
                Some(items) => {
                    added.extend(items.clone());
                    walked.extend(items.into_iter().map(Entry::open));
                }
                None if walk.has_changed => {
                    let item = rebuilt(cx, &entry.item, Flow { steps, arms, span: flow.span });
                    walked.push(Entry { item, is_open: false, is_broken: errors(cx) > before });
                }
                None => walked.push(Entry { is_open: false, ..entry }),
            }
        }
        entries = walked;
        if has_changed {
            let items = entries.iter().map(|entry| entry.item.clone()).collect();
            cx.modules[module].tree = Arc::new(ast::Module { items, ..(*tree).clone() });
            let before = errors(cx);
            crate::koru::declare::declare_made(cx, module, &added);
            // Declarations that clash would clash again in all that they make.
            if errors(cx) > before {
                entries.iter_mut().for_each(|entry| entry.is_open = false);
            }
        }
    }
    let broken = entries.iter().enumerate().filter(|(_, entry)| entry.is_broken);
    cx.koru.broken.extend(broken.map(|(item, _)| (module, item)));
}

/// Adds what is derived of the module's events.
fn derive(cx: &mut Context, module: ModuleId, transformer: &mut dyn Transformer) {
    let mut added = Vec::new();
    for invocation in super::derive::asked(cx, module) {
        match transformer.transform(cx, &invocation) {
            Some(Made::Items(items)) => added.extend(items),
            Some(Made::Flow(..)) => {
                let name = cx.event_name(invocation.event);
                let message = format!("`{name}` gives a flow, and what is derived are declarations");
                let wrong = Diagnostic::new(KORU707, invocation.call.path.span, message);
                cx.sink.report(wrong.help("begin the text with `~`, or use `program.host`"));
            }
            None => {}
        }
    }
    if !added.is_empty() {
        let tree = cx.modules[module].tree.clone();
        let items = tree.items.iter().chain(&added).cloned().collect();
        cx.modules[module].tree = Arc::new(ast::Module { items, ..(*tree).clone() });
        crate::koru::declare::declare_made(cx, module, &added);
    }
}

/// A construct of a module on its way.
struct Entry {
    item: Item,
    /// Is it to be looked at?
    is_open: bool,
    /// Did its transforms fail?
    is_broken: bool,
}

impl Entry {
    fn open(item: Item) -> Entry {
        Entry { item, is_open: true, is_broken: false }
    }
}

fn flow_of(item: &Item) -> Option<&Flow> {
    match &item.kind {
        ItemKind::Flow(flow) => Some(flow),
        ItemKind::Subflow(code) => match &code.body {
            SubflowBody::Flow(flow) => Some(flow),
            SubflowBody::Constructor(_) => None,
        },
        _ => None,
    }
}

fn errors(cx: &Context) -> usize {
    cx.sink.iter().filter(|found| found.severity == Severity::Error).count()
}

/// The item with another flow.
fn rebuilt(cx: &mut Context, item: &Item, flow: Flow) -> Item {
    let kind = match &item.kind {
        ItemKind::Subflow(old) => {
            let body = match flow.steps.as_slice() {
                [Step { kind: StepKind::Constructor(made), .. }] if flow.arms.is_empty() => {
                    SubflowBody::Constructor(made.clone())
                }
                _ => SubflowBody::Flow(flow),
            };
            let new = Arc::new(ast::Subflow { path: old.path.clone(), body });
            implement::replace_subflow(cx, old, &new);
            ItemKind::Subflow(new)
        }
        _ => ItemKind::Flow(Arc::new(flow)),
    };
    Item { kind, ..item.clone() }
}

/// Made text: the call it stands for, and the transform.
#[derive(Clone, Copy)]
struct Descent {
    /// The call somebody wrote that it all began with.
    root: Span,
    parent: Option<u32>,
    event: EventId,
}

/// What was rewritten so far in a module.
#[derive(Default)]
struct Rewrites {
    /// By the hand of the made text.
    descents: FxHashMap<u32, Descent>,
    /// How many, by the call that began them.
    counts: FxHashMap<Span, u32>,
}

struct Walk<'c, 'w, 't> {
    cx: &'c mut Context<'w>,
    module: ModuleId,
    implements: Option<EventId>,
    item: &'t Item,
    names: &'t Names,
    transformer: &'t mut dyn Transformer,
    rewrites: &'t mut Rewrites,
    has_changed: bool,
    /// Constructs that stand for the whole flow.
    items: Option<Vec<Item>>,
}

impl<'c, 'w, 't> Walk<'c, 'w, 't> {
    fn new(
        cx: &'c mut Context<'w>,
        module: ModuleId,
        item: &'t Item,
        names: &'t Names,
        transformer: &'t mut dyn Transformer,
        rewrites: &'t mut Rewrites,
    ) -> Self {
        let implements = match &item.kind {
            ItemKind::Subflow(code) => implement::implemented(cx, module, &code.path),
            _ => None,
        };
        Walk { cx, module, implements, item, names, transformer, rewrites, has_changed: false, items: None }
    }

    fn steps(&mut self, steps: Vec<Step>, mut arms: Vec<Continuation>) -> (Vec<Step>, Vec<Continuation>) {
        let mut out = Vec::new();
        let count = steps.len();
        let mut steps = steps.into_iter();
        while let Some(step) = steps.next() {
            let Some((event, call)) = self.transform_of(&step) else {
                out.push(step);
                continue;
            };
            let own = if steps.len() == 0 { std::mem::take(&mut arms) } else { Vec::new() };
            let (follow, own): (Vec<_>, Vec<_>) =
                own.into_iter().partition(|arm| matches!(arm.pattern, Pattern::Void { .. }));
            self.has_changed = true;
            let Some((made, made_arms)) = self.rewrite(event, call, own, count == 1) else {
                out.push(Step { kind: StepKind::Error, span: step.span });
                return (out, Vec::new());
            };
            let (made, mut made_arms) = self.steps(made, made_arms);
            let from = out.len();
            out.extend(made);
            let rest: Vec<_> = steps.collect();
            if made_arms.is_empty() && (!rest.is_empty() || !follow.is_empty()) {
                open_end(&mut out, from);
            }
            if made_arms.is_empty() && !rest.is_empty() {
                let (rest, arms) = self.steps(rest, arms);
                out.extend(rest);
                return (out, arms);
            }
            if !rest.is_empty() {
                let (rest, arms) = self.steps(rest, arms);
                made_arms.push(self.then(rest, arms));
            } else if made_arms.is_empty() {
                made_arms = self.arms(follow);
            } else {
                for arm in self.arms(follow) {
                    made_arms.push(self.then(arm.steps, arm.arms));
                }
            }
            return (out, made_arms);
        }
        let arms = self.arms(arms);
        (out, arms)
    }

    fn then(&self, steps: Vec<Step>, arms: Vec<Continuation>) -> Continuation {
        let here = self.cx.koru.transforms.last_file.map_or(Span::NONE, |file| Span::new(file, 0, 0));
        then(here, steps, arms)
    }

    fn arms(&mut self, arms: Vec<Continuation>) -> Vec<Continuation> {
        let walked = arms.into_iter().map(|mut arm| {
            (arm.steps, arm.arms) = self.steps(arm.steps, arm.arms);
            arm
        });
        walked.collect()
    }

    /// The transform a step calls.
    fn transform_of(&mut self, step: &Step) -> Option<(EventId, Call)> {
        let StepKind::Call(call) = &step.kind else { return None };
        if !self.names.may_be(call) {
            return None;
        }
        let mark = self.cx.sink.len();
        let callee = resolve::event_inside(self.cx, self.module, &call.path, self.implements);
        self.cx.sink.rewind(mark);
        let event = callee?.event;
        is_transform(self.cx, event).then(|| (event, call.clone()))
    }

    fn rewrite(
        &mut self,
        event: EventId,
        call: Call,
        arms: Vec<Continuation>,
        is_whole: bool,
    ) -> Option<(Vec<Step>, Vec<Continuation>)> {
        let span = call.path.span;
        let parent = self.cx.sources.hand(span.file);
        self.count(event, span, parent)?;
        super::laws::check_arguments(self.cx, event, &call)?;
        let annotations = self.item.annotations.clone();
        let (module, implements) = (self.module, self.implements);
        let invocation = Invocation { module, event, implements, call, arms, annotations, derives: None };
        let (before, told) = (self.cx.koru.transforms.next_hand, errors(self.cx));
        let made = self.transformer.transform(self.cx, &invocation);
        let root = self.root(span, parent);
        for hand in before + 1..=self.cx.koru.transforms.next_hand {
            self.rewrites.descents.insert(hand, Descent { root, parent, event });
        }
        match made? {
            Made::Flow(steps, arms) => Some((steps, arms)),
            Replacement::Items(items) if is_whole && matches!(self.item.kind, ItemKind::Flow(_)) => {
                self.items = Some(items);
                Some((Vec::new(), Vec::new()))
            }
            // What is wrong with the call was told.
            Replacement::Items(_) if errors(self.cx) > told => None,
            Replacement::Items(_) => {
                let name = self.cx.event_name(event);
                let message = format!("`{name}` gives declarations, which stand only for a whole flow");
                let misplaced = Diagnostic::new(KORU707, span, message);
                self.cx.sink.report(misplaced.help("call it at the start of a line, with `~` in front"));
                None
            }
        }
    }

    fn root(&self, span: Span, parent: Option<u32>) -> Span {
        parent.and_then(|hand| self.rewrites.descents.get(&hand)).map_or(span, |descent| descent.root)
    }

    /// Counts a rewrite; none where there were too many.
    fn count(&mut self, event: EventId, span: Span, parent: Option<u32>) -> Option<()> {
        let root = self.root(span, parent);
        let count = self.rewrites.counts.entry(root).or_default();
        *count += 1;
        match (*count).cmp(&(MOST_REWRITES + 1)) {
            std::cmp::Ordering::Less => return Some(()),
            std::cmp::Ordering::Greater => return None,
            std::cmp::Ordering::Equal => {}
        }
        let mut events = vec![event];
        let mut hand = parent;
        while let Some(descent) = hand.and_then(|hand| self.rewrites.descents.get(&hand)) {
            if events.contains(&descent.event) {
                break;
            }
            events.push(descent.event);
            hand = descent.parent;
        }
        let names: Vec<_> =
            events.iter().rev().map(|&event| format!("`{}`", self.cx.event_name(event))).collect();
        let message = match names.as_slice() {
            [only] => format!("transform {only} gives calls of itself without end"),
            _ => format!("transforms {} rewrite each other without end", names.join(" and ")),
        };
        let mut endless = Diagnostic::new(KORU705, root, message)
            .note(format!("{MOST_REWRITES} rewrites descend from this call"));
        for event in events {
            endless = endless.also(self.cx.events[event].span, "declared here");
        }
        self.cx.sink.report(endless);
        None
    }
}
