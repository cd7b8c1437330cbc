//! Finds choices: a switch, a chain of tests of one value, or one behind the other.
//!
//! In: a body. Out: the value, where each number leads, and where the others do.

use crate::cfg::Cfg;
use crate::edit;
use crate::graph::*;
use koru_base::idx::IdVec;
use rustc_hash::FxHashSet;

/// Numbers, and where they lead.
pub type Cases = Vec<(u64, Target)>;

/// Where a value leads.
pub struct Choice {
    /// The block where the choice begins.
    pub head: BlockId,
    pub value: ValueId,
    /// No number occurs twice.
    pub cases: Cases,
    pub default: Target,
    /// Blocks behind the head that only test the value further.
    pub tests: Vec<BlockId>,
}

/// What is known of the values of a body.
pub struct Facts {
    /// Numbers of at most 64 bits.
    numbers: IdVec<ValueId, Option<u64>>,
    tests: IdVec<ValueId, Option<Test>>,
}

/// Whether `value` is this number, or whether it is another.
#[derive(Clone, Copy)]
struct Test {
    value: ValueId,
    number: u64,
    is_equal: bool,
}

impl Facts {
    pub fn of(body: &Body) -> Facts {
        let mut facts = Facts {
            numbers: body.values.iter().map(|_| None).collect(),
            tests: body.values.iter().map(|_| None).collect(),
        };
        let insts = || body.blocks.iter().flat_map(|block| &block.insts);
        for inst in insts() {
            if let Op::Const(constant) = inst.op {
                facts.numbers[inst.results[0]] = number(constant, body.values[inst.results[0]]);
            }
        }
        for inst in insts() {
            if let Op::Compare(op @ (Compare::Equal | Compare::NotEqual), left, right) = inst.op {
                let test = |value, number| Test { value, number, is_equal: op == Compare::Equal };
                let right_is = facts.numbers[right].map(|number| test(left, number));
                facts.tests[inst.results[0]] =
                    right_is.or_else(|| facts.numbers[left].map(|number| test(right, number)));
            }
        }
        facts
    }
}

/// The bits of a number of at most 64 of them.
pub fn number(constant: Constant, ty: Type) -> Option<u64> {
    match (ty, constant) {
        (Type::Int(..=64), Constant::Int(bits)) | (Type::Float(..=64), Constant::Float(bits)) => {
            u64::try_from(bits).ok()
        }
        (Type::Int(..=64) | Type::Float(..=64), Constant::Zero) => Some(0),
        _ => None,
    }
}

impl Choice {
    /// The choice that begins in a block.
    pub fn at(body: &Body, cfg: &Cfg, facts: &Facts, head: BlockId) -> Option<Choice> {
        let (value, found, mut default) = step(body, facts, head)?;
        let mut cases = Vec::new();
        let mut seen = FxHashSet::default();
        let mut add = |found: Cases| {
            cases.extend(found.into_iter().filter(|(number, _)| seen.insert(*number)));
        };
        add(found);
        let mut tests = Vec::new();
        while is_only_test(body, cfg, &default)
            && let Some((asked, found, next)) = step(body, facts, default.block)
            && asked == value
        {
            tests.push(default.block);
            add(found);
            default = next;
        }
        Some(Choice { head, value, cases, default, tests })
    }
}

/// What the end of one block asks: of which value, where numbers lead, where the others do.
fn step(body: &Body, facts: &Facts, block: BlockId) -> Option<(ValueId, Cases, Target)> {
    match &body.blocks[block].terminator {
        Terminator::Switch { value, cases, default } => {
            let is_small = matches!(body.values[*value], Type::Int(..=64));
            let cases = cases.iter().map(|(number, target)| (*number as u64, target.clone()));
            is_small.then(|| (*value, cases.collect(), default.clone()))
        }
        Terminator::Branch { condition, then, otherwise } => {
            let test = facts.tests[*condition]?;
            let is_number = matches!(body.values[test.value], Type::Int(_));
            let (case, default) = if test.is_equal { (then, otherwise) } else { (otherwise, then) };
            is_number.then(|| (test.value, vec![(test.number, case.clone())], default.clone()))
        }
        _ => None,
    }
}

/// Does a way lead to a block of its own that has no effect and holds nothing but constants and comparisons?
fn is_only_test(body: &Body, cfg: &Cfg, target: &Target) -> bool {
    let is_test = |inst: &Inst| matches!(inst.op, Op::Const(_) | Op::Compare(..));
    let block = &body.blocks[target.block];
    edit::is_own(body, cfg, target) && block.insts.iter().all(is_test)
}
