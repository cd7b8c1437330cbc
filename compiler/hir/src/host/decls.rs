//! Declarations of containers, read when somebody asks for them.
//!
//! Constants are evaluated, functions get an id, variables become globals. Who asks for a declaration
//! that is being read has found a dependency loop.

use super::*;
use crate::context::{Function, Global, Linkage};

/// What a declaration is.
#[derive(Clone, Debug)]
pub enum Declared {
    /// A constant, type or function; of the error type where a mistake was reported.
    Known(Known),
    Global(GlobalId),
}

/// What the container declares under this name; nothing where it declares no such thing.
pub fn decl(cx: &mut Context, container: ContainerId, name: Name, at: Span) -> Option<Declared> {
    let decl = cx.containers[container].decls.get(&name)?;
    match &decl.state {
        DeclState::Known(known) => return Some(Declared::Known(known.clone())),
        DeclState::Global(global) => return Some(Declared::Global(*global)),
        DeclState::Failed => return Some(failed()),
        DeclState::Reading => {
            let message = format!("`{name}` is needed to find out what `{name}` is");
            let first = containers::declared_name(&decl.source).map_or(Span::NONE, |ident| ident.span);
            cx.sink.report(Diagnostic::new(codes::HOST016, at, message).also(first, "it is declared here"));
            set(cx, container, name, DeclState::Failed);
            return Some(failed());
        }
        DeclState::Unread => {}
    }
    let source = Arc::clone(&decl.source);
    containers::run_blocks(cx, container);
    set(cx, container, name, DeclState::Reading);
    let stopped = std::mem::take(&mut cx.host.stopped);
    let state = if enter(cx, at) { read(cx, container, name, &source) } else { DeclState::Failed };
    cx.host.stopped = stopped;
    cx.host.depth -= 1;
    if matches!(cx.containers[container].decls[&name].state, DeclState::Failed) {
        return Some(failed());
    }
    set(cx, container, name, state);
    self::decl(cx, container, name, at)
}

fn failed() -> Declared {
    Declared::Known(Known { ty: TypeId::ERROR, value: Value::Undefined })
}

fn set(cx: &mut Context, container: ContainerId, name: Name, state: DeclState) {
    if let Some(decl) = cx.containers[container].decls.get_mut(&name) {
        decl.state = state;
    }
}

/// Goes one query deeper, unless that is too deep. The depth is counted either way.
pub(super) fn enter(cx: &mut Context, at: Span) -> bool {
    /// Enough for any program a person wrote, and less than our stack holds.
    const LIMIT: u32 = 200;
    cx.host.depth += 1;
    if cx.host.depth == LIMIT {
        let message = "declarations and instances depend on each other more than 200 levels deep";
        cx.sink.report(Diagnostic::new(codes::HOST016, at, message));
    }
    cx.host.depth < LIMIT
}

fn read(cx: &mut Context, container: ContainerId, name: Name, source: &ast::Decl) -> DeclState {
    match &source.kind {
        ast::DeclKind::Function(function) => {
            let id = function_id(cx, container, function, source.span);
            DeclState::Known(Known { ty: TypeId::FUNCTION_NAME, value: Value::Function(id) })
        }
        ast::DeclKind::Var { is_threadlocal, linkage, decl } => {
            let full = cx.containers[container].name.join(name);
            let mut checker = BodyChecker::new(cx, container, ResultShape::Returns(TypeId::VOID));
            checker.naming = Some(Ident { name: full, span: decl.name.span });
            let Some(known) = checker.initial(decl, linkage) else { return DeclState::Failed };
            let align = checker.alignment(decl.align.as_ref());
            let has_place = !decl.is_const || align.is_some() && !cx.is_comptime_only(known.ty);
            if !has_place && matches!(linkage, ast::Linkage::Internal) {
                return DeclState::Known(known);
            }
            let linkage = linkage_of(linkage);
            let name = if linkage == Linkage::Internal { full } else { name };
            DeclState::Global(cx.globals.push(Global {
                name,
                ty: known.ty,
                value: known.value,
                align,
                is_const: decl.is_const,
                is_threadlocal: *is_threadlocal,
                linkage,
                span: decl.name.span,
            }))
        }
        _ => DeclState::Failed,
    }
}

fn linkage_of(linkage: &ast::Linkage) -> Linkage {
    match linkage {
        ast::Linkage::Internal => Linkage::Internal,
        ast::Linkage::Export => Linkage::Export,
        ast::Linkage::Extern(Some(library)) if *library == "build" => Linkage::Build,
        ast::Linkage::Extern(_) => Linkage::Extern,
    }
}

fn function_id(
    cx: &mut Context,
    container: ContainerId,
    source: &Arc<ast::Function>,
    span: Span,
) -> FunctionId {
    let name = match linkage_of(&source.linkage) {
        Linkage::Internal => cx.containers[container].name.join(source.name.name),
        _ => source.name.name,
    };
    cx.functions.push(Function { source: Arc::clone(source), container, name, span })
}

/// How code of a function is seen from outside.
pub(super) fn function_linkage(function: &ast::Function) -> Linkage {
    linkage_of(&function.linkage)
}

impl BodyChecker<'_, '_> {
    /// The first value of a container's constant or variable.
    fn initial(&mut self, decl: &ast::VarDecl, linkage: &ast::Linkage) -> Option<Known> {
        let ty = match &decl.ty {
            Some(ty) => Some(self.check_type(ty)).filter(|&ty| ty != TypeId::ERROR).map(Some)?,
            None => None,
        };
        let Some(value) = &decl.value else {
            let is_extern = matches!(linkage, ast::Linkage::Extern(_));
            if let Some(ty) = ty.filter(|_| is_extern) {
                return Some(Known { ty, value: Value::Undefined });
            }
            self.error(codes::HOST017, decl.name.span, format!("`{}` has no value", decl.name.name));
            return None;
        };
        let known = match (ty, &decl.ty) {
            (Some(ty), Some(written)) => {
                let text = format!("`{}` is declared with this type", decl.name.name);
                self.because(ty, written.span, text, |checker| checker.known(value, Some(ty)))
            }
            _ => self.known(value, None),
        }?;
        if !decl.is_const && self.cx.is_comptime_only(known.ty) {
            let name = self.cx.type_name(known.ty);
            let message = format!("a variable of type `{name}` cannot exist at run time");
            let diagnostic = Diagnostic::new(codes::HOST017, decl.name.span, message);
            self.fail(diagnostic.help("write its type, or make it `const`"));
            return None;
        }
        Some(known)
    }

    /// What a name stands for in the containers around this code.
    pub(super) fn find_outside(&mut self, name: Name, at: Span) -> Option<Declared> {
        let scope = self.scope_at(at);
        // What a transform declares stands in the caller's module, where its text finds it after its own.
        let found = self.find_from(scope, name, at);
        if found.is_none() && scope != self.container {
            self.find_from(self.container, name, at)
        } else {
            found
        }
    }

    fn find_from(&mut self, scope: ContainerId, name: Name, at: Span) -> Option<Declared> {
        let mut container = Some(scope);
        while let Some(id) = container {
            let captured = self.cx.containers[id].captures.iter().find(|(captured, _)| *captured == name);
            if let Some((_, known)) = captured {
                return Some(Declared::Known(known.clone()));
            }
            if let Some(found) = decl(self.cx, id, name, at) {
                return Some(found);
            }
            container = self.cx.containers[id].parent;
        }
        None
    }

    /// The container whose names code at this place sees: of text a transform made, the transform's module.
    pub(super) fn scope_at(&self, at: Span) -> ContainerId {
        let home = crate::koru::home_of_made(self.cx, at).map(|module| self.cx.modules[module].container);
        home.unwrap_or(self.container)
    }

    /// The module's container: the outermost one.
    fn module_container_at(&self, at: Span) -> ContainerId {
        let module = self.cx.containers[self.scope_at(at)].module;
        self.cx.modules.get(module).map_or(self.container, |module| module.container)
    }

    /// A declaration as an expression.
    pub(super) fn declared(&mut self, found: Declared, span: Span) -> Expr {
        match found {
            Declared::Known(known) => Expr::constant(known.ty, span, known.value),
            Declared::Global(id) if self.cx.globals[id].align.is_some() => self.placed(id, span),
            Declared::Global(id) => {
                let ty = self.cx.globals[id].ty;
                self.read(Place::Global(id), ty, span)
            }
        }
    }

    /// What lies in memory: its value is read there, where one is wanted.
    fn placed(&self, global: GlobalId, span: Span) -> Expr {
        Expr::new(self.cx.globals[global].ty, span, Kind::Read(Place::Global(global)))
    }

    /// What code at build time knows without an import: the public types of the compiler's interface.
    fn find_in_prelude(&mut self, name: Name, at: Span) -> Option<Declared> {
        let module = self.cx.koru.prelude.filter(|_| self.cx.is_build_time())?;
        let container = self.cx.modules[module].container;
        let is_public = self.cx.containers[container].decls.get(&name).is_some_and(|decl| decl.is_public);
        is_public.then(|| decl(self.cx, container, name, at))?
    }

    /// A name in an expression.
    pub(super) fn name(&mut self, name: Name, span: Span) -> Expr {
        if let Some((depth, binding)) = self.find(name, span) {
            return match binding {
                scope::Binding::Local(local) => self.local(local, depth, span),
                scope::Binding::Known(known) => Expr::constant(known.ty, span, known.value),
                scope::Binding::Global(global) => self.placed(global, span),
                scope::Binding::Variable(index) if self.is_running => {
                    self.placed(self.variables[index].global, span)
                }
                scope::Binding::Variable(index) => {
                    let known = self.variable_value(index);
                    Expr::constant(known.ty, span, known.value)
                }
            };
        }
        if let Some(found) = self.find_outside(name, span) {
            return self.declared(found, span);
        }
        if let Some(known) = self.primitive(name) {
            return Expr::constant(known.ty, span, known.value);
        }
        if let Some(found) = self.find_in_prelude(name, span) {
            return self.declared(found, span);
        }
        let container = self.module_container_at(span);
        if let Some(event) = crate::koru::event_by_host_name(self.cx, container, name) {
            return Expr::constant(TypeId::TYPE, span, Value::Event(event));
        }
        self.unknown_name(name, span)
    }

    fn local(&mut self, local: LocalId, depth: usize, span: Span) -> Expr {
        let Local { name, ty, span: declared, .. } = self.body.locals[local];
        self.mark_used(local);
        if depth < self.floor && ty != TypeId::ERROR {
            let message =
                format!("`{name}` has its value only at run time, and it is needed while compiling");
            return self
                .fail(Diagnostic::new(codes::HOST005, span, message).also(declared, "it is declared here"));
        }
        scope::local_expr(local, ty, span)
    }

    fn unknown_name(&mut self, name: Name, span: Span) -> Expr {
        let mut names = self.visible();
        let mut container = Some(self.container);
        while let Some(id) = container {
            let of = &self.cx.containers[id];
            names.extend(of.decls.keys().copied().chain(of.captures.iter().map(|(name, _)| *name)));
            container = of.parent;
        }
        names.sort();
        let close = closest(name.as_str(), names.iter().map(|name| name.as_str()));
        let diagnostic = Diagnostic::new(codes::HOST001, span, format!("`{name}` is not declared here"));
        if let (true, ResultShape::Branches { branches, .. }) = (self.is_proc, &self.result)
            && branches.iter().any(|branch| branch.name == name)
        {
            let help = format!("a branch is written with a dot: `.{name}`");
            return self.fail(diagnostic.fix(help, span.before(), "."));
        }
        self.fail(match close {
            Some(close) => diagnostic.fix(format!("did you mean `{close}`?"), span, close),
            None => crate::koru::for_host_name(self.cx, diagnostic, name.as_str()),
        })
    }
}
