//! Constructors: `branch`, `branch { .. }`, `branch value`, `.{ .branch = value }`.

use super::brackets::{Speech, outside, pieces};
use super::{Layout, Read};
use crate::ast::host::{ExprKind, LiteralBody};
use crate::ast::{Constructor, ConstructorBody, ConstructorField, Ident, StepKind};
use crate::token::{Tok, Token};
use koru_base::{Diagnostic, codes};
use std::sync::Arc;

impl<'s> Layout<'s> {
    /// `branch { .. }` with the cursor at the brace.
    pub(super) fn braced_constructor(&mut self, branch: Ident) -> Read<StepKind> {
        let open = self.pos;
        let tokens = self.bracketed(Speech::Koru)?;
        let inside = &tokens[1..tokens.len() - 1];
        let mut fields = Vec::new();
        for piece in pieces(inside) {
            match piece.first() {
                Some(_) => fields.push(self.constructor_field(piece)),
                None => {
                    let brace = self.span(open, open + 1);
                    self.report(Diagnostic::new(codes::PARSE001, brace, "a field is missing between commas"));
                }
            }
        }
        let body = if fields.is_empty() { ConstructorBody::Empty } else { ConstructorBody::Fields(fields) };
        let span = branch.span.to(self.span(open, self.pos));
        Ok(StepKind::Constructor(Constructor { branch, body, span }))
    }

    fn constructor_field(&mut self, piece: &[Token<'s>]) -> ConstructorField {
        let divider = outside(piece, |tok| matches!(tok, Tok::Colon | Tok::Assign));
        let Some(at) = divider.filter(|&at| at > 0 && !self.qualifies(piece, at)) else {
            let start = piece[0].start as usize;
            return ConstructorField {
                name: None,
                target: None,
                value: self.expr_of(piece, start, codes::PARSE001),
            };
        };
        let value = self.expr_of(&piece[at + 1..], piece[at].end as usize, codes::PARSE001);
        let first = piece[0];
        if at == 1 && first.tok.word().is_some() {
            let name = Some(self.ident(first.start as usize, first.end as usize));
            return ConstructorField { name, target: None, value };
        }
        let target = Some(self.expr_of(&piece[..at], first.start as usize, codes::PARSE001));
        ConstructorField { name: None, target, value }
    }

    /// Does the colon at `at` join a module and a name, as in `std.io:x`?
    fn qualifies(&self, piece: &[Token<'s>], at: usize) -> bool {
        let next = self.text.as_bytes().get(piece[at].end as usize).copied().unwrap_or(b' ');
        let is_path = piece[..at].iter().all(|token| matches!(token.tok, Tok::Ident(_) | Tok::Dot));
        at > 1 && is_path && piece[at].tok == Tok::Colon && (next.is_ascii_alphabetic() || next == b'_')
    }

    /// `branch` or `branch value`, with the cursor behind the name and its blanks.
    pub(super) fn bare_constructor(&mut self, branch: Ident) -> Read<StepKind> {
        let at = self.pos;
        if self.at_line_end() || self.rest().starts_with('|') {
            return Ok(StepKind::Constructor(Constructor {
                branch,
                body: ConstructorBody::Empty,
                span: branch.span,
            }));
        }
        let tokens = self.tokens_before_arrow();
        let value = self.expr_of(&tokens, at, codes::PARSE001);
        let span = branch.span.to(self.span(at, self.pos));
        Ok(StepKind::Constructor(Constructor { branch, body: ConstructorBody::Value(value), span }))
    }

    /// `.{ .branch = value }` or `.branch`
    pub(super) fn host_constructor(&mut self) -> Read<StepKind> {
        let at = self.pos;
        let tokens = self.tokens_before_arrow();
        let expr = self.expr_of(&tokens, at, codes::PARSE001);
        let span = expr.span;
        let (branch, body) = match Arc::unwrap_or_clone(expr.kind) {
            ExprKind::EnumLiteral(branch) => (branch, ConstructorBody::Empty),
            ExprKind::Literal { ty: None, body: LiteralBody::Fields(mut fields) } if fields.len() == 1 => {
                let (branch, value) = fields.remove(0);
                (branch, ConstructorBody::Value(value))
            }
            ExprKind::Error => return Ok(StepKind::Error),
            _ => {
                let diagnostic = Diagnostic::new(codes::PARSE001, span, "a constructor names one branch");
                return self.give_up(diagnostic.help("write `branch { .. }` or `.{ .branch = value }`"));
            }
        };
        Ok(StepKind::Constructor(Constructor { branch, body, span }))
    }
}
