//! Text to tokens, one at a time, from any byte of a file.
//!
//! It cannot fail: what is no token becomes `Tok::Error`, which no grammar accepts. Comments are
//! collected beside the tokens. Offsets are those of the whole file.

use crate::token::{Flaw, SIGNS, Tok, Token};
use koru_base::{FileId, Span};

/// Reads tokens of `text` from `at` on.
pub struct Lexer<'s> {
    text: &'s str,
    /// The next byte.
    pub at: usize,
    end: usize,
    previous: Option<Tok<'s>>,
    /// In flows `name: {` is a field with a record, in host code a block with a label.
    finds_labels: bool,
    /// Comments passed so far, start and end.
    pub comments: Vec<(u32, u32)>,
}

impl<'s> Lexer<'s> {
    /// A lexer of host code for bytes `at..end`.
    pub fn host(text: &'s str, at: usize, end: usize) -> Lexer<'s> {
        let end = end.min(text.len());
        Lexer { text, at, end, previous: None, finds_labels: true, comments: Vec::new() }
    }

    /// A lexer of flows and shapes for bytes `at..end`.
    pub fn koru(text: &'s str, at: usize, end: usize) -> Lexer<'s> {
        Lexer { finds_labels: false, ..Lexer::host(text, at, end) }
    }

    /// The next token, or nothing at the end.
    pub fn next_token(&mut self) -> Option<Token<'s>> {
        self.skip_blanks();
        let start = self.at;
        let first = self.peek(0)?;
        let tok = match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'\'' => self.character(),
            b'@' => self.at_sign(),
            b'\\' if self.peek(1) == Some(b'\\') => self.lines(),
            _ => self.sign(),
        };
        self.previous = Some(tok);
        Some(Token { start: start as u32, tok, end: self.at as u32 })
    }

    /// All comments as spans of `file`.
    pub fn comment_spans(&self, file: FileId) -> impl Iterator<Item = Span> + '_ {
        self.comments.iter().map(move |&(start, end)| Span::new(file, start, end))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end { Some(self.text.as_bytes()[at]) } else { None }
    }

    fn slice(&self, start: usize) -> &'s str {
        self.text.get(start..self.at).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') if self.peek(1) == Some(b'/') => {
                    let start = self.at;
                    self.skip_line();
                    self.comments.push((start as u32, self.at as u32));
                }
                _ => return,
            }
        }
    }

    /// Moves to the end of the line, before its carriage return.
    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..self.end];
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.at += length;
        if length > 0 && self.text.as_bytes()[self.at - 1] == b'\r' {
            self.at -= 1;
        }
    }

    fn skip_word(&mut self) {
        while self.peek(0).is_some_and(is_word_byte) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Tok<'s> {
        let start = self.at;
        self.skip_word();
        let text = self.slice(start);
        if self.previous == Some(Tok::Dot) {
            return Tok::Ident(text);
        }
        match Tok::keyword(text) {
            Some(Tok::Inline) if matches!(self.next_word(), "for" | "while") => Tok::InlineLoop,
            // `error` may be the name of an input, where neither a value nor a set of errors follows.
            Some(Tok::ErrorWord) if !self.text[self.at..self.end].trim_start().starts_with(['.', '{']) => {
                Tok::Ident(text)
            }
            Some(keyword) => keyword,
            None if self.may_be_label() && self.begins_label() => {
                self.at += self.text[self.at..].find(':').map_or(0, |colon| colon + 1);
                Tok::Label(text)
            }
            None => Tok::Ident(text),
        }
    }

    /// The word behind blanks.
    fn next_word(&self) -> &'s str {
        first_word(self.text[self.at..self.end].trim_start())
    }

    /// In flows `a: {` gives `a` a value; that value may be a labelled block, `a: b: {`.
    fn may_be_label(&self) -> bool {
        self.finds_labels || matches!(self.previous, Some(Tok::Colon | Tok::Assign | Tok::Semicolon))
    }

    /// Is the word just read a label: is it followed by `:` and a block, loop or switch?
    fn begins_label(&self) -> bool {
        let rest = self.text[self.at..self.end].trim_start_matches(' ');
        let Some(rest) = rest.strip_prefix(':') else { return false };
        let rest = rest.trim_start_matches(' ');
        rest.starts_with('{') || matches!(first_word(rest), "while" | "for" | "inline" | "switch")
    }

    fn number(&mut self) -> Tok<'s> {
        let start = self.at;
        let is_decimal = !matches!(self.text.get(start..start + 2), Some("0x" | "0b" | "0o"));
        self.skip_word();
        let mut is_float = false;
        if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_hexdigit()) {
            // `0.5`, `0x1.8p3`, but not the range `0..5` nor the field `x.0.a` of a tuple.
            if self.previous != Some(Tok::Dot)
                && (!is_decimal || self.peek(1).is_some_and(|b| b.is_ascii_digit()))
            {
                is_float = true;
                self.at += 1;
                self.skip_word();
            }
        }
        let exponent = if is_decimal { ['e', 'E'] } else { ['p', 'P'] };
        if self.slice(start).ends_with(exponent) && matches!(self.peek(0), Some(b'+' | b'-')) {
            self.at += 1;
            self.skip_word();
        }
        let text = self.slice(start);
        is_float |= (is_decimal || text.starts_with("0x")) && text.contains(exponent);
        if !is_number(text, is_float) {
            return Tok::Error(Flaw::BadNumber);
        }
        if is_float { Tok::Float(text) } else { Tok::Int(text) }
    }

    /// `"..."`; an open one ends with its line.
    fn string(&mut self) -> Tok<'s> {
        let start = self.at;
        match self.quoted(b'"') {
            Some(None) => Tok::Str(self.slice(start)),
            Some(Some(escape)) => Tok::Error(Flaw::BadEscape(escape)),
            None => Tok::Error(Flaw::OpenString),
        }
    }

    /// Passes a quoted text: nothing if it is open, else where a bad escape is.
    fn quoted(&mut self, quote: u8) -> Option<Option<u32>> {
        let start = self.at;
        let mut flaw = None;
        self.at += 1;
        loop {
            match self.peek(0) {
                None | Some(b'\n') => {
                    if self.text.as_bytes()[self.at - 1] == b'\r' {
                        self.at -= 1;
                    }
                    return None;
                }
                Some(b'\\') => match crate::escape::length(&self.text[self.at..self.end]) {
                    Some(length) => self.at += length,
                    None => {
                        flaw = flaw.or(Some((self.at - start) as u32));
                        self.at += 1 + usize::from(!matches!(self.peek(1), None | Some(b'\n' | b'\r')));
                    }
                },
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return Some(flaw);
                    }
                }
            }
        }
    }

    /// `'x'`; a lone `'` is one byte of error, so that free text stays readable.
    fn character(&mut self) -> Tok<'s> {
        let start = self.at;
        let rest = &self.text[start + 1..self.end];
        let length = match rest.chars().next() {
            Some('\\') => crate::escape::length(rest),
            Some('\'' | '\n') | None => None,
            Some(letter) => Some(letter.len_utf8()),
        };
        match length {
            Some(length) if rest.as_bytes().get(length) == Some(&b'\'') => {
                self.at += length + 2;
                Tok::Char(self.slice(start))
            }
            _ => {
                self.at += 1;
                Tok::Error(Flaw::BadChar)
            }
        }
    }

    fn at_sign(&mut self) -> Tok<'s> {
        let start = self.at;
        self.at += 1;
        if self.peek(0) == Some(b'"') {
            return match self.quoted(b'"') {
                Some(None) => Tok::Quoted(&self.text[start + 2..self.at - 1]),
                Some(Some(escape)) => Tok::Error(Flaw::BadEscape(escape + 1)),
                None => Tok::Error(Flaw::OpenString),
            };
        }
        self.skip_word();
        let name = &self.slice(start)[1..];
        if name.is_empty() { Tok::Error(Flaw::Stray) } else { Tok::Builtin(name) }
    }

    /// Lines of a `\\` string that follow each other.
    fn lines(&mut self) -> Tok<'s> {
        let start = self.at;
        loop {
            self.skip_line();
            let end = self.at;
            let rest = &self.text[self.at..self.end];
            let next = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            if !next.starts_with("\\\\") {
                self.at = end;
                return Tok::Lines(self.slice(start));
            }
            self.at += rest.len() - next.len();
        }
    }

    fn sign(&mut self) -> Tok<'s> {
        let rest = &self.text[self.at..self.end];
        for &(text, tok) in signs_from(rest.as_bytes()[0]) {
            if rest.starts_with(text) {
                self.at += text.len();
                return self.colon_of_jump(tok);
            }
        }
        self.at += rest.chars().next().map_or(1, char::len_utf8);
        Tok::Error(Flaw::Stray)
    }

    /// `break :label` has a colon of its own, lest it be taken for that of a sentinel.
    fn colon_of_jump(&self, tok: Tok<'s>) -> Tok<'s> {
        let jumps = matches!(self.previous, Some(Tok::Break | Tok::Continue));
        if tok == Tok::Colon && jumps { Tok::JumpColon } else { tok }
    }
}

/// The signs that may begin with a byte, longest first.
fn signs_from(first: u8) -> impl Iterator<Item = &'static (&'static str, Tok<'static>)> {
    let mut among = SIGNS_FROM.get(usize::from(first)).copied().unwrap_or(0);
    std::iter::from_fn(move || {
        let sign = SIGNS.get(among.trailing_zeros() as usize)?;
        among &= among - 1;
        Some(sign)
    })
}

/// For every byte, bit n says whether the n-th sign begins with it.
const SIGNS_FROM: [u128; 128] = {
    assert!(SIGNS.len() < 128);
    let mut table = [0; 128];
    let mut at = 0;
    while at < SIGNS.len() {
        table[SIGNS[at].0.as_bytes()[0] as usize] |= 1 << at;
        at += 1;
    }
    table
};

/// The letters `text` begins with.
pub fn first_word(text: &str) -> &str {
    &text[..text.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(text.len())]
}

/// Letters, digits, underscore.
pub fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Are the letters of a number digits of its base?
fn is_number(text: &str, is_float: bool) -> bool {
    let (digits, base) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0b") => (&text[2..], 2),
        Some("0o") => (&text[2..], 8),
        _ => (text, 10),
    };
    let is_digit = |letter: char| letter.is_digit(base) || letter == '_';
    let is_float_letter =
        |letter: char| is_float && matches!(letter, '.' | 'e' | 'E' | 'p' | 'P' | '+' | '-');
    digits.contains(|letter: char| letter.is_digit(base))
        && digits.chars().all(|l| is_digit(l) || is_float_letter(l))
}
