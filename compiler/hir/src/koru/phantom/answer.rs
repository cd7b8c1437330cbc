//! Constructors: what an answer hands on, and what must not outlive its resource.
//!
//! The fields of an answer are evaluated, then everything the flow still owes is discharged, then it leaves. A
//! value that was not handed on by an output with `!` would point at what is no more.

use super::discharge::{Exit, Leaving};
use super::held::{self, Gone, Held, How, Relation};
use super::walk::Walk;
use super::{End, mentions, messages, state};
use crate::ids::EventId;
use crate::koru::arguments;
use koru_syntax::ast::host::{self, ExprKind};
use koru_syntax::ast::{Constructor, ConstructorBody, ConstructorField, Payload, Type};

/// A value on its way out, and the type it goes out as.
struct Output<'a> {
    value: &'a host::Expr,
    ty: Option<&'a Type>,
}

impl Walk<'_, '_> {
    /// The flow answers for its event.
    pub(super) fn answer(&mut self, made: &Constructor, end: End, mut held: Held) {
        let Some(event) = self.implements else { return };
        let source = self.cx.events[event].source.clone();
        let branch = source.branches.iter().find(|branch| branch.name.name == made.branch.name);
        let outputs = outputs(made, branch.map(|branch| &branch.payload));
        outputs.iter().for_each(|output| self.mentions(output.value, &mut held));
        outputs.iter().for_each(|output| self.transfer(event, output, &mut held));
        for output in &outputs {
            self.escape(output, &mut held);
        }
        let owed = held.open_above(0);
        let paid = self.pay(&owed, &mut held, Leaving { at: made.span, how: Exit::Answer });
        self.put(end, paid);
    }

    /// An output whose type has a state takes a value in that state; with `!`, its obligation too.
    fn transfer(&mut self, event: EventId, output: &Output, held: &mut Held) {
        let Some(phantom) = output.ty.and_then(|ty| ty.phantom.as_ref()) else { return };
        let Some(path) = held::path(&self.cx.sources, output.value) else { return };
        let module = self.cx.events[event].module;
        let wanted = state::inside(self.cx, module, phantom);
        if let Some(index) = held.exact(&path)
            && let value = &held.values[index]
            && !value.is_silent
            // What the flow was given it may bring to a new state, as a proc may.
            && value.places[0].arm != 0
            && !value.states.iter().all(|state| wanted.contains(state))
        {
            messages::wrong_output(self, &value.clone(), phantom.span, &wanted, output.value.span);
            held.values[index].is_silent = true;
        }
        if phantom.obliges || phantom.variable.is_some() {
            let taken: Vec<_> = held.touched(&path).map(|(index, _)| index).collect();
            for index in taken.into_iter().filter(|&index| held.values[index].is_open()).collect::<Vec<_>>() {
                let at = output.value.span;
                held.values[index].gone = Some(Gone { at, how: How::Handed, scope: None });
            }
        }
    }

    /// What is discharged in front of an answer must not be in it.
    fn escape(&mut self, output: &Output, held: &mut Held) {
        let mut found = Vec::new();
        mentions::carried(&self.cx.sources, output.value, &mut |path, at| found.push((path.to_vec(), at)));
        for (path, at) in found {
            let touched: Vec<_> = held.touched(&path).collect();
            for (index, how) in touched {
                let value = &held.values[index];
                let is_reached = how != Relation::Through || output.ty.is_none_or(|ty| is_pointer(&ty.host));
                if is_reached && value.is_open() && !value.is_silent {
                    messages::escapes(self, &value.clone(), output.ty, at);
                    held.values[index].is_silent = true;
                }
            }
        }
    }

    /// `captured { .. }`: an accumulator outlives the round that what it is given was made in.
    pub(super) fn captured(&mut self, made: &Constructor, held: &mut Held) {
        let outputs = outputs(made, None);
        outputs.iter().for_each(|output| self.mentions(output.value, held));
        let floor = self.floor();
        for output in &outputs {
            let index = held::path(&self.cx.sources, output.value).and_then(|path| held.exact(&path));
            let Some(index) = index.filter(|&index| index >= floor) else { continue };
            let value = &held.values[index];
            if value.is_open() && !value.is_silent {
                messages::escapes(self, &value.clone(), None, output.value.span);
                held.values[index].is_silent = true;
            }
        }
    }
}

/// The values of a constructor with the types that the branch gives them.
fn outputs<'a>(made: &'a Constructor, payload: Option<&'a Payload>) -> Vec<Output<'a>> {
    let identity = match payload {
        Some(Payload::Identity(ty)) => Some(ty),
        _ => None,
    };
    match &made.body {
        ConstructorBody::Empty => Vec::new(),
        ConstructorBody::Value(value) => match (&*value.kind, identity) {
            (ExprKind::Literal { body: host::LiteralBody::Fields(fields), .. }, None) => {
                let output = |(name, value)| Output { value, ty: field_type(payload, name) };
                fields.iter().map(|(name, value)| output((name.name, value))).collect()
            }
            _ => vec![Output { value, ty: identity }],
        },
        ConstructorBody::Fields(fields) => {
            let ty = |field: &ConstructorField| match identity {
                Some(ty) => (fields.len() == 1).then_some(ty),
                None => {
                    let name = field.name.map(|name| name.name).or_else(|| arguments::path_end(&field.value));
                    name.and_then(|name| field_type(payload, name))
                }
            };
            fields.iter().map(|field| Output { value: &field.value, ty: ty(field) }).collect()
        }
    }
}

fn field_type(payload: Option<&Payload>, name: koru_base::Name) -> Option<&Type> {
    match payload {
        Some(Payload::Struct(fields)) => {
            fields.iter().find(|field| field.name.name == name).map(|field| &field.ty)
        }
        _ => None,
    }
}

/// Does a value of this type lead to memory of its own, as far as it is written?
fn is_pointer(ty: &host::Expr) -> bool {
    match &*ty.kind {
        ExprKind::Pointer(_) => true,
        ExprKind::Optional(child) => is_pointer(child),
        _ => false,
    }
}
