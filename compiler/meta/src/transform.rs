//! Natives of transforms: the arms of a call as they were written, and code with holes.
//!
//! What may stand in a hole is a number, whether it is a piece of the caller's code or code of the transform.

use crate::args::{self, Args};
use crate::natives::{BYTES_OF_A_HANDLE, Natives};
use crate::program::{CallPlace, place_in_source};
use koru_base::{Diagnostic, FileId, Name, Span};
use koru_flow::eval::{Refusal, Value};
use koru_hir::koru::{self, Code, Filling};
use koru_syntax::ast::fill::Piece;
use koru_syntax::ast::host::{Expr, ExprKind};
use koru_syntax::ast::{ArgValue, Continuation, Ident, Pattern};
use std::rc::Rc;

type Answer = Result<Vec<Value>, Refusal>;

/// Texts of code that one run of a transform may make.
const MOST_CODES: usize = 100_000;
/// The tree of a text takes more than the text does.
const TREE_OF_A_BYTE: u64 = 16;

impl Natives<'_, '_> {
    /// A call, and one of its arms where there are so many.
    fn arm(&self, args: &mut Args) -> Result<(Rc<CallPlace>, usize), Refusal> {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        match index < place.arms.len() {
            true => Ok((place, index)),
            false => Err(Refusal::refused(format!("the call has no continuation {index}"))),
        }
    }

    /// The number of what may stand in a hole.
    pub(crate) fn filling(&mut self, filling: Filling) -> u32 {
        self.handles.fillings.push(filling);
        self.handles.fillings.len() as u32
    }

    fn piece(&mut self, piece: Piece) -> Answer {
        self.keep(BYTES_OF_A_HANDLE)?;
        Ok(args::number(self.filling(Filling::Piece(piece))))
    }

    pub(crate) fn arm_count(&mut self, args: &mut Args) -> Answer {
        Ok(args::number(self.the_call(args)?.arms.len() as u32))
    }

    pub(crate) fn arm_pattern(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        let text = match &place.arms[index].pattern {
            Pattern::Branch(name) | Pattern::Text(name) => name.name.as_str(),
            Pattern::CatchAll { .. } => "?",
            Pattern::Void { .. } | Pattern::Deref { .. } => "",
        };
        args::text(args.memory, text.as_bytes())
    }

    pub(crate) fn arm_is_text(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        Ok(args::flag(matches!(place.arms[index].pattern, Pattern::Text(_))))
    }

    pub(crate) fn arm_binding(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        let name = place.arms[index].binding.as_ref().map_or("", |binding| binding.name.name.as_str());
        args::text(args.memory, name.as_bytes())
    }

    /// The binding, for the place of one; `_` where there is none.
    pub(crate) fn arm_name(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        let arm = &place.arms[index];
        let none = Ident { name: Name::new("_"), span: pattern_span(arm) };
        self.piece(Piece::Name(arm.binding.as_ref().map_or(none, |binding| binding.name)))
    }

    pub(crate) fn arm_guard(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        match &place.arms[index].guard {
            Some(guard) => self.piece(Piece::Value(ArgValue::Expr(guard.clone()), guard.span)),
            None => Ok(args::number(0)),
        }
    }

    pub(crate) fn arm_body(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        let arm = &place.arms[index];
        self.piece(Piece::Steps(arm.steps.clone(), arm.arms.clone()))
    }

    pub(crate) fn arm_whole(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        self.piece(Piece::Arms(vec![place.arms[index].clone()]))
    }

    pub(crate) fn arms_whole(&mut self, args: &mut Args) -> Answer {
        let place = self.the_call(args)?;
        self.piece(Piece::Arms(place.arms.clone()))
    }

    pub(crate) fn arm_span(&mut self, args: &mut Args) -> Answer {
        let (place, index) = self.arm(args)?;
        Ok(args::number(self.handles.span(pattern_span(&place.arms[index]))))
    }

    /// Of the bytes `from..to` of the pattern's text.
    pub(crate) fn arm_pattern_span(&mut self, args: &mut Args) -> Answer {
        let ((place, index), from, to) = (self.arm(args)?, args.int()? as usize, args.int()? as usize);
        let whole = pattern_span(&place.arms[index]);
        let limit = (whole.end - whole.start) as usize;
        let (from, to) = (from.min(limit), to.clamp(from.min(limit), limit));
        let span = Span { start: whole.start + from as u32, end: whole.start + to as u32, ..whole };
        Ok(args::number(self.handles.span(span)))
    }

    pub(crate) fn argument_handle(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        match place.call.args.get(index) {
            Some(arg) => self.piece(Piece::Value(arg.value.clone(), arg.text)),
            None => Ok(args::number(0)),
        }
    }

    /// The bytes `from..to` of the nth argument's text, read as an expression of the caller.
    pub(crate) fn argument_part(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let (from, to) = (args.int()? as u32, args.int()? as u32);
        let whole = place.call.args.get(index).map(|argument| argument.text);
        let limit = whole.map_or(0, |whole| whole.end - whole.start);
        let span = whole.filter(|_| from <= to && to <= limit);
        let is_quoted = whole.is_some_and(|whole| self.product.sources.slice(whole).starts_with('"'));
        let span = span.map(|whole| Span { start: whole.start + from, end: whole.start + to, ..whole });
        self.part(span, if is_quoted { koru_syntax::parse_quoted_expr } else { koru_syntax::parse_expr })
    }

    /// The same of the text behind a call.
    pub(crate) fn source_part(&mut self, args: &mut Args) -> Answer {
        let (place, from, to) = (self.the_call(args)?, args.int()? as usize, args.int()? as usize);
        let source = place.call.source.as_ref().filter(|source| from <= to && to <= source.text.len());
        let span = source.and_then(|source| place_in_source(source, from, to));
        self.part(span, koru_syntax::parse_expr)
    }

    fn part(
        &mut self,
        span: Option<Span>,
        parse: fn(FileId, &str, Span) -> Result<Expr, Diagnostic>,
    ) -> Answer {
        let Some(span) = span else { return Err(Refusal::refused("this part is not in the text")) };
        let text = self.product.sources.text(span.file).clone();
        if !text.is_char_boundary(span.start as usize) || !text.is_char_boundary(span.end as usize) {
            return Err(Refusal::refused("this part cuts a letter"));
        }
        match parse(span.file, &text, span) {
            Ok(expr) => self.piece(Piece::Value(ArgValue::Expr(expr), span)),
            Err(problem) => {
                self.product.sink.report(problem);
                Ok(args::number(0))
            }
        }
    }

    /// The sides of the nth argument where it compares, and the sign between them.
    fn comparison(&self, args: &mut Args) -> Result<Option<(String, [Expr; 2])>, Refusal> {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let Some(ArgValue::Expr(expr)) = place.call.args.get(index).map(|arg| &arg.value) else {
            return Ok(None);
        };
        let ExprKind::Binary { op, left, right, op_span } = &*expr.kind else { return Ok(None) };
        let sign = self.product.sources.slice(*op_span).to_owned();
        Ok(op.is_comparison().then(|| (sign, [left.clone(), right.clone()])))
    }

    /// `==` of `a == b`; empty where the nth argument compares nothing.
    pub(crate) fn argument_sign(&mut self, args: &mut Args) -> Answer {
        let sign = self.comparison(args)?.map(|(sign, _)| sign).unwrap_or_default();
        args::text(args.memory, sign.as_bytes())
    }

    /// One side of it, as a handle for a hole that stands where a value does.
    pub(crate) fn argument_side(&mut self, args: &mut Args) -> Answer {
        let found = self.comparison(args)?;
        let is_right = args.flag()?;
        match found {
            Some((_, [left, right])) => {
                let side = if is_right { right } else { left };
                let span = side.span;
                self.piece(Piece::Value(ArgValue::Expr(side), span))
            }
            None => Ok(args::number(0)),
        }
    }

    /// The index from 1 of the argument that supplies an input; 0 where none does.
    pub(crate) fn argument_of(&mut self, args: &mut Args) -> Answer {
        let (place, input) = (self.the_call(args)?, args.text()?);
        let found = koru::argument_of(self.product, place.module, &place.call, Name::new(&input));
        Ok(args::number(found.map_or(0, |index| index as u32 + 1)))
    }

    /// The value of a number or a bool.
    pub(crate) fn argument_integer(&mut self, args: &mut Args) -> Answer {
        let (place, input) = (self.the_call(args)?, args.text()?);
        let (is_flag, to) = (args.flag()?, args.pointer()?);
        let input = Name::new(&input);
        let value = koru::argument_integer(self.product, place.module, &place.call, input, is_flag);
        if let Some(value) = value {
            args.memory.write(to, &Value::word(value as u64))?;
        }
        Ok(args::flag(value.is_some()))
    }

    /// The type of a name that the caller sees.
    pub(crate) fn binding_type(&mut self, args: &mut Args) -> Answer {
        let (place, name) = (self.the_call(args)?, args.text()?);
        let found = koru::input_type(self.product, place.implements, Name::new(&name));
        match found {
            Some(ty) => {
                let span = ty.span;
                self.piece(Piece::Value(ArgValue::Expr(ty), span))
            }
            None => Ok(args::number(0)),
        }
    }

    pub(crate) fn code_new(&mut self, args: &mut Args) -> Answer {
        let text = self.kept_text(args, TREE_OF_A_BYTE)?;
        let is_host = args.flag()?;
        if self.handles.codes.len() >= MOST_CODES {
            return Err(Refusal::new(
                koru_flow::eval::FailureKind::Memory,
                format!("a transform may make {MOST_CODES} texts of code for one call"),
            ));
        }
        self.handles.codes.push(Code::new(text, is_host));
        Ok(args::number(self.filling(Filling::Code(self.handles.codes.len() - 1))))
    }

    fn fill(&mut self, code: u32, name: String, filling: Filling) -> Answer {
        let index = self.handles.code(code.into()).ok_or_else(|| Refusal::refused("this is no code"))?;
        if let Filling::Code(inner) = &filling
            && *inner >= index
        {
            return Err(Refusal::refused("code cannot stand in code that was made before it"));
        }
        if !self.handles.codes[index].has_hole(&name) {
            return Err(Refusal::refused(format!("the text has no hole `%{{{name}}}`")));
        }
        self.handles.codes[index].holes.insert(name, filling);
        Ok(args::nothing())
    }

    pub(crate) fn code_fill(&mut self, args: &mut Args) -> Answer {
        let (code, name, handle) = (args.number()?, args.text()?, args.number()? as usize);
        let filling = handle.checked_sub(1).and_then(|index| self.handles.fillings.get(index)).cloned();
        let filling = filling.ok_or_else(|| Refusal::refused("nothing that can stand in a hole"))?;
        self.fill(code, name, filling)
    }

    /// Says what led to the text of a code from a byte on.
    pub(crate) fn code_place(&mut self, args: &mut Args) -> Answer {
        let (code, from, span) = (args.number()?, args.int()? as usize, self.span(args)?);
        let index = self.handles.code(code.into()).ok_or_else(|| Refusal::refused("this is no code"))?;
        let places = &mut self.handles.codes[index].places;
        if places.last().is_some_and(|(before, _)| *before > from) {
            return Err(Refusal::refused("places of a text are given in order"));
        }
        if span.is_written() {
            places.push((from, span));
        }
        Ok(args::nothing())
    }

    pub(crate) fn code_fill_text(&mut self, args: &mut Args) -> Answer {
        let (code, name) = (args.number()?, args.text()?);
        let text = self.kept_text(args, TREE_OF_A_BYTE)?;
        self.fill(code, name, Filling::Text(text))
    }
}

/// The pattern as written, without its brackets.
fn pattern_span(arm: &Continuation) -> Span {
    match &arm.pattern {
        Pattern::Branch(name) | Pattern::Text(name) => name.span,
        Pattern::CatchAll { span, .. } | Pattern::Void { span } => *span,
        Pattern::Deref { path, .. } => path.span,
    }
}
