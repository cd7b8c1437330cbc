//! How much text one mistake spoils: the statement or declaration around it.
//!
//! Brackets are paired with patience: a `}` closes what stands open inside of its block, so that a
//! missing `)` does not make the rest of the file one statement.

use crate::token::{Tok, Token};
use std::ops::Range;

/// Brackets that are open, by their index and sign.
#[derive(Default)]
pub struct Pairs {
    open: Vec<(usize, Tok<'static>)>,
}

/// What a token did to the brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Nothing,
    Opened,
    /// It closed the bracket at this index, and what was open inside.
    Closed(usize),
    /// It closes nothing.
    Stray,
}

impl Pairs {
    /// Takes note of the token at an index.
    pub fn see(&mut self, at: usize, tok: Tok<'_>) -> Seen {
        if let Some(closer) = tok.closer() {
            self.open.push((at, closer));
            return Seen::Opened;
        }
        if tok.nesting() >= 0 {
            return Seen::Nothing;
        }
        let partner = match tok {
            Tok::RBrace => self.open.iter().rposition(|&(_, closer)| closer == Tok::RBrace),
            _ => self.open.len().checked_sub(1).filter(|&last| self.open[last].1 != Tok::RBrace),
        };
        match partner {
            Some(partner) => {
                let at = self.open[partner].0;
                self.open.truncate(partner);
                Seen::Closed(at)
            }
            None => Seen::Stray,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The outermost bracket that is open.
    pub fn first(&self) -> Option<usize> {
        self.open.first().map(|&(at, _)| at)
    }

    /// The bracket that the last of these tokens, a closing one, leaves open.
    pub fn left_open(tokens: &[Token<'_>]) -> Option<usize> {
        let (last, before) = tokens.split_last()?;
        if last.tok.nesting() >= 0 {
            return None;
        }
        let mut pairs = Pairs::default();
        for (at, token) in before.iter().enumerate() {
            pairs.see(at, token.tok);
        }
        pairs.open.last().filter(|&&(_, closer)| closer != last.tok).map(|&(at, _)| at)
    }
}

/// The tokens of the statement or declaration around a mistake.
pub fn around(tokens: &[Token<'_>], index: usize) -> Range<usize> {
    let inside = block_around(tokens, index).map_or(0, |brace| brace + 1);
    let start = last_boundary(tokens, inside, index);
    let end = statement_end(tokens, start, index);
    start..end.max(start)
}

/// The opening brace of the innermost block or container around `index`.
fn block_around(tokens: &[Token<'_>], index: usize) -> Option<usize> {
    let mut pairs = Pairs::default();
    for (at, token) in tokens[..index].iter().enumerate() {
        pairs.see(at, token.tok);
    }
    pairs.open.iter().rev().map(|&(at, _)| at).find(|&at| opens_block(tokens, at))
}

/// Does the brace at `at` open statements or declarations, not a literal or a switch?
fn opens_block(tokens: &[Token<'_>], at: usize) -> bool {
    if tokens[at].tok != Tok::LBrace {
        return false;
    }
    let Some(before) = at.checked_sub(1).map(|before| tokens[before].tok) else { return true };
    match before {
        Tok::RParen | Tok::Ident(_) | Tok::RBracket | Tok::RBrace => {
            !is_literal(tokens, at)
                && !tokens[..at].iter().rev().take(40).any(|token| token.tok == Tok::Switch)
                || has_semicolon(tokens, at)
        }
        _ => true,
    }
}

/// Do fields or items stand behind the brace?
fn is_literal(tokens: &[Token<'_>], at: usize) -> bool {
    matches!(
        tokens.get(at + 1).map(|token| token.tok),
        Some(Tok::Dot | Tok::RBrace | Tok::Int(_) | Tok::Str(_))
    )
}

/// Does a `;` stand directly between these braces?
fn has_semicolon(tokens: &[Token<'_>], at: usize) -> bool {
    let mut depth = 0;
    for token in &tokens[at..] {
        depth += token.tok.nesting();
        if depth == 1 && token.tok == Tok::Semicolon {
            return true;
        }
        if depth <= 0 {
            return false;
        }
    }
    false
}

/// The start of the statement around `index`, not before `inside`.
fn last_boundary(tokens: &[Token<'_>], inside: usize, index: usize) -> usize {
    let mut start = inside;
    let mut pairs = Pairs::default();
    for at in inside..index.min(tokens.len()) {
        pairs.see(at, tokens[at].tok);
        let ends = match tokens[at].tok {
            Tok::Semicolon | Tok::GivenUp => true,
            Tok::RBrace => tokens.get(at + 1).is_some_and(|next| begins_statement(next.tok)),
            _ => false,
        };
        if ends && pairs.is_empty() {
            start = at + 1;
        }
    }
    start
}

/// May a statement begin with this token, and an operand not be followed by it?
fn begins_statement(tok: Tok<'_>) -> bool {
    use Tok::*;
    matches!(
        tok,
        Ident(_)
            | Label(_)
            | Const
            | Var
            | If
            | While
            | For
            | Switch
            | Return
            | Break
            | Continue
            | Defer
            | ErrDefer
            | Comptime
            | Fn
            | Pub
            | Builtin(_)
            | Try
            | LBrace
            | Test
            | GivenUp
            | Inline
            | InlineLoop
            | Extern
            | Export
    )
}

/// The token behind the statement that begins at `start` and has a mistake at `index`.
fn statement_end(tokens: &[Token<'_>], start: usize, index: usize) -> usize {
    let mut pairs = Pairs::default();
    for (at, token) in tokens.iter().enumerate().skip(start) {
        let is_behind = at > index.max(start);
        // A declaration that begins behind the mistake is not part of it.
        if is_behind && pairs.is_empty() && begins_surely(token.tok) {
            return at;
        }
        let seen = pairs.see(at, token.tok);
        if seen == Seen::Stray && token.tok == Tok::RBrace {
            return at;
        }
        if at < index || !pairs.is_empty() {
            continue;
        }
        let next = tokens.get(at + 1).map(|next| next.tok);
        let ends_block =
            token.tok == Tok::RBrace && next.is_none_or(|next| begins_statement(next) || next == Tok::RBrace);
        if token.tok == Tok::Semicolon || ends_block {
            return at + 1;
        }
    }
    tokens.len()
}

/// Can only a statement or a declaration begin with this token?
fn begins_surely(tok: Tok<'_>) -> bool {
    matches!(tok, Tok::Const | Tok::Var | Tok::Pub | Tok::Defer | Tok::Return)
}

/// How deep a tree may become: later stages walk it by recursion.
const DEPTH: usize = 1000;

/// The first token that makes the tree too deep. Every operator, keyword and bracket may be a level;
/// a comma, a semicolon and the end of a block go back to the level of the bracket around them.
pub fn too_deep(tokens: &[Token<'_>]) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut depth = 0;
    tokens.iter().enumerate().position(|(at, token)| {
        let around = open.last().copied().unwrap_or(0);
        match token.tok {
            Tok::Semicolon | Tok::Comma => depth = around,
            tok if tok.nesting() > 0 => {
                depth += 1;
                open.push(depth);
            }
            tok if tok.nesting() < 0 => {
                let ends =
                    tok == Tok::RBrace && tokens.get(at + 1).is_none_or(|next| begins_statement(next.tok));
                depth = open.pop().unwrap_or(0);
                if ends {
                    depth = open.last().copied().unwrap_or(0);
                }
            }
            tok if tok.ends_operand() => {}
            _ => depth += 1,
        }
        depth > DEPTH
    })
}
