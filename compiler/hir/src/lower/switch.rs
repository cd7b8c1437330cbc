//! `switch`: on integers, bools, enums and errors.
//!
//! In: cases that do not overlap. Out: one switch of the graph; long ranges are compared before.

use super::arithmetic::{Number, comparison};
use super::code::{Code, Dest, Lowered};
use super::constant::cut;
use super::place::bit_count;
use crate::ids::TypeId;
use crate::layout::error_number;
use crate::tree::{Compare, Expr, SwitchCase};
use crate::value::Value;
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{BlockId, Op, Terminator, ValueId};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// A range of more numbers is compared with its ends.
const LONGEST_RANGE: u64 = 32;

impl<'a> Code<'a, '_> {
    /// `switch (operand) { .. }`
    pub fn switch(
        &mut self,
        ty: TypeId,
        operand: &'a Expr,
        cases: &'a [SwitchCase],
        otherwise: Option<&'a Expr>,
        dest: Dest,
    ) -> Option<Lowered> {
        let Some(&value) = self.leaves(operand)?.first() else {
            // A type of one value: the only case, or the rest.
            let only = cases.first().map(|case| &case.body).or(otherwise)?;
            return self.lower(only, dest);
        };
        let mut join = self.join(ty, dest);
        let blocks: Vec<_> = cases.iter().map(|_| self.builder.block(&[])).collect();
        let rest = self.builder.block(&[]);
        let signed = self.number(operand.ty) == Number::Signed;
        self.pick(value, signed, cases, &blocks, rest);
        for (case, &block) in cases.iter().zip(&blocks) {
            self.arm(block, &case.body, &mut join);
        }
        match otherwise {
            Some(otherwise) => self.arm(rest, otherwise, &mut join),
            None => self.panic_in(rest, super::check::Panic::Enum),
        }
        self.meet(join)
    }

    /// Goes on at the block of the case a value is in.
    fn pick(
        &mut self,
        value: ValueId,
        is_signed: bool,
        cases: &[SwitchCase],
        blocks: &[BlockId],
        rest: BlockId,
    ) {
        let target = |block| flow::Target { block, args: Vec::new() };
        let bits = bit_count(self.builder.ty(value));
        let mut short = Vec::new();
        for (case, &block) in cases.iter().zip(blocks) {
            for (first, last) in &case.ranges {
                let (first, last) = (self.case_number(first), self.case_number(last));
                match (&last - &first).to_u64() {
                    // The cases of a switch have 128 bits.
                    Some(count) if count < LONGEST_RANGE && bits <= 128 => {
                        let numbers = (0..=count).map(|step| cut(&(&first + BigInt::from(step)), bits));
                        short.extend(numbers.map(|number| (number, target(block))));
                    }
                    _ => self.pick_range(value, is_signed, (&first, &last), block),
                }
            }
        }
        if short.is_empty() {
            self.builder.jump(rest, Vec::new());
        } else {
            let default = target(rest);
            self.builder.terminate(Terminator::Switch { value, cases: short, default });
        }
    }

    /// Goes on at `block` if a value is in a range, else here.
    fn pick_range(&mut self, value: ValueId, is_signed: bool, range: (&BigInt, &BigInt), block: BlockId) {
        let ty = self.builder.ty(value);
        let kind = if is_signed { Number::Signed } else { Number::Unsigned };
        let first = self.whole_number(ty, range.0);
        let last = self.whole_number(ty, range.1);
        let from = self.flag(comparison(Compare::GreaterEqual, kind), value, first);
        let to = self.flag(comparison(Compare::LessEqual, kind), value, last);
        let inside = self.builder.push(flow::Type::BOOL, Op::Binary(flow::Binary::And, from, to));
        let next = self.builder.block(&[]);
        self.builder.branch(inside, block, next);
        self.builder.switch_to(next);
    }

    fn case_number(&mut self, value: &Value) -> BigInt {
        match value {
            Value::Int(number) => number.clone(),
            Value::Bool(value) => BigInt::from(u8::from(*value)),
            Value::Error(name) => BigInt::from(error_number(self.cx, *name)),
            other => bug!("lower", "a case of {other:?}"),
        }
    }
}
