//! What only the compiler can do: memory, bits, functions of floats, vectors, the kernel.
//!
//! In: an intrinsic and its arguments. Out: operations of the graph.

use super::code::{Code, Lowered};
use super::constant::Data;
use super::expr::nothing;
use super::place::bit_count;
use crate::ids::TypeId;
use crate::tree::{Asm, Binary, Expr, Intrinsic};
use koru_base::bug;
use koru_flow as flow;
use koru_flow::{Op, Overflow, Terminator, ValueId};

impl<'a> Code<'a, '_> {
    /// An intrinsic.
    pub fn intrinsic(&mut self, op: &'a Intrinsic, args: &'a [Expr], ty: TypeId) -> Option<Lowered> {
        use Intrinsic::*;
        Some(match op {
            CopyBytes { may_overlap } => self.copy_bytes(args, *may_overlap)?,
            Fill => self.fill_elements(args)?,
            CountLeadingZeros => self.count(flow::Unary::CountLeadingZeros, &args[0], ty)?,
            CountTrailingZeros => self.count(flow::Unary::CountTrailingZeros, &args[0], ty)?,
            CountOnes => self.count(flow::Unary::CountOnes, &args[0], ty)?,
            ReverseBits => self.count(flow::Unary::ReverseBits, &args[0], ty)?,
            ReverseBytes => self.reverse_bytes(&args[0])?,
            Sqrt => self.float_unary(flow::Unary::FloatSqrt, args)?,
            Floor => self.float_unary(flow::Unary::FloatFloor, args)?,
            Ceil => self.float_unary(flow::Unary::FloatCeil, args)?,
            Round => self.float_unary(flow::Unary::FloatRound, args)?,
            TruncateFloat => self.float_unary(flow::Unary::FloatTruncate, args)?,
            Sin => self.float_unary(flow::Unary::FloatSin, args)?,
            Cos => self.float_unary(flow::Unary::FloatCos, args)?,
            Tan => self.float_unary(flow::Unary::FloatTan, args)?,
            Exp => self.float_unary(flow::Unary::FloatExp, args)?,
            Exp2 => self.float_unary(flow::Unary::FloatExp2, args)?,
            Log => self.float_unary(flow::Unary::FloatLog, args)?,
            Log2 => self.float_unary(flow::Unary::FloatLog2, args)?,
            Log10 => self.float_unary(flow::Unary::FloatLog10, args)?,
            MulAdd => {
                let values = self.scalars(args)?;
                self.made(ty, Op::MulAdd(values[0], values[1], values[2]))
            }
            Abs => self.absolute(&args[0])?,
            AddOverflow | SubOverflow | MulOverflow => self.with_overflow(op, args)?,
            ShiftLeftOverflow => self.shift_overflow(args)?,
            ErrorName => self.error_name(&args[0])?,
            TagName => self.tag_name(&args[0])?,
            AtomicLoad(_) | AtomicStore(_) | AtomicUpdate(..) | CompareExchange { .. } | Fence(_) => {
                self.atomic(op, args, ty)?
            }
            Select => {
                let values = self.scalars(args)?;
                self.made(ty, Op::Select(values[0], values[1], values[2]))
            }
            Reduce(op) => self.reduce(*op, &args[0], ty)?,
            Shuffle(lanes) => self.shuffle(lanes, args, ty)?,
            SplatVector => {
                let value = self.scalar(&args[0])?;
                self.made(ty, Op::Splat(value))
            }
            Syscall { number } => {
                let args = self.scalars(args)?;
                self.made(ty, Op::Syscall { number: *number, args })
            }
            Asm(asm) => return self.asm(asm, args, ty),
            Breakpoint => self.hint(self.cx.target.breakpoint),
            Pause => self.hint(self.cx.target.pause),
            Trap => {
                self.builder.terminate(Terminator::Trap);
                return None;
            }
            ReturnAddress => self.made(ty, Op::Frame(flow::FramePart::Return)),
            FrameAddress => self.made(ty, Op::Frame(flow::FramePart::Address)),
        })
    }

    fn scalars(&mut self, args: &'a [Expr]) -> Option<Vec<ValueId>> {
        args.iter().map(|arg| self.scalar(arg)).collect()
    }

    /// An operation with one result, of a type's only leaf.
    fn made(&mut self, ty: TypeId, op: Op) -> Lowered {
        let leaf = self.leaf_types(ty)[0];
        Lowered::Leaves(vec![self.builder.push(leaf, op)])
    }

    fn copy_bytes(&mut self, args: &'a [Expr], may_overlap: bool) -> Option<Lowered> {
        let (to, from, bytes) = (self.scalar(&args[0])?, self.scalar(&args[1])?, self.word_of(&args[2])?);
        self.builder.effect(Op::Copy { to, from, bytes, may_overlap });
        Some(nothing())
    }

    fn fill_elements(&mut self, args: &'a [Expr]) -> Option<Lowered> {
        let to = self.scalar(&args[0])?;
        let element = &args[1];
        let size = self.layout(element.ty).size;
        if let Some(value) = element.value() {
            let data = self.program.encode(self.cx, element.ty, value);
            if data == Data::default() {
                let byte = self.int(flow::Type::Int(8), 0);
                let count = self.word_of(&args[2])?;
                let bytes = self.scaled(count, size);
                self.builder.effect(Op::Fill { to, byte, bytes });
                return Some(nothing());
            }
        }
        let value = self.value(element)?;
        let count = self.word_of(&args[2])?;
        match &value {
            Lowered::Leaves(leaves)
                if leaves.len() == 1 && self.builder.ty(leaves[0]) == flow::Type::Int(8) =>
            {
                self.builder.effect(Op::Fill { to, byte: leaves[0], bytes: count });
            }
            _ => self.fill(element.ty, to, value, count),
        }
        Some(nothing())
    }

    /// An operation on bits whose result has a type of its own.
    fn count(&mut self, op: flow::Unary, operand: &'a Expr, ty: TypeId) -> Option<Lowered> {
        let Some(&value) = self.leaves(operand)?.first() else { return Some(nothing()) };
        let from = self.builder.ty(value);
        let count = self.builder.push(from, Op::Unary(op, value));
        let Some(&leaf) = self.leaf_types(ty).first() else { return Some(nothing()) };
        Some(Lowered::Leaves(vec![self.resize(count, leaf, false)]))
    }

    fn reverse_bytes(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.scalar(operand)?;
        let ty = self.builder.ty(value);
        if bit_count(ty) == 8 {
            return Some(Lowered::Leaves(vec![value]));
        }
        Some(Lowered::Leaves(vec![self.builder.push(ty, Op::Unary(flow::Unary::ReverseBytes, value))]))
    }

    fn float_unary(&mut self, op: flow::Unary, args: &'a [Expr]) -> Option<Lowered> {
        let value = self.scalar(&args[0])?;
        let ty = self.builder.ty(value);
        Some(Lowered::Leaves(vec![self.builder.push(ty, Op::Unary(op, value))]))
    }

    /// The result of an integer has no sign, so that it always fits.
    fn absolute(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let kind = self.number(operand.ty);
        let value = self.scalar(operand)?;
        let ty = self.builder.ty(value);
        let result = match kind {
            super::arithmetic::Number::Unsigned => value,
            super::arithmetic::Number::Float => {
                self.builder.push(ty, Op::Unary(flow::Unary::FloatAbs, value))
            }
            super::arithmetic::Number::Signed => {
                let zero = self.int(ty, 0);
                let turned = self.op2(flow::Binary::Sub, zero, value);
                let is_negative = self.flag(flow::Compare::LessSigned, value, zero);
                self.builder.push(ty, Op::Select(is_negative, turned, value))
            }
        };
        Some(Lowered::Leaves(vec![result]))
    }

    fn with_overflow(&mut self, op: &Intrinsic, args: &'a [Expr]) -> Option<Lowered> {
        let is_signed = self.number(args[0].ty) == super::arithmetic::Number::Signed;
        let op = match (op, is_signed) {
            (Intrinsic::AddOverflow, true) => Overflow::AddSigned,
            (Intrinsic::AddOverflow, false) => Overflow::AddUnsigned,
            (Intrinsic::SubOverflow, true) => Overflow::SubSigned,
            (Intrinsic::SubOverflow, false) => Overflow::SubUnsigned,
            (_, true) => Overflow::MulSigned,
            (_, false) => Overflow::MulUnsigned,
        };
        let values = self.scalars(args)?;
        let (value, flag) = self.overflow(op, values[0], values[1]);
        Some(Lowered::Leaves(vec![value, flag]))
    }

    fn shift_overflow(&mut self, args: &'a [Expr]) -> Option<Lowered> {
        let is_signed = self.number(args[0].ty) == super::arithmetic::Number::Signed;
        let values = self.scalars(args)?;
        let ty = self.builder.ty(values[0]);
        let count = self.resize(values[1], ty, false);
        let shifted = self.op2(flow::Binary::ShiftLeft, values[0], count);
        let back = if is_signed { flow::Binary::ShiftRightSigned } else { flow::Binary::ShiftRightUnsigned };
        let again = self.op2(back, shifted, count);
        let flag = self.flag(flow::Compare::NotEqual, again, values[0]);
        Some(Lowered::Leaves(vec![shifted, flag]))
    }

    fn reduce(&mut self, op: Binary, operand: &'a Expr, ty: TypeId) -> Option<Lowered> {
        use super::arithmetic::Number::*;
        let kind = self.number(operand.ty);
        let op = match (op, kind) {
            (Binary::Add | Binary::AddWrap, Float) => flow::Binary::FloatAdd,
            (Binary::Add | Binary::AddWrap, _) => flow::Binary::Add,
            (Binary::Mul | Binary::MulWrap, Float) => flow::Binary::FloatMul,
            (Binary::Mul | Binary::MulWrap, _) => flow::Binary::Mul,
            (Binary::Min, Signed) => flow::Binary::MinSigned,
            (Binary::Min, Unsigned) => flow::Binary::MinUnsigned,
            (Binary::Min, Float) => flow::Binary::FloatMin,
            (Binary::Max, Signed) => flow::Binary::MaxSigned,
            (Binary::Max, Unsigned) => flow::Binary::MaxUnsigned,
            (Binary::Max, Float) => flow::Binary::FloatMax,
            (Binary::BitAnd, _) => flow::Binary::And,
            (Binary::BitOr, _) => flow::Binary::Or,
            (Binary::BitXor, _) => flow::Binary::Xor,
            (other, _) => bug!("lower", "{other:?} folds no lanes"),
        };
        let vector = self.scalar(operand)?;
        Some(self.made(ty, Op::Reduce(op, vector)))
    }

    /// Lanes of the second vector are written as -1, -2 and so on.
    fn shuffle(&mut self, lanes: &[i32], args: &'a [Expr], ty: TypeId) -> Option<Lowered> {
        let (left, right) = (self.scalar(&args[0])?, self.scalar(&args[1])?);
        let count = match self.builder.ty(left) {
            flow::Type::Vector(_, lanes) => lanes,
            other => bug!("lower", "a shuffle of {other:?}"),
        };
        let lane = |&lane: &i32| if lane < 0 { count + !lane as u32 } else { lane as u32 };
        let lanes = lanes.iter().map(lane).collect();
        Some(self.made(ty, Op::Shuffle { left, right, lanes }))
    }

    fn asm(&mut self, asm: &Asm, args: &'a [Expr], ty: TypeId) -> Option<Lowered> {
        let values = self.scalars(args)?;
        let op = Op::Asm(Box::new(flow::Asm {
            template: asm.template.clone(),
            output: asm.output.clone(),
            inputs: asm.inputs.iter().cloned().zip(values).collect(),
            clobbers: asm.clobbers.clone(),
            is_volatile: asm.is_volatile,
        }));
        if ty == TypeId::NORETURN {
            self.builder.effect(op);
            return self.unreachable();
        }
        if asm.output.is_empty() {
            self.builder.effect(op);
            return Some(nothing());
        }
        Some(self.made(ty, op))
    }

    /// An instruction that takes and gives nothing.
    fn hint(&mut self, template: &str) -> Lowered {
        self.builder.effect(Op::Asm(Box::new(flow::Asm {
            template: template.into(),
            output: String::new(),
            inputs: Vec::new(),
            clobbers: Vec::new(),
            is_volatile: true,
        })));
        nothing()
    }
}
