//! The kernel and the processor.

use super::*;
use crate::host::calls::Arg;

impl BodyChecker<'_, '_> {
    pub(super) fn system_builtin(&mut self, it: Use) -> Option<Expr> {
        let noreturn = |op| intrinsic(TypeId::NORETURN, it.span, op, Vec::new());
        Some(match it.word() {
            "syscall" => self.syscall(it).unwrap_or(poison(it.span)),
            "panic" => self.panic(it).unwrap_or(poison(it.span)),
            "trap" => noreturn(Intrinsic::Trap),
            "breakpoint" => intrinsic(TypeId::VOID, it.span, Intrinsic::Breakpoint, Vec::new()),
            "pause" | "spinLoopHint" => intrinsic(TypeId::VOID, it.span, Intrinsic::Pause, Vec::new()),
            "returnAddress" => intrinsic(TypeId::USIZE, it.span, Intrinsic::ReturnAddress, Vec::new()),
            "frameAddress" => intrinsic(TypeId::USIZE, it.span, Intrinsic::FrameAddress, Vec::new()),
            _ => return None,
        })
    }

    /// `@syscall(number, args..)`: the number is known, so that the set of calls a program makes is.
    fn syscall(&mut self, it: Use) -> Option<Expr> {
        let Some((number, args)) = it.args.split_first() else {
            return Some(self.error(
                codes::HOST006,
                it.span,
                "`@syscall` takes the number of the call, and its arguments",
            ));
        };
        let number = self.known_number(number)?;
        let mut words = Vec::new();
        for arg in args {
            let arg = self.operand(arg, None)?;
            words.push(self.word_of(it, arg)?);
        }
        let op = Intrinsic::Syscall { number: u32::try_from(number).ok()? };
        Some(intrinsic(TypeId::USIZE, it.span, op, words))
    }

    /// An argument of the kernel: a number or an address in a word.
    fn word_of(&mut self, it: Use, arg: Expr) -> Option<Expr> {
        let span = arg.span;
        if arg.ty == TypeId::COMPTIME_INT {
            let is_negative = matches!(arg.value(), Some(Value::Int(number)) if number.is_negative());
            let word = self.coerce(arg, if is_negative { TypeId::ISIZE } else { TypeId::USIZE });
            return self.word_of_sized(word, span);
        }
        if self.cx.integer(arg.ty).is_some() {
            return self.word_of_sized(arg, span);
        }
        let child = self.cx.optional_child(arg.ty).unwrap_or(arg.ty);
        if let Some(pointer) = self.cx.pointer(child)
            && pointer.size != PointerSize::Slice
        {
            return Some(coerce::convert(Convert::PointerToInt, arg, TypeId::USIZE));
        }
        self.wrong_operand(it, &arg, "numbers and pointers");
        None
    }

    fn word_of_sized(&mut self, arg: Expr, span: Span) -> Option<Expr> {
        let width = self.cx.integer(arg.ty)?;
        let wide = if width.is_signed { TypeId::ISIZE } else { TypeId::USIZE };
        let arg = self.coerce(arg, wide);
        if arg.is_poison() {
            return None;
        }
        if !width.is_signed {
            return Some(arg);
        }
        if let Some(Value::Int(number)) = arg.value() {
            let word = self.cx.integer(TypeId::USIZE)?.wrap(number);
            return Some(Expr::constant(TypeId::USIZE, span, Value::Int(word)));
        }
        Some(coerce::convert(Convert::Bits, arg, TypeId::USIZE))
    }

    /// `@panic(text)`: the function of this name in the target's system module; where mistakes are caught, the one
    /// that is told the place too.
    fn panic(&mut self, it: Use) -> Option<Expr> {
        let [text] = self.exactly::<1>(it)?;
        let from = self.cx.containers[self.container].module;
        let module = crate::koru::load_host_file(self.cx, from, "system", it.span)?;
        let container = self.cx.modules[module].container;
        let says_where = self.cx.mode.is_checked() && declares(self.cx, container, "panicAt");
        let name = if says_where { "panicAt" } else { "panic" };
        let Some(Declared::Known(Known { value: Value::Function(id), .. })) =
            decl(self.cx, container, Name::new(name), it.span)
        else {
            return Some(intrinsic(TypeId::NORETURN, it.span, Intrinsic::Trap, Vec::new()));
        };
        let mut args = vec![Arg::Written(text)];
        if says_where {
            let place = self.cx.sources.place(it.span);
            args.push(Arg::Checked(self.string_literal(place.as_bytes(), it.span)));
        }
        Some(self.call_with(id, args, it.span))
    }
}

fn declares(cx: &Context, container: ContainerId, name: &str) -> bool {
    cx.containers[container].decls.contains_key(&Name::new(name))
}
