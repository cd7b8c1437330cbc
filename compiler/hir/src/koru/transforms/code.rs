//! Code that a transform makes: texts with holes, and what stands in them.
//!
//! In: a text, and a filling for each `%{name}` in it. Out: a tree with the fillings in their places. In the
//! file that is made of the text a hole is a name nobody else has.

use crate::Context;
use crate::ids::ModuleId;
use koru_base::codes::*;
use koru_base::{Diagnostic, FileId, Made as Origin, Name, Span};
use koru_syntax::ast::fill::{Filler, Piece};
use koru_syntax::ast::{ArgValue, Continuation, Flow, Item, Step};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Steps and continuations that one transform may make of one call.
const ROOM: usize = 1 << 17;
/// Code inside code inside code: as deep as that.
const DEEPEST: usize = 200;

/// A text with holes.
#[derive(Clone, Debug)]
pub struct Code {
    pub text: String,
    /// Host declarations, or an expression where a value stands; else a flow, or constructs with `~`.
    pub is_host: bool,
    pub holes: BTreeMap<String, Filling>,
    /// From a byte of the text on, what the user wrote that led to it; in order of the bytes.
    pub places: Vec<(usize, Span)>,
    /// The names of its holes.
    names: BTreeSet<String>,
}

/// What stands in a hole.
#[derive(Clone, Debug)]
pub enum Filling {
    /// Code of the caller.
    Piece(Piece),
    /// Other code, by its number.
    Code(usize),
    /// A name or a literal, as it stands.
    Text(String),
}

impl Code {
    pub fn new(text: String, is_host: bool) -> Code {
        let names = holes(&text).map(|(_, name)| name.to_owned()).collect();
        Code { text, is_host, holes: BTreeMap::new(), places: Vec::new(), names }
    }

    /// Has the text a hole of this name?
    pub fn has_hole(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// The holes of a text: where `%{` stands, and the name.
fn holes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("%{").filter_map(|(at, _)| {
        let inside = &text[at + 2..];
        let name = &inside[..inside.find('}')?];
        is_name(name).then_some((at, name))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a run of a transform made, being put together.
pub struct Texts<'a> {
    /// All code of the run.
    pub codes: &'a [Code],
    /// The module of the transform.
    pub home: ModuleId,
    /// Of the files to be made: the call they stand for, and who made them.
    pub origin: Origin,
    room: usize,
    depth: usize,
}

/// What stands for a call.
pub enum Replacement {
    Flow(Vec<Step>, Vec<Continuation>),
    Items(Vec<Item>),
}

impl<'a> Texts<'a> {
    pub fn new(cx: &mut Context, codes: &'a [Code], home: ModuleId, call: Span, by: String) -> Texts<'a> {
        cx.koru.transforms.next_hand += 1;
        let hand = cx.koru.transforms.next_hand;
        let origin = Origin { origin: call, by, shown: String::new(), hand, places: Vec::new() };
        Texts { codes, home, origin, room: ROOM, depth: 0 }
    }

    /// The tree of a code. None after a diagnostic.
    pub fn tree(&mut self, cx: &mut Context, code: usize) -> Option<Replacement> {
        let code = &self.codes[code];
        let (file, pieces) = self.file(cx, code)?;
        let text = cx.sources.text(file).clone();
        let is_items = code.is_host || code.text.trim_start().starts_with('~');
        let (mut made, found) = match is_items {
            true => {
                let (tree, found) = koru_syntax::parse(file, &text);
                (Replacement::Items(tree.items), found)
            }
            false => {
                let (Flow { steps, arms, .. }, found) = koru_syntax::parse_flow(file, &text);
                (Replacement::Flow(steps, arms), found)
            }
        };
        if !found.is_empty() {
            found.into_iter().for_each(|problem| cx.sink.report(problem));
            return None;
        }
        let mark = format!("'{}", self.origin.hand);
        let here = Span::new(file, 0, 0);
        let mut filler = Filler { pieces: &pieces, mark, room: self.room, here, misfits: Vec::new() };
        made = match made {
            Replacement::Flow(steps, arms) => {
                let (steps, arms) = filler.steps(steps, arms);
                Replacement::Flow(steps, arms)
            }
            Replacement::Items(mut items) => {
                items.iter_mut().for_each(|item| filler.item(item));
                Replacement::Items(items)
            }
        };
        self.room = filler.room;
        for (span, what) in &filler.misfits {
            let message = format!("what fills this hole cannot stand for {what}");
            cx.sink.report(Diagnostic::new(KORU707, *span, message));
        }
        let is_fit = filler.misfits.is_empty();
        cx.koru.transforms.pieces.extend(pieces);
        if self.room == 0 {
            let message = format!("{} makes too much code: more than {ROOM} steps", self.origin.by);
            cx.sink.report(Diagnostic::new(KORU701, self.origin.origin, message));
            return None;
        }
        is_fit.then_some(made)
    }

    /// The file of a code's text, each hole a name, and what the names stand for.
    fn file(&mut self, cx: &mut Context, code: &Code) -> Option<(FileId, FxHashMap<Name, Piece>)> {
        let mut pieces = FxHashMap::default();
        let mut names = BTreeMap::new();
        for (name, filling) in &code.holes {
            let piece = match filling {
                Filling::Piece(piece) => piece.clone(),
                Filling::Code(inner) => self.inner(cx, *inner)?,
                Filling::Text(text) => {
                    names.insert(name.as_str(), text.clone());
                    continue;
                }
            };
            cx.koru.transforms.next_hole += 1;
            let stand_in = format!("hole_{}_{name}", cx.koru.transforms.next_hole);
            pieces.insert(Name::new(&stand_in), piece);
            names.insert(name.as_str(), stand_in);
        }
        let (mut text, mut shown, mut from) = (String::new(), String::new(), 0);
        // Where the bytes between the holes went.
        let mut moved = vec![(0, 0)];
        for (at, name) in holes(&code.text) {
            let before = &code.text[from..at];
            from = at + name.len() + 3;
            let Some(put) = names.get(name) else {
                let message = format!("{} leaves the hole `%{{{name}}}` empty", self.origin.by);
                cx.sink.report(Diagnostic::new(KORU707, self.origin.origin, message));
                return None;
            };
            text += before;
            text += put;
            moved.push((from, text.len()));
            shown += before;
            shown += match code.holes.get(name) {
                Some(Filling::Text(text)) => text,
                _ => &code.text[at..from],
            };
        }
        text += &code.text[from..];
        shown += &code.text[from..];
        let path = format!("({})", self.origin.by);
        let places = code.places.iter().map(|&(at, span)| {
            let &(from, to) = moved.iter().rev().find(|(from, _)| *from <= at).unwrap_or(&(0, 0));
            ((to + at - from) as u32, span)
        });
        let origin = Origin { shown, places: places.collect(), ..self.origin.clone() };
        let file = cx.sources.add_made(path, text, origin);
        cx.koru.transforms.homes.insert(file, self.home);
        cx.koru.transforms.last_file = Some(file);
        Some((file, pieces))
    }

    /// Code in a hole of other code.
    fn inner(&mut self, cx: &mut Context, code: usize) -> Option<Piece> {
        self.depth += 1;
        let piece = if self.depth > DEEPEST {
            let message = format!("{} puts code into code more than {DEEPEST} levels deep", self.origin.by);
            cx.sink.report(Diagnostic::new(KORU701, self.origin.origin, message));
            None
        } else if self.codes[code].is_host {
            self.expression(cx, code)
        } else {
            match self.tree(cx, code)? {
                Replacement::Flow(steps, arms) => Some(Piece::Steps(steps, arms)),
                Replacement::Items(_) => {
                    let message = "declarations cannot stand in a hole";
                    cx.sink.report(Diagnostic::new(KORU707, self.origin.origin, message));
                    None
                }
            }
        };
        self.depth -= 1;
        piece
    }

    /// Host text in a hole is an expression.
    fn expression(&mut self, cx: &mut Context, code: usize) -> Option<Piece> {
        let (file, pieces) = self.file(cx, &self.codes[code])?;
        let text = cx.sources.text(file).clone();
        let whole = Span::new(file, 0, text.len() as u32);
        let mut expr = match koru_syntax::parse_host_expr(file, &text, whole) {
            Ok(expr) => expr,
            Err(problem) => {
                cx.sink.report(problem);
                return None;
            }
        };
        let mut filler = Filler {
            pieces: &pieces,
            mark: String::new(),
            room: self.room,
            here: whole,
            misfits: Vec::new(),
        };
        filler.expr(&mut expr);
        if let Some((span, what)) = filler.misfits.first() {
            let message = format!("what fills this hole cannot stand for {what}");
            cx.sink.report(Diagnostic::new(KORU707, *span, message));
            return None;
        }
        cx.koru.transforms.pieces.extend(pieces);
        Some(Piece::Value(ArgValue::Expr(expr), whole))
    }
}

/// An expression of made text with its holes filled: what is read late, inside of texts, may have some.
pub fn filled(cx: &Context, mut expr: koru_syntax::ast::host::Expr) -> koru_syntax::ast::host::Expr {
    if super::home_of_made(cx, expr.span).is_some() {
        let pieces = &cx.koru.transforms.pieces;
        let here = expr.span;
        Filler { pieces, mark: String::new(), room: ROOM, here, misfits: Vec::new() }.expr(&mut expr);
    }
    expr
}
