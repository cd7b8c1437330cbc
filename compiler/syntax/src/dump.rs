//! The tree as compact s-expressions, for tests and `--emit ast`. Spans are left out.
//!
//! A construct is a line; continuations stand below it, indented by their depth.

mod host;

use crate::ast::*;
use std::fmt::Write;

/// The tree of a file as text.
pub fn dump(module: &Module) -> String {
    let mut out = String::new();
    if !module.annotations.is_empty() {
        let _ = writeln!(out, "(module{})", annotations(&module.annotations));
    }
    for item in &module.items {
        let marks = annotations(&item.annotations);
        let (head, arms) = kind(&item.kind);
        let _ = writeln!(
            out,
            "{}{head}",
            if marks.is_empty() { marks } else { format!("{} ", marks.trim_start()) }
        );
        dump_arms(&mut out, arms, 1);
    }
    out
}

fn kind(kind: &ItemKind) -> (String, &[Continuation]) {
    let text = match kind {
        ItemKind::Import(import) => {
            let parts: Vec<_> = import.segments.iter().map(|part| format!(" {}", part.name)).collect();
            format!("(import {}{})", import.alias.name, parts.concat())
        }
        ItemKind::Event(event) => event_decl(event),
        ItemKind::Proc(proc) => {
            let variant = proc.variant.map_or(String::new(), |variant| format!("|{}", variant.name));
            let body = match &proc.body {
                ProcBody::Host(block) => host::block(block),
                ProcBody::Unread => "unread".to_owned(),
            };
            format!("(proc {}{variant} {body})", path(&proc.path))
        }
        ItemKind::Subflow(subflow) => match &subflow.body {
            SubflowBody::Constructor(constructor) => {
                format!("(subflow {} {})", path(&subflow.path), construct(constructor))
            }
            SubflowBody::Flow(flow) => {
                return (format!("(subflow {}{})", path(&subflow.path), steps(&flow.steps)), &flow.arms);
            }
        },
        ItemKind::Flow(flow) => return (format!("(flow{})", steps(&flow.steps)), &flow.arms),
        ItemKind::Host(decl) => host::decl(decl),
        ItemKind::Field(field) => format!("(field {})", host::field(field)),
        ItemKind::Error => "(error)".to_owned(),
    };
    (text, &[])
}

fn event_decl(event: &EventDecl) -> String {
    let mut out = format!("(event{} {}", if event.is_public { " pub" } else { "" }, event.name.name);
    let _ = write!(out, " ({}){}", fields(&event.inputs), annotations(&event.shape_annotations));
    for branch in &event.branches {
        let optional = if branch.is_optional { "?" } else { "" };
        let deferred = if branch.is_deferred { "&" } else { "" };
        let payload = match &branch.payload {
            Payload::Empty => String::new(),
            Payload::Struct(inner) => format!(" ({})", fields(inner)),
            Payload::Identity(inner) => format!(" {}", ty(inner)),
            Payload::Wildcard => " *".to_owned(),
        };
        let marks = annotations(&branch.annotations);
        let _ = write!(out, " [{deferred}{optional}{}{payload}{marks}]", branch.name.name);
    }
    out + ")"
}

fn fields(fields: &[Field]) -> String {
    let texts: Vec<_> = fields
        .iter()
        .map(|field| {
            let default =
                field.default.as_ref().map_or(String::new(), |value| format!(" = {}", host::expr(value)));
            format!("{}: {}{default}", field.name.name, ty(&field.ty))
        })
        .collect();
    texts.join(", ")
}

fn ty(ty: &Type) -> String {
    let Some(phantom) = &ty.phantom else { return host::expr(&ty.host) };
    let variable = phantom.variable.map_or(String::new(), |variable| format!("{}'", variable.name));
    let states: Vec<_> = phantom.states.iter().map(path).collect();
    let consumes = if phantom.consumes { "!" } else { "" };
    let obliges = if phantom.obliges { "!" } else { "" };
    format!("{}<{consumes}{variable}{}{obliges}>", host::expr(&ty.host), states.join("|"))
}

fn annotations(list: &[Annotation]) -> String {
    let parts: Vec<_> = list.iter().map(|part| part.text.as_str()).collect();
    if parts.is_empty() { String::new() } else { format!(" @[{}]", parts.join("|")) }
}

fn path(path: &Path) -> String {
    let module = path.module.map_or(String::new(), |module| format!("{}:", module.name));
    format!("{module}{}", path.name.name)
}

fn steps(steps: &[Step]) -> String {
    steps.iter().map(|step| format!(" {}", dump_step(step))).collect()
}

fn dump_step(step: &Step) -> String {
    match &step.kind {
        StepKind::Discard => "_".to_owned(),
        StepKind::Jump(jump) => format!("(@{}{})", jump.label.name, args(&jump.args)),
        StepKind::Call(call) => {
            let label = call.label.map_or(String::new(), |label| format!("#{} ", label.name));
            let variant = call.variant.map_or(String::new(), |variant| format!("|{}", variant.name));
            let source = call.source.as_ref().map_or(String::new(), |source| {
                let phantom = source.phantom.map_or(String::new(), |phantom| format!("{}:", phantom.name));
                format!(" {{{phantom}{:?}}}", source.text)
            });
            format!("({label}{}{variant}{}{source})", path(&call.path), args(&call.args))
        }
        StepKind::Constructor(constructor) => construct(constructor),
        StepKind::Error => "(error)".to_owned(),
    }
}

fn args(args: &[Arg]) -> String {
    args.iter()
        .map(|arg| {
            let name = arg.name.map_or(String::new(), |name| format!("{}: ", name.name));
            let value = match &arg.value {
                ArgValue::Expr(value) => host::expr(value),
                ArgValue::Range(from, to) => host::range(from, to.as_ref()),
                ArgValue::Text(_) => "text".to_owned(),
            };
            format!(" {name}{value}")
        })
        .collect()
}

fn construct(constructor: &Constructor) -> String {
    let body = match &constructor.body {
        ConstructorBody::Empty => String::new(),
        ConstructorBody::Value(value) => format!(" {}", host::expr(value)),
        ConstructorBody::Fields(fields) => {
            let texts: Vec<_> = fields.iter().map(constructor_field).collect();
            format!(" {{{}}}", texts.join(", "))
        }
    };
    format!("(={}{body})", constructor.branch.name)
}

fn constructor_field(field: &ConstructorField) -> String {
    let value = host::expr(&field.value);
    match (&field.name, &field.target) {
        (Some(name), _) => format!("{}: {value}", name.name),
        (None, Some(target)) => format!("{} <- {value}", host::expr(target)),
        (None, None) => value,
    }
}

fn dump_arms(out: &mut String, arms: &[Continuation], depth: usize) {
    for arm in arms {
        let pattern = match &arm.pattern {
            Pattern::Branch(name) => name.name.to_string(),
            Pattern::Text(text) => format!("[{}]", text.name),
            Pattern::CatchAll { metatype, .. } => {
                format!("?{}", metatype.map_or(String::new(), |metatype| format!(" {}", metatype.name)))
            }
            Pattern::Void { .. } => ">".to_owned(),
            Pattern::Deref { path: to, args: list } => format!("*{}{}", path(to), args(list)),
        };
        let binding = arm.binding.as_ref().map_or(String::new(), |binding| {
            format!(" {}{}", binding.name.name, annotations(&binding.annotations))
        });
        let guard = arm.guard.as_ref().map_or(String::new(), |guard| format!(" when {}", host::expr(guard)));
        let _ = writeln!(
            out,
            "{:indent$}| {pattern}{binding}{guard} =>{}",
            "",
            steps(&arm.steps),
            indent = depth * 2
        );
        dump_arms(out, &arm.arms, depth + 1);
    }
}
