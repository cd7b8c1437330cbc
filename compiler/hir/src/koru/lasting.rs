//! Does what a flow answers last? In: the checked payload of a constructor. Out: the place of a list in it that is
//! made while the program runs.
//!
//! Such a list lies in the memory of the flow that makes it. As an argument it lasts as long as the call; as an answer
//! it would be gone before anybody reads it. A list of constants lies in the program itself.

use crate::tree::{Expr, Kind, Place};
use koru_base::{Diagnostic, Span, codes};

/// A mistake where the payload leads to a list that is gone with the flow.
pub(super) fn check(payload: &Expr) -> Option<Diagnostic> {
    let message = "this list is made while the flow runs, and gone when it answers";
    let diagnostic = Diagnostic::new(codes::KORU037, made_here(payload)?, message);
    Some(diagnostic.help("answer with its values, or fill memory that the caller passes"))
}

fn made_here(expr: &Expr) -> Option<Span> {
    match &*expr.kind {
        Kind::AddressOf(Place::Temporary(_)) => Some(expr.span),
        Kind::Convert { operand, .. } => made_here(operand),
        Kind::Slice { pointer, .. } => made_here(pointer),
        Kind::Some(inner) | Kind::Payload(inner) => made_here(inner),
        Kind::Aggregate(parts) => parts.iter().find_map(made_here),
        Kind::UnionInit { payload, .. } => payload.as_ref().and_then(made_here),
        _ => None,
    }
}
