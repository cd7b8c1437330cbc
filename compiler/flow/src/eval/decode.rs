//! Bodies to flat code, once a function.
//!
//! In: a function of a verified graph. Out: [`Decoded`]. Nothing is optimised: the gain is that no
//! step looks up a type, a block or a list.

mod inst;
mod operands;
mod order;

use super::code::*;
use super::value::Shape;
use super::{FailureKind, Refusal, limits};
use crate::graph::*;
use koru_base::Span;
use koru_base::idx::{Id, IdVec};
use operands::Operands;
use rustc_hash::FxHashSet;

/// The flat form of a function that has a body.
pub(super) fn decode(function: &Function, body: &Body) -> Decoded {
    let mut decoder = Decoder::new(body);
    for block in body.blocks.iter() {
        decoder.starts.push(decoder.codes.len() as u32);
        let decision = decoder.operands.decision(body, block);
        let insts = &block.insts[..block.insts.len() - usize::from(decision.is_some())];
        for inst in insts.iter().filter(|inst| !decoder.operands.is_idle(inst)).collect::<Vec<_>>() {
            let code = decoder.inst(inst);
            decoder.push(code, inst.span);
        }
        let code = match (decision, &block.terminator) {
            (Some(decision), Terminator::Branch { then, otherwise, .. }) => {
                decoder.branch(decision, then, otherwise)
            }
            (_, terminator) => decoder.terminator(terminator),
        };
        decoder.push(code, block.span);
    }
    decoder.finish(function)
}

/// Refuses bodies whose values do not fit any register file, so that numbers of registers always do.
pub(super) fn check_size(body: &Body) -> Result<(), Refusal> {
    let words: u64 = body.values.iter().map(|&ty| Shape::of(ty).words() as u64).sum();
    if words < MOST_REGISTERS {
        return Ok(());
    }
    Err(Refusal::new(FailureKind::Memory, "the values of one function do not fit into memory"))
}

/// With scratch, and 24 bytes each, more than the limit of memory.
const MOST_REGISTERS: u64 = 1 << 26;

struct Decoder<'a> {
    body: &'a Body,
    operands: Operands,
    /// The first register of each value.
    places: IdVec<ValueId, Register>,
    registers: u32,
    /// Registers beyond those of values, for block arguments that change places.
    scratch: u32,
    starts: Vec<u32>,
    codes: Vec<Code>,
    spans: Vec<Span>,
    /// Positions are numbers of blocks until all starts are known.
    edges: Vec<Edge>,
    calls: Vec<CallPlan>,
    exits: Vec<Box<[Register]>>,
    switches: Vec<SwitchPlan>,
}

/// Marks a position that is no block's start.
const IN_BLOCK: u32 = 1 << 31;

impl<'a> Decoder<'a> {
    fn new(body: &'a Body) -> Decoder<'a> {
        let mut places: IdVec<ValueId, Register> = body.values.iter().map(|_| 0).collect();
        let mut registers = 0;
        let params = &body.blocks[BlockId(0)].params;
        let is_param: FxHashSet<ValueId> = params.iter().copied().collect();
        let others = body.values.ids().filter(|value| !is_param.contains(value));
        for value in params.iter().copied().chain(others) {
            places[value] = registers;
            registers += Shape::of(body.values[value]).words() as u32;
        }
        let (starts, codes, spans, edges) = Default::default();
        let (calls, exits, switches) = Default::default();
        let operands = Operands::of(body);
        Decoder {
            body,
            operands,
            places,
            registers,
            scratch: 0,
            starts,
            codes,
            spans,
            edges,
            calls,
            exits,
            switches,
        }
    }

    fn push(&mut self, code: Code, span: Span) {
        self.codes.push(code);
        self.spans.push(span);
    }

    fn finish(mut self, function: &Function) -> Decoded {
        let starts = &self.starts;
        let resolve = |position: &mut u32| {
            *position =
                if *position & IN_BLOCK == 0 { starts[*position as usize] } else { *position & !IN_BLOCK };
        };
        self.edges.iter_mut().for_each(|edge| resolve(&mut edge.position));
        let exits = self.calls.iter_mut().flat_map(|call| call.exits.iter_mut());
        exits.for_each(|exit| resolve(&mut exit.position));
        Decoded {
            name: function.name,
            registers: (self.registers + self.scratch) as usize,
            slots: slot_plans(self.body),
            entry_steps: steps(&self.body.blocks[BlockId(0)]).into(),
            codes: self.codes.into(),
            spans: self.spans.into(),
            edges: self.edges.into(),
            calls: self.calls.into(),
            exits: self.exits.into(),
            switches: self.switches.into(),
        }
    }

    fn place(&self, value: ValueId) -> Register {
        self.places[value]
    }

    fn shape(&self, value: ValueId) -> Shape {
        Shape::of(self.body.values[value])
    }

    /// All registers of values, in order.
    fn registers_of(&self, values: &[ValueId]) -> Box<[Register]> {
        let of = |&value: &ValueId| self.place(value)..self.place(value) + self.shape(value).words() as u32;
        values.iter().flat_map(of).collect()
    }

    fn terminator(&mut self, terminator: &Terminator) -> Code {
        match terminator {
            Terminator::Jump(target) => Code::Jump(self.edge(target)),
            Terminator::Branch { condition, then, otherwise } => Code::Branch {
                condition: self.place(*condition),
                then: self.edge(then),
                otherwise: self.edge(otherwise),
            },
            Terminator::Switch { value, cases, default } => {
                let mut cases: Vec<_> =
                    cases.iter().map(|(case, target)| (*case, self.edge(target))).collect();
                cases.sort_unstable();
                let default = self.edge(default);
                let (words, value) = (self.shape(*value).words(), self.place(*value));
                self.switches.push(SwitchPlan { value, words, cases: cases.into(), default });
                Code::Switch(self.switches.len() as u32 - 1)
            }
            Terminator::Exit { index, values } => {
                self.exits.push(self.registers_of(values));
                Code::Exit { index: *index, values: self.exits.len() as u32 - 1 }
            }
            Terminator::Call { callee, args, exits } => {
                let exits = exits.iter().map(|&block| self.exit_to(block)).collect();
                self.call(callee, args, exits)
            }
            Terminator::Unreachable => Code::Unreachable,
            Terminator::Trap => Code::Trap,
        }
    }

    /// A branch that compares.
    fn branch(&mut self, (op, a, b): (Compare, ValueId, ValueId), then: &Target, otherwise: &Target) -> Code {
        let (width, number) = (self.shape(a).bits as u8, self.operands.number(b));
        let (a, b) = (self.place(a), self.place(b));
        let then = self.edge(then);
        self.edge(otherwise);
        match number {
            Some(with) => Code::BranchWith { op, width, a, with, then },
            None => Code::BranchBy { op, width, a, b, then },
        }
    }

    fn edge(&mut self, target: &Target) -> u32 {
        let block = &self.body.blocks[target.block];
        let from = self.registers_of(&target.args);
        let to = self.registers_of(&block.params);
        let moves = order::in_order(&from, &to, self.registers);
        let scratch = moves.iter().map(|&(_, to)| (to + 1).saturating_sub(self.registers)).max();
        self.scratch = self.scratch.max(scratch.unwrap_or(0));
        let steps = steps(block) + limits::steps_of_words(moves.len());
        self.edges.push(Edge { moves, position: target.block.index() as u32, steps });
        self.edges.len() as u32 - 1
    }

    fn exit_to(&self, block: BlockId) -> ExitPlan {
        let target = &self.body.blocks[block];
        let results = self.registers_of(&target.params);
        let steps = steps(target) + limits::steps_of_words(results.len());
        ExitPlan { results, position: block.index() as u32, steps }
    }

    fn call(&mut self, callee: &Callee, args: &[ValueId], exits: Box<[ExitPlan]>) -> Code {
        let callee = match callee {
            Callee::Function(id) => CalleePlan::Function(*id),
            Callee::Pointer { address, signature } => {
                CalleePlan::Pointer { address: self.place(*address), signature: signature.clone() }
            }
        };
        self.calls.push(CallPlan { callee, args: self.registers_of(args), exits });
        Code::Call(self.calls.len() as u32 - 1)
    }
}

/// What entering a block costs: its instructions and its terminator.
fn steps(block: &Block) -> u32 {
    block.insts.len() as u32 + 1
}

fn slot_plans(body: &Body) -> Box<[SlotPlan]> {
    let insts = body.blocks.iter().flat_map(|block| &block.insts);
    let marked: FxHashSet<SlotId> = insts
        .filter_map(|inst| match inst.op {
            Op::SlotLive(slot) | Op::SlotDead(slot) => Some(slot),
            _ => None,
        })
        .collect();
    let plan = |(id, &slot)| SlotPlan { slot, is_always_live: !marked.contains(&id) };
    body.slots.enumerate().map(plan).collect()
}
