//! The code behind an event, and the instances flows and events become.
//!
//! In: the table of implementations and selected variants. Out: bodies on demand. An event nobody
//! implements passes its inputs through, does nothing, or is an error (`language.md` 3.7).

use super::{annotations, comptime, flow, resolve, signature, taps};
use crate::Context;
use crate::context::{BodyState, Instance, Linkage, Origin, ResultShape};
use crate::ids::{EventId, InstanceId, LocalId, ModuleId, TypeId};
use crate::tree::{Body, Callee, Expr, Kind, Local, Place};
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span, diagnostic::closest};
use koru_flow::{Convention, Inline};
use koru_syntax::ast::{self, Annotations, ItemKind, ProcBody, StepKind};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Code for an event.
#[derive(Clone, Debug)]
pub struct Implementation {
    /// Where the code stands: its names are looked up there.
    pub module: ModuleId,
    pub code: Code,
    pub span: Span,
    /// Was it written with the event's module in front?
    pub is_override: bool,
}

#[derive(Clone, Debug)]
pub enum Code {
    Proc(Arc<ast::ProcDecl>),
    Subflow(Arc<ast::Subflow>),
}

impl Implementation {
    /// The name behind `|` of a proc.
    pub fn variant(&self) -> Option<Name> {
        match &self.code {
            Code::Proc(code) => code.variant.map(|variant| variant.name),
            Code::Subflow(_) => None,
        }
    }
}

/// The instance callers of an event reach.
pub fn event_instance(cx: &mut Context, event: EventId) -> InstanceId {
    if let Some(&instance) = cx.koru.instances.get(&event) {
        return instance;
    }
    let signature = signature(cx, event);
    let annotations = &cx.events[event].annotations;
    let inline = if annotations.has("inline") { Inline::Always } else { Inline::Auto };
    let instance = cx.instances.push(Instance {
        name: Name::new(&cx.event_name(event)),
        params: signature.inputs.iter().map(|input| input.ty).collect(),
        result: signature.result.clone(),
        origin: Origin::Event(event),
        linkage: Linkage::Internal,
        convention: Convention::Koru,
        inline,
        body: BodyState::Unchecked,
        span: cx.events[event].span,
    });
    cx.koru.instances.insert(event, instance);
    instance
}

/// The body of an event's or a flow's instance, checked now. None after a mistake.
pub fn body(cx: &mut Context, instance: InstanceId) -> Option<Body> {
    match cx.instances[instance].origin.clone() {
        Origin::Event(event) => event_body(cx, event),
        Origin::Flow { module, item } => flow::top_level(cx, module, item),
        Origin::Function { .. } | Origin::Made => None,
    }
}

fn event_body(cx: &mut Context, event: EventId) -> Option<Body> {
    if cx.events[event].source.is_broken {
        return None;
    }
    let Some(chosen) = choose(cx, event) else { return without_code(cx, event) };
    let signature = signature(cx, event);
    match &chosen.code {
        Code::Subflow(code) => flow::subflow(cx, chosen.module, event, code),
        Code::Proc(code) => {
            let block = proc_block(cx, code)?;
            let inputs: Vec<_> =
                signature.inputs.iter().map(|input| (input.name, input.ty, input.span)).collect();
            let container = cx.modules[chosen.module].container;
            crate::host::check_proc(cx, container, &inputs, signature.result.clone(), &block)
        }
    }
}

/// The selected variant, else the bare code, else the variant `zig`, which is the dialect's own name.
pub fn choose(cx: &Context, event: EventId) -> Option<Implementation> {
    let all = cx.koru.implementations.get(&event)?;
    let by_variant = |variant: Option<Name>| all.iter().find(|one| one.variant() == variant).cloned();
    let selected = cx.koru.tables.variants.get(&event).map(|&(variant, _)| variant);
    let selected = selected.and_then(|variant| by_variant(Some(variant)));
    selected.or_else(|| by_variant(None)).or_else(|| by_variant(Some(Name::new("zig"))))
}

/// The statements of a proc; those of a variant are read only now.
fn proc_block(cx: &mut Context, code: &ast::ProcDecl) -> Option<ast::host::Block> {
    match &code.body {
        ProcBody::Host(block) => Some(block.clone()),
        ProcBody::Unread => {
            let text = cx.sources.text(code.body_span.file).clone();
            let (block, diagnostics) = koru_syntax::parse_body(code.body_span.file, &text, code.body_span);
            let is_clean = diagnostics.is_empty();
            diagnostics.into_iter().for_each(|diagnostic| cx.sink.report(diagnostic));
            is_clean.then_some(block)
        }
    }
}

/// Puts a flow in the place of another that implements something.
pub(super) fn replace_subflow(cx: &mut Context, old: &Arc<ast::Subflow>, new: &Arc<ast::Subflow>) {
    for one in cx.koru.implementations.values_mut().flatten() {
        if let Code::Subflow(code) = &mut one.code
            && Arc::ptr_eq(code, old)
        {
            *code = new.clone();
        }
    }
}

/// What a called event does that nobody implements.
fn without_code(cx: &mut Context, event: EventId) -> Option<Body> {
    let signature = signature(cx, event);
    let declared = &cx.events[event];
    let (name, span) = (cx.event_name(event), declared.span);
    if declared.annotations.has("abstract") {
        let missing =
            Diagnostic::new(KORU056, span, format!("nothing implements the abstract event `{name}`"));
        let own = declared.module == cx.entry();
        let name = if own { cx.events[event].name.to_string() } else { name };
        cx.sink.report(missing.help(format!("implement it: `~{name} = ..`")));
        return None;
    }
    if let Some(all) = cx.koru.implementations.get(&event).filter(|all| !all.is_empty()) {
        let names: Vec<_> =
            all.iter().filter_map(Implementation::variant).map(|name| format!("`{name}`")).collect();
        let message = format!("no variant of `{name}` is selected, and none of its procs is without one");
        let missing = Diagnostic::new(KORU056, span, message).note(format!("there are {}", names.join(", ")));
        cx.sink.report(
            missing
                .help(format!("add `~proc {} {{ .. }}`, or a row to the table of variants", declared.name)),
        );
        return None;
    }
    let mut body = Body::default();
    for input in &signature.inputs {
        let local = Local {
            name: input.name,
            ty: input.ty,
            is_mutable: false,
            is_addressed: false,
            align: None,
            span: input.span,
        };
        let local = body.locals.push(local);
        body.params.push(local);
    }
    let ResultShape::Branches { branches, .. } = &signature.result else {
        body.root = Some(Expr {
            ty: TypeId::VOID,
            span,
            kind: Box::new(Kind::Block { label: None, stmts: Vec::new() }),
        });
        return Some(body);
    };
    let is_struct = matches!(declared.source.branches[0].payload, ast::Payload::Struct(_));
    let passed = match (&**branches, branches[0].payload) {
        ([_], None) => Some(None),
        ([_], Some(ty)) if is_struct => pass_through(cx, &body, ty).map(Some),
        _ => None,
    };
    let payload = match (passed, branches[0].payload) {
        (Some(payload), _) => payload,
        (None, ty) => {
            let payload = ty.map(|ty| zero(cx, ty, span));
            let (word, branch) = (cx.events[event].name, branches[0].name);
            if let Some(None) = payload {
                let message = format!("nothing implements the event `{name}`");
                let missing = Diagnostic::new(KORU056, span, message);
                let note = format!("`{branch}` carries a pointer, and there is none to answer with");
                cx.sink.report(missing.note(note).help(format!("add `~proc {word} {{ .. }}`")));
                return None;
            }
            let what = if ty.is_some() { " with zeros" } else { "" };
            let message =
                format!("nothing implements the event `{name}`: it always answers `{branch}`{what}");
            let zeros = Diagnostic::warning(KORU056, span, message);
            cx.sink.report(zeros.help(format!("add `~proc {word} {{ .. }}`")));
            payload.flatten()
        }
    };
    body.root = Some(Expr { ty: TypeId::NORETURN, span, kind: Box::new(Kind::Exit { branch: 0, payload }) });
    Some(body)
}

/// The payload whose every field is an input of the same name and type.
fn pass_through(cx: &mut Context, body: &Body, ty: TypeId) -> Option<Expr> {
    let crate::types::Type::Container(container) = *cx.types.get(ty) else { return None };
    let fields = crate::host::fields(cx, container);
    let read = |field: &crate::context::ContainerField| {
        let matches = |(_, local): &(LocalId, &Local)| local.name == field.name && local.ty == field.ty;
        let (local, found) = body.locals.enumerate().find(matches)?;
        Some(Expr { ty: field.ty, span: found.span, kind: Box::new(Kind::Read(Place::Local(local))) })
    };
    let fields: Option<Vec<_>> = fields.iter().map(read).collect();
    Some(Expr { ty, span: Span::NONE, kind: Box::new(Kind::Aggregate(fields?)) })
}

/// Zero of a type without pointers.
fn zero(cx: &mut Context, ty: TypeId, span: Span) -> Option<Expr> {
    let value = crate::host::zero(cx, ty)?;
    Some(Expr { ty, span, kind: Box::new(Kind::Const(value)) })
}

/// The program's main: every run-time flow of the entry file in order, else the host's own `main`.
/// Its symbol is `koru_main`.
pub fn program(cx: &mut Context) -> InstanceId {
    let entry = cx.entry();
    let mut stmts = Vec::new();
    for item in runtime_flows(cx, entry) {
        stmts.push(flow_call(cx, entry, item));
    }
    if stmts.is_empty() {
        stmts.extend(host_main(cx, entry));
    } else if let Some((module, [start, end])) = taps::program_flows(cx) {
        stmts.insert(0, flow_call(cx, module, start));
        stmts.push(flow_call(cx, module, end));
    }
    main_of(cx, stmts)
}

/// A main that calls these events, one after the other: those that take and answer nothing.
pub fn program_of(cx: &mut Context, events: &[String]) -> InstanceId {
    let mut stmts = Vec::new();
    for name in events {
        let Some(event) = super::event_of_name(cx, name) else { continue };
        let signature = signature(cx, event);
        if signature.inputs.is_empty() && matches!(signature.result, ResultShape::Returns(_)) {
            let callee = event_instance(cx, event);
            let span = cx.events[event].span;
            let kind = Kind::EventCall { callee, args: Vec::new(), arms: Vec::new(), label: None };
            stmts.push(Expr { ty: TypeId::VOID, span, kind: Box::new(kind) });
        }
    }
    main_of(cx, stmts)
}

fn main_of(cx: &mut Context, stmts: Vec<Expr>) -> InstanceId {
    let entry = cx.entry();
    let block = Kind::Block { label: None, stmts };
    let root = Expr { ty: TypeId::VOID, span: Span::NONE, kind: Box::new(block) };
    let body = BodyState::Checked(Rc::new(Body { root: Some(root), ..Body::default() }));
    let main = make(cx, Name::new("koru_main"), Origin::Made, Linkage::Export, body, Span::NONE);
    cx.instances[main].convention = Convention::C;
    if cx.mode.is_checked() {
        cx.panic = panic_function(cx, entry);
    }
    main
}

fn flow_call(cx: &mut Context, module: ModuleId, item: usize) -> Expr {
    let callee = flow_instance(cx, module, item);
    call(callee, cx.instances[callee].span)
}

/// What runs a flow.
pub(super) fn flow_instance(cx: &mut Context, module: ModuleId, item: usize) -> InstanceId {
    let span = cx.modules[module].tree.items[item].span;
    let name = Name::new(&format!("{}:flow{item}", cx.modules[module].name));
    let origin = Origin::Flow { module, item };
    make(cx, name, origin, Linkage::Internal, BodyState::Unchecked, span)
}

/// What failing checks call: the target's system module knows how a program says why it dies.
fn panic_function(cx: &mut Context, entry: ModuleId) -> Option<InstanceId> {
    let system = super::load_host_file(cx, entry, "system", Span::NONE)?;
    let container = cx.modules[system].container;
    let known = crate::host::known_decl(cx, container, Name::new("panic"), Span::NONE)?;
    let crate::value::Value::Function(function) = known.value else { return None };
    let panic = crate::host::instance(cx, function, &[]);
    cx.instances[panic].inline = Inline::Never;
    Some(panic)
}

/// Every event of the entry file that runs with a program, called or not: `check` looks at all of them.
pub fn every_event(cx: &mut Context) -> Vec<InstanceId> {
    let entry = cx.entry();
    let events: Vec<_> =
        cx.events.enumerate().filter(|(_, event)| event.module == entry).map(|(id, _)| id).collect();
    let mut instances = Vec::new();
    for event in events.into_iter().filter(|&event| !is_comptime(cx, event)).collect::<Vec<_>>() {
        signature(cx, event);
        if cx.koru.implementations.contains_key(&event) {
            instances.push(event_instance(cx, event));
        }
    }
    instances
}

/// Checks what code with mistakes asked for and therefore never reached, so that one run tells all.
pub fn check_rest(cx: &mut Context) {
    let mut next = 0;
    while next < cx.instances.len() {
        let instance = InstanceId(next as u32);
        crate::host::body(cx, instance);
        next += 1;
    }
}

/// The functions of the target's start module that are visible by name: a program begins with them. Where C's library
/// begins it, its code calls `main`.
pub fn start_exports(cx: &mut Context, is_hosted: bool) -> Vec<InstanceId> {
    let entry = cx.entry();
    let start = super::load_host_file(cx, entry, if is_hosted { "hosted" } else { "arch" }, Span::NONE);
    start.map(|module| exports(cx, module)).unwrap_or_default()
}

/// Exported functions of the program's modules that others ask for by these names.
pub fn exports_for(cx: &mut Context, names: &BTreeSet<String>) -> Vec<InstanceId> {
    let modules: Vec<_> = cx.modules.ids().filter(|&module| !cx.modules[module].is_foundation).collect();
    let all: Vec<_> = modules.into_iter().flat_map(|module| exports(cx, module)).collect();
    all.into_iter().filter(|&instance| names.contains(cx.instances[instance].name.as_str())).collect()
}

/// The exported functions of a module.
pub fn exports(cx: &mut Context, module: ModuleId) -> Vec<InstanceId> {
    crate::host::exports(cx, cx.modules[module].container)
}

fn make(
    cx: &mut Context,
    name: Name,
    origin: Origin,
    linkage: Linkage,
    body: BodyState,
    span: Span,
) -> InstanceId {
    cx.instances.push(Instance {
        name,
        params: Vec::new(),
        result: ResultShape::Returns(TypeId::VOID),
        origin,
        linkage,
        convention: Convention::Koru,
        inline: Inline::Auto,
        body,
        span,
    })
}

fn call(callee: InstanceId, span: Span) -> Expr {
    let call = Kind::Call { callee: Callee::Instance(callee), args: Vec::new() };
    Expr { ty: TypeId::VOID, span, kind: Box::new(call) }
}

/// The items of a module that are flows to be run.
pub fn runtime_flows(cx: &mut Context, module: ModuleId) -> Vec<usize> {
    let tree = cx.modules[module].tree.clone();
    let flows =
        tree.items.iter().enumerate().filter(|(_, item)| annotations::is_active(cx, &item.annotations));
    let flows: Vec<_> = flows.collect();
    flows.into_iter().filter(|(_, item)| is_runtime_flow(cx, module, item)).map(|(index, _)| index).collect()
}

/// Is an item a flow that runs with the program? One whose event cannot be found counts, so that
/// the mistake is reported.
pub fn is_runtime_flow(cx: &mut Context, module: ModuleId, item: &ast::Item) -> bool {
    let ItemKind::Flow(flow) = &item.kind else { return false };
    let Some(StepKind::Call(call)) = flow.steps.first().map(|step| &step.kind) else { return true };
    let mark = cx.sink.len();
    let callee = resolve::event(cx, module, &call.path);
    cx.sink.rewind(mark);
    let Some(callee) = callee else { return true };
    if comptime::is_marked(cx, module, &item.annotations) {
        return false;
    }
    match callee.word {
        Some(word) => word.runs(),
        None => !is_comptime(cx, callee.event),
    }
}

/// Does an event exist only while compiling?
pub fn is_comptime(cx: &Context, event: EventId) -> bool {
    let event = &cx.events[event];
    annotations::is_comptime(&event.source, &event.annotations, &cx.modules[event.module].tree.annotations)
}

/// The event a subflow implements, without a diagnostic.
pub fn implemented(cx: &mut Context, module: ModuleId, path: &ast::Path) -> Option<EventId> {
    let owner = match path.module {
        Some(name) => *cx.koru.by_name.get(&name.name)?,
        None => module,
    };
    cx.koru.events.get(&(owner, path.name.name)).copied()
}

/// What runs a `main` that may fail or gives a status: the target's system module knows how to say so and how to end.
const FAILING_MAIN: &str = r#"main() catch |failure| @import("system").failedMain(@errorName(failure));"#;
const STATUS_MAIN: &str = r#"@import("system").exit(main());"#;
const FAILING_STATUS_MAIN: &str =
    r#"@import("system").exit(main() catch |failure| @import("system").failedMain(@errorName(failure)));"#;

fn host_main(cx: &mut Context, entry: ModuleId) -> Option<Expr> {
    let container = cx.modules[entry].container;
    let decl = cx.containers[container].decls.get(&Name::new("main"))?;
    let span = decl.source.span;
    let known = crate::host::known_decl(cx, container, Name::new("main"), span)?;
    let crate::value::Value::Function(function) = known.value else { return None };
    let callee = crate::host::instance(cx, function, &[]);
    let ResultShape::Returns(returned) = cx.instances[callee].result else { return None };
    let (may_fail, value) = match *cx.types.get(returned) {
        crate::types::Type::ErrorUnion { payload, .. } => (true, payload),
        _ => (false, returned),
    };
    let runs = match (may_fail, value) {
        (true, TypeId::VOID) => Some(FAILING_MAIN),
        (true, TypeId::U8) => Some(FAILING_STATUS_MAIN),
        (false, TypeId::U8) => Some(STATUS_MAIN),
        _ => None,
    };
    let is_plain = matches!(returned, TypeId::VOID | TypeId::NORETURN);
    if !(runs.is_some() || is_plain) || !cx.instances[callee].params.is_empty() {
        let wrong =
            Diagnostic::new(HOST006, span, "`main` takes nothing and returns `void`, `u8`, `!void` or `!u8`");
        cx.sink.report(wrong.help("write `pub fn main() !void`"));
        return None;
    }
    match runs {
        Some(text) => wrapped_main(cx, entry, text, span),
        None => Some(call(callee, span)),
    }
}

fn wrapped_main(cx: &mut Context, entry: ModuleId, text: &str, span: Span) -> Option<Expr> {
    let file = cx.sources.add("(main)", text);
    let whole = Span::new(file, 0, text.len() as u32);
    let (block, _) = koru_syntax::parse_body(file, text, whole);
    let container = cx.modules[entry].container;
    let body = crate::host::check_proc(cx, container, &[], ResultShape::Returns(TypeId::VOID), &block)?;
    let body = BodyState::Checked(Rc::new(body));
    let name = Name::new(&format!("{}:main", cx.modules[entry].name));
    let callee = make(cx, name, Origin::Made, Linkage::Internal, body, span);
    Some(call(callee, span))
}

/// The branch of an event most like `name`.
pub fn closest_branch(event: &ast::EventDecl, name: Name) -> Option<&'static str> {
    closest(name.as_str(), event.branches.iter().map(|branch| branch.name.name.as_str()))
}
