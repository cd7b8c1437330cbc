//! Transforms run: each world's calls are replaced by code of the world above it.
//!
//! In: the program, and a way to load its files once more as code for the compiler. Out: the program without
//! calls of transforms. A transform's own code may use transforms: what it reaches is expanded first, by a
//! world above its own, and so on; who needs himself is told.

use crate::driver::Driver;
use crate::natives::Natives;
use crate::program::CallPlace;
use koru_base::codes::{KORU056, KORU703, KORU704, KORU705, KORU706};
use koru_base::{Diagnostic, FileId, Severity, Sources, Span};
use koru_hir::Context;
use koru_hir::ids::{EventId, ModuleId};
use koru_hir::koru::{self, Answer, Command, Invocation, Made, Texts, Transformer};
use std::collections::BTreeSet;

/// Worlds above each other: transforms used by transforms used by transforms.
const MOST_WORLDS: usize = 8;

/// Loads the program as code for the compiler.
pub type Load<'l, 'w> = &'l mut dyn FnMut() -> Context<'w>;

/// Replaces the calls of transforms in every flow of the program. What ran them comes back, of no more use: to take it
/// apart costs milliseconds.
pub fn expand<'w>(
    product: &mut Context<'w>,
    load: Load<'_, 'w>,
    driver: &mut dyn Driver,
) -> Vec<Option<Context<'w>>> {
    koru::check_transforms(product);
    let mut worlds = Worlds { above: Vec::new(), load, prepared: BTreeSet::new(), running: Vec::new() };
    koru::expand(product, &mut Run { worlds: &mut worlds, driver, level: 0 });
    worlds.above
}

/// Replaces the calls of transforms in what a command of the build world reaches.
pub fn prepare<'w>(build: &mut Context<'w>, command: &Command, load: Load<'_, 'w>, driver: &mut dyn Driver) {
    let name = format!("{}:{}", build.modules[command.module].name, command.event);
    let Some(event) = koru::event_of_name(build, &name) else { return };
    let mut worlds = Worlds { above: Vec::new(), load, prepared: BTreeSet::new(), running: Vec::new() };
    let reached = koru::reached(build, event);
    koru::expand_reached(build, &reached, &mut Run { worlds: &mut worlds, driver, level: 0 });
}

/// Replaces the calls of transforms in a flow of the build world, and in what it reaches.
pub(crate) fn prepare_flow<'w>(
    build: &mut Context<'w>,
    (module, item): (ModuleId, usize),
    load: Load<'_, 'w>,
    driver: &mut dyn Driver,
) {
    let mut worlds = Worlds { above: Vec::new(), load, prepared: BTreeSet::new(), running: Vec::new() };
    let mut run = Run { worlds: &mut worlds, driver, level: 0 };
    let span = build.modules[module].tree.items[item].span;
    koru::expand_flow(build, module, span, &mut run);
    let tree = build.modules[module].tree.clone();
    let Some(item) = tree.items.iter().position(|item| item.span == span) else { return };
    for event in koru::events_of_flow(build, module, item) {
        let reached = koru::reached(build, event);
        koru::expand_reached(build, &reached, &mut run);
    }
}

/// The worlds whose code runs, the first for the program.
struct Worlds<'l, 'w> {
    above: Vec<Option<Context<'w>>>,
    load: Load<'l, 'w>,
    /// What was expanded already for a transform of a level.
    prepared: BTreeSet<(usize, String)>,
    /// Transforms being run or prepared, by full name: each is needed by the one before it.
    running: Vec<String>,
}

/// Runs transforms for one world.
struct Run<'r, 'l, 'w> {
    worlds: &'r mut Worlds<'l, 'w>,
    driver: &'r mut dyn Driver,
    /// Which of `above` runs them.
    level: usize,
}

impl Transformer for Run<'_, '_, '_> {
    fn transform(&mut self, cx: &mut Context, invocation: &Invocation) -> Option<Made> {
        let runner = koru::runner(cx, invocation.event)?;
        let name = cx.event_name(runner);
        let call = invocation.call.path.span;
        if self.worlds.running.contains(&name) || self.level >= MOST_WORLDS {
            let message = format!("transform `{name}` needs itself to run");
            let chain = self.worlds.running.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            cx.sink.report(
                Diagnostic::new(KORU705, call, message).note(format!("needed by {}", chain.join(", by "))),
            );
            return None;
        }
        if self.worlds.above.len() <= self.level {
            self.worlds.above.push(None);
        }
        let mut build = self.worlds.above[self.level].take().unwrap_or_else(|| (self.worlds.load)());
        self.worlds.running.push(name.clone());
        let made = self.run(&mut build, cx, invocation, (runner, &name));
        self.worlds.running.pop();
        self.worlds.above[self.level] = Some(build);
        made
    }
}

impl Run<'_, '_, '_> {
    fn run(
        &mut self,
        build: &mut Context,
        cx: &mut Context,
        invocation: &Invocation,
        (runner, name): (EventId, &str),
    ) -> Option<Made> {
        let call = invocation.call.path.span;
        let by = by(cx, invocation.event, &cx.event_name(invocation.event));
        let Some(event) = koru::event_of_name(build, name) else {
            let message = format!("transform `{name}` is not there while compiling");
            cx.sink.report(Diagnostic::new(KORU706, call, message).help("is it under a `build(..)` guard?"));
            return None;
        };
        if koru::implementation(build, event).is_none() {
            let message = format!("nothing implements the transform `{name}`");
            let missing =
                Diagnostic::new(KORU056, call, message).also(cx.events[runner].span, "declared here");
            cx.sink.report(missing.help(format!("add `~proc {} {{ .. }}`", cx.events[runner].name)));
            return None;
        }
        let mark = build.sink.len();
        if self.worlds.prepared.insert((self.level, name.to_owned())) {
            let reached = koru::reached(build, event);
            let level = self.level + 1;
            let mut inner = Run { worlds: &mut *self.worlds, driver: &mut *self.driver, level };
            koru::expand_reached(build, &reached, &mut inner);
        }
        let (errors, said) = (error_count(cx), cx.sink.len());
        let mut natives = Natives::new(cx, self.driver);
        let place = CallPlace {
            module: invocation.module,
            call: invocation.call.clone(),
            arms: invocation.arms.clone(),
            implements: invocation.implements,
            annotations: invocation.annotations.clone(),
        };
        natives.the_call = natives.handles.call(place);
        natives.the_event = invocation.derives.map_or(0, |event| natives.event_handle(event));
        let answer = koru::run_transform(build, event, &mut natives);
        let handles = std::mem::take(&mut natives.handles);
        let has_failed = natives.has_failed;
        let code = match &answer {
            Ok(Some(Answer::Transformed(code))) => handles.code(*code),
            _ => None,
        };
        let found: Vec<_> = build.sink.iter().skip(mark).cloned().collect();
        let has_mistakes = found.iter().any(|one| one.severity == Severity::Error);
        for problem in found {
            let problem = carried(problem, &build.sources, &mut cx.sources);
            cx.sink.report(problem);
        }
        match answer {
            // What it lacks was reported.
            _ if has_mistakes => None,
            Ok(Some(Answer::Transformed(_))) if has_failed || error_count(cx) > errors => {
                if cx.sink.iter().skip(said).any(|one| one.severity == Severity::Error && one.code != KORU703)
                {
                    return None;
                }
                let home = koru::home_of_texts(cx, invocation);
                beside_mistakes(cx, |cx| Texts::new(cx, &handles.codes, home, call, by).tree(cx, code?))
            }
            Ok(Some(Answer::Transformed(_))) => {
                let Some(code) = code else {
                    let message = format!("`{name}` answered with code that nobody made");
                    cx.sink.report(Diagnostic::new(KORU704, call, message));
                    return None;
                };
                let home = koru::home_of_texts(cx, invocation);
                Texts::new(cx, &handles.codes, home, call, by).tree(cx, code)
            }
            Ok(Some(Answer::Failed { message, at })) => {
                let at = (at as usize).checked_sub(1).and_then(|index| handles.spans.get(index));
                let at = at.copied().filter(|at| at.is_written()).unwrap_or(call);
                cx.sink.report(Diagnostic::new(KORU704, at, message).note(format!("said by {by}")));
                None
            }
            Ok(None) => {
                let message = format!("the answer of `{name}` cannot be read");
                let wrong = Diagnostic::new(KORU706, cx.events[runner].span, message);
                cx.sink.report(wrong.help("`code` is a `Code`, `message` a `[]const u8`, `at` a `Span`"));
                None
            }
            Err(None) => None,
            Err(Some(problem)) => {
                let mut problem = at_call(carried(*problem, &build.sources, &mut cx.sources), call);
                problem.notes.retain(|note| !note.starts_with("in `(transform "));
                cx.sink.report(problem.note(format!("run by {by}")));
                None
            }
        }
    }
}

/// Made declarations stand although the transform found mistakes: what is right of them is no further mistake where
/// it is used. A flow does not, nor does what cannot be read.
fn beside_mistakes(cx: &mut Context, make: impl FnOnce(&mut Context) -> Option<Made>) -> Option<Made> {
    let mark = cx.sink.len();
    let made = make(cx);
    let is_clean = cx.sink.rewind(mark).is_empty();
    made.filter(|made| is_clean && matches!(made, Made::Items(_)))
}

/// "transform `lib:twice` (lib/twice.kz:7)"; the lines of libraries that koruc carries are nobody's business.
fn by(cx: &Context, event: EventId, name: &str) -> String {
    let span = cx.events[event].span;
    let (path, line) = (cx.sources.path(span.file), cx.sources.position(span.file, span.start).line);
    match path.as_str().starts_with('(') {
        true => format!("transform `{name}`"),
        false => format!("transform `{name}` ({path}:{line})"),
    }
}

fn error_count(cx: &Context) -> usize {
    cx.sink.iter().filter(|one| one.severity == Severity::Error).count()
}

/// What went wrong in code that runs while compiling, at the call that started it.
pub(crate) fn at_call(mut problem: Diagnostic, call: Span) -> Diagnostic {
    let place = std::mem::replace(&mut problem.primary.span, call);
    if place.is_written() { problem.also(place, "it happens here") } else { problem }
}

/// A diagnostic of one world with the places it has in another: the same files, perhaps in another order.
pub(crate) fn carried(mut problem: Diagnostic, from: &Sources, to: &mut Sources) -> Diagnostic {
    let mut carry = |span: &mut Span| {
        let Some(file) = from.get(span.file) else { return };
        let known: Option<FileId> = to.find(&file.path);
        let known = known.unwrap_or_else(|| to.add(file.path.clone(), file.text.clone()));
        *span = Span { file: known, ..*span };
    };
    let mut problem_spans = vec![&mut problem.primary.span];
    problem_spans.extend(problem.secondary.iter_mut().map(|label| &mut label.span));
    problem_spans
        .extend(problem.helps.iter_mut().flat_map(|help| &mut help.edits).map(|edit| &mut edit.span));
    problem_spans.into_iter().for_each(&mut carry);
    problem
}
