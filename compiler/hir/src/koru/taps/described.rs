//! Metatypes: the description of a transition as a value.
//!
//! In: a binding such as `p` of `| Profile p |>`, and the code that uses it. Out: its value, made where the tap
//! runs. A metatype is a branch of the event that declares `tap`, its type the struct of that name beside it.
//! The compiler fills `source`, `branch` and `destination`; a field of another name has the value of the function
//! of its name, also beside it. What the code does not read is not made, so that a clock is asked only by those
//! who want the time.

use super::{Site, Transition};
use crate::Context;
use crate::context::{ContainerField, ContainerKind, Known};
use crate::host::fields;
use crate::ids::{ContainerId, LocalId, TypeId};
use crate::koru::flow::Typing;
use crate::tree::{Expr, Kind, Place, children, places};
use crate::types::Type;
use crate::value::Value;
use koru_base::codes::KORU047;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::host::{self, ExprKind, LiteralBody};
use koru_syntax::ast::{Continuation, Ident};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// A binding whose value is not made yet.
pub struct Described {
    local: LocalId,
    ty: TypeId,
}

impl Typing<'_, '_> {
    /// Binds a description under the name a continuation gives it.
    pub(in crate::koru) fn bind_described(
        &mut self,
        metatype: Name,
        arm: &Continuation,
    ) -> Option<Described> {
        let binding = arm.binding.as_ref().filter(|binding| binding.name.name != "_")?;
        let ty = type_of(self.body.cx, metatype).unwrap_or(TypeId::ERROR);
        let local = self.body.bind(binding.name.name, ty, binding.name.span, false);
        Some(Described { local, ty })
    }

    /// Gives the binding its value, as far as the code reads it.
    pub(in crate::koru) fn describe<'e>(
        &mut self,
        described: Described,
        code: impl Iterator<Item = &'e Expr>,
        at: &Transition,
    ) -> Option<Expr> {
        let Described { local, ty } = described;
        let Type::Container(container) = *self.body.cx.types.get(ty) else { return None };
        let all = fields(self.body.cx, container);
        let mut read = BTreeSet::new();
        code.for_each(|expr| fields_read(expr, local, all.len(), &mut read));
        if read.is_empty() {
            return None;
        }
        let span = at.span;
        let word = self.body.cx.koru.taps.word?;
        let library = self.body.cx.events[word].module;
        let outside = self.go_to(library, Site::default(), Rc::default());
        let values = all.iter().enumerate().map(|(index, field)| {
            let is_read = read.contains(&(index as u32));
            let value = if is_read { self.field_value(field, at) } else { ExprKind::Undefined };
            (Ident { name: field.name, span }, make(value, span))
        });
        let literal = ExprKind::Literal { ty: None, body: LiteralBody::Fields(values.collect()) };
        let value = self.body.expr(&make(literal, span), Some(ty));
        self.come_back(outside);
        Some(Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(value) }))
    }

    fn field_value(&mut self, field: &ContainerField, at: &Transition) -> ExprKind {
        let cx = &mut *self.body.cx;
        let is_enum = enumeration(cx, field.ty).is_some();
        let text = match field.name.as_str() {
            "source" => Some(cx.event_name(at.source)),
            "destination" => at.destination.map(|event| cx.event_name(event)),
            "branch" => match at.branch {
                Some(branch) => Some(branch.as_str().to_owned()),
                None if is_enum => return first_value(cx, field.ty, at.span),
                None => Some(String::new()),
            },
            _ => {
                let callee = make(ExprKind::Name(field.name), at.span);
                return ExprKind::Call { callee, args: Vec::new() };
            }
        };
        match text {
            None => ExprKind::Null,
            Some(name) if is_enum => ExprKind::EnumLiteral(Ident { name: Name::new(&name), span: at.span }),
            Some(text) => ExprKind::Str(text.into_bytes()),
        }
    }
}

/// The first value an enumeration declares itself: what an answer without a branch is.
fn first_value(cx: &mut Context, ty: TypeId, span: Span) -> ExprKind {
    let first = enumeration(cx, ty).and_then(|id| fields(cx, id).first().map(|value| value.name));
    first.map_or(ExprKind::Undefined, |name| ExprKind::EnumLiteral(Ident { name, span }))
}

fn make(kind: ExprKind, span: Span) -> host::Expr {
    host::Expr { kind: Arc::new(kind), span }
}

/// The struct of a metatype's name, beside the event that declares `tap`.
fn type_of(cx: &mut Context, metatype: Name) -> Option<TypeId> {
    let word = &cx.events[cx.koru.taps.word?];
    let (module, span) = (word.module, word.span);
    match crate::host::known_decl(cx, cx.modules[module].container, metatype, span)? {
        Known { value: Value::Type(ty), .. } => Some(ty),
        _ => None,
    }
}

/// The enum a type is, or may hold.
fn enumeration(cx: &Context, ty: TypeId) -> Option<ContainerId> {
    let ty = match *cx.types.get(ty) {
        Type::Optional(child) => child,
        _ => ty,
    };
    match *cx.types.get(ty) {
        Type::Container(id) if cx.containers[id].kind == ContainerKind::Enum => Some(id),
        _ => None,
    }
}

/// Which fields of a local the code reads: all where it uses the local as a whole.
fn fields_read(expr: &Expr, local: LocalId, all: usize, read: &mut BTreeSet<u32>) {
    let mut field_above = None;
    places(expr, &mut |place| {
        match place {
            Place::Local(found) if *found == local => match field_above {
                Some(field) => drop(read.insert(field)),
                None => read.extend(0..all as u32),
            },
            _ => {}
        }
        field_above = match place {
            Place::Field { field, .. } => Some(*field),
            _ => None,
        };
    });
    children(expr, &mut |child| fields_read(child, local, all, read));
}

/// Names the values of the open enumerations that metatypes have for events and branches: one for each there is.
pub fn name_points(cx: &mut Context) {
    for metatype in cx.metatypes().collect::<Vec<_>>() {
        let Some(Type::Container(container)) = type_of(cx, metatype).map(|ty| cx.types.get(ty).clone())
        else {
            no_struct(cx, metatype);
            continue;
        };
        for field in fields(cx, container).iter() {
            let names = match field.name.as_str() {
                "source" | "destination" => event_names(cx),
                "branch" => branch_names(cx),
                _ => continue,
            };
            if let Some(points) = enumeration(cx, field.ty).filter(|&id| cx.containers[id].is_open) {
                add_values(cx, points, names);
            }
        }
    }
}

fn no_struct(cx: &mut Context, metatype: Name) {
    let Some(word) = cx.koru.taps.word else { return };
    let message = format!("no struct `{metatype}` stands beside this event");
    let missing = Diagnostic::new(KORU047, cx.events[word].span, message);
    cx.sink.report(missing.note("the branches of the event that declares `tap` are metatypes"));
}

fn add_values(cx: &mut Context, points: ContainerId, names: Vec<Name>) {
    let mut values: Vec<_> = fields(cx, points).to_vec();
    let Some(ty) = cx.containers[points].tag else { return };
    for name in names {
        if values.iter().all(|value| value.name != name) {
            let value = Some(Value::int(values.len() as i128));
            let span = cx.containers[points].span;
            values.push(ContainerField { name, ty, value, is_comptime: false, align: None, span });
        }
    }
    cx.containers[points].fields = Some(Rc::from(values));
}

/// Every event of the running program, as `module:event`.
fn event_names(cx: &Context) -> Vec<Name> {
    let ids = cx.events.ids().filter(|&event| super::is_observable(cx, event));
    ids.map(|event| Name::new(&cx.event_name(event))).collect()
}

fn branch_names(cx: &Context) -> Vec<Name> {
    let ids = cx.events.ids().filter(|&event| super::is_observable(cx, event));
    ids.flat_map(|event| cx.events[event].source.branches.iter().map(|branch| branch.name.name)).collect()
}
