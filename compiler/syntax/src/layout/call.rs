//! Steps: calls with their arguments, jumps, discards.

use super::brackets::{Speech, pieces};
use super::flow::Standing;
use super::{GivenUp, Layout, Read};
use crate::ast::host::ForInput;
use crate::ast::{Arg, ArgValue, Call, Ident, Jump, Path, Step, StepKind};
use crate::lexer::{first_word, is_word_byte};
use crate::token::{Tok, Token};
use crate::{parse, words};
use koru_base::{Diagnostic, Span, codes};

/// Builtins of the host that a flow might be tempted to call: with `(` they would read as jumps.
const HOST_BUILTINS: &[&str] =
    &["@import", "@as", "@field", "@intCast", "@ptrCast", "@memcpy", "@memset", "@panic"];

impl<'s> Layout<'s> {
    /// The step at the cursor; a mistake spoils it up to the end of the line.
    pub(super) fn step(&mut self, standing: Standing) -> Step {
        self.skip_blanks();
        let (start, line) = (self.pos, self.line);
        let kind = self.step_kind(standing).unwrap_or_else(|GivenUp| {
            if self.line == line {
                self.pos = self.line_end();
            }
            StepKind::Error
        });
        let end = start + self.text[start..self.pos].trim_end().len();
        Step { kind, span: self.span(start, end) }
    }

    fn step_kind(&mut self, standing: Standing) -> Read<StepKind> {
        let rest = self.rest();
        let word = first_word(rest);
        match rest.as_bytes().first() {
            Some(b'_') if word == "_" => {
                self.pos += 1;
                Ok(StepKind::Discard)
            }
            Some(b'@') => self.jump(),
            Some(b'#') => self.labelled(standing),
            Some(b'.') => self.host_constructor(),
            Some(b'~') => {
                let diagnostic =
                    Diagnostic::new(codes::PARSE001, self.shown_span(), "nested flows take no `~`");
                self.give_up(diagnostic.fix("remove it", self.shown_span(), ""))
            }
            Some(_) if matches!(word, "return" | "break" | "continue") => {
                let message = format!("flows terminate with `_`, not `{word}`");
                let diagnostic = Diagnostic::new(codes::PARSE001, self.shown_span(), message);
                self.give_up(
                    diagnostic
                        .help("end the path with `_`, a constructor `branch { .. }`, or a jump `@label(..)`"),
                )
            }
            Some(&byte) if is_word_byte(byte) && !byte.is_ascii_digit() => self.named(standing, None),
            _ => {
                let message = format!("expected a step, found {}", self.shown_word());
                let diagnostic = Diagnostic::new(codes::PARSE001, self.shown_span(), message);
                self.give_up(
                    diagnostic
                        .help("a step is a call `event(..)`, a constructor, a jump `@label(..)` or `_`"),
                )
            }
        }
    }

    /// `@label(args)`
    fn jump(&mut self) -> Read<StepKind> {
        let rest = self.rest();
        let word = first_word(&rest[1..]);
        let mark = self.span(self.pos, self.pos + 1 + word.len());
        if HOST_BUILTINS.contains(&&rest[..1 + word.len()]) {
            return self.host_code(mark);
        }
        if word.is_empty() {
            return self.give_up(Diagnostic::new(
                codes::PARSE001,
                mark,
                "expected the name of a label behind `@`",
            ));
        }
        let label = self.ident(self.pos + 1, self.pos + 1 + word.len());
        self.pos += 1 + word.len();
        let args = if self.rest().starts_with('(') { self.args(Standing::Inside)?.0 } else { Vec::new() };
        Ok(StepKind::Jump(Jump { label, args }))
    }

    fn host_code<T>(&mut self, span: Span) -> Read<T> {
        let diagnostic = Diagnostic::new(codes::PARSE001, span, "host code is not allowed in flows");
        self.give_up(diagnostic.help("put it into a proc and call its event"))
    }

    /// `#label ev(args)`
    fn labelled(&mut self, standing: Standing) -> Read<StepKind> {
        let word = first_word(&self.rest()[1..]);
        let mark = self.span(self.pos, self.pos + 1 + word.len());
        let label = self.ident(self.pos + 1, self.pos + 1 + word.len());
        self.pos += 1 + word.len();
        self.skip_blanks();
        let begins_call = self.rest().starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if word.is_empty() || !begins_call {
            let diagnostic = Diagnostic::new(codes::KORU041, mark, "a label needs the call it names");
            return self.give_up(diagnostic.help("write `#label event(..)`"));
        }
        self.named(if standing == Standing::Inside { Standing::Head } else { standing }, Some(label))
    }

    /// A call or a constructor: what begins with a name.
    fn named(&mut self, standing: Standing, label: Option<Ident>) -> Read<StepKind> {
        let Some(path) = self.path() else { koru_base::bug!("syntax", "a name is no path") };
        let text = path.name.name.as_str();
        let variant = self.variant();
        let touching = self.pos;
        self.skip_blanks();
        let rest = self.rest();
        let is_simple = path.module.is_none() && variant.is_none() && !text.contains(['.', '[']);
        let may_construct = is_simple && standing != Standing::Head && label.is_none();
        match rest.as_bytes().first() {
            Some(b'(') => self.call(label, path, variant, standing),
            Some(b'{') if may_construct => self.braced_constructor(path.name),
            Some(b'{') => self.call(label, path, variant, standing),
            Some(b'[') if self.begins_phantom_source() => self.call(label, path, variant, standing),
            Some(b'"') if !may_construct => self.call(label, path, variant, standing),
            _ if may_construct => self.bare_constructor(path.name),
            _ => {
                self.pos = touching;
                self.missing_parentheses(path, touching)
            }
        }
    }

    fn missing_parentheses(&mut self, path: Path, at: usize) -> Read<StepKind> {
        self.skip_blanks();
        let arrow = self.rest().find("->").filter(|_| !self.rest().contains('('));
        if let Some(arrow) = arrow {
            let span = self.span(self.pos + arrow, self.pos + arrow + 2);
            let diagnostic = Diagnostic::new(codes::PARSE001, span, "`->` does not join events");
            return self.give_up(diagnostic.help("observe a transition with `~tap(source -> destination)`"));
        }
        let span = self.span(at, at);
        if self.rest().starts_with(':') {
            let behind = self.span(self.pos + 1, self.pos + 1);
            let message = "expected the name of an event behind `:`";
            return self.give_up(Diagnostic::new(codes::PARSE001, behind, message));
        }
        let message = format!("a call needs parentheses behind `{}`", path.name.name);
        if !self.at_line_end() && !self.rest().starts_with('|') {
            let help = "its arguments stand in them: `event(name: value)`";
            return self.give_up(Diagnostic::new(codes::PARSE001, span, message).help(help));
        }
        self.give_up(Diagnostic::new(codes::PARSE001, span, message).fix("call it", span, "()"))
    }

    fn call(
        &mut self,
        label: Option<Ident>,
        path: Path,
        variant: Option<Ident>,
        standing: Standing,
    ) -> Read<StepKind> {
        let (mut args, mut args_span) = (Vec::new(), self.span(self.pos, self.pos));
        if self.rest().starts_with('(') {
            (args, args_span) = self.args(standing)?;
        } else if self.rest().starts_with('"') {
            (args, args_span) = self.string_arg();
        }
        self.skip_blanks();
        let source = self.source_block()?;
        Ok(StepKind::Call(Call { label, path, variant, args, args_span, source }))
    }

    /// `ev "text"`
    fn string_arg(&mut self) -> (Vec<Arg>, Span) {
        let start = self.pos;
        let tokens = self.tokens_before_arrow();
        let arg = self.arg(&tokens);
        let span = self.span(start, self.pos);
        (arg.into_iter().collect(), span)
    }

    /// `(..)` at the cursor, cut at its commas; and the span between the parentheses.
    pub(super) fn args(&mut self, standing: Standing) -> Read<(Vec<Arg>, Span)> {
        let (open, line) = (self.pos, self.line);
        let tokens = self.bracketed(Speech::Koru)?;
        let args_span = self.span(open + 1, self.pos - 1);
        if standing == Standing::Head && self.line != line {
            self.refuse_long_head(open, line);
        }
        let mut args = Vec::new();
        for (at, piece) in pieces(&tokens[1..tokens.len() - 1]).into_iter().enumerate() {
            if let (0, [token]) = (at, piece) {
                self.refuse_host_format(token);
            }
            match self.arg(piece) {
                Some(arg) => args.push(arg),
                None => {
                    let diagnostic = Diagnostic::new(
                        codes::PARSE001,
                        self.span(open, open + 1),
                        "an argument is missing between commas",
                    );
                    self.report(diagnostic);
                }
            }
        }
        Ok((args, args_span))
    }

    /// `print("one\n")`: a first text without a name whose line ends are written out is a call of the host.
    fn refuse_host_format(&mut self, token: &Token<'_>) {
        let Tok::Str(text) = token.tok else { return };
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter != '\\' {
                continue;
            }
            if let Some((_, letter @ ('n' | 't'))) = letters.next() {
                let start = token.start as usize + at;
                let message = format!("`\\{letter}` cannot stand in a text that has no name");
                let escape = Diagnostic::new(codes::PARSE001, self.span(start, start + 2), message);
                let note = "a first text like this one reads like a call of the host";
                return self
                    .report(escape.note(note).help("write one step for each line, or name the argument"));
            }
        }
    }

    /// A head's parentheses close on its line.
    fn refuse_long_head(&mut self, open: usize, line: usize) {
        if self.lines[line].first != b'~' {
            return;
        }
        let diagnostic = Diagnostic::new(
            codes::PARSE001,
            self.span(open, open + 1),
            "the arguments of a flow's head stand on its line",
        );
        self.report(diagnostic.help("write them on one line; arguments of steps behind `|>` may span lines"));
    }

    /// One piece; nothing if it is empty.
    fn arg(&self, piece: &[Token<'s>]) -> Option<Arg> {
        let (first, last) = piece.first().zip(piece.last())?;
        let span = self.span(first.start as usize, last.end as usize);
        let is_named =
            first.tok.word().is_some() && piece.get(1).is_some_and(|token| token.tok == Tok::Colon);
        if !is_named {
            let value = match self.colon_missing(piece) {
                Some(missing) => ArgValue::Text(Box::new(missing)),
                None => self.arg_value(piece, span),
            };
            return Some(Arg { name: None, value, text: span, span });
        }
        let name = Some(self.ident(first.start as usize, first.end as usize));
        let colon = piece[1].end as usize;
        let text = match piece.get(2) {
            Some(value) => self.span(value.start as usize, last.end as usize),
            None => self.span(colon, colon),
        };
        let next = self.text.as_bytes().get(colon).copied().unwrap_or(b' ');
        let is_tight = next.is_ascii_alphabetic() || next == b'_' || next == b'*';
        // Whether `a:b` names an input or a module is for the checker to say.
        let value = match is_tight.then(|| self.arg_value(piece, span)) {
            Some(value @ (ArgValue::Expr(_) | ArgValue::Range(..))) => value,
            _ => self.arg_value(&piece[2..], text),
        };
        Some(Arg { name, value, text, span })
    }

    /// `0..=3`, which other languages have.
    fn closed_range(&self, piece: &[Token<'s>]) -> Option<Diagnostic> {
        let at = piece.windows(2).position(|two| two[0].tok == Tok::DotDot && two[1].tok == Tok::Assign)?;
        let sign = piece[at + 1];
        let span = self.span(sign.start as usize, sign.end as usize);
        let closed = Diagnostic::new(codes::PARSE001, span, "the end of a range is not part of it");
        Some(closed.help("write one more, without `=`: `0..4` are 0, 1, 2 and 3"))
    }

    /// `n: 1 m: 2`: where the comma is missing, if the value cannot be read.
    fn comma_missing(&self, piece: &[Token<'s>]) -> Option<Diagnostic> {
        let begins = |at: &usize| {
            let is_name = matches!(piece[*at].tok, Tok::Ident(_)) && piece[*at + 1].tok == Tok::Colon;
            is_name && piece[*at - 1].tok.ends_operand()
        };
        let at = (1..piece.len().saturating_sub(1)).find(begins)?;
        let end = piece[at - 1].end as usize;
        let behind = self.span(end, end);
        let missing = Diagnostic::new(codes::PARSE001, behind, "a `,` is missing between two arguments");
        Some(missing.fix("add it", behind, ","))
    }

    /// `n 1` or `n = 1`: what is wrong with it, should somebody want a value here.
    fn colon_missing(&self, piece: &[Token<'s>]) -> Option<Diagnostic> {
        if let [Token { tok: Tok::Ident(_), .. }, equals, _, ..] = piece
            && equals.tok == Tok::Assign
        {
            let span = self.span(equals.start as usize, equals.end as usize);
            let message = "an argument is named with `:`";
            let blank = self.text.as_bytes()[equals.start as usize - 1] == b' ';
            let from = equals.start as usize - usize::from(blank);
            let wrong = Diagnostic::new(codes::PARSE001, span, message);
            return Some(wrong.fix("write it so", self.span(from, equals.end as usize), ":"));
        }
        let [name, value] = piece else { return None };
        let is_value = matches!(value.tok, Tok::Int(_) | Tok::Float(_) | Tok::Str(_) | Tok::Ident(_));
        let name = name.tok.word().filter(|_| is_value).map(|_| name)?;
        let behind = self.span(name.end as usize, name.end as usize);
        let missing = Diagnostic::new(codes::PARSE001, behind, "a `:` is missing behind the argument's name");
        Some(missing.fix("add it", behind, ":"))
    }

    fn arg_value(&self, piece: &[Token<'s>], span: Span) -> ArgValue {
        let place = self.place(span.end as usize);
        match parse::value(place, &words::of_flow(self.text, piece)) {
            Ok(ForInput::Items(expr)) => ArgValue::Expr(expr),
            Ok(ForInput::Range(from, to)) => ArgValue::Range(from, to),
            Err(missed) => {
                let known = self.comma_missing(piece).or_else(|| self.closed_range(piece));
                ArgValue::Text(Box::new(known.unwrap_or_else(|| missed.diagnostic(codes::PARSE001))))
            }
        }
    }
}
