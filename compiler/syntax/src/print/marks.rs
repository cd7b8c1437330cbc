//! What the tree says about the blanks in front of a byte, and which text is not made of tokens.

use super::STEP;
use crate::ast::*;
use crate::lexer::Lexer;
use crate::token::Tok;
use koru_base::Span;
use std::collections::BTreeMap;

/// What stands in front of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// It begins a line with this indentation.
    Line(usize),
    /// A blank; the author's line end where brackets are open.
    Space,
    /// Nothing; the author's line end where brackets are open.
    Touch,
    /// A blank, or the author's line end.
    Wrap,
}

/// Text that is printed as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raw {
    /// Free text on one line.
    Word,
    /// A host declaration.
    Declaration,
    /// The body of a proc, with its braces.
    Body,
    /// The body of a variant, in whatever language, with its braces.
    Foreign,
    /// A source block, with its braces.
    Source,
}

/// Marks by the byte they stand before.
pub struct Marks {
    marks: BTreeMap<usize, Mark>,
    /// Start, end and kind, in order.
    pub raws: Vec<(usize, usize, Raw)>,
}

impl Marks {
    pub fn at(&self, byte: usize) -> Option<Mark> {
        self.marks.get(&byte).copied()
    }
}

/// The marks of a file.
pub fn of(module: &Module, text: &str) -> Marks {
    let mut walk = Walk { text, marks: BTreeMap::new(), raws: Vec::new() };
    for item in &module.items {
        walk.item(item);
    }
    walk.raws.sort_by_key(|raw| raw.0);
    Marks { marks: walk.marks, raws: walk.raws }
}

struct Walk<'s> {
    text: &'s str,
    marks: BTreeMap<usize, Mark>,
    raws: Vec<(usize, usize, Raw)>,
}

impl<'s> Walk<'s> {
    fn mark(&mut self, byte: usize, mark: Mark) {
        self.marks.insert(byte, mark);
    }

    fn raw(&mut self, start: u32, end: u32, raw: Raw) {
        self.raws.push((start as usize, end as usize, raw));
    }

    fn word(&mut self, span: Span) {
        if span.end > span.start {
            self.raw(span.start, span.end, Raw::Word);
        }
    }

    /// The first token from a byte on, past comments: its start and end.
    fn token(&self, from: u32) -> Option<(usize, usize, Tok<'s>)> {
        let token = Lexer::koru(self.text, from as usize, self.text.len()).next_token()?;
        Some((token.start as usize, token.end as usize, token.tok))
    }

    /// Marks the next token if it is `tok`, and what stands behind it.
    fn sign(&mut self, from: u32, tok: Tok<'_>, before: Mark, behind: Mark) {
        let Some((start, end, _)) = self.token(from).filter(|token| token.2 == tok) else { return };
        let next = self.token(end as u32).map(|next| next.0);
        self.mark(start, before);
        if let Some(next) = next {
            self.marks.entry(next).or_insert(behind);
        }
    }

    fn has_line_end(&self, start: u32, end: u32) -> bool {
        self.text[start as usize..end as usize].contains('\n')
    }

    fn item(&mut self, item: &Item) {
        let start = item.span.start;
        self.mark(start as usize, Mark::Line(0));
        if matches!(item.kind, ItemKind::Host(_) | ItemKind::Field(_) | ItemKind::Error) {
            return self.raw(start, item.span.end, Raw::Declaration);
        }
        self.sign(start, Tok::Tilde, Mark::Line(0), Mark::Touch);
        self.annotations(&item.annotations);
        self.behind_annotations(&item.annotations);
        match &item.kind {
            ItemKind::Import(import) => {
                self.word(import.path_span);
                self.mark(import.path_span.start as usize, Mark::Space);
            }
            ItemKind::Event(event) => self.event(event),
            ItemKind::Proc(proc) => self.proc(proc),
            ItemKind::Subflow(subflow) => self.subflow(subflow),
            ItemKind::Flow(flow) => self.flow(flow, 0),
            ItemKind::Host(_) | ItemKind::Field(_) | ItemKind::Error => {}
        }
    }

    fn annotations(&mut self, list: &[Annotation]) {
        for part in list {
            self.word(part.span);
            let before = self.text[..part.span.start as usize].trim_end_matches([' ', '\t']);
            let is_bullet = before.ends_with('-');
            self.mark(part.span.start as usize, if is_bullet { Mark::Space } else { Mark::Touch });
            self.sign(part.span.end, Tok::Bar, Mark::Touch, Mark::Touch);
        }
    }

    /// The construct stands right behind its annotations, or on the next line.
    fn behind_annotations(&mut self, list: &[Annotation]) {
        let Some(last) = list.last() else { return };
        let mut from = last.span.end;
        while let Some((start, end, tok)) = self.token(from) {
            if !matches!(tok, Tok::Bar | Tok::RBracket | Tok::Minus) {
                let is_below = self.has_line_end(from, start as u32);
                self.mark(start, if is_below { Mark::Line(0) } else { Mark::Touch });
                return self.sign(start as u32, Tok::Tilde, Mark::Line(0), Mark::Touch);
            }
            from = end as u32;
        }
    }

    fn event(&mut self, event: &EventDecl) {
        self.mark(event.name.span.start as usize, Mark::Space);
        self.mark(event.shape_span.start as usize, Mark::Space);
        self.fields(&event.inputs);
        self.annotations(&event.shape_annotations);
        let mut end = event.shape_span.end;
        for branch in &event.branches {
            let start = branch.span.start;
            let mark = if self.has_line_end(end, start) { Mark::Line(0) } else { Mark::Space };
            self.mark(start as usize, mark);
            self.branch(branch);
            end = branch.span.end;
        }
    }

    /// `| ?&name payload`
    fn branch(&mut self, branch: &BranchDecl) {
        let mut from = branch.span.start + 1;
        let mut mark = Mark::Space;
        while let Some((start, end, _)) =
            self.token(from).filter(|token| token.0 <= branch.name.span.start as usize)
        {
            self.mark(start, std::mem::replace(&mut mark, Mark::Touch));
            from = end as u32;
        }
        if let Some((payload, ..)) =
            self.token(branch.name.span.end).filter(|next| next.0 < branch.span.end as usize)
        {
            self.mark(payload, Mark::Space);
        }
        match &branch.payload {
            Payload::Struct(fields) => self.fields(fields),
            Payload::Identity(ty) => self.ty(ty),
            Payload::Empty | Payload::Wildcard => {}
        }
        self.annotations(&branch.annotations);
    }

    /// `name: Type = default`
    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.sign(field.name.span.end, Tok::Colon, Mark::Touch, Mark::Space);
            self.ty(&field.ty);
            if field.default.is_some() {
                self.sign(field.ty.span.end, Tok::Assign, Mark::Space, Mark::Space);
            }
        }
    }

    fn ty(&mut self, ty: &Type) {
        if let Some(phantom) = &ty.phantom {
            self.word(phantom.span);
        }
    }

    fn proc(&mut self, proc: &ProcDecl) {
        self.mark(proc.path.span.start as usize, Mark::Space);
        let (start, end) = (proc.body_span.start - 1, proc.body_span.end + 1);
        self.raw(start, end, if proc.body == ProcBody::Unread { Raw::Foreign } else { Raw::Body });
        self.mark(start as usize, Mark::Space);
    }

    fn subflow(&mut self, subflow: &Subflow) {
        let end = subflow.path.span.end;
        self.sign(end, Tok::Assign, Mark::Space, Mark::Wrap);
        match &subflow.body {
            SubflowBody::Constructor(constructor) => self.constructor(constructor),
            SubflowBody::Flow(flow) => {
                let first = flow.steps.first().map_or(end, |step| step.span.start);
                // `~path =` with branches below it has a call that is not written.
                let is_written = first >= end;
                let is_below = is_written && self.has_line_end(end, first);
                self.flow(flow, if is_below { STEP } else { 0 });
            }
        }
    }

    fn flow(&mut self, flow: &Flow, indent: usize) {
        flow.steps.iter().for_each(|step| self.step(step));
        self.arms(&flow.arms, indent);
    }

    fn arms(&mut self, arms: &[Continuation], indent: usize) {
        for arm in arms {
            self.mark(arm.span.start as usize, Mark::Line(indent));
            self.arm(arm);
            // `|>` below `|>` goes on from it, at the same column.
            let goes_on = is_void(arm) && matches!(&arm.arms[..], [only] if is_void(only));
            self.arms(&arm.arms, if goes_on { indent } else { indent + STEP });
        }
    }

    fn arm(&mut self, arm: &Continuation) {
        let bar = arm.span.start + 1;
        match &arm.pattern {
            Pattern::Void { .. } => {}
            Pattern::Branch(name) => self.mark(name.span.start as usize, Mark::Space),
            Pattern::CatchAll { metatype, .. } => {
                if let Some(metatype) = metatype {
                    self.mark(metatype.span.start as usize, Mark::Space);
                }
            }
            Pattern::Text(text) => {
                self.raw(text.span.start - 1, text.span.end + 1, Raw::Word);
                self.mark(text.span.start as usize - 1, Mark::Space);
            }
            Pattern::Deref { args, path } => {
                self.sign(bar, Tok::Star, Mark::Space, Mark::Touch);
                self.mark(path.span.start as usize, Mark::Touch);
                self.args(args);
            }
        }
        if let Some(binding) = &arm.binding {
            self.mark(binding.name.span.start as usize, Mark::Space);
            self.annotations(&binding.annotations);
        }
        arm.steps.iter().for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Call(call) => self.call(call),
            StepKind::Jump(jump) => {
                self.raw(jump.label.span.start - 1, jump.label.span.end, Raw::Word);
                self.args(&jump.args);
            }
            StepKind::Constructor(constructor) => self.constructor(constructor),
            StepKind::Discard | StepKind::Error => {}
        }
    }

    fn call(&mut self, call: &Call) {
        if let Some(label) = call.label {
            self.raw(label.span.start - 1, label.span.end, Raw::Word);
            self.mark(call.path.span.start as usize, Mark::Space);
        }
        let name = call.path.name;
        if let Some(open) = name.name.as_str().find('[') {
            let start = name.span.start + open as u32 + 1;
            self.word(Span { start, end: name.span.end - 1, ..name.span });
        }
        let open = call.args_span.start as usize;
        if open > 0 && self.text.as_bytes()[open - 1] == b'(' {
            self.mark(open - 1, Mark::Touch);
        }
        self.args(&call.args);
        if let Some(source) = &call.source {
            if let Some(phantom) = source.phantom {
                self.word(phantom.span);
            }
            let (start, end) = (source.span.start - 1, source.span.end + 1);
            self.raw(start, end, Raw::Source);
            self.mark(start as usize, if source.phantom.is_some() { Mark::Touch } else { Mark::Space });
        }
    }

    /// `name: value`. A tight `a:b` may be a module and a name, and stays as it is.
    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            let Some(name) = arg.name else { continue };
            let Some((_, end, Tok::Colon)) = self.token(name.span.end) else { continue };
            let next = self.text.as_bytes().get(end).copied().unwrap_or(b' ');
            if !(next.is_ascii_alphabetic() || matches!(next, b'_' | b'*')) {
                self.sign(name.span.end, Tok::Colon, Mark::Touch, Mark::Space);
            }
        }
    }

    fn constructor(&mut self, constructor: &Constructor) {
        let ConstructorBody::Fields(fields) = &constructor.body else {
            return self.sign(constructor.branch.span.end, Tok::LBrace, Mark::Space, Mark::Touch);
        };
        self.sign(constructor.branch.span.end, Tok::LBrace, Mark::Space, Mark::Space);
        for field in fields {
            let Some(name) = field.name else { continue };
            self.sign(name.span.end, Tok::Colon, Mark::Touch, Mark::Space);
            self.sign(name.span.end, Tok::Assign, Mark::Space, Mark::Space);
        }
    }
}

fn is_void(arm: &Continuation) -> bool {
    matches!(arm.pattern, Pattern::Void { .. })
}
