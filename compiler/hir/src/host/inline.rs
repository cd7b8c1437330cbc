//! Unrolled loops: `inline for`, `inline while`, and every loop of code the checker runs itself.
//!
//! Each round is checked anew, with what is known in it. A round that always leaves the loop is the last.

use super::coerce::sequence;
use super::scope::{Repeat, nothing, poison};
use super::*;

/// More rounds than this in one run are left to `evaluate`, or taken for an endless loop.
const LIMIT: u32 = 200_000;

impl BodyChecker<'_, '_> {
    pub(super) fn unroll_while(&mut self, it: &ast::While, span: Span, hint: Option<TypeId>) -> Expr {
        let hint = loops::while_hint(hint, it);
        self.settle(hint, |checker, hint| {
            let mut is_first = true;
            let mut captured = None;
            checker.unroll(it.label, it.otherwise.as_ref(), span, hint, |checker| {
                if !std::mem::take(&mut is_first)
                    && let Some(step) = &it.step
                {
                    checker.enter();
                    if let Some((name, known)) = captured.take() {
                        checker.bind_known(name, known);
                    }
                    let step = checker.statement(step);
                    checker.leave();
                    if !matches!(&*step.kind, Kind::Const(_)) {
                        return Some(checker.error(
                            codes::HOST005,
                            step.span,
                            "an unrolled loop counts with a `comptime var`",
                        ));
                    }
                    if step.is_poison() {
                        return Some(step);
                    }
                }
                checker.while_round(it, &mut captured)
            })
        })
    }

    /// One more round, if the condition holds.
    fn while_round(&mut self, it: &ast::While, captured: &mut Option<(Name, Known)>) -> Option<Expr> {
        let condition = match it.capture {
            Some(_) => self.infer(&it.condition, None),
            None => self.condition(&it.condition),
        };
        let condition = self.forced(condition);
        match (condition.value().cloned(), it.capture) {
            _ if condition.is_poison() => Some(condition),
            (Some(Value::Bool(false) | Value::Null), _) => None,
            (Some(Value::Some(inner)), Some(capture)) => {
                let ty = self.cx.optional_child(condition.ty).unwrap_or(TypeId::ERROR);
                self.enter();
                let known = Known { ty, value: (*inner).clone() };
                *captured = Some((capture.name.name, known.clone()));
                self.bind_constant(capture.name, known);
                let body = self.arm(&it.body, Some(TypeId::VOID));
                self.leave();
                Some(body)
            }
            (_, None) => Some(self.arm(&it.body, Some(TypeId::VOID))),
            _ => Some(self.error(
                codes::HOST002,
                condition.span,
                "the condition of an unrolled loop is a bool or an optional",
            )),
        }
    }

    pub(super) fn unroll_for(&mut self, it: &ast::For, span: Span, hint: Option<TypeId>) -> Expr {
        let mut stmts = Vec::new();
        let mut inputs = Vec::new();
        for input in &it.inputs {
            match self.known_rounds(input, &mut stmts) {
                Some(rounds) => inputs.push(rounds),
                None => return poison(span),
            }
        }
        let Some(count) = inputs.iter().filter_map(Rounds::count).min() else {
            return self.error(codes::HOST006, span, "one input of a `for` must have an end");
        };
        if inputs.iter().filter_map(Rounds::count).any(|other| other != count) {
            return self.error(codes::HOST008, span, "the inputs of this `for` have different lengths");
        }
        let hint = loops::loop_hint(hint, it.otherwise.is_some());
        let whole = self.settle(hint, |checker, hint| {
            let mut round = 0;
            checker.unroll(it.label, it.otherwise.as_ref(), span, hint, |checker| {
                let index = (round < count).then_some(round)?;
                round += 1;
                Some(checker.for_round(it, &inputs, index))
            })
        });
        let ty = whole.ty;
        if !matches!(&*whole.kind, Kind::Const(_)) || stmts.is_empty() {
            stmts.push(whole);
            return sequence(stmts, ty, span);
        }
        whole
    }

    fn for_round(&mut self, it: &ast::For, inputs: &[Rounds], index: usize) -> Expr {
        self.enter();
        let mut stmts = Vec::new();
        for (input, capture) in inputs.iter().zip(&it.captures) {
            let value = self.round_value(input, capture, index);
            if capture.name.name != "_" {
                stmts.push(self.let_capture(capture.name, value));
            }
        }
        let body = self.arm(&it.body, Some(TypeId::VOID));
        self.leave();
        if body.is_poison() {
            return body;
        }
        let (ty, span) = (body.ty, body.span);
        stmts.push(body);
        stmts.retain(|stmt| !matches!(&*stmt.kind, Kind::Const(_)));
        loops::sequence_or_nothing(stmts, ty, span)
    }

    fn known_rounds(&mut self, input: &ast::ForInput, stmts: &mut Vec<Expr>) -> Option<Rounds> {
        match input {
            ast::ForInput::Range(start, end) => {
                let start = self.known_number(start)?;
                match end {
                    None => Some(Rounds::Count(start, None)),
                    Some(end) => {
                        let end = self.known_number(end)?;
                        Some(Rounds::Count(start, Some(end.saturating_sub(start) as usize)))
                    }
                }
            }
            ast::ForInput::Items(expr) => {
                let items = self.base(expr);
                if items.is_poison() {
                    return None;
                }
                let (held, items) = self.hold_place(items);
                stmts.extend(held);
                let items = match self.cx.pointee(items.ty) {
                    Some(child) if matches!(self.cx.ty(child), Type::Tuple(_)) => self.load(items, expr.span),
                    _ => items,
                };
                let count = self.round_count(&items);
                if count.is_none() {
                    let name = self.cx.type_name(items.ty);
                    let message =
                        format!("how many rounds a loop over `{name}` makes is not known while compiling");
                    self.error(codes::HOST005, expr.span, message);
                }
                count.map(|count| Rounds::Items(items, count))
            }
        }
    }

    fn round_count(&self, items: &Expr) -> Option<usize> {
        if let Type::Tuple(all) = self.cx.ty(items.ty) {
            return Some(all.len());
        }
        let len = match (self.cx.sequence(items.ty)?.len, items.value()) {
            (Some(len), _) => len,
            (None, Some(Value::Slice { len, .. })) => *len,
            _ => return None,
        };
        usize::try_from(len).ok()
    }

    /// What a capture holds in one round.
    fn round_value(&mut self, input: &Rounds, capture: &ast::Capture, index: usize) -> Expr {
        let span = capture.name.span;
        match input {
            Rounds::Count(start, _) => Expr::constant(TypeId::USIZE, span, Value::int(start + index as u64)),
            Rounds::Items(items, _) => {
                let element = match self.cx.ty(items.ty) {
                    Type::Tuple(_) => self.part_of(items.clone(), index as u64, span),
                    _ => {
                        let index = Expr::constant(TypeId::USIZE, span, Value::int(index));
                        self.element_at(items.clone(), index, span)
                    }
                };
                let value = self.by_capture(element, capture);
                self.settled(value)
            }
        }
    }

    /// Rounds until there is none more, or one that always leaves.
    fn unroll(
        &mut self,
        name: Option<Ident>,
        otherwise: Option<&ast::Expr>,
        span: Span,
        hint: Option<TypeId>,
        mut round: impl FnMut(&mut Self) -> Option<Expr>,
    ) -> Result<Expr, TypeId> {
        let label = self.new_label();
        self.push_frame(name.map(|name| name.name), label, Some(Repeat::Leave(label)), hint);
        let at = self.frames.len() - 1;
        let mut stmts = Vec::new();
        let mut is_left = false;
        loop {
            self.cx.host.rounds += 1;
            if self.cx.host.rounds > LIMIT {
                self.cx.host.rounds = 0;
                self.pop_frame();
                return Ok(self.too_many_rounds(span));
            }
            let again = self.new_label();
            self.frames[at].repeat = Some(Repeat::Leave(again));
            let continues = self.frames[at].continues;
            let Some(body) = round(self) else { break };
            if body.is_poison() {
                self.pop_frame();
                return Ok(body);
            }
            let is_continued = self.frames[at].continues > continues;
            is_left = body.ty == TypeId::NORETURN && !is_continued;
            stmts.extend(one_round(body, again, is_continued));
            if is_left {
                break;
            }
        }
        let frame = self.pop_frame();
        if is_left && frame.breaks == 0 {
            return Ok(statements::finish_block(stmts, true, span));
        }
        if let Some(known) = frame.result {
            return Ok(match known.ty {
                TypeId::VOID => nothing(span),
                _ => Expr::constant(known.ty, span, known.value),
            });
        }
        self.finish_unrolled(frame, stmts, is_left, otherwise, span, hint)
    }

    fn too_many_rounds(&mut self, span: Span) -> Expr {
        match self.is_running {
            true => self.cannot_run(span, "run a loop that long"),
            false => self.error(
                codes::HOST005,
                span,
                format!("the loop makes more than {LIMIT} rounds while compiling"),
            ),
        }
    }

    fn finish_unrolled(
        &mut self,
        frame: scope::Frame,
        mut stmts: Vec<Expr>,
        is_left: bool,
        otherwise: Option<&ast::Expr>,
        span: Span,
        hint: Option<TypeId>,
    ) -> Result<Expr, TypeId> {
        let mut brought = frame.brought;
        let mut last = None;
        if !is_left {
            let value = self.else_arm(otherwise, span, hint);
            brought.push(value.clone());
            last = Some(value);
        }
        if brought.iter().any(Expr::is_poison) {
            return Ok(poison(span));
        }
        let is_noreturn = brought.iter().all(|expr| expr.ty == TypeId::NORETURN);
        let ty = if is_noreturn { TypeId::NORETURN } else { self.settle_type(&brought, hint, span)? };
        if let Some(last) = last {
            let last = self.coerce(last, ty);
            if !(ty == TypeId::VOID && matches!(&*last.kind, Kind::Const(_))) {
                stmts.push(last);
            }
        }
        if stmts.is_empty() {
            return Ok(nothing(span));
        }
        let label = (frame.breaks > 0).then_some(frame.label);
        match (label, &stmts[..]) {
            // One round that left by its end with a value: nothing is left of the loop.
            (Some(label), [only]) => match &*only.kind {
                Kind::Break { label: target, value: None } if *target == label => Ok(nothing(span)),
                Kind::Break { label: target, value: Some(value) } if *target == label => Ok(value.clone()),
                _ => Ok(Expr::new(ty, span, Kind::Block { label: Some(label), stmts })),
            },
            (None, _) => Ok(sequence(stmts, ty, span)),
            (label, _) => Ok(Expr::new(ty, span, Kind::Block { label, stmts })),
        }
    }
}

/// What an unrolled loop goes through.
enum Rounds {
    Count(u64, Option<usize>),
    Items(Expr, usize),
}

impl Rounds {
    fn count(&self) -> Option<usize> {
        match self {
            Rounds::Count(_, count) => *count,
            Rounds::Items(_, count) => Some(*count),
        }
    }
}

/// A round, which `continue` leaves.
fn one_round(body: Expr, again: LabelId, is_continued: bool) -> Option<Expr> {
    if let Kind::Break { label, value: None } = &*body.kind
        && *label == again
    {
        return None;
    }
    if matches!(&*body.kind, Kind::Const(_)) {
        return None;
    }
    if !is_continued {
        return Some(body);
    }
    let span = body.span;
    Some(Expr::new(TypeId::VOID, span, Kind::Block { label: Some(again), stmts: vec![body] }))
}
