//! Interpolated text: `"total {{ t.sum:d }}"` becomes a call of a host function with a format string.
//!
//! In: the text of `print.ln` and the like. Out: a call of the function that the declaration names
//! (`native(format, function)`), as `function("total {d}", .{t.sum})`, in the library's own scope.

use super::flow::{Typing, nothing};
use crate::context::Known;
use crate::ids::{EventId, TypeId};
use crate::tree::{Expr, Kind};
use crate::value::Value;
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::host::{self, ExprKind, LiteralBody};
use koru_syntax::ast::{ArgValue, Call};
use std::sync::Arc;

/// A text on its way to a format string.
#[derive(Default)]
struct Interpolation {
    format: Vec<u8>,
    args: Vec<host::Expr>,
}

impl Typing<'_, '_> {
    pub(super) fn word_format(&mut self, function: Name, event: EventId, call: &Call, span: Span) -> Expr {
        let Some((bytes, text)) = self.format_text(call) else { return nothing(span) };
        let Some(made) = self.interpolate(&bytes, text, call) else { return nothing(span) };
        let module = self.body.cx.events[event].module;
        let container = self.body.cx.modules[module].container;
        let Some(known) = crate::host::known_decl(self.body.cx, container, function, call.path.span) else {
            return nothing(span);
        };
        let made = self.call_format(known, made, text);
        // What the function returns is nobody's business.
        Expr { ty: TypeId::VOID, span, kind: Box::new(Kind::Block { label: None, stmts: vec![made] }) }
    }

    fn call_format(&mut self, function: Known, made: Interpolation, text: Span) -> Expr {
        if !matches!(function.value, Value::Function(_)) {
            koru_base::bug!("format", "a format word names no function");
        }
        let name = Name::new("(format)");
        self.body.enter();
        self.body.bind_known(name, function);
        let make = |kind| host::Expr { kind: Arc::new(kind), span: text };
        let body = if made.args.is_empty() { LiteralBody::Empty } else { LiteralBody::Items(made.args) };
        let args = vec![make(ExprKind::Str(made.format)), make(ExprKind::Literal { ty: None, body })];
        let call = make(ExprKind::Call { callee: make(ExprKind::Name(name)), args });
        let made = self.body.expr(&call, None);
        self.body.leave();
        made
    }

    /// The bytes of the text, and where they stand: one string argument, or the source block.
    fn format_text(&mut self, call: &Call) -> Option<(Vec<u8>, Span)> {
        if let Some(source) = &call.source {
            return Some((source.text.clone().into_bytes(), source.span));
        }
        if let [arg] = call.args.as_slice()
            && let ArgValue::Expr(expr) = &arg.value
            && let ExprKind::Str(bytes) = &*expr.kind
        {
            return Some((bytes.clone(), expr.span));
        }
        if call.args.is_empty() {
            let message = format!("`{}` needs a text in quotes", call.path.name.name);
            self.body.cx.sink.report(Diagnostic::new(KORU080, call.path.span, message));
            return None;
        }
        let message = format!("`{}` takes one text in quotes", call.path.name.name);
        let at = call.args.first().map_or(call.path.span, |arg| arg.span);
        self.body.cx.sink.report(Diagnostic::new(KORU082, at, message));
        None
    }

    fn interpolate(&mut self, bytes: &[u8], text: Span, call: &Call) -> Option<Interpolation> {
        let mut made = Interpolation::default();
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|&byte| byte == b'{' || byte == b'}') {
            made.format.extend(&rest[..at]);
            rest = &rest[at..];
            rest = if let Some(inside) = rest.strip_prefix(b"{{") {
                self.placeholder(inside, text, call, &mut made)?
            } else if let Some(inside) = rest.strip_prefix(b"{%") {
                self.conditional(inside, text, &mut made)?
            } else {
                made.format.extend([rest[0]; 2]);
                &rest[1..]
            };
        }
        made.format.extend(rest);
        Some(made)
    }

    /// `{{ path:spec }}`, from behind the braces. Gives back what follows.
    fn placeholder<'t>(
        &mut self,
        rest: &'t [u8],
        text: Span,
        call: &Call,
        made: &mut Interpolation,
    ) -> Option<&'t [u8]> {
        let Some((inside, colon, rest)) = gap(rest) else { return self.unclosed("{{", "}}", text) };
        let (path, spec) = match colon.map(|at| (&inside[..at], &inside[at + 1..])) {
            Some((path, spec)) => (path.trim(), spec.trim()),
            None => {
                let message = format!("`{{{{ {} }}}}` needs a format specifier", inside.trim());
                let span = self.find(text, &format!("{{{{{inside}}}}}"));
                let event = call.path.name.name;
                let missing =
                    Diagnostic::new(HOST018, span, message).note(format!("`{event}` has no default"));
                self.body.cx.sink.report(missing.help("add `:d` for numbers, `:s` for texts, or `:any`"));
                return None;
            }
        };
        if path.is_empty() {
            let span = self.find(text, &format!("{{{{{inside}}}}}"));
            let empty = Diagnostic::new(PARSE001, span, "this placeholder names no value");
            self.body.cx.sink.report(empty.help("write `{{ name:d }}`"));
            return None;
        }
        let expr = self.expression(path, text)?;
        made.format.push(b'{');
        made.format.extend(spec.as_bytes());
        made.format.push(b'}');
        made.args.push(expr);
        Some(rest)
    }

    /// `{% if name %}text{% endif %}`, from behind the first brace.
    fn conditional<'t>(&mut self, rest: &'t [u8], text: Span, made: &mut Interpolation) -> Option<&'t [u8]> {
        let Some((head, rest)) = split(rest, b"%}") else { return self.unclosed("{%", "%}", text) };
        let Some((body, rest)) = split(rest, b"{%") else {
            return self.unclosed("{% if", "{% endif %}", text);
        };
        let Some((tail, rest)) = split(rest, b"%}") else { return self.unclosed("{%", "%}", text) };
        let condition = head.trim().strip_prefix("if ").filter(|_| tail.trim() == "endif");
        let Some(condition) = condition else {
            let message = "only `{% if name %}text{% endif %}` is understood here";
            let span = self.find(text, head.trim());
            self.body.cx.sink.report(Diagnostic::new(HOST018, span, message));
            return None;
        };
        let condition = self.expression(condition.trim(), text)?;
        let make = |kind| host::Expr { kind: Arc::new(kind), span: condition.span };
        let (then, otherwise) =
            (make(ExprKind::Str(body.as_bytes().to_vec())), make(ExprKind::Str(Vec::new())));
        let slice = host::PointerType {
            size: host::PointerSize::Slice,
            is_const: true,
            is_volatile: false,
            align: None,
            sentinel: None,
            child: make(ExprKind::Name(Name::new("u8"))),
        };
        let name = ast_ident("as", condition.span);
        let choice = host::If {
            condition: condition.clone(),
            capture: None,
            then,
            else_capture: None,
            otherwise: Some(otherwise),
        };
        let args = vec![make(ExprKind::Pointer(slice.into())), make(ExprKind::If(choice.into()))];
        made.args.push(make(ExprKind::Builtin { name, args }));
        made.format.extend(b"{s}");
        Some(rest)
    }

    fn expression(&mut self, path: &str, text: Span) -> Option<host::Expr> {
        let span = self.find(text, path);
        let source = self.body.cx.sources.text(text.file).clone();
        // In a block quotes stand as they are.
        let is_quoted = source.as_bytes().get(text.start as usize) == Some(&b'"');
        let parse = if is_quoted { koru_syntax::parse_quoted_expr } else { koru_syntax::parse_expr };
        match parse(text.file, &source, span) {
            Ok(expr) => Some(super::transforms::filled(self.body.cx, expr)),
            Err(problem) => {
                self.body.cx.sink.report(problem);
                None
            }
        }
    }

    /// Where a piece of the text stands in the file.
    fn find(&self, text: Span, piece: &str) -> Span {
        let whole = self.body.cx.sources.slice(text);
        let written = match whole.contains(piece) {
            true => piece.to_owned(),
            false => piece.replace('\\', "\\\\").replace('"', "\\\""),
        };
        let start = text.start + whole.find(&written).unwrap_or(0) as u32;
        Span::new(text.file, start, start + written.len() as u32)
    }

    fn unclosed<T>(&mut self, open: &str, close: &str, text: Span) -> Option<T> {
        let message = format!("`{open}` has no `{close}` in this text");
        self.body.cx.sink.report(Diagnostic::new(PARSE004, text, message));
        None
    }
}

fn ast_ident(name: &str, span: Span) -> koru_syntax::ast::Ident {
    koru_syntax::ast::Ident { name: Name::new(name), span }
}

/// What stands in front of `}}`, where its first colon is, and what is behind it. Neither sign means anything inside of
/// texts and letters in quotes; std's own reader of such texts sees the same (`parts/quotes.kz`).
fn gap(text: &[u8]) -> Option<(&str, Option<usize>, &[u8])> {
    let (mut open, mut is_escaped, mut is_name, mut colon) = (None, false, false, None);
    for (at, &byte) in text.iter().enumerate() {
        let is_behind_name = std::mem::replace(&mut is_name, byte.is_ascii_alphanumeric() || byte == b'_');
        match open {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if byte == b'\\' => is_escaped = true,
            Some(mark) if byte == mark => open = None,
            Some(_) => {}
            None if byte == b'"' || (byte == b'\'' && !is_behind_name) => open = Some(byte),
            None if text[at..].starts_with(b"}}") => {
                return Some((std::str::from_utf8(&text[..at]).ok()?, colon, &text[at + 2..]));
            }
            None if byte == b':' => colon = colon.or(Some(at)),
            None => {}
        }
    }
    None
}

/// The text before a mark, and what is behind it.
fn split<'t>(text: &'t [u8], mark: &[u8]) -> Option<(&'t str, &'t [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some((std::str::from_utf8(&text[..at]).ok()?, &text[at + mark.len()..]))
}
