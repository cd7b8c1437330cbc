//! Which argument of a call supplies which input.
//!
//! In: an event's declaration and the pieces between the parentheses. Out: for each input where its
//! value comes from. A piece with a name supplies that input; a plain path supplies the input it ends
//! in; anything else goes by position (`language.md` 5.3).

use koru_base::codes::*;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, Name, Sink, Span};
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{Arg, ArgValue, EventDecl, Field};

/// Where an input's value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Supply {
    /// The argument at this index.
    Argument(usize),
    /// The declaration's default.
    Default,
    /// The input is optional and was left out.
    Null,
    /// A mistake that was reported.
    Missing,
}

/// Fits the arguments of a call to the event's inputs.
pub fn fit(event: &EventDecl, args: &[Arg], at: Span, sink: &mut Sink) -> Vec<Supply> {
    let mut supplies = vec![None; event.inputs.len()];
    let mut strangers = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        let Some(input) = input_of(event, index, arg) else {
            strangers.push(arg);
            continue;
        };
        if let Some(Supply::Argument(first)) = supplies[input] {
            let first: &Arg = &args[first];
            let name = event.inputs[input].name.name;
            let twice = Diagnostic::new(KORU081, arg.span, format!("input `{name}` is supplied twice"));
            sink.report(twice.also(first.span, "supplied here first"));
        }
        supplies[input] = Some(Supply::Argument(index));
    }
    for arg in &strangers {
        let free = event.inputs.iter().zip(&supplies).filter(|(_, supply)| supply.is_none());
        let free: Vec<_> = free.map(|(input, _)| input).collect();
        sink.report(unknown(event, arg, &free));
    }
    let leftover =
        |(input, supply): (usize, Option<Supply>)| supply.unwrap_or_else(|| absent(&event.inputs[input]));
    let supplies: Vec<_> = supplies.into_iter().enumerate().map(leftover).collect();
    let missing = supplies.iter().zip(&event.inputs).filter(|(supply, _)| **supply == Supply::Missing);
    let missing: Vec<_> = missing.map(|(_, input)| input).collect();
    if let Some(first) = missing.first()
        && strangers.is_empty()
    {
        let names: Vec<_> = missing.iter().map(|input| format!("`{}`", input.name.name)).collect();
        let plural = if names.len() == 1 { "input" } else { "inputs" };
        let message = format!("event `{}` needs the {plural} {}", event.name.name, names.join(", "));
        sink.report(
            Diagnostic::new(KORU080, at, message).also(first.span, "declared here without a default"),
        );
    }
    supplies
}

/// Which argument supplies which input, where types and completeness do not matter: calls that are data. Inputs
/// that the compiler gives take no argument.
pub fn fit_data(event: &EventDecl, args: &[Arg]) -> Vec<Option<usize>> {
    let (taking, places) = without_given(event);
    let mut supplies = vec![None; event.inputs.len()];
    for (index, arg) in args.iter().enumerate() {
        if let Some(input) = input_of(&taking, index, arg) {
            supplies[places[input]] = Some(index);
        }
    }
    supplies
}

/// The event with only the inputs that take arguments, and where those stand among all.
pub fn without_given(event: &EventDecl) -> (EventDecl, Vec<usize>) {
    let places: Vec<_> = (0..event.inputs.len()).filter(|&input| !is_given(&event.inputs[input])).collect();
    let inputs = places.iter().map(|&input| event.inputs[input].clone()).collect();
    (EventDecl { inputs, ..event.clone() }, places)
}

/// Does the compiler give this input of a transform or command, whatever the arguments are?
pub(super) fn is_given(input: &Field) -> bool {
    let mut ty = &input.ty.host;
    if let ExprKind::Pointer(pointer) = &*ty.kind {
        ty = &pointer.child;
    }
    let given = ["Program", "Call", "Invocation", "Allocator", "Source", "InvocationMeta", "CompilerContext"];
    input.name.name == "event_name" || path_end(ty).is_some_and(|name| given.contains(&name.as_str()))
}

/// Does the input take its argument as it is written?
pub(super) fn is_expression(input: &Field) -> bool {
    let mut ty = &input.ty.host;
    if let ExprKind::Index { base, .. } = &*ty.kind {
        ty = base;
    }
    matches!(&*ty.kind, ExprKind::Name(name) if *name == "Expression")
}

fn input_of(event: &EventDecl, index: usize, arg: &Arg) -> Option<usize> {
    let named = |name: Name| event.inputs.iter().position(|input| input.name.name == name);
    if let Some(name) = arg.name {
        return named(name.name)
            .or_else(|| is_qualified(arg).then_some(index).filter(|&i| i < event.inputs.len()));
    }
    let by_path = self::named(arg).and_then(named);
    by_path.or_else(|| (index < event.inputs.len()).then_some(index))
}

/// The input an argument means by its name, or by the path that it is.
pub(super) fn named(arg: &Arg) -> Option<Name> {
    match (&arg.name, &arg.value) {
        (Some(name), _) => Some(name.name),
        (None, ArgValue::Expr(expr)) => path_end(expr),
        (None, _) => None,
    }
}

/// Is `a:b` an expression with a module in front, and not a named argument?
fn is_qualified(arg: &Arg) -> bool {
    matches!(&arg.value, ArgValue::Expr(expr) if matches!(&*expr.kind, ExprKind::Qualified { .. }))
}

/// The last name of a plain path: what it supplies when nothing else is said.
pub fn path_end(expr: &Expr) -> Option<Name> {
    match &*expr.kind {
        ExprKind::Name(name) => Some(*name),
        ExprKind::Field { base, name } => path_end(base).map(|_| name.name),
        _ => None,
    }
}

fn absent(input: &Field) -> Supply {
    match &*input.ty.host.kind {
        _ if input.default.is_some() => Supply::Default,
        ExprKind::Optional(_) => Supply::Null,
        _ => Supply::Missing,
    }
}

/// An argument that names no input; `free` are those that nothing supplies yet.
fn unknown(event: &EventDecl, arg: &Arg, free: &[&Field]) -> Diagnostic {
    let inputs = event.inputs.iter().map(|input| input.name.name.as_str());
    let list: Vec<_> = inputs.map(|name| format!("`{name}`")).collect();
    let list = if list.is_empty() { "no inputs".to_owned() } else { list.join(", ") };
    let declared = format!("it has {list}");
    match arg.name {
        Some(name) => {
            let message = format!("event `{}` has no input `{}`", event.name.name, name.name);
            let unknown = Diagnostic::new(KORU081, name.span, message).also(event.shape_span, declared);
            let names = free.iter().map(|input| input.name.name.as_str());
            let mut needed = free.iter().filter(|input| absent(input) == Supply::Missing);
            match (closest(name.name.as_str(), names), needed.next(), needed.next()) {
                (Some(near), ..) => unknown.fix(format!("did you mean `{near}`?"), name.span, near),
                (None, Some(only), None) => {
                    unknown.help(format!("the input `{}` has no value yet", only.name.name))
                }
                _ => unknown,
            }
        }
        None => {
            let message = format!("event `{}` does not take this many arguments", event.name.name);
            Diagnostic::new(KORU081, arg.span, message).also(event.shape_span, declared)
        }
    }
}
