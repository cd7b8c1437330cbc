//! Source blocks: text between braces behind a call, in whatever language, never lexed.

use super::{Layout, Read};
use crate::ast::{Ident, SourceBlock};
use koru_base::{Diagnostic, codes};

impl Layout<'_> {
    /// Is `[Type]{` at the cursor?
    pub(super) fn begins_phantom_source(&self) -> bool {
        let rest = self.rest();
        let behind = rest.find(']').map_or("", |close| rest[close + 1..].trim_start());
        rest.starts_with('[') && behind.starts_with(['{', '"'])
    }

    /// `{ text }` or `[Type]{ text }` at the cursor, if there is one.
    pub(super) fn source_block(&mut self) -> Read<Option<SourceBlock>> {
        let mut phantom: Option<Ident> = None;
        if self.begins_phantom_source() {
            let close = self.rest().find(']').unwrap_or(0);
            phantom = Some(self.ident(self.pos + 1, self.pos + close));
            self.pos += close + 1;
            self.skip_blanks();
        }
        if !self.rest().starts_with('{') {
            return Ok(None);
        }
        let open = self.pos;
        if let Some(length) = closed_on_line(self.rest()) {
            self.pos += length;
            let (mut start, end) = (open + 1, self.pos - 1);
            let raw = &self.text[start..end];
            start += raw.len() - raw.trim_start().len();
            let text = raw.trim().to_owned();
            let span = self.span(open + 1, end);
            return Ok(Some(SourceBlock { phantom, text, span, line_starts: vec![start as u32] }));
        }
        self.lines_of_source(phantom, open).map(Some)
    }

    fn lines_of_source(&mut self, phantom: Option<Ident>, open: usize) -> Read<SourceBlock> {
        let first = self.line + 1;
        let Some(last) = self.last_line_of_source(first) else {
            let diagnostic = Diagnostic::new(
                codes::PARSE004,
                self.span(open, open + 1),
                "this source block is never closed",
            );
            let help = "it ends at a line with only `}`, indented less than the block's first line";
            self.skip_open_source(first);
            return self.give_up(diagnostic.help(help));
        };
        let (mut text, mut line_starts) = (String::new(), Vec::new());
        let head = self.text[open + 1..self.line_end()].trim();
        if !head.is_empty() {
            line_starts
                .push((self.line_end() - self.text[open + 1..self.line_end()].trim_start().len()) as u32);
            text.push_str(head);
            text.push('\n');
        }
        let content = &self.lines[first..last];
        let indent = content.iter().filter(|line| line.first != 0).map(|line| line.blanks).min().unwrap_or(0);
        for line in content {
            let start = (line.start + indent).min(line.end);
            line_starts.push(start as u32);
            if line.first != 0 {
                text.push_str(&self.text[start..line.end]);
            }
            text.push('\n');
        }
        let close = self.lines[last].start + self.lines[last].blanks;
        let span = self.span(open + 1, close);
        self.seek(close + 1);
        Ok(SourceBlock { phantom, text, span, line_starts })
    }

    /// Passes the text of a block without an end: what is indented, and braces.
    fn skip_open_source(&mut self, first: usize) {
        let begins = |line: &super::Line| line.first == b'~' || line.indent == 0 && line.first != 0;
        let is_over = |line: &super::Line| begins(line) && line.first != b'}';
        let rest = self.lines.get(first..).unwrap_or_default();
        let length = rest.iter().position(is_over).unwrap_or(rest.len());
        if length > 0 {
            self.go_to_line(first + length - 1);
            self.pos = self.line_end();
        }
    }

    /// The line with only `}` that ends the block whose content starts at line `first`.
    fn last_line_of_source(&self, first: usize) -> Option<usize> {
        let lines = self.lines.get(first..)?;
        let inner = lines.iter().find(|line| line.first != 0)?.indent;
        let ends = |line: &&super::Line| {
            let is_brace =
                line.first == b'}' && self.text[line.start + line.blanks..line.end].trim_end() == "}";
            is_brace && (line.indent < inner || inner == 0)
        };
        let is_empty =
            |line: &super::Line| line.first == b'}' && self.text[line.start..line.end].trim() == "}";
        let at_once = lines.iter().position(|line| line.first != 0).filter(|&at| is_empty(&lines[at]));
        at_once.or_else(|| lines.iter().position(|line| ends(&line))).map(|at| first + at)
    }
}

/// The length of `{ .. }` if its braces balance on this line, not counting those in strings.
fn closed_on_line(text: &str) -> Option<usize> {
    balanced(text, true).or_else(|| balanced(text, false))
}

fn balanced(text: &str, with_strings: bool) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if with_strings => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
