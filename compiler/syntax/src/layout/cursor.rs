//! Moving through the lines of a file, and reporting what is found there.

use super::{GivenUp, Layout, Read};
use crate::ast::{Ident, Path};
use crate::lexer::{first_word, is_word_byte};
use koru_base::{Diagnostic, Name, Span, codes};

impl<'s> Layout<'s> {
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end.max(start) as u32)
    }

    pub(super) fn ident(&self, start: usize, end: usize) -> Ident {
        Ident { name: Name::new(&self.text[start..end]), span: self.span(start, end) }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports, and gives the construct up.
    pub(super) fn give_up<T>(&mut self, diagnostic: Diagnostic) -> Read<T> {
        self.report(diagnostic);
        Err(GivenUp)
    }

    /// The end of the text of the current line.
    pub(super) fn line_end(&self) -> usize {
        self.lines.get(self.line).map_or(self.text.len(), |line| line.end)
    }

    /// The rest of the current line.
    pub(super) fn rest(&self) -> &'s str {
        &self.text[self.pos.min(self.line_end())..self.line_end()]
    }

    /// What a message shows of the text at the cursor: a word or a sign in quotes.
    pub(super) fn shown_word(&self) -> String {
        let rest = self.rest();
        match first_word(rest) {
            "" => match rest.chars().next() {
                Some(sign) if !self.at_line_end() => format!("`{sign}`"),
                _ => "the end of the line".to_owned(),
            },
            word => format!("`{word}`"),
        }
    }

    /// The span of that word or sign, empty at the end of the line.
    pub(super) fn shown_span(&self) -> Span {
        let rest = self.rest();
        let length = match first_word(rest) {
            "" => rest.chars().next().map_or(0, char::len_utf8),
            word => word.len(),
        };
        self.span(self.pos, self.pos + length)
    }

    /// A sign at the cursor that people bring from other languages.
    pub(super) fn shown_sign(&self) -> Option<&'static str> {
        ["->", "=>", ";"].into_iter().find(|sign| self.rest().starts_with(sign))
    }

    /// Passes blanks and a comment of the current line.
    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.pos += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if self.rest().starts_with("//") {
            self.comments.push(self.span(self.pos, self.line_end()));
            self.pos = self.line_end();
        }
    }

    pub(super) fn at_line_end(&self) -> bool {
        self.pos >= self.line_end()
    }

    /// Moves to a byte further on.
    pub(super) fn seek(&mut self, pos: usize) {
        self.pos = pos;
        while self.lines.get(self.line + 1).is_some_and(|next| next.start <= pos) {
            self.line += 1;
        }
    }

    /// Moves to the start of a line.
    pub(super) fn go_to_line(&mut self, line: usize) {
        self.line = line;
        self.pos = self.lines.get(line).map_or(self.text.len(), |line| line.start);
    }

    /// Moves to the first text of a line.
    pub(super) fn go_to_text(&mut self, line: usize) {
        self.go_to_line(line);
        self.pos += self.lines[line].blanks;
    }

    /// The next line, below this one, that is neither blank nor a comment; comments are kept.
    pub(super) fn next_text_line(&mut self) -> Option<usize> {
        let mut at = self.line + 1;
        while let Some(&line) = self.lines.get(at) {
            if line.is_comment {
                self.comments.push(self.span(line.start + line.blanks, line.end));
            } else if line.first != 0 {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Passes blanks, line ends and comments.
    pub(super) fn skip_to_text(&mut self) {
        self.skip_blanks();
        if self.at_line_end() {
            match self.next_text_line() {
                Some(next) => self.go_to_text(next),
                None => self.go_to_line(self.lines.len()),
            }
        }
    }

    /// Ends a construct's line: nothing but a comment may follow. Did it?
    pub(super) fn finish_line(&mut self, code: koru_base::Code, after: &str) -> bool {
        self.skip_blanks();
        let is_over = self.at_line_end();
        if !is_over {
            let sign = self.shown_sign();
            let span = self.span(self.pos, self.pos + sign.map_or(0, str::len));
            let message = |shown: &str| format!("unexpected {shown} behind {after}");
            self.report(match sign {
                Some(";") => {
                    let end = Diagnostic::new(code, span, message("`;`"));
                    end.fix("Koru's lines have no `;`: remove it", span, "")
                }
                Some(arrow) => Diagnostic::new(code, span, message(&format!("`{arrow}`")))
                    .help("steps follow each other by `|>`; a transition is observed by `~tap(source -> destination)`"),
                None => Diagnostic::new(code, self.shown_span(), message(&self.shown_word())),
            });
        }
        self.go_to_line(self.line + 1);
        is_over
    }

    /// Says once a file that tabs do not indent.
    pub(super) fn refuse_tabs(&mut self) {
        let Some(&line) = self.lines.get(self.line) else { return };
        if !line.has_tab || std::mem::replace(&mut self.tabs_told, true) {
            return;
        }
        let tab = self.text[line.start..].find('\t').map_or(line.start, |at| line.start + at);
        let span = self.span(tab, tab + 1);
        self.report(
            Diagnostic::new(
                codes::PARSE002,
                span,
                "Koru lines are indented with spaces, this one with a tab",
            )
            .fix("use spaces", span, "    "),
        );
    }

    /// `module.path:event.path` with globs and a generic suffix, if a path begins here.
    pub(super) fn path(&mut self) -> Option<Path> {
        let bytes = self.rest().as_bytes();
        let is_path = |byte: u8| is_word_byte(byte) || byte == b'*';
        if !bytes.first().is_some_and(|&byte| is_path(byte) && !byte.is_ascii_digit()) {
            return None;
        }
        let mut colon = None;
        let mut length = 0;
        while let Some(&byte) = bytes.get(length) {
            let next_is_path = bytes.get(length + 1).is_some_and(|&next| is_path(next));
            match byte {
                _ if is_path(byte) => {}
                b'.' if next_is_path => {}
                b':' if next_is_path && colon.is_none() => colon = Some(length),
                _ => break,
            }
            length += 1;
        }
        let (start, end) = (self.pos, self.pos + length);
        self.pos = end;
        let module = colon.map(|colon| self.ident(start, start + colon));
        self.generic_suffix();
        let name = self.ident(colon.map_or(start, |colon| start + colon + 1), self.pos);
        Some(Path { module, name, span: self.span(start, self.pos) })
    }

    /// Passes `[T:u32]` right behind a name and right in front of `(`, a variant or a shape.
    fn generic_suffix(&mut self) {
        let Some(inside) = self.rest().strip_prefix('[') else { return };
        let Some(close) = inside.find(']') else { return };
        let behind = inside[close + 1..].trim_start();
        if inside[close + 1..].starts_with(['(', '|'])
            || behind.starts_with('=')
            || inside[..close].contains(':')
        {
            self.pos += close + 2;
        }
    }

    /// Passes a construct that was given up: its line, what its brackets enclose, its branches.
    pub(super) fn skip_construct(&mut self, first_line: usize) {
        let from = self.lines[first_line.max(self.line.min(self.lines.len().saturating_sub(1)))].start;
        self.go_to_line(first_line.max(self.line));
        let is_proc = self.text[from..self.lines[self.line].end.max(from)].contains("proc ");
        match self.line_with_open_brackets(from) {
            Some(end) => self.go_to_line(end + 1),
            None => {
                self.go_to_line(self.line + 1);
                if is_proc {
                    self.skip_indented();
                }
            }
        }
        loop {
            self.skip_branches();
            match self.lines.get(self.line) {
                Some(line) if line.is_comment => {
                    let next = self.lines[self.line..].iter().find(|line| !line.is_comment);
                    if next.is_none_or(|line| line.first != b'|') {
                        return;
                    }
                    self.go_to_line(self.line + 1);
                }
                _ => return,
            }
        }
    }

    /// The body of a proc that is never closed: what is indented, and braces.
    fn skip_indented(&mut self) {
        let is_body = |line: &super::Line| line.indent > 0 || matches!(line.first, 0 | b'}');
        while self.lines.get(self.line).is_some_and(is_body) {
            self.go_to_line(self.line + 1);
        }
    }

    /// The line where the brackets that open on the current one are closed, if they are.
    fn line_with_open_brackets(&self, from: usize) -> Option<usize> {
        let mut lexer = crate::lexer::Lexer::host(self.text, from, self.text.len());
        let mut depth = 0;
        let mut line = self.line;
        while let Some(token) = lexer.next_token() {
            let start = token.start as usize;
            if depth <= 0 && start >= self.lines[line].end {
                return Some(line);
            }
            while self.lines.get(line + 1).is_some_and(|next| next.start <= start) {
                line += 1;
            }
            if line > self.line && self.lines[line].first == b'~' && self.lines[line].indent == 0 {
                return None;
            }
            depth += token.tok.nesting();
        }
        (depth <= 0).then_some(line)
    }
}
