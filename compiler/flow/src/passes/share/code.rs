//! Appends code to a block of a body that is being changed.

use super::tables::{Column, Element, Tables};
use crate::graph::*;
use koru_base::Span;
use koru_base::idx::IdVec;

/// The end of a block, in front of its terminator.
pub struct Code<'a> {
    body: &'a mut Body,
    block: BlockId,
    insts: Vec<Inst>,
    /// What the next instructions come from.
    pub span: Span,
}

impl<'a> Code<'a> {
    pub fn behind(body: &'a mut Body, block: BlockId) -> Code<'a> {
        let span = body.blocks[block].span;
        let insts = std::mem::take(&mut body.blocks[block].insts);
        Code { body, block, insts, span }
    }

    pub fn finish(self) {
        self.body.blocks[self.block].insts = self.insts;
    }

    pub fn ty(&self, value: ValueId) -> Type {
        self.body.values[value]
    }

    pub fn append(&mut self, inst: Inst) {
        self.insts.push(inst);
    }

    pub fn push(&mut self, ty: Type, op: Op) -> ValueId {
        let result = self.body.values.push(ty);
        self.insts.push(Inst { results: vec![result], op, span: self.span });
        result
    }

    pub fn number(&mut self, ty: Type, number: u64) -> ValueId {
        self.push(ty, Op::Const(Constant::Int(number.into())))
    }

    /// An integer in another type: its lowest bits, or with zeros before them.
    pub fn resize(&mut self, value: ValueId, to: Type) -> ValueId {
        let convert = match (self.ty(value), to) {
            (Type::Int(from), Type::Int(to)) if from < to => Convert::ExtendUnsigned,
            (Type::Int(from), Type::Int(to)) if from > to => Convert::Truncate,
            _ => return value,
        };
        self.push(to, Op::Convert(convert, value))
    }

    /// Is an integer less than this? Nothing if all of its type are.
    pub fn is_below(&mut self, value: ValueId, count: usize) -> Option<ValueId> {
        let ty = self.ty(value);
        if let Type::Int(bits @ ..64) = ty
            && count as u64 >= 1 << bits
        {
            return None;
        }
        let count = self.number(ty, count as u64);
        Some(self.push(Type::BOOL, Op::Compare(Compare::LessUnsigned, value, count)))
    }

    /// The element of a column whose number `word` is.
    pub fn element(&mut self, column: Column, word: ValueId) -> ValueId {
        let base = self.push(Type::Pointer, Op::Const(Constant::Global(column.global)));
        let bytes = match column.width {
            1 => word,
            width => {
                let width = self.number(Type::WORD, width.into());
                self.push(Type::WORD, Op::Binary(Binary::Mul, word, width))
            }
        };
        let address = self.push(Type::Pointer, Op::Offset { base, bytes });
        let op = Op::Load { address, align: column.width.into(), is_volatile: false };
        self.push(Type::Int(8 * u16::from(column.width)), op)
    }

    /// The number that belongs to an index, as an integer of type `ty`: worked out, or from a table.
    pub fn numbers(
        &mut self,
        globals: &mut IdVec<GlobalId, Global>,
        tables: &mut Tables,
        numbers: &[Element],
        ty: Type,
        word: ValueId,
    ) -> ValueId {
        let Some((first, step)) = line(numbers, ty) else {
            let element = self.element(tables.numbers(globals, numbers), word);
            return self.resize(element, ty);
        };
        let mut value = self.resize(word, ty);
        if step != 1 {
            let step = self.number(ty, step);
            value = self.push(ty, Op::Binary(Binary::Mul, value, step));
        }
        if first != 0 {
            let first = self.number(ty, first);
            value = self.push(ty, Op::Binary(Binary::Add, value, first));
        }
        value
    }
}

/// The number at index 0 and what is added for each further one, where numbers lie on a line.
fn line(numbers: &[Element], ty: Type) -> Option<(u64, u64)> {
    let (Type::Int(bits), [(from, first), (to, second), ..]) = (ty, numbers) else { return None };
    let mask = u64::MAX >> (64 - bits);
    let (rise, run) = (i128::from(*second) - i128::from(*first), *to as i128 - *from as i128);
    let step = (rise % run == 0).then(|| (rise / run) as u64 & mask)?;
    let start = first.wrapping_sub(step.wrapping_mul(*from as u64)) & mask;
    let at = |index: usize| start.wrapping_add(step.wrapping_mul(index as u64)) & mask;
    numbers.iter().all(|&(index, number)| number == at(index)).then_some((start, step))
}
