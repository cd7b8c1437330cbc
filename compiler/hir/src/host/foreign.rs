//! What C's convention can carry: checked where a function of it is declared.
//!
//! In: the types of a signature. Out: diagnostics for those C has no form for, and for those whose rules on this
//! target are not ours. What goes behind the parameters of a variadic function is widened as C does it.

use super::*;
use crate::lower::foreign::{Pass, Registers, argument, result};

/// Checks a function that C calls or provides, or a type of one; `spans` say where its parameters' types stand.
pub(super) fn check(
    cx: &mut Context,
    spans: impl Iterator<Item = Span>,
    params: &[TypeId],
    (ret, ret_span): (TypeId, Span),
) {
    let mut left = Registers::of(cx.target.passing);
    for (&ty, span) in params.iter().zip(spans) {
        if let Some(problem) = problem(cx, ty) {
            report(cx, ty, span, &problem);
        } else if !is_unfinished(cx, ty) && argument(cx, ty, &mut left) == Pass::Refused {
            report(cx, ty, span, "this target's rules for it are not done: pass its address");
        }
    }
    if matches!(ret, TypeId::VOID | TypeId::NORETURN) {
        return;
    }
    if let Some(problem) = problem(cx, ret) {
        report(cx, ret, ret_span, &problem);
    } else if !is_unfinished(cx, ret) && result(cx, ret) == Pass::Refused {
        report(cx, ret, ret_span, "this target's rules for it are not done: take the address of its place");
    }
}

/// Is it a container whose fields are being looked at, one of which is a function that takes it?
fn is_unfinished(cx: &Context, ty: TypeId) -> bool {
    cx.container_of(ty).is_some_and(|id| cx.host.resolving.contains(&id))
}

fn report(cx: &mut Context, ty: TypeId, span: Span, help: &str) {
    let name = cx.type_name(ty);
    let diagnostic = Diagnostic::new(codes::HOST019, span, format!("C has no way to pass `{name}`"));
    cx.sink.report(diagnostic.help(help));
}

/// What to do where C has no such type.
fn problem(cx: &Context, ty: TypeId) -> Option<String> {
    let advice = match cx.ty(ty).clone() {
        Type::Error | Type::Bool | Type::Usize | Type::Isize | Type::Float(_) | Type::Vector { .. } => {
            return None;
        }
        Type::Int { bits: 8 | 16 | 32 | 64 | 128, .. } => return None,
        Type::Int { .. } => "numbers of C have 8, 16, 32, 64 or 128 bits",
        Type::Pointer(pointer) if pointer.size != PointerSize::Slice => return None,
        Type::Pointer(_) => "pass the slice as a pointer and a length",
        Type::Optional(child) => match cx.ty(child) {
            Type::Pointer(pointer) if pointer.size != PointerSize::Slice => return None,
            _ => "only pointers may be optional there",
        },
        Type::Container(id) => return container(cx, id),
        Type::Array { .. } => "pass a pointer to it",
        Type::ErrorUnion { .. } | Type::ErrorSet(_) => "C knows no errors: give back a number",
        _ => "give it a type of C",
    };
    Some(advice.to_owned())
}

fn container(cx: &Context, id: ContainerId) -> Option<String> {
    let of = &cx.containers[id];
    match (of.kind, of.layout) {
        (ContainerKind::Enum, _) | (_, ast::Layout::Extern | ast::Layout::Packed) => None,
        (ContainerKind::Struct, _) => Some("declare it as `extern struct`".to_owned()),
        (ContainerKind::Union, _) => Some("declare it as `extern union`".to_owned()),
        _ => Some("pass its address".to_owned()),
    }
}

impl BodyChecker<'_, '_> {
    /// An argument behind the declared ones, which C widens to `int` or `double`.
    pub(super) fn variadic(&mut self, arg: Expr) -> Expr {
        match self.cx.ty(arg.ty) {
            Type::ComptimeInt => self.coerce(arg, TypeId::I32),
            Type::ComptimeFloat => self.coerce(arg, TypeId::F64),
            Type::Int { bits: ..32, .. } => self.coerce(arg, TypeId::I32),
            Type::Float(..64) => self.coerce(arg, TypeId::F64),
            Type::Int { bits: 32 | 64, .. } | Type::Usize | Type::Isize | Type::Float(64) | Type::Error => {
                arg
            }
            Type::Pointer(pointer) if pointer.size != PointerSize::Slice => arg,
            Type::Optional(_) if problem(self.cx, arg.ty).is_none() => arg,
            _ => {
                let name = self.cx.type_name(arg.ty);
                let message = format!("C has no way to pass `{name}` behind the parameters");
                let diagnostic = Diagnostic::new(codes::HOST019, arg.span, message);
                self.fail(diagnostic.help("numbers, floats and pointers go there; of a slice, its `ptr`"))
            }
        }
    }
}
