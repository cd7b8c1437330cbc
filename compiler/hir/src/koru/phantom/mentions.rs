//! Which paths code speaks of: in expressions, and between `{{ }}` of texts.
//!
//! In: an expression or a text. Out: each longest path with its place. Names bound inside an expression
//! (captures, locals) are not told from the flow's: a flow's expressions hardly ever bind any.

use super::held;
use koru_base::{Name, Span};
use koru_syntax::ast::host::{Block, Case, Expr, ExprKind, ForInput, LiteralBody, StmtKind};

/// Visits every longest path an expression evaluates.
pub fn each(expr: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    if let Some(path) = held::path(expr) {
        visit(&path, expr.span);
    }
    match &*expr.kind {
        ExprKind::Field { base, .. } => below_path(base, visit),
        ExprKind::Deref(base) | ExprKind::Unwrap(base) | ExprKind::Comptime(base) | ExprKind::Try(base) => {
            below_path(base, visit);
        }
        ExprKind::Index { base, index } => {
            below_path(base, visit);
            each(index, visit);
        }
        ExprKind::Slice { base, start, end, .. } => {
            below_path(base, visit);
            each(start, visit);
            end.iter().for_each(|end| each(end, visit));
        }
        _ => parts(expr, visit),
    }
}

/// What a path is read from was visited as a part of it; anything else was not.
fn below_path(base: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    match held::path(base) {
        None => each(base, visit),
        Some(_) => each_index(base, visit),
    }
}

/// The expressions between the brackets of a path.
fn each_index(path: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    match &*path.kind {
        ExprKind::Index { base, index } => {
            each(index, visit);
            each_index(base, visit);
        }
        ExprKind::Field { base, .. } | ExprKind::Deref(base) | ExprKind::Unwrap(base) => {
            each_index(base, visit)
        }
        _ => {}
    }
}

fn parts(expr: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    match &*expr.kind {
        ExprKind::Literal { body: LiteralBody::Fields(fields), .. } => {
            fields.iter().for_each(|(_, value)| each(value, visit));
        }
        ExprKind::Literal { body: LiteralBody::Items(items), .. } | ExprKind::List(items) => {
            items.iter().for_each(|item| each(item, visit));
        }
        ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| each(value, visit)),
        ExprKind::Builtin { args, .. } => args.iter().for_each(|arg| each(arg, visit)),
        ExprKind::Call { callee, args } => {
            each(callee, visit);
            args.iter().for_each(|arg| each(arg, visit));
        }
        ExprKind::Unary { operand, .. } => each(operand, visit),
        ExprKind::Binary { left, right, .. } | ExprKind::Catch { left, right, .. } => {
            each(left, visit);
            each(right, visit);
        }
        _ => control(expr, visit),
    }
}

fn control(expr: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    match &*expr.kind {
        ExprKind::If(choice) => {
            each(&choice.condition, visit);
            each(&choice.then, visit);
            choice.otherwise.iter().for_each(|otherwise| each(otherwise, visit));
        }
        ExprKind::While(round) => {
            each(&round.condition, visit);
            each(&round.body, visit);
        }
        ExprKind::For(round) => {
            for input in &round.inputs {
                match input {
                    ForInput::Items(items) => each(items, visit),
                    ForInput::Range(from, to) => {
                        each(from, visit);
                        to.iter().for_each(|to| each(to, visit));
                    }
                }
            }
            each(&round.body, visit);
        }
        ExprKind::Switch(switch) => {
            each(&switch.operand, visit);
            for prong in &switch.prongs {
                for case in &prong.cases {
                    if let Case::Value(value) = case {
                        each(value, visit);
                    }
                }
                each(&prong.body, visit);
            }
        }
        ExprKind::Block(block) => statements(block, visit),
        ExprKind::Break { value: Some(value), .. } => each(value, visit),
        _ => {}
    }
}

fn statements(block: &Block, visit: &mut dyn FnMut(&[Name], Span)) {
    for stmt in block.stmts.iter() {
        match &stmt.kind {
            StmtKind::Local { decl, .. } => decl.value.iter().for_each(|value| each(value, visit)),
            StmtKind::Assign { place, value, .. } => {
                each(place, visit);
                each(value, visit);
            }
            StmtKind::Discard(value) | StmtKind::Expr(value) => each(value, visit),
            _ => {}
        }
    }
}

/// Visits every path that a text interpolates: `{{ a.b:d }}`, `{% if a.b %}`. `at` is where the text stands.
pub fn in_text(text: &str, at: Span, visit: &mut dyn FnMut(&[Name], Span)) {
    for (open, close) in [("{{", "}}"), ("{%", "%}")] {
        for (start, _) in text.match_indices(open) {
            let inside = &text[start + open.len()..];
            let Some(inside) = inside.find(close).map(|end| &inside[..end]) else { continue };
            // Behind the colon stands how it is printed.
            let inside = inside.split(':').next().unwrap_or_default();
            words(inside, at, start + open.len(), visit);
        }
    }
}

/// Every dotted path of `text`, which begins `offset` bytes behind the start of `at`.
fn words(text: &str, at: Span, offset: usize, visit: &mut dyn FnMut(&[Name], Span)) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let mut from = 0;
    while let Some(start) = text[from..].find(is_part).map(|start| from + start) {
        let end = text[start..].find(|letter| !is_part(letter)).map_or(text.len(), |end| start + end);
        let path: Vec<_> = text[start..end].split('.').map(Name::new).collect();
        let place = at.start + (offset + start) as u32;
        visit(&path, Span { start: place, end: place + (end - start) as u32, ..at });
        from = end;
    }
}

/// The paths whose values an expression's own value holds: itself, or parts of a literal.
pub fn carried(expr: &Expr, visit: &mut dyn FnMut(&[Name], Span)) {
    if let Some(path) = held::path(expr) {
        return visit(&path, expr.span);
    }
    match &*expr.kind {
        ExprKind::Unary { operand, .. } => carried(operand, visit),
        ExprKind::Literal { body: LiteralBody::Fields(fields), .. } => {
            fields.iter().for_each(|(_, value)| carried(value, visit));
        }
        ExprKind::Literal { body: LiteralBody::Items(items), .. } | ExprKind::List(items) => {
            items.iter().for_each(|item| carried(item, visit));
        }
        ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| carried(value, visit)),
        ExprKind::If(choice) => {
            carried(&choice.then, visit);
            choice.otherwise.iter().for_each(|otherwise| carried(otherwise, visit));
        }
        _ => {}
    }
}
