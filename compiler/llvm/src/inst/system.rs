//! What leaves the language: system calls and text for the assembler.

use crate::builder::Value;
use crate::lower::Lowering;
use inkwell::types::{BasicTypeEnum, FunctionType};
use inkwell::values::InstructionOpcode;
use koru_base::bug;
use koru_flow::{Asm, FramePart, Type};

/// Where the running function's frame is, or where it returns to, as a word.
pub fn frame<'c>(at: &Lowering<'c, '_, '_>, part: FramePart) -> Value<'c> {
    let level: Value = at.program.context.i32_type().const_int(0, false).into();
    let pointer = at.program.types.of(Type::Pointer);
    let address = match part {
        FramePart::Address => at.program.compute("llvm.frameaddress", &[pointer], &[level]),
        FramePart::Return => at.program.compute("llvm.returnaddress", &[], &[level]),
    };
    at.program.builder.cast(InstructionOpcode::PtrToInt, address, at.program.types.of(Type::WORD))
}

/// One instruction, its registers as the target's row says. The kernel may read and write any memory the
/// arguments lead to.
pub fn syscall<'c>(at: &Lowering<'c, '_, '_>, number: u32, args: &[Value<'c>]) -> Value<'c> {
    let row = &at.program.options.target.syscalls;
    if args.len() > row.arguments.len() {
        bug!("llvm", "a system call with {} arguments", args.len());
    }
    let number: Value = at.program.types.word().const_int(number.into(), false).into();
    let inputs = std::iter::once(&row.number).chain(row.arguments).take(args.len() + 1);
    let clobbers = row.clobbers.iter().chain(&["memory"]);
    let constraints: Vec<_> = std::iter::once(format!("={{{}}}", row.result))
        .chain(inputs.map(|register| format!("{{{register}}}")))
        .chain(clobbers.map(|register| format!("~{{{register}}}")))
        .collect();
    let args: Vec<_> = [number].into_iter().chain(args.iter().copied()).collect();
    let ty = function_type(at, Some(at.program.types.word().into()), &args);
    let text = row.instruction.to_string();
    let code =
        at.program.context.create_inline_asm(ty, text, constraints.join(","), true, false, None, false);
    let call = at.program.builder.call_pointer(ty, code, &args);
    at.program.attributes.mark_syscall(call);
    match call.try_as_basic_value().basic() {
        Some(result) => result,
        None => bug!("llvm", "a system call without a result"),
    }
}

pub fn asm<'c>(at: &Lowering<'c, '_, '_>, asm: &Asm, result: Option<Type>) -> Vec<Value<'c>> {
    let output = (!asm.output.is_empty()).then(|| asm.output.clone());
    let constraints = output
        .into_iter()
        .chain(asm.inputs.iter().map(|(constraint, _)| constraint.clone()))
        .chain(asm.clobbers.iter().map(|register| format!("~{{{register}}}")));
    let constraints: Vec<_> = constraints.collect();
    let args: Vec<_> = asm.inputs.iter().map(|(_, value)| at.get(*value)).collect();
    let ty = function_type(at, result.map(|ty| at.program.types.of(ty)), &args);
    let (text, constraints) = (asm.template.clone(), constraints.join(","));
    let context = at.program.context;
    let code = context.create_inline_asm(ty, text, constraints, asm.is_volatile, false, None, false);
    let call = at.program.builder.call_pointer(ty, code, &args);
    at.program.attributes.mark_asm(call);
    call.try_as_basic_value().basic().into_iter().collect()
}

fn function_type<'c>(
    at: &Lowering<'c, '_, '_>,
    result: Option<BasicTypeEnum<'c>>,
    args: &[Value<'c>],
) -> FunctionType<'c> {
    use inkwell::types::BasicType;
    let params: Vec<_> = args.iter().map(|arg| arg.get_type().into()).collect();
    match result {
        Some(result) => result.fn_type(&params, false),
        None => at.program.context.void_type().fn_type(&params, false),
    }
}
