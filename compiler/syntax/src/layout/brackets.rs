//! Tokens up to the bracket that closes the one at the cursor, and lists cut at their commas.

use super::{Layout, Read};
use crate::lexer::Lexer;
use crate::parse::Place;
use crate::region::{Pairs, Seen};
use crate::token::{Flaw, Tok, Token};
use koru_base::{Diagnostic, codes};

/// What the text between brackets is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Host,
    Koru,
}

impl<'s> Layout<'s> {
    pub(super) fn place(&self, end: usize) -> Place {
        Place { file: self.file, end: end as u32 }
    }

    /// The tokens from the bracket at the cursor to its partner, both included; the cursor goes behind.
    pub(super) fn bracketed(&mut self, speech: Speech) -> Read<Vec<Token<'s>>> {
        let mut lexer = match speech {
            Speech::Host => Lexer::host(self.text, self.pos, self.text.len()),
            Speech::Koru => Lexer::koru(self.text, self.pos, self.text.len()),
        };
        let mut tokens: Vec<Token<'s>> = Vec::new();
        let mut open = Pairs::default();
        let mut line = self.line;
        while let Some(token) = lexer.next_token() {
            if self.runs_away(&mut line, &token, speech) {
                break;
            }
            tokens.push(token);
            match open.see(tokens.len() - 1, token.tok) {
                Seen::Closed(0) => {
                    self.comments.extend(lexer.comment_spans(self.file));
                    self.seek(token.end as usize);
                    return Ok(tokens);
                }
                // The body of a proc is read by the grammar, which finds what is wrong inside.
                Seen::Stray if speech == Speech::Koru => {
                    let close = self.span(token.start as usize, token.end as usize);
                    let message = format!("{} closes nothing here", token.tok);
                    return self.give_up(Diagnostic::new(codes::PARSE004, close, message));
                }
                _ => {}
            }
        }
        let diagnostic = self.unclosed(&tokens, &open);
        self.give_up(diagnostic)
    }

    /// Has an open bracket swallowed the start of the next construct?
    fn runs_away(&self, line: &mut usize, token: &Token<'_>, speech: Speech) -> bool {
        let start = token.start as usize;
        let before = *line;
        while self.lines.get(*line + 1).is_some_and(|next| next.start <= start) {
            *line += 1;
        }
        let Some(at) = self.lines.get(*line).filter(|_| *line > before && token.tok == Tok::Tilde) else {
            return false;
        };
        start == at.start + at.blanks && (speech == Speech::Koru || at.indent == 0)
    }

    fn unclosed(&self, tokens: &[Token<'_>], open: &Pairs) -> Diagnostic {
        if let Some(string) = tokens.iter().find(|token| token.tok == Tok::Error(Flaw::OpenString)) {
            let span = self.span(string.start as usize, string.end as usize);
            return Diagnostic::new(codes::PARSE004, span, "this string has no closing quote")
                .help("a string ends on its line; text over several lines is written with `\\\\`");
        }
        let at = open.first().map_or(self.pos, |at| tokens[at].start as usize);
        let tok = open.first().map_or(Tok::LBrace, |at| tokens[at].tok);
        let partner = tok.closer().unwrap_or(Tok::RBrace);
        let message = format!("{tok} is never closed");
        Diagnostic::new(codes::PARSE004, self.span(at, at + 1), message)
            .help(format!("its {partner} is missing"))
    }

    /// Tokens of an expression from the cursor to `|>` or the end of the line, outside of brackets.
    pub(super) fn tokens_before_arrow(&mut self) -> Vec<Token<'s>> {
        let mut lexer = Lexer::koru(self.text, self.pos, self.text.len());
        let mut tokens: Vec<Token<'s>> = Vec::new();
        let (mut depth, mut line, mut end) = (0, self.line, self.pos);
        while let Some(token) = lexer.next_token() {
            let is_below = token.start as usize >= self.lines[line].end;
            let is_over = depth <= 0 && (is_below || token.tok == Tok::BarArrow);
            if is_over || self.runs_away(&mut line, &token, Speech::Koru) {
                break;
            }
            depth += token.tok.nesting();
            end = token.end as usize;
            tokens.push(token);
        }
        let within = lexer.comments.iter().filter(|&&(start, _)| (start as usize) < end);
        let comments: Vec<_> = within.map(|&(from, to)| self.span(from as usize, to as usize)).collect();
        self.comments.extend(comments);
        self.seek(end);
        tokens
    }
}

/// Cuts tokens at the commas outside of brackets; a comma at the end makes no piece.
pub(super) fn pieces<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let mut pieces = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        depth += token.tok.nesting();
        if depth == 0 && token.tok == Tok::Comma {
            pieces.push(&tokens[start..at]);
            start = at + 1;
        }
    }
    if start < tokens.len() {
        pieces.push(&tokens[start..]);
    }
    pieces
}

/// The index of the first token outside of brackets that fits.
pub(super) fn outside(tokens: &[Token<'_>], fits: impl Fn(Tok<'_>) -> bool) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && fits(token.tok) {
            return Some(at);
        }
        depth += token.tok.nesting();
    }
    None
}
