//! Statements and blocks.
//!
//! A constant whose value is known leaves no trace in the tree. Code behind a statement that never comes
//! back is not looked at.

use super::coerce::sequence;
use super::scope::{Frame, nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    /// A block as a statement.
    pub fn block(&mut self, block: &ast::Block) -> Expr {
        self.infer_block(block, Some(TypeId::VOID))
    }

    /// A block: with a label it may have a value.
    pub(super) fn infer_block(&mut self, block: &ast::Block, hint: Option<TypeId>) -> Expr {
        match block.label {
            Some(label) => self.labelled(label, block, hint),
            None => self.plain_block(block),
        }
    }

    fn plain_block(&mut self, block: &ast::Block) -> Expr {
        self.enter();
        let (stmts, is_left) = self.statements(&block.stmts);
        self.leave();
        finish_block(stmts, is_left, block.span)
    }

    /// Checked statements, and whether the last of them never comes back.
    fn statements(&mut self, all: &[ast::Stmt]) -> (Vec<Expr>, bool) {
        let mut stmts = Vec::new();
        for stmt in all {
            let checked = self.one_statement(stmt);
            stmts.append(&mut self.spread);
            let is_left = checked.ty == TypeId::NORETURN;
            if !matches!(&*checked.kind, Kind::Const(_)) {
                stmts.push(checked);
            }
            if is_left {
                return (stmts, true);
            }
        }
        (stmts, false)
    }

    fn labelled(&mut self, label: Ident, block: &ast::Block, hint: Option<TypeId>) -> Expr {
        self.settle(hint, |checker, hint| {
            let id = checker.new_label();
            checker.push_frame(Some(label.name), id, None, hint);
            checker.enter();
            let (stmts, is_left) = checker.statements(&block.stmts);
            checker.leave();
            let frame = checker.pop_frame();
            checker.finish_labelled(frame, stmts, is_left, hint, block.span)
        })
    }

    fn finish_labelled(
        &mut self,
        frame: Frame,
        stmts: Vec<Expr>,
        is_left: bool,
        hint: Option<TypeId>,
        span: Span,
    ) -> Result<Expr, TypeId> {
        if let Some(known) = frame.result {
            return Ok(Expr::constant(known.ty, span, known.value));
        }
        if frame.breaks == 0 {
            return Ok(finish_block(stmts, is_left, span));
        }
        let mut brought = frame.brought;
        if !is_left {
            brought.push(nothing(span));
        }
        let ty = self.settle_type(&brought, hint, span)?;
        if ty == TypeId::ERROR {
            return Ok(poison(span));
        }
        if let [only] = &stmts[..]
            && let Kind::Break { label, value: Some(value) } = &*only.kind
            && *label == frame.label
            && frame.breaks == 1
        {
            return Ok(value.clone());
        }
        Ok(Expr::new(ty, span, Kind::Block { label: Some(frame.label), stmts }))
    }

    /// Checks something whose type is found by looking at all its exits; once more where they differ.
    pub(super) fn settle(
        &mut self,
        hint: Option<TypeId>,
        check: impl Fn(&mut Self, Option<TypeId>) -> Result<Expr, TypeId>,
    ) -> Expr {
        let mark = self.cx.sink.len();
        let variables = self.variable_values();
        match check(self, hint) {
            Ok(expr) => expr,
            // What was reported once would be reported twice.
            Err(_) if self.cx.sink.len() > mark => poison(Span::NONE),
            Err(ty) => {
                self.restore_variables(variables);
                check(self, Some(ty)).unwrap_or(poison(Span::NONE))
            }
        }
    }

    /// The type of all exits; the error asks for another round with that type.
    pub(super) fn settle_type(
        &mut self,
        brought: &[Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Result<TypeId, TypeId> {
        if brought.iter().any(Expr::is_poison) {
            return Ok(TypeId::ERROR);
        }
        if let Some(ty) = hint {
            let wrong = brought.iter().find(|expr| expr.ty != ty && expr.ty != TypeId::NORETURN).cloned();
            let Some(wrong) = wrong else { return Ok(ty) };
            return Ok(self.coerce(wrong, ty).ty);
        }
        let all: Vec<&Expr> = brought.iter().collect();
        let ty = self.peer_or_report(&all, span);
        let is_settled =
            ty == TypeId::ERROR || brought.iter().all(|expr| expr.ty == ty || expr.ty == TypeId::NORETURN);
        if is_settled { Ok(ty) } else { Err(ty) }
    }

    /// A statement: of type void, or noreturn.
    pub(super) fn statement(&mut self, stmt: &ast::Stmt) -> Expr {
        let checked = self.one_statement(stmt);
        if self.spread.is_empty() {
            return checked;
        }
        let mut stmts = std::mem::take(&mut self.spread);
        let is_left = checked.ty == TypeId::NORETURN;
        stmts.push(checked);
        finish_block(stmts, is_left, stmt.span)
    }

    /// A statement; what it declares besides is left in `spread`, to be put in front of it.
    fn one_statement(&mut self, stmt: &ast::Stmt) -> Expr {
        let span = stmt.span;
        match &stmt.kind {
            ast::StmtKind::Local { is_comptime, decl } => self.local_decl(*is_comptime, decl, span),
            ast::StmtKind::Destructure { targets, value } => self.destructure(targets, value, span),
            ast::StmtKind::Assign { place, op, value } => self.assign(place, *op, value, span),
            ast::StmtKind::Discard(value) => self.discard(value),
            ast::StmtKind::Expr(expr) => self.expr_statement(expr),
            ast::StmtKind::Defer(body) => self.defer(body, span),
            ast::StmtKind::ErrDefer { capture, body } => self.errdefer(*capture, body, span),
            ast::StmtKind::Error => poison(span),
        }
    }

    /// An expression that stands where a statement does: what it computes must not be lost.
    pub(super) fn expr_statement(&mut self, expr: &ast::Expr) -> Expr {
        use ast::ExprKind::*;
        let is_control = matches!(&*expr.kind, If(_) | While(_) | For(_) | Switch(_) | Block(_));
        let checked = self.infer(expr, is_control.then_some(TypeId::VOID));
        if matches!(checked.ty, TypeId::VOID | TypeId::NORETURN | TypeId::ERROR) {
            return checked;
        }
        let name = self.cx.type_name(checked.ty);
        if self.cx.error_union(checked.ty).is_some() || self.cx.is_error_set(checked.ty) {
            let diagnostic =
                Diagnostic::new(codes::HOST011, checked.span, format!("the error of `{name}` is ignored"));
            return self.fail(diagnostic.help("use `try`, `catch` or `if`"));
        }
        let diagnostic =
            Diagnostic::new(codes::HOST011, checked.span, format!("this value of type `{name}` is ignored"));
        self.fail(diagnostic.fix("say so with `_ =`", Span { end: expr.span.start, ..expr.span }, "_ = "))
    }

    fn local_decl(&mut self, is_comptime: bool, decl: &ast::VarDecl, span: Span) -> Expr {
        let name = decl.name.name;
        let ty = decl.ty.as_ref().map(|ty| self.check_type(ty));
        let Some(value) = &decl.value else {
            self.bind(name, TypeId::ERROR, decl.name.span, true);
            let diagnostic =
                Diagnostic::new(codes::HOST017, decl.name.span, format!("`{name}` has no value"));
            return self.fail(diagnostic.help("where it gets one later, write `= undefined`"));
        };
        self.naming = Some(self.cx.containers[self.container].name.join(name));
        let checked = match (ty, &decl.ty) {
            (Some(TypeId::ERROR), _) => {
                self.infer(value, Some(TypeId::ERROR));
                poison(span)
            }
            (Some(ty), Some(written)) => {
                let text = format!("`{name}` is declared with this type");
                self.because(ty, written.span, text, |checker| {
                    checker.declared_value(is_comptime, value, Some(ty))
                })
            }
            _ => self.declared_value(is_comptime, value, None),
        };
        self.naming = None;
        self.declare_local(is_comptime, decl, checked, span)
    }

    fn declared_value(&mut self, is_comptime: bool, value: &ast::Expr, ty: Option<TypeId>) -> Expr {
        let checked = match is_comptime {
            true => self.comptime(|checker| checker.expr(value, ty)),
            false => self.expr(value, ty),
        };
        if is_comptime || self.is_running { self.forced(checked) } else { checked }
    }

    /// Gives a name to a checked value.
    fn declare_local(&mut self, is_comptime: bool, decl: &ast::VarDecl, checked: Expr, span: Span) -> Expr {
        let name = decl.name.name;
        if checked.is_poison() || checked.ty == TypeId::NORETURN {
            self.bind(name, TypeId::ERROR, decl.name.span, true);
            return checked;
        }
        let is_known =
            checked.value().is_some_and(|value| *value != Value::Undefined || self.is_running || is_comptime);
        if let Some(value) = checked.value().filter(|_| is_known).cloned() {
            let known = Known { ty: checked.ty, value };
            if decl.is_const {
                self.bind_known(name, known);
                return nothing(span);
            }
            if is_comptime || self.is_running {
                self.bind_variable(name, known);
                return nothing(span);
            }
        }
        if self.cx.is_comptime_only(checked.ty) {
            return self.needs_runtime_type(decl, checked.ty);
        }
        let local = self.bind(name, checked.ty, decl.name.span, !decl.is_const);
        let value = (checked.value() != Some(&Value::Undefined)).then_some(checked);
        Expr::new(TypeId::VOID, span, Kind::Let { local, value })
    }

    fn needs_runtime_type(&mut self, decl: &ast::VarDecl, ty: TypeId) -> Expr {
        self.bind(decl.name.name, TypeId::ERROR, decl.name.span, true);
        let name = self.cx.type_name(ty);
        let message =
            format!("`{}` would have the type `{name}`, which exists only while compiling", decl.name.name);
        let diagnostic = Diagnostic::new(codes::HOST017, decl.name.span, message);
        self.fail(match ty {
            TypeId::COMPTIME_INT => {
                diagnostic.help(format!("give it a type: `var {}: i32 = ..`", decl.name.name))
            }
            TypeId::COMPTIME_FLOAT => {
                diagnostic.help(format!("give it a type: `var {}: f64 = ..`", decl.name.name))
            }
            _ => diagnostic.help("make it `const`, or `comptime var`"),
        })
    }

    fn destructure(&mut self, targets: &[ast::DestructureTarget], value: &ast::Expr, span: Span) -> Expr {
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

    fn assign(&mut self, place: &ast::Expr, op: Option<ast::Binary>, value: &ast::Expr, span: Span) -> Expr {
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
        let count = match op {
            ast::Binary::ShiftLeft | ast::Binary::ShiftRight => self.shift_count_type(target.ty),
            _ => Some(target.ty).filter(|&ty| self.is_number(ty)),
        };
        let right = self.infer(value, count);
        self.update(target, op, right, span)
    }

    /// `place op= value`: the place is found once.
    fn update(&mut self, target: Expr, op: ast::Binary, right: Expr, span: Span) -> Expr {
        let (mut stmts, target) = self.hold_place(target);
        let ty = target.ty;
        let old = self.settled(target.clone());
        let value = self.apply(op, old, right, span, span);
        let value = self.coerce(value, ty);
        stmts.push(self.assign_to(target, value, span));
        stmts.retain(|stmt| !matches!(&*stmt.kind, Kind::Const(_)) || stmt.is_poison());
        if stmts.is_empty() {
            return nothing(span);
        }
        sequence(stmts, TypeId::VOID, span)
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
    pub(super) fn assign_to(&mut self, target: Expr, value: Expr, span: Span) -> Expr {
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
        while let ast::ExprKind::Field { base, .. }
        | ast::ExprKind::Index { base, .. }
        | ast::ExprKind::Deref(base)
        | ast::ExprKind::Unwrap(base) = &*root.kind
        {
            root = base;
        }
        let ast::ExprKind::Name(name) = &*root.kind else {
            return self.not_assignable(place.span, "this is a value, not a place");
        };
        let diagnostic = Diagnostic::new(codes::HOST009, place.span, format!("`{name}` is a constant"));
        self.fail(diagnostic.help("what changes is declared with `var`"))
    }

    fn not_assignable(&mut self, span: Span, message: &str) -> Expr {
        self.error(codes::HOST009, span, message)
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
            _ => Expr::new(ty, span, Kind::Slice { pointer, start: zero, end, limit: None }),
        };
        stmts.push(self.assign_to(held, slice, span));
        Some(sequence(stmts, TypeId::VOID, span))
    }

    /// `_ = value`: the two sides of `catch`, `orelse` and `if` need no common type.
    pub(super) fn discard(&mut self, value: &ast::Expr) -> Expr {
        match &*value.kind {
            ast::ExprKind::Catch { left, capture, right } => {
                return self.discard_catch(left, *capture, right, value.span);
            }
            ast::ExprKind::Binary { op: ast::Binary::Orelse, left, right, .. } => {
                return self.discard_orelse(left, right, value.span);
            }
            _ => {}
        }
        let checked = self.infer(value, None);
        self.drop_value(checked)
    }

    /// Computes a value and forgets it.
    pub(super) fn drop_value(&mut self, checked: Expr) -> Expr {
        let (ty, span) = (checked.ty, checked.span);
        match &*checked.kind {
            Kind::Const(_) => nothing(span),
            // `_ = x` and `_ = &x` only say that the name is used.
            Kind::Read(Place::Local(_)) | Kind::AddressOf(Place::Local(_)) => nothing(span),
            _ if ty == TypeId::NORETURN || ty == TypeId::VOID || checked.is_poison() => checked,
            _ => {
                let local = self.hidden("_", ty, span, false);
                Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(checked) })
            }
        }
    }

    fn defer(&mut self, body: &ast::Stmt, span: Span) -> Expr {
        let body = self.deferred(body);
        if body.is_poison() {
            return body;
        }
        Expr::new(TypeId::VOID, span, Kind::Defer { body })
    }

    fn deferred(&mut self, body: &ast::Stmt) -> Expr {
        if self.is_running {
            return self.cannot_run(body.span, "`defer`");
        }
        self.defer_depth += 1;
        let frames = std::mem::take(&mut self.frames);
        self.enter();
        let checked = self.statement(body);
        self.leave();
        self.frames = frames;
        self.defer_depth -= 1;
        checked
    }

    fn errdefer(&mut self, capture: Option<Ident>, body: &ast::Stmt, span: Span) -> Expr {
        let set = self.cx.error_union(self.return_type()).map(|(set, _)| set);
        let Some(set) = set else { return nothing(span) };
        self.enter();
        let error =
            capture.filter(|name| name.name != "_").map(|name| self.bind(name.name, set, name.span, false));
        let body = self.deferred(body);
        self.leave();
        if body.is_poison() {
            return body;
        }
        Expr::new(TypeId::VOID, span, Kind::ErrDefer { error, body })
    }
}

/// Statements of a block without a label.
pub(super) fn finish_block(stmts: Vec<Expr>, is_left: bool, span: Span) -> Expr {
    if stmts.is_empty() && !is_left {
        return nothing(span);
    }
    let ty = if is_left { TypeId::NORETURN } else { TypeId::VOID };
    sequence(stmts, ty, span)
}
