//! The types of an event: its inputs, its branches, and how host code sees both.
//!
//! In: a declaration. Out: an [`EventSignature`], once. A branch's fields become a struct, all branches
//! a tagged union, the inputs a struct: the views host code has when it calls an event's handler.

use crate::Context;
use crate::context::{
    BranchShape, Container, ContainerField, ContainerKind, EventSignature, Input, Known, ResultShape,
};
use crate::ids::{EventId, ModuleId, TypeId};
use crate::types::Type;
use crate::value::Value;
use koru_base::{Name, Span};
use koru_syntax::ast;
use std::rc::Rc;

/// The types of an event, made when first asked for.
pub fn signature(cx: &mut Context, event: EventId) -> Rc<EventSignature> {
    if let Some(signature) = &cx.events[event].signature {
        return signature.clone();
    }
    let (module, name, source) =
        (cx.events[event].module, cx.events[event].name, cx.events[event].source.clone());
    let inputs = fields(cx, module, &source.inputs);
    let input_struct =
        record(cx, module, Name::new(&format!("{name}.Input")), &inputs, cx.events[event].span);
    let result = result(cx, module, name, &source);
    let signature = Rc::new(EventSignature { inputs, result, input_struct });
    cx.events[event].signature = Some(signature.clone());
    signature
}

fn fields(cx: &mut Context, module: ModuleId, fields: &[ast::Field]) -> Vec<Input> {
    let container = cx.modules[module].container;
    let typed = fields.iter().map(|field| {
        let ty = match is_embedded(cx, module, field) {
            true => cx.types.text(),
            false => crate::host::check_type(cx, container, &field.ty.host),
        };
        Input { name: field.name.name, ty, span: field.span }
    });
    typed.collect()
}

/// Is it an input `File` or `EmbedFile`: the path of a file, whose bytes the event gets?
pub fn is_embedded(cx: &Context, module: ModuleId, field: &ast::Field) -> bool {
    let ast::host::ExprKind::Name(name) = *field.ty.host.kind else { return false };
    let is_word = name == "File" || name == "EmbedFile";
    is_word && !cx.containers[cx.modules[module].container].decls.contains_key(&name)
}

fn result(cx: &mut Context, module: ModuleId, name: Name, source: &ast::EventDecl) -> ResultShape {
    if source.branches.is_empty() {
        return ResultShape::Returns(TypeId::VOID);
    }
    let branches: Rc<[_]> = source.branches.iter().map(|branch| shape(cx, module, name, branch)).collect();
    let output = output(cx, module, name, &branches, source.name.span);
    ResultShape::Branches { output, branches }
}

fn shape(cx: &mut Context, module: ModuleId, event: Name, branch: &ast::BranchDecl) -> BranchShape {
    let payload = match &branch.payload {
        ast::Payload::Empty | ast::Payload::Wildcard => None,
        ast::Payload::Identity(ty) => {
            let container = cx.modules[module].container;
            Some(crate::host::check_type(cx, container, &ty.host))
        }
        ast::Payload::Struct(declared) => {
            let name = Name::new(&format!("{event}.{}", branch.name.name));
            let fields = fields(cx, module, declared);
            Some(record(cx, module, name, &fields, branch.span))
        }
    };
    BranchShape { name: branch.name.name, payload }
}

/// A struct type with these fields.
pub fn record(cx: &mut Context, module: ModuleId, name: Name, fields: &[Input], span: Span) -> TypeId {
    let field = |field: &Input| ContainerField {
        name: field.name,
        ty: field.ty,
        value: None,
        align: None,
        is_comptime: false,
        span: field.span,
    };
    let fields = fields.iter().map(field).collect();
    made(cx, module, name, ContainerKind::Struct, fields, None, span)
}

/// The union of an event's branches, and the enum of their names as its tag.
fn output(cx: &mut Context, module: ModuleId, event: Name, branches: &[BranchShape], span: Span) -> TypeId {
    let number = cx.types.int(tag_bits(branches.len()), false);
    let blank = |name, ty, value| ContainerField { name, ty, value, align: None, is_comptime: false, span };
    let tags = branches
        .iter()
        .enumerate()
        .map(|(index, branch)| blank(branch.name, number, Some(Value::int(index))));
    let tags = tags.collect();
    let tag_name = Name::new(&format!("{event}.Branch"));
    let tag = made(cx, module, tag_name, ContainerKind::Enum, tags, Some(number), span);
    let empty = record(cx, module, Name::new("struct {}"), &[], span);
    let payloads =
        branches.iter().map(|branch| blank(branch.name, branch.payload.unwrap_or(empty), None)).collect();
    made(cx, module, Name::new(&format!("{event}.Output")), ContainerKind::Union, payloads, Some(tag), span)
}

/// Bits that tell `count` branches apart.
fn tag_bits(count: usize) -> u16 {
    (usize::BITS - count.saturating_sub(1).leading_zeros()) as u16
}

fn made(
    cx: &mut Context,
    module: ModuleId,
    name: Name,
    kind: ContainerKind,
    fields: Rc<[ContainerField]>,
    tag: Option<TypeId>,
    span: Span,
) -> TypeId {
    let parent = Some(cx.modules[module].container);
    let container = cx.containers.push(Container {
        name,
        kind,
        module,
        parent,
        captures: [].into(),
        layout: ast::host::Layout::Auto,
        source: None,
        decls: Default::default(),
        fields: Some(fields),
        tag,
        is_open: false,
        span,
    });
    cx.types.intern(Type::Container(container))
}

/// The struct of an event's inputs as host code sees it, with their defaults.
pub fn input_struct(cx: &mut Context, event: EventId) -> TypeId {
    let ty = signature(cx, event).input_struct;
    let Type::Container(container) = *cx.types.get(ty) else { return ty };
    let source = cx.events[event].source.clone();
    let Some(mut fields) = cx.containers[container].fields.as_deref().map(<[_]>::to_vec) else { return ty };
    let is_open = |(at, field): (usize, &ContainerField)| {
        field.value.is_none() && source.inputs.get(at).is_some_and(|input| input.default.is_some())
    };
    if !fields.iter().enumerate().any(is_open) {
        return ty;
    }
    for (at, field) in fields.iter_mut().enumerate() {
        // A default that is wrong is told where it stands; it is one all the same.
        let known = source.inputs[at].default.as_ref().map(|_| default(cx, event, at));
        field.value = known.map(|known| known.map_or(Value::Undefined, |known| known.value));
    }
    cx.containers[container].fields = Some(fields.into());
    ty
}

/// The default of an input, if it has one, as a value of the input's type.
pub fn default(cx: &mut Context, event: EventId, input: usize) -> Option<Known> {
    let signature = signature(cx, event);
    let module = cx.events[event].module;
    let source = cx.events[event].source.clone();
    let default = source.inputs[input].default.as_ref()?;
    crate::host::known_value(cx, cx.modules[module].container, default, signature.inputs[input].ty)
}
