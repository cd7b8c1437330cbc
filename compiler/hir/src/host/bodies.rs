//! Bodies: of functions when somebody needs them, and of procs.

use super::scope::{nothing, poison};
use super::*;
use crate::context::{BodyState, Origin};

/// The checked body of an instance; nothing where it has none, or a mistake was reported, or it is being
/// checked right now.
pub fn body(cx: &mut Context, id: InstanceId) -> Option<Rc<Body>> {
    match &cx.instances[id].body {
        BodyState::Checked(body) => return Some(Rc::clone(body)),
        BodyState::Checking | BodyState::Elsewhere | BodyState::Failed => return None,
        BodyState::Unchecked => {}
    }
    cx.instances[id].body = BodyState::Checking;
    let mark = cx.sink.len();
    let span = cx.instances[id].span;
    let body = match cx.instances[id].origin.clone() {
        _ if !decls::enter(cx, span) => None,
        Origin::Function { function, known } => function_body(cx, id, function, &known),
        Origin::Event(_) | Origin::Flow { .. } => crate::koru::body(cx, id),
        Origin::Made => None,
    };
    cx.host.depth -= 1;
    if body.is_none() {
        cx.sink.keep(mark);
    }
    let body = body.map(Rc::new);
    cx.instances[id].body = body.clone().map_or(BodyState::Failed, BodyState::Checked);
    body
}

fn function_body(
    cx: &mut Context,
    id: InstanceId,
    function: FunctionId,
    known: &[Option<Known>],
) -> Option<Body> {
    let source = Arc::clone(&cx.functions[function].source);
    let container = cx.functions[function].container;
    let (types, result) = (cx.instances[id].params.clone(), cx.instances[id].result.clone());
    if types.contains(&TypeId::ERROR) || result == ResultShape::Returns(TypeId::ERROR) {
        return None;
    }
    let mark = cx.sink.len();
    let mut checker = BodyChecker::new(cx, container, result);
    checker.instance = Some(id);
    let mut types = types.into_iter();
    let mut params = Vec::new();
    for (param, known) in source.params.iter().zip(known) {
        let (name, span) = param.name.map_or(("_".into(), param.ty.span), |ident| (ident.name, ident.span));
        match known {
            Some(known) => checker.bind_constant(Ident { name, span }, known.clone()),
            None => params.extend(types.next().map(|ty| checker.bind(name, ty, span, false))),
        }
    }
    let stopped = std::mem::take(&mut checker.cx.host.stopped);
    let root = checker.whole(source.body.as_ref()?);
    checker.cx.host.stopped = stopped;
    let is_broken = checker.is_broken || root.is_poison();
    let body = checker.finish_with(params, root);
    is_whole(cx, is_broken, mark).then_some(body)
}

/// Checks the body of a proc: inputs are constants in scope, `return` leaves by a branch.
pub fn check_proc(
    cx: &mut Context,
    container: ContainerId,
    inputs: &[(Name, TypeId, Span)],
    result: ResultShape,
    block: &ast::Block,
) -> Option<Body> {
    let mark = cx.sink.len();
    let mut checker = BodyChecker::new(cx, container, result);
    checker.is_proc = true;
    let params = inputs.iter().map(|&(name, ty, span)| checker.bind(name, ty, span, false)).collect();
    let stopped = std::mem::take(&mut checker.cx.host.stopped);
    let root = checker.whole(block);
    checker.cx.host.stopped = stopped;
    let is_broken = checker.is_broken || root.is_poison();
    let body = checker.finish_with(params, root);
    is_whole(cx, is_broken, mark).then_some(body)
}

/// Is a body without mistakes? One that lacks something must have been reported.
fn is_whole(cx: &Context, is_broken: bool, mark: usize) -> bool {
    if is_broken && !cx.sink.has_errors() {
        koru_base::bug!("host", "a mistake was found and not told");
    }
    !is_broken && !failed_since(cx, mark)
}

fn failed_since(cx: &Context, mark: usize) -> bool {
    cx.sink.iter().skip(mark).any(|diagnostic| diagnostic.severity == koru_base::Severity::Error)
}

/// Does it begin with `@branchHint(.cold)`?
fn begins_cold(block: &ast::Block) -> bool {
    let Some(ast::StmtKind::Expr(first)) = block.stmts.first().map(|stmt| &stmt.kind) else { return false };
    let ast::ExprKind::Builtin { name, args } = &*first.kind else { return false };
    let is_cold =
        |arg: &ast::Expr| matches!(&*arg.kind, ast::ExprKind::EnumLiteral(hint) if hint.name == *"cold");
    name.name == *"branchHint" && matches!(&args[..], [arg] if is_cold(arg))
}

impl BodyChecker<'_, '_> {
    /// The type `return` takes.
    pub(super) fn return_type(&self) -> TypeId {
        match &self.result {
            ResultShape::Returns(ty) => *ty,
            ResultShape::Branches { output, .. } => *output,
        }
    }

    /// The block of a function, whose end may be reached only where nothing is given back.
    fn whole(&mut self, block: &ast::Block) -> Expr {
        self.body.is_cold = begins_cold(block);
        let checked = self.infer_block(block, Some(TypeId::VOID));
        if checked.ty == TypeId::NORETURN || checked.is_poison() {
            return checked;
        }
        if self.instance.is_some_and(|id| self.cx.instances[id].convention == koru_flow::Convention::Naked) {
            let end = Expr::new(TypeId::NORETURN, block.span, Kind::Unreachable);
            return coerce::sequence(vec![checked, end], TypeId::NORETURN, block.span);
        }
        let ty = self.return_type();
        let is_void =
            ty == TypeId::VOID || self.cx.error_union(ty).is_some_and(|(_, payload)| payload == TypeId::VOID);
        if block.stmts.iter().any(|stmt| matches!(stmt.kind, ast::StmtKind::Error)) {
            // A statement that could not be read may be the one that returns.
            return poison(block.span);
        }
        if !is_void && ty != TypeId::ERROR {
            let end = Span { start: block.span.end.saturating_sub(1), ..block.span };
            let name = self.cx.type_name(ty);
            let message = match self.result {
                ResultShape::Branches { .. } => "the proc can end here without returning a branch".to_owned(),
                ResultShape::Returns(_) => format!("the function can end here without returning a `{name}`"),
            };
            return self.error(codes::HOST012, end, message);
        }
        if ty == TypeId::VOID {
            return checked;
        }
        let span = block.span.after();
        let value = self.coerce(nothing(span), ty);
        let back = Expr::new(TypeId::NORETURN, span, Kind::Return(Some(value)));
        Expr::new(TypeId::NORETURN, block.span, Kind::Block { label: None, stmts: vec![checked, back] })
    }
}
