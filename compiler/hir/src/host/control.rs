//! `if`, `break`, `continue`, `return`.
//!
//! A condition known while compiling selects its branch, and the other one is not looked at.

use super::scope::{Frame, Repeat, nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn push_frame(
        &mut self,
        name: Option<Name>,
        label: LabelId,
        repeat: Option<Repeat>,
        expected: Option<TypeId>,
    ) {
        self.frames.push(Frame {
            name,
            label,
            repeat,
            expected,
            brought: Vec::new(),
            breaks: 0,
            continues: 0,
            result: None,
        });
    }

    pub(super) fn pop_frame(&mut self) -> Frame {
        self.frames.pop().unwrap_or_else(|| koru_base::bug!("host", "a block is left that was not entered"))
    }

    pub(super) fn if_expr(&mut self, it: &ast::If, span: Span, hint: Option<TypeId>) -> Expr {
        if it.capture.is_some() || it.else_capture.is_some() {
            return self.if_capture(it, span, hint);
        }
        let condition = self.condition(&it.condition);
        match condition.value() {
            Some(Value::Bool(true)) => return self.arm(&it.then, hint),
            Some(Value::Bool(false)) => return self.else_arm(it.otherwise.as_ref(), span, hint),
            _ => {}
        }
        self.runtime_depth += 1;
        let then = self.arm(&it.then, hint);
        let otherwise = it.otherwise.as_ref().map(|otherwise| self.arm(otherwise, hint));
        self.runtime_depth -= 1;
        if condition.is_poison() || condition.ty == TypeId::NORETURN {
            return condition;
        }
        self.join(then, otherwise, hint, span, |then, otherwise| Kind::If { condition, then, otherwise })
    }

    /// One way an expression may go.
    pub(super) fn arm(&mut self, expr: &ast::Expr, hint: Option<TypeId>) -> Expr {
        self.enter();
        let checked = match hint {
            Some(TypeId::VOID) => self.expr_statement(expr),
            hint => self.expr(expr, hint),
        };
        self.leave();
        checked
    }

    pub(super) fn else_arm(&mut self, expr: Option<&ast::Expr>, span: Span, hint: Option<TypeId>) -> Expr {
        match expr {
            Some(expr) => self.arm(expr, hint),
            None => match hint {
                Some(ty) => self.coerce(nothing(span), ty),
                None => nothing(span),
            },
        }
    }

    /// Two ways as one expression.
    pub(super) fn join(
        &mut self,
        then: Expr,
        otherwise: Option<Expr>,
        hint: Option<TypeId>,
        span: Span,
        make: impl FnOnce(Expr, Option<Expr>) -> Kind,
    ) -> Expr {
        let missing = nothing(span);
        let other = otherwise.as_ref().unwrap_or(&missing);
        let ty = match hint {
            _ if then.is_poison() || other.is_poison() => TypeId::ERROR,
            _ if then.ty == TypeId::NORETURN && other.ty == TypeId::NORETURN => TypeId::NORETURN,
            Some(ty) => ty,
            None => self.peer_or_report(&[&then, other], span),
        };
        if ty == TypeId::ERROR {
            return poison(span);
        }
        let (then, otherwise) = match ty {
            TypeId::NORETURN => (then, otherwise),
            TypeId::VOID => (self.coerce(then, ty), otherwise.map(|otherwise| self.coerce(otherwise, ty))),
            _ => {
                let otherwise = otherwise.unwrap_or(missing);
                (self.coerce(then, ty), Some(self.coerce(otherwise, ty)))
            }
        };
        let is_broken = then.is_poison() || otherwise.as_ref().is_some_and(Expr::is_poison);
        if is_broken { poison(span) } else { Expr::new(ty, span, make(then, otherwise)) }
    }

    /// `if (optional) |value|`, `if (error union) |value| .. else |error|`
    fn if_capture(&mut self, it: &ast::If, span: Span, hint: Option<TypeId>) -> Expr {
        let place = self.infer_place(&it.condition, None);
        let operand = if self.is_running { self.forced(place.clone()) } else { place.clone() };
        if operand.is_poison() || operand.ty == TypeId::NORETURN {
            return operand;
        }
        if let Some(value) = operand.value().cloned() {
            return self.if_known(it, place, &value, span, hint);
        }
        if !self.takes_errors(&operand, it.else_capture) {
            return poison(span);
        }
        let by_pointer = it.capture.is_some_and(|capture| capture.by_pointer);
        self.runtime_depth += 1;
        let result = self.capture_arms(
            operand,
            by_pointer,
            span,
            hint,
            |checker, payload| {
                checker.enter();
                let local = it.capture.and_then(|capture| checker.bind_capture(capture.name, payload));
                let then = checker.arm(&it.then, hint);
                checker.leave();
                (local, then)
            },
            |checker, set| {
                checker.enter();
                let local = match set {
                    Some(set) => it.else_capture.and_then(|name| checker.bind_capture(name, set)),
                    None => None,
                };
                let otherwise = it.otherwise.as_ref().map(|otherwise| checker.arm(otherwise, hint));
                checker.leave();
                (local, otherwise)
            },
        );
        self.runtime_depth -= 1;
        result
    }

    /// Declares a capture, unless it is `_`.
    pub(super) fn bind_capture(&mut self, name: Ident, ty: TypeId) -> Option<LocalId> {
        (name.name != "_").then(|| self.bind(name.name, ty, name.span, false))
    }

    /// Takes an optional or error union apart, with an arm for what is there and one for what is not.
    pub(super) fn capture_arms(
        &mut self,
        operand: Expr,
        by_pointer: bool,
        span: Span,
        hint: Option<TypeId>,
        then: impl FnOnce(&mut Self, TypeId) -> (Option<LocalId>, Expr),
        otherwise: impl FnOnce(&mut Self, Option<TypeId>) -> (Option<LocalId>, Option<Expr>),
    ) -> Expr {
        let ty = operand.ty;
        let (child, set) = match (self.cx.optional_child(ty), self.cx.error_union(ty)) {
            (Some(child), _) => (child, None),
            (_, Some((set, payload))) => (payload, Some(set)),
            _ => {
                let name = self.cx.type_name(ty);
                let message = format!("`{name}` is neither optional nor an error union");
                return self.error(codes::HOST002, operand.span, message);
            }
        };
        let (operand, payload_ty) = match by_pointer {
            true => {
                let operand = self.address_of(operand, span);
                let is_const = self.cx.pointer(operand.ty).is_some_and(|pointer| pointer.is_const);
                (operand, self.cx.types.pointer(child, is_const))
            }
            false => (operand, child),
        };
        let (payload, then) = then(self, payload_ty);
        let (error, otherwise) = otherwise(self, set);
        self.join(then, otherwise, hint, span, |then, otherwise| match set {
            None => Kind::IfSome { operand, payload, by_pointer, then, otherwise },
            Some(_) => Kind::IfOk { operand, payload, by_pointer, then, error, otherwise },
        })
    }

    /// An error that nobody takes: `while (e) |value|` without `else |err|`.
    pub(super) fn takes_errors(&mut self, operand: &Expr, error: Option<Ident>) -> bool {
        if error.is_some() || self.cx.error_union(operand.ty).is_none() {
            return true;
        }
        let name = self.cx.type_name(operand.ty);
        let message = format!("`{name}` may be an error, and nothing takes it");
        self.fail(Diagnostic::new(codes::HOST002, operand.span, message).help("add `else |err| ..`"));
        false
    }

    fn if_known(
        &mut self,
        it: &ast::If,
        place: Expr,
        value: &Value,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let ty = place.ty;
        let inner = match (self.cx.optional_child(ty), self.cx.error_union(ty), value) {
            (Some(child), _, Value::Some(inner)) => Some((child, (**inner).clone())),
            (_, Some((_, payload)), Value::Payload(inner)) => Some((payload, (**inner).clone())),
            (Some(_), _, Value::Null) => None,
            (_, Some((set, _)), Value::Error(_)) => {
                self.enter();
                if let Some(name) = it.else_capture {
                    self.bind_constant(name, Known { ty: set, value: value.clone() });
                }
                let otherwise = self.else_arm(it.otherwise.as_ref(), span, hint);
                self.leave();
                return otherwise;
            }
            _ if ty == TypeId::NULL => None,
            _ => {
                let name = self.cx.type_name(ty);
                return self.error(
                    codes::HOST002,
                    it.condition.span,
                    format!("`{name}` is neither optional nor an error union"),
                );
            }
        };
        let Some((ty, value)) = inner else { return self.else_arm(it.otherwise.as_ref(), span, hint) };
        self.enter();
        if let Some(capture) = it.capture {
            let known = match capture.by_pointer {
                true => self.pointer_to_payload(place, ty),
                false => Known { ty, value },
            };
            self.bind_constant(capture.name, known);
        }
        let then = self.arm(&it.then, hint);
        self.leave();
        then
    }

    fn pointer_to_payload(&mut self, place: Expr, ty: TypeId) -> Known {
        let span = place.span;
        let address = self.address_of(place, span);
        let is_const = self.cx.pointer(address.ty).is_some_and(|pointer| pointer.is_const);
        let pointer = self.cx.types.pointer(ty, is_const);
        match address.value() {
            Some(Value::Pointer(at)) => Known { ty: pointer, value: Value::Pointer(at.then(Step::Field(0))) },
            _ => Known { ty: TypeId::ERROR, value: Value::Undefined },
        }
    }

    /// The frame a `break` or `continue` means.
    fn target(&mut self, label: Option<Ident>, repeats: bool, span: Span) -> Option<usize> {
        let found = self.frames.iter().rposition(|frame| match label {
            Some(label) => frame.name == Some(label.name) && (!repeats || frame.repeat.is_some()),
            None => frame.repeat.is_some_and(|repeat| !matches!(repeat, Repeat::Switch(_))),
        });
        if found.is_none() {
            let word = if repeats { "continue" } else { "break" };
            let message = match label {
                Some(label) => format!("nothing around here is labelled `{}`", label.name),
                None => format!("`{word}` stands outside of a loop"),
            };
            let names: Vec<Name> = self.frames.iter().filter_map(|frame| frame.name).collect();
            let close =
                label.and_then(|label| closest(label.name.as_str(), names.iter().map(|name| name.as_str())));
            self.fail(
                Diagnostic::new(codes::HOST012, label.map_or(span, |label| label.span), message)
                    .help_if(close, |close| format!("did you mean `{close}`?")),
            );
        }
        found
    }

    pub(super) fn break_from(&mut self, label: Option<Ident>, value: Option<&ast::Expr>, span: Span) -> Expr {
        let Some(index) = self.target(label, false, span) else { return poison(span) };
        let Frame { label, expected, .. } = self.frames[index];
        let value = value.map(|value| match expected {
            Some(TypeId::VOID) => self.expr(value, Some(TypeId::VOID)),
            expected => self.expr(value, expected),
        });
        let value = match value {
            Some(value) if value.ty == TypeId::NORETURN => return value,
            Some(value) if self.is_running => Some(self.forced(value)),
            value => value,
        };
        let brought = value.clone().unwrap_or_else(|| nothing(span));
        let shadow = match brought.value() {
            Some(_) => brought,
            None => Expr::new(brought.ty, brought.span, Kind::Unreachable),
        };
        let is_running = self.is_running;
        let frame = &mut self.frames[index];
        frame.breaks += 1;
        if let (true, Some(value)) = (is_running, shadow.value()) {
            frame.result.get_or_insert(Known { ty: shadow.ty, value: value.clone() });
        }
        frame.brought.push(shadow);
        let value = value.filter(|value| value.ty != TypeId::VOID);
        Expr::new(TypeId::NORETURN, span, Kind::Break { label, value })
    }

    pub(super) fn continue_with(
        &mut self,
        label: Option<Ident>,
        value: Option<&ast::Expr>,
        span: Span,
    ) -> Expr {
        let Some(index) = self.target(label, true, span) else { return poison(span) };
        let frame = &mut self.frames[index];
        frame.continues += 1;
        let (label, repeat) = (frame.label, frame.repeat);
        let kind = match (repeat, value) {
            (Some(Repeat::Switch(state)), Some(value)) => {
                return self.switch_again(label, state, value, span);
            }
            (Some(Repeat::Switch(_)), None) | (_, Some(_)) => {
                let message = "`continue` takes a value where it means a labelled switch";
                return self.error(codes::HOST012, span, message);
            }
            (Some(Repeat::Leave(label)), None) => Kind::Break { label, value: None },
            _ => Kind::Continue { label },
        };
        Expr::new(TypeId::NORETURN, span, kind)
    }

    fn switch_again(&mut self, label: LabelId, state: LocalId, value: &ast::Expr, span: Span) -> Expr {
        let ty = self.body.locals[state].ty;
        let value = self.expr(value, Some(ty));
        if value.is_poison() || value.ty == TypeId::NORETURN {
            return value;
        }
        let set = Expr::new(TypeId::VOID, span, Kind::Assign { place: Place::Local(state), value });
        let again = Expr::new(TypeId::NORETURN, span, Kind::Continue { label });
        coerce::sequence(vec![set, again], TypeId::NORETURN, span)
    }

    pub(super) fn return_value(&mut self, value: Option<&ast::Expr>, span: Span) -> Expr {
        if self.defer_depth > 0 {
            return self.error(codes::HOST012, span, "`return` cannot stand in a `defer`");
        }
        let ty = self.return_type();
        if self.is_proc && ty == TypeId::VOID && value.is_some_and(is_branch) {
            let message = "the event has no branches, so there is nothing to answer";
            let diagnostic = Diagnostic::new(codes::KORU054, span, message);
            self.report(diagnostic.help("write `return;`, or declare the branch"));
            return Expr::new(TypeId::NORETURN, span, Kind::Unreachable);
        }
        let checked = match value {
            Some(value) => {
                let text = match self.result {
                    ResultShape::Branches { .. } => "the event's branches say this",
                    ResultShape::Returns(_) => "the function returns this",
                };
                let declared = self.instance.map_or(Span::NONE, |id| self.return_span(id));
                self.because(ty, declared, text, |checker| checker.expr(value, Some(ty)))
            }
            None => self.coerce(nothing(span), ty),
        };
        if checked.is_poison() || checked.ty == TypeId::NORETURN {
            if !checked.is_poison() {
                return checked;
            }
            // What follows is out of reach all the same.
            self.is_broken = true;
            return Expr::new(TypeId::NORETURN, span, Kind::Unreachable);
        }
        if self.is_proc
            && let Some(problem) = crate::koru::lasting::check(&checked, "proc")
        {
            self.report(problem);
        }
        if self.is_running {
            let value = self.forced(checked);
            if let Some(known) = value.value().cloned() {
                self.returned.get_or_insert(Known { ty: value.ty, value: known });
            }
            return Expr::new(TypeId::NORETURN, span, Kind::Unreachable);
        }
        if ty == TypeId::VOID {
            // What is returned may still do something.
            let back = Expr::new(TypeId::NORETURN, span, Kind::Return(None));
            return match checked.value().is_some() {
                true => back,
                false => {
                    Expr::new(TypeId::NORETURN, span, Kind::Block { label: None, stmts: vec![checked, back] })
                }
            };
        }
        Expr::new(TypeId::NORETURN, span, Kind::Return(Some(checked)))
    }

    /// Where the function says what it returns.
    pub(super) fn return_span(&self, id: InstanceId) -> Span {
        match &self.cx.instances[id].origin {
            crate::context::Origin::Function { function, .. } => self.cx.functions[*function].source.ret.span,
            _ => self.cx.instances[id].span,
        }
    }
}

/// Does this look like the answer of an event?
fn is_branch(value: &ast::Expr) -> bool {
    matches!(&*value.kind, ast::ExprKind::EnumLiteral(_) | ast::ExprKind::Literal { ty: None, .. })
}
