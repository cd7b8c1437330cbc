//! Labels and the jumps to them: what a round of the loop may take, drop, or hand on.
//!
//! A jump keeps what the label's call stands behind, hands on what it passes, and pays for all else. What was
//! made around the label must still be there: the next round may need it.

use super::discharge::{Exit, Leaving};
use super::held::{self, Gone, Held, How};
use super::walk::Walk;
use super::{End, address, messages};
use crate::ids::EventId;
use crate::koru::arguments::{self, Supply};
use crate::koru::flow::without_input;
use crate::koru::resolve;
use koru_base::{Name, Sink, Span};
use koru_syntax::ast::{ArgValue, Call, Continuation, Flow, Jump, Step, StepKind};

/// A labelled call.
pub struct Label {
    event: Option<EventId>,
    /// The continuations around it, by address.
    arms: Vec<usize>,
    /// What is held behind it: the values, and whether they are gone.
    held: Vec<(u32, bool)>,
    open: Vec<(u32, String, Span)>,
}

/// A jump, compared with its label when both are known.
pub struct JumpSeen {
    label: Name,
    span: Span,
    held: Held,
}

impl Walk<'_, '_> {
    /// Every label of the flow, with what stands around it.
    pub(super) fn collect_labels(&mut self, flow: &Flow) {
        self.labels_of(&flow.steps, &flow.arms, &mut Vec::new());
    }

    fn labels_of(&mut self, steps: &[Step], arms: &[Continuation], around: &mut Vec<usize>) {
        for step in steps {
            let StepKind::Call(call) = &step.kind else { continue };
            let Some(label) = call.label else { continue };
            let event = resolve::event_inside(self.cx, self.module, &call.path, self.implements);
            let event = event.map(|callee| callee.event);
            let label_of = Label { event, arms: around.clone(), held: Vec::new(), open: Vec::new() };
            self.labels.insert(label.name, label_of);
        }
        for arm in arms {
            around.push(address(arm));
            self.labels_of(&arm.steps, &arm.arms, around);
            around.pop();
        }
    }

    /// Remembers what is held behind a labelled call.
    pub(super) fn note_label(&mut self, call: &Call, held: &Held) {
        let Some(label) = call.label.and_then(|label| self.labels.get_mut(&label.name)) else { return };
        label.held = held.values.iter().map(|value| (value.id, value.gone.is_some())).collect();
        let open = held.values.iter().filter(|value| value.is_open() && !value.is_silent);
        label.open = open.map(|value| (value.id, value.shown.clone(), value.made)).collect();
    }

    pub(super) fn jump(&mut self, jump: &Jump, end: End, at: Span, mut held: Held) {
        let Some(label) = self.labels.get(&jump.label.name) else { return };
        let Some(event) = label.event else { return };
        let is_around = |arm: usize| arm == 0 || label.arms.contains(&arm);
        let floor = held.values.iter().take_while(|value| is_around(value.places[0].arm)).count();
        self.arguments(event, &jump.args, jump.label.span, &mut held);
        self.pass(event, jump, floor, &mut held);
        let leaving = Leaving { at, how: Exit::Jump(jump.label.name) };
        let made = self.pay(&held.open_above(floor), &mut held, leaving);
        self.put(end, made);
        self.jumps.push(JumpSeen { label: jump.label.name, span: jump.label.span, held });
    }

    /// What a jump hands on: values that inputs with states take, though they do not consume.
    fn pass(&mut self, event: EventId, jump: &Jump, floor: usize, held: &mut Held) {
        let source = self.cx.events[event].source.clone();
        let supplies = arguments::fit(&source, &jump.args, jump.label.span, &mut Sink::default());
        for (input, supply) in source.inputs.iter().zip(supplies) {
            let Supply::Argument(index) = supply else { continue };
            let ArgValue::Expr(expr) = &jump.args[index].value else { continue };
            let path = held::path(&self.cx.sources, &without_input(&jump.args[index], expr));
            let Some(index) = path.and_then(|path| held.exact(&path)) else { continue };
            if index < floor || !held.values[index].is_open() {
                continue;
            }
            if input.ty.phantom.is_none() && !held.values[index].is_silent {
                messages::dropped(self, &held.values[index].clone(), input, jump.label.name, expr.span);
            }
            held.values[index].gone = Some(Gone { at: expr.span, how: How::Handed, scope: None });
        }
    }

    /// What stands around a label must be as it was when a jump comes back.
    pub(super) fn check_jumps(&mut self) {
        for jump in std::mem::take(&mut self.jumps) {
            let Some(label) = self.labels.get(&jump.label) else { continue };
            let (behind, open) = (label.held.clone(), label.open.clone());
            for value in &jump.held.values {
                let Some(gone) = value.gone.filter(|gone| matches!(gone.how, How::Consumed(_))) else {
                    continue;
                };
                let was_there = behind.iter().any(|&(id, was_gone)| id == value.id && !was_gone);
                if was_there && !(value.is_silent && value.is_borrowed) {
                    messages::before_jump(self, value, gone.at, jump.label, jump.span);
                }
            }
            let has = |id: u32| jump.held.values.iter().any(|value| value.id == id);
            if let Some((_, shown, made)) = open.iter().find(|(id, ..)| !has(*id)) {
                messages::into_arm(self, shown, *made, jump.label, jump.span);
            }
        }
    }
}
