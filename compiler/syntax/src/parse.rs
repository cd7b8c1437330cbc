//! The one door to the generated parser: tokens of one construct in, its tree and what was wrong out.
//!
//! A mistake gives up the statement or declaration around it: its tokens are replaced by one
//! `GivenUp` and the construct is read again, so each mistake is reported once and the rest is kept.

use crate::ast::host::{Block, ContainerField, Decl, DeclKind, Expr, ExprKind, ForInput, Stmt};
use crate::fold::{Parsed, Refusal};
use crate::host::ParsedParser;
use crate::recover::Missed;
use crate::region;
use crate::token::{Tok, Token};
use koru_base::{Diagnostic, FileId, Span};
use std::sync::Arc;

/// How many mistakes of one construct are worth telling.
const MISTAKES: usize = 24;

/// The parser's surroundings: a file and the place where the tokens end.
#[derive(Clone, Copy)]
pub struct Place {
    pub file: FileId,
    /// The byte behind the last token, for what is missing there.
    pub end: u32,
}

/// An expression.
pub fn expr(place: Place, tokens: &[Token<'_>]) -> Result<Expr, Missed> {
    match run(place, Tok::StartExpr, tokens)? {
        Parsed::Expr(expr) => Ok(expr),
        _ => koru_base::bug!("syntax", "the grammar read no expression"),
    }
}

/// A type.
pub fn ty(place: Place, tokens: &[Token<'_>]) -> Result<Expr, Missed> {
    match run(place, Tok::StartType, tokens)? {
        Parsed::Expr(expr) => Ok(expr),
        _ => koru_base::bug!("syntax", "the grammar read no type"),
    }
}

/// An argument: an expression or a range.
pub fn value(place: Place, tokens: &[Token<'_>]) -> Result<ForInput, Missed> {
    match run(place, Tok::StartValue, tokens)? {
        Parsed::Value(value) => Ok(value),
        _ => koru_base::bug!("syntax", "the grammar read no value"),
    }
}

/// The statements between the braces of a body.
pub fn body(place: Place, tokens: Vec<Token<'_>>, span: Span, out: &mut Vec<Diagnostic>) -> Block {
    let stmts = match recovered(place, Tok::StartBody, tokens, out) {
        Some(Parsed::Body(stmts)) => stmts,
        _ => vec![Stmt { kind: crate::ast::host::StmtKind::Error, span }],
    };
    Block { label: None, stmts: Arc::new(stmts), span }
}

/// A declaration of a container.
pub fn decl(place: Place, tokens: Vec<Token<'_>>, out: &mut Vec<Diagnostic>) -> Decl {
    let start = tokens.first().map_or(place.end, |token| token.start);
    let span = Span::new(place.file, start, tokens.last().map_or(place.end, |token| token.end));
    match recovered(place, Tok::StartDecl, tokens, out) {
        Some(Parsed::Decl(decl)) => decl,
        _ => Decl { is_public: false, kind: DeclKind::Error, span },
    }
}

/// A field at the top of a file.
pub fn field(place: Place, tokens: &[Token<'_>]) -> Result<ContainerField, Missed> {
    match run(place, Tok::StartField, tokens)? {
        Parsed::Field(field) => Ok(field),
        _ => koru_base::bug!("syntax", "the grammar read no field"),
    }
}

/// An expression that could not be read.
pub fn error_expr(span: Span) -> Expr {
    Expr { kind: Arc::new(ExprKind::Error), span }
}

fn recovered(
    place: Place,
    start: Tok<'static>,
    mut tokens: Vec<Token<'_>>,
    out: &mut Vec<Diagnostic>,
) -> Option<Parsed> {
    for _ in 0..MISTAKES {
        let missed = match run(place, start, &tokens) {
            Ok(parsed) => return Some(parsed),
            Err(missed) => missed,
        };
        // What was given up stands where nothing like it may: no more can be said.
        if tokens.get(missed.index).is_some_and(|token| token.tok == Tok::GivenUp) {
            return None;
        }
        let region = region::around(&tokens, missed.index);
        let again = tokens[region.clone()].iter().any(|token| token.tok == Tok::GivenUpValue);
        if !again {
            out.push(missed.in_host_code(&tokens, region.clone()));
        }
        let stands_in = stand_in(&tokens[region.clone()]).filter(|_| !again);
        let is_whole = region.len() == tokens.len() && start == Tok::StartDecl;
        if region.is_empty() || is_whole && stands_in.is_none() {
            return None;
        }
        let (first, last) = (tokens[region.start], tokens[region.end - 1]);
        let given_up = Token { start: first.start, tok: Tok::GivenUp, end: last.end };
        tokens.splice(region, stands_in.unwrap_or_else(|| vec![given_up]));
    }
    None
}

/// What stands for a declaration that was given up: its name without a value, so that only the mistake
/// itself is reported, and not every use of the name.
fn stand_in<'s>(given_up: &[Token<'s>]) -> Option<Vec<Token<'s>>> {
    let is_public = given_up.first()?.tok == Tok::Pub;
    let at =
        given_up.iter().take(4).position(|token| matches!(token.tok, Tok::Const | Tok::Var | Tok::Fn))?;
    let is_plain = |token: &Token<'_>| {
        matches!(token.tok, Tok::Pub | Tok::Inline | Tok::NoInline | Tok::Export | Tok::Comptime)
    };
    let name = given_up.get(at + 1).filter(|name| matches!(name.tok, Tok::Ident(_) | Tok::Quoted(_)))?;
    if !given_up[..at].iter().all(is_plain) || (at > 0 && !is_public && given_up[at].tok != Tok::Fn) {
        return None;
    }
    let end = given_up.last()?.end;
    let sign = |tok, start, end| Token { start, tok, end };
    let word = sign(Tok::Const, given_up[at].start, given_up[at].end);
    let rest = [
        word,
        *name,
        sign(Tok::Assign, name.end, name.end),
        sign(Tok::GivenUpValue, name.end, end),
        sign(Tok::Semicolon, end, end),
    ];
    Some(given_up.iter().take(usize::from(is_public)).copied().chain(rest).collect())
}

/// Runs the generated parser once.
fn run<'s>(place: Place, start: Tok<'static>, tokens: &[Token<'s>]) -> Result<Parsed, Missed> {
    if let Some(index) = region::too_deep(tokens) {
        return Err(Missed::too_deep(place, tokens, index));
    }
    let first = tokens.first().map_or(place.end, |token| token.start);
    let opening = std::iter::once((first, start, first));
    let all = tokens.iter().map(|token| (token.start, token.tok, token.end));
    ParsedParser::new()
        .parse(place.file, opening.chain(all).map(Ok::<_, Refusal>))
        .map_err(|error| Missed::new(place, tokens, error))
}
