//! Cuts the text of a graph into tokens, each with the byte it starts at.
//!
//! In: text. Out: tokens, or the first character that starts none. Line ends mean nothing; a comment
//! runs from `//` to the end of its line.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

/// A piece of the text.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    /// `load`, `v3`, `i32`.
    Word(String),
    /// `@name` or `@"any name"`.
    Symbol(String),
    Number(u128),
    /// Between quotes, escapes resolved.
    Text(Vec<u8>),
    /// Brackets and marks; `->` is one.
    Mark(&'static str),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{word}`"),
            Token::Symbol(name) => write!(f, "`@{name}`"),
            Token::Number(number) => write!(f, "`{number}`"),
            Token::Text(_) => write!(f, "a text"),
            Token::Mark(mark) => write!(f, "`{mark}`"),
            Token::End => write!(f, "the end"),
        }
    }
}

/// May this character stand in a name without quotes?
pub(super) fn is_symbol(c: char) -> bool {
    is_word(c) || matches!(c, '.' | ':' | '$' | '-')
}

/// May this character stand in a word?
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

const MARKS: [&str; 13] = ["->", "(", ")", "[", "]", "{", "}", "<", ">", ",", ":", "=", "+"];

struct Lexer<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

/// All tokens of the text; the last is [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let mut lexer = Lexer { text, chars: text.char_indices().peekable() };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.position();
        let token = lexer.token().map_err(|message| error(text, start, &message))?;
        let is_end = token == Token::End;
        tokens.push((token, start));
        if is_end {
            return Ok(tokens);
        }
    }
}

/// A message about a byte of the text, with its line and column counted from 1.
pub(super) fn error(text: &str, byte: usize, message: &str) -> String {
    let before = &text[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    format!("line {line}, column {column}: {message}")
}

impl Lexer<'_> {
    fn position(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |&(at, _)| at)
    }

    fn rest(&mut self) -> &str {
        let at = self.position();
        &self.text[at..]
    }

    fn skip_blank(&mut self) {
        loop {
            while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            if !self.rest().starts_with("//") {
                return;
            }
            while self.chars.next_if(|&(_, c)| c != '\n').is_some() {}
        }
    }

    fn token(&mut self) -> Result<Token, String> {
        let Some(&(_, first)) = self.chars.peek() else { return Ok(Token::End) };
        if first == '@' {
            self.chars.next();
            return self.symbol();
        }
        if first == '"' {
            return Ok(Token::Text(self.quoted()?));
        }
        if is_word(first) {
            let word = self.take(is_word);
            return if first.is_ascii_digit() { number(&word) } else { Ok(Token::Word(word)) };
        }
        let rest = self.rest();
        let mark = MARKS.into_iter().chain(["-"]).find(|mark| rest.starts_with(mark));
        let mark = mark.ok_or_else(|| format!("`{first}` starts nothing"))?;
        self.chars.by_ref().take(mark.len()).for_each(drop);
        Ok(Token::Mark(mark))
    }

    fn symbol(&mut self) -> Result<Token, String> {
        if self.rest().starts_with('"') {
            let bytes = self.quoted()?;
            return String::from_utf8(bytes).map(Token::Symbol).map_err(|_| "the name is not UTF-8".into());
        }
        match self.take(is_symbol) {
            name if name.is_empty() => Err("a name must follow `@`".into()),
            name => Ok(Token::Symbol(name)),
        }
    }

    fn take(&mut self, is_part: fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some((_, c)) = self.chars.next_if(|&(_, c)| is_part(c)) {
            taken.push(c);
        }
        taken
    }

    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        self.chars.next();
        let mut bytes = Vec::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                '"' => return Ok(bytes),
                '\\' => bytes.push(self.escape()?),
                _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        Err("this text has no end".into())
    }

    fn escape(&mut self) -> Result<u8, String> {
        match self.chars.next().map(|(_, c)| c) {
            Some('n') => Ok(b'\n'),
            Some('t') => Ok(b'\t'),
            Some('"') => Ok(b'"'),
            Some('\\') => Ok(b'\\'),
            Some('x') => {
                let digits: String = self.chars.by_ref().take(2).map(|(_, c)| c).collect();
                u8::from_str_radix(&digits, 16).map_err(|_| "`\\x` takes two hexadecimal digits".into())
            }
            _ => Err("escapes are \\n \\t \\\" \\\\ and \\x41".into()),
        }
    }
}

fn number(word: &str) -> Result<Token, String> {
    let digits = word.replace('_', "");
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u128::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    value.map(Token::Number).map_err(|_| format!("`{word}` is not a number"))
}
