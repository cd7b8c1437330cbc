//! Text to tree: lexer, layout, grammars.
//!
//! In: the text of one file. Out: [`ast::Module`], always, and diagnostics. Layout cuts a file into
//! constructs by columns and braces; each is parsed alone, so one mistake spoils one construct.
//! Read `ast` first, then `layout`, then the grammars. Nothing here resolves a name.

pub mod ast;
mod dump;
mod escape;
mod fold;
#[allow(warnings, clippy::all, missing_docs)]
mod host {
    lalrpop_util::lalrpop_mod!(grammar, "/host.rs");
    pub use grammar::ParsedParser;
}
mod layout;
mod lexer;
mod parse;
mod print;
mod recover;
mod region;
#[cfg(test)]
mod tests;
mod token;
mod words;

pub use dump::dump;
pub use print::print;

use ast::host::{Block, Expr};
use koru_base::{Diagnostic, FileId, Severity, Span, codes};
use lexer::Lexer;
use parse::Place;
use token::Token;

/// Reads a file. The tree is always there; what could not be read is an `Error` node in it.
pub fn parse(file: FileId, text: &str) -> (ast::Module, Vec<Diagnostic>) {
    layout::module(file, text)
}

/// Reads the part `span` of a file as if it were a file, in its place: lines keep their columns.
pub fn parse_part(file: FileId, text: &str, span: Span) -> (ast::Module, Vec<Diagnostic>) {
    let blank = |outside: &str| outside.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    let (start, end) = (span.start as usize, span.end as usize);
    let mut alone: String = blank(&text[..start]);
    alone += &text[start..end];
    layout::module(file, &alone)
}

/// Reads the text of one flow, without `~`: code that stands for a call.
pub fn parse_flow(file: FileId, text: &str) -> (ast::Flow, Vec<Diagnostic>) {
    layout::code(file, text)
}

/// Reads the body of a proc whose variant was selected: `span` is its `body_span`.
pub fn parse_body(file: FileId, text: &str, span: Span) -> (Block, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let tokens = tokens(Lexer::host(text, span.start as usize, span.end as usize));
    let block = parse::body(Place { file, end: span.end }, tokens, span, &mut diagnostics);
    (block, diagnostics)
}

/// Reads the part `span` of a file as an expression of a flow: of an interpolation, an argument.
pub fn parse_expr(file: FileId, text: &str, span: Span) -> Result<Expr, Diagnostic> {
    let tokens = tokens(Lexer::koru(text, span.start as usize, span.end as usize));
    let place = Place { file, end: span.end };
    parse::expr(place, &words::of_flow(text, &tokens)).map_err(|missed| missed.diagnostic(codes::PARSE001))
}

/// The same of a part of a text in quotes, where a quote of its own is written `\"`.
pub fn parse_quoted_expr(file: FileId, text: &str, span: Span) -> Result<Expr, Diagnostic> {
    let inside = text.get(span.start as usize..span.end as usize).unwrap_or("");
    if !inside.contains("\\\"") {
        return parse_expr(file, text, span);
    }
    let mut bare = text.to_owned();
    bare.replace_range(span.start as usize..span.end as usize, &without_escapes(inside));
    parse_expr(file, &bare, span)
}

/// Each `\"` as a quote and a blank outside of it, so that everything else stays where it is. In a text of the part a
/// quote is written `\\\"`, in a letter `'\"'`.
fn without_escapes(text: &str) -> String {
    let (mut bare, mut open, mut rest) = (String::new(), None, text);
    while let Some(first) = rest.chars().next() {
        let (length, put) = match (open, first) {
            (Some('"'), '\\') if rest.starts_with("\\\\\\\"") => (4, "\\x22"),
            (None, '\\') if rest.starts_with("\\\"") => (2, " \""),
            (Some('"'), '\\') if rest.starts_with("\\\"") => (2, "\" "),
            (_, '\\') if rest[1..].starts_with(|next: char| next.is_ascii()) => (2, &rest[..2]),
            _ => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        open = match (open, put) {
            (None, " \"") => Some('"'),
            (Some('"'), "\" ") => None,
            (None, "'") if !bare.ends_with(|last: char| last.is_alphanumeric() || last == '_') => Some('\''),
            (Some('\''), "'") => None,
            _ => open,
        };
        bare += put;
        rest = &rest[length..];
    }
    bare
}

/// The canonical text of a file; its diagnostics where it has mistakes.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (module, diagnostics) = parse(file, text);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(diagnostics);
    }
    let printed = print(&module, text);
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    // A formatter that changes a program is worse than none.
    if letters(text) != letters(&printed) || dump(&parse(file, &printed).0) != dump(&module) {
        koru_base::bug!("syntax", "formatting would change what the file says");
    }
    Ok(printed)
}

/// Reads the part `span` of a file as an expression of host code.
pub fn parse_host_expr(file: FileId, text: &str, span: Span) -> Result<Expr, Diagnostic> {
    let tokens = tokens(Lexer::host(text, span.start as usize, span.end as usize));
    parse::expr(Place { file, end: span.end }, &tokens).map_err(|missed| missed.diagnostic(codes::PARSE105))
}

fn tokens<'s>(mut lexer: Lexer<'s>) -> Vec<Token<'s>> {
    std::iter::from_fn(|| lexer.next_token()).collect()
}
