//! The laws of functions, signatures and globals, bodies aside.

use super::{Check, Violation, ensure};
use crate::graph::*;
use koru_base::Name;
use rustc_hash::FxHashSet;

/// What functions and globals break.
pub(super) fn check(graph: &Graph) -> Vec<Violation> {
    let mut names = FxHashSet::default();
    let mut violations = Vec::new();
    let mut note = |item: Name, check: Check| {
        let violation = |message| Violation { item, block: None, message };
        violations.extend(check.err().map(violation));
    };
    for function in graph.functions.iter() {
        note(function.name, ensure(names.insert(function.name), "there are two of this name"));
        note(function.name, linkage(function));
        note(function.name, signature(&function.signature));
        note(function.name, naked(function));
    }
    for global in graph.globals.iter() {
        note(global.name, ensure(names.insert(global.name), "there are two of this name"));
        note(global.name, data(graph, global));
    }
    violations
}

fn linkage(function: &Function) -> Check {
    match (function.linkage, &function.body) {
        (Linkage::Internal | Linkage::Export, None) => Err("it has no body".into()),
        (Linkage::Import | Linkage::Build, Some(_)) => Err("it comes from elsewhere, yet has a body".into()),
        _ => Ok(()),
    }
}

/// The laws of a signature, also of one that is called through an address.
pub(super) fn signature(signature: &Signature) -> Check {
    let Signature { params, exits, convention, foreign } = signature;
    let results = exits.iter().flat_map(|exit| &exit.results);
    for &ty in params.iter().chain(results) {
        is_type(ty)?;
    }
    let mut names = FxHashSet::default();
    for exit in exits {
        ensure(names.insert(exit.name), format_args!("there are two exits `{}`", exit.name))?;
    }
    let is_plain = *convention == Convention::C || *foreign == Foreign::default();
    ensure(is_plain, "only C's convention has forms")?;
    for &(index, form) in &foreign.params {
        let ty = params.get(index as usize);
        let fits = match form {
            Form::Signed => matches!(ty, Some(Type::Int(_))),
            Form::Copied { .. } => ty == Some(&Type::Pointer),
            Form::Result { .. } => ty == Some(&Type::Pointer) && index == 0,
        };
        ensure(fits, format_args!("parameter {index} has no such form"))?;
    }
    match convention {
        Convention::Koru => Ok(()),
        Convention::C => ensure(exits.len() <= 1, "C has one exit at most"),
        Convention::Naked => {
            ensure(params.is_empty() && exits.is_empty(), "naked functions take and return nothing")
        }
    }
}

/// Is this a type there is?
pub(super) fn is_type(ty: Type) -> Check {
    let is_float = |bits| matches!(bits, 16 | 32 | 64 | 128);
    let holds = match ty {
        Type::Int(bits) => bits > 0,
        Type::Float(bits) => is_float(bits),
        Type::Pointer => true,
        Type::Vector(scalar, lanes) => {
            lanes > 0
                && match scalar {
                    Scalar::Int(bits) => bits > 0,
                    Scalar::Float(bits) => is_float(bits),
                    Scalar::Pointer => true,
                }
        }
    };
    ensure(holds, format_args!("there is no type {}", ty))
}

fn naked(function: &Function) -> Check {
    let (Convention::Naked, Some(body)) = (function.signature.convention, &function.body) else {
        return Ok(());
    };
    let is_asm = |block: &Block| {
        let [addresses @ .., Inst { op: Op::Asm(_), .. }] = block.insts.as_slice() else { return false };
        let are_known = addresses.iter().all(|inst| matches!(inst.op, Op::Const(_)));
        are_known && block.terminator == Terminator::Unreachable
    };
    let holds = body.blocks.len() == 1 && body.blocks.iter().all(is_asm);
    ensure(holds, "the body of a naked function is one `asm` of constants, then `unreachable`")
}

fn data(graph: &Graph, global: &Global) -> Check {
    let Global { bytes, size, align, relocations, linkage, .. } = global;
    ensure(align.is_power_of_two(), format_args!("the alignment {align} is not a power of two"))?;
    ensure(bytes.len() as u64 <= *size, format_args!("{} bytes do not fit {size}", bytes.len()))?;
    let is_elsewhere = matches!(linkage, Linkage::Import | Linkage::Build);
    ensure(!is_elsewhere || bytes.is_empty(), "it comes from elsewhere, yet has bytes")?;
    let mut end = 0;
    for relocation in relocations {
        let at = format!("the relocation at {}", relocation.offset);
        ensure(relocation.offset >= end, format_args!("{at} is out of order"))?;
        end = relocation.offset.saturating_add(8);
        let covered = usize::try_from(end).ok().and_then(|end| bytes.get(end - 8..end));
        ensure(covered.is_some(), format_args!("{at} is outside the bytes"))?;
        ensure(covered == Some(&[0; 8]), format_args!("{at} covers bytes that are not zero"))?;
        let is_known = match relocation.target {
            Symbol::Function(id) => graph.functions.get(id).is_some(),
            Symbol::Global(id) => graph.globals.get(id).is_some(),
        };
        ensure(is_known, format_args!("{at} points nowhere"))?;
    }
    Ok(())
}
