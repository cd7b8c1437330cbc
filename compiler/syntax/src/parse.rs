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
        out.push(missed.in_host_code(&tokens, region.clone()));
        if region.is_empty() || region.len() == tokens.len() && start == Tok::StartDecl {
            return None;
        }
        let (first, last) = (tokens[region.start], tokens[region.end - 1]);
        let given_up = Token { start: first.start, tok: Tok::GivenUp, end: last.end };
        tokens.splice(region, [given_up]);
    }
    None
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
