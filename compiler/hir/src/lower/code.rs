//! The code being lowered: where its locals live, what is open around the cursor.
//!
//! In: a body and its shape. Out: a graph's body. A `None` from any method means that control does not
//! come back from there; whoever gets it stops. Every file beside this one adds methods to [`Code`].

use super::constant::cut;
use super::foreign::Pass;
use super::memory::{Address, Base};
use super::place::bit_count;
use super::shape::{self, Shape};
use super::{Lowering, control, event, tidy, watch};
use crate::context::Context;
use crate::ids::{LabelId, LocalId, TypeId};
use crate::layout::{TypeLayout, layout};
use crate::tree::{Body, Expr};
use koru_base::idx::IdVec;
use koru_base::{Span, bug};
use koru_flow as flow;
use koru_flow::builder::Builder;
use koru_flow::{Constant, Op, SlotId, ValueId};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A function while it is lowered.
pub(super) struct Code<'a, 'w> {
    pub cx: &'a mut Context<'w>,
    pub program: &'a mut Lowering,
    pub builder: Builder,
    pub body: &'a Body,
    pub shape: Rc<Shape>,
    /// Where each exit's result goes, for exits whose result is not flat.
    pub result_slots: Vec<Option<Address>>,
    pub homes: IdVec<LocalId, Option<Home>>,
    pub labels: FxHashMap<LabelId, control::Label>,
    pub entries: FxHashMap<LabelId, event::Entry>,
    /// Innermost last. The first is the function's own.
    pub scopes: Vec<Scope<'a>>,
    /// Does a jump lead into a labelled call from beside it? Then bindings live in memory, since what
    /// is bound on one way to the call is not on another.
    pub has_side_jumps: bool,
    /// The code that sees each local, where debuggers are told of them.
    pub watched: Option<FxHashMap<LocalId, Span>>,
    /// Constants and addresses of slots, each made once a block.
    known: FxHashMap<(flow::BlockId, flow::Type, u8, u128), ValueId>,
}

/// Where a local is.
#[derive(Clone, Debug)]
pub(super) enum Home {
    Leaves(Vec<ValueId>),
    Memory(Address),
}

/// A lowered value.
#[derive(Clone, Debug)]
pub(super) enum Lowered {
    /// Of a flat type.
    Leaves(Vec<ValueId>),
    /// Of another. What is there must not be changed while the value is used.
    Memory(Address),
}

/// What is to happen with a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dest {
    /// It is given back: [`Lowered`].
    Value,
    /// It is dropped.
    Discard,
    /// It is written there.
    Memory(Address),
    /// The function returns it.
    Return,
}

/// A block whose defers have yet to run.
#[derive(Clone, Default)]
pub(super) struct Scope<'a> {
    pub defers: Vec<Deferred<'a>>,
    pub slots: Vec<SlotId>,
}

/// What runs when a scope is left.
#[derive(Clone, Copy)]
pub(super) struct Deferred<'a> {
    pub body: &'a Expr,
    pub only_failing: bool,
    /// Holds the error.
    pub error: Option<LocalId>,
}

/// Lowers a body.
pub(super) fn lower_body(
    cx: &mut Context,
    program: &mut Lowering,
    shape: Rc<Shape>,
    span: Span,
    body: &Body,
) -> flow::Body {
    let watched = program.is_watched.then(|| watch::scopes(body, span));
    let mut builder = Builder::new(&shape.signature.params);
    builder.span = span;
    let mut code = Code {
        cx,
        program,
        builder,
        body,
        shape,
        result_slots: Vec::new(),
        homes: body.locals.iter().map(|_| None).collect(),
        labels: FxHashMap::default(),
        entries: FxHashMap::default(),
        scopes: vec![Scope::default()],
        has_side_jumps: event::has_side_jumps(body),
        watched,
        known: FxHashMap::default(),
    };
    code.begin();
    if let Some(root) = &body.root
        && code.run(root).is_some()
    {
        code.fall_off_end();
    } else if body.root.is_none() {
        code.fall_off_end();
    }
    code.finish_entries();
    tidy::tidy(code.builder.finish())
}

impl<'a, 'w> Code<'a, 'w> {
    /// Gives parameters and result slots their homes.
    fn begin(&mut self) {
        let values = self.builder.params(self.builder.current()).to_vec();
        let results = self.shape.results.clone();
        for passing in &results {
            let align = self.layout(passing.ty).align;
            let slot = |param: usize| Address::fresh(Base::Value(values[param]), align);
            self.result_slots.push(passing.slot.map(slot));
        }
        let mut next = results.iter().filter(|passing| passing.slot.is_some()).count();
        let shape = Rc::clone(&self.shape);
        let ways =
            shape.foreign.iter().flat_map(|foreign| &foreign.params).map(Some).chain(std::iter::repeat(None));
        for (&param, way) in self.body.params.iter().zip(ways) {
            let ty = self.body.locals[param].ty;
            let layout = self.layout(ty);
            if let Some(pass) = way.filter(|way| **way != Pass::Leaves) {
                let count = if let Pass::Pieces(pieces) = pass { pieces.len() } else { 1 };
                let value = self.foreign_parameter(&values[next..next + count], ty, pass);
                next += count;
                self.bind(param, value);
                continue;
            }
            let value = match &layout.leaves {
                Some(leaves) => Lowered::Leaves(values[next..next + leaves.len()].to_vec()),
                None => Lowered::Memory(Address::of(Base::Value(values[next]), layout.align)),
            };
            next += layout.leaves.as_ref().map_or(1, Vec::len);
            // A parameter in memory is the caller's: to be written to, it must be copied.
            if matches!(value, Lowered::Memory(_)) && self.body.locals[param].is_mutable {
                let home = self.temporary(ty);
                self.deliver(value, ty, Dest::Memory(home));
                self.homes[param] = Some(Home::Memory(home));
                self.show(param);
            } else {
                self.bind(param, value);
            }
        }
    }

    /// A parameter that came as C passes it: in pieces, or in memory that is the function's own.
    fn foreign_parameter(&mut self, values: &[ValueId], ty: TypeId, pass: &Pass) -> Lowered {
        match pass {
            Pass::Pieces(pieces) => self.joined(values, ty, pieces),
            _ => {
                let align = self.layout(ty).align;
                self.load(ty, Address::of(Base::Value(values[0]), align))
            }
        }
    }

    /// Gives a local a value that is its own from now on.
    pub fn bind(&mut self, local: LocalId, value: Lowered) {
        let ty = self.body.locals[local].ty;
        let home = match value {
            // What is in hand on one way to a labelled call is not on another; slots always are.
            Lowered::Memory(Address { base: Base::Value(_), .. }) if self.has_side_jumps => {
                let address = self.temporary(ty);
                self.deliver(value, ty, Dest::Memory(address));
                Home::Memory(address)
            }
            Lowered::Memory(address) => Home::Memory(address),
            Lowered::Leaves(leaves) if !self.lives_in_memory(local) => Home::Leaves(leaves),
            Lowered::Leaves(leaves) => {
                let address = self.temporary(ty);
                self.store(ty, address, &leaves);
                Home::Memory(address)
            }
        };
        self.homes[local] = Some(home);
        self.show(local);
    }

    /// Must a local of a flat type have an address?
    pub fn lives_in_memory(&self, local: LocalId) -> bool {
        let local = &self.body.locals[local];
        local.is_mutable || local.is_addressed || self.has_side_jumps
    }

    /// Where a local is.
    pub fn home(&self, local: LocalId) -> Home {
        match &self.homes[local] {
            Some(home) => home.clone(),
            None => bug!("lower", "{} `{}` is used before it is bound", local, self.body.locals[local].name),
        }
    }

    /// The layout of a type.
    pub fn layout(&mut self, ty: TypeId) -> Rc<TypeLayout> {
        layout(self.cx, ty)
    }

    /// The types of the leaves of a flat type.
    pub fn leaf_types(&mut self, ty: TypeId) -> Vec<flow::Type> {
        shape::leaf_types(self.cx, ty).unwrap_or_default()
    }

    /// A constant, made once a block.
    pub fn constant(&mut self, ty: flow::Type, constant: Constant) -> ValueId {
        let (kind, number) = match constant {
            Constant::Int(number) => (0, number),
            Constant::Float(bits) => (1, bits),
            Constant::Zero => (2, 0),
            Constant::Undefined => (3, 0),
            Constant::Function(id) => (4, id.0.into()),
            Constant::Global(id) => (5, id.0.into()),
        };
        self.once((ty, kind, number), Op::Const(constant))
    }

    /// The address of a slot, made once a block.
    pub fn slot_address(&mut self, slot: SlotId) -> ValueId {
        self.once((flow::Type::Pointer, 6, slot.0.into()), Op::Slot(slot))
    }

    fn once(&mut self, (ty, kind, number): (flow::Type, u8, u128), op: Op) -> ValueId {
        let key = (self.builder.current(), ty, kind, number);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let value = self.builder.push(ty, op);
        self.known.insert(key, value);
        value
    }

    /// An integer of a type, cut to its width; for vectors in every lane.
    pub fn int(&mut self, ty: flow::Type, number: i128) -> ValueId {
        if let flow::Type::Vector(flow::Scalar::Int(bits), _) = ty {
            let lane = self.int(flow::Type::Int(bits), number);
            return self.builder.push(ty, Op::Splat(lane));
        }
        let number = match ty {
            flow::Type::Int(129..) if number < 0 => {
                // A constant of the graph has 128 bits, those above are 0.
                let turned = self.int(ty, !number);
                return self.not(turned);
            }
            flow::Type::Int(bits) if bits < 128 => number as u128 & ((1 << bits) - 1),
            _ => number as u128,
        };
        self.constant(ty, Constant::Int(number))
    }

    /// An integer of any size: one of more bits than a constant has is put together of words.
    pub fn whole_number(&mut self, ty: flow::Type, number: &BigInt) -> ValueId {
        if bit_count(ty) <= 128 {
            return self.int(ty, cut(number, bit_count(ty)) as i128);
        }
        if let Some(number) = number.to_i128() {
            return self.int(ty, number);
        }
        let high = self.whole_number(ty, &(number >> 64));
        let count = self.int(ty, 64);
        let high = self.op2(flow::Binary::ShiftLeft, high, count);
        let low = self.int(ty, cut(number, 64) as i128);
        self.op2(flow::Binary::Or, high, low)
    }

    /// A word.
    pub fn word(&mut self, number: u64) -> ValueId {
        self.constant(flow::Type::WORD, Constant::Int(number.into()))
    }

    /// A bool.
    pub fn bool(&mut self, value: bool) -> ValueId {
        self.constant(flow::Type::BOOL, Constant::Int(value.into()))
    }
}
