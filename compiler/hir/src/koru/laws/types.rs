//! Types of other modules in the shapes of events: the module is loaded, and has a public type of the name.
//!
//! In: a declaration. Out: diagnostics. What such a type is, is asked when something reaches the event.

use crate::Context;
use crate::koru::resolve;
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{EventDecl, Field, Payload};

/// Checks every name with a module in front in an event's inputs and payloads.
pub fn check(cx: &mut Context, event: &EventDecl) {
    fields(cx, &event.inputs);
    for branch in &event.branches {
        match &branch.payload {
            Payload::Struct(inner) => fields(cx, inner),
            Payload::Identity(ty) => names(cx, &ty.host),
            Payload::Empty | Payload::Wildcard => {}
        }
    }
}

fn fields(cx: &mut Context, fields: &[Field]) {
    fields.iter().for_each(|field| names(cx, &field.ty.host));
}

fn names(cx: &mut Context, ty: &Expr) {
    match &*ty.kind {
        ExprKind::Qualified { module, name } => {
            resolve::type_decl(cx, *module, *name);
        }
        ExprKind::Optional(inner) => names(cx, inner),
        ExprKind::Pointer(pointer) => names(cx, &pointer.child),
        ExprKind::Array { child, .. } => names(cx, child),
        _ => {}
    }
}
