//! Which paths code speaks of: in expressions, and between `{{ }}` of texts.
//!
//! In: an expression or a text. Out: each longest path with its place. Names bound inside an expression
//! (captures, locals) are not told from the flow's: a flow's expressions hardly ever bind any.

use super::held::{self, key};
use koru_base::{Name, Sources, Span};
use koru_syntax::ast::children::children;
use koru_syntax::ast::host::{Expr, ExprKind, LiteralBody};

type Visit<'v> = &'v mut dyn FnMut(&[Name], Span);

/// Visits every longest path an expression evaluates.
pub fn each(sources: &Sources, expr: &Expr, visit: Visit) {
    let path = held::path(sources, expr);
    if let Some(path) = &path {
        visit(path, expr.span);
    }
    below(sources, expr, path.is_some(), visit);
}

/// The parts of an expression; what a path is read from was visited as a part of it.
fn below(sources: &Sources, expr: &Expr, is_path: bool, visit: Visit) {
    let mut is_base = is_path;
    // Whoever looks at parts may change them: they get a copy, which shares all that is large.
    children(&mut expr.clone(), &mut |part| match std::mem::take(&mut is_base) {
        true => below(sources, part, true, visit),
        false => each(sources, part, visit),
    });
}

/// Visits every path that a text interpolates: `{{ a.b:d }}`, `{% if a.b %}`. `at` is where the text stands.
pub fn in_text(sources: &Sources, at: Span, visit: Visit) {
    let text = sources.slice(at);
    for (open, close) in [("{{", "}}"), ("{%", "%}")] {
        for (start, _) in text.match_indices(open) {
            let inside = &text[start + open.len()..];
            let Some(inside) = inside.find(close).map(|end| &inside[..end]) else { continue };
            // Behind the colon stands how it is printed.
            let inside = inside.split(':').next().unwrap_or_default();
            words(sources, inside, Span { start: at.start + (start + open.len()) as u32, ..at }, visit);
        }
    }
}

/// Every dotted path of `text`, which begins where `at` does.
fn words(sources: &Sources, text: &str, at: Span, visit: Visit) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let mut from = 0;
    while let Some(start) = text[from..].find(is_part).map(|start| from + start) {
        let end = text[start..].find(|letter| !is_part(letter)).map_or(text.len(), |end| start + end);
        let mut path: Vec<_> = text[start..end].split('.').map(Name::new).collect();
        path[0] = key(sources, path[0], at);
        visit(&path, Span { start: at.start + start as u32, end: at.start + end as u32, ..at });
        from = end;
    }
}

/// The paths whose values an expression's own value holds: itself, or parts of a literal.
pub fn carried(sources: &Sources, expr: &Expr, visit: Visit) {
    if let Some(path) = held::path(sources, expr) {
        return visit(&path, expr.span);
    }
    match &*expr.kind {
        ExprKind::Unary { operand, .. } => carried(sources, operand, visit),
        ExprKind::Literal { body: LiteralBody::Fields(fields), .. } => {
            fields.iter().for_each(|(_, value)| carried(sources, value, visit));
        }
        ExprKind::Literal { body: LiteralBody::Items(items), .. } | ExprKind::List(items) => {
            items.iter().for_each(|item| carried(sources, item, visit));
        }
        ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| carried(sources, value, visit)),
        ExprKind::If(choice) => {
            carried(sources, &choice.then, visit);
            choice.otherwise.iter().for_each(|otherwise| carried(sources, otherwise, visit));
        }
        _ => {}
    }
}
