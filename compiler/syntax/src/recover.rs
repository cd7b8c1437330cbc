//! The parser's errors said the way a person would, and how much text one mistake spoils.
//!
//! In: what the generated parser found and what it could have gone on with. Out: a diagnostic with
//! the smallest span, what was expected in words, and help where the slip is a known one.

use crate::fold::Refusal;
use crate::parse::Place;
use crate::region::Pairs;
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

    /// Brackets or signs nest deeper than the compiler follows.
    pub fn too_deep(place: Place, tokens: &[Token<'_>], index: usize) -> Missed {
        let span = Span::new(place.file, tokens[index].start, tokens[index].end);
        let help = Some("give a part of it a name of its own");
        Missed { help, ..Missed::at(place, index, span, "this nests too deeply".to_owned()) }
    }

    fn at(place: Place, index: usize, span: Span, message: String) -> Missed {
        Missed { place, index, message, label: String::new(), help: None, span, is_unbalanced: false }
    }

    fn unexpected(place: Place, tokens: &[Token<'_>], index: usize, expected: &[String]) -> Missed {
        let wanted = wanted(expected);
        let index = before_empty_block(tokens, index);
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
        if let Some(open) = Pairs::left_open(&tokens[..=index]) {
            let span = Span::new(place.file, tokens[open].start, tokens[open].end);
            let message = format!("{} is never closed", tokens[open].tok);
            return Missed { is_unbalanced: true, ..Missed::at(place, index, span, message) };
        }
        // A missing `;`, `,` or bracket is missing where the text before it ends.
        if let (Some(before), true) = (before, is_closing(&wanted)) {
            let span = Span::new(place.file, before.end, before.end);
            let message = format!("expected {wanted}, found {}", token.tok);
            let help = match token.tok {
                Tok::Assign => Some("`==` compares; `=` assigns, as a statement"),
                Tok::AmpAmp | Tok::BarBar => slip(None, token.tok),
                _ => None,
            };
            return Missed { help, ..Missed::at(place, index, span, message) };
        }
        let is_value = matches!(token.tok, Tok::Ident(_) | Tok::Int(_) | Tok::Float(_) | Tok::Str(_));
        if is_value && before.is_some_and(|before| before.tok.ends_operand()) && wanted.contains("`{`") {
            let message = format!("expected an operator or the end of the expression, found {}", token.tok);
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
            _ => match self.foreign(tokens, region) {
                Some(diagnostic) => diagnostic,
                None => self.diagnostic(codes::PARSE105),
            },
        }
    }

    /// The mistake is a word of Zig that the dialect lacks, at the place or before it.
    fn foreign(&self, tokens: &[Token<'_>], region: Range<usize>) -> Option<Diagnostic> {
        let near = [Some(self.index), self.index.checked_sub(1), Some(region.start)];
        let (token, word, help) = near.into_iter().flatten().find_map(|at| {
            let token = tokens.get(at)?;
            let (word, help) = FOREIGN.iter().find(|(word, _)| token.tok == Tok::Ident(word))?;
            Some((token, word, help))
        })?;
        let span = Span::new(self.place.file, token.start, token.end);
        let message = format!("`{word}` is not part of the host dialect");
        Some(Diagnostic::new(codes::HOST007, span, message).help(*help))
    }
}

/// `suspend {}` reads as a literal, and what is wrong is found behind it.
fn before_empty_block(tokens: &[Token<'_>], index: usize) -> usize {
    let is_foreign =
        |at: &usize| matches!(tokens[*at].tok, Tok::Ident(word) if FOREIGN.iter().any(|one| one.0 == word));
    let opens = |at: &usize| tokens[*at + 1].tok == Tok::LBrace;
    index.checked_sub(3).filter(is_foreign).filter(opens).unwrap_or(index)
}

/// Words of Zig, now or once, that begin nothing here.
const FOREIGN: &[(&str, &str)] = &[
    ("usingnamespace", "name what is used: `const thing = other.thing;`"),
    ("async", "threads are `std.Thread`; what waits is an event with branches"),
    ("await", "threads are joined with `thread.join()`"),
    ("suspend", "what waits is an event with branches"),
    ("resume", "what waits is an event with branches"),
    ("nosuspend", "leave the word out"),
];

/// Help for slips people bring from other languages.
fn slip(before: Option<Tok<'_>>, found: Tok<'_>) -> Option<&'static str> {
    match (before, found) {
        (_, Tok::AmpAmp) => Some("`and` joins conditions"),
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
    let among = |signs: &[&str]| -> Vec<String> {
        signs.iter().filter(|text| has(text)).map(|text| format!("`{text}`")).collect()
    };
    let mut words = among(&[";"]);
    if words.is_empty() {
        words = among(&[",", ")", "]", "}"]);
    }
    if words.is_empty() {
        words = among(&["=>", "{", "(", "|", ":", "="]);
    }
    match words.as_slice() {
        [] => "the end".to_owned(),
        [only] => only.clone(),
        [many @ .., last] => format!("{} or {last}", many[..many.len().min(3)].join(", ")),
    }
}
