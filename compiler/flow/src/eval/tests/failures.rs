//! Each way to fail, with the words the user reads.

use super::*;
use crate::eval::Limits;
use expect_test::{Expect, expect};
use koru_base::FileId;

fn check(expected: Expect, fill: impl FnOnce(&mut Builder) -> Vec<ValueId>) {
    expected.assert_eq(&run(&[I64], fill));
}

#[test]
fn arithmetic() {
    let of = |op, a: u64, b: u64| {
        run(&[I64], |builder| {
            let (a, b) = (builder.word(a), builder.word(b));
            vec![binary(builder, op, a, b)]
        })
    };
    expect!["DivisionByZero: division by zero"].assert_eq(&of(Binary::DivUnsigned, 1, 0));
    expect!["DivisionByZero: division by zero"].assert_eq(&of(Binary::RemSigned, 1, 0));
    expect!["DivisionOverflow: -9223372036854775808 divided by -1 does not fit"].assert_eq(&of(
        Binary::DivSigned,
        1 << 63,
        u64::MAX,
    ));
    expect!["ShiftCount: a number of 64 bits is shifted by 64"].assert_eq(&of(Binary::ShiftLeft, 1, 64));
}

#[test]
fn addresses() {
    check(expect!["NullPointer: a null pointer is followed"], |b| {
        let null = b.push(POINTER, Op::Const(Constant::Zero));
        vec![b.load(I64, null, 8)]
    });
    check(expect!["NullPointer: a null pointer is followed"], |b| {
        let null = b.push(POINTER, Op::Const(Constant::Zero));
        let near = b.offset(null, 16);
        vec![b.load(I64, near, 8)]
    });
    check(expect!["WildPointer: the number 0xdeadbeef is no address of anything"], |b| {
        let number = b.word(0xdead_beef);
        let wild = b.push(POINTER, Op::Convert(Convert::IntToPointer, number));
        vec![b.load(I64, wild, 1)]
    });
    check(expect!["OutOfBounds: 8 bytes at offset 4 are not inside an area of 8 bytes"], |b| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let inside = b.offset(address, 4);
        vec![b.load(I64, inside, 4)]
    });
    check(expect!["OutOfBounds: 8 bytes at offset -8 are not inside an area of 8 bytes"], |b| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let before = b.offset(address, (-8_i64) as u64);
        vec![b.load(I64, before, 8)]
    });
    // The same number as another slot's address, but made from the first.
    check(expect!["OutOfBounds: 8 bytes at offset 4294967296 are not inside an area of 8 bytes"], |b| {
        let (first, second) = (b.slot(8, 8), b.slot(8, 8));
        let address = b.slot_address(first);
        let other = b.slot_address(second);
        let zero = b.word(0);
        b.store(other, zero, 8);
        let far = b.offset(address, 1 << 32);
        vec![b.load(I64, far, 8)]
    });
    check(expect!["Misaligned: an address that should be a multiple of 8 is not (offset 4)"], |b| {
        let slot = b.slot(16, 8);
        let address = b.slot_address(slot);
        let inside = b.offset(address, 4);
        vec![b.load(I64, inside, 8)]
    });
    check(expect!["Undefined: an undefined address is used"], |b| {
        let address = undefined(b, POINTER);
        vec![b.load(I64, address, 8)]
    });
}

#[test]
fn slots_out_of_scope() {
    check(expect!["DeadMemory: this variable is out of scope"], |b| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        b.effect(Op::SlotLive(slot));
        let one = b.word(1);
        b.store(address, one, 8);
        b.effect(Op::SlotDead(slot));
        vec![b.load(I64, address, 8)]
    });
    let mut graph = Graph::default();
    let leak = body(&[], |b, _| {
        let slot = b.slot(8, 8);
        vec![b.slot_address(slot)]
    });
    let leak = graph.functions.push(function("leak", &[], &[POINTER], Some(leak)));
    let user = body(&[], |b, _| {
        let stale = call(b, leak, vec![], &[POINTER])[0];
        // Takes the same number for another life.
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let one = b.word(1);
        b.store(address, one, 8);
        vec![b.load(I64, stale, 8)]
    });
    let user = graph.functions.push(function("user", &[], &[I64], Some(user)));
    let result = show(Machine::default().call(&graph, &mut NoWorld, user, &[]));
    expect!["DeadMemory: the memory at this address is no longer there"].assert_eq(&result);
}

#[test]
fn constants_cannot_be_written() {
    let mut graph = Graph::default();
    let text = graph.globals.push(constant("text", b"abc"));
    let filled = body(&[], |b, _| {
        let address = b.push(POINTER, Op::Const(Constant::Global(text)));
        let byte = b.int(I8, 1);
        b.store(address, byte, 1);
        vec![]
    });
    let id = graph.functions.push(function("f", &[], &[], Some(filled)));
    let result = show(Machine::default().call(&graph, &mut NoWorld, id, &[]));
    expect!["ConstantWritten: constant memory is written"].assert_eq(&result);
}

#[test]
fn undefined_values_may_travel_but_not_decide() {
    check(expect!["0(undefined)"], |b| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        vec![b.load(I64, address, 8)]
    });
    check(expect!["Undefined: an undefined value decides what happens"], |b| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let loaded = b.load(I64, address, 8);
        let zero = b.word(0);
        let is_zero = compare(b, Compare::Equal, loaded, zero);
        let next = b.block(&[]);
        b.branch(is_zero, next, next);
        b.switch_to(next);
        vec![zero]
    });
    check(expect!["Undefined: division by an undefined number"], |b| {
        let (one, nothing) = (b.word(1), undefined(b, I64));
        vec![binary(b, Binary::DivUnsigned, one, nothing)]
    });
}

#[test]
fn copies() {
    let of = |distance: u64, may_overlap| {
        run(&[I64], |b| {
            let slot = b.slot(16, 8);
            let from = b.slot_address(slot);
            let to = b.offset(from, distance);
            let (value, bytes) = (b.word(7), b.word(8));
            b.store(from, value, 8);
            b.effect(Op::Copy { to, from, bytes, may_overlap });
            vec![b.load(I64, to, 1)]
        })
    };
    expect!["0(7)"].assert_eq(&of(8, false));
    expect!["0(7)"].assert_eq(&of(4, true));
    expect!["Overlap: the areas of a copy overlap"].assert_eq(&of(4, false));
    expect!["OutOfBounds: 8 bytes at offset 9 are not inside an area of 16 bytes"].assert_eq(&of(9, true));
}

#[test]
fn ends() {
    let ending = |terminator| {
        run(&[I64], |b| {
            b.terminate(terminator);
            vec![]
        })
    };
    expect!["Unreachable: code that cannot be reached is reached"]
        .assert_eq(&ending(Terminator::Unreachable));
    expect!["Trap: the program stops itself"].assert_eq(&ending(Terminator::Trap));
    check(expect!["Refused: the kernel cannot be called at build time"], |b| {
        vec![b.push(I64, Op::Syscall { number: 60, args: vec![] })]
    });
}

fn with_limits(limits: Limits, fill: impl FnOnce(&mut Builder) -> Vec<ValueId>) -> String {
    let mut graph = Graph::default();
    let id = graph.functions.push(function("f", &[], &[], Some(body(&[], |b, _| fill(b)))));
    show(Machine::new(limits).call(&graph, &mut NoWorld, id, &[]))
}

#[test]
fn limits() {
    let few = Limits { steps: 1000, ..Limits::default() };
    let endless = with_limits(few, |b| {
        let again = b.block(&[]);
        b.jump(again, vec![]);
        b.switch_to(again);
        b.jump(again, vec![]);
        vec![]
    });
    expect!["Steps: too many steps: is this loop endless?"].assert_eq(&endless);
    let large = with_limits(few, |b| {
        let slot = b.slot(1 << 20, 8);
        b.slot_address(slot);
        vec![]
    });
    expect!["Steps: too many steps: is this loop endless?"].assert_eq(&large);
    let huge = with_limits(Limits::default(), |b| {
        let slot = b.slot(1 << 31, 8);
        b.slot_address(slot);
        vec![]
    });
    expect!["Memory: more than 1073741824 bytes of memory"].assert_eq(&huge);
}

#[test]
fn a_failure_knows_the_calls_and_the_innermost_written_place() {
    let mut graph = Graph::default();
    let at = |start| Span::new(FileId(0), start, start + 1);
    let inner = body(&[], |b, _| {
        b.terminate(Terminator::Trap);
        vec![]
    });
    let inner = graph.functions.push(function("inner", &[], &[], Some(inner)));
    let outer = body(&[], |b, _| {
        b.span = at(7);
        call(b, inner, vec![], &[])
    });
    let outer = graph.functions.push(function("outer", &[], &[], Some(outer)));
    let failure = Machine::default().call(&graph, &mut NoWorld, outer, &[]).unwrap_err();
    assert_eq!(failure.span, at(7));
    assert_eq!(failure.stack, [(Name::new("inner"), Span::NONE), (Name::new("outer"), at(7))]);
}
