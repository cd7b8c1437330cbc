//! Does what an event answers last? In: the checked payload. Out: the place of a list in it that is made while the
//! program runs, or of an address of a name that is the event's own.
//!
//! Both lie in the memory of the flow or proc that makes them. As an argument they last as long as the call; as an
//! answer they would be gone before anybody reads them. A list of constants lies in the program itself.

use crate::ids::LocalId;
use crate::tree::{Expr, Kind, Place};
use koru_base::{Diagnostic, Span, codes};

/// A mistake where the payload leads to what is gone with the flow or proc.
pub(crate) fn check(payload: &Expr, maker: &str) -> Option<Diagnostic> {
    let (span, is_name) = made_here(payload, &mut Vec::new())?;
    let message = match is_name {
        true => format!("this is an address inside the {maker}, and nothing is there once it has answered"),
        false => format!("this list is made while the {maker} runs, and gone when it answers"),
    };
    let diagnostic = Diagnostic::new(codes::KORU037, span, message);
    Some(diagnostic.help(match is_name {
        true => "answer with the value, or with memory that the caller passes or an allocator gives",
        false => "answer with its values, or fill memory that the caller passes",
    }))
}

/// Is it a place of a name that is known here only, or a part of it?
fn is_own(place: &Place) -> bool {
    match place {
        Place::Local(_) => true,
        Place::Field { base, .. } | Place::Element { base, .. } => is_own(base),
        _ => false,
    }
}

/// Where it is, and is it the address of a name? `bound` are locals of the value itself that lead there.
fn made_here(expr: &Expr, bound: &mut Vec<(LocalId, (Span, bool))>) -> Option<(Span, bool)> {
    match &*expr.kind {
        Kind::AddressOf(Place::Temporary(_)) => Some((expr.span, false)),
        Kind::AddressOf(place) if is_own(place) => Some((expr.span, true)),
        Kind::Read(Place::Local(local)) => {
            bound.iter().find(|(one, _)| one == local).map(|(_, found)| *found)
        }
        Kind::Convert { operand, .. } => made_here(operand, bound),
        Kind::Slice { pointer, .. } => made_here(pointer, bound),
        Kind::Some(inner) | Kind::Payload(inner) | Kind::SlicePointer(inner) => made_here(inner, bound),
        Kind::Aggregate(parts) => parts.iter().find_map(|part| made_here(part, bound)),
        Kind::UnionInit { payload, .. } => payload.as_ref().and_then(|payload| made_here(payload, bound)),
        // What is cut out of a list is bound first.
        Kind::Block { stmts, .. } => {
            for stmt in stmts {
                if let Kind::Let { local, value: Some(value) } = &*stmt.kind
                    && let Some(found) = made_here(value, bound)
                {
                    bound.push((*local, found));
                }
            }
            made_here(stmts.last()?, bound)
        }
        _ => None,
    }
}
