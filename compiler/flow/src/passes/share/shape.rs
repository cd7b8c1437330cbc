//! Which arms of a choice are the same but for their constants.
//!
//! In: a choice. Out: its shapes, each with the arms that have it. What an arm makes is numbered by its place in it, and
//! a constant that a table could hold stands for any: what is left is compared.

use super::choice::{self, Choice};
use crate::cfg::Cfg;
use crate::edit;
use crate::graph::*;
use koru_base::idx::IdVec;
use rustc_hash::FxHashMap;

/// So many arms of one shape make sharing worth a table.
const FEW: usize = 4;
/// What has more bytes is no text.
const LARGEST: u64 = 1 << 16;
/// An arm of more instructions is none that was written for a table.
const LONGEST: usize = 200;

/// Arms that are the same but for their constants.
pub struct Shape {
    form: Form,
    /// Which instructions are the constants, in order.
    pub places: Vec<usize>,
    pub arms: Vec<Arm>,
}

/// One arm of a shape.
pub struct Arm {
    /// Of the choice's cases, which.
    pub case: usize,
    pub number: u64,
    pub block: BlockId,
    pub pieces: Vec<Piece>,
}

/// A constant that a table can hold.
#[derive(Clone, Copy, PartialEq)]
pub enum Piece {
    /// Its bits.
    Number(u64),
    /// The address of data.
    Text(GlobalId),
}

impl Shape {
    /// Do arms differ in this piece?
    pub fn differs_in(&self, piece: usize) -> bool {
        self.arms.iter().any(|arm| arm.pieces[piece] != self.arms[0].pieces[piece])
    }

    /// Drops arms with a text that something else names too: in a table it would have a second address.
    fn keep_addresses(&mut self, mentions: &Mentions) {
        loop {
            let mut here = Mentions::default();
            let moved: Vec<_> = (0..self.places.len()).filter(|&piece| self.differs_in(piece)).collect();
            let texts = |arm: &Arm| {
                let text = |&piece: &usize| match arm.pieces[piece] {
                    Piece::Text(id) => Some(id),
                    Piece::Number(_) => None,
                };
                moved.iter().filter_map(text).collect::<Vec<_>>()
            };
            for text in self.arms.iter().flat_map(texts) {
                *here.entry(text).or_default() += 1;
            }
            let before = self.arms.len();
            self.arms.retain(|arm| texts(arm).iter().all(|text| mentions.get(text) == here.get(text)));
            if self.arms.len() == before {
                return;
            }
        }
    }
}

/// How often the graph names each of its globals.
pub type Mentions = FxHashMap<GlobalId, usize>;

/// The shapes of a choice that enough arms have.
pub fn shapes(
    body: &Body,
    globals: &IdVec<GlobalId, Global>,
    mentions: &Mentions,
    cfg: &Cfg,
    choice: &Choice,
) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for (case, (number, target)) in choice.cases.iter().enumerate() {
        let block = &body.blocks[target.block];
        if !edit::is_own(body, cfg, target) || block.insts.len() > LONGEST {
            continue;
        }
        let (form, places, pieces) = Form::of(body, globals, block);
        let arm = Arm { case, number: *number, block: target.block, pieces };
        match shapes.iter_mut().find(|shape| shape.form == form) {
            Some(shape) => shape.arms.push(arm),
            None => shapes.push(Shape { form, places, arms: vec![arm] }),
        }
    }
    shapes.iter_mut().for_each(|shape| shape.keep_addresses(mentions));
    shapes.retain(|shape| shape.arms.len() >= FEW);
    shapes
}

/// What an arm does, whatever its constants are.
#[derive(PartialEq)]
struct Form {
    steps: Vec<(Op, Vec<Type>)>,
    end: Terminator,
}

impl Form {
    /// The form of a block, which of its instructions are constants, and these.
    fn of(body: &Body, globals: &IdVec<GlobalId, Global>, block: &Block) -> (Form, Vec<usize>, Vec<Piece>) {
        let (mut steps, mut places, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = FxHashMap::default();
        let written: Vec<_> = block.insts.iter().flat_map(|inst| spelled(&inst.op)).collect();
        let rename = |own: &FxHashMap<ValueId, ValueId>, value: &mut ValueId| {
            *value = own.get(value).copied().unwrap_or(*value);
        };
        for (at, inst) in block.insts.iter().enumerate() {
            let mut op = inst.op.clone();
            if let Op::Const(constant) = &mut op
                && !written.contains(&inst.results[0])
                && let Some(piece) = piece(globals, *constant, body.values[inst.results[0]])
            {
                *constant = stand_in(piece);
                places.push(at);
                pieces.push(piece);
            }
            op.operands_mut(|value| rename(&own, value));
            steps.push((op, inst.results.iter().map(|&result| body.values[result]).collect()));
            for &result in &inst.results {
                own.insert(result, ValueId(u32::MAX - own.len() as u32));
            }
        }
        let mut end = block.terminator.clone();
        end.operands_mut(|value| rename(&own, value));
        (Form { steps, end }, places, pieces)
    }
}

/// What the assembler has to see as constants.
fn spelled(op: &Op) -> Vec<ValueId> {
    match op {
        Op::Asm(asm) => asm.inputs.iter().map(|(_, value)| *value).collect(),
        _ => Vec::new(),
    }
}

/// The constant as a piece, if a table can hold it.
fn piece(globals: &IdVec<GlobalId, Global>, constant: Constant, ty: Type) -> Option<Piece> {
    let Constant::Global(id) = constant else { return choice::number(constant, ty).map(Piece::Number) };
    let Global { is_const, is_threadlocal, linkage, relocations, size, .. } = &globals[id];
    let is_data = *size <= LARGEST
        && *is_const
        && !is_threadlocal
        && *linkage == Linkage::Internal
        && relocations.is_empty();
    is_data.then_some(Piece::Text(id))
}

/// What stands for any piece of its kind.
fn stand_in(piece: Piece) -> Constant {
    match piece {
        Piece::Number(_) => Constant::Zero,
        Piece::Text(_) => Constant::Global(GlobalId(u32::MAX)),
    }
}
