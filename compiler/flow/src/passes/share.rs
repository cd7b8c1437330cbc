//! Lets the arms of a choice that differ in constants alone share their code: the constants go into tables.
//!
//! ```text
//!     b0(v0: i64):  switch v0 [0 -> b1, 1 -> b2, .., 99 -> b100, else -> b101]
//!     b1:           v1: i16 = const 200   v2: ptr = const @a   exit reply(v1, v2)
//!     b2:           v3: i16 = const 404   v4: ptr = const @b   exit reply(v3, v4)
//!
//!     b0(v0: i64):  v1: i64 = const 100   v2: i1 = less_unsigned v0, v1   branch v2, b1, b101
//!     b1:           v3: i16 = the element v0 of a table   v4: ptr = @texts and an offset from another
//!                   exit reply(v3, v4)
//! ```
//!
//! A chain of tests whether one value is this or that number is such a choice. LLVM has tables too, for what arms give
//! once they are empty: by then it has worked on each arm, and its time grows with the square of their number.

mod choice;
mod code;
mod shape;
mod tables;
#[cfg(test)]
mod tests;

use super::tidy;
use crate::edit::{self, Replacements};
use crate::graph::*;
use choice::{Cases, Choice, Facts};
use code::Code;
use koru_base::Span;
use koru_base::idx::{Id, IdVec};
use shape::{Mentions, Piece, Shape};
use tables::{Element, Tables};

/// Fewer ways than these are told apart by a table of their numbers; more are left to a switch.
const MANY_WAYS: usize = 16;

/// Shares the arms of all choices that have `least` of them.
pub fn share(graph: &mut Graph, least: usize) {
    let mentions = mentions(graph);
    let Graph { functions, globals, .. } = graph;
    for body in functions.iter_mut().filter_map(|function| function.body.as_mut()) {
        if body.blocks.len() > least && share_in(body, globals, &mentions, least) {
            tidy::tidy(body);
        }
    }
}

/// How often globals are named, by code and by data.
fn mentions(graph: &Graph) -> Mentions {
    let mut mentions = Mentions::default();
    let bodies = graph.functions.iter().filter_map(|function| function.body.as_ref());
    for inst in bodies.flat_map(|body| body.blocks.iter()).flat_map(|block| &block.insts) {
        if let Op::Const(Constant::Global(id)) = inst.op {
            *mentions.entry(id).or_default() += 1;
        }
    }
    for relocation in graph.globals.iter().flat_map(|global| &global.relocations) {
        if let Symbol::Global(id) = relocation.target {
            *mentions.entry(id).or_default() += 1;
        }
    }
    mentions
}

fn share_in(
    body: &mut Body,
    globals: &mut IdVec<GlobalId, Global>,
    mentions: &Mentions,
    least: usize,
) -> bool {
    let cfg = edit::clear_unreached(body);
    let facts = Facts::of(body);
    let mut is_part = vec![false; body.blocks.len()];
    let mut pairs = Vec::new();
    let mut has_changed = false;
    // A chain comes before its parts, and a choice before its arms.
    for &head in &cfg.order {
        if is_part[head.index()] {
            continue;
        }
        let Some(choice) = Choice::at(body, &cfg, &facts, head) else { continue };
        choice.tests.iter().for_each(|test| is_part[test.index()] = true);
        if choice.cases.len() < least {
            continue;
        }
        let shapes = shape::shapes(body, globals, mentions, &cfg, &choice);
        // What is known of constants no longer holds in them.
        let arms = shapes.iter().flat_map(|shape| &shape.arms);
        arms.for_each(|arm| is_part[arm.block.index()] = true);
        if let Some(range) = Range::of(&choice, &shapes) {
            Sharing { body, globals, choice, range, pairs: &mut pairs }.rewrite(&shapes);
            has_changed = true;
        }
    }
    let mut replacements = Replacements::new(body);
    pairs.into_iter().for_each(|(old, new)| replacements.replace(old, new));
    replacements.apply(body);
    has_changed
}

/// The numbers that tables have elements for.
#[derive(Clone, Copy)]
struct Range {
    first: u64,
    count: usize,
    /// Are these all numbers of the choice, so that a table may also say which way to go?
    is_whole: bool,
}

impl Range {
    /// Nothing where there is nothing to share, or numbers lie too far apart.
    fn of(choice: &Choice, shapes: &[Shape]) -> Option<Range> {
        let all: Vec<_> = choice.cases.iter().map(|(number, _)| *number).collect();
        let shared: Vec<_> = shapes.iter().flat_map(|shape| &shape.arms).map(|arm| arm.number).collect();
        let ways = shapes.len() + all.len() - shared.len();
        let whole = (ways < MANY_WAYS && !shapes.is_empty()).then(|| Range::around(&all, true)).flatten();
        whole.or_else(|| Range::around(&shared, false))
    }

    fn around(numbers: &[u64], is_whole: bool) -> Option<Range> {
        let (&first, &last) = (numbers.iter().min()?, numbers.iter().max()?);
        let apart = usize::try_from(last - first).ok().filter(|&apart| apart < 2 * numbers.len())?;
        Some(Range { first, count: apart + 1, is_whole })
    }

    fn index(self, number: u64) -> usize {
        (number - self.first) as usize
    }
}

/// One choice, being rewritten.
struct Sharing<'a> {
    body: &'a mut Body,
    globals: &'a mut IdVec<GlobalId, Global>,
    choice: Choice,
    range: Range,
    /// Constants, and what came from a table for them.
    pairs: &'a mut Vec<(ValueId, ValueId)>,
}

impl Sharing<'_> {
    fn rewrite(mut self, shapes: &[Shape]) {
        self.gather_tests();
        let (index, word) = self.index();
        let mut tables = Tables::new(self.range.count);
        for shape in shapes {
            self.fill_in(shape, word, &mut tables);
            for arm in &shape.arms {
                self.choice.cases[arm.case].1.block = shape.arms[0].block;
            }
        }
        if self.range.is_whole {
            self.lead_by_table(index, word, tables);
        } else {
            let Choice { head, value, cases, default, .. } = self.choice;
            self.body.blocks[head].terminator = Terminator::Switch { value, cases: wide(cases), default };
            tables.write(self.globals);
        }
    }

    /// What the tests of a chain need is worked out in front of the first: it has no effect.
    fn gather_tests(&mut self) {
        for &test in &self.choice.tests {
            let insts = std::mem::take(&mut self.body.blocks[test].insts);
            self.body.blocks[self.choice.head].insts.extend(insts);
        }
    }

    /// Which element of a table it is: in the type of what is asked for, and as a word.
    fn index(&mut self) -> (ValueId, ValueId) {
        let value = self.choice.value;
        let mut code = Code::behind(self.body, self.choice.head);
        let ty = code.ty(value);
        let index = match self.range.first {
            0 => value,
            first => {
                let first = code.number(ty, first);
                code.push(ty, Op::Binary(Binary::Sub, value, first))
            }
        };
        let word = code.resize(index, Type::WORD);
        code.finish();
        (index, word)
    }

    /// Makes the first arm of a shape the code of all: what they differ in comes from tables.
    fn fill_in(&mut self, shape: &Shape, word: ValueId, tables: &mut Tables) {
        let home = shape.arms[0].block;
        self.place(shape);
        let insts = std::mem::take(&mut self.body.blocks[home].insts);
        let mut code = Code::behind(self.body, home);
        for (at, inst) in insts.into_iter().enumerate() {
            let piece = shape.places.binary_search(&at).ok().filter(|&piece| shape.differs_in(piece));
            let Some(piece) = piece else {
                code.append(inst);
                continue;
            };
            let pieces = shape.arms.iter().map(|arm| (self.range.index(arm.number), arm.pieces[piece]));
            code.span = inst.span;
            let result = inst.results[0];
            let value = element(&mut code, self.globals, tables, word, (&pieces.collect::<Vec<_>>(), result));
            self.pairs.push((result, value));
        }
        code.finish();
    }

    /// What arms wrote at different places comes from where they part, not from the first of them.
    fn place(&mut self, shape: &Shape) {
        let around = self.body.blocks[self.choice.head].span;
        let [home, others @ ..] = shape.arms.as_slice() else { return };
        let home = home.block;
        let blocks = &self.body.blocks;
        let is_common =
            |span: Span, of: &dyn Fn(&Block) -> Span| others.iter().all(|arm| of(&blocks[arm.block]) == span);
        let block = &blocks[home];
        let end = if is_common(block.span, &|other| other.span) { block.span } else { around };
        let spans = block.insts.iter().enumerate().map(|(at, inst)| {
            if is_common(inst.span, &|other| other.insts[at].span) { inst.span } else { around }
        });
        let spans: Vec<_> = spans.collect();
        let block = &mut self.body.blocks[home];
        block.span = end;
        block.insts.iter_mut().zip(spans).for_each(|(inst, span)| inst.span = span);
    }

    /// A table says for each number which of the few ways left it goes.
    fn lead_by_table(self, index: ValueId, word: ValueId, mut tables: Tables) {
        let Choice { head, cases, default, .. } = self.choice;
        let mut by_index = vec![&default; self.range.count];
        cases.iter().for_each(|(number, target)| by_index[self.range.index(*number)] = target);
        let mut ways: Vec<&Target> = Vec::new();
        let mut elements = Vec::new();
        for (index, target) in by_index.into_iter().enumerate() {
            let known = ways.iter().position(|way| *way == target);
            elements.push((index, known.unwrap_or(ways.len()) as u64));
            if known.is_none() {
                ways.push(target);
            }
        }
        let inside = self.body.blocks.push(edit::empty_block(self.body.blocks[head].span));
        let mut code = Code::behind(self.body, inside);
        let terminator = match ways.as_slice() {
            [way] => Terminator::Jump((*way).clone()),
            [first @ .., last] => {
                let way = code.element(tables.numbers(self.globals, &elements), word);
                let cases = first.iter().enumerate().map(|(way, target)| (way as u128, (*target).clone()));
                Terminator::Switch { value: way, cases: cases.collect(), default: (*last).clone() }
            }
            [] => Terminator::Jump(default.clone()),
        };
        code.finish();
        self.body.blocks[inside].terminator = terminator;
        let inside = Target { block: inside, args: Vec::new() };
        let mut code = Code::behind(self.body, head);
        let terminator = match code.is_below(index, self.range.count) {
            Some(condition) => Terminator::Branch { condition, then: inside, otherwise: default },
            None => Terminator::Jump(inside),
        };
        code.finish();
        self.body.blocks[head].terminator = terminator;
        tables.write(self.globals);
    }
}

fn wide(cases: Cases) -> Vec<(u128, Target)> {
    cases.into_iter().map(|(number, target)| (number.into(), target)).collect()
}

/// What stands for the constant `result` in the code of all arms.
fn element(
    code: &mut Code,
    globals: &mut IdVec<GlobalId, Global>,
    tables: &mut Tables,
    word: ValueId,
    (pieces, result): (&[(usize, Piece)], ValueId),
) -> ValueId {
    let ty = code.ty(result);
    let number = |tables: &mut Tables, piece: Piece, globals: &mut IdVec<GlobalId, Global>| match piece {
        Piece::Number(number) => number,
        Piece::Text(text) => tables.offset_of(globals, text),
    };
    let numbers: Vec<Element> =
        pieces.iter().map(|&(index, piece)| (index, number(tables, piece, globals))).collect();
    match ty {
        Type::Pointer => {
            let bytes = code.numbers(globals, tables, &numbers, Type::WORD, word);
            let base = code.push(Type::Pointer, Op::Const(Constant::Global(tables.texts(globals))));
            code.push(Type::Pointer, Op::Offset { base, bytes })
        }
        Type::Float(bits) => {
            let bits = code.numbers(globals, tables, &numbers, Type::Int(bits), word);
            code.push(ty, Op::Convert(Convert::Bits, bits))
        }
        _ => code.numbers(globals, tables, &numbers, ty, word),
    }
}
