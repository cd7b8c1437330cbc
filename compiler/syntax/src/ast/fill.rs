//! Code with holes: names that stand for other code are replaced by it.
//!
//! In: the tree of a text, and a piece of code for each name that is a hole. Out: the tree with the pieces in
//! their places, and the places that do not take their piece. Labels get a mark, so that those of two texts
//! never meet. The size of what is made is bounded: pieces may stand in a text many times.

use super::host::{Expr, ExprKind};
use super::{
    Arg, ArgValue, Call, Constructor, ConstructorBody, Continuation, Ident, Item, ItemKind, Pattern, Payload,
    ProcBody, Step, StepKind, SubflowBody, Type, children,
};
use koru_base::{Name, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What stands in a hole.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Where a value stands.
    Value(ArgValue, Span),
    /// Where steps stand: what a continuation does, or other code.
    Steps(Vec<Step>, Vec<Continuation>),
    /// Where a name is bound.
    Name(Ident),
    /// `| %{hole}`: whole continuations.
    Arms(Vec<Continuation>),
}

/// Puts pieces into a tree.
pub struct Filler<'p> {
    pub pieces: &'p FxHashMap<Name, Piece>,
    /// What is put behind the labels of the text.
    pub mark: String,
    /// How many steps and continuations may still be made.
    pub room: usize,
    /// A place in the text.
    pub here: Span,
    /// Places that do not take their piece, and what they are.
    pub misfits: Vec<(Span, &'static str)>,
}

impl Filler<'_> {
    /// Steps, and the continuations of the last.
    pub fn steps(&mut self, steps: Vec<Step>, arms: Vec<Continuation>) -> (Vec<Step>, Vec<Continuation>) {
        let mut made = Vec::new();
        let mut steps = steps.into_iter();
        while let Some(step) = steps.next() {
            self.room = self.room.saturating_sub(1);
            let (is_piece, from) = (self.is_piece(&step), made.len());
            let mut own = self.step(step, &mut made);
            if own.is_empty() {
                if is_piece && steps.len() > 0 {
                    open_end(&mut made, from);
                }
                continue;
            }
            let rest: Vec<_> = steps.collect();
            if rest.is_empty() {
                own.extend(self.arms(arms));
            } else {
                let (rest, arms) = self.steps(rest, arms);
                own.push(then(self.here, rest, arms));
            }
            return (made, own);
        }
        (made, self.arms(arms))
    }

    /// Does the step stand for others?
    fn is_piece(&self, step: &Step) -> bool {
        matches!(&step.kind, StepKind::Constructor(made) if self.pieces.contains_key(&made.branch.name))
    }

    /// Adds a step, or the steps of the piece it stands for; gives the continuations of those.
    fn step(&mut self, mut step: Step, out: &mut Vec<Step>) -> Vec<Continuation> {
        if let StepKind::Constructor(Constructor { branch, body: ConstructorBody::Empty, .. }) = &step.kind
            && let Some(piece) = self.pieces.get(&branch.name)
        {
            if let Piece::Steps(steps, arms) = piece {
                self.room = self.room.saturating_sub(steps.len() + weight(arms));
                out.extend(if self.room > 0 { steps.clone() } else { Vec::new() });
                return if self.room > 0 { arms.clone() } else { Vec::new() };
            }
            self.misfits.push((branch.span, "a step"));
        }
        match &mut step.kind {
            StepKind::Call(call) => self.call(call),
            StepKind::Jump(jump) => {
                self.label(&mut jump.label);
                self.args(&mut jump.args);
            }
            StepKind::Constructor(made) => self.constructor(made),
            StepKind::Discard | StepKind::Error => {}
        }
        out.push(step);
        Vec::new()
    }

    fn label(&mut self, label: &mut Ident) {
        label.name = Name::new(&format!("{}{}", label.name, self.mark));
    }

    fn call(&mut self, call: &mut Call) {
        if let Some(label) = &mut call.label {
            self.label(label);
        }
        self.args(&mut call.args);
    }

    fn args(&mut self, args: &mut [Arg]) {
        for arg in args {
            let hole = match &arg.value {
                ArgValue::Expr(expr) => self.hole(expr),
                _ => None,
            };
            match hole {
                Some(Piece::Value(value, text)) => {
                    (arg.value, arg.text, arg.span) = (value.clone(), *text, *text);
                }
                _ => match &mut arg.value {
                    ArgValue::Expr(expr) => self.expr(expr),
                    ArgValue::Range(from, to) => {
                        self.expr(from);
                        to.iter_mut().for_each(|to| self.expr(to));
                    }
                    ArgValue::Text(_) => {}
                },
            }
        }
    }

    fn constructor(&mut self, made: &mut Constructor) {
        match &mut made.body {
            ConstructorBody::Empty => {}
            ConstructorBody::Value(value) => self.expr(value),
            ConstructorBody::Fields(fields) => {
                for field in fields {
                    field.target.iter_mut().for_each(|target| self.expr(target));
                    self.expr(&mut field.value);
                }
            }
        }
    }

    /// Continuations, whole ones in the place of their hole.
    pub fn arms(&mut self, arms: Vec<Continuation>) -> Vec<Continuation> {
        let mut made = Vec::new();
        for mut arm in arms {
            self.room = self.room.saturating_sub(1);
            if let Pattern::Branch(name) = &arm.pattern
                && let Some(piece) = self.pieces.get(&name.name)
            {
                match piece {
                    Piece::Arms(arms) if arm.steps.is_empty() && arm.binding.is_none() => {
                        self.room = self.room.saturating_sub(weight(arms));
                        made.extend(if self.room > 0 { arms.clone() } else { Vec::new() });
                    }
                    _ => self.misfits.push((name.span, "a branch")),
                }
                continue;
            }
            if let Some(binding) = &mut arm.binding
                && let Some(piece) = self.pieces.get(&binding.name.name)
            {
                match piece {
                    Piece::Name(name) => binding.name = *name,
                    _ => self.misfits.push((binding.name.span, "a binding")),
                }
            }
            arm.guard.iter_mut().for_each(|guard| self.expr(guard));
            (arm.steps, arm.arms) = self.steps(arm.steps, arm.arms);
            made.push(arm);
        }
        made
    }

    fn hole(&self, expr: &Expr) -> Option<&Piece> {
        match &*expr.kind {
            ExprKind::Name(name) => self.pieces.get(name),
            _ => None,
        }
    }

    /// An expression.
    pub fn expr(&mut self, expr: &mut Expr) {
        match self.hole(expr) {
            Some(Piece::Value(ArgValue::Expr(value), _)) => *expr = value.clone(),
            Some(Piece::Name(name)) => {
                *expr = Expr { kind: Arc::new(ExprKind::Name(name.name)), span: name.span };
            }
            Some(_) => self.misfits.push((expr.span, "a value")),
            None => children::children(expr, &mut |inner| self.expr(inner)),
        }
    }

    /// A construct of a file.
    pub fn item(&mut self, item: &mut Item) {
        self.room = self.room.saturating_sub(1);
        match &mut item.kind {
            ItemKind::Event(event) => {
                let event = Arc::make_mut(event);
                event.inputs.iter_mut().for_each(|field| self.ty(&mut field.ty));
                for branch in &mut event.branches {
                    match &mut branch.payload {
                        Payload::Struct(fields) => fields.iter_mut().for_each(|field| self.ty(&mut field.ty)),
                        Payload::Identity(ty) => self.ty(ty),
                        Payload::Empty | Payload::Wildcard => {}
                    }
                }
            }
            ItemKind::Proc(code) => {
                if let ProcBody::Host(body) = &mut Arc::make_mut(code).body {
                    children::block(body, &mut |expr| self.expr(expr));
                }
            }
            ItemKind::Subflow(code) => match &mut Arc::make_mut(code).body {
                SubflowBody::Constructor(made) => self.constructor(made),
                SubflowBody::Flow(flow) => {
                    let (steps, arms) = (std::mem::take(&mut flow.steps), std::mem::take(&mut flow.arms));
                    (flow.steps, flow.arms) = self.steps(steps, arms);
                }
            },
            ItemKind::Flow(flow) => {
                let flow = Arc::make_mut(flow);
                let (steps, arms) = (std::mem::take(&mut flow.steps), std::mem::take(&mut flow.arms));
                (flow.steps, flow.arms) = self.steps(steps, arms);
            }
            ItemKind::Host(decl) => children::declaration(decl, &mut |expr| self.expr(expr)),
            ItemKind::Import(_) | ItemKind::Field(_) | ItemKind::Error => {}
        }
    }

    fn ty(&mut self, ty: &mut Type) {
        self.expr(&mut ty.host);
    }
}

/// Takes away the `_` at the end of steps that others follow.
pub fn open_end(steps: &mut Vec<Step>, from: usize) {
    if steps.len() > from && matches!(steps.last(), Some(Step { kind: StepKind::Discard, .. })) {
        steps.pop();
    }
}

/// What goes on behind a step that has continuations of its own. Nobody can write that: `here` is in made text.
pub fn then(here: Span, steps: Vec<Step>, arms: Vec<Continuation>) -> Continuation {
    let pattern = Pattern::Void { span: here };
    Continuation { pattern, binding: None, guard: None, steps, arms, span: here }
}

/// How many steps and continuations these are.
fn weight(arms: &[Continuation]) -> usize {
    arms.iter().map(|arm| 1 + arm.steps.len() + weight(&arm.arms)).sum()
}
