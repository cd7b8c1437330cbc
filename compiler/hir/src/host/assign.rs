//! Assignments: to places, to parts of slices, to several targets at once.
//!
//! What is assigned is checked by the type of the place. Code that is run writes to its memory here.

use super::coerce::sequence;
use super::scope::{nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn destructure(
        &mut self,
        targets: &[ast::DestructureTarget],
        value: &ast::Expr,
        span: Span,
    ) -> Expr {
        let mut stmts = Vec::new();
        if let ast::ExprKind::Literal { ty: None, body: ast::LiteralBody::Items(items) } = &*value.kind
            && items.len() == targets.len()
        {
            // Element by element, each written before the next is read, as Zig does.
            for (target, item) in targets.iter().zip(items) {
                let stmt = match target {
                    ast::DestructureTarget::Declare(decl) => {
                        let decl = ast::VarDecl { value: Some(item.clone()), ..decl.clone() };
                        self.local_decl(false, &decl, span)
                    }
                    ast::DestructureTarget::Assign(place) => self.assign(place, None, item, span),
                    ast::DestructureTarget::Discard => self.discard(item),
                };
                stmts.push(stmt);
            }
            return self.spread_out(stmts, span);
        }
        let value = self.infer(value, None);
        if value.is_poison() {
            return value;
        }
        let count = match self.cx.ty(value.ty) {
            Type::Tuple(all) => Some(all.len()),
            Type::Array { len, .. } => usize::try_from(*len).ok(),
            _ => None,
        };
        if count != Some(targets.len()) {
            let name = self.cx.type_name(value.ty);
            let message = format!("`{name}` cannot be taken apart into {} parts", targets.len());
            return self.error(codes::HOST002, span, message);
        }
        let (held_stmts, held) = self.hold(value);
        stmts.extend(held_stmts);
        for (index, target) in targets.iter().enumerate() {
            let part = self.part_of(held.clone(), index as u64, span);
            stmts.push(match target {
                ast::DestructureTarget::Declare(decl) => {
                    let ty = decl.ty.as_ref().map(|ty| self.check_type(ty));
                    let part = ty.map_or(part.clone(), |ty| self.coerce(part, ty));
                    self.declare_local(false, decl, part, span)
                }
                ast::DestructureTarget::Assign(place) => {
                    let place = self.infer_place(place, None);
                    self.assign_to(place, part, span)
                }
                ast::DestructureTarget::Discard => continue,
            });
        }
        self.spread_out(stmts, span)
    }

    /// Several statements where one stands, whose declarations stay in force behind it.
    fn spread_out(&mut self, stmts: Vec<Expr>, span: Span) -> Expr {
        let mut stmts: Vec<Expr> =
            stmts.into_iter().filter(|stmt| !matches!(&*stmt.kind, Kind::Const(_))).collect();
        let last = stmts.pop();
        self.spread = stmts;
        last.unwrap_or_else(|| nothing(span))
    }

    pub(super) fn assign(
        &mut self,
        place: &ast::Expr,
        op: Option<ast::Binary>,
        value: &ast::Expr,
        span: Span,
    ) -> Expr {
        if !self.is_running
            && let Some(stmt) = self.assign_variable(place, op, value, span)
        {
            return stmt;
        }
        if let Some(stmt) = self.assign_slice_part(place, op, value, span) {
            return stmt;
        }
        let target = self.infer_place(place, None);
        if target.value().is_some() && !target.is_poison() {
            self.infer(value, Some(TypeId::ERROR));
            return self.known_target(place);
        }
        if target.is_poison() {
            self.infer(value, Some(TypeId::ERROR));
            return target;
        }
        let Some(op) = op else {
            let ty = target.ty;
            let value =
                self.because(ty, place.span, "this is assigned to", |checker| checker.expr(value, Some(ty)));
            return self.assign_to(target, value, span);
        };
        let right = self.right_side(op, target.ty, value);
        self.update(target, op, right, span)
    }

    /// What stands right of `op=`. What is known takes the type of the place, so that the result does too.
    pub(super) fn right_side(&mut self, op: ast::Binary, ty: TypeId, value: &ast::Expr) -> Expr {
        if matches!(op, ast::Binary::ShiftLeft | ast::Binary::ShiftRight) {
            let count = self.shift_count_type(ty);
            return self.infer(value, count);
        }
        let right = self.infer(value, Some(ty).filter(|&ty| self.is_number(ty)));
        match right.value() {
            Some(known) if ty == TypeId::COMPTIME_INT && self.cx.is_integer(right.ty) => {
                Expr::constant(ty, right.span, known.clone())
            }
            _ => right,
        }
    }

    /// `place op= value`: the place is found once.
    fn update(&mut self, target: Expr, op: ast::Binary, right: Expr, span: Span) -> Expr {
        let (mut stmts, target) = self.hold_place(target);
        let ty = target.ty;
        let old = self.settled(target.clone());
        let at = right.span;
        let mut value = self.apply(op, old, right, span, span);
        if !self.fits(value.ty, ty) {
            value.span = at;
        }
        let value = self.coerce(value, ty);
        stmts.push(self.assign_to(target, value, span));
        stmts.retain(|stmt| !matches!(&*stmt.kind, Kind::Const(_)) || stmt.is_poison());
        let is_left = stmts.last().is_some_and(|last| last.ty == TypeId::NORETURN);
        if stmts.is_empty() {
            return nothing(span);
        }
        sequence(stmts, if is_left { TypeId::NORETURN } else { TypeId::VOID }, span)
    }

    /// Statements, and a place that can be named several times after them.
    pub(super) fn hold_place(&mut self, target: Expr) -> (Vec<Expr>, Expr) {
        let span = target.span;
        let is_place = matches!(&*target.kind, Kind::Read(_));
        let (stmts, held) = match is_place {
            true => {
                let mut probe = target.clone();
                if let Kind::Read(place) = &*probe.kind {
                    let address = Kind::AddressOf(place.clone());
                    probe = Expr::new(target.ty, span, address);
                }
                let (stmts, _) = self.hold(probe);
                if stmts.is_empty() {
                    return (stmts, target);
                }
                let address = self.address_of(target, span);
                self.hold(address)
            }
            false => return self.hold(target),
        };
        let target = self.load(held, span);
        (stmts, target)
    }

    /// Writes a checked value to a checked place.
    fn assign_to(&mut self, target: Expr, value: Expr, span: Span) -> Expr {
        if target.is_poison() || value.is_poison() || value.ty == TypeId::NORETURN {
            return if value.ty == TypeId::NORETURN { value } else { poison(span) };
        }
        let (ty, at) = (target.ty, target.span);
        let value = self.coerce(value, ty);
        let Kind::Read(place) = *target.kind else {
            return self.not_assignable(at, "this is a value, not a place");
        };
        if self.is_const_place(&place) {
            return self.constant_place(&place, at);
        }
        match value.is_poison() {
            true => value,
            false if self.is_running => self.write(&place, value, span),
            false => Expr::new(TypeId::VOID, span, Kind::Assign { place, value }),
        }
    }

    /// Writes while the checker runs the code.
    fn write(&mut self, place: &Place, value: Expr, span: Span) -> Expr {
        let value = self.forced(value);
        if value.ty == TypeId::NORETURN {
            return value;
        }
        let (Some(value), Some(at)) = (value.value().cloned(), places::known_place(place)) else {
            return if value.is_poison() { value } else { self.cannot_run(span, "write there") };
        };
        match self.cx.write_memory(&at, value) {
            true => nothing(span),
            false => self.cannot_run(span, "write there"),
        }
    }

    /// An assignment to something whose value is known while compiling.
    fn known_target(&mut self, place: &ast::Expr) -> Expr {
        let mut root = place;
        let mut is_pointer = false;
        while let ast::ExprKind::Field { base, .. }
        | ast::ExprKind::Index { base, .. }
        | ast::ExprKind::Deref(base)
        | ast::ExprKind::Unwrap(base) = &*root.kind
        {
            let base_ty = self.infer(base, None).ty;
            is_pointer |= self.cx.pointer(base_ty).is_some();
            root = base;
        }
        let ast::ExprKind::Name(name) = &*root.kind else {
            return self.not_assignable(place.span, "this is a value, not a place");
        };
        if is_pointer {
            return self.not_assignable(place.span, "this is reached through a pointer to constant data");
        }
        let diagnostic = Diagnostic::new(codes::HOST009, place.span, format!("`{name}` is a constant"));
        let diagnostic = match self.declaration_of(*name, root.span) {
            Some(declared) => diagnostic.also(declared, "it is declared here"),
            None => diagnostic,
        };
        self.fail(diagnostic.help("what changes is declared with `var`"))
    }

    /// Where a constant of this body, or of the containers around it, is declared.
    fn declaration_of(&self, name: Name, at: Span) -> Option<Span> {
        if self.find(name, at).is_some() {
            return self.declared_at(name);
        }
        let mut scope = Some(self.scope_at(at));
        while let Some(id) = scope {
            let container = &self.cx.containers[id];
            if let Some(ast::DeclKind::Var { decl, .. }) =
                container.decls.get(&name).map(|decl| &decl.source.kind)
            {
                return Some(decl.name.span);
            }
            scope = container.parent;
        }
        None
    }

    fn not_assignable(&mut self, span: Span, message: &str) -> Expr {
        self.error(codes::HOST009, span, message)
    }

    /// Where the variable is declared in which a place lies.
    pub(super) fn root_of(&self, place: &Place) -> Option<Span> {
        let mut root = place;
        while let Place::Field { base, .. } | Place::Element { base, .. } | Place::UnionPayload { base, .. } =
            root
        {
            root = base;
        }
        match root {
            Place::Local(local) => Some(self.body.locals[*local].span),
            Place::Global(global) => Some(self.cx.globals[*global].span),
            _ => None,
        }
    }

    fn constant_place(&mut self, place: &Place, span: Span) -> Expr {
        let mut root = place;
        while let Place::Field { base, .. } | Place::Element { base, .. } | Place::UnionPayload { base, .. } =
            root
        {
            root = base;
        }
        let diagnostic = match root {
            Place::Local(local) => {
                let Local { name, span: declared, .. } = self.body.locals[*local];
                Diagnostic::new(codes::HOST009, span, format!("`{name}` is a constant"))
                    .also(declared, "it is declared here")
                    .help("parameters, captures and `const` do not change: copy it to a `var`")
            }
            Place::Global(global) => {
                let global = &self.cx.globals[*global];
                Diagnostic::new(codes::HOST009, span, format!("`{}` is a constant", global.name))
                    .also(global.span, "it is declared here")
            }
            Place::Temporary(_) => {
                Diagnostic::new(codes::HOST009, span, "this value has no place of its own")
            }
            _ => Diagnostic::new(codes::HOST009, span, "this is reached through a pointer to constant data"),
        };
        self.fail(diagnostic)
    }

    /// `slice.len = n`, `slice.ptr = p`: the whole slice is written anew.
    fn assign_slice_part(
        &mut self,
        place: &ast::Expr,
        op: Option<ast::Binary>,
        value: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let ast::ExprKind::Field { base, name } = &*place.kind else { return None };
        if name.name != "len" && name.name != "ptr" {
            return None;
        }
        let base = self.infer_place(base, None);
        if base.is_poison() {
            return Some(base);
        }
        let base = if self.cx.pointee(base.ty).is_some_and(|child| self.cx.is_slice(child)) {
            self.load(base, span)
        } else {
            base
        };
        let pointer =
            self.cx.pointer(base.ty).filter(|pointer| pointer.size == PointerSize::Slice).cloned()?;
        let many = self.many_of(&pointer);
        let ty = base.ty;
        let (mut stmts, held) = self.hold_place(base);
        let part = self.value_member(held.clone(), *name, span);
        let new = match op {
            None => self.expr(value, Some(part.ty)),
            Some(op) => {
                let right = self.infer(value, None);
                let part_ty = part.ty;
                let applied = self.apply(op, part, right, span, span);
                self.coerce(applied, part_ty)
            }
        };
        if new.is_poison() {
            return Some(new);
        }
        let zero = Expr::constant(TypeId::USIZE, span, Value::int(0));
        let (pointer, end) = match name.name == "len" {
            true => {
                let whole = self.settled(held.clone());
                (self.slice_pointer(whole, many, span), new)
            }
            false => {
                let whole = self.settled(held.clone());
                let len = self.length_of(&whole, span);
                (new, len.unwrap_or(poison(span)))
            }
        };
        let slice = match (pointer.value(), end.value()) {
            (Some(Value::Pointer(pointer)), Some(Value::Int(len))) => {
                let value = Value::Slice { pointer: pointer.clone(), len: len.to_u64().unwrap_or_default() };
                Expr::constant(ty, span, value)
            }
            _ => Expr::new(ty, span, Kind::Slice { pointer, start: zero, end, limit: None, sentinel: None }),
        };
        stmts.push(self.assign_to(held, slice, span));
        Some(sequence(stmts, TypeId::VOID, span))
    }
}
