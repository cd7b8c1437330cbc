//! Errors and optionals: sets, `try`, `catch`, `orelse`, `.?`.
//!
//! A function that says `!T` collects its errors while its body is checked: names, and the sets of other
//! functions it passes on. Who needs the names has that body checked first.

use super::scope::{local_expr, nothing, poison};
use super::*;
use std::collections::BTreeSet;

/// The errors of a function that says `!T`, as far as its body is checked.
#[derive(Clone, Default, Debug)]
pub(super) struct Inferred {
    names: BTreeSet<Name>,
    /// Functions whose errors it passes on.
    from: Vec<InstanceId>,
    is_any: bool,
}

/// A set of these errors.
pub(super) fn named(mut names: Vec<Name>) -> ErrorSet {
    names.sort();
    names.dedup();
    ErrorSet::Named(names)
}

/// The errors of a set, in order of their names; nothing for `anyerror`.
pub fn error_names(cx: &mut Context, set: TypeId) -> Option<Vec<Name>> {
    let mut names = BTreeSet::new();
    collect(cx, set, &mut names, &mut Vec::new()).then(|| names.into_iter().collect())
}

fn collect(cx: &mut Context, set: TypeId, names: &mut BTreeSet<Name>, seen: &mut Vec<InstanceId>) -> bool {
    match cx.ty(set).clone() {
        Type::ErrorSet(ErrorSet::Named(more)) => {
            names.extend(more);
            true
        }
        Type::ErrorSet(ErrorSet::Inferred(id)) => collect_inferred(cx, id, names, seen),
        _ => false,
    }
}

fn collect_inferred(
    cx: &mut Context,
    id: InstanceId,
    names: &mut BTreeSet<Name>,
    seen: &mut Vec<InstanceId>,
) -> bool {
    if seen.contains(&id) {
        return true;
    }
    seen.push(id);
    body(cx, id);
    if matches!(cx.instances[id].body, crate::context::BodyState::Checking) {
        let instance = &cx.instances[id];
        let message = format!("the errors of `{}` are needed while they are being inferred", instance.name);
        let diagnostic = Diagnostic::new(codes::HOST016, instance.span, message);
        cx.sink.report(diagnostic.help("write its error set: `error{A, B}!T` or `anyerror!T`"));
    }
    let inferred = cx.host.inferred.get(&id).cloned().unwrap_or_default();
    names.extend(inferred.names);
    !inferred.is_any && inferred.from.into_iter().all(|id| collect_inferred(cx, id, names, seen))
}

impl BodyChecker<'_, '_> {
    /// `error.Name`: its own set of one.
    pub(super) fn error_literal(&mut self, name: Ident, span: Span) -> Expr {
        let ty = self.cx.types.intern(Type::ErrorSet(named(vec![name.name])));
        Expr::constant(ty, span, Value::Error(name.name))
    }

    /// May this error be in a value of the set? A set that is inferred here takes it in.
    pub(super) fn set_takes(&mut self, set: TypeId, name: Name) -> bool {
        match self.cx.ty(set).clone() {
            Type::ErrorSet(ErrorSet::Any) => true,
            Type::ErrorSet(ErrorSet::Named(names)) => names.contains(&name),
            Type::ErrorSet(ErrorSet::Inferred(id)) if Some(id) == self.instance => {
                self.cx.host.inferred.entry(id).or_default().names.insert(name);
                true
            }
            Type::ErrorSet(ErrorSet::Inferred(_)) => {
                error_names(self.cx, set).is_none_or(|names| names.contains(&name))
            }
            _ => false,
        }
    }

    /// Does the set `to` hold every error of `from`? A set that is inferred here takes them in.
    pub(super) fn set_fits(&mut self, from: TypeId, to: TypeId) -> bool {
        if from == to {
            return true;
        }
        let (Type::ErrorSet(have), Type::ErrorSet(want)) = (self.cx.ty(from).clone(), self.cx.ty(to).clone())
        else {
            return false;
        };
        match (have, want) {
            (_, ErrorSet::Any) => true,
            (have, ErrorSet::Inferred(id)) if Some(id) == self.instance => {
                let inferred = self.cx.host.inferred.entry(id).or_default();
                match have {
                    ErrorSet::Any => inferred.is_any = true,
                    ErrorSet::Named(names) => inferred.names.extend(names),
                    ErrorSet::Inferred(other) => inferred.from.push(other),
                }
                true
            }
            (ErrorSet::Any, _) => false,
            _ => {
                let Some(want) = error_names(self.cx, to) else { return true };
                error_names(self.cx, from).is_some_and(|have| have.iter().all(|name| want.contains(name)))
            }
        }
    }

    fn error_parts(&mut self, operand: &Expr, word: &str) -> Option<(TypeId, TypeId)> {
        if operand.is_poison() {
            return None;
        }
        let parts = self.cx.error_union(operand.ty);
        if parts.is_none() {
            let name = self.cx.type_name(operand.ty);
            self.error(
                codes::HOST004,
                operand.span,
                format!("`{word}` takes an error union, and this is `{name}`"),
            );
        }
        parts
    }

    /// `try operand`
    pub(super) fn try_expr(&mut self, operand: &ast::Expr, span: Span, hint: Option<TypeId>) -> Expr {
        // `try .init(..)` calls a function of the type that is expected.
        let is_literal = matches!(&*operand.kind, ast::ExprKind::Call { callee, .. }
            if matches!(&*callee.kind, ast::ExprKind::EnumLiteral(_)));
        let operand = self.infer(operand, hint.filter(|_| is_literal));
        if operand.ty == TypeId::NORETURN {
            return operand;
        }
        let Some((set, payload)) = self.error_parts(&operand, "try") else { return poison(span) };
        let operand = if self.is_running { self.forced(operand) } else { operand };
        if let Some(Value::Payload(inner)) = operand.value() {
            return Expr::constant(payload, span, (**inner).clone());
        }
        if self.defer_depth > 0 {
            return self.error(codes::HOST012, span, "`try` cannot stand in a `defer`");
        }
        let ret = self.return_type();
        let Some((ret_set, _)) = self.cx.error_union(ret) else { return self.try_outside(span) };
        if !self.set_fits(set, ret_set) {
            return self.mismatch(&Expr::new(set, span, Kind::Unreachable), ret_set);
        }
        if let (true, Some(error @ Value::Error(_))) = (self.is_running, operand.value()) {
            self.returned.get_or_insert(Known { ty: ret, value: error.clone() });
            return Expr::new(TypeId::NORETURN, span, Kind::Unreachable);
        }
        let error = self.hidden("error", set, span, false);
        let value = self.coerce(local_expr(error, set, span), ret);
        let back = Expr::new(TypeId::NORETURN, span, Kind::Return(Some(value)));
        let (local, then) = self.payload_local(payload, span);
        let kind = Kind::IfOk {
            operand,
            payload: local,
            by_pointer: false,
            then,
            error: Some(error),
            otherwise: Some(back),
        };
        Expr::new(payload, span, kind)
    }

    fn try_outside(&mut self, span: Span) -> Expr {
        let (what, help) = match self.result {
            ResultShape::Branches { .. } => {
                ("a proc answers with a branch", "write `catch return .{ .branch = .. }`")
            }
            ResultShape::Returns(_) => {
                ("this function returns no error", "write `catch`, or give the function an error union")
            }
        };
        let wrong = Diagnostic::new(codes::HOST012, span, format!("`try` cannot return the error: {what}"));
        let declared = match self.result {
            ResultShape::Returns(_) => self.instance.map_or(Span::NONE, |id| self.return_span(id)),
            ResultShape::Branches { .. } => Span::NONE,
        };
        self.fail(wrong.also(declared, "the function returns this").help(help))
    }

    /// A local for a payload, and the expression that reads it.
    fn payload_local(&mut self, payload: TypeId, span: Span) -> (Option<LocalId>, Expr) {
        match payload {
            TypeId::VOID => (None, nothing(span)),
            TypeId::NORETURN => (None, Expr::new(payload, span, Kind::Unreachable)),
            _ => {
                let local = self.hidden("payload", payload, span, false);
                (Some(local), local_expr(local, payload, span))
            }
        }
    }

    /// `left catch |error| right`
    pub(super) fn catch(
        &mut self,
        left: &ast::Expr,
        capture: Option<Ident>,
        right: &ast::Expr,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let operand = self.infer(left, None);
        if operand.ty == TypeId::NORETURN {
            return operand;
        }
        let Some((set, payload)) = self.error_parts(&operand, "catch") else {
            self.infer(right, hint);
            return poison(span);
        };
        let operand = if self.is_running { self.forced(operand) } else { operand };
        match operand.value().cloned() {
            Some(Value::Payload(inner)) => return Expr::constant(payload, span, (*inner).clone()),
            Some(error @ Value::Error(_)) => {
                self.enter();
                if let Some(name) = capture {
                    self.bind_constant(name, Known { ty: set, value: error });
                }
                let right = self.infer(right, hint);
                self.leave();
                return right;
            }
            _ => {}
        }
        let (local, then) = self.payload_local(payload, span);
        self.runtime_depth += 1;
        self.enter();
        let error = capture.and_then(|name| self.bind_capture(name, set));
        let wanted = self.other_side(payload, hint);
        let otherwise =
            if wanted == Some(TypeId::VOID) { self.expr_statement(right) } else { self.infer(right, wanted) };
        self.leave();
        self.runtime_depth -= 1;
        self.join(then, Some(otherwise), hint, span, |then, otherwise| Kind::IfOk {
            operand,
            payload: local,
            by_pointer: false,
            then,
            error,
            otherwise,
        })
    }

    /// What the right side of `catch` and `orelse` is expected to be.
    fn other_side(&self, payload: TypeId, hint: Option<TypeId>) -> Option<TypeId> {
        hint.or(Some(payload)).filter(|&ty| ty != TypeId::NORETURN)
    }

    /// `left orelse right`
    pub(super) fn orelse(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let operand = self.infer(left, None);
        if operand.ty == TypeId::NORETURN || operand.is_poison() {
            return operand;
        }
        let operand = if self.is_running { self.forced(operand) } else { operand };
        match (operand.value(), self.cx.optional_child(operand.ty)) {
            (Some(Value::Some(inner)), Some(child)) => return Expr::constant(child, span, (**inner).clone()),
            (Some(Value::Null), _) => return self.infer(right, hint),
            _ => {}
        }
        let Some(payload) = self.cx.optional_child(operand.ty) else {
            let name = self.cx.type_name(operand.ty);
            return self.error(
                codes::HOST004,
                operand.span,
                format!("`orelse` takes an optional, and this is `{name}`"),
            );
        };
        let (local, then) = self.payload_local(payload, span);
        self.runtime_depth += 1;
        self.enter();
        let wanted = self.other_side(payload, hint);
        let otherwise =
            if wanted == Some(TypeId::VOID) { self.expr_statement(right) } else { self.infer(right, wanted) };
        self.leave();
        self.runtime_depth -= 1;
        self.join(then, Some(otherwise), hint, span, |then, otherwise| Kind::IfSome {
            operand,
            payload: local,
            by_pointer: false,
            then,
            otherwise,
        })
    }

    pub(super) fn discard_catch(
        &mut self,
        left: &ast::Expr,
        capture: Option<Ident>,
        right: &ast::Expr,
        span: Span,
    ) -> Expr {
        let operand = self.infer(left, None);
        let Some((set, _)) = self.error_parts(&operand, "catch") else { return poison(span) };
        self.runtime_depth += 1;
        self.enter();
        let error = capture.and_then(|name| self.bind_capture(name, set));
        let otherwise = self.discard(right);
        self.leave();
        self.runtime_depth -= 1;
        self.join(nothing(span), Some(otherwise), Some(TypeId::VOID), span, |then, otherwise| Kind::IfOk {
            operand,
            payload: None,
            by_pointer: false,
            then,
            error,
            otherwise,
        })
    }

    pub(super) fn discard_orelse(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let operand = self.infer(left, None);
        if operand.is_poison() {
            return operand;
        }
        if self.cx.optional_child(operand.ty).is_none() {
            let name = self.cx.type_name(operand.ty);
            return self.error(
                codes::HOST004,
                operand.span,
                format!("`orelse` takes an optional, and this is `{name}`"),
            );
        }
        self.runtime_depth += 1;
        let otherwise = self.discard(right);
        self.runtime_depth -= 1;
        self.join(nothing(span), Some(otherwise), Some(TypeId::VOID), span, |then, otherwise| Kind::IfSome {
            operand,
            payload: None,
            by_pointer: false,
            then,
            otherwise,
        })
    }

    /// `base.?`
    pub(super) fn unwrap(&mut self, base: &ast::Expr, span: Span) -> Expr {
        let base = self.infer_place(base, None);
        if self.is_running
            && let Some(child) = self.cx.optional_child(base.ty)
            && let Kind::Read(place) = &*base.kind
            && let Some(at) = places::known_place(place).filter(|at| self.cx.is_memory(at))
            && let Some(Value::Some(_)) = self.cx.read_pointer(&at)
        {
            let pointer = self.cx.types.pointer(child, false);
            let at = Value::Pointer(at.then(Step::Field(0)));
            return self.load(Expr::constant(pointer, span, at), span);
        }
        let base = self.settled(base);
        if base.is_poison() {
            return base;
        }
        let Some(child) = self.cx.optional_child(base.ty) else {
            let name = self.cx.type_name(base.ty);
            return self.error(codes::HOST004, span, format!("`.?` takes an optional, and this is `{name}`"));
        };
        match base.value() {
            Some(Value::Some(inner)) => Expr::constant(child, span, (**inner).clone()),
            Some(Value::Null) => self.error(codes::HOST008, span, "this is null"),
            _ => self.unwrapped(base, child, span),
        }
    }

    /// `.?` of something in memory is a place: `x.?.field = 1` writes there.
    fn unwrapped(&mut self, base: Expr, child: TypeId, span: Span) -> Expr {
        let base_ty = base.ty;
        let kind = match *base.kind {
            Kind::Read(place) => Kind::Read(Place::OptionalPayload { base: Box::new(place), base_ty }),
            kind => Kind::Unwrap(Expr::new(base_ty, base.span, kind)),
        };
        Expr::new(child, span, kind)
    }
}
