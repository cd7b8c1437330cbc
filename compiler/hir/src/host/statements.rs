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
            self.is_broken |= checked.is_poison();
            let is_lost = self.cx.host.stopped || (self.is_running && checked.is_poison());
            let is_left = checked.ty == TypeId::NORETURN || is_lost;
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

    pub(super) fn local_decl(&mut self, is_comptime: bool, decl: &ast::VarDecl, span: Span) -> Expr {
        let name = decl.name.name;
        let ty = decl.ty.as_ref().map(|ty| self.check_type(ty));
        let Some(value) = &decl.value else {
            self.bind(name, TypeId::ERROR, decl.name.span, true);
            let diagnostic =
                Diagnostic::new(codes::HOST017, decl.name.span, format!("`{name}` has no value"));
            return self.fail(diagnostic.help("where it gets one later, write `= undefined`"));
        };
        let full = self.cx.containers[self.container].name.join(name);
        self.naming = Some(Ident { name: full, span: decl.name.span });
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
    pub(super) fn declare_local(
        &mut self,
        is_comptime: bool,
        decl: &ast::VarDecl,
        checked: Expr,
        span: Span,
    ) -> Expr {
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
                let is_data = !is_comptime && !self.is_running && !self.cx.is_comptime_only(known.ty);
                match self.alignment(decl.align.as_ref()).filter(|_| is_data) {
                    Some(align) => self.bind_aligned(decl.name, known, align),
                    None => self.bind_constant(decl.name, known),
                }
                return nothing(span);
            }
            if is_comptime || self.is_running {
                self.bind_variable(decl.name, known);
                return nothing(span);
            }
        }
        if self.cx.is_comptime_only(checked.ty) {
            return self.needs_runtime_type(decl, checked.ty);
        }
        let local = self.bind(name, checked.ty, decl.name.span, !decl.is_const);
        if let Some(align) = self.alignment(decl.align.as_ref()) {
            self.body.locals[local].align = Some(align);
            self.body.locals[local].is_addressed = true;
        }
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
            // The address of a function wants the function.
            Kind::Const(Value::Instance(_)) if !self.is_running => {
                let local = self.hidden("_", ty, span, false);
                Expr::new(TypeId::VOID, span, Kind::Let { local, value: Some(checked) })
            }
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
