//! The evaluator from outside: graphs made by hand, outcomes and failures as one line of text.

mod calls;
mod exports;
mod failures;
mod hostile;
mod memory;
mod numbers;
mod warm;

use super::{FailureKind, Machine, Memory, NoWorld, Outcome, Refusal, Value, World};
use crate::builder::Builder;
use crate::graph::*;
use koru_base::{Name, Span};

const I8: Type = Type::Int(8);
const I32: Type = Type::Int(32);
const I64: Type = Type::Int(64);
const POINTER: Type = Type::Pointer;

/// A function of one exit, `return`.
fn function(name: &str, params: &[Type], results: &[Type], body: Option<Body>) -> Function {
    with_exits(name, params, &[("return", results)], body)
}

fn with_exits(name: &str, params: &[Type], exits: &[(&str, &[Type])], body: Option<Body>) -> Function {
    let exit = |&(name, results): &(&str, &[Type])| Exit { name: Name::new(name), results: results.to_vec() };
    Function {
        name: Name::new(name),
        signature: Signature {
            params: params.to_vec(),
            exits: exits.iter().map(exit).collect(),
            convention: Convention::Koru,
            foreign: Foreign::default(),
        },
        linkage: Linkage::Internal,
        inline: Inline::Auto,
        is_cold: false,
        body,
        span: Span::NONE,
    }
}

fn constant(name: &str, bytes: &[u8]) -> Global {
    Global {
        name: Name::new(name),
        bytes: bytes.to_vec(),
        size: bytes.len() as u64,
        align: 8,
        relocations: Vec::new(),
        is_const: true,
        is_threadlocal: false,
        linkage: Linkage::Internal,
    }
}

/// A body that leaves by exit 0 with what `fill` gives.
fn body(params: &[Type], fill: impl FnOnce(&mut Builder, &[ValueId]) -> Vec<ValueId>) -> Body {
    let mut builder = Builder::new(params);
    let params = builder.params(BlockId(0)).to_vec();
    let values = fill(&mut builder, &params);
    builder.terminate(Terminator::Exit { index: 0, values });
    builder.finish()
}

/// `exit(results)`, or `Kind: message`.
fn show(result: Result<Outcome, super::Failure>) -> String {
    match result {
        Ok(outcome) => {
            let value = |value: &Value| match (value.bits(), value.to_words()) {
                (Some(bits), _) => bits.to_string(),
                (None, Some(words)) => format!("{words:?}"),
                (None, None) => "undefined".to_string(),
            };
            let results: Vec<String> = outcome.results.iter().map(value).collect();
            format!("{}({})", outcome.exit, results.join(", "))
        }
        Err(failure) => format!("{:?}: {}", failure.kind, failure.message),
    }
}

/// Runs a body without parameters whose results have these types.
fn run(results: &[Type], fill: impl FnOnce(&mut Builder) -> Vec<ValueId>) -> String {
    let mut graph = Graph::default();
    let id = graph.functions.push(function("f", &[], results, Some(body(&[], |b, _| fill(b)))));
    show(Machine::default().call(&graph, &mut NoWorld, id, &[]))
}

fn binary(b: &mut Builder, op: Binary, left: ValueId, right: ValueId) -> ValueId {
    b.push(b.ty(left), Op::Binary(op, left, right))
}

fn compare(b: &mut Builder, op: Compare, left: ValueId, right: ValueId) -> ValueId {
    b.push(Type::BOOL, Op::Compare(op, left, right))
}

fn undefined(b: &mut Builder, ty: Type) -> ValueId {
    b.push(ty, Op::Const(Constant::Undefined))
}

fn call(b: &mut Builder, id: FunctionId, args: Vec<ValueId>, results: &[Type]) -> Vec<ValueId> {
    b.push_many(results, Op::Call { callee: Callee::Function(id), args })
}
