//! Literals: numbers, texts, and `T{ .. }`, `.{ .. }`, `{ a: 1 }`, `[a, b]` by the type that is expected.
//!
//! The expected type flows down: return type to union to field to inner literal. Without one, a literal
//! gets a tuple or an anonymous struct of its own.

use super::scope::{nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn int_literal(&mut self, text: Name, span: Span) -> Expr {
        match fold::parse_int(text.as_str()) {
            Some(number) => Expr::constant(TypeId::COMPTIME_INT, span, Value::Int(number)),
            None => self.error(codes::HOST008, span, format!("`{text}` is no number")),
        }
    }

    pub(super) fn float_literal(&mut self, text: Name, span: Span) -> Expr {
        match fold::parse_float(text.as_str()) {
            Some(number) => Expr::constant(TypeId::COMPTIME_FLOAT, span, Value::Float(number)),
            None => self.error(codes::HOST008, span, format!("`{text}` is no number")),
        }
    }

    pub(super) fn string_literal(&mut self, bytes: &[u8], span: Span) -> Expr {
        let known = self.cx.string(bytes);
        Expr::constant(known.ty, span, known.value)
    }

    /// `.name`: of the expected enum or union, or one of its constants.
    pub(super) fn enum_literal(&mut self, name: Ident, span: Span, hint: Option<TypeId>) -> Expr {
        let literal = Expr::constant(TypeId::ENUM_LITERAL, span, Value::EnumLiteral(name.name));
        let Some(target) = hint.map(|hint| self.cx.literal_target(hint)) else { return literal };
        let Some(id) = self.cx.container_of(target) else { return literal };
        let all = fields(self.cx, id);
        let kind = self.cx.containers[id].kind;
        if let Some(field) = all.iter().find(|field| field.name == name.name)
            && kind != ContainerKind::Struct
        {
            if kind == ContainerKind::Union && self.sole_value(field.ty).is_none() {
                let payload = self.cx.type_name(field.ty);
                let message = format!("`{}` carries a value of type `{payload}`", name.name);
                let diagnostic = Diagnostic::new(codes::HOST013, span, message);
                return self.fail(diagnostic.help(format!("write `.{{ .{} = .. }}`", name.name)));
            }
            return self.coerce(literal, target);
        }
        if self.cx.containers[id].decls.contains_key(&name.name)
            && let Some(found) = self.container_member(id, name)
        {
            return self.declared(found, span);
        }
        self.unknown_field(target, id, name)
    }

    /// `T{ .. }` and `.{ .. }`
    pub(super) fn literal(
        &mut self,
        ty: Option<&ast::Expr>,
        body: &ast::LiteralBody,
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let items: &[ast::Expr] = match body {
            ast::LiteralBody::Items(items) => items,
            _ => &[],
        };
        let target = match ty {
            Some(ty) => self.literal_type(ty, items.len()),
            None => match hint.map(|hint| self.cx.literal_target(hint)) {
                Some(target) if self.is_literal_target(target) => target,
                _ => return self.anonymous(body, span),
            },
        };
        if target == TypeId::ERROR {
            return poison(span);
        }
        match body {
            ast::LiteralBody::Fields(given) => {
                let given: Vec<(Ident, &ast::Expr)> =
                    given.iter().map(|(name, value)| (*name, value)).collect();
                self.with_fields(target, &given, span)
            }
            ast::LiteralBody::Empty if self.cx.container_of(target).is_some() => {
                self.with_fields(target, &[], span)
            }
            ast::LiteralBody::Empty | ast::LiteralBody::Items(_) => self.with_items(target, items, span),
        }
    }

    /// Can a literal without a type become this?
    fn is_literal_target(&self, ty: TypeId) -> bool {
        match self.cx.ty(ty) {
            Type::Container(id) => {
                matches!(self.cx.containers[*id].kind, ContainerKind::Struct | ContainerKind::Union)
            }
            Type::Array { .. } | Type::Vector { .. } | Type::Tuple(_) | Type::Void => true,
            _ => false,
        }
    }

    /// The type in front of a literal, whose length may be `_`.
    fn literal_type(&mut self, ty: &ast::Expr, count: usize) -> TypeId {
        let ast::ExprKind::Array { len, sentinel, child } = &*ty.kind else { return self.check_type(ty) };
        let is_open = match len {
            None => true,
            Some(len) => matches!(&*len.kind, ast::ExprKind::Name(name) if *name == "_"),
        };
        if !is_open {
            return self.check_type(ty);
        }
        match self.array_of(count as u64, sentinel.as_ref(), child, ty.span).value() {
            Some(&Value::Type(ty)) => ty,
            _ => TypeId::ERROR,
        }
    }

    /// A literal with names: a struct, or a union with one field.
    pub(super) fn with_fields(&mut self, ty: TypeId, given: &[(Ident, &ast::Expr)], span: Span) -> Expr {
        if ty == TypeId::VOID && given.is_empty() {
            return nothing(span);
        }
        let Some(id) = self.cx.container_of(ty) else {
            let text = self.cx.type_name(ty);
            return self.error(
                codes::HOST002,
                span,
                format!("expected `{text}`, found a literal with named fields"),
            );
        };
        match self.cx.containers[id].kind {
            ContainerKind::Struct => self.struct_literal(ty, id, given, span),
            ContainerKind::Union => self.union_literal(ty, id, given, span),
            _ => {
                let text = self.cx.type_name(ty);
                self.error(codes::HOST002, span, format!("`{text}` has no fields to give values to"))
            }
        }
    }

    fn struct_literal(
        &mut self,
        ty: TypeId,
        id: ContainerId,
        given: &[(Ident, &ast::Expr)],
        span: Span,
    ) -> Expr {
        let all = fields(self.cx, id);
        let mut parts: Vec<Option<Expr>> = vec![None; all.len()];
        let mut stmts = Vec::new();
        for (name, value) in given {
            let Some(at) = all.iter().position(|field| field.name == name.name) else {
                let value_of = self.infer(value, Some(TypeId::ERROR));
                // A name alone that stands for nothing was told.
                if !(value_of.is_poison() && value.span == name.span) {
                    self.unknown_field(ty, id, *name);
                }
                return poison(span);
            };
            if parts[at].is_some() {
                self.error(codes::HOST013, name.span, format!("`{}` is given twice", name.name));
            }
            let part = self.field_value(&all[at], value);
            // Fields are written in the order of their declaration, and evaluated in the order written.
            let is_late = parts[at + 1..].iter().any(|part| part.is_some());
            if is_late {
                for part in parts.iter_mut().flatten() {
                    let (more, held) = self.hold(part.clone());
                    stmts.extend(more);
                    *part = held;
                }
            }
            parts[at] = Some(part);
        }
        let mut missing = Vec::new();
        let mut whole = Vec::new();
        for (field, part) in all.iter().zip(parts) {
            match (part, &field.value) {
                (Some(part), _) => whole.push(part),
                (None, Some(value)) => whole.push(Expr::constant(field.ty, span, value.clone())),
                (None, None) => missing.push(format!("`{}`", field.name)),
            }
        }
        if missing.is_empty() {
            stmts.push(self.aggregate(ty, whole, span));
            return coerce::sequence(stmts, ty, span);
        }
        let text = self.cx.type_name(ty);
        let message = format!("the literal of `{text}` lacks {}", missing.join(", "));
        let declared = self.cx.head_of(id);
        self.fail(
            Diagnostic::new(codes::HOST013, span, message)
                .also(declared, format!("`{text}` is declared here")),
        )
    }

    fn field_value(&mut self, field: &ContainerField, value: &ast::Expr) -> Expr {
        if field.ty == TypeId::ERROR {
            return poison(value.span);
        }
        let text = format!("`{}` is declared here", field.name);
        self.because(field.ty, field.span, text, |checker| checker.expr(value, Some(field.ty)))
    }

    fn union_literal(
        &mut self,
        ty: TypeId,
        id: ContainerId,
        given: &[(Ident, &ast::Expr)],
        span: Span,
    ) -> Expr {
        let [(name, value)] = given else {
            let text = self.cx.type_name(ty);
            let message = format!("`{text}` is a union: a literal gives exactly one of its fields a value");
            return self.error(codes::HOST013, span, message);
        };
        let all = fields(self.cx, id);
        let Some(at) = all.iter().position(|field| field.name == name.name) else {
            self.infer(value, Some(TypeId::ERROR));
            return self.unknown_field(ty, id, *name);
        };
        let payload = match self.is_empty_branch(ty, at) {
            true => self.no_payload(*name, &all[at], value),
            false => self.field_value(&all[at], value),
        };
        if payload.is_poison() || payload.ty == TypeId::NORETURN {
            return payload;
        }
        self.union_of(ty, at as u32, payload, span)
    }

    /// Is it a branch of the event this proc answers for that carries nothing?
    fn is_empty_branch(&self, ty: TypeId, at: usize) -> bool {
        let ResultShape::Branches { output, branches } = &self.result else { return false };
        *output == ty && branches.get(at).is_some_and(|branch| branch.payload.is_none())
    }

    /// What stands where a branch has no payload: `.{}` or `{}`.
    fn no_payload(&mut self, branch: Ident, field: &ContainerField, value: &ast::Expr) -> Expr {
        let mark = self.cx.sink.len();
        let made = self.field_value(field, value);
        for problem in self.cx.sink.rewind(mark) {
            let is_misfit = matches!(problem.code, codes::HOST002 | codes::HOST013);
            self.cx.sink.report(match is_misfit {
                true => {
                    let message = format!("branch `{}` carries no payload", branch.name);
                    Diagnostic::new(codes::KORU031, value.span, message)
                        .help(format!("answer with `.{}` alone", branch.name))
                }
                false => problem,
            });
        }
        made
    }

    /// A union that holds this.
    pub(super) fn union_of(&mut self, ty: TypeId, field: u32, payload: Expr, span: Span) -> Expr {
        match payload.value() {
            Some(value) => {
                let payload = Rc::new(value.clone());
                Expr::constant(ty, span, Value::Union { field, payload })
            }
            None => Expr::new(ty, span, Kind::UnionInit { field, payload: Some(payload) }),
        }
    }

    /// Reports a field that is not there; of a proc's result it is a branch.
    fn unknown_field(&mut self, ty: TypeId, id: ContainerId, name: Ident) -> Expr {
        let all = fields(self.cx, id);
        let close = closest(name.name.as_str(), all.iter().map(|field| field.name.as_str()));
        let is_branch = matches!(self.result, ResultShape::Branches { output, .. } if output == ty);
        let text = self.cx.type_name(ty);
        let (code, message) = match is_branch {
            true => (codes::KORU054, format!("the event has no branch `{}`", name.name)),
            false => (codes::HOST013, format!("`{text}` has no field `{}`", name.name)),
        };
        let names: Vec<String> = all.iter().map(|field| format!("`{}`", field.name)).collect();
        let mut diagnostic = Diagnostic::new(code, name.span, message);
        diagnostic = diagnostic.also(self.cx.head_of(id), format!("it has {}", names.join(", ")));
        self.fail(match close {
            Some(close) => diagnostic.fix(format!("did you mean `{close}`?"), name.span, close),
            None => diagnostic,
        })
    }

    /// A literal without names: an array, vector or tuple.
    pub(super) fn with_items(&mut self, ty: TypeId, items: &[ast::Expr], span: Span) -> Expr {
        let types: Vec<TypeId> = match self.cx.ty(ty).clone() {
            Type::Array { len, child, .. } if len == items.len() as u64 => vec![child; items.len()],
            Type::Vector { len, child } if len as usize == items.len() => vec![child; items.len()],
            Type::Tuple(all) if all.len() == items.len() => all.iter().map(|field| field.ty).collect(),
            Type::Void if items.is_empty() => return nothing(span),
            _ => {
                let text = self.cx.type_name(ty);
                let message = format!("a literal of {} elements is no `{text}`", items.len());
                let surplus = self.cx.sequence(ty).and_then(|parts| items.get(parts.len? as usize));
                return self.error(codes::HOST013, surplus.map_or(span, |item| item.span), message);
            }
        };
        let mut parts = Vec::new();
        for (item, ty) in items.iter().zip(types) {
            parts.push(self.expr(item, Some(ty)));
        }
        self.aggregate(ty, parts, span)
    }

    /// `&.{ .. }` and `&[..]` where a slice or a pointer to an array is expected: an array of its items.
    pub(super) fn slice_literal(&mut self, operand: &ast::Expr, hint: TypeId, span: Span) -> Option<Expr> {
        let items: &[ast::Expr] = match &*operand.kind {
            ast::ExprKind::Literal { ty: None, body: ast::LiteralBody::Items(items) } => items,
            ast::ExprKind::Literal { ty: None, body: ast::LiteralBody::Empty } => &[],
            ast::ExprKind::List(items) => items,
            _ => return None,
        };
        let target = self.cx.literal_target(hint);
        let pointer = self.cx.pointer(target)?.clone();
        if !matches!(pointer.size, PointerSize::Slice | PointerSize::Many) {
            return None;
        }
        let len = items.len() as u64;
        let array =
            self.cx.types.intern(Type::Array { len, sentinel: pointer.sentinel, child: pointer.child });
        let value = self.with_items(array, items, span);
        Some(self.address_of(value, span))
    }

    /// Koru's `[a, b]`.
    pub(super) fn list(&mut self, items: &[ast::Expr], whole: &ast::Expr, hint: Option<TypeId>) -> Expr {
        let span = whole.span;
        if let Some(hint) = hint {
            if let Some(slice) = self.slice_literal(whole, hint, span) {
                return slice;
            }
            let target = self.cx.literal_target(hint);
            if matches!(self.cx.ty(target), Type::Array { .. } | Type::Vector { .. }) {
                return self.with_items(target, items, span);
            }
        }
        let diagnostic =
            Diagnostic::new(codes::HOST017, span, "a list stands only where a slice or an array is expected");
        self.fail(diagnostic.help("write `&[_]T{ .. }` with the type of its elements"))
    }

    /// Koru's `{ a: 1, b }`.
    pub(super) fn record(
        &mut self,
        given: &[(Option<Ident>, ast::Expr)],
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let mut named = Vec::new();
        for (name, value) in given {
            let Some(name) = name.or_else(|| last_name(value)) else {
                return self.error(codes::HOST013, value.span, "a field needs a name: `name: value`");
            };
            named.push((name, value));
        }
        match hint.map(|hint| self.cx.literal_target(hint)) {
            Some(target) if self.is_literal_target(target) => self.with_fields(target, &named, span),
            _ => self.anonymous_struct(&named, span),
        }
    }

    fn anonymous(&mut self, body: &ast::LiteralBody, span: Span) -> Expr {
        match body {
            ast::LiteralBody::Fields(given) => {
                let given: Vec<(Ident, &ast::Expr)> =
                    given.iter().map(|(name, value)| (*name, value)).collect();
                self.anonymous_struct(&given, span)
            }
            ast::LiteralBody::Empty => Expr::constant(TypeId::EMPTY_TUPLE, span, Value::empty()),
            ast::LiteralBody::Items(items) => {
                let parts: Vec<Expr> = items.iter().map(|item| self.infer(item, None)).collect();
                self.tuple(parts, span)
            }
        }
    }

    /// A tuple of these parts; what exists only while compiling is part of its type.
    pub(super) fn tuple(&mut self, parts: Vec<Expr>, span: Span) -> Expr {
        let mut types = Vec::new();
        for part in &parts {
            let Some(field) = self.anonymous_field(part) else { return poison(span) };
            types.push(TupleField { ty: field.0, value: field.1 });
        }
        let ty = self.cx.types.intern(Type::Tuple(types));
        self.aggregate(ty, parts, span)
    }

    /// Type and, where it exists only while compiling, value of a part without a declared type.
    fn anonymous_field(&mut self, part: &Expr) -> Option<(TypeId, Option<Value>)> {
        if part.is_poison() {
            return None;
        }
        if !self.cx.is_comptime_only(part.ty) {
            return Some((part.ty, None));
        }
        let known = self.force(part.clone())?;
        Some((part.ty, Some(known.value)))
    }

    fn anonymous_struct(&mut self, given: &[(Ident, &ast::Expr)], span: Span) -> Expr {
        let parts: Vec<Expr> = given.iter().map(|(_, value)| self.infer(value, None)).collect();
        let mut all: Vec<(Name, TypeId, Option<Value>)> = Vec::new();
        for ((name, _), part) in given.iter().zip(&parts) {
            let Some((ty, value)) = self.anonymous_field(part) else { return poison(span) };
            if all.iter().any(|(other, ..)| *other == name.name) {
                return self.error(codes::HOST013, name.span, format!("`{}` is given twice", name.name));
            }
            all.push((name.name, ty, value));
        }
        let ty = anonymous_type(self.cx, all, span);
        self.aggregate(ty, parts, span)
    }
}

/// The struct type of a literal without a type: the same for the same fields.
pub(super) fn anonymous_type(
    cx: &mut Context,
    all: Vec<(Name, TypeId, Option<Value>)>,
    span: Span,
) -> TypeId {
    if let Some(&id) = cx.host.anonymous.get(&all) {
        return cx.types.intern(Type::Container(id));
    }
    let parts: Vec<String> =
        all.iter().map(|(name, ty, _)| format!("{name}: {}", cx.type_name(*ty))).collect();
    let fields = all.iter().map(|(name, ty, value)| ContainerField {
        name: *name,
        ty: *ty,
        value: value.clone(),
        is_comptime: value.is_some(),
        align: None,
        span,
    });
    let container = Container {
        name: Name::new(&format!("struct {{ {} }}", parts.join(", "))),
        kind: ContainerKind::Struct,
        module: ModuleId(0),
        parent: None,
        captures: Rc::from([]),
        layout: ast::Layout::Auto,
        source: None,
        decls: FxHashMap::default(),
        fields: Some(fields.collect()),
        tag: None,
        is_open: false,
        span,
    };
    let id = cx.containers.push(container);
    cx.host.anonymous.insert(all, id);
    cx.types.intern(Type::Container(id))
}

/// The field a lone path names: its last part.
fn last_name(expr: &ast::Expr) -> Option<Ident> {
    match &*expr.kind {
        ast::ExprKind::Name(name) => Some(Ident { name: *name, span: expr.span }),
        ast::ExprKind::Field { name, .. } => Some(*name),
        _ => None,
    }
}
