//! Host text between constructs, cut into declarations.

use super::Layout;
use crate::ast::{Item, ItemKind};
use crate::lexer::Lexer;
use crate::parse;
use crate::token::{Tok, Token};
use koru_base::{Diagnostic, codes};

impl<'s> Layout<'s> {
    /// Reads host text up to a `~` or `|` that begins a line outside of braces.
    pub(super) fn host_text(&mut self, items: &mut Vec<Item>) {
        let mut lexer = Lexer::host(self.text, self.pos, self.text.len());
        let mut tokens: Vec<Token<'s>> = Vec::new();
        let (mut depth, mut braces, mut line, mut end) = (0i32, 0i32, self.line, self.text.len());
        let mut outside_at = 0;
        while let Some(token) = lexer.next_token() {
            let start = token.start as usize;
            let before = line;
            while self.lines.get(line + 1).is_some_and(|next| next.start <= start) {
                line += 1;
            }
            let is_first = (line > before || tokens.is_empty())
                && start == self.lines[line].start + self.lines[line].blanks;
            let begins = matches!(token.tok, Tok::Tilde | Tok::Bar | Tok::BarArrow | Tok::BarBar);
            if begins && is_first && (depth <= 0 || self.escapes(line, &token, braces)) {
                end = self.lines[line].start;
                break;
            }
            depth = (depth + token.tok.nesting()).max(0);
            braces = (braces + braces_of(token.tok)).max(0).min(depth);
            tokens.push(token);
            if depth == 0 {
                outside_at = tokens.len();
            }
        }
        if depth > 0 && end == self.text.len() {
            end = self.escape_from(&mut tokens, outside_at);
        }
        let comments = lexer.comments.iter().filter(|&&(start, _)| (start as usize) < end);
        let comments: Vec<_> = comments.map(|&(from, to)| self.span(from as usize, to as usize)).collect();
        self.comments.extend(comments);
        if depth > 0 {
            self.unclosed_host(&tokens[outside_at..]);
        }
        self.declarations(&tokens, depth > 0, items);
        self.seek(end);
        if end >= self.text.len() {
            self.go_to_line(self.lines.len());
        }
    }

    /// A `~` at the very start of a line ends host text even inside of brackets if what stands there
    /// is a declaration of Koru, or only parentheses are open: one is missing above.
    fn escapes(&self, line: usize, token: &Token<'_>, braces: i32) -> bool {
        let rest = &self.text[token.end as usize..self.lines[line].end];
        let words = ["import ", "import\"", "event ", "proc ", "pub event ", "["];
        token.tok == Tok::Tilde
            && self.lines[line].indent == 0
            && (braces == 0 || words.iter().any(|word| rest.starts_with(word)))
    }

    /// A bracket that is never closed spoils the text up to the next line that begins with `~`. The
    /// tokens behind are dropped; where they begin is the end of the host text.
    fn escape_from(&self, tokens: &mut Vec<Token<'s>>, outside_at: usize) -> usize {
        let from = tokens.get(outside_at).map_or(self.text.len(), |token| token.start as usize);
        let below = &self.lines[self.line_of(from) + 1..];
        let Some(line) = below.iter().find(|line| line.first == b'~' && line.indent == 0) else {
            return self.text.len();
        };
        tokens.retain(|token| (token.start as usize) < line.start);
        line.start
    }

    fn unclosed_host(&mut self, tokens: &[Token<'_>]) {
        let mut open = Vec::new();
        for token in tokens {
            match token.tok.nesting() {
                1 => open.push(token),
                -1 => drop(open.pop()),
                _ => {}
            }
        }
        if let Some(token) = open.first() {
            let span = self.span(token.start as usize, token.end as usize);
            let message = format!("{} is never closed", token.tok);
            self.report(Diagnostic::new(codes::PARSE004, span, message));
        }
    }

    fn declarations(&mut self, tokens: &[Token<'s>], is_open: bool, items: &mut Vec<Item>) {
        let mut start = 0;
        while start < tokens.len() {
            let length = self.declaration_length(&tokens[start..]);
            let piece = &tokens[start..start + length];
            start += length;
            if piece.len() == 1 && piece[0].tok == Tok::Semicolon {
                continue;
            }
            let span = self.span(piece[0].start as usize, piece[length - 1].end as usize);
            let kind = if is_open && start == tokens.len() {
                ItemKind::Error
            } else if piece[0].tok == Tok::RBrace {
                let span = self.span(piece[0].start as usize, piece[0].end as usize);
                self.report(Diagnostic::new(codes::PARSE004, span, "`}` closes nothing here"));
                ItemKind::Error
            } else {
                let place = self.place(span.end as usize);
                if is_field(piece) {
                    let kind = self.top_field(piece);
                    items.push(Item { annotations: Vec::new(), kind, span });
                    continue;
                }
                ItemKind::Host(parse::decl(place, piece.to_vec(), &mut self.diagnostics))
            };
            items.push(Item { annotations: Vec::new(), kind, span });
        }
    }

    fn top_field(&mut self, piece: &[Token<'s>]) -> ItemKind {
        let end = piece.last().map_or(0, |token| token.end as usize);
        match parse::field(self.place(end), piece) {
            Ok(field) => ItemKind::Field(field),
            Err(missed) => {
                self.report(missed.diagnostic(codes::PARSE105));
                ItemKind::Error
            }
        }
    }

    /// How many tokens the first declaration has.
    fn declaration_length(&self, tokens: &[Token<'_>]) -> usize {
        let mut depth: i32 = 0;
        for (at, token) in tokens.iter().enumerate() {
            depth += token.tok.nesting();
            if depth < 0 {
                return at + 1;
            }
            if depth > 0 {
                continue;
            }
            let next = tokens.get(at + 1);
            let begins_next = next.is_some_and(|next| {
                begins_declaration(next.tok) && self.begins_line(next.start as usize) && !continues(token.tok)
            });
            let ends = match token.tok {
                Tok::Semicolon => true,
                Tok::Comma => is_field(tokens),
                _ => begins_next || next.is_none(),
            };
            if ends {
                return at + 1;
            }
        }
        tokens.len()
    }

    /// Is there nothing but blanks in front of this byte on its line?
    fn begins_line(&self, at: usize) -> bool {
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |line_feed| line_feed + 1);
        before[start..].bytes().all(|byte| byte == b' ' || byte == b'\t')
    }
}

/// How many braces a token opens.
fn braces_of(tok: Tok<'_>) -> i32 {
    match tok {
        Tok::RBrace => -1,
        tok if tok.closer() == Some(Tok::RBrace) => 1,
        _ => 0,
    }
}

/// Does `name:` begin here, a field of the struct the file is?
fn is_field(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [Token { tok: Tok::Ident(_) | Tok::Quoted(_), .. }, Token { tok: Tok::Colon, .. }, ..])
}

/// Can only a declaration begin with this token, where it begins a line outside of braces?
fn begins_declaration(tok: Tok<'_>) -> bool {
    matches!(
        tok,
        Tok::Const
            | Tok::Var
            | Tok::Pub
            | Tok::Fn
            | Tok::Export
            | Tok::ThreadLocal
            | Tok::Test
            | Tok::Extern
            | Tok::NoInline
            | Tok::Inline
            | Tok::Comptime
    )
}

/// Must something follow this token in its declaration?
fn continues(tok: Tok<'_>) -> bool {
    matches!(
        tok,
        Tok::Pub
            | Tok::Inline
            | Tok::Extern
            | Tok::Export
            | Tok::Assign
            | Tok::Star
            | Tok::RBracket
            | Tok::Comptime
            | Tok::NoInline
            | Tok::ThreadLocal
            | Tok::Amp
            | Tok::Question
    )
}
