//! How things are called: the graph's signature of a host function, an event, or a function type.
//!
//! In: types. Out: a [`Shape`]. Results that are not flat are written into slots of the caller, whose
//! addresses come first, one for each exit that needs it; then the parameters, by leaves or by address. Functions by C's
//! convention take and give what `foreign` says.

use super::foreign::{self, Pass, Registers};
use crate::context::{Context, Origin, ResultShape};
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
    /// Of functions by C's convention: how each parameter travels, and the result.
    pub foreign: Option<Foreign>,
}

/// How C passes what a function takes and gives back.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Foreign {
    pub params: Vec<Pass>,
    pub result: Pass,
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
    let is_variadic = is_variadic(cx, id);
    Rc::new(shape(cx, &params, &result, convention, is_variadic))
}

fn is_variadic(cx: &Context, id: InstanceId) -> bool {
    match cx.instances[id].origin {
        Origin::Function { function, .. } => cx.functions[function].source.is_variadic,
        _ => false,
    }
}

/// How something is called that takes nothing and gives back a value.
pub(super) fn of_thunk(cx: &mut Context, ty: TypeId) -> Rc<Shape> {
    Rc::new(shape(cx, &[], &ResultShape::Returns(ty), flow::Convention::Koru, false))
}

/// How a pointer to a function is called.
pub(super) fn of_type(cx: &mut Context, ty: &FunctionType) -> Rc<Shape> {
    let convention = if ty.is_c { flow::Convention::C } else { flow::Convention::Koru };
    Rc::new(shape(cx, &ty.params, &ResultShape::Returns(ty.ret), convention, ty.is_variadic))
}

/// The same of a function by C's convention. Types of parameters that C has no form for are not here any more.
fn foreign_shape(cx: &mut Context, params: &[TypeId], ret: TypeId, is_variadic: bool) -> Shape {
    let convention = flow::Convention::C;
    let foreign = flow::Foreign { is_variadic, ..flow::Foreign::default() };
    let mut signature = flow::Signature { params: Vec::new(), exits: Vec::new(), convention, foreign };
    let (mut results, mut left) = (Vec::new(), Registers::of(cx.target.passing));
    let passed = foreign::result(cx, ret);
    if ret != TypeId::NORETURN {
        let (ty, slot) = (ret, matches!(passed, Pass::Copied | Pass::Refused).then_some(0));
        if slot.is_some() {
            let layout = layout(cx, ret);
            signature.params.push(flow::Type::Pointer);
            signature
                .foreign
                .params
                .push((0, flow::Form::Result { bytes: layout.size, align: layout.align }));
            left.take_result_address(cx.target.passing);
        }
        signature.foreign.result_is_signed = foreign::is_signed(cx, ret);
        results.push(Passing { ty, slot });
        let types = if slot.is_some() { Vec::new() } else { types_of(cx, ret, &passed) };
        signature.exits.push(flow::Exit { name: Name::new("return"), results: types });
    }
    let mut ways = Vec::new();
    for &param in params {
        let pass = foreign::argument(cx, param, &mut left);
        let index = signature.params.len() as u32;
        let layout = layout(cx, param);
        match &pass {
            Pass::Copied => {
                let form = flow::Form::Copied { bytes: layout.size, align: layout.align.max(8) };
                signature.foreign.params.push((index, form));
            }
            Pass::Leaves if foreign::is_signed(cx, param) => {
                signature.foreign.params.push((index, flow::Form::Signed));
            }
            _ => {}
        }
        signature.params.extend(types_of(cx, param, &pass));
        ways.push(pass);
    }
    let foreign = Some(Foreign { params: ways, result: passed });
    Shape { signature, results, output: ret, is_event: false, foreign }
}

/// The types a value travels as.
fn types_of(cx: &mut Context, ty: TypeId, pass: &Pass) -> Vec<flow::Type> {
    match pass {
        Pass::Leaves => leaf_types(cx, ty).unwrap_or_else(|| vec![flow::Type::Pointer]),
        Pass::Pieces(pieces) => pieces.iter().map(|piece| piece.ty).collect(),
        Pass::Copied | Pass::Address | Pass::Refused => vec![flow::Type::Pointer],
    }
}

fn shape(
    cx: &mut Context,
    params: &[TypeId],
    result: &ResultShape,
    convention: flow::Convention,
    is_variadic: bool,
) -> Shape {
    if let (flow::Convention::C, &ResultShape::Returns(ret)) = (convention, result) {
        return foreign_shape(cx, params, ret, is_variadic);
    }
    let (output, exits) = match result {
        ResultShape::Returns(TypeId::NORETURN) => (TypeId::NORETURN, Vec::new()),
        ResultShape::Returns(ty) => (*ty, vec![(Name::new("return"), *ty)]),
        ResultShape::Branches { output, branches } => {
            let exit =
                |branch: &crate::context::BranchShape| (branch.name, branch.payload.unwrap_or(TypeId::VOID));
            (*output, branches.iter().map(exit).collect())
        }
    };
    let mut signature = flow::Signature {
        params: Vec::new(),
        exits: Vec::new(),
        convention,
        foreign: flow::Foreign::default(),
    };
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
    let is_event = matches!(result, ResultShape::Branches { .. });
    Shape { signature, results, output, is_event, foreign: None }
}

/// The types of the leaves; none for types that live in memory.
pub(super) fn leaf_types(cx: &mut Context, ty: TypeId) -> Option<Vec<flow::Type>> {
    let layout = layout(cx, ty);
    Some(layout.leaves.as_ref()?.iter().map(|leaf| leaf.ty).collect())
}
