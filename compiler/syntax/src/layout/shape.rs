//! Shapes `{ name: Type = default }`, types with their phantom states.

use super::brackets::{Speech, outside, pieces};
use super::{Layout, Read};
use crate::ast::host::{Expr, ExprKind};
use crate::ast::{Annotation, Field, Ident, Path, Phantom, Type};
use crate::token::{Flaw, Tok, Token};
use crate::{parse, words};
use koru_base::{Diagnostic, codes};

impl<'s> Layout<'s> {
    /// `{ .. }` at the cursor; a mistake spoils one field.
    pub(super) fn shape(&mut self) -> Read<Vec<Field>> {
        let tokens = self.bracketed(Speech::Koru)?;
        let inside = &tokens[1..tokens.len() - 1];
        let mut fields = Vec::new();
        for piece in pieces(inside) {
            match self.field(piece, tokens[0]) {
                Ok(field) => self.add_field(field, &mut fields),
                Err(_) => self.lost += 1,
            }
        }
        Ok(fields)
    }

    fn add_field(&mut self, field: Field, fields: &mut Vec<Field>) {
        let name = field.name;
        let Some(first) = fields.iter().find(|other| other.name.name == name.name) else {
            return fields.push(field);
        };
        let message = format!("field `{}` is declared twice", name.name);
        let twice = Diagnostic::new(codes::PARSE103, name.span, message);
        self.report(twice.also(first.name.span, "first declared here").help("rename or remove one of them"));
    }

    fn field(&mut self, piece: &[Token<'s>], brace: Token<'s>) -> Read<Field> {
        let Some((&first, &last)) = piece.first().zip(piece.last()) else {
            let span = self.span(brace.start as usize, brace.end as usize);
            return self.give_up(Diagnostic::new(codes::PARSE103, span, "this shape has an empty field"));
        };
        let span = self.span(first.start as usize, first.end as usize);
        let whole = self.span(first.start as usize, last.end as usize);
        let name = self.ident(first.start as usize, first.end as usize);
        if first.tok.word().is_none() {
            let digit = matches!(first.tok, Tok::Int(_) | Tok::Error(Flaw::BadNumber));
            let message = if digit {
                "a field's name cannot start with a digit"
            } else {
                "expected the name of a field"
            };
            self.report(Diagnostic::new(codes::PARSE103, span, message));
            // Under this name it is used below, perhaps.
            return if digit { Ok(unread(name, whole)) } else { Err(super::GivenUp) };
        }
        if piece.get(1).map(|token| token.tok) != Some(Tok::Colon) {
            let untyped = Diagnostic::new(codes::PARSE103, span, "field missing type annotation");
            self.report(untyped.help(format!("write `{}: Type`", name.name)));
            return Ok(unread(name, whole));
        }
        let rest = &piece[2..];
        let equals = outside(rest, |tok| tok == Tok::Assign);
        let colon = piece[1];
        let Ok(ty) = self.ty(&rest[..equals.unwrap_or(rest.len())], colon.end as usize) else {
            return Ok(unread(name, whole));
        };
        let default = equals.map(|at| self.expr_of(&rest[at + 1..], rest[at].end as usize, codes::PARSE103));
        Ok(Field { name, ty, default, span: whole })
    }

    /// The expression these tokens are; a mistake is reported.
    pub(super) fn expr_of(&mut self, tokens: &[Token<'s>], at: usize, code: koru_base::Code) -> Expr {
        let end = tokens.last().map_or(at, |token| token.end as usize);
        let start = tokens.first().map_or(at, |token| token.start as usize);
        match parse::expr(self.place(end), &words::of_flow(self.text, tokens)) {
            Ok(expr) => expr,
            Err(missed) => {
                self.report(missed.diagnostic(code));
                parse::error_expr(self.span(start, end))
            }
        }
    }

    /// The type at the cursor up to the end of the line, and annotations behind it.
    pub(super) fn identity_type(&mut self) -> Read<(Type, Vec<Annotation>)> {
        let start = self.pos;
        let mut tokens = self.tokens_before_arrow();
        if let Some(bar) = outside(&tokens, |tok| tok == Tok::Bar) {
            let span = self.span(tokens[bar].start as usize, tokens[bar].end as usize);
            tokens.truncate(bar);
            let diagnostic =
                Diagnostic::new(codes::PARSE103, span, "a branch behind a bare type starts a new line");
            self.report(diagnostic.help("on one line, every payload needs braces"));
        }
        let mut annotations = Vec::new();
        if let Some(open) = suffix_bracket(&tokens) {
            let (from, to) = (tokens[open].start as usize, tokens[tokens.len() - 1].end as usize);
            let inside = &self.text[from + 1..to - 1];
            if inside.contains(['(', '@']) || inside.split('|').any(|part| part.trim() == "mutable") {
                let (pos, line) = (self.pos, self.line);
                self.go_to_line(self.line_of(from));
                self.pos = from;
                annotations = self.annotations_behind()?;
                (self.pos, self.line) = (pos, line);
                tokens.truncate(open);
            }
        }
        let end = tokens.last().map_or(start, |token| token.end as usize);
        let ty = self.ty(&tokens, start).unwrap_or_else(|_| unread_type(self.span(start, end)));
        Ok((ty, annotations))
    }

    /// A host type with a phantom state behind it.
    fn ty(&mut self, tokens: &[Token<'s>], at: usize) -> Read<Type> {
        let Some((first, last)) = tokens.first().zip(tokens.last()) else {
            return self.give_up(Diagnostic::new(codes::PARSE103, self.span(at, at), "expected a type"));
        };
        let span = self.span(first.start as usize, last.end as usize);
        let open = suffix_bracket(tokens);
        let phantom = match open {
            Some(open) => Some(self.phantom(tokens[open].start as usize, last.end as usize)?),
            None => None,
        };
        let base = &tokens[..open.unwrap_or(tokens.len())];
        let end = base.last().map_or(at, |token| token.end as usize);
        let host = match parse::ty(self.place(end), &words::of_flow(self.text, base)) {
            Ok(host) => host,
            Err(missed) => {
                let missed = self.missed_type(base, missed);
                return self.give_up(missed);
            }
        };
        if matches!(*host.kind, ExprKind::Name(name) if name == "string") {
            let diagnostic = Diagnostic::new(codes::PARSE103, host.span, "unknown type `string`");
            self.report(diagnostic.fix("text is a slice of bytes", host.span, "[]const u8"));
            return Ok(Type { host: parse::error_expr(host.span), phantom, span });
        }
        Ok(Type { host, phantom, span })
    }

    /// `a: u32 b: u8`: a comma is missing rather than a type wrong.
    fn missed_type(&mut self, tokens: &[Token<'s>], missed: crate::recover::Missed) -> Diagnostic {
        let at = missed.index;
        let names_field = tokens.get(at).is_some_and(|token| token.tok.word().is_some())
            && tokens.get(at + 1).is_some_and(|token| token.tok == Tok::Colon);
        match at.checked_sub(1).filter(|_| names_field) {
            Some(before) => {
                self.lost += 1;
                let end = tokens[before].end as usize;
                let diagnostic =
                    Diagnostic::new(codes::PARSE103, self.span(end, end), "fields are separated by `,`");
                diagnostic.fix("add a comma", self.span(end, end), ",")
            }
            None => missed.diagnostic(codes::PARSE103),
        }
    }

    /// `[s!]` at `open..close`.
    fn phantom(&mut self, open: usize, close: usize) -> Read<Phantom> {
        let span = self.span(open, close);
        let (mut start, mut end) = (open + 1, close - 1);
        let mut phantom =
            Phantom { consumes: false, obliges: false, variable: None, states: Vec::new(), span };
        self.trim(&mut start, &mut end);
        if self.text[start..end].starts_with('!') {
            phantom.consumes = true;
            start += 1;
        }
        if self.text[start..end].ends_with('!') {
            phantom.obliges = true;
            end -= 1;
        }
        if let Some(quote) = self.text[start..end].find('\'') {
            phantom.variable = Some(self.state_name(start, start + quote)?);
            start += quote + 1;
            if self.text[start..end].trim() == "_" {
                return Ok(phantom);
            }
        }
        let mut at = start;
        for part in self.text[start..end].split('|') {
            let (mut from, mut to) = (at, at + part.len());
            at = to + 1;
            self.trim(&mut from, &mut to);
            if self.text[from..to].ends_with('!') {
                phantom.obliges = true;
                to -= 1;
            }
            phantom.states.push(self.state(from, to)?);
        }
        Ok(phantom)
    }

    fn trim(&self, start: &mut usize, end: &mut usize) {
        let text = &self.text[*start..*end];
        *start += text.len() - text.trim_start().len();
        *end -= (text.len() - text.trim_end().len()).min(*end - *start);
    }

    /// `state` or `module.path:state`
    fn state(&mut self, from: usize, to: usize) -> Read<Path> {
        let colon = self.text[from..to].rfind(':').map(|colon| from + colon);
        let module = match colon {
            Some(colon) => Some(self.state_name(from, colon)?),
            None => None,
        };
        let name = self.state_name(colon.map_or(from, |colon| colon + 1), to)?;
        Ok(Path { module, name, span: self.span(from, to) })
    }

    fn state_name(&mut self, from: usize, to: usize) -> Read<Ident> {
        let text = &self.text[from..to];
        let is_name = !text.is_empty()
            && !text.starts_with(|first: char| first.is_ascii_digit())
            && text.chars().all(|letter| letter.is_alphanumeric() || "_.-".contains(letter));
        if !is_name {
            let message = "expected the name of a phantom state";
            let help = "states are written `[open]`, `[open!]`, `[!open]`, `[a|b]` or `[M'_]`";
            return self.give_up(Diagnostic::new(codes::PARSE103, self.span(from, to), message).help(help));
        }
        Ok(self.ident(from, to))
    }
}

/// A field of which only the name could be read.
fn unread(name: crate::ast::Ident, span: koru_base::Span) -> Field {
    Field { name, ty: unread_type(span), default: None, span }
}

fn unread_type(span: koru_base::Span) -> Type {
    Type { host: parse::error_expr(span), phantom: None, span }
}

/// The index of a `[` whose `]` ends the type and which stands behind a type: a phantom state.
fn suffix_bracket(tokens: &[Token<'_>]) -> Option<usize> {
    if tokens.last()?.tok != Tok::RBracket {
        return None;
    }
    let mut depth = 0;
    let open = tokens.iter().rposition(|token| {
        depth -= token.tok.nesting();
        depth == 0
    })?;
    let before = tokens.get(open.checked_sub(1)?)?;
    let is_number = tokens.len() == open + 3 && matches!(tokens[open + 1].tok, Tok::Int(_));
    (before.tok.ends_operand() && !is_number).then_some(open)
}
