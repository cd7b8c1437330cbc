//! Coercions: an expression of one type where another is expected, written out in the tree.
//!
//! Known values are converted at once ([`known`](super::known) does it); everything else becomes a
//! `Convert`, or is taken apart and put together again.

use super::scope::{Reason, local_expr, poison};
use super::*;

/// How one pointer becomes another without anybody asking for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PointerStep {
    Same,
    ArrayToSlice,
    SliceToMany,
}

impl BodyChecker<'_, '_> {
    /// The expression as `to`, or one report of what does not fit. Stays `noreturn` where it never comes back.
    pub fn coerce(&mut self, expr: Expr, to: TypeId) -> Expr {
        if expr.is_poison() || to == TypeId::ERROR {
            return poison(expr.span);
        }
        match self.try_coerce(expr, to) {
            Ok(expr) => expr,
            Err(expr) => self.mismatch(&expr, to),
        }
    }

    /// Can a run-time value of `from` stand where `to` is expected?
    pub(super) fn fits(&mut self, from: TypeId, to: TypeId) -> bool {
        self.try_coerce(Expr::new(from, Span::NONE, Kind::Unreachable), to).is_ok()
    }

    /// The expression as `to`, or the expression back.
    pub(super) fn try_coerce(&mut self, expr: Expr, to: TypeId) -> Result<Expr, Expr> {
        let (from, span) = (expr.ty, expr.span);
        if from == to || from == TypeId::NORETURN || from == TypeId::ERROR {
            return Ok(expr);
        }
        if let Some(value) = expr.value() {
            let value = value.clone();
            if let Some(value) = self.known_as(from, &value, to) {
                return Ok(Expr::constant(to, span, value));
            }
        }
        match self.cx.ty(to).clone() {
            Type::Optional(child) => self.optional_from(expr, to, child),
            Type::ErrorUnion { set, payload } => self.error_union_from(expr, to, set, payload),
            Type::ErrorSet(_) => match self.set_fits(from, to) {
                true => Ok(convert(Convert::ErrorSet, expr, to)),
                false => Err(expr),
            },
            Type::Pointer(pointer) => self.pointer_from(expr, to, &pointer),
            Type::Container(id) => self.container_from(expr, to, id),
            Type::Tuple(fields) => {
                let types: Vec<TypeId> = fields.iter().map(|field| field.ty).collect();
                self.rebuild(expr, to, &types)
            }
            Type::Array { len, child, .. } => match usize::try_from(len) {
                Ok(len) if self.is_convertible_list(from, child) => self.rebuild(expr, to, &vec![child; len]),
                _ => self.vector_or_array(expr, to, len, child),
            },
            Type::Vector { len, child } => self.vector_or_array(expr, to, u64::from(len), child),
            Type::Float(bits) => match *self.cx.ty(from) {
                Type::Float(narrow) if narrow < bits => Ok(convert(Convert::Float, expr, to)),
                _ => Err(expr),
            },
            _ => match (self.cx.integer(from), self.cx.integer(to)) {
                (Some(narrow), Some(wide)) if wide.covers(narrow) => Ok(convert(Convert::Int, expr, to)),
                _ => Err(expr),
            },
        }
    }

    fn optional_from(&mut self, expr: Expr, to: TypeId, child: TypeId) -> Result<Expr, Expr> {
        let span = expr.span;
        let Some(from) = self.cx.optional_child(expr.ty).filter(|_| expr.ty != child) else {
            let inner = self.try_coerce(expr, child)?;
            return Ok(Expr::new(to, span, Kind::Some(inner)));
        };
        if let (Some(a), Some(b)) = (self.cx.pointer(from).cloned(), self.cx.pointer(child).cloned())
            && self.pointer_step(&a, &b) == Some(PointerStep::Same)
        {
            return Ok(convert(Convert::Pointer, expr, to));
        }
        if !self.fits(from, child) {
            return Err(expr);
        }
        let payload = self.hidden("payload", from, span, false);
        let inner = self.coerce(local_expr(payload, from, span), child);
        let then = Expr::new(to, span, Kind::Some(inner));
        let otherwise = Some(Expr::constant(to, span, Value::Null));
        let kind = Kind::IfSome { operand: expr, payload: Some(payload), by_pointer: false, then, otherwise };
        Ok(Expr::new(to, span, kind))
    }

    fn error_union_from(
        &mut self,
        expr: Expr,
        to: TypeId,
        set: TypeId,
        payload: TypeId,
    ) -> Result<Expr, Expr> {
        let (from, span) = (expr.ty, expr.span);
        if self.cx.is_error_set(from) {
            let error = self.try_coerce(expr, set)?;
            return Ok(Expr::new(to, span, Kind::Failure(error)));
        }
        let Some((from_set, from_payload)) = self.cx.error_union(from) else {
            let inner = self.try_coerce(expr, payload)?;
            return Ok(Expr::new(to, span, Kind::Payload(inner)));
        };
        if !self.set_fits(from_set, set) || !self.fits(from_payload, payload) {
            return Err(expr);
        }
        if from_payload == payload {
            return Ok(convert(Convert::ErrorSet, expr, to));
        }
        let value = self.hidden("payload", from_payload, span, false);
        let error = self.hidden("error", from_set, span, false);
        let inner = self.coerce(local_expr(value, from_payload, span), payload);
        let failure = self.coerce(local_expr(error, from_set, span), set);
        let kind = Kind::IfOk {
            operand: expr,
            payload: Some(value),
            by_pointer: false,
            then: Expr::new(to, span, Kind::Payload(inner)),
            error: Some(error),
            otherwise: Some(Expr::new(to, span, Kind::Failure(failure))),
        };
        Ok(Expr::new(to, span, kind))
    }

    fn pointer_from(&mut self, expr: Expr, to: TypeId, pointer: &Pointer) -> Result<Expr, Expr> {
        let Some(from) = self.cx.pointer(expr.ty).cloned() else { return self.pointer_of_c_as(expr, to) };
        let span = expr.span;
        match self.pointer_step(&from, pointer) {
            Some(PointerStep::Same) => Ok(convert(Convert::Pointer, expr, to)),
            Some(PointerStep::ArrayToSlice) => Ok(convert(Convert::ArrayToSlice, expr, to)),
            Some(PointerStep::SliceToMany) => {
                let many = Pointer { size: PointerSize::Many, ..from };
                let many = self.cx.types.intern(Type::Pointer(many));
                Ok(convert(Convert::Pointer, Expr::new(many, span, Kind::SlicePointer(expr)), to))
            }
            None => Err(expr),
        }
    }

    /// How a pointer becomes another, if it may.
    pub(super) fn pointer_step(&mut self, from: &Pointer, to: &Pointer) -> Option<PointerStep> {
        use PointerSize::*;
        // Nothing can be changed behind a pointer to no elements: `&.{}` is a list of any kind.
        let is_empty = matches!(self.cx.ty(from.child), Type::Array { len: 0, .. });
        let loses_const = from.is_const && !to.is_const && !is_empty;
        let loses = loses_const || (from.is_volatile && !to.is_volatile);
        if loses || to.align.is_some_and(|align| from.align.unwrap_or(1) < align) {
            return None;
        }
        let keeps_end = |has: &Option<Value>| to.sentinel.is_none() || *has == to.sentinel;
        let array = match self.cx.ty(from.child) {
            Type::Array { len, sentinel, child } => Some((*len, sentinel.clone(), *child)),
            _ => None,
        };
        let opaque = self.cx.any_opaque();
        match (from.size, to.size) {
            (One, One) => self.one_to_one(from.child, to).then_some(PointerStep::Same),
            (One, Slice) => {
                let (_, sentinel, child) = array?;
                let fits = self.is_same_memory(child, to.child, to.is_const) && keeps_end(&sentinel);
                fits.then_some(PointerStep::ArrayToSlice)
            }
            (One, Many) => {
                let (_, sentinel, child) = array?;
                let fits = self.is_same_memory(child, to.child, to.is_const) && keeps_end(&sentinel);
                fits.then_some(PointerStep::Same)
            }
            (Many, One) => (to.child == opaque).then_some(PointerStep::Same),
            (Slice, Many) => {
                let fits = self.is_same_memory(from.child, to.child, to.is_const);
                (fits && to.sentinel.is_some() && from.sentinel == to.sentinel)
                    .then_some(PointerStep::SliceToMany)
            }
            (Slice, Slice) | (Many, Many) => {
                let fits =
                    self.is_same_memory(from.child, to.child, to.is_const) && keeps_end(&from.sentinel);
                fits.then_some(PointerStep::Same)
            }
            (Many | C, Slice) | (Slice, One) => None,
            // C keeps no end, and promises none.
            (C, One | Many) | (Many | C, C) => {
                let fits = self.is_same_memory(from.child, to.child, to.is_const);
                (fits || to.size == One && to.child == opaque).then_some(PointerStep::Same)
            }
            (One, C) => {
                let element = array.map_or(from.child, |(_, _, child)| child);
                let fits = [from.child, element]
                    .into_iter()
                    .any(|child| self.is_same_memory(child, to.child, to.is_const));
                fits.then_some(PointerStep::Same)
            }
            (Slice, C) => {
                let fits = self.is_same_memory(from.child, to.child, to.is_const);
                (fits && from.sentinel == Some(Value::int(0))).then_some(PointerStep::SliceToMany)
            }
        }
    }

    fn one_to_one(&mut self, from: TypeId, to: &Pointer) -> bool {
        if self.is_same_memory(from, to.child, to.is_const) || to.child == self.cx.any_opaque() {
            return true;
        }
        match (self.cx.ty(from), self.cx.ty(to.child)) {
            (_, Type::Array { len: 1, sentinel: None, child }) if *child == from => true,
            (Type::Array { len: a, child: c, .. }, Type::Array { len: b, sentinel: None, child: d }) => {
                a == b && c == d
            }
            _ => false,
        }
    }

    /// May memory that holds `from` be seen as holding `to`?
    fn is_same_memory(&mut self, from: TypeId, to: TypeId, is_const: bool) -> bool {
        if from == to {
            return true;
        }
        match (self.cx.ty(from).clone(), self.cx.ty(to).clone()) {
            (Type::Pointer(a), Type::Pointer(b)) => {
                let is_like = a.size == b.size || a.size == PointerSize::C || b.size == PointerSize::C;
                is_const && is_like && self.pointer_step(&a, &b) == Some(PointerStep::Same)
            }
            (Type::Optional(a), Type::Optional(b)) => self.is_same_memory(a, b, is_const),
            _ => false,
        }
    }

    fn container_from(&mut self, expr: Expr, to: TypeId, id: ContainerId) -> Result<Expr, Expr> {
        let span = expr.span;
        if self.cx.union_tag(expr.ty) == Some(to) {
            return Ok(Expr::new(to, span, Kind::UnionTag(expr)));
        }
        let Some(from) = self.cx.container_of(expr.ty) else { return Err(expr) };
        if !is_anonymous(self.cx, from) || self.cx.containers[id].kind != ContainerKind::Struct {
            return Err(expr);
        }
        self.struct_from_anonymous(expr, to, from, id)
    }

    /// Can elements of a tuple, or of an array of something else, become `child`?
    fn is_convertible_list(&self, from: TypeId, child: TypeId) -> bool {
        match self.cx.ty(from) {
            Type::Tuple(_) => true,
            Type::Array { child: other, .. } => *other != child,
            _ => false,
        }
    }

    fn vector_or_array(&mut self, expr: Expr, to: TypeId, len: u64, child: TypeId) -> Result<Expr, Expr> {
        match *self.cx.ty(expr.ty) {
            Type::Array { len: other, child: part, sentinel: None } if (len, child) == (other, part) => {
                Ok(convert(Convert::ArrayToVector, expr, to))
            }
            Type::Vector { len: other, child: part } if (len, child) == (u64::from(other), part) => {
                Ok(convert(Convert::ArrayToVector, expr, to))
            }
            // Lane by lane.
            Type::Vector { len: other, child: part } if len == u64::from(other) => {
                let is_vector = matches!(self.cx.ty(to), Type::Vector { .. });
                match (self.cx.integer(part), self.cx.integer(child)) {
                    (Some(narrow), Some(wide)) if is_vector && wide.covers(narrow) => {
                        Ok(convert(Convert::Int, expr, to))
                    }
                    _ => Err(expr),
                }
            }
            Type::Tuple(_) => self.rebuild(expr, to, &vec![child; len as usize]),
            _ => Err(expr),
        }
    }

    /// Takes a tuple or array apart and makes `to` of its parts.
    fn rebuild(&mut self, expr: Expr, to: TypeId, types: &[TypeId]) -> Result<Expr, Expr> {
        let from: Vec<TypeId> = match self.cx.ty(expr.ty).clone() {
            Type::Tuple(fields) => fields.iter().map(|field| field.ty).collect(),
            Type::Array { len, child, .. } if len as usize == types.len() => vec![child; types.len()],
            _ => return Err(expr),
        };
        if from.len() != types.len() {
            return Err(expr);
        }
        let span = expr.span;
        if let Kind::Aggregate(parts) = *expr.kind {
            let parts = parts.into_iter().zip(types).map(|(part, &ty)| self.coerce(part, ty)).collect();
            return Ok(Expr::new(to, span, Kind::Aggregate(parts)));
        }
        if !from.iter().zip(types).all(|(&from, &to)| from == to || self.fits(from, to)) {
            return Err(expr);
        }
        let (mut stmts, held) = self.hold(expr);
        let mut parts = Vec::new();
        for (index, &ty) in types.iter().enumerate() {
            let part = self.part_of(held.clone(), index as u64, span);
            parts.push(self.coerce(part, ty));
        }
        stmts.push(Expr::new(to, span, Kind::Aggregate(parts)));
        Ok(sequence(stmts, to, span))
    }

    /// Reports that an expression has another type than its place requires.
    pub(super) fn mismatch(&mut self, expr: &Expr, to: TypeId) -> Expr {
        let (found, expected) = (self.cx.type_name(expr.ty), self.cx.type_name(to));
        let integer = self.cx.integer(self.cx.literal_target(to));
        let diagnostic = match (expr.value(), integer) {
            (Some(Value::Int(number)), Some(width)) if self.cx.is_integer(expr.ty) => {
                let message = format!("{number} does not fit `{expected}`");
                let range = format!("it holds {} to {}", width.min(), width.max());
                Diagnostic::new(codes::HOST008, expr.span, message).label(range)
            }
            (Some(Value::Int(number)), _) if expr.ty == TypeId::COMPTIME_INT && self.cx.is_float(to) => {
                let message = format!("`{expected}` has no value for exactly {number}");
                return self.fail(Diagnostic::new(codes::HOST008, expr.span, message));
            }
            _ => {
                Diagnostic::new(codes::HOST002, expr.span, format!("expected `{expected}`, found `{found}`"))
            }
        };
        let diagnostic = self.explain_mismatch(diagnostic, expr, to);
        self.fail(diagnostic)
    }

    fn explain_mismatch(&mut self, mut diagnostic: Diagnostic, expr: &Expr, to: TypeId) -> Diagnostic {
        if let Some(reason) = self.reasons.iter().rev().find(|reason| reason.ty == to) {
            diagnostic = diagnostic.also(reason.span, reason.text.clone());
        }
        let payload = self.cx.error_union(expr.ty).map(|(_, payload)| payload);
        let child = self.cx.optional_child(expr.ty);
        if payload.is_some() && self.cx.error_union(to).is_none() {
            return diagnostic.help("an error is possible here: use `try`, `catch` or `if .. else |e|`");
        }
        if child.is_some() && self.cx.optional_child(to).is_none() {
            return diagnostic.help("the value may be null: use `orelse`, `.?` or `if (..) |value|`");
        }
        if self.cx.is_integer(expr.ty) && self.cx.integer(to).is_some() && expr.value().is_none() {
            return diagnostic.help("where the value is known to fit, write `@intCast(..)`");
        }
        if self.cx.is_integer(expr.ty) && self.cx.is_float(to) {
            return diagnostic.help("write `@floatFromInt(..)`");
        }
        if self.cx.is_float(expr.ty) && self.cx.integer(to).is_some() {
            return diagnostic.help("write `@intFromFloat(..)`");
        }
        if let (Type::Array { child, .. }, Some(pointer)) = (self.cx.ty(expr.ty), self.cx.pointer(to))
            && pointer.size == PointerSize::Slice
            && *child == pointer.child
        {
            return diagnostic.help("an array becomes a slice by its address: write `&` in front");
        }
        if let Some(note) = self.pointers_differ(expr.ty, to) {
            return diagnostic.note(note);
        }
        if let Some(help) = self.slip(expr, to) {
            return diagnostic.help(help);
        }
        match expr.value() {
            None if self.is_comptime_only_shallow(expr.ty) => diagnostic
                .note("a value of this type exists only while compiling, and this one depends on run time"),
            _ => diagnostic,
        }
    }

    /// What a beginner meant who wrote this where the type is another.
    fn slip(&mut self, expr: &Expr, to: TypeId) -> Option<String> {
        let written = self.cx.sources.slice(expr.span);
        let (begins_if, is_letter) = (written.starts_with("if"), written.starts_with('\''));
        if to == TypeId::BOOL && self.cx.is_integer(expr.ty) {
            return Some("a number is no condition: compare it, `!= 0`".into());
        }
        if expr.ty == TypeId::NULL {
            return Some(format!("what may be null is a `?{}`", self.cx.type_name(to)));
        }
        if is_letter && self.is_text(to) {
            return Some("a letter in single quotes is a number: a text has double quotes".into());
        }
        if begins_if && expr.ty == TypeId::VOID {
            return Some("an `if` without `else` gives no value".into());
        }
        if self.cx.pointee(to) == Some(expr.ty) {
            return Some("a pointer is made by `&`".into());
        }
        if self.cx.pointee(expr.ty) == Some(to) {
            return Some("what it points to is read by `.*`".into());
        }
        self.strange_error(expr.ty, to)
    }

    /// The first error of a set that another set, or that of an error union, lacks.
    fn strange_error(&mut self, from: TypeId, to: TypeId) -> Option<String> {
        let Type::ErrorSet(_) = self.cx.ty(from) else { return None };
        let set = self.cx.error_union(to).map_or(to, |(set, _)| set);
        let (have, want) = (errors::error_names(self.cx, from)?, errors::error_names(self.cx, set)?);
        let strange = have.into_iter().find(|name| !want.contains(name))?;
        let set = self.cx.type_name(set);
        Some(format!("`error.{strange}` is not in `{set}`: handle it here, or add it there"))
    }

    /// Why one pointer is no other: its items change, or are of another type.
    fn pointers_differ(&self, from: TypeId, to: TypeId) -> Option<String> {
        let (from, to) = (self.cx.pointer(from)?, self.cx.pointer(to)?);
        let item = match self.cx.ty(from.child) {
            Type::Array { child, .. } if to.child != from.child => *child,
            _ => from.child,
        };
        if item != to.child {
            let (item, wanted) = (self.cx.type_name(item), self.cx.type_name(to.child));
            return Some(format!("one points to `{item}`, the other to `{wanted}`"));
        }
        (from.is_const && !to.is_const)
            .then(|| "what it points to is constant, and could be changed through the other".into())
    }

    fn is_comptime_only_shallow(&self, ty: TypeId) -> bool {
        matches!(self.cx.ty(ty), Type::ComptimeInt | Type::ComptimeFloat | Type::Type | Type::EnumLiteral)
    }

    /// Checks what `inside` does knowing why a value must be of type `ty`.
    pub(super) fn because<T>(
        &mut self,
        ty: TypeId,
        span: Span,
        text: impl Into<String>,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.reasons.push(Reason { ty, span, text: text.into() });
        let result = inside(self);
        self.reasons.pop();
        result
    }

    /// Statements, and an expression that can be written several times after them.
    pub(super) fn hold(&mut self, expr: Expr) -> (Vec<Expr>, Expr) {
        if is_repeatable(&expr) {
            return (Vec::new(), expr);
        }
        let (ty, span) = (expr.ty, expr.span);
        let local = self.hidden("held", ty, span, false);
        let stmt = Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(expr) });
        (vec![stmt], local_expr(local, ty, span))
    }
}

/// A conversion.
pub(super) fn convert(how: Convert, operand: Expr, to: TypeId) -> Expr {
    let span = operand.span;
    Expr::new(to, span, Kind::Convert { how, operand })
}

/// Statements with the last one's value.
pub(super) fn sequence(mut stmts: Vec<Expr>, ty: TypeId, span: Span) -> Expr {
    if stmts.len() == 1
        && !matches!(&*stmts[0].kind, Kind::Let { .. } | Kind::Defer { .. } | Kind::ErrDefer { .. })
        && let Some(only) = stmts.pop()
    {
        return only;
    }
    Expr::new(ty, span, Kind::Block { label: None, stmts })
}

/// Was this struct made by a literal without a type?
pub(super) fn is_anonymous(cx: &Context, id: ContainerId) -> bool {
    let container = &cx.containers[id];
    container.source.is_none() && container.kind == ContainerKind::Struct && container.parent.is_none()
}

/// Does evaluating this twice do what evaluating it once does?
fn is_repeatable(expr: &Expr) -> bool {
    match &*expr.kind {
        Kind::Const(_) => true,
        Kind::Read(place) | Kind::AddressOf(place) => is_repeatable_place(place),
        Kind::Convert { operand, .. } => is_repeatable(operand),
        Kind::SliceLen(inner) | Kind::SlicePointer(inner) => is_repeatable(inner),
        _ => false,
    }
}

fn is_repeatable_place(place: &Place) -> bool {
    match place {
        Place::Local(_) | Place::Global(_) => true,
        Place::Deref(pointer) => is_repeatable(pointer),
        Place::Field { base, .. } | Place::UnionPayload { base, .. } => is_repeatable_place(base),
        Place::OptionalPayload { base, .. } => is_repeatable_place(base),
        Place::Element { base, index, .. } => is_repeatable_place(base) && is_repeatable(index),
        Place::Index { .. } | Place::Temporary(_) => false,
    }
}
