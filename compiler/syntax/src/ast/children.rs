//! The parts of host code, for those who change it: every expression directly inside another.
//!
//! In: an expression or declaration. Out: a call of `visit` for each expression that stands in it, wherever
//! that is: in a type, a statement, a prong. Shared parts are copied when they are changed.

use super::host::*;
use std::sync::Arc;

type Visit<'v> = &'v mut dyn FnMut(&mut Expr);

/// Visits the expressions directly inside this one.
pub fn children(expr: &mut Expr, visit: Visit) {
    use ExprKind::*;
    match Arc::make_mut(&mut expr.kind) {
        Int(_)
        | Float(_)
        | Char(_)
        | Str(_)
        | Name(_)
        | EnumLiteral(_)
        | ErrorLiteral(_)
        | Undefined
        | Null
        | Unreachable
        | Qualified { .. }
        | ErrorSet(_)
        | AnyType
        | Error => {}
        Literal { ty, body } => {
            ty.iter_mut().for_each(&mut *visit);
            literal(body, visit);
        }
        Record(fields) => fields.iter_mut().for_each(|(_, value)| visit(value)),
        List(items) => items.iter_mut().for_each(visit),
        Builtin { args, .. } => args.iter_mut().for_each(visit),
        Call { callee, args } => {
            visit(callee);
            args.iter_mut().for_each(visit);
        }
        Field { base, .. } | Deref(base) | Unwrap(base) | Try(base) | Comptime(base) | Optional(base) => {
            visit(base)
        }
        Index { base, index } => [base, index].into_iter().for_each(visit),
        Slice(slice) => {
            let super::host::Slice { base, start, end, sentinel } = &mut **slice;
            [base, start].into_iter().chain(end).chain(sentinel).for_each(visit)
        }
        Unary { operand, .. } => visit(operand),
        Binary { left, right, .. } | Catch { left, right, .. } => [left, right].into_iter().for_each(visit),
        If(it) => {
            [&mut it.condition, &mut it.then].into_iter().chain(&mut it.otherwise).for_each(visit);
        }
        While(it) => {
            visit(&mut it.condition);
            it.step.iter_mut().for_each(|step| statement(step, visit));
            [&mut it.body].into_iter().chain(&mut it.otherwise).for_each(visit);
        }
        For(it) => {
            it.inputs.iter_mut().for_each(|input| for_input(input, visit));
            [&mut it.body].into_iter().chain(&mut it.otherwise).for_each(visit);
        }
        Switch(it) => {
            visit(&mut it.operand);
            it.prongs.iter_mut().for_each(|prong| self::prong(prong, visit));
        }
        Block(it) => block(it, visit),
        Break { value, .. } | Continue { value, .. } | Return(value) => value.iter_mut().for_each(visit),
        Asm(it) => {
            visit(&mut it.template);
            it.outputs.iter_mut().chain(&mut it.inputs).for_each(|operand| visit(&mut operand.value));
        }
        Pointer(it) => {
            it.align.iter_mut().chain(&mut it.sentinel).chain([&mut it.child]).for_each(visit);
        }
        Array { len, sentinel, child } => len.iter_mut().chain(sentinel).chain([child]).for_each(visit),
        ErrorUnion { set, payload } => set.iter_mut().chain([payload]).for_each(visit),
        Function(it) => {
            it.params.iter_mut().for_each(|param| visit(&mut param.ty));
            it.callconv.iter_mut().chain([&mut it.ret]).for_each(visit);
        }
        Container(it) => container(Arc::make_mut(it), visit),
    }
}

fn literal(body: &mut LiteralBody, visit: Visit) {
    match body {
        LiteralBody::Empty => {}
        LiteralBody::Fields(fields) => fields.iter_mut().for_each(|(_, value)| visit(value)),
        LiteralBody::Items(items) => items.iter_mut().for_each(visit),
    }
}

/// Visits the expressions of a loop's input, or of an argument.
pub fn for_input(input: &mut ForInput, visit: Visit) {
    match input {
        ForInput::Items(items) => visit(items),
        ForInput::Range(from, to) => [from].into_iter().chain(to).for_each(visit),
    }
}

fn prong(prong: &mut Prong, visit: Visit) {
    for case in &mut prong.cases {
        match case {
            Case::Value(value) => visit(value),
            Case::Range(from, to) => [from, to].into_iter().for_each(&mut *visit),
        }
    }
    visit(&mut prong.body);
}

/// Visits the expressions of a block's statements.
pub fn block(block: &mut Block, visit: Visit) {
    Arc::make_mut(&mut block.stmts).iter_mut().for_each(|stmt| statement(stmt, visit));
}

fn statement(stmt: &mut Stmt, visit: Visit) {
    match &mut stmt.kind {
        StmtKind::Local { decl, .. } => variable(decl, visit),
        StmtKind::Destructure { targets, value } => {
            for target in targets {
                match target {
                    DestructureTarget::Declare(decl) => variable(decl, visit),
                    DestructureTarget::Assign(place) => visit(place),
                    DestructureTarget::Discard => {}
                }
            }
            visit(value);
        }
        StmtKind::Assign { place, value, .. } => [place, value].into_iter().for_each(visit),
        StmtKind::Discard(expr) | StmtKind::Expr(expr) => visit(expr),
        StmtKind::Defer(body) | StmtKind::ErrDefer { body, .. } => statement(body, visit),
        StmtKind::Error => {}
    }
}

fn variable(decl: &mut VarDecl, visit: Visit) {
    decl.ty.iter_mut().chain(&mut decl.align).chain(&mut decl.value).for_each(visit);
}

fn container(container: &mut Container, visit: Visit) {
    match &mut container.kind {
        ContainerKind::Struct { backing } => backing.iter_mut().for_each(&mut *visit),
        ContainerKind::Enum { tag } => tag.iter_mut().for_each(&mut *visit),
        ContainerKind::Union { tag: UnionTag::Given(tag) | UnionTag::Auto(Some(tag)) } => visit(tag),
        ContainerKind::Union { .. } | ContainerKind::Opaque => {}
    }
    for field in &mut container.fields {
        field.ty.iter_mut().chain(&mut field.align).chain(&mut field.value).for_each(&mut *visit);
    }
    container.decls.iter_mut().for_each(|decl| declaration(decl, visit));
}

/// Visits the expressions of a declaration.
pub fn declaration(decl: &mut Decl, visit: Visit) {
    match &mut decl.kind {
        DeclKind::Var { decl, .. } => variable(decl, visit),
        DeclKind::Function(function) => {
            let function = Arc::make_mut(function);
            function.params.iter_mut().for_each(|param| visit(&mut param.ty));
            function.callconv.iter_mut().chain([&mut function.ret]).for_each(&mut *visit);
            function.body.iter_mut().for_each(|body| block(body, visit));
        }
        DeclKind::Comptime(body) | DeclKind::Test(body) => block(body, visit),
        DeclKind::Error => {}
    }
}
