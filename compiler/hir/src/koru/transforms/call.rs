//! A transform's code, called in the build world: its inputs made, its answer read.
//!
//! The inputs are made by the same host function as those of commands, from their types and names.

use crate::Context;
use crate::context::{BodyState, Instance, Linkage, Origin, ResultShape};
use crate::evaluate::Problem;
use crate::host::BodyChecker;
use crate::ids::{EventId, InstanceId, TypeId};
use crate::koru::{commands, implement, signature};
use crate::tree::{Callee, Expr, Kind};
use crate::value::Value;
use koru_base::{Name, Span};
use koru_flow::eval::World;
use koru_flow::{Convention, Inline};
use koru_syntax::ast::Payload;
use num_traits::ToPrimitive;
use std::rc::Rc;

/// What a transform answered.
pub enum Answer {
    /// The number of the code.
    Transformed(u64),
    Failed {
        message: String,
        at: u64,
    },
}

/// Runs a transform of the build world. None: its answer is not to be read.
pub fn run_transform(
    build: &mut Context,
    event: EventId,
    world: &mut dyn World,
) -> Result<Option<Answer>, Problem> {
    let Some(instance) = instance(build, event) else { return Err(None) };
    let value = crate::evaluate::run(build, instance, Vec::new(), world)?;
    Ok(answer(build, event, &value))
}

/// A function without parameters that calls the event.
fn instance(build: &mut Context, event: EventId) -> Option<InstanceId> {
    let signature = signature(build, event);
    let ResultShape::Branches { output, .. } = signature.result else { return None };
    let inject = commands::injector(build)?;
    let callee = implement::event_instance(build, event);
    let container = build.modules[build.events[event].module].container;
    let mut body = BodyChecker::new(build, container, ResultShape::Returns(output));
    body.enter();
    body.bind_known(Name::new("(inject)"), inject);
    let inputs = signature.inputs.iter();
    let args =
        inputs.map(|input| commands::injected(&mut body, input.ty, input.name, 0, input.span)).collect();
    body.leave();
    let call = Kind::Call { callee: Callee::Instance(callee), args };
    let call = Expr { ty: output, span: Span::NONE, kind: Box::new(call) };
    let exit = Kind::Return(Some(call));
    let root = body.finish(Expr { ty: TypeId::NORETURN, span: Span::NONE, kind: Box::new(exit) });
    let name = format!("(transform {})", build.event_name(event));
    Some(build.instances.push(Instance {
        name: Name::new(&name),
        params: Vec::new(),
        result: ResultShape::Returns(output),
        origin: Origin::Made,
        linkage: Linkage::Internal,
        convention: Convention::Koru,
        inline: Inline::Auto,
        body: BodyState::Checked(Rc::new(root)),
        span: Span::NONE,
    }))
}

/// The union of the event's branches, read. None where its fields are of other types than they should be.
fn answer(build: &Context, event: EventId, value: &Value) -> Option<Answer> {
    let Value::Union { field, payload } = value else { return None };
    let branch = build.events[event].source.branches.get(*field as usize)?;
    let Payload::Struct(fields) = &branch.payload else { return None };
    let get = |name: &str| -> Option<&Value> {
        let index = fields.iter().position(|field| field.name.name == name)?;
        match &**payload {
            Value::Aggregate(values) => values.get(index),
            _ => None,
        }
    };
    match branch.name.name.as_str() {
        "transformed" => Some(Answer::Transformed(handle(get("code")?)?)),
        _ => {
            let message = build.text_of(get("message")?)?;
            let at = handle(get("at")?)?;
            Some(Answer::Failed { message: String::from_utf8_lossy(&message).into_owned(), at })
        }
    }
}

/// The number in a handle: a struct of one number.
fn handle(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => number.to_u64(),
        Value::Aggregate(values) => match &**values {
            [only] => handle(only),
            _ => None,
        },
        _ => None,
    }
}
