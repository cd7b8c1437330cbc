//! Walking a tree: the expressions directly inside an expression, in order of evaluation.

use super::{Callee, Expr, Kind, Place};

/// Calls `visit` with every expression directly inside `expr`.
pub fn children<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    match &*expr.kind {
        Kind::Const(_) | Kind::Continue { .. } | Kind::Unreachable => {}
        Kind::Read(place) | Kind::AddressOf(place) => inside_place(place, visit),
        Kind::Assign { place, value } => {
            inside_place(place, visit);
            visit(value);
        }
        Kind::Unary { operand: a, .. }
        | Kind::Convert { operand: a, .. }
        | Kind::Splat { value: a }
        | Kind::Some(a)
        | Kind::Payload(a)
        | Kind::Failure(a)
        | Kind::SliceLen(a)
        | Kind::SlicePointer(a)
        | Kind::UnionTag(a)
        | Kind::IsNull(a)
        | Kind::IsError(a)
        | Kind::Unwrap(a)
        | Kind::ErrorOf(a)
        | Kind::PayloadOf(a)
        | Kind::Defer { body: a }
        | Kind::ErrDefer { body: a, .. } => visit(a),
        Kind::Binary { left, right, .. }
        | Kind::Compare { left, right, .. }
        | Kind::And { left, right }
        | Kind::Or { left, right } => [left, right].into_iter().for_each(visit),
        Kind::Aggregate(all)
        | Kind::Block { stmts: all, .. }
        | Kind::Intrinsic { args: all, .. }
        | Kind::Jump { args: all, .. } => all.iter().for_each(visit),
        Kind::UnionInit { payload: maybe, .. }
        | Kind::Let { value: maybe, .. }
        | Kind::Break { value: maybe, .. }
        | Kind::Return(maybe)
        | Kind::Exit { payload: maybe, .. } => maybe.iter().for_each(visit),
        Kind::Slice { pointer, start, end, limit, sentinel } => {
            [pointer, start, end].into_iter().chain(limit).chain(sentinel).for_each(visit);
        }
        Kind::Call { callee, args } => {
            if let Callee::Pointer(pointer) = callee {
                visit(pointer);
            }
            args.iter().for_each(visit);
        }
        Kind::If { condition: first, then, otherwise }
        | Kind::IfSome { operand: first, then, otherwise, .. }
        | Kind::IfOk { operand: first, then, otherwise, .. } => {
            [first, then].into_iter().chain(otherwise).for_each(visit);
        }
        Kind::Switch { operand, cases, otherwise } => {
            visit(operand);
            cases.iter().map(|case| &case.body).chain(otherwise).for_each(visit);
        }
        Kind::Loop { condition, body, step, otherwise, .. } => {
            condition.iter().chain([body]).chain(step).chain(otherwise).for_each(visit);
        }
        Kind::EventCall { args, arms, .. } => {
            args.iter().chain(arms.iter().map(|arm| &arm.body)).for_each(visit);
        }
    }
}

fn inside_place<'a>(place: &'a Place, visit: &mut impl FnMut(&'a Expr)) {
    match place {
        Place::Local(_) | Place::Global(_) => {}
        Place::Deref(value) | Place::Temporary(value) => visit(value),
        Place::Field { base, .. }
        | Place::UnionPayload { base, .. }
        | Place::OptionalPayload { base, .. } => {
            inside_place(base, visit);
        }
        Place::Element { base, index, .. } => {
            inside_place(base, visit);
            visit(index);
        }
        Place::Index { pointer, index, len } => {
            [pointer, index].into_iter().chain(len).for_each(visit);
        }
    }
}

/// Calls `visit` with the place an expression reads, writes or takes the address of, and with every
/// place around it.
pub fn places<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Place)) {
    let (Kind::Read(place) | Kind::AddressOf(place) | Kind::Assign { place, .. }) = &*expr.kind else {
        return;
    };
    let mut next = Some(place);
    while let Some(place) = next {
        visit(place);
        next = match place {
            Place::Field { base, .. }
            | Place::Element { base, .. }
            | Place::UnionPayload { base, .. }
            | Place::OptionalPayload { base, .. } => Some(base),
            _ => None,
        };
    }
}
