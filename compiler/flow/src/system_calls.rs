//! The system calls a program can make, with the arguments that are constant.
//!
//! In: the graph that goes to LLVM. Out: every place that asks the kernel, and a list by number. The numbers of
//! `syscall` instructions are constants by law. Text for the assembler may call as well: where it holds the target's
//! instruction, the numbers are the constants it is given in the register of the number and as immediates (`i`).
//! Text that calls more often than it is given numbers is *hidden*: nobody can list what it does.

use crate::graph::*;
use crate::possible::{Possible, Values};
use koru_base::Span;
use koru_base::targets::Syscalls;
use std::collections::BTreeMap;

/// One place of the program that asks the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemCall {
    pub number: u32,
    /// What its arguments may be. What assembly passes may be anything, and is not listed.
    pub args: Vec<Possible>,
    /// The function it is in, after everything was put into its callers.
    pub function: FunctionId,
    /// Where it is written.
    pub span: Span,
}

/// What a program asks of the kernel.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct SystemCalls {
    /// In the order of the graph.
    pub calls: Vec<SystemCall>,
    /// Assembly that calls the kernel with numbers nobody can see.
    pub hidden: Vec<(FunctionId, Span)>,
}

/// A number, and the ways it is called: what the arguments may be, `Any` at the end left out. A way without arguments
/// allows every call.
pub type Allowed = BTreeMap<u32, Vec<Vec<Possible>>>;

impl SystemCalls {
    /// Looks through a graph; `how` is its target's way to call.
    pub fn of(graph: &Graph, how: &Syscalls) -> SystemCalls {
        let values = Values::of(graph);
        let mut found = SystemCalls::default();
        for (function, body) in
            graph.functions.enumerate().filter_map(|(id, it)| Some((id, it.body.as_ref()?)))
        {
            for inst in body.blocks.iter().flat_map(|block| &block.insts) {
                let span = inst.span;
                match &inst.op {
                    Op::Syscall { number, args } => {
                        let args = args.iter().map(|&arg| values.get(function, arg).clone()).collect();
                        found.calls.push(SystemCall { number: *number, args, function, span });
                    }
                    Op::Asm(asm) => found.add_assembly(asm, &values, how, function, span),
                    _ => {}
                }
            }
        }
        found
    }

    /// What is allowed where exactly this program shall run.
    pub fn allowed(&self) -> Allowed {
        let mut allowed = Allowed::new();
        for call in &self.calls {
            let known = call.args.iter().rposition(|arg| *arg != Possible::Any).map_or(0, |last| last + 1);
            let ways = allowed.entry(call.number).or_default();
            let way = &call.args[..known];
            if !ways.iter().any(|other| covers(other, way)) {
                ways.retain(|other| !covers(way, other));
                ways.push(way.to_vec());
            }
        }
        allowed.values_mut().for_each(|ways| ways.sort());
        allowed
    }

    fn add_assembly(&mut self, asm: &Asm, values: &Values, how: &Syscalls, function: FunctionId, span: Span) {
        let (mut times, mut is_hidden) = (0, false);
        for word in statements(&asm.template) {
            times += usize::from(Some(word) == how.instruction.split(' ').next());
            is_hidden |= how.others.contains(&word);
        }
        if times == 0 && !is_hidden {
            return;
        }
        let register = format!("{{{}}}", how.number);
        let inputs = asm.inputs.iter().filter(|(constraint, _)| *constraint == register || constraint == "i");
        let mut known = 0;
        for (constraint, value) in inputs {
            let Possible::OneOf(numbers) = values.get(function, *value) else {
                is_hidden |= *constraint == register;
                continue;
            };
            known += 1;
            let numbers = numbers.iter().filter_map(|&number| u32::try_from(number).ok());
            self.calls.extend(numbers.map(|number| SystemCall { number, args: Vec::new(), function, span }));
        }
        if is_hidden || known < times {
            self.hidden.push((function, span));
        }
    }
}

/// The first word of each statement for the assembler, behind its labels.
fn statements(template: &str) -> impl Iterator<Item = &str> {
    let statements = template.split(['\n', ';']);
    statements.filter_map(|statement| statement.split_whitespace().find(|word| !word.ends_with(':')))
}

/// Is every call that is like `inner` also like `outer`?
fn covers(outer: &[Possible], inner: &[Possible]) -> bool {
    outer.iter().enumerate().all(|(index, outer)| match (outer, inner.get(index)) {
        (Possible::Any, _) => true,
        (Possible::OneOf(outer), Some(Possible::OneOf(inner))) => {
            inner.iter().all(|value| outer.contains(value))
        }
        (Possible::OneOf(_), _) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use koru_base::Target;

    fn check(text: &str, expected: Expect) {
        let graph = crate::text::read(text).unwrap();
        crate::verify::expect_lawful(&graph, "reading");
        let found = SystemCalls::of(&graph, &Target::find("x86_64-linux-musl").unwrap().syscalls);
        let mut said = String::new();
        for (number, ways) in found.allowed() {
            let ways: Vec<_> = ways
                .iter()
                .map(|way| way.iter().map(Possible::to_string).collect::<Vec<_>>().join(", "))
                .collect();
            said += &format!("{number}({})\n", ways.join(") or ("));
        }
        for (function, _) in found.hidden {
            said += &format!("hidden in {}\n", graph.functions[function].name);
        }
        expected.assert_eq(&said);
    }

    #[test]
    fn constants_reach_calls_through_blocks_parameters_and_results() {
        check(
            "fn @write(i32, ptr) [return(i64)] {
               b0(v0: i32, v1: ptr): v2: i64 = extend_signed v0 v3: i64 = const 4
               v4: i64 = syscall 1(v2, v1, v3) exit return(v4)
             }
             fn @two(i1) [one(i32), other(i32)] {
               b0(v0: i1): branch v0, b1, b2
               b1: v1: i32 = const 1 exit one(v1)
               b2: v2: i32 = const 0xffffffff exit other(v2)
             }
             export fn @main(ptr, i1, i64) [] {
               b0(v0: ptr, v1: i1, v9: i64): call @two(v1) [one -> b1, other -> b1]
               b1(v2: i32): v3: i64 = call @write(v2, v0)
               v4: i64 = const 3 v5: i64 = const 2 branch v1, b2(v4), b2(v5)
               b2(v6: i64): v7: i64 = const 64 v8: i64 = or v6, v7 v10: i64 = syscall 10(v9, v8, v9) trap
             }",
            expect![[r#"
                1(1|18446744073709551615, _, 4)
                10(_, 66|67)
            "#]],
        );
    }

    #[test]
    fn what_others_call_and_what_loops_count_may_be_anything() {
        check(
            "fn @tick(i64) [] { b0(v0: i64): v1: i64 = syscall 3(v0) trap }
             fn @close(i64) [return] { b0(v0: i64): v1: i64 = syscall 3(v0) exit return }
             export fn @main() [] {
               b0: v0: ptr = const @tick v1: i64 = const 0 v2: i64 = const 5 call @close(v2) jump b1(v1)
               b1(v3: i64): v4: i64 = const 1 v5: i64 = add v3, v4 v6: i64 = syscall 230(v4, v5) jump b1(v5)
             }",
            expect![[r#"
                3()
                230(1)
            "#]],
        );
    }

    #[test]
    fn ways_that_others_cover_are_not_listed() {
        check(
            "export fn @main(i64) [] {
               b0(v0: i64): v1: i64 = const 1 v2: i64 = const 2
               v3: i64 = syscall 9(v1, v2) v4: i64 = syscall 9(v1, v0) v5: i64 = syscall 9(v2, v2)
               v6: i64 = syscall 60(v1) v7: i64 = syscall 60(v0) v8: i64 = syscall 60(v2) trap
             }",
            expect![[r#"
                9(1) or (2, 2)
                60()
            "#]],
        );
    }

    #[test]
    fn assembly_says_its_numbers_or_is_hidden() {
        check(
            r#"export fn @main(i64) [] {
               b0(v0: i64): v1: i64 = const 56 v2: i64 = const 60
               v3: i64 = asm volatile "syscall\n movl $2, %eax\n syscall"("{rax}" v1, "{rdi}" v0, "i" v2) -> "={rax}" clobbers [memory]
               asm volatile "pause"() asm volatile "syscall"("{rax}" v0) trap
             }"#,
            expect![[r#"
                56()
                60()
                hidden in main
            "#]],
        );
    }
}
