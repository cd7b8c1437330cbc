//! How things are called: the graph's signature of a host function, an event, or a function type.
//!
//! In: types. Out: a [`Shape`]. Results that are not flat are written into slots of the caller, whose
//! addresses come first, one for each exit that needs it; then the parameters, by leaves or by address.

use crate::context::{Context, ResultShape};
use crate::ids::{InstanceId, TypeId};
use crate::layout::layout;
use crate::types::FunctionType;
use koru_base::Name;
use koru_flow as flow;
use std::rc::Rc;

/// How something is called.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Shape {
    pub signature: flow::Signature,
    /// One an exit.
    pub results: Vec<Passing>,
    /// Of an event: the union of its branches. Of others: what it returns.
    pub output: TypeId,
    pub is_event: bool,
}

/// How an exit's result comes to the caller.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Passing {
    pub ty: TypeId,
    /// Written into the caller's slot, the address of which is this parameter; else leaves.
    pub slot: Option<usize>,
}

/// How an instance is called.
pub(super) fn of_instance(cx: &mut Context, id: InstanceId) -> Rc<Shape> {
    let instance = &cx.instances[id];
    let (params, result, convention) =
        (instance.params.clone(), instance.result.clone(), instance.convention);
    Rc::new(shape(cx, &params, &result, convention))
}

/// How something is called that takes nothing and gives back a value.
pub(super) fn of_thunk(cx: &mut Context, ty: TypeId) -> Rc<Shape> {
    Rc::new(shape(cx, &[], &ResultShape::Returns(ty), flow::Convention::Koru))
}

/// How a pointer to a function is called.
pub(super) fn of_type(cx: &mut Context, ty: &FunctionType) -> Rc<Shape> {
    let convention = if ty.is_c { flow::Convention::C } else { flow::Convention::Koru };
    Rc::new(shape(cx, &ty.params, &ResultShape::Returns(ty.ret), convention))
}

fn shape(cx: &mut Context, params: &[TypeId], result: &ResultShape, convention: flow::Convention) -> Shape {
    let (output, exits) = match result {
        ResultShape::Returns(TypeId::NORETURN) => (TypeId::NORETURN, Vec::new()),
        ResultShape::Returns(ty) => (*ty, vec![(Name::new("return"), *ty)]),
        ResultShape::Branches { output, branches } => {
            let exit =
                |branch: &crate::context::BranchShape| (branch.name, branch.payload.unwrap_or(TypeId::VOID));
            (*output, branches.iter().map(exit).collect())
        }
    };
    let mut signature = flow::Signature { params: Vec::new(), exits: Vec::new(), convention };
    let mut results = Vec::new();
    for (name, ty) in exits {
        let leaves = leaf_types(cx, ty);
        let slot = leaves.is_none().then_some(signature.params.len());
        if slot.is_some() {
            signature.params.push(flow::Type::Pointer);
        }
        results.push(Passing { ty, slot });
        signature.exits.push(flow::Exit { name, results: leaves.unwrap_or_default() });
    }
    for &param in params {
        match leaf_types(cx, param) {
            Some(leaves) => signature.params.extend(leaves),
            None => signature.params.push(flow::Type::Pointer),
        }
    }
    Shape { signature, results, output, is_event: matches!(result, ResultShape::Branches { .. }) }
}

/// The types of the leaves; none for types that live in memory.
pub(super) fn leaf_types(cx: &mut Context, ty: TypeId) -> Option<Vec<flow::Type>> {
    let layout = layout(cx, ty);
    Some(layout.leaves.as_ref()?.iter().map(|leaf| leaf.ty).collect())
}
