//! Cuts a file into constructs by lines, columns and braces, and reads each one alone.
//!
//! A line that begins with `~` begins a construct; one that begins with `|` belongs to the construct
//! above; all else is host text up to the next `~` or `|` outside of its braces. The grammar sees
//! only pieces whose ends are settled here, so it never counts spaces.

mod annotations;
mod brackets;
mod call;
mod constructor;
mod cursor;
mod declare;
mod flow;
mod host_text;
mod lines;
mod shape;
mod source;

use crate::ast::{
    Annotation, Continuation, Flow, Item, ItemKind, Module, Pattern, Step, StepKind, Subflow, SubflowBody,
};
use crate::lexer::first_word;
use flow::Standing;
use koru_base::diagnostic::closest;
use koru_base::{Diagnostic, FileId, Span, codes};
use lines::Line;
use std::sync::Arc;

/// The state of reading one file. `pos` is the next byte, `line` the line it is on.
pub struct Layout<'s> {
    file: FileId,
    text: &'s str,
    lines: Vec<Line>,
    line: usize,
    pos: usize,
    diagnostics: Vec<Diagnostic>,
    comments: Vec<Span>,
    module_annotations: Vec<Annotation>,
    tabs_told: bool,
    /// Parts of declarations that could not be read and are not in the tree.
    lost: u32,
}

/// A construct was given up; its diagnostic was reported.
struct GivenUp;

/// What a part of a construct yields.
type Read<T> = Result<T, GivenUp>;

/// Reads a whole file.
pub fn module(file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    let mut layout = Layout::new(file, text);
    let items = layout.items();
    let Layout { mut comments, diagnostics, module_annotations, .. } = layout;
    comments.sort();
    comments.dedup();
    (Module { file, annotations: module_annotations, items, comments }, diagnostics)
}

/// Reads the text of one flow, which stands for a call: without `~`, and perhaps over lines.
pub fn code(file: FileId, text: &str) -> (Flow, Vec<Diagnostic>) {
    let mut layout = Layout::new(file, text);
    let first = layout.lines.iter().position(|line| line.first != 0 && !line.is_comment);
    layout.go_to_line(first.unwrap_or(layout.lines.len()));
    if first.is_some() {
        layout.go_to_text(layout.line);
    }
    let flow = layout.flow(Standing::Body);
    layout.go_to_line(layout.line);
    layout.skip_to_text();
    if layout.pos < text.len() {
        let message = format!("unexpected {} behind the flow", layout.shown_word());
        layout.report(Diagnostic::new(codes::PARSE001, layout.shown_span(), message));
    }
    (flow, layout.diagnostics)
}

impl<'s> Layout<'s> {
    fn new(file: FileId, text: &'s str) -> Layout<'s> {
        Layout {
            file,
            text,
            lines: lines::table(text),
            line: 0,
            pos: 0,
            diagnostics: Vec::new(),
            comments: Vec::new(),
            module_annotations: Vec::new(),
            tabs_told: false,
            lost: 0,
        }
    }

    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some(&line) = self.lines.get(self.line) {
            match line.first {
                0 => self.go_to_line(self.line + 1),
                b'~' => items.extend(self.construct()),
                b'|' => self.stray(items.last_mut()),
                _ if self.lacks_tilde() => items.extend(self.construct()),
                _ if self.lacks_bar(items.last_mut()) => {}
                _ => self.host_text(&mut items),
            }
        }
        items
    }

    /// A line with `|` that no construct has taken, and those that follow it. They are read as the
    /// construct's above, so that it does not seem to lack them.
    fn stray(&mut self, above: Option<&mut Item>) {
        let line = self.lines[self.line];
        let at = self.span(line.start + line.blanks, line.start + line.blanks + 1);
        let stray = Diagnostic::new(codes::KORU010, at, "this branch belongs to no construct");
        let gap = above.as_ref().map(|item| self.gap_above(item.span)).filter(|gap| gap.start < gap.end);
        match (above.map(|item| &mut item.kind), gap) {
            (Some(ItemKind::Flow(flow)), Some(gap)) => {
                self.report(stray.fix("a blank line ends the flow above: remove it", gap, ""));
                if let Some(flow) = Arc::get_mut(flow) {
                    self.continuations(0, &mut flow.arms);
                }
            }
            (Some(ItemKind::Event(event)), Some(gap)) => {
                self.report(stray.fix("a blank line ends the event above: remove it", gap, ""));
                if let Some(event) = Arc::get_mut(event) {
                    self.branch_lines(&mut event.branches);
                }
            }
            _ => {
                let help = "place it directly below the event or flow it belongs to, without a blank line";
                self.report(stray.help(help));
            }
        }
        self.skip_branches();
    }

    /// `event x {}` or `import "$a/b"` without its `~`, which is told.
    fn lacks_tilde(&mut self) -> bool {
        let line = self.lines[self.line];
        let text = &self.text[line.start + line.blanks..line.end];
        let declared = text.strip_prefix("pub ").unwrap_or(text);
        let named = ["event ", "proc "].iter().find_map(|word| declared.strip_prefix(word));
        let is_name = named.is_some_and(|name| {
            let rest = name
                .trim_start()
                .trim_start_matches(|letter: char| letter.is_alphanumeric() || "_.".contains(letter));
            rest.len() < name.trim_start().len()
                && (rest.trim_start().is_empty() || rest.trim_start().starts_with('{'))
        });
        let is_import = text.strip_prefix("import ").is_some_and(|path| path.trim_start().starts_with('"'));
        let lacks = is_name || is_import;
        if lacks {
            let start = line.start + line.blanks;
            let word = first_word(text).len();
            let lacking = Diagnostic::new(
                codes::KORU001,
                self.span(start, start + word),
                "a construct of Koru begins with `~`",
            );
            self.report(lacking.fix("add it", self.span(start, start), "~"));
        }
        lacks
    }

    /// A line directly below an event or a flow that would continue it, had it its `|`. It is told and passed.
    fn lacks_bar(&mut self, above: Option<&mut Item>) -> bool {
        let line = self.lines[self.line];
        let Some(item) = above.filter(|item| !line.is_comment && self.is_directly_below(item)) else {
            return false;
        };
        let start = line.start + line.blanks;
        let text = &self.text[start..line.end];
        let declares =
            ["const", "var", "pub", "fn", "comptime", "test", "extern", "export", "inline", "threadlocal"];
        if declares.contains(&first_word(text)) || first_word(text).is_empty() {
            return false;
        }
        let at = self.span(start, start + first_word(text).len());
        match &mut item.kind {
            ItemKind::Flow(flow) => {
                let dangles = self.text[..line.start].trim_end().ends_with("|>") && text.contains('(');
                let unread =
                    match (dangles, text.contains("|>")) {
                        (true, _) => Diagnostic::new(
                            codes::PARSE001,
                            at,
                            "a step on a line of its own is indented further than its `|`",
                        )
                        .fix("indent it", at.before(), "    "),
                        (_, true) => Diagnostic::new(codes::PARSE001, at, "a continuation begins with `|`")
                            .fix("add it", at.before(), "| "),
                        _ => return false,
                    };
                self.report(unread);
                let Some(flow) = Arc::get_mut(flow) else { return false };
                let span = self.span(start, line.end);
                let pattern = Pattern::Void { span: at };
                let steps = vec![Step { kind: StepKind::Error, span }];
                flow.arms.push(Continuation {
                    pattern,
                    binding: None,
                    guard: None,
                    steps,
                    arms: Vec::new(),
                    span,
                });
                self.go_to_line(self.line + 1);
                self.continuations(0, &mut flow.arms);
            }
            ItemKind::Event(event) if line.indent > 0 => {
                let lost = Diagnostic::new(codes::PARSE103, at, "a branch begins with `|`");
                self.report(lost.fix("add it", at.before(), "| "));
                let Some(event) = Arc::get_mut(event) else { return false };
                event.is_broken = true;
                self.go_to_line(self.line + 1);
                self.branch_lines(&mut event.branches);
            }
            _ => return false,
        }
        // What follows may lack its own.
        item.span = item.span.to(self.span(line.end, line.end));
        true
    }

    fn is_directly_below(&self, above: &Item) -> bool {
        let last = match &above.kind {
            ItemKind::Flow(flow) => flow.arms.last().map_or(above.span, |arm| arm.span),
            ItemKind::Event(event) => event.branches.last().map_or(above.span, |branch| branch.span),
            _ => above.span,
        };
        let end = last.end.max(above.span.end) as usize;
        let end = end - usize::from(self.text[..end].ends_with('\n'));
        self.line_of(end) + 1 == self.line
    }

    /// The blank lines between what stands above and the current line; empty where there is other text.
    fn gap_above(&self, above: Span) -> Span {
        let (first, here) = (self.line_of(above.end as usize) + 1, self.line);
        let is_blank = self.lines[first.min(here)..here].iter().all(|line| line.first == 0);
        let start = self.lines.get(first).map_or(self.text.len(), |line| line.start);
        let end = self.lines[here].start;
        if is_blank { self.span(start, end) } else { self.span(end, end) }
    }

    fn skip_branches(&mut self) {
        while self.lines.get(self.line).is_some_and(|line| line.first == b'|') {
            self.go_to_line(self.line + 1);
        }
    }

    /// One construct with its annotations; nothing where annotations speak of the module.
    fn construct(&mut self) -> Option<Item> {
        self.refuse_tabs();
        let line = self.lines[self.line];
        let start = line.start + line.blanks;
        self.pos = start + usize::from(line.first == b'~');
        let mut annotations = Vec::new();
        let first_line = self.line;
        let kind = match self.annotated(&mut annotations) {
            Ok(true) => self.kind().unwrap_or_else(|GivenUp| {
                self.skip_construct(first_line);
                ItemKind::Error
            }),
            Ok(false) => {
                self.module_annotations.append(&mut annotations);
                return None;
            }
            Err(GivenUp) => {
                self.skip_construct(first_line);
                ItemKind::Error
            }
        };
        let span = self.span(start, self.end_of_construct(start));
        Some(Item { annotations, kind, span })
    }

    /// The end of what was read of a construct that began at `start`.
    fn end_of_construct(&self, start: usize) -> usize {
        let read = &self.text[start..self.pos.max(start)];
        start + read.trim_end().len().max(1)
    }

    /// What stands behind `~` and its annotations.
    fn kind(&mut self) -> Read<ItemKind> {
        let word = first_word(self.rest());
        let start = self.pos;
        let after = self.rest()[word.len()..].trim_start();
        // What may follow an event's name makes the word one; all else does not, however close it stands.
        let behind = &self.rest()[word.len()..];
        let is_word = behind.starts_with("|>") || !behind.starts_with(['.', ':', '(', '[', '|']);
        match word {
            "import" if is_word || after.starts_with('\'') => {
                self.pos += word.len();
                self.import(self.span(start, start + word.len()))
            }
            "pub" if is_word => {
                self.pos += word.len();
                self.skip_blanks();
                self.public(self.span(start, start + word.len()))
            }
            "event" if is_word => {
                self.pos += word.len();
                self.event(false, self.span(start, start + word.len()))
            }
            "proc" if is_word => {
                self.pos += word.len();
                self.proc()
            }
            _ => self.flow_or_subflow(),
        }
    }

    /// What stands behind `~pub`.
    fn public(&mut self, public: Span) -> Read<ItemKind> {
        let word = first_word(self.rest());
        let span = self.shown_span();
        if word == "event" {
            self.pos += word.len();
            return self.event(true, span);
        }
        if word == "proc" || self.rest().trim_start_matches(['~', ' ']).starts_with("proc") {
            return self.give_up(
                Diagnostic::new(
                    codes::PARSE104,
                    public,
                    "`pub` is not valid on a proc: only events are public",
                )
                .help("write `~proc`, and `~pub event` where the event is declared"),
            );
        }
        let message = format!("expected `event` behind `pub`, found {}", self.shown_word());
        let unknown = Diagnostic::new(codes::KORU001, span, message);
        if let Some(event) = closest(word, ["event"]) {
            self.report(unknown.fix("did you mean `event`?", span, event));
            self.pos += word.len();
            return self.event(true, span);
        }
        self.give_up(unknown.help("only events are public; host declarations say `pub` without `~`"))
    }

    fn flow_or_subflow(&mut self) -> Read<ItemKind> {
        self.refuse_relics()?;
        let start = self.pos;
        if let Some(path) = self.path() {
            self.skip_blanks();
            if self.rest().starts_with('=') && !self.rest().starts_with("==") {
                self.pos += 1;
                let body = self.subflow_body(&path)?;
                return Ok(ItemKind::Subflow(Arc::new(Subflow { path, body })));
            }
            if let Some(meant) = self.unknown_word(start) {
                return meant;
            }
        }
        self.pos = start;
        Ok(ItemKind::Flow(Arc::new(self.flow(Standing::Head))))
    }

    /// `~@label()` and `~#label`, which other versions of the language knew.
    fn refuse_relics(&mut self) -> Read<()> {
        let rest = self.rest();
        let mark = self.span(self.pos, self.pos + 1 + first_word(rest.get(1..).unwrap_or("")).len());
        if rest.starts_with('@') && !rest.starts_with("@import") {
            let message = "a flow cannot begin with a jump";
            return self.give_up(
                Diagnostic::new(codes::KORU041, mark, message)
                    .help("a jump `@label(..)` stands behind `|>`, in the flow that declares `#label`"),
            );
        }
        if rest.starts_with('#') && rest.split_whitespace().count() == 1 {
            let message = "a label needs the call it names";
            return self.give_up(
                Diagnostic::new(codes::KORU041, mark, message).help("write `~#label event(..)` on one line"),
            );
        }
        Ok(())
    }

    /// `~evnt x {`: two words in a row are no flow. What was probably meant is read on.
    fn unknown_word(&mut self, start: usize) -> Option<Read<ItemKind>> {
        let before = self.text[start..self.pos].trim_end();
        let has_blank = before.len() < self.pos - start;
        let next = self.rest();
        let begins_name = next.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
        let imports = has_blank && next.starts_with(['"', '\'']) && next[1..].starts_with('$');
        if imports && closest(before, ["import"]).is_none() {
            return None;
        }
        // `~std.io:println text: "x"` is a call without its parentheses.
        if !(has_blank && (begins_name || imports)) || before.contains(':') {
            return None;
        }
        let span = self.span(start, start + before.len());
        let diagnostic = Diagnostic::new(codes::KORU001, span, format!("unknown construct `{before}`"));
        let Some(meant) = closest(before, ["event", "proc", "import", "pub"]) else {
            let help = match before {
                "const" | "var" | "let" | "fn" => {
                    "what the host declares stands without `~`: `const name = value;`".to_owned()
                }
                "if" | "for" | "while" | "switch" => {
                    format!("what it is about stands in parentheses: `~{before}(..)`")
                }
                _ => "expected `event`, `proc`, `import`, an annotation or a call `name(..)`".to_owned(),
            };
            return Some(self.give_up(diagnostic.help(help)));
        };
        self.report(diagnostic.fix(format!("did you mean `{meant}`?"), span, meant));
        Some(match meant {
            "event" => self.event(false, span),
            "proc" => self.proc(),
            "pub" => self.public(span),
            _ => self.import(span),
        })
    }

    /// What stands behind `=`, on the same line or the next.
    fn subflow_body(&mut self, path: &crate::ast::Path) -> Read<SubflowBody> {
        self.skip_blanks();
        if self.at_line_end() {
            let sign = self.span(self.pos.saturating_sub(1), self.pos);
            let Some(next) = self.next_text_line() else {
                let message = "expected a flow or a constructor behind `=`";
                return self.give_up(Diagnostic::new(codes::PARSE003, sign, message));
            };
            match self.lines[next].first {
                b'|' => return Ok(SubflowBody::Flow(self.flow_of_arms(path, next))),
                b'~' => {
                    let message = "expected a flow or a constructor behind `=`";
                    return self.give_up(Diagnostic::new(codes::PARSE003, sign, message));
                }
                _ => self.go_to_text(next),
            }
        }
        Ok(self.subflow_flow())
    }
}
