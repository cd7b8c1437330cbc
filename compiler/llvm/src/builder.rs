//! inkwell's builder without its results and type states: the unwraps live here.
//!
//! inkwell checks what the graph's verifier has checked before. A refusal is a bug of ours, said once, in
//! [`sound`]. Values have no names: names would only cost time.

use crate::types::Types;
use inkwell::basic_block::BasicBlock;
use inkwell::context::Context;
use inkwell::debug_info::DILocation;
use inkwell::types::{BasicTypeEnum, FunctionType, IntType};
use inkwell::values::*;
use inkwell::{AtomicOrdering, AtomicRMWBinOp, FloatPredicate, IntPredicate};
use koru_base::bug;

/// Any value of LLVM's.
pub type Value<'c> = BasicValueEnum<'c>;

/// Appends instructions to a block.
pub struct Builder<'c> {
    inner: inkwell::builder::Builder<'c>,
    types: Types<'c>,
}

/// The value, or a bug of ours.
fn sound<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => bug!("llvm", "inkwell refused an instruction: {error}"),
    }
}

/// Bytes as so many items of so many bytes each. Said that way LLVM knows more of an address: the product does not
/// overflow, it is cheap, and items do not overlap.
fn scaled(bytes: IntValue) -> Option<(IntValue, u32)> {
    let product = bytes.as_instruction_value().filter(|made| made.get_opcode() == InstructionOpcode::Mul)?;
    let factor = |at| Some(product.get_operand(at)?.value()?.into_int_value());
    let size = factor(1)?.get_zero_extended_constant().and_then(|size| u32::try_from(size).ok())?;
    Some((factor(0)?, size))
}

impl<'c> Builder<'c> {
    pub fn new(context: &'c Context) -> Builder<'c> {
        Builder { inner: context.create_builder(), types: Types::new(context) }
    }

    pub fn move_to(&self, block: BasicBlock<'c>) {
        self.inner.position_at_end(block);
    }

    /// The block instructions go to.
    pub fn block(&self) -> BasicBlock<'c> {
        match self.inner.get_insert_block() {
            Some(block) => block,
            None => bug!("llvm", "no block to append to"),
        }
    }

    /// Debuggers find what is made from now on at this place.
    pub fn set_place(&self, place: DILocation<'c>) {
        self.inner.set_current_debug_location(place);
    }

    pub fn has_place(&self) -> bool {
        self.inner.get_current_debug_location().is_some()
    }

    pub fn forget_place(&self) {
        self.inner.unset_current_debug_location();
    }

    // Ends of blocks

    pub fn jump(&self, to: BasicBlock<'c>) {
        sound(self.inner.build_unconditional_branch(to));
    }

    pub fn branch(&self, condition: Value<'c>, then: BasicBlock<'c>, otherwise: BasicBlock<'c>) {
        sound(self.inner.build_conditional_branch(condition.into_int_value(), then, otherwise));
    }

    pub fn switch(
        &self,
        value: Value<'c>,
        cases: &[(IntValue<'c>, BasicBlock<'c>)],
        default: BasicBlock<'c>,
    ) {
        sound(self.inner.build_switch(value.into_int_value(), default, cases));
    }

    pub fn leave(&self, value: Option<Value<'c>>) {
        match value {
            Some(value) => sound(self.inner.build_return(Some(&value))),
            None => sound(self.inner.build_return(None)),
        };
    }

    pub fn unreachable(&self) {
        sound(self.inner.build_unreachable());
    }

    pub fn phi(&self, ty: BasicTypeEnum<'c>) -> PhiValue<'c> {
        sound(self.inner.build_phi(ty, ""))
    }

    // Calls

    pub fn call(&self, callee: FunctionValue<'c>, args: &[Value<'c>]) -> CallSiteValue<'c> {
        let args: Vec<_> = args.iter().map(|&value| value.into()).collect();
        sound(self.inner.build_direct_call(callee, &args, ""))
    }

    pub fn call_pointer(
        &self,
        ty: FunctionType<'c>,
        address: PointerValue<'c>,
        args: &[Value<'c>],
    ) -> CallSiteValue<'c> {
        let args: Vec<_> = args.iter().map(|&value| value.into()).collect();
        sound(self.inner.build_indirect_call(ty, address, &args, ""))
    }

    // Values

    /// An instruction with two operands of one type.
    pub fn binary(&self, code: InstructionOpcode, left: Value<'c>, right: Value<'c>) -> Value<'c> {
        sound(self.inner.build_binop(code, left, right, ""))
    }

    pub fn cast(&self, code: InstructionOpcode, value: Value<'c>, ty: BasicTypeEnum<'c>) -> Value<'c> {
        sound(self.inner.build_cast(code, value, ty, ""))
    }

    pub fn float_negate(&self, value: Value<'c>) -> Value<'c> {
        match value {
            Value::VectorValue(value) => sound(self.inner.build_float_neg(value, "")).into(),
            value => sound(self.inner.build_float_neg(value.into_float_value(), "")).into(),
        }
    }

    /// Compares integers, pointers, or vectors of them.
    pub fn compare(&self, how: IntPredicate, left: Value<'c>, right: Value<'c>) -> Value<'c> {
        let inner = &self.inner;
        match (left, right) {
            (Value::IntValue(left), Value::IntValue(right)) => {
                sound(inner.build_int_compare(how, left, right, "")).into()
            }
            (Value::PointerValue(left), Value::PointerValue(right)) => {
                sound(inner.build_int_compare(how, left, right, "")).into()
            }
            (left, right) => {
                sound(inner.build_int_compare(how, left.into_vector_value(), right.into_vector_value(), ""))
                    .into()
            }
        }
    }

    /// Compares floats, or vectors of them.
    pub fn float_compare(&self, how: FloatPredicate, left: Value<'c>, right: Value<'c>) -> Value<'c> {
        let inner = &self.inner;
        match (left, right) {
            (Value::FloatValue(left), Value::FloatValue(right)) => {
                sound(inner.build_float_compare(how, left, right, "")).into()
            }
            (left, right) => {
                sound(inner.build_float_compare(how, left.into_vector_value(), right.into_vector_value(), ""))
                    .into()
            }
        }
    }

    pub fn select(&self, condition: Value<'c>, then: Value<'c>, otherwise: Value<'c>) -> Value<'c> {
        match condition {
            Value::VectorValue(condition) => sound(self.inner.build_select(condition, then, otherwise, "")),
            condition => sound(self.inner.build_select(condition.into_int_value(), then, otherwise, "")),
        }
    }

    // Aggregates: only results of calls are any

    pub fn field(&self, aggregate: Value<'c>, index: u32) -> Value<'c> {
        sound(self.inner.build_extract_value(aggregate.into_struct_value(), index, ""))
    }

    pub fn with_field(&self, aggregate: StructValue<'c>, index: u32, value: Value<'c>) -> StructValue<'c> {
        sound(self.inner.build_insert_value(aggregate, value, index, "")).into_struct_value()
    }

    // Vectors

    pub fn lane(&self, vector: Value<'c>, lane: Value<'c>) -> Value<'c> {
        sound(self.inner.build_extract_element(vector.into_vector_value(), lane.into_int_value(), ""))
    }

    pub fn with_lane(&self, vector: Value<'c>, lane: Value<'c>, value: Value<'c>) -> Value<'c> {
        let lane = lane.into_int_value();
        sound(self.inner.build_insert_element(vector.into_vector_value(), value, lane, "")).into()
    }

    pub fn shuffle(&self, left: Value<'c>, right: Value<'c>, lanes: VectorValue<'c>) -> Value<'c> {
        let (left, right) = (left.into_vector_value(), right.into_vector_value());
        sound(self.inner.build_shuffle_vector(left, right, lanes, "")).into()
    }

    // Memory

    pub fn slot(&self, size: u64, align: u32) -> PointerValue<'c> {
        let slot = sound(self.inner.build_alloca(self.types.bytes(size), ""));
        if let Some(instruction) = slot.as_instruction() {
            sound(instruction.set_alignment(align));
        }
        slot
    }

    /// Reads; the instruction comes along to be marked.
    pub fn load(
        &self,
        ty: BasicTypeEnum<'c>,
        address: Value<'c>,
        align: u32,
    ) -> (Value<'c>, InstructionValue<'c>) {
        let value = sound(self.inner.build_load(ty, address.into_pointer_value(), ""));
        let Some(instruction) = value.as_instruction_value() else {
            bug!("llvm", "a load is no instruction")
        };
        sound(instruction.set_alignment(align));
        (value, instruction)
    }

    pub fn store(&self, address: Value<'c>, value: Value<'c>, align: u32) -> InstructionValue<'c> {
        let instruction = sound(self.inner.build_store(address.into_pointer_value(), value));
        sound(instruction.set_alignment(align));
        instruction
    }

    /// The address `bytes` behind `base`. `is_inside`: both lie in one object, or one past its end.
    #[allow(unsafe_code)] // inkwell cannot know that LLVM's verifier checks the indices
    pub fn offset(&self, base: Value<'c>, bytes: Value<'c>, is_inside: bool) -> Value<'c> {
        let (base, bytes) = (base.into_pointer_value(), bytes.into_int_value());
        // SAFETY: one index, of a sized type.
        let address = unsafe {
            match (is_inside, scaled(bytes)) {
                (true, Some((index, size))) => {
                    let item = self.types.byte().array_type(size);
                    self.inner.build_in_bounds_gep(item, base, &[index], "")
                }
                (true, None) => self.inner.build_in_bounds_gep(self.types.byte(), base, &[bytes], ""),
                (false, _) => self.inner.build_gep(self.types.byte(), base, &[bytes], ""),
            }
        };
        sound(address).into()
    }

    // Atomics

    pub fn update(
        &self,
        op: AtomicRMWBinOp,
        address: Value<'c>,
        value: IntValue<'c>,
        order: AtomicOrdering,
    ) -> Value<'c> {
        sound(self.inner.build_atomicrmw(op, address.into_pointer_value(), value, order)).into()
    }

    /// The old value and whether it was `expected`, as one aggregate.
    pub fn compare_exchange(
        &self,
        address: Value<'c>,
        (expected, new): (IntValue<'c>, IntValue<'c>),
        (success, failure): (AtomicOrdering, AtomicOrdering),
        is_weak: bool,
    ) -> Value<'c> {
        let address = address.into_pointer_value();
        let result = sound(self.inner.build_cmpxchg(address, expected, new, success, failure));
        if is_weak {
            set_weak(result);
        }
        result.into()
    }

    pub fn fence(&self, order: AtomicOrdering) {
        sound(self.inner.build_fence(order, false, ""));
    }
}

/// The number of cases of a switch; 0 for other instructions.
pub fn switch_cases(instruction: InstructionValue) -> u32 {
    match instruction.get_opcode() {
        // A value and a default, then a number and a block each.
        InstructionOpcode::Switch => instruction.get_num_operands() / 2 - 1,
        _ => 0,
    }
}

/// Marks an atomic access.
pub fn set_order(instruction: InstructionValue, order: AtomicOrdering) {
    sound(instruction.set_atomic_ordering(order));
}

/// Marks an access that must happen as written.
pub fn set_volatile(instruction: InstructionValue, is_volatile: bool) {
    sound(instruction.set_volatile(is_volatile));
}

#[allow(unsafe_code)] // inkwell has no door to this flag
fn set_weak(exchange: StructValue) {
    use inkwell::llvm_sys::core::LLVMSetWeak;
    // SAFETY: the value is the cmpxchg just built.
    unsafe { LLVMSetWeak(exchange.as_value_ref(), 1) };
}

/// A constant of any width.
pub fn integer<'c>(ty: IntType<'c>, value: u128) -> IntValue<'c> {
    ty.const_int_arbitrary_precision(&[value as u64, (value >> 64) as u64])
}

/// The constant address `bytes` behind `base`.
#[allow(unsafe_code)] // as for `Builder::offset`
pub fn constant_offset<'c>(types: Types<'c>, base: PointerValue<'c>, bytes: i64) -> PointerValue<'c> {
    if bytes == 0 {
        return base;
    }
    let bytes = types.word().const_int(bytes.cast_unsigned(), true);
    // SAFETY: one index, of a sized type.
    unsafe { base.const_gep(types.byte(), &[bytes]) }
}
