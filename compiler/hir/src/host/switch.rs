//! `switch`: on numbers, enums, tagged unions, errors, bools and types.
//!
//! A union is switched by its tag; a prong's capture reads the payload where the union is. An operand
//! known while compiling selects its prong, and the others are not looked at.

use super::coerce::sequence;
use super::scope::{nothing, poison};
use super::*;

/// What is switched on.
struct Subject {
    /// The operand, which can be read several times.
    whole: Expr,
    /// Of the cases: the union's tag, or the operand's own type.
    ty: TypeId,
    is_union: bool,
}

/// A prong's cases, as values of the subject's type; both ends included.
type Ranges = Vec<(Value, Value)>;

impl BodyChecker<'_, '_> {
    pub(super) fn switch(&mut self, it: &ast::Switch, span: Span, hint: Option<TypeId>) -> Expr {
        if let Some(label) = it.label {
            return self.labelled_switch(it, label, span, hint);
        }
        let place = self.infer_place(&it.operand, None);
        let operand = if self.is_running { self.forced(place.clone()) } else { place.clone() };
        if operand.is_poison() || operand.ty == TypeId::NORETURN {
            return operand;
        }
        if operand.value().is_some() {
            return self.switch_known(it, place, operand, span, hint);
        }
        let (mut stmts, whole) = self.hold_place(operand);
        let Some(subject) = self.subject(whole) else { return poison(span) };
        self.runtime_depth += 1;
        let result = self.settle(hint, |checker, hint| checker.switch_arms(it, &subject, span, hint));
        self.runtime_depth -= 1;
        let ty = result.ty;
        stmts.push(result);
        sequence(stmts, ty, span)
    }

    /// `label: switch (x) { .. continue :label y .. }`: a loop around a variable that is switched on.
    fn labelled_switch(&mut self, it: &ast::Switch, label: Ident, span: Span, hint: Option<TypeId>) -> Expr {
        let operand = self.infer(&it.operand, None);
        if operand.is_poison() || operand.ty == TypeId::NORETURN {
            return operand;
        }
        let ty = operand.ty;
        if self.is_running || self.cx.is_comptime_only(ty) {
            return self.unsupported(span, "labelled switch on a value that exists only while compiling");
        }
        let state = self.hidden("state", ty, span, true);
        let begin = Expr::new(TypeId::VOID, span, Kind::Let { local: state, value: Some(operand) });
        let whole = scope::local_expr(state, ty, span);
        let Some(subject) = self.subject(whole) else { return poison(span) };
        self.runtime_depth += 1;
        let result = self.settle(hint, |checker, hint| {
            let id = checker.new_label();
            checker.push_frame(Some(label.name), id, Some(scope::Repeat::Switch(state)), hint);
            let arms = checker.switch_arms(it, &subject, span, hint);
            let frame = checker.pop_frame();
            checker.finish_labelled_switch(frame, arms?, hint, span)
        });
        self.runtime_depth -= 1;
        let ty = result.ty;
        sequence(vec![begin, result], ty, span)
    }

    fn finish_labelled_switch(
        &mut self,
        frame: scope::Frame,
        arms: Expr,
        hint: Option<TypeId>,
        span: Span,
    ) -> Result<Expr, TypeId> {
        let mut brought = frame.brought;
        brought.push(Expr::new(arms.ty, span, Kind::Unreachable));
        let is_endless = brought.iter().all(|expr| expr.ty == TypeId::NORETURN);
        let ty = if is_endless { TypeId::NORETURN } else { self.settle_type(&brought, hint, span)? };
        if ty == TypeId::ERROR || arms.is_poison() {
            return Ok(poison(span));
        }
        let label = frame.label;
        let body = match arms.ty {
            TypeId::NORETURN => arms,
            TypeId::VOID => {
                let leave = Expr::new(TypeId::NORETURN, span, Kind::Break { label, value: None });
                sequence(vec![arms, leave], TypeId::NORETURN, span)
            }
            _ => {
                let value = Some(self.coerce(arms, ty));
                Expr::new(TypeId::NORETURN, span, Kind::Break { label, value })
            }
        };
        let kind = Kind::Loop { label, condition: None, body, step: None, otherwise: None };
        Ok(Expr::new(ty, span, kind))
    }

    fn subject(&mut self, whole: Expr) -> Option<Subject> {
        if let Some(tag) = self.cx.union_tag(whole.ty) {
            return Some(Subject { whole, ty: tag, is_union: true });
        }
        let ty = whole.ty;
        let is_fine = self.cx.is_integer(ty)
            || ty == TypeId::BOOL
            || ty == TypeId::TYPE
            || ty == TypeId::ENUM_LITERAL
            || self.cx.is_error_set(ty)
            || self.cx.kind_of(ty) == Some(ContainerKind::Enum);
        if is_fine {
            return Some(Subject { whole, ty, is_union: false });
        }
        let name = self.cx.type_name(ty);
        let diagnostic =
            Diagnostic::new(codes::HOST004, whole.span, format!("`switch` does not take a `{name}`"));
        self.fail(match self.cx.sequence(ty) {
            Some(_) => diagnostic.help("compare texts with `std.mem.eql(u8, a, b)`"),
            None => diagnostic,
        });
        None
    }

    fn switch_arms(
        &mut self,
        it: &ast::Switch,
        subject: &Subject,
        span: Span,
        hint: Option<TypeId>,
    ) -> Result<Expr, TypeId> {
        let mut cases: Vec<(Ranges, Expr)> = Vec::new();
        let mut otherwise = None;
        let mut taken: Vec<(Value, Value, Span)> = Vec::new();
        for prong in &it.prongs {
            if is_rest(prong) {
                continue;
            }
            let Some(ranges) = self.ranges(prong, subject, &mut taken) else { return Ok(poison(span)) };
            if prong.is_inline {
                for value in ranges.iter().flat_map(|(low, high)| numbers(low, high)) {
                    let body = self.inline_prong(prong, subject, &value, hint);
                    cases.push((vec![(value.clone(), value)], body));
                }
            } else {
                let body = self.prong(prong, subject, &ranges, hint);
                cases.push((ranges, body));
            }
        }
        if let Some(prong) = it.prongs.iter().find(|prong| is_rest(prong)) {
            if !prong.cases.is_empty() && !self.names_all(prong, subject, &taken, span) {
                return Ok(poison(span));
            }
            if prong.cases.is_empty() && self.is_superfluous(prong, subject, &taken) {
                let diagnostic = Diagnostic::new(
                    codes::HOST010,
                    prong.span,
                    "every value has a prong: nothing is left for `else`",
                );
                return Ok(self.fail(diagnostic));
            }
            if prong.is_inline {
                let rest = self.missing(subject, &taken).filter(|_| !self.is_open(subject));
                let Some(rest) = rest else {
                    return Ok(self.error(
                        codes::HOST005,
                        prong.span,
                        "`inline else` needs a type with few values",
                    ));
                };
                for value in rest {
                    let body = self.inline_prong(prong, subject, &value, hint);
                    cases.push((vec![(value.clone(), value)], body));
                }
            } else {
                otherwise = Some(self.else_prong(prong, subject, &taken, hint));
            }
        } else if !self.is_exhaustive(subject, &taken, span) {
            return Ok(poison(span));
        }
        self.finish_switch(subject, cases, otherwise, span, hint)
    }

    fn finish_switch(
        &mut self,
        subject: &Subject,
        cases: Vec<(Ranges, Expr)>,
        otherwise: Option<Expr>,
        span: Span,
        hint: Option<TypeId>,
    ) -> Result<Expr, TypeId> {
        let all: Vec<&Expr> = cases.iter().map(|(_, body)| body).chain(otherwise.as_ref()).collect();
        if all.iter().any(|body| body.is_poison()) {
            return Ok(poison(span));
        }
        let ty = match hint {
            _ if all.iter().all(|body| body.ty == TypeId::NORETURN) => TypeId::NORETURN,
            Some(ty) => ty,
            None => self.peer_or_report(&all, span),
        };
        if ty == TypeId::ERROR {
            return Ok(poison(span));
        }
        let mut coerced = Vec::new();
        for (ranges, body) in cases {
            let body = if ty == TypeId::NORETURN { body } else { self.coerce(body, ty) };
            coerced.push(SwitchCase { ranges, body });
        }
        let otherwise =
            otherwise.map(|body| if ty == TypeId::NORETURN { body } else { self.coerce(body, ty) });
        let operand = match subject.is_union {
            true => Expr::new(subject.ty, span, Kind::UnionTag(subject.whole.clone())),
            false => subject.whole.clone(),
        };
        Ok(Expr::new(ty, span, Kind::Switch { operand, cases: coerced, otherwise }))
    }

    /// The values of a prong, none of which another prong has.
    fn ranges(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        taken: &mut Vec<(Value, Value, Span)>,
    ) -> Option<Ranges> {
        let mut ranges = Ranges::new();
        for case in &prong.cases {
            let (low, high, span) = match case {
                ast::Case::Value(value) => {
                    let known = self.case_value(value, subject)?;
                    (known.clone(), known, value.span)
                }
                ast::Case::Range(low, high) => {
                    (self.case_value(low, subject)?, self.case_value(high, subject)?, low.span.to(high.span))
                }
            };
            if let Some((_, _, first)) = taken.iter().find(|(from, to, _)| overlaps(from, to, &low, &high)) {
                let first = *first;
                let diagnostic = Diagnostic::new(codes::HOST010, span, "this value has a prong already");
                self.report(diagnostic.also(first, "here"));
                return None;
            }
            taken.push((low.clone(), high.clone(), span));
            ranges.push((low, high));
        }
        Some(ranges)
    }

    fn case_value(&mut self, value: &ast::Expr, subject: &Subject) -> Option<Value> {
        if self.cx.is_error_set(subject.ty) {
            let known = self.known(value, None)?;
            let (Value::Error(name), true) = (&known.value, self.cx.is_error_set(known.ty)) else {
                self.mismatch(&Expr::constant(known.ty, value.span, known.value), subject.ty);
                return None;
            };
            if !self.set_takes(subject.ty, *name) {
                let message = format!("`error.{name}` is no error this value can be");
                self.error(codes::HOST003, value.span, message);
                return None;
            }
            return Some(known.value);
        }
        self.known(value, Some(subject.ty)).map(|known| known.value)
    }

    fn prong(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        ranges: &Ranges,
        hint: Option<TypeId>,
    ) -> Expr {
        self.enter();
        let mut stmts = Vec::new();
        if let Some(capture) = prong.capture.filter(|capture| capture.name.name != "_") {
            match self.captured(&capture, subject, ranges, prong.span) {
                Some(value) => stmts.push(self.let_capture(capture.name, value)),
                None => {
                    self.leave();
                    return poison(prong.span);
                }
            }
        }
        if let Some(tag) = prong.tag_capture {
            let value = self.tag_of_subject(subject, tag.span);
            stmts.push(self.let_capture(tag, value));
        }
        let body = self.arm(&prong.body, hint);
        self.leave();
        prepend(stmts, body)
    }

    fn tag_of_subject(&mut self, subject: &Subject, span: Span) -> Expr {
        match subject.is_union {
            true => Expr::new(subject.ty, span, Kind::UnionTag(subject.whole.clone())),
            false => subject.whole.clone(),
        }
    }

    pub(super) fn let_capture(&mut self, name: Ident, value: Expr) -> Expr {
        if let Some(known) = value.value().cloned() {
            self.bind_constant(name, Known { ty: value.ty, value: known });
            return nothing(name.span);
        }
        let local = self.bind(name.name, value.ty, name.span, false);
        Expr::new(TypeId::VOID, name.span, Kind::Let { local, value: Some(value) })
    }

    /// What a prong's capture holds.
    fn captured(
        &mut self,
        capture: &ast::Capture,
        subject: &Subject,
        ranges: &Ranges,
        span: Span,
    ) -> Option<Expr> {
        if self.cx.is_error_set(subject.ty) && !capture.by_pointer {
            let names = ranges.iter().filter_map(|(value, _)| match value {
                Value::Error(name) => Some(*name),
                _ => None,
            });
            let set = self.cx.types.intern(Type::ErrorSet(errors::named(names.collect())));
            return Some(coerce::convert(Convert::ErrorSet, subject.whole.clone(), set));
        }
        if !subject.is_union {
            return Some(self.by_capture(subject.whole.clone(), capture));
        }
        let mut found: Option<(u32, TypeId)> = None;
        for (value, _) in ranges {
            let field = self.field_of_tag(subject.whole.ty, subject.ty, value)?;
            let id = self.cx.container_of(subject.whole.ty)?;
            let ty = fields(self.cx, id)[field as usize].ty;
            match found {
                Some((_, first)) if first != ty => {
                    let (one, two) = (self.cx.type_name(first), self.cx.type_name(ty));
                    let message =
                        format!("the values of this prong carry different types: `{one}` and `{two}`");
                    self.error(codes::HOST002, capture.name.span, message);
                    return None;
                }
                Some(_) => {}
                None => found = Some((field, ty)),
            }
        }
        let (field, ty) = found?;
        let payload = match ranges.len() {
            1 => self.payload(subject.whole.clone(), field, ty, span),
            _ => self.shared_payload(subject.whole.clone(), ty, span),
        };
        Some(self.by_capture(payload, capture))
    }

    /// What a union holds under any of several fields of one type; all payloads begin where the union does.
    fn shared_payload(&mut self, whole: Expr, ty: TypeId, span: Span) -> Expr {
        let address = self.address_of(whole, span);
        let is_const = self.cx.pointer(address.ty).is_none_or(|pointer| pointer.is_const);
        let pointer = self.cx.types.pointer(ty, is_const);
        let payload = coerce::convert(Convert::Pointer, address, pointer);
        self.load(payload, span)
    }

    /// The value, or its address.
    pub(super) fn by_capture(&mut self, value: Expr, capture: &ast::Capture) -> Expr {
        if capture.by_pointer { self.address_of(value, capture.name.span) } else { value }
    }

    /// `else => |rest|`
    fn else_prong(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        taken: &[(Value, Value, Span)],
        hint: Option<TypeId>,
    ) -> Expr {
        self.enter();
        let mut stmts = Vec::new();
        if let Some(capture) = prong.capture.filter(|capture| capture.name.name != "_") {
            let whole = self.rest_of_errors(subject, taken);
            let value = self.by_capture(whole, &capture);
            stmts.push(self.let_capture(capture.name, value));
        }
        let body = self.arm(&prong.body, hint);
        self.leave();
        prepend(stmts, body)
    }

    /// The operand; of errors, with the ones that have prongs left out.
    fn rest_of_errors(&mut self, subject: &Subject, taken: &[(Value, Value, Span)]) -> Expr {
        let whole = subject.whole.clone();
        if !self.cx.is_error_set(subject.ty) {
            return whole;
        }
        let Some(names) = error_names(self.cx, subject.ty) else { return whole };
        let is_taken = |name: &Name| taken.iter().any(|(value, ..)| *value == Value::Error(*name));
        let rest: Vec<Name> = names.into_iter().filter(|name| !is_taken(name)).collect();
        let ty = self.cx.types.intern(Type::ErrorSet(errors::named(rest)));
        coerce::convert(Convert::ErrorSet, whole, ty)
    }

    /// A prong for one value, which the code inside knows.
    fn inline_prong(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        value: &Value,
        hint: Option<TypeId>,
    ) -> Expr {
        self.enter();
        let mut stmts = Vec::new();
        if let Some(capture) = prong.capture.filter(|capture| capture.name.name != "_") {
            let held = match subject.is_union {
                true => self.captured(&capture, subject, &vec![(value.clone(), value.clone())], prong.span),
                false => Some(Expr::constant(subject.ty, capture.name.span, value.clone())),
            };
            stmts.extend(held.map(|held| self.let_capture(capture.name, held)));
        }
        if let Some(tag) = prong.tag_capture {
            self.bind_constant(tag, Known { ty: subject.ty, value: value.clone() });
        }
        let body = self.arm(&prong.body, hint);
        self.leave();
        prepend(stmts, body)
    }

    /// The values no prong has; nothing where there are too many to say.
    fn missing(&mut self, subject: &Subject, taken: &[(Value, Value, Span)]) -> Option<Vec<Value>> {
        /// More prongs than this are a mistake.
        const LIMIT: u32 = 1024;
        let all: Vec<Value> = match self.cx.ty(subject.ty).clone() {
            Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
            Type::ErrorSet(_) => error_names(self.cx, subject.ty)?.into_iter().map(Value::Error).collect(),
            Type::Container(id) => {
                fields(self.cx, id).iter().filter_map(|field| field.value.clone()).collect()
            }
            _ => {
                let width = self.cx.integer(subject.ty)?;
                let gaps = gaps(width, taken);
                let count: BigInt = gaps.iter().map(|(low, high)| high - low + 1).sum();
                if count > BigInt::from(LIMIT) {
                    return None;
                }
                return Some(
                    gaps.iter()
                        .flat_map(|(low, high)| numbers(&Value::Int(low.clone()), &Value::Int(high.clone())))
                        .collect(),
                );
            }
        };
        let is_taken = |value: &Value| taken.iter().any(|(low, high, _)| overlaps(low, high, value, value));
        Some(all.into_iter().filter(|value| !is_taken(value)).collect())
    }

    /// Does every value have a prong of its own? Of errors, an `else` that only leaves may stay, for generic code.
    fn is_superfluous(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        taken: &[(Value, Value, Span)],
    ) -> bool {
        let only_leaves = matches!(&*prong.body.kind, ast::ExprKind::Unreachable | ast::ExprKind::Return(_));
        if self.is_open(subject) || self.cx.is_error_set(subject.ty) && only_leaves {
            return false;
        }
        match self.cx.integer(subject.ty) {
            Some(width) => gaps(width, taken).is_empty(),
            None => self.missing(subject, taken).is_some_and(|missing| missing.is_empty()),
        }
    }

    /// `_ =>`: the numbers of an open enum that have no name; those that have one must have prongs.
    fn names_all(
        &mut self,
        prong: &ast::Prong,
        subject: &Subject,
        taken: &[(Value, Value, Span)],
        span: Span,
    ) -> bool {
        if !self.is_open(subject) {
            let message = "`_` stands for the unnamed values of an enum that ends with `_`; say `else`";
            self.error(codes::HOST010, prong.span, message);
            return false;
        }
        let missing = self.missing(subject, taken).unwrap_or_default();
        self.report_missing(subject, missing, false, span)
    }

    fn is_open(&self, subject: &Subject) -> bool {
        self.cx.container_of(subject.ty).is_some_and(|id| self.cx.containers[id].is_open)
    }

    fn is_exhaustive(&mut self, subject: &Subject, taken: &[(Value, Value, Span)], span: Span) -> bool {
        let is_integer = self.cx.integer(subject.ty).is_some();
        let missing = match self.cx.integer(subject.ty) {
            Some(width) => Some(gaps(width, taken).into_iter().map(|(low, _)| Value::Int(low)).collect()),
            None if self.is_open(subject) => None,
            None => self.missing(subject, taken),
        };
        let Some(missing) = missing else {
            let start = Span { end: (span.start + 6).min(span.end), ..span };
            self.error(codes::HOST010, start, "the switch needs an `else`: its values cannot all be named");
            return false;
        };
        self.report_missing(subject, missing, is_integer, span)
    }

    /// Says which values have no prong; are there none?
    fn report_missing(
        &mut self,
        subject: &Subject,
        missing: Vec<Value>,
        is_integer: bool,
        span: Span,
    ) -> bool {
        if missing.is_empty() {
            return true;
        }
        let names: Vec<String> = missing
            .iter()
            .take(5)
            .map(|value| format!("`{}`", self.cx.value_name(subject.ty, value)))
            .collect();
        let message = match is_integer {
            true => format!("the switch does not handle {} and perhaps more", names[0]),
            false => format!("the switch does not handle {}", names.join(", ")),
        };
        let start = Span { end: (span.start + 6).min(span.end), ..span };
        let declared = self.cx.container_of(subject.ty).map_or(Span::NONE, |id| self.cx.head_of(id));
        let what = format!("`{}` is declared here", self.cx.type_name(subject.ty));
        let wrong = Diagnostic::new(codes::HOST010, start, message).also(declared, what);
        self.fail(wrong.help("add prongs, or an `else`"));
        false
    }

    /// A switch whose operand is known.
    fn switch_known(
        &mut self,
        it: &ast::Switch,
        place: Expr,
        operand: Expr,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let Some(subject) = self.subject(operand.clone()) else { return poison(span) };
        let mut value = operand.value().cloned().unwrap_or(Value::Undefined);
        if let (true, Value::Union { field, .. }) = (subject.is_union, &value) {
            value = self.tag_value(subject.whole.ty, *field).unwrap_or(Value::Undefined);
        }
        let selected = it.prongs.iter().filter(|prong| !is_rest(prong)).find(|prong| {
            prong.cases.iter().any(|case| {
                let bounds = match case {
                    ast::Case::Value(case) => {
                        self.case_value(case, &subject).map(|value| (value.clone(), value))
                    }
                    ast::Case::Range(low, high) => self
                        .case_value(low, &subject)
                        .and_then(|low| Some((low, self.case_value(high, &subject)?))),
                };
                bounds.is_some_and(|(low, high)| overlaps(&low, &high, &value, &value))
            })
        });
        let Some(prong) = selected.or_else(|| it.prongs.iter().find(|prong| is_rest(prong))) else {
            return self.error(codes::HOST010, span, "no prong of the switch fits");
        };
        self.enter();
        if let Some(capture) = prong.capture {
            let held = match (&operand.value(), subject.is_union && !prong.cases.is_empty()) {
                (Some(Value::Union { field, .. }), true) => {
                    let id = self.cx.container_of(operand.ty);
                    let ty = id.map_or(TypeId::ERROR, |id| fields(self.cx, id)[*field as usize].ty);
                    let from = if capture.by_pointer { place } else { operand.clone() };
                    self.payload(from, *field, ty, capture.name.span)
                }
                _ if capture.by_pointer => place,
                _ => operand.clone(),
            };
            let held = self.by_capture(held, &capture);
            self.let_capture(capture.name, held);
        }
        if let Some(tag) = prong.tag_capture {
            self.bind_constant(tag, Known { ty: subject.ty, value });
        }
        let body = self.arm(&prong.body, hint);
        self.leave();
        body
    }
}

/// `else`, or `_` alone.
fn is_rest(prong: &ast::Prong) -> bool {
    match &prong.cases[..] {
        [] => true,
        [ast::Case::Value(value)] => matches!(&*value.kind, ast::ExprKind::Name(name) if *name == "_"),
        _ => false,
    }
}

/// An expression behind the statements it needs.
fn prepend(mut stmts: Vec<Expr>, body: Expr) -> Expr {
    stmts.retain(|stmt| !matches!(&*stmt.kind, Kind::Const(_)));
    if stmts.is_empty() || body.is_poison() {
        return body;
    }
    let (ty, span) = (body.ty, body.span);
    stmts.push(body);
    sequence(stmts, ty, span)
}

fn overlaps(low: &Value, high: &Value, other_low: &Value, other_high: &Value) -> bool {
    match (low, high, other_low, other_high) {
        (Value::Int(low), Value::Int(high), Value::Int(from), Value::Int(to)) => low <= to && from <= high,
        _ => low == other_low,
    }
}

/// Every value of a range.
fn numbers(low: &Value, high: &Value) -> Vec<Value> {
    let (Value::Int(low), Value::Int(high)) = (low, high) else { return vec![low.clone()] };
    let mut all = Vec::new();
    let mut at = low.clone();
    while at <= *high {
        all.push(Value::Int(at.clone()));
        at += 1;
    }
    all
}

/// The numbers of a width that no range holds, as ranges.
fn gaps(width: query::Integer, taken: &[(Value, Value, Span)]) -> Vec<(BigInt, BigInt)> {
    let mut ranges: Vec<(BigInt, BigInt)> = taken
        .iter()
        .filter_map(|range| match (&range.0, &range.1) {
            (Value::Int(low), Value::Int(high)) => Some((low.clone(), high.clone())),
            _ => None,
        })
        .collect();
    ranges.sort();
    let mut next = width.min();
    let mut gaps = Vec::new();
    for (low, high) in ranges {
        if low > next {
            gaps.push((next.clone(), low - 1));
        }
        next = next.max(high + 1);
    }
    if next <= width.max() {
        gaps.push((next, width.max()));
    }
    gaps
}
