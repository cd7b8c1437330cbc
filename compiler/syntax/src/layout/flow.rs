//! Flows: the head's line, then the tree of continuations by their indentation.
//!
//! The first `|` line of a level fixes its column. A line at that column is the next sibling, one
//! further in belongs to the last step above, one further out ends the level.

use super::{Layout, Read};
use crate::ast::{
    Annotation, Binding, Call, Continuation, Flow, Ident, Path, Pattern, Step, StepKind, SubflowBody,
};
use crate::lexer::{first_word, is_word_byte};
use crate::token::Token;
use koru_base::{Diagnostic, Edit, Span, codes};

/// Where a step stands: what a bare name may be depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The first step of a flow of its own.
    Head,
    /// Behind `=`.
    Body,
    /// Behind `|>`.
    Inside,
}

impl<'s> Layout<'s> {
    /// A flow whose first step is at the cursor.
    pub(super) fn flow(&mut self, standing: Standing) -> Flow {
        let start = self.pos;
        let mut steps = self.chain(standing);
        let end = steps.last().map_or(start, |step| step.span.end as usize);
        let mut arms = Vec::new();
        self.inline_arm(&mut arms);
        self.refuse_label_behind(&steps);
        if !self.finish_line(codes::PARSE001, "the flow") {
            spoil_braces(&mut steps);
        }
        self.continuations(0, &mut arms);
        Flow { steps, arms, span: self.span(start, end) }
    }

    /// A flow or a constructor at the cursor.
    pub(super) fn subflow_flow(&mut self) -> SubflowBody {
        let mut flow = self.flow(Standing::Body);
        match flow.steps.pop() {
            Some(Step { kind: StepKind::Constructor(constructor), .. })
                if flow.steps.is_empty() && flow.arms.is_empty() =>
            {
                SubflowBody::Constructor(constructor)
            }
            last => {
                flow.steps.extend(last);
                SubflowBody::Flow(flow)
            }
        }
    }

    /// `~ev =` with continuations directly below: they continue a call of the path itself.
    pub(super) fn flow_of_arms(&mut self, path: &Path, line: usize) -> Flow {
        let call = Call {
            label: None,
            path: path.clone(),
            variant: None,
            args: Vec::new(),
            args_span: path.span.after(),
            source: None,
        };
        self.go_to_line(line);
        let mut arms = Vec::new();
        self.continuations(0, &mut arms);
        Flow { steps: vec![Step { kind: StepKind::Call(call), span: path.span }], arms, span: path.span }
    }

    /// `~ev() #label`, which other versions of the language knew.
    fn refuse_label_behind(&mut self, steps: &[Step]) {
        let Some(label) = self.rest().strip_prefix('#').map(first_word) else { return };
        let Some(Step { kind: StepKind::Call(call), span }) = steps.last() else { return };
        let end = self.pos + 1 + label.len();
        let text = format!("#{label} ");
        let moved = Edit { span: self.span(span.end as usize, end), replacement: String::new() };
        let front = Edit { span: Span { end: call.path.span.start, ..call.path.span }, replacement: text };
        let message = "a label stands in front of the call it names";
        let relic = Diagnostic::new(codes::KORU041, self.span(self.pos, end), message);
        self.report(relic.fix_all("move it there", vec![front, moved]));
        self.pos = end;
    }

    /// `~f() | ok _ |> _` on one line: refused, and read all the same.
    fn inline_arm(&mut self, out: &mut Vec<Continuation>) {
        let end = self.pos;
        self.skip_blanks();
        if !self.rest().starts_with('|') {
            return;
        }
        let line = self.lines[self.line];
        let indent = if line.first == b'|' { line.blanks + 4 } else { 0 };
        let moving = self.text[self.pos..line.end].trim_end();
        let below = format!("\n{}{moving}", " ".repeat(indent));
        let help = format!("put `{moving}` on the line below");
        let moved = self.span(end, line.start + self.text[line.start..line.end].trim_end().len());
        let gone = Edit { span: moved, replacement: String::new() };
        let come = Edit { span: moved.after(), replacement: below };
        let span = self.span(self.pos, self.pos + 1);
        let message = "a branch continuation must start on a new line";
        self.report(Diagnostic::new(codes::PARSE001, span, message).fix_all(help, vec![gone, come]));
        let arm = self.continuation_here();
        out.push(arm);
    }

    /// Steps joined by `|>`, from the cursor.
    fn chain(&mut self, standing: Standing) -> Vec<Step> {
        let mut steps = vec![self.step(standing)];
        loop {
            self.skip_blanks();
            if !self.rest().starts_with("|>") {
                return steps;
            }
            self.pos += 2;
            if !self.find_step() {
                return steps;
            }
            steps.push(self.step(Standing::Inside));
        }
    }

    /// Moves to the step behind `|>`, which may stand on a later line, further in. Is there one?
    fn find_step(&mut self) -> bool {
        self.skip_blanks();
        if !self.at_line_end() {
            return true;
        }
        let indent = self.lines.get(self.line).map_or(0, |line| line.indent);
        let (line, comments) = (self.line, self.comments.len());
        if let Some(next) = self.next_text_line() {
            let below = self.lines[next];
            if below.indent > indent && !matches!(below.first, b'|' | b'~') {
                self.go_to_text(next);
                return true;
            }
        }
        self.comments.truncate(comments);
        self.line = line;
        false
    }

    /// Continuations from the current line on, none further out than `min_indent`.
    pub(super) fn continuations(&mut self, min_indent: usize, out: &mut Vec<Continuation>) {
        let mut level = None;
        while let Some(&line) = self.lines.get(self.line) {
            if line.is_comment {
                if !self.branch_follows() {
                    return;
                }
                self.skip_blanks();
                self.go_to_line(self.line + 1);
                continue;
            }
            let is_outside = line.indent < level.unwrap_or(min_indent);
            if line.first != b'|' || is_outside {
                return;
            }
            if level.is_some_and(|level| line.indent > level) {
                match out.last_mut() {
                    Some(last) => self.nested(line.indent, last),
                    None => return,
                }
                continue;
            }
            level = Some(line.indent);
            let next = self.continuation();
            push(out, next);
        }
    }

    /// The list under the last step of `last`, or of the `|>` line that goes on from it.
    fn nested(&mut self, indent: usize, last: &mut Continuation) {
        let mut arms = std::mem::take(&mut last.arms);
        match arms.last_mut() {
            Some(deeper) if is_void(deeper) => self.nested(indent, deeper),
            _ => self.continuations(indent, &mut arms),
        }
        last.arms = arms;
    }

    /// One line, with what its brackets and a last `|>` draw in.
    fn continuation(&mut self) -> Continuation {
        self.refuse_tabs();
        self.go_to_text(self.line);
        let mut arm = self.continuation_here();
        if !self.finish_line(codes::PARSE001, "the step") {
            spoil_braces(&mut arm.steps);
        }
        arm
    }

    /// The arm whose `|` is at the cursor.
    fn continuation_here(&mut self) -> Continuation {
        let start = self.pos;
        let mut arm = Continuation {
            pattern: Pattern::Void { span: self.span(start, start + 2) },
            binding: None,
            guard: None,
            steps: Vec::new(),
            arms: Vec::new(),
            span: self.span(start, start),
        };
        if self.continuation_head(&mut arm).is_err() {
            self.pos = self.line_end();
            arm.steps = vec![Step { kind: StepKind::Error, span: self.span(start, self.pos) }];
        } else {
            self.skip_blanks();
            if self.rest().starts_with("|>") {
                self.pos += 2;
                if self.find_step() {
                    arm.steps = self.chain(Standing::Inside);
                }
            }
            let end = start + self.text[start..self.pos].trim_end().len();
            arm.span = self.span(start, end);
            self.inline_arm(&mut arm.arms);
            return arm;
        }
        let end = start + self.text[start..self.pos].trim_end().len();
        arm.span = self.span(start, end);
        arm
    }

    /// Pattern, binding and guard.
    fn continuation_head(&mut self, arm: &mut Continuation) -> Read<()> {
        if self.rest().starts_with("|>") {
            return Ok(());
        }
        let bar = self.pos;
        self.pos += 1;
        let touches = self.rest().starts_with('?');
        self.skip_blanks();
        arm.pattern = match self.rest().as_bytes().first() {
            Some(b'?') if touches => {
                self.pos += 1;
                let span = self.span(bar, self.pos);
                self.skip_blanks();
                Pattern::CatchAll { metatype: self.word_but_when(), span }
            }
            Some(b'[') => self.text_pattern()?,
            Some(b'*') => self.deref()?,
            Some(&byte) if is_word_byte(byte) => {
                let word = first_word(self.rest());
                self.pos += word.len();
                Pattern::Branch(self.ident(self.pos - word.len(), self.pos))
            }
            _ => {
                let message = format!("expected the name of a branch, found {}", self.shown_word());
                let diagnostic = Diagnostic::new(codes::PARSE001, self.shown_span(), message);
                if self.rest().starts_with('?') {
                    let span = self.span(bar, self.pos + 1);
                    return self.give_up(diagnostic.fix("write it as one sign", span, "|?"));
                }
                return self
                    .give_up(diagnostic.help("write `| branch binding |> step`, or `|?` for all others"));
            }
        };
        self.binding_and_guard(arm)
    }

    fn binding_and_guard(&mut self, arm: &mut Continuation) -> Read<()> {
        self.skip_blanks();
        if let Some(name) = self.word_but_when() {
            let annotations: Vec<Annotation> = self.annotations_behind()?;
            arm.binding = Some(Binding { name, annotations });
        }
        self.skip_blanks();
        if first_word(self.rest()) == "when" {
            self.pos += "when".len();
            let at = self.pos;
            let tokens: Vec<Token<'s>> = self.tokens_before_arrow();
            arm.guard = Some(self.expr_of(&tokens, at, codes::PARSE001));
        }
        self.skip_blanks();
        if self.at_line_end() || self.rest().starts_with("|>") {
            return Ok(());
        }
        self.behind_head()
    }

    /// What stands where a continuation's `|>` should be.
    fn behind_head(&mut self) -> Read<()> {
        if let Some(arrow @ ("->" | "=>")) = self.shown_sign() {
            let span = self.span(self.pos, self.pos + arrow.len());
            let message = format!("expected `|>`, found `{arrow}`");
            let other = Diagnostic::new(codes::PARSE001, span, message);
            return self.give_up(other.fix("the step of a branch stands behind `|>`", span, "|>"));
        }
        let message = format!("expected `|>`, found {}", self.shown_word());
        let diagnostic = Diagnostic::new(codes::PARSE001, self.shown_span(), message);
        let closer = match self.rest().as_bytes()[0] {
            b'(' => ')',
            b'|' => '|',
            b',' => return self.give_up(diagnostic.help("each branch has a line of its own")),
            b'{' => {
                let help = "bind the payload to a name, `| branch p |>`, and use its fields as `p.field`";
                return self.give_up(diagnostic.help(help));
            }
            _ => return self.give_up(diagnostic),
        };
        let inside = &self.rest()[1..];
        let name = first_word(inside);
        if name.is_empty() || !inside[name.len()..].starts_with(closer) {
            return self.give_up(diagnostic.help("each branch has a line of its own"));
        }
        let span = self.span(self.pos, self.pos + name.len() + 2);
        let is_tight = self.text.as_bytes()[self.pos - 1] != b' ';
        let name = if is_tight { format!(" {name}") } else { name.to_owned() };
        self.give_up(diagnostic.fix("a binding is a name alone", span, name))
    }

    /// A word at the cursor other than `when`.
    fn word_but_when(&mut self) -> Option<Ident> {
        let word = first_word(self.rest());
        if word.is_empty() || word == "when" || word.as_bytes()[0].is_ascii_digit() {
            return None;
        }
        self.pos += word.len();
        Some(self.ident(self.pos - word.len(), self.pos))
    }

    /// `[text]` with balanced brackets inside.
    fn text_pattern(&mut self) -> Read<Pattern> {
        let start = self.pos + 1;
        let mut depth = 0;
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.pos += at + 1;
                return Ok(Pattern::Text(self.ident(start, self.pos - 1)));
            }
        }
        let span = self.span(self.pos, start);
        self.give_up(
            Diagnostic::new(codes::PARSE004, span, "`[` is never closed").help("a pattern ends with `]`"),
        )
    }

    /// `*path(args)`
    fn deref(&mut self) -> Read<Pattern> {
        self.pos += 1;
        let Some(path) = self.path() else {
            return self.give_up(Diagnostic::new(
                codes::PARSE001,
                self.shown_span(),
                "expected a name behind `*`",
            ));
        };
        let args = if self.rest().starts_with('(') { self.args(Standing::Inside)?.0 } else { Vec::new() };
        Ok(Pattern::Deref { path, args })
    }
}

fn is_void(arm: &Continuation) -> bool {
    matches!(arm.pattern, Pattern::Void { .. })
}

/// Adds a sibling. A `|>` line below a `|>` line goes on from its last step, so it is nested there.
fn push(out: &mut Vec<Continuation>, next: Continuation) {
    let goes_on =
        is_void(&next) && out.last().is_some_and(|last| is_void(last) && last.arms.iter().all(is_void));
    match out.last_mut() {
        Some(last) if goes_on => push(&mut last.arms, next),
        _ => out.push(next),
    }
}

/// Braces that something follows are no source block, and no fields: what was meant is unknown.
fn spoil_braces(steps: &mut [Step]) {
    if let Some(last) = steps.last_mut()
        && matches!(&last.kind, StepKind::Call(Call { source: Some(_), .. }) | StepKind::Constructor(_))
    {
        last.kind = StepKind::Error;
    }
}
