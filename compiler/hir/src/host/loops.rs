//! `while` and `for` at run time. `for` becomes a counter and reads behind pointers.

use super::coerce::{convert, sequence};
use super::scope::{Repeat, local_expr, nothing, poison};
use super::*;

/// One input of a `for`, evaluated before the loop.
enum Input {
    /// A pointer to an array, a slice or a many-pointer.
    Items(Expr),
    /// Counted up from here.
    Range(Expr),
}

impl BodyChecker<'_, '_> {
    pub(super) fn while_loop(&mut self, it: &ast::While, span: Span, hint: Option<TypeId>) -> Expr {
        if it.is_inline || self.is_running {
            return self.unroll_while(it, span, hint);
        }
        let hint = while_hint(hint, it);
        self.settle(hint, |checker, hint| match it.capture.is_some() || it.else_capture.is_some() {
            true => checker.while_capture(it, span, hint),
            false => checker.while_condition(it, span, hint),
        })
    }

    fn while_condition(&mut self, it: &ast::While, span: Span, hint: Option<TypeId>) -> Result<Expr, TypeId> {
        let condition = self.condition(&it.condition);
        if condition.value() == Some(&Value::Bool(false)) {
            return Ok(self.else_arm(it.otherwise.as_ref(), span, hint));
        }
        let is_endless = condition.value() == Some(&Value::Bool(true));
        let label = self.new_label();
        self.runtime_depth += 1;
        self.push_frame(it.label.map(|label| label.name), label, Some(Repeat::Continue), hint);
        let body = self.arm(&it.body, Some(TypeId::VOID));
        let step = it.step.as_ref().map(|step| self.statement(step));
        let frame = self.pop_frame();
        let otherwise =
            it.otherwise.as_ref().filter(|_| !is_endless).map(|otherwise| self.arm(otherwise, hint));
        self.runtime_depth -= 1;
        if condition.is_poison() || body.is_poison() || step.as_ref().is_some_and(Expr::is_poison) {
            return Ok(poison(span));
        }
        let mut brought = frame.brought;
        if !is_endless {
            brought.push(otherwise.clone().unwrap_or_else(|| nothing(span)));
        }
        let ty = self.loop_type(&brought, hint, span)?;
        let otherwise = otherwise.map(|otherwise| self.coerce(otherwise, ty));
        let condition = (!is_endless).then_some(condition);
        Ok(self.finish_loop(Kind::Loop { label, condition, body, step, otherwise }, ty, span))
    }

    /// The type of a loop by everything that leaves it.
    fn loop_type(&mut self, brought: &[Expr], hint: Option<TypeId>, span: Span) -> Result<TypeId, TypeId> {
        if brought.iter().all(|expr| expr.ty == TypeId::NORETURN) {
            return Ok(TypeId::NORETURN);
        }
        self.settle_type(brought, hint, span)
    }

    fn finish_loop(&mut self, kind: Kind, ty: TypeId, span: Span) -> Expr {
        if ty == TypeId::ERROR { poison(span) } else { Expr::new(ty, span, kind) }
    }

    /// `while (next()) |value|`: an endless loop that is left where nothing comes.
    fn while_capture(&mut self, it: &ast::While, span: Span, hint: Option<TypeId>) -> Result<Expr, TypeId> {
        let operand = self.infer(&it.condition, None);
        if operand.is_poison() {
            return Ok(operand);
        }
        if !self.takes_errors(&operand, it.else_capture) {
            return Ok(poison(span));
        }
        let label = self.new_label();
        self.runtime_depth += 1;
        self.push_frame(it.label.map(|label| label.name), label, Some(Repeat::Continue), hint);
        let by_pointer = it.capture.is_some_and(|capture| capture.by_pointer);
        let mut step = None;
        let mut left = None;
        let body = self.capture_arms(
            operand,
            by_pointer,
            span,
            Some(TypeId::VOID),
            |checker, payload| {
                checker.enter();
                let local = it.capture.and_then(|capture| checker.bind_capture(capture.name, payload));
                let then = checker.arm(&it.body, Some(TypeId::VOID));
                step = it.step.as_ref().map(|step| checker.statement(step));
                checker.leave();
                (local, then)
            },
            |checker, set| {
                checker.enter();
                let local = match set {
                    Some(set) => it.else_capture.and_then(|name| checker.bind_capture(name, set)),
                    None => None,
                };
                let value = checker.else_arm(it.otherwise.as_ref(), span, hint);
                checker.leave();
                left = Some(value.clone());
                (local, Some(leave_loop(label, value, span)))
            },
        );
        let frame = self.pop_frame();
        self.runtime_depth -= 1;
        if body.is_poison() || step.as_ref().is_some_and(Expr::is_poison) {
            return Ok(poison(span));
        }
        let mut brought = frame.brought;
        brought.extend(left);
        let ty = self.loop_type(&brought, hint, span)?;
        Ok(self.finish_loop(Kind::Loop { label, condition: None, body, step, otherwise: None }, ty, span))
    }

    pub(super) fn for_loop(&mut self, it: &ast::For, span: Span, hint: Option<TypeId>) -> Expr {
        if it.captures.len() > it.inputs.len() || it.captures.is_empty() {
            return self.error(codes::HOST006, span, "a `for` has one capture for each of its inputs");
        }
        if it.is_inline || self.is_running {
            return self.unroll_for(it, span, hint);
        }
        let mut stmts = Vec::new();
        let mut inputs = Vec::new();
        let mut lengths = Vec::new();
        for input in &it.inputs {
            let Some((input, length)) = self.for_input(input, &mut stmts) else {
                return self.lost_for(it, span);
            };
            inputs.push(input);
            lengths.extend(length);
        }
        if lengths.is_empty() {
            return self.error(codes::HOST006, span, "one input of a `for` must have an end");
        }
        let hint = loop_hint(hint, it.otherwise.is_some());
        let limit = self.agree(lengths, &mut stmts, span);
        let counter = self.hidden("index", TypeId::USIZE, span, true);
        let zero = Some(Expr::constant(TypeId::USIZE, span, Value::int(0)));
        stmts.push(Expr::new(TypeId::VOID, span, Kind::Let { local: counter, value: zero }));
        let whole =
            self.settle(hint, |checker, hint| checker.for_body(it, &inputs, &limit, counter, span, hint));
        let ty = whole.ty;
        stmts.push(whole);
        sequence(stmts, ty, span)
    }

    /// Checks the body of a loop over something wrong, for its own mistakes.
    fn lost_for(&mut self, it: &ast::For, span: Span) -> Expr {
        let label = self.new_label();
        self.push_frame(it.label.map(|label| label.name), label, Some(Repeat::Continue), None);
        self.enter();
        for capture in &it.captures {
            self.bind(capture.name.name, TypeId::ERROR, capture.name.span, false);
        }
        self.arm(&it.body, Some(TypeId::VOID));
        self.leave();
        self.pop_frame();
        poison(span)
    }

    fn for_input(&mut self, input: &ast::ForInput, stmts: &mut Vec<Expr>) -> Option<(Input, Option<Expr>)> {
        match input {
            ast::ForInput::Range(start, end) => {
                let start = self.expr(start, Some(TypeId::USIZE));
                let end = end.as_ref().map(|end| self.expr(end, Some(TypeId::USIZE)));
                let start = self.hold_in(start, stmts)?;
                let Some(end) = end else { return Some((Input::Range(start), None)) };
                let span = end.span;
                let length = match start.value() {
                    Some(Value::Int(zero)) if zero.is_zero() => end,
                    _ => self.arithmetic(Binary::Sub, end, start.clone(), TypeId::USIZE, span, span),
                };
                let length = self.hold_in(length, stmts)?;
                Some((Input::Range(start), Some(length)))
            }
            ast::ForInput::Items(expr) => {
                let items = self.infer(expr, None);
                let is_array = matches!(self.cx.ty(items.ty), Type::Array { .. });
                let items = if is_array { self.address_of(items, expr.span) } else { items };
                let items = self.hold_in(items, stmts)?;
                let length = self.length_of(&items, expr.span);
                if length.is_none() {
                    self.not_iterable(&items);
                    return None;
                }
                Some((Input::Items(items), length))
            }
        }
    }

    fn hold_in(&mut self, expr: Expr, stmts: &mut Vec<Expr>) -> Option<Expr> {
        if expr.is_poison() {
            return None;
        }
        // A variable may change while the loop runs: its value is taken once.
        let is_variable = matches!(&*expr.kind, Kind::Read(_));
        if !is_variable {
            let (more, held) = self.hold(expr);
            stmts.extend(more);
            return Some(held);
        }
        let (ty, span) = (expr.ty, expr.span);
        let local = self.hidden("held", ty, span, false);
        stmts.push(Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(expr) }));
        Some(local_expr(local, ty, span))
    }

    fn not_iterable(&mut self, items: &Expr) {
        let name = self.cx.type_name(items.ty);
        let diagnostic =
            Diagnostic::new(codes::HOST004, items.span, format!("`for` cannot go through a `{name}`"));
        self.fail(match self.cx.ty(items.ty) {
            Type::Tuple(_) => {
                diagnostic.help("the fields of a tuple have types of their own: write `inline for`")
            }
            Type::ComptimeInt | Type::Usize | Type::Int { .. } => {
                diagnostic.help("count with a range: `for (0..n) |i|`")
            }
            _ => diagnostic,
        });
    }

    /// One length of several that must be equal.
    fn agree(&mut self, mut lengths: Vec<Expr>, stmts: &mut Vec<Expr>, span: Span) -> Expr {
        let first = lengths.remove(0);
        for other in lengths {
            if let (Some(one), Some(two)) = (first.value(), other.value()) {
                if one != two {
                    self.error(codes::HOST008, span, "the inputs of this `for` have different lengths");
                }
                continue;
            }
            let kind = Kind::Compare { op: Compare::NotEqual, left: first.clone(), right: other };
            let condition = Expr::new(TypeId::BOOL, span, kind);
            let then = Expr::new(TypeId::NORETURN, span, Kind::Unreachable);
            stmts.push(Expr::new(TypeId::VOID, span, Kind::If { condition, then, otherwise: None }));
        }
        first
    }

    fn for_body(
        &mut self,
        it: &ast::For,
        inputs: &[Input],
        limit: &Expr,
        counter: LocalId,
        span: Span,
        hint: Option<TypeId>,
    ) -> Result<Expr, TypeId> {
        let label = self.new_label();
        let index = local_expr(counter, TypeId::USIZE, span);
        self.runtime_depth += 1;
        self.push_frame(it.label.map(|label| label.name), label, Some(Repeat::Continue), hint);
        self.enter();
        let mut stmts = Vec::new();
        for (input, capture) in inputs.iter().zip(&it.captures) {
            if capture.name.name == "_" {
                continue;
            }
            let value = self.round(input, capture, index.clone());
            stmts.push(self.let_capture(capture.name, value));
        }
        let body = self.arm(&it.body, Some(TypeId::VOID));
        self.leave();
        let frame = self.pop_frame();
        let otherwise = it.otherwise.as_ref().map(|otherwise| self.arm(otherwise, hint));
        self.runtime_depth -= 1;
        if body.is_poison() {
            return Ok(body);
        }
        let is_left = body.ty;
        stmts.push(body);
        stmts.retain(|stmt| !matches!(&*stmt.kind, Kind::Const(_)));
        let body = sequence_or_nothing(stmts, is_left, span);
        let mut brought = frame.brought;
        brought.push(otherwise.clone().unwrap_or_else(|| nothing(span)));
        let ty = self.loop_type(&brought, hint, span)?;
        let otherwise = otherwise.map(|otherwise| self.coerce(otherwise, ty));
        let condition = Kind::Compare { op: Compare::Less, left: index.clone(), right: limit.clone() };
        let condition = Some(Expr::new(TypeId::BOOL, span, condition));
        let step = Some(count_up(counter, index, span));
        Ok(self.finish_loop(Kind::Loop { label, condition, body, step, otherwise }, ty, span))
    }

    /// What a capture holds in one round.
    fn round(&mut self, input: &Input, capture: &ast::Capture, index: Expr) -> Expr {
        let span = capture.name.span;
        match input {
            Input::Range(start) => match start.value() {
                Some(Value::Int(zero)) if zero.is_zero() => index,
                _ => self.arithmetic(Binary::Add, start.clone(), index, TypeId::USIZE, span, span),
            },
            Input::Items(items) => {
                let element = self.unchecked_element(items.clone(), index, span);
                self.by_capture(element, capture)
            }
        }
    }

    /// An element at an index that is known to be inside.
    fn unchecked_element(&mut self, items: Expr, index: Expr, span: Span) -> Expr {
        let Some(parts) = self.cx.sequence(items.ty) else { return poison(span) };
        let Some(pointer) = self.cx.pointer(items.ty).cloned() else {
            return self.element_at(items, index, span);
        };
        let many = Pointer { size: PointerSize::Many, child: parts.child, ..pointer.clone() };
        let many = self.cx.types.intern(Type::Pointer(many));
        let first = match (pointer.size, items.value()) {
            (PointerSize::Slice, Some(Value::Slice { pointer, .. })) => {
                Expr::constant(many, span, Value::Pointer(pointer.clone()))
            }
            (PointerSize::Slice, _) => Expr::new(many, span, Kind::SlicePointer(items)),
            (_, Some(Value::Pointer(at))) => {
                Expr::constant(many, span, Value::Pointer(at.then(Step::Element(0))))
            }
            _ => convert(Convert::Pointer, items, many),
        };
        Expr::new(parts.child, span, Kind::Read(Place::Index { pointer: first, index, len: None }))
    }
}

/// Without an `else`, nothing but a `break` could bring a value, and that is none then.
pub(super) fn loop_hint(hint: Option<TypeId>, has_else: bool) -> Option<TypeId> {
    if has_else { hint } else { hint.filter(|&ty| ty == TypeId::VOID) }
}

/// What a `while` is to bring; one without end brings what its breaks do.
pub(super) fn while_hint(hint: Option<TypeId>, it: &ast::While) -> Option<TypeId> {
    let is_endless = matches!(&*it.condition.kind, ast::ExprKind::Name(name) if *name == "true");
    loop_hint(hint, it.otherwise.is_some() || is_endless)
}

/// Leaves a loop with what its `else` brings.
fn leave_loop(label: LabelId, value: Expr, span: Span) -> Expr {
    if value.ty == TypeId::NORETURN || value.is_poison() {
        return value;
    }
    if value.ty != TypeId::VOID {
        return Expr::new(TypeId::NORETURN, span, Kind::Break { label, value: Some(value) });
    }
    let leave = Expr::new(TypeId::NORETURN, span, Kind::Break { label, value: None });
    let stmts = [value, leave].into_iter().filter(|stmt| !matches!(&*stmt.kind, Kind::Const(_))).collect();
    sequence(stmts, TypeId::NORETURN, span)
}

fn count_up(counter: LocalId, index: Expr, span: Span) -> Expr {
    let one = Expr::constant(TypeId::USIZE, span, Value::int(1));
    let next = Expr::new(TypeId::USIZE, span, Kind::Binary { op: Binary::AddWrap, left: index, right: one });
    Expr::new(TypeId::VOID, span, Kind::Assign { place: Place::Local(counter), value: next })
}

pub(super) fn sequence_or_nothing(stmts: Vec<Expr>, ty: TypeId, span: Span) -> Expr {
    if stmts.is_empty() { nothing(span) } else { sequence(stmts, ty, span) }
}
