//! `[a|b(c)]` on one line, bullets over several, and whom they speak of.

use super::{Layout, Read};
use crate::ast::Annotation;
use crate::lexer::first_word;
use koru_base::{Diagnostic, Name, codes};

/// Words that begin host declarations: what they begin is no construct.
const HOST_WORDS: &[&str] = &[
    "const",
    "var",
    "fn",
    "extern",
    "export",
    "inline",
    "noinline",
    "threadlocal",
    "comptime",
    "test",
    "usingnamespace",
];

impl Layout<'_> {
    /// Reads the annotations behind `~`. Does a construct follow them? Else they are the module's.
    pub(super) fn annotated(&mut self, out: &mut Vec<Annotation>) -> Read<bool> {
        self.skip_blanks();
        while self.rest().starts_with('[') {
            self.annotation_list(out)?;
            self.skip_blanks();
            if self.at_line_end() && !self.construct_follows() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Moves to the construct on the next line, if there is one.
    fn construct_follows(&mut self) -> bool {
        self.go_to_line(self.line + 1);
        let Some(&line) = self.lines.get(self.line) else { return false };
        let text = &self.text[line.start + line.blanks..line.end];
        let is_construct = match line.first {
            b'~' => {
                self.pos += line.blanks + 1;
                self.skip_blanks();
                return true;
            }
            0 | b'|' | b'/' => false,
            _ => {
                let word = first_word(text);
                let after = text[word.len()..].trim_start();
                match word {
                    "event" | "proc" | "import" => true,
                    "pub" => first_word(after) == "event",
                    _ => {
                        let is_head =
                            text.starts_with(|letter: char| letter.is_alphabetic() || "_#".contains(letter));
                        is_head && !HOST_WORDS.contains(&word) && text.contains(['(', ':'])
                    }
                }
            }
        };
        if is_construct {
            self.go_to_text(self.line);
        }
        is_construct
    }

    /// `[..]` at the cursor.
    pub(super) fn annotation_list(&mut self, out: &mut Vec<Annotation>) -> Read<()> {
        let open = self.pos;
        self.pos += 1;
        let inside = self.rest();
        if inside.trim().is_empty() || inside.trim_start().starts_with("//") {
            return self.vertical(open, out);
        }
        let Some(close) = closing(inside) else { return self.unclosed_annotation(open) };
        let mut start = 0;
        for piece in inside[..close].split('|') {
            self.annotation(open + 1 + start, piece, out);
            start += piece.len() + 1;
        }
        self.pos = open + 1 + close + 1;
        Ok(())
    }

    fn unclosed_annotation(&mut self, open: usize) -> Read<()> {
        let message = "unclosed annotation bracket";
        self.give_up(Diagnostic::new(codes::PARSE102, self.span(open, open + 1), message).help("add `]`"))
    }

    /// One bullet a line, up to `]`.
    fn vertical(&mut self, open: usize, out: &mut Vec<Annotation>) -> Read<()> {
        loop {
            self.skip_blanks();
            let Some(&line) = self.lines.get(self.line + 1) else { return self.unclosed_annotation(open) };
            self.go_to_line(self.line + 1);
            self.pos += line.blanks;
            match line.first {
                0 => {}
                b']' => {
                    self.pos += 1;
                    return Ok(());
                }
                b'-' => {
                    let text = &self.rest()[1..];
                    let text = &text[..text.find("//").unwrap_or(text.len())];
                    self.annotation(self.pos + 1, text, out);
                    self.pos += 1 + text.len();
                }
                _ if line.is_comment => {}
                b'~' => return self.unclosed_annotation(open),
                _ => {
                    let message = "expected `-` or `]` in a list of annotations";
                    self.report(Diagnostic::new(codes::PARSE102, self.shown_span(), message));
                    self.pos = line.end;
                }
            }
        }
    }

    fn annotation(&self, start: usize, text: &str, out: &mut Vec<Annotation>) {
        let trimmed = text.trim();
        if !trimmed.is_empty() {
            let start = start + (text.len() - text.trim_start().len());
            out.push(Annotation { text: Name::new(trimmed), span: self.span(start, start + trimmed.len()) });
        }
    }

    /// `[..]` behind a payload, a shape or a binding, if there is one.
    pub(super) fn annotations_behind(&mut self) -> Read<Vec<Annotation>> {
        let mut out = Vec::new();
        if self.rest().starts_with('[') {
            self.annotation_list(&mut out)?;
        }
        Ok(out)
    }
}

/// Where the `]` of a list stands, outside of quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut fallback = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at),
            b']' => fallback = fallback.or(Some(at)),
            _ => {}
        }
    }
    fallback
}
