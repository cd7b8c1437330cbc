//! Calls: what their inputs ask for, what they take away, what they answer with.
//!
//! In: the arguments of a call and what is held. Out: what is held behind it, and the states that the
//! event's variables were bound to.

use super::held::{self, Gone, Held, How, Place, Value};
use super::state::{self, State};
use super::walk::{Answer, Walk};
use super::{mentions, messages};
use crate::ids::EventId;
use crate::koru::arguments::{self, Supply};
use crate::koru::flow::without_input;
use koru_base::{Name, Sink, Span};
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{self, Arg, ArgValue, Call, Field, Phantom};

/// A state variable of an event, for one call.
pub struct Bound {
    variable: Name,
    states: Vec<State>,
    /// The value it was bound by; none after a mistake.
    value: Option<usize>,
}

/// What an input asks for.
pub struct Asked<'a> {
    pub event: EventId,
    pub input: &'a Field,
    pub phantom: &'a Phantom,
    /// Any of these; empty for every state.
    pub states: Vec<State>,
}

impl Walk<'_, '_> {
    /// Checks the arguments of a call, and takes away what it consumes.
    pub(super) fn arguments(
        &mut self,
        event: EventId,
        args: &[Arg],
        at: Span,
        held: &mut Held,
    ) -> Vec<Bound> {
        let (source, module) = (self.cx.events[event].source.clone(), self.cx.events[event].module);
        args.iter().for_each(|arg| self.argument_mentions(arg, held));
        let supplies = arguments::fit(&source, args, at, &mut Sink::default());
        let (mut taken, mut bound) = (Vec::new(), Vec::new());
        for (input, supply) in source.inputs.iter().zip(supplies) {
            let (Some(phantom), Supply::Argument(index)) = (&input.ty.phantom, supply) else { continue };
            let ArgValue::Expr(expr) = &args[index].value else { continue };
            let expr = without_input(&args[index], expr);
            if *expr.kind == ExprKind::Null {
                continue;
            }
            let states = state::states(self.cx, module, phantom);
            let asked = Asked { event, input, phantom, states };
            let value = self.fitting(&asked, &expr, &bound, held);
            if let Some(index) = value.filter(|_| phantom.consumes) {
                taken.push((index, expr.span));
            }
            if let Some(variable) = phantom.variable {
                let states = value.map(|index| held.values[index].states.clone()).unwrap_or_default();
                bound.push(Bound { variable: variable.name, states, value });
            }
        }
        for (index, at) in taken {
            match held.values[index].gone {
                Some(gone) => self.used_after(index, gone, at, held),
                None => self.consume(index, event, at, held),
            }
        }
        bound
    }

    /// The value an argument is, if it is in the state that is asked for.
    fn fitting(&mut self, asked: &Asked, expr: &Expr, bound: &[Bound], held: &mut Held) -> Option<usize> {
        let path = held::path(&self.cx.sources, expr);
        let Some(index) = path.as_ref().and_then(|path| held.exact(path)) else {
            messages::stateless(self, asked, expr.span);
            return None;
        };
        let value = &held.values[index];
        if value.is_silent || value.gone.is_some() {
            return None;
        }
        let is_known = |state: &State| asked.states.is_empty() || asked.states.contains(state);
        let twin = asked.phantom.variable.and_then(|name| bound.iter().find(|one| one.variable == name.name));
        let is_twin = twin.is_none_or(|one| one.value.is_none() || one.states == value.states);
        if value.states.iter().all(is_known) && is_twin {
            return Some(index);
        }
        let other = twin.filter(|_| !is_twin).map(|one| one.states.clone());
        messages::mismatch(self, asked, &held.values[index].clone(), other, expr.span);
        if asked.phantom.consumes {
            held.values[index].is_silent = true;
        }
        None
    }

    fn consume(&mut self, index: usize, event: EventId, at: Span, held: &mut Held) {
        let value = &held.values[index];
        let scope = self.scopes.iter().rposition(|scope| scope.floor > index);
        if value.is_borrowed {
            messages::borrowed(self, value, at);
        } else if let Some(scope) = scope.filter(|&scope| !self.scopes[scope].is_round) {
            messages::outer(self, value, self.scopes[scope].head, at);
        }
        held.values[index].gone = Some(Gone { at, how: How::Consumed(event), scope });
    }

    /// What a round of a loop took from outside and goes on without.
    pub(super) fn check_round(&mut self, held: &Held) {
        for value in &held.values {
            if let Some(Gone { at, scope: Some(scope), .. }) = value.gone
                && let Some(scope) = self.scopes.get(scope).filter(|scope| scope.is_round)
                && !value.is_silent
            {
                messages::outer(self, value, scope.head, at);
            }
        }
    }

    /// A part of a payload, if it has a state.
    pub(super) fn make(
        &mut self,
        answer: Answer,
        ty: &ast::Type,
        (place, made): (Place, Span),
        shown: String,
        held: &mut Held,
    ) {
        let Some(phantom) = &ty.phantom else { return };
        let module = self.cx.events[answer.event].module;
        let bound = phantom
            .variable
            .map(|variable| answer.bound.iter().find(|bound| bound.variable == variable.name));
        if let Some(Some(Bound { value: Some(index), .. })) = bound {
            return held.values[*index].places.push(place);
        }
        let value = Value {
            id: self.fresh(),
            places: vec![place],
            states: state::states(self.cx, module, phantom),
            is_owed: phantom.obliges && !answer.is_lent,
            is_borrowed: answer.is_lent,
            gone: None,
            // What its variable stands for is not known after a mistake.
            is_silent: bound.is_some(),
            made,
            declared: phantom.span,
            event: answer.event,
            ty: ty.host.clone(),
            module,
            shown,
        };
        held.values.push(value);
    }

    fn argument_mentions(&mut self, arg: &Arg, held: &mut Held) {
        match &arg.value {
            ArgValue::Expr(expr) => self.mentions(&without_input(arg, expr), held),
            ArgValue::Range(from, to) => {
                self.mentions(from, held);
                to.iter().for_each(|to| self.mentions(to, held));
            }
            ArgValue::Text(_) => {}
        }
    }

    /// The arguments of a control word, and what its text interpolates.
    pub(super) fn word_mentions(&mut self, call: &Call, held: &mut Held) {
        let mut texts: Vec<_> = call.source.iter().map(|source| source.span).collect();
        for arg in &call.args {
            self.argument_mentions(arg, held);
            if matches!(&arg.value, ArgValue::Expr(expr) if matches!(*expr.kind, ExprKind::Str(_))) {
                texts.push(arg.text);
            }
        }
        let mut found = Vec::new();
        for span in texts {
            mentions::in_text(&self.cx.sources, span, &mut |path, at| found.push((path.to_vec(), at)));
        }
        found.into_iter().for_each(|(path, at)| self.mention(&path, at, held));
    }

    /// Whatever an expression speaks of must not be gone.
    pub(super) fn mentions(&mut self, expr: &Expr, held: &mut Held) {
        let mut found = Vec::new();
        mentions::each(&self.cx.sources, expr, &mut |path, at| found.push((path.to_vec(), at)));
        found.into_iter().for_each(|(path, at)| self.mention(&path, at, held));
    }

    fn mention(&mut self, path: &[Name], at: Span, held: &mut Held) {
        let gone = held.touched(path).find_map(|(index, how)| {
            let gone = held.values[index].gone.filter(|_| how != held::Relation::Around);
            gone.map(|gone| (index, gone))
        });
        if let Some((index, gone)) = gone {
            self.used_after(index, gone, at, held);
        }
    }

    fn used_after(&mut self, index: usize, gone: Gone, at: Span, held: &mut Held) {
        if !std::mem::replace(&mut held.values[index].is_silent, true) {
            messages::used_after(self, &held.values[index].clone(), gone, at);
        }
    }
}
