//! The parser's errors said the way a person would, and how much text one mistake spoils.
//!
//! In: what the generated parser found and what it could have gone on with. Out: a diagnostic with
//! the smallest span, what was expected in words, and help where the slip is a known one.

use crate::fold::Refusal;
use crate::parse::Place;
use crate::token::{Flaw, Tok, Token};
use koru_base::{Code, Diagnostic, Span, codes};
use lalrpop_util::ParseError;
use std::ops::Range;

/// Where the parser could not go on.
pub struct Missed {
    place: Place,
    /// Index of the token, or the number of tokens at the end.
    pub index: usize,
    message: String,
    label: String,
    help: Option<&'static str>,
    span: Span,
    is_unbalanced: bool,
}

impl Missed {
    /// Translates an error of the generated parser.
    pub fn new(place: Place, tokens: &[Token<'_>], error: ParseError<u32, Tok<'_>, Refusal>) -> Missed {
        match error {
            ParseError::User { error } => {
                let index = tokens.partition_point(|token| token.start < error.span.start);
                let message = error.message.to_owned();
                Missed { help: Some(error.help), ..Missed::at(place, index, error.span, message) }
            }
            ParseError::UnrecognizedToken { token: (start, _, _), expected } => {
                let index = tokens.partition_point(|token| token.start < start);
                Missed::unexpected(place, tokens, index, &expected)
            }
            ParseError::UnrecognizedEof { expected, .. } => {
                Missed::unexpected(place, tokens, tokens.len(), &expected)
            }
            ParseError::ExtraToken { token: (start, _, _) } => {
                let index = tokens.partition_point(|token| token.start < start);
                Missed::unexpected(place, tokens, index, &[])
            }
            ParseError::InvalidToken { .. } => koru_base::bug!("syntax", "the lexer failed"),
        }
    }

    fn at(place: Place, index: usize, span: Span, message: String) -> Missed {
        Missed { place, index, message, label: String::new(), help: None, span, is_unbalanced: false }
    }

    fn unexpected(place: Place, tokens: &[Token<'_>], index: usize, expected: &[String]) -> Missed {
        let wanted = wanted(expected);
        let before = index.checked_sub(1).map(|before| tokens[before]);
        let Some(&token) = tokens.get(index) else {
            let at = before.map_or(place.end, |token| token.end);
            let message = format!("expected {wanted}, but the text ends here");
            return Missed::at(place, index, Span::new(place.file, at, at), message);
        };
        let span = Span::new(place.file, token.start, token.end);
        if let Tok::Error(flaw) = token.tok {
            return Missed::flaw(place, index, span, flaw);
        }
        // A missing `;`, `,` or bracket is missing where the text before it ends.
        if let (Some(before), true) = (before, is_closing(&wanted)) {
            let span = Span::new(place.file, before.end, before.end);
            let message = format!("expected {wanted}, found {}", token.tok);
            return Missed::at(place, index, span, message);
        }
        let message = format!("expected {wanted}, found {}", token.tok);
        Missed {
            help: slip(before.map(|token| token.tok), token.tok),
            ..Missed::at(place, index, span, message)
        }
    }

    fn flaw(place: Place, index: usize, span: Span, flaw: Flaw) -> Missed {
        let missed = |message: &str| Missed::at(place, index, span, message.to_owned());
        match flaw {
            Flaw::OpenString => Missed {
                is_unbalanced: true,
                help: Some("a string ends on its line; text over several lines is written with `\\\\`"),
                ..missed("this string has no closing quote")
            },
            Flaw::BadChar => Missed {
                help: Some("a character is written `'a'` or `'\\n'`; strings take double quotes"),
                ..missed("`'` does not begin a character")
            },
            Flaw::BadEscape(offset) => {
                let at = span.start + offset;
                Missed {
                    help: Some("escapes are \\n \\t \\r \\0 \\\\ \\' \\\" \\xNN \\u{NNNN}"),
                    ..Missed::at(place, index, Span::new(span.file, at, at + 2), "unknown escape".to_owned())
                }
            }
            Flaw::BadNumber => missed("this number has letters that are no digits"),
            Flaw::Stray => missed("this character has no meaning here"),
        }
    }

    /// The diagnostic, under the code of the construct around it.
    pub fn diagnostic(self, code: Code) -> Diagnostic {
        let code = if self.is_unbalanced { codes::PARSE004 } else { code };
        let diagnostic = Diagnostic::new(code, self.span, self.message).label(self.label);
        diagnostic.help_if(self.help, str::to_owned)
    }

    /// The diagnostic for a mistake in the region of a body or a declaration.
    pub fn in_host_code(self, tokens: &[Token<'_>], region: Range<usize>) -> Diagnostic {
        let first = tokens.get(region.start);
        match first.map(|token| token.tok) {
            Some(Tok::Tilde) => {
                let token = tokens[region.start];
                let span = Span::new(self.place.file, token.start, token.end);
                Diagnostic::new(codes::PARSE001, span, "flows cannot stand inside a proc")
                    .help("implement the event by a flow, `~event = ..`, or call the event's handler")
            }
            Some(Tok::Fn) if self.index <= region.start + 1 => {
                let help =
                    "put it into a struct, `const S = struct { fn f() void {} };`, or at the top of the file";
                self.diagnostic(codes::PARSE105).help(help)
            }
            _ => self.diagnostic(codes::PARSE105),
        }
    }
}

/// Help for slips people bring from other languages.
fn slip(before: Option<Tok<'_>>, found: Tok<'_>) -> Option<&'static str> {
    match (before, found) {
        (Some(Tok::Amp), Tok::Amp) => Some("`and` joins conditions"),
        (_, Tok::BarBar) => Some("`or` joins conditions"),
        (Some(Tok::PlusPlus), _) => Some("there is no `++` on a variable: write `x += 1`"),
        (Some(Tok::Semicolon), Tok::Else) => Some("no `;` stands between a statement and its `else`"),
        (_, Tok::Question) => Some("a choice is written `if (c) a else b`"),
        _ => None,
    }
}

/// Is it only a sign that ends or separates things that is wanted?
fn is_closing(wanted: &str) -> bool {
    wanted.split([' ', ',']).all(|word| matches!(word, "" | "or" | "`;`" | "`)`" | "`]`" | "`}`" | "`,`"))
}

/// What the parser could have gone on with, in few words.
fn wanted(expected: &[String]) -> String {
    let has = |name: &str| expected.iter().any(|text| text.trim_matches('"') == name);
    if has("defer") && has("while") {
        return "a statement".to_owned();
    }
    if has("integer") && has("string") {
        return if has("return") || has("try") { "an expression" } else { "a type" }.to_owned();
    }
    if has("pub") && has("fn") {
        return "a declaration".to_owned();
    }
    if has("name") && !has("=") {
        return "a name".to_owned();
    }
    let closing =
        [";", ")", "]", "}", ",", "=>", ":", "{", "(", "|", "="].into_iter().filter(|text| has(text));
    let words: Vec<String> = closing.map(|text| format!("`{text}`")).collect();
    match words.as_slice() {
        [] => "the end".to_owned(),
        [only] => only.clone(),
        [many @ .., last] => format!("{} or {last}", many[..many.len().min(3)].join(", ")),
    }
}

/// The tokens of the statement or declaration around a mistake.
pub fn region(tokens: &[Token<'_>], index: usize) -> Range<usize> {
    let open = blocks_before(tokens, index);
    let inside = open.last().map_or(0, |&brace| brace + 1);
    let start = last_boundary(tokens, inside, index);
    let end = statement_end(tokens, start.max(inside), index);
    start..end.max(start)
}

/// The opening braces of blocks and containers that are open at `index`.
fn blocks_before(tokens: &[Token<'_>], index: usize) -> Vec<usize> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, token) in tokens[..index].iter().enumerate() {
        match token.tok.nesting() {
            1 => open.push((at, opens_block(tokens, at))),
            -1 => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().filter(|&(_, is_block)| is_block).map(|(at, _)| at).collect()
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
    let mut depth = 0;
    for at in inside..index.min(tokens.len()) {
        depth += tokens[at].tok.nesting();
        let ends = match tokens[at].tok {
            Tok::Semicolon => depth == 0,
            Tok::RBrace => depth == 0 && tokens.get(at + 1).is_some_and(|next| begins_statement(next.tok)),
            _ => false,
        };
        if ends && at < index {
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
    let mut depth: i32 = 0;
    let mut at = start;
    while at < tokens.len() {
        let tok = tokens[at].tok;
        // A declaration that begins behind the mistake is not part of it.
        if at > index.max(start)
            && depth == 0
            && matches!(tok, Tok::Const | Tok::Var | Tok::Pub | Tok::Defer | Tok::Return)
        {
            return at;
        }
        depth += tok.nesting();
        if depth < 0 {
            return at;
        }
        at += 1;
        let after_block = tok == Tok::RBrace
            && depth == 0
            && at > index
            && tokens.get(at).is_none_or(|next| begins_statement(next.tok) || next.tok == Tok::RBrace);
        if at > index && depth == 0 && (tok == Tok::Semicolon || after_block) {
            return at;
        }
    }
    at
}
