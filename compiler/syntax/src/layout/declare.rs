//! `import`, `event` and `proc`.

use super::brackets::Speech;
use super::{Layout, Read};
use crate::ast::{BranchDecl, EventDecl, Ident, Import, ItemKind, Payload, ProcBody, ProcDecl};
use crate::lexer::{first_word, is_word_byte};
use crate::parse;
use koru_base::{Diagnostic, Name, Span, codes};
use std::sync::Arc;

impl<'s> Layout<'s> {
    /// What stands behind `import`: `"$alias/a/b"`.
    pub(super) fn import(&mut self, word: Span) -> Read<ItemKind> {
        self.skip_blanks();
        let start = self.pos;
        if self.at_line_end() {
            let missing = Diagnostic::new(codes::PARSE101, word, "an import needs a path");
            return self.give_up(missing.help("write `~import \"$std/io\"`"));
        }
        let rest = self.rest();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
        let inside = &rest[usize::from(quote.is_some())..];
        let length = match quote {
            Some(quote) => inside.find(quote),
            None => None,
        };
        let length = length.unwrap_or_else(|| inside.find(['"', '\'', ' ']).unwrap_or(inside.len()));
        let from = start + usize::from(quote.is_some());
        let path = &self.text[from..from + length];
        let is_closed = quote.is_some_and(|quote| inside[length..].starts_with(quote));
        self.pos = from + length + usize::from(is_closed);
        let import = self.import_path(path, from, self.span(start, self.pos))?;
        if !is_closed {
            let span = self.span(start, self.pos);
            let missing = Diagnostic::new(codes::PARSE101, span, "an import path stands in double quotes");
            return self.give_up(missing.fix("quote it", span, format!("\"{path}\"")));
        }
        self.finish_line(codes::PARSE101, "the import path");
        Ok(ItemKind::Import(import))
    }

    fn import_path(&mut self, path: &str, from: usize, path_span: Span) -> Read<Import> {
        let wrong = |message: &str| Diagnostic::new(codes::PARSE101, path_span, message);
        let Some(inside) = path.strip_prefix('$') else {
            let help =
                "`$std/io`, or an alias of koru.json: `$lib/name`; a file beside this one is `$app/name`";
            return self.give_up(wrong("import paths must start with `$` and an alias").help(help));
        };
        let mut at = from + 1;
        let mut names: Vec<Ident> = Vec::new();
        for segment in inside.strip_suffix(".kz").unwrap_or(inside).split('/') {
            if segment == ".." {
                return self.give_up(wrong("import paths cannot leave their alias with `..`"));
            }
            if segment.is_empty() {
                return self.give_up(wrong("an import path has an empty part"));
            }
            names.push(Ident { name: Name::new(segment), span: self.span(at, at + segment.len()) });
            at += segment.len() + 1;
        }
        if names.len() > 3 {
            let help = "at most two parts stand behind the alias; koru.json can name a deeper folder";
            return self.give_up(wrong("import path too deep").help(help));
        }
        let segments = names.split_off(1);
        let alias = names[0];
        Ok(Import { alias, segments, path_span })
    }

    /// What stands behind `event`.
    pub(super) fn event(&mut self, is_public: bool, word: Span) -> Read<ItemKind> {
        self.skip_blanks();
        let Some(path) = self.path() else {
            let digit = self.rest().starts_with(|first: char| first.is_ascii_digit());
            let message = if digit {
                "an event's name cannot start with a digit"
            } else {
                "event declaration missing name"
            };
            let span = if digit { self.shown_span() } else { word };
            return self.give_up(Diagnostic::new(codes::PARSE103, span, message));
        };
        if let Some(module) = path.module {
            let message = "an event belongs to the module it is declared in: its name has no module part";
            let qualified = Diagnostic::new(codes::PARSE103, module.span, message);
            let part = Span { end: path.name.span.start, ..module.span };
            self.report(qualified.fix("remove it", part, ""));
        }
        let mut event = EventDecl {
            is_public,
            name: path.name,
            inputs: Vec::new(),
            shape_annotations: Vec::new(),
            branches: Vec::new(),
            shape_span: path.span.after(),
            is_broken: false,
        };
        let lost = self.lost;
        if self.event_parts(&mut event).is_err() {
            self.lost += 1;
            self.skip_construct(self.line_of(word.start as usize));
        }
        event.is_broken = self.lost > lost;
        Ok(ItemKind::Event(Arc::new(event)))
    }

    /// Shape and branches behind an event's name.
    fn event_parts(&mut self, event: &mut EventDecl) -> Read<()> {
        let after = self.span(self.pos, self.pos);
        let line = self.line;
        self.skip_to_text();
        if self.rest().starts_with('{') {
            let start = self.pos;
            event.inputs = self.shape()?;
            event.shape_span = self.span(start, self.pos);
            event.shape_annotations = self.annotations_behind()?;
        } else {
            let missing = Diagnostic::new(codes::PARSE103, after, "event declaration missing input shape");
            self.report(missing.fix("an event without inputs has an empty shape", after, " {}"));
            self.go_to_line(line);
            self.pos = after.end as usize;
            self.lost += 1;
        }
        event.branches = self.branches()?;
        Ok(())
    }

    pub(super) fn line_of(&self, pos: usize) -> usize {
        self.lines.partition_point(|line| line.start <= pos).saturating_sub(1)
    }

    /// Branches on the line of the shape, else on the lines below.
    fn branches(&mut self) -> Read<Vec<BranchDecl>> {
        let mut branches: Vec<BranchDecl> = Vec::new();
        self.skip_blanks();
        while self.rest().starts_with('|') {
            self.branch(&mut branches);
            self.skip_blanks();
        }
        self.finish_line(codes::PARSE103, "the event's shape");
        self.branch_lines(&mut branches);
        Ok(branches)
    }

    /// The lines with `|` from the current one on.
    pub(super) fn branch_lines(&mut self, branches: &mut Vec<BranchDecl>) {
        while let Some(&line) = self.lines.get(self.line) {
            if line.is_comment && self.branch_follows() {
                self.skip_blanks();
                self.go_to_line(self.line + 1);
                continue;
            }
            if line.first != b'|' {
                break;
            }
            self.refuse_tabs();
            self.go_to_text(self.line);
            self.branch(branches);
            self.refuse_second_branch();
            self.finish_line(codes::PARSE103, "the branch");
        }
    }

    /// `| a | b` on a line of its own.
    fn refuse_second_branch(&mut self) {
        self.skip_blanks();
        if self.rest().starts_with('|') {
            let message = "each branch has a line of its own";
            let second = Diagnostic::new(codes::PARSE103, self.shown_span(), message);
            let help = "only on the line of the event itself several may stand, each with braces";
            self.report(second.help(help));
            self.pos = self.line_end();
            self.lost += 1;
        }
    }

    /// Does a branch stand below the comments at the cursor?
    pub(super) fn branch_follows(&self) -> bool {
        self.lines[self.line..].iter().find(|line| !line.is_comment).is_some_and(|line| line.first == b'|')
    }

    /// `| name payload` at the cursor; a mistake spoils the line.
    fn branch(&mut self, branches: &mut Vec<BranchDecl>) {
        let line = self.line;
        match self.branch_decl() {
            Ok(branch) => {
                if let Some(first) = branches.iter().find(|other| other.name.name == branch.name.name) {
                    let name = branch.name;
                    let message = format!("duplicate branch name `{}`", name.name);
                    let first = first.name.span;
                    self.report(
                        Diagnostic::new(codes::KORU020, name.span, message)
                            .also(first, "declared here")
                            .help("rename or remove one of them"),
                    );
                } else {
                    branches.push(branch);
                }
            }
            Err(_) => {
                self.lost += 1;
                self.line = self.line.max(line);
                self.pos = self.line_end();
            }
        }
    }

    fn branch_decl(&mut self) -> Read<BranchDecl> {
        let start = self.pos;
        self.pos += 1;
        let (mut is_optional, mut is_deferred) = (false, false);
        loop {
            self.skip_blanks();
            match self.rest().as_bytes().first() {
                Some(b'?') => is_optional = true,
                Some(b'&') => is_deferred = true,
                _ => break,
            }
            self.pos += 1;
        }
        let word = first_word(self.rest());
        if word.is_empty() || word.as_bytes()[0].is_ascii_digit() {
            let message = format!("invalid branch name {}: expected an identifier", self.shown_word());
            let span = self.shown_span();
            return self.give_up(Diagnostic::new(codes::PARSE103, span, message));
        }
        let name = self.ident(self.pos, self.pos + word.len());
        self.pos += word.len();
        self.skip_blanks();
        let (payload, annotations) = self.payload()?;
        let end = start + self.text[start..self.pos].trim_end().len();
        Ok(BranchDecl { name, is_optional, is_deferred, payload, annotations, span: self.span(start, end) })
    }

    fn payload(&mut self) -> Read<(Payload, Vec<crate::ast::Annotation>)> {
        if self.rest().starts_with('{') {
            if let Some(length) = wildcard(self.rest()) {
                self.pos += length;
                return Ok((Payload::Wildcard, self.annotations_behind()?));
            }
            let fields = self.shape()?;
            let payload = if fields.is_empty() { Payload::Empty } else { Payload::Struct(fields) };
            return Ok((payload, self.annotations_behind()?));
        }
        if self.at_line_end() || self.rest().starts_with('|') {
            return Ok((Payload::Empty, Vec::new()));
        }
        if self.rest().starts_with('[') && !self.rest()[1..].starts_with([']', '*', ':']) && !self.is_array()
        {
            return Ok((Payload::Empty, self.annotations_behind()?));
        }
        let (ty, annotations) = self.identity_type()?;
        Ok((Payload::Identity(ty), annotations))
    }

    /// Does `[..]` at the cursor have a type behind it?
    fn is_array(&self) -> bool {
        let behind = self.rest().find(']').map_or("", |close| &self.rest()[close + 1..]);
        behind.starts_with(|next: char| next.is_alphabetic() || "_[*?".contains(next))
    }

    /// What stands behind `proc`.
    pub(super) fn proc(&mut self) -> Read<ItemKind> {
        self.skip_blanks();
        let Some(path) = self.path() else {
            let message = "proc declaration missing name";
            return self.give_up(Diagnostic::new(codes::PARSE104, self.shown_span(), message));
        };
        let variant = self.variant();
        self.skip_blanks();
        if self.rest().starts_with('=') {
            let diagnostic =
                Diagnostic::new(codes::PARSE104, self.shown_span(), "proc declarations must use braces")
                    .help("write `~proc name { .. }`, or `~name = ..` to implement the event by a flow");
            return self.give_up(diagnostic);
        }
        self.skip_to_text();
        if !self.rest().starts_with('{') {
            let after = self.span(path.span.end as usize, path.span.end as usize);
            self.go_to_line(self.line_of(path.span.end as usize));
            return self.give_up(Diagnostic::new(
                codes::PARSE104,
                after,
                "expected the body of the proc, `{ .. }`",
            ));
        }
        let open = self.pos;
        let tokens = self.bracketed(Speech::Host)?;
        let body_span = self.span(open + 1, self.pos - 1);
        let body = match variant {
            Some(_) => ProcBody::Unread,
            None => {
                let inside = tokens[1..tokens.len() - 1].to_vec();
                let place = self.place(self.pos - 1);
                ProcBody::Host(parse::body(place, inside, body_span, &mut self.diagnostics))
            }
        };
        self.finish_line(codes::PARSE104, "the body of the proc");
        Ok(ItemKind::Proc(Arc::new(ProcDecl { path, variant, body, body_span })))
    }

    /// `|name` or `|name(..)` right behind a path.
    pub(super) fn variant(&mut self) -> Option<Ident> {
        let inside = self.rest().strip_prefix('|')?;
        let word = first_word(inside);
        if word.is_empty() || !is_word_byte(inside.as_bytes()[0]) {
            return None;
        }
        let start = self.pos + 1;
        let name = self.ident(start, start + word.len());
        self.pos = start + word.len();
        Some(name)
    }
}

/// The length of `{ * }`.
fn wildcard(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('{')?.trim_start().strip_prefix('*')?.trim_start().strip_prefix('}')?;
    Some(text.len() - inside.len())
}
