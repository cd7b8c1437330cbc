//! Random code of every operation on every kind of type: it may fail in any way, but only by a [`Failure`].
//!
//! In: a seed. The generator proposes steps with the right types for most operations; the few that are
//! still unlawful are left out by asking the verifier about the finished function.

use super::*;
use crate::eval::{Failure, Limits};
use crate::verify::verify;

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // Xorshift, as Marsaglia gave it.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

const INTS: [Type; 9] = [
    Type::Int(1),
    Type::Int(7),
    I8,
    I32,
    I64,
    Type::Int(100),
    Type::Int(128),
    Type::Int(200),
    Type::Vector(Scalar::Int(3), 5),
];
const MORE_INTS: [Type; 3] =
    [Type::Vector(Scalar::Int(32), 4), Type::Vector(Scalar::Int(200), 2), Type::Vector(Scalar::Int(1), 4)];
const FLOATS: [Type; 5] =
    [Type::Float(16), Type::Float(32), Type::Float(64), Type::Float(128), Type::Vector(Scalar::Float(32), 4)];
const POINTERS: [Type; 2] = [POINTER, Type::Vector(Scalar::Pointer, 2)];

#[rustfmt::skip]
const UNARIES: [Unary; 21] = {
    use Unary::*;
    [Not, CountLeadingZeros, CountTrailingZeros, CountOnes, ReverseBytes, ReverseBits, FloatNegate, FloatAbs,
     FloatSqrt, FloatFloor, FloatCeil, FloatTruncate, FloatRound, FloatSin, FloatCos, FloatTan, FloatExp,
     FloatExp2, FloatLog, FloatLog2, FloatLog10]
};
#[rustfmt::skip]
const BINARIES: [Binary; 28] = {
    use Binary::*;
    [Add, Sub, Mul, DivSigned, DivUnsigned, RemSigned, RemUnsigned, And, Or, Xor, ShiftLeft, ShiftRightSigned,
     ShiftRightUnsigned, AddSaturateSigned, AddSaturateUnsigned, SubSaturateSigned, SubSaturateUnsigned,
     MinSigned, MinUnsigned, MaxSigned, MaxUnsigned, FloatAdd, FloatSub, FloatMul, FloatDiv, FloatRem,
     FloatMin, FloatMax]
};
#[rustfmt::skip]
const COMPARES: [Compare; 16] = {
    use Compare::*;
    [Equal, NotEqual, LessSigned, LessEqualSigned, GreaterSigned, GreaterEqualSigned, LessUnsigned,
     LessEqualUnsigned, GreaterUnsigned, GreaterEqualUnsigned, FloatEqual, FloatNotEqual, FloatLess,
     FloatLessEqual, FloatGreater, FloatGreaterEqual]
};
/// Conversions that are lawful: the operation, from, into.
#[rustfmt::skip]
const CONVERTS: [(Convert, Type, Type); 26] = {
    use Convert::*;
    const FLOAT_LANES: Type = FLOATS[4];
    const INT_LANES: Type = MORE_INTS[0];
    const BIT_LANES: Type = MORE_INTS[2];
    [(Truncate, I64, I8), (Truncate, INTS[7], INTS[5]), (Truncate, INTS[6], Type::BOOL),
     (Truncate, INT_LANES, BIT_LANES), (ExtendSigned, INTS[1], INTS[5]), (ExtendSigned, INTS[5], INTS[7]),
     (ExtendSigned, BIT_LANES, INT_LANES), (ExtendUnsigned, I8, I64), (ExtendUnsigned, INTS[6], INTS[7]),
     (FloatToSigned, FLOATS[0], INTS[1]), (FloatToSigned, FLOATS[1], INTS[0]), (FloatToSigned, FLOATS[3], INTS[7]),
     (FloatToUnsigned, FLOATS[2], INTS[6]), (FloatToUnsigned, FLOAT_LANES, INT_LANES),
     (SignedToFloat, INTS[6], FLOATS[0]), (SignedToFloat, INTS[7], FLOATS[2]), (UnsignedToFloat, I64, FLOATS[3]),
     (UnsignedToFloat, INT_LANES, FLOAT_LANES), (FloatToFloat, FLOATS[2], FLOATS[0]),
     (FloatToFloat, FLOATS[0], FLOATS[3]), (FloatToFloat, FLOATS[3], FLOATS[1]), (Bits, INTS[6], FLOAT_LANES),
     (Bits, INT_LANES, FLOATS[3]), (Bits, I64, FLOATS[2]), (PointerToInt, POINTER, I64), (IntToPointer, I64, POINTER)]
};
#[rustfmt::skip]
const UPDATES: [Update; 11] = {
    use Update::*;
    [Exchange, Add, Sub, And, Or, Xor, Nand, MaxSigned, MaxUnsigned, MinSigned, MinUnsigned]
};
const OVERFLOWS: [Overflow; 6] = {
    use Overflow::*;
    [AddSigned, AddUnsigned, SubSigned, SubUnsigned, MulSigned, MulUnsigned]
};

/// Code in the making: values that can be used where the cursor is.
struct Code {
    dice: Dice,
    builder: Builder,
    values: Vec<ValueId>,
    slots: Vec<SlotId>,
}

impl Code {
    fn any_type(&mut self) -> Type {
        match self.dice.below(4) {
            0 => self.dice.pick(&INTS),
            1 => self.dice.pick(&MORE_INTS),
            2 => self.dice.pick(&FLOATS),
            _ => self.dice.pick(&POINTERS),
        }
    }

    fn push(&mut self, types: &[Type], op: Op) {
        let results = self.builder.push_many(types, op);
        self.values.extend(results);
    }

    /// A value of this type: one that is there, or a constant.
    fn operand(&mut self, ty: Type) -> ValueId {
        let there: Vec<_> =
            self.values.iter().copied().filter(|&value| self.builder.ty(value) == ty).collect();
        if !there.is_empty() && self.dice.below(8) > 0 {
            return self.dice.pick(&there);
        }
        let small = u128::from(self.dice.below(20)) & 1;
        let op = match (ty, self.dice.below(6)) {
            (_, 0) => Op::Const(Constant::Undefined),
            (Type::Int(_), 1..5) => Op::Const(Constant::Int(small)),
            (Type::Float(bits), 1..5) => Op::Const(Constant::Float(0x3555_u128 << (bits - 16))),
            (Type::Pointer, 1) => Op::Const(Constant::Global(GlobalId(self.dice.below(2) as u32))),
            (Type::Pointer, 2) => Op::Const(Constant::Function(FunctionId(0))),
            (Type::Pointer, 3..6) => Op::Slot(self.dice.pick(&self.slots)),
            _ => Op::Const(Constant::Zero),
        };
        self.builder.push(ty, op)
    }

    /// A number of bytes, often a sensible one.
    fn bytes(&mut self) -> ValueId {
        let bytes = self.dice.pick(&[0, 1, 4, 8, 8, 8, 16, 24, 1 << 20, u64::MAX]);
        self.builder.word(bytes)
    }

    fn step(&mut self) {
        match self.dice.below(14) {
            0 => self.arithmetic(),
            1 | 2 => self.conversion(),
            3 => self.lanes(),
            4 | 5 => self.bytes_moved(),
            6 => self.atomic(),
            7..10 => self.access(),
            10 => {
                let (base, bytes) = (self.operand(POINTER), self.bytes());
                self.push(&[POINTER], Op::Offset { base, bytes });
            }
            11 => self.jump(),
            12 => {
                let op = self.dice.pick(&[Op::SlotLive, Op::SlotDead])(self.dice.pick(&self.slots));
                self.builder.effect(op);
            }
            _ => self.arithmetic(),
        }
    }

    fn arithmetic(&mut self) {
        let ty = self.any_type();
        let (a, b) = (self.operand(ty), self.operand(ty));
        let truth = match ty {
            Type::Vector(_, lanes) => Type::Vector(Scalar::Int(1), lanes),
            _ => Type::BOOL,
        };
        let is_float = FLOATS.contains(&ty);
        let (unaries, binaries, compares) = match is_float {
            true => (&UNARIES[6..], &BINARIES[21..], &COMPARES[10..]),
            false => (&UNARIES[..6], &BINARIES[..21], &COMPARES[..10]),
        };
        let kinds = if POINTERS.contains(&ty) { 2 } else { 5 };
        let (types, op) = match self.dice.below(kinds) {
            0 => (vec![ty], Op::Select(self.operand(truth), a, b)),
            1 => (vec![truth], Op::Compare(self.dice.pick(compares), a, b)),
            2 => (vec![ty], Op::Unary(self.dice.pick(unaries), a)),
            3 if !is_float => (vec![ty, truth], Op::Overflow(self.dice.pick(&OVERFLOWS), a, b)),
            _ => (vec![ty], Op::Binary(self.dice.pick(binaries), a, b)),
        };
        self.push(&types, op);
    }

    fn conversion(&mut self) {
        let (op, from, into) = self.dice.pick(&CONVERTS);
        let a = self.operand(from);
        self.push(&[into], Op::Convert(op, a));
    }

    fn lanes(&mut self) {
        let ty = self.dice.pick(&[INTS[8], MORE_INTS[0], MORE_INTS[1], FLOATS[4], POINTERS[1]]);
        let Type::Vector(scalar, count) = ty else { return };
        let scalar = match scalar {
            Scalar::Int(bits) => Type::Int(bits),
            Scalar::Float(bits) => Type::Float(bits),
            Scalar::Pointer => POINTER,
        };
        let (vector, value, lane) = (self.operand(ty), self.operand(scalar), self.dice.below(6));
        let lane = self.builder.word(lane);
        match self.dice.below(5) {
            0 => self.push(&[ty], Op::Splat(value)),
            1 => self.push(&[scalar], Op::Extract { vector, lane }),
            2 => self.push(&[ty], Op::Insert { vector, lane, value }),
            3 => {
                let lanes = (0..count).map(|_| self.dice.below(2 * u64::from(count)) as u32).collect();
                self.push(&[ty], Op::Shuffle { left: vector, right: vector, lanes });
            }
            _ => {
                let is_float = matches!(scalar, Type::Float(_));
                let op = self.dice.pick(if is_float { &BINARIES[21..23] } else { &BINARIES[7..10] });
                self.push(&[scalar], Op::Reduce(op, vector));
            }
        }
    }

    fn bytes_moved(&mut self) {
        let (to, bytes) = (self.operand(POINTER), self.bytes());
        if self.dice.below(2) == 0 {
            let byte = self.operand(I8);
            return self.builder.effect(Op::Fill { to, byte, bytes });
        }
        let (from, may_overlap) = (self.operand(POINTER), self.dice.below(2) == 0);
        self.builder.effect(Op::Copy { to, from, bytes, may_overlap });
    }

    fn access(&mut self) {
        let (ty, address, align) = (self.any_type(), self.operand(POINTER), self.dice.pick(&[1, 1, 8]));
        if self.dice.below(2) == 0 {
            return self.push(&[ty], Op::Load { address, align, is_volatile: false });
        }
        let value = self.operand(ty);
        self.builder.store(address, value, align);
    }

    fn atomic(&mut self) {
        let ty = self.dice.pick(&[I8, I32, I64, Type::Int(128), POINTER]);
        let (address, value, expected) = (self.operand(POINTER), self.operand(ty), self.operand(ty));
        let order = Order::SequentiallyConsistent;
        match self.dice.below(4) {
            0 => self.push(&[ty], Op::AtomicLoad { address, order }),
            1 => self.builder.effect(Op::AtomicStore { address, value, order }),
            2 => {
                let op = self.dice.pick(&UPDATES);
                self.push(&[ty], Op::AtomicUpdate { op, address, value, order });
            }
            _ => {
                let (new, success, failure, is_weak) = (value, order, order, false);
                let op = Op::CompareExchange { address, expected, new, success, failure, is_weak };
                self.push(&[ty, Type::BOOL], op);
            }
        }
    }

    /// On to a new block, or back into the one just begun, with values exchanged.
    fn jump(&mut self) {
        let ty = self.any_type();
        let args: Vec<ValueId> = (0..2).map(|_| self.operand(ty)).collect();
        let (again, on) = (self.builder.block(&[ty, ty]), self.builder.block(&[]));
        self.builder.jump(again, args);
        self.builder.switch_to(again);
        let params = self.builder.params(again).to_vec();
        let condition = self.operand(Type::BOOL);
        self.builder.terminate(Terminator::Branch {
            condition,
            then: Target { block: on, args: vec![] },
            otherwise: Target { block: again, args: vec![params[1], params[0]] },
        });
        self.builder.switch_to(on);
        self.values.extend(params);
    }
}

/// One random function beside two globals; nothing if it is not lawful.
fn attempt(seed: u64) -> Option<Result<Outcome, Failure>> {
    let mut builder = Builder::new(&[]);
    let slots = [(8, 8), (32, 16), (3, 1)].map(|(size, align)| builder.slot(size, align)).to_vec();
    let mut code = Code { dice: Dice(seed | 1), builder, values: Vec::new(), slots };
    for _ in 0..10 {
        let _ = code.dice.below(2);
    }
    for _ in 0..1 + code.dice.below(12) {
        code.step();
    }
    let result = code.operand(I64);
    code.builder.terminate(Terminator::Exit { index: 0, values: vec![result] });
    let mut graph = Graph::default();
    let id = graph.functions.push(function("f", &[], &[I64], Some(code.builder.finish())));
    graph.globals.push(constant("text", b"abcdefgh"));
    let mut holder = constant("holder", &[0; 24]);
    holder.is_const = false;
    holder.relocations.push(Relocation { offset: 8, target: Symbol::Global(GlobalId(1)), addend: 16 });
    graph.globals.push(holder);
    let limits = Limits { steps: 3_000, memory_bytes: 1 << 22, depth: 20 };
    verify(&graph).is_ok().then(|| Machine::new(limits).call(&graph, &mut NoWorld, id, &[]))
}

/// How many programs: two seconds in a debug build. A hundred times as many were tried in a release build.
const SEEDS: u64 = 5_000;

#[test]
fn nothing_a_lawful_graph_does_stops_the_compiler() {
    let mut ways = std::collections::BTreeMap::<String, u32>::new();
    let first = crate::random::tests::first_seed();
    for seed in first..first + SEEDS {
        let way = match attempt(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
            Some(Ok(_)) => "ends".to_string(),
            Some(Err(failure)) => format!("{:?}", failure.kind),
            None => "unlawful".to_string(),
        };
        *ways.entry(way).or_default() += 1;
    }
    // The generator is worth something only while it gets everywhere.
    for way in ["ends", "Undefined", "OutOfBounds", "NullPointer", "DeadMemory", "ConstantWritten", "Steps"] {
        assert!(ways.contains_key(way), "no seed came to {way}: {ways:?}");
    }
}
