//! Tokens of flows and shapes made unmistakable for the grammar.
//!
//! In a flow `{ a: 1 }` is a record, `[a, b]` a list and `std.io:print` one name with its module. The
//! same signs mean blocks, array types and types of fields in host code; which is meant is decided
//! here by their neighbours, so that one grammar serves both.

use crate::lexer::is_word_byte;
use crate::token::{Tok, Token};

/// Rewrites the tokens of one piece of a flow.
pub fn of_flow<'s>(text: &'s str, tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    let mut out = joined(text, tokens);
    let mut rest = &mut *out;
    while let Some(label) = rest.iter().position(|token| matches!(token.tok, Tok::Label(_))) {
        let (flow, host) = rest.split_at_mut(label);
        mark(flow);
        let after = end_of_block(host);
        rest = &mut host[after..];
    }
    mark(rest);
    out
}

fn mark(tokens: &mut [Token<'_>]) {
    mark_records(tokens);
    mark_lists(tokens);
}

/// The index behind `label: { .. }`, all of which is host code.
fn end_of_block(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        depth += token.tok.nesting();
        if depth == 0 && token.tok == Tok::RBrace {
            return at + 1;
        }
    }
    tokens.len()
}

/// Joins `module.path:Name` to one token, outside of braces unless the path has a dot.
fn joined<'s>(text: &'s str, tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    let mut out: Vec<Token<'s>> = Vec::with_capacity(tokens.len());
    let mut braces = 0;
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at];
        match token.tok {
            Tok::LBrace | Tok::DotBrace => braces += 1,
            Tok::RBrace => braces -= 1,
            Tok::Colon if is_tight(text, tokens, at) => {
                let first = path_start(&out);
                let is_dotted = out.len() - first > 1;
                if first < out.len() && (is_dotted || braces <= 0) {
                    let (start, end) = (out[first].start, tokens[at + 1].end);
                    out.truncate(first);
                    out.push(Token { start, tok: Tok::Qualified(&text[start as usize..end as usize]), end });
                    at += 2;
                    continue;
                }
            }
            _ => {}
        }
        out.push(token);
        at += 1;
    }
    out
}

/// Does the colon at `at` touch words on both sides?
fn is_tight(text: &str, tokens: &[Token<'_>], at: usize) -> bool {
    let (start, end) = (tokens[at].start as usize, tokens[at].end as usize);
    let bytes = text.as_bytes();
    start > 0
        && is_word_byte(bytes[start - 1])
        && bytes.get(end).is_some_and(|&byte| is_word_byte(byte) && !byte.is_ascii_digit())
        && tokens.get(at + 1).is_some_and(|next| next.tok.word().is_some())
}

/// The index where a path `a.b.c` at the end of `tokens` starts.
fn path_start(tokens: &[Token<'_>]) -> usize {
    let mut first = tokens.len();
    while first > 0 && matches!(tokens[first - 1].tok, Tok::Ident(_)) {
        first -= 1;
        let joins =
            first >= 2 && tokens[first - 1].tok == Tok::Dot && matches!(tokens[first - 2].tok, Tok::Ident(_));
        if !joins {
            break;
        }
        first -= 1;
    }
    first
}

/// `{` where an operand must begin opens a record.
fn mark_records(tokens: &mut [Token<'_>]) {
    for at in 0..tokens.len() {
        if tokens[at].tok != Tok::LBrace {
            continue;
        }
        let opens_record = match at.checked_sub(1).map(|before| tokens[before].tok) {
            None => true,
            Some(Tok::Struct | Tok::Enum | Tok::Union | Tok::Opaque | Tok::ErrorWord | Tok::Else) => false,
            Some(before) => !before.ends_operand(),
        };
        if opens_record {
            tokens[at].tok = Tok::RecordBrace;
        }
    }
}

/// `[` where an operand must begin opens a list, unless a type follows the bracket that closes it.
fn mark_lists(tokens: &mut [Token<'_>]) {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for at in 0..tokens.len() {
        match tokens[at].tok {
            Tok::LBracket => {
                let before = at.checked_sub(1).map(|before| tokens[before].tok);
                open.push((at, before.is_none_or(|tok| !tok.ends_operand() && !is_type_prefix(tok))));
            }
            Tok::RBracket => {
                let Some((start, begins_operand)) = open.pop() else { continue };
                let follows = tokens.get(at + 1).map(|token| token.tok);
                let is_list = match follows {
                    Some(follows) if at == start + 1 => ends_piece(follows),
                    Some(follows) => !begins_type(follows),
                    None => true,
                };
                if begins_operand && is_list {
                    tokens[start].tok = Tok::ListBracket;
                }
            }
            _ => {}
        }
    }
}

/// Can nothing but another argument or step follow?
fn ends_piece(tok: Tok<'_>) -> bool {
    matches!(tok, Tok::Comma | Tok::RParen | Tok::RBracket | Tok::RBrace | Tok::BarArrow | Tok::Bar)
}

fn is_type_prefix(tok: Tok<'_>) -> bool {
    matches!(tok, Tok::Question | Tok::Bang)
}

/// Can a type, and not an operator, begin with this token?
fn begins_type(tok: Tok<'_>) -> bool {
    use Tok::*;
    matches!(
        tok,
        Ident(_)
            | Quoted(_)
            | Builtin(_)
            | Qualified(_)
            | Const
            | Volatile
            | Question
            | LBracket
            | ManyOfC
            | LParen
            | Star
            | StarStar
            | Struct
            | Enum
            | Union
            | Fn
            | ErrorWord
            | AnyType
            | Extern
            | Packed
            | Opaque
    )
}
