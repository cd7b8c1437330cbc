//! Memory that behaves: shadows travel with bytes, slots in loops, constants linked to each other.

use super::*;

#[test]
fn a_packed_struct_is_filled_field_by_field() {
    // u8 of two fields of four bits, undefined at first; the fields are written by masks.
    let result = run(&[I8], |b| {
        let slot = b.slot(1, 1);
        let address = b.slot_address(slot);
        for (keep, field) in [(0xF0, 0x5), (0x0F, 0xA0)] {
            let (keep, field) = (b.int(I8, keep), b.int(I8, field));
            let old = b.load(I8, address, 1);
            let kept = binary(b, Binary::And, old, keep);
            let new = binary(b, Binary::Or, kept, field);
            b.store(address, new, 1);
        }
        vec![b.load(I8, address, 1)]
    });
    assert_eq!(result, format!("0({})", 0xA5));
}

#[test]
fn an_address_survives_memory_copies_and_integers() {
    let result = run(&[I64, I64], |b| {
        let (target, first, second) = (b.slot(16, 8), b.slot(8, 8), b.slot(8, 8));
        let (target, first, second) = (b.slot_address(target), b.slot_address(first), b.slot_address(second));
        let inside = b.offset(target, 8);
        let (value, eight) = (b.word(42), b.word(8));
        b.store(inside, value, 8);
        b.store(first, inside, 8);
        b.effect(Op::Copy { to: second, from: first, bytes: eight, may_overlap: false });
        let copied = b.load(POINTER, second, 8);
        let through_copy = b.load(I64, copied, 8);
        // Tagged in its low bits and cleaned again.
        let number = b.push(I64, Op::Convert(Convert::PointerToInt, copied));
        let (one, mask) = (b.word(1), b.word(!1));
        let tagged = binary(b, Binary::Or, number, one);
        let clean = binary(b, Binary::And, tagged, mask);
        let again = b.push(POINTER, Op::Convert(Convert::IntToPointer, clean));
        vec![through_copy, b.load(I64, again, 8)]
    });
    assert_eq!(result, "0(42, 42)");
}

#[test]
fn an_address_copied_byte_by_byte_still_leads_there() {
    let result = run(&[I64], |b| {
        let (target, first, second) = (b.slot(8, 8), b.slot(8, 8), b.slot(8, 8));
        let (target, first, second) = (b.slot_address(target), b.slot_address(first), b.slot_address(second));
        let value = b.word(42);
        b.store(target, value, 8);
        b.store(first, target, 8);
        for at in 0..8 {
            let (from, to) = (b.offset(first, at), b.offset(second, at));
            let byte = b.load(I8, from, 1);
            b.store(to, byte, 1);
        }
        let copied = b.load(POINTER, second, 8);
        vec![b.load(I64, copied, 8)]
    });
    assert_eq!(result, "0(42)");
}

#[test]
fn a_slot_in_a_loop_is_undefined_in_each_turn() {
    // Two turns; each reads the slot before it writes it.
    let mut graph = Graph::default();
    let mut b = Builder::new(&[]);
    let slot = b.slot(8, 8);
    let zero = b.word(0);
    let (head, out) = (b.block(&[I64, I64]), b.block(&[]));
    let nothing = b.word(5);
    b.jump(head, vec![zero, nothing]);
    b.switch_to(head);
    let turn = b.params(head)[0];
    b.effect(Op::SlotLive(slot));
    let address = b.slot_address(slot);
    let seen = b.load(I64, address, 8);
    b.store(address, turn, 8);
    b.effect(Op::SlotDead(slot));
    let one = b.word(1);
    let next = binary(&mut b, Binary::Add, turn, one);
    let is_last = compare(&mut b, Compare::Equal, turn, one);
    let target = |block, args| Target { block, args };
    b.terminate(Terminator::Branch {
        condition: is_last,
        then: target(out, vec![]),
        otherwise: target(head, vec![next, seen]),
    });
    b.switch_to(out);
    b.terminate(Terminator::Exit { index: 0, values: vec![seen] });
    let id = graph.functions.push(function("f", &[], &[I64], Some(b.finish())));
    let mut machine = Machine::default();
    assert_eq!(show(machine.call(&graph, &mut NoWorld, id, &[])), "0(undefined)");
    assert_eq!(machine.memory().used_bytes(), 0);
}

#[test]
fn block_parameters_change_places_at_once() {
    let mut graph = Graph::default();
    let mut b = Builder::new(&[I64, I64]);
    let params = b.params(BlockId(0)).to_vec();
    let three = b.word(3);
    let (head, out) = (b.block(&[I64, I64, I64]), b.block(&[]));
    b.jump(head, vec![params[0], params[1], three]);
    b.switch_to(head);
    let state = b.params(head).to_vec();
    let (one, zero) = (b.word(1), b.word(0));
    let less = binary(&mut b, Binary::Sub, state[2], one);
    let is_done = compare(&mut b, Compare::Equal, less, zero);
    b.terminate(Terminator::Branch {
        condition: is_done,
        then: Target { block: out, args: vec![] },
        otherwise: Target { block: head, args: vec![state[1], state[0], less] },
    });
    b.switch_to(out);
    b.terminate(Terminator::Exit { index: 0, values: state });
    let function = function("f", &[I64, I64], &[I64, I64, I64], Some(b.finish()));
    let id = graph.functions.push(function);
    let args = [Value::word(1), Value::word(2)];
    assert_eq!(show(Machine::default().call(&graph, &mut NoWorld, id, &args)), "0(1, 2, 1)");
}

#[test]
fn constants_linked_in_a_long_chain_and_in_a_ring() {
    let mut graph = Graph::default();
    let count: u32 = 50_000;
    for index in 0..count {
        let target = Symbol::Global(GlobalId((index + 1) % count));
        let mut global = constant(&format!("link{index}"), &[0; 16]);
        global.bytes[8..12].copy_from_slice(&index.to_le_bytes());
        global.relocations.push(Relocation { offset: 0, target, addend: 8 });
        graph.globals.push(global);
    }
    let filled = body(&[], |b, _| {
        let last = b.push(POINTER, Op::Const(Constant::Global(GlobalId(count - 2))));
        let next = b.load(POINTER, last, 8);
        vec![b.load(I32, next, 4)]
    });
    let id = graph.functions.push(function("f", &[], &[I32], Some(filled)));
    assert_eq!(show(Machine::default().call(&graph, &mut NoWorld, id, &[])), "0(49999)");
}

#[test]
fn blocks_are_counted_until_they_are_freed() {
    let mut machine = Machine::default();
    let memory = machine.memory_mut();
    let block = memory.allocate(10, 1).unwrap();
    assert_eq!(memory.read_bytes(block, 10).unwrap(), [0; 10]);
    assert_eq!(memory.blocks().iter().map(|area| area.size).collect::<Vec<_>>(), [10]);
    assert_eq!(memory.free(block.offset(1)).unwrap_err().kind, FailureKind::BadFree);
    memory.free(block).unwrap();
    assert_eq!(memory.free(block).unwrap_err().kind, FailureKind::DeadMemory);
    assert_eq!(memory.read_bytes(block, 1).unwrap_err().kind, FailureKind::DeadMemory);
    assert!(memory.blocks().is_empty());
    let result = memory.allocate_undefined(4, 4).unwrap();
    assert_eq!(memory.read_bytes(result, 4).unwrap_err().message, "byte 0 of 4 is read but undefined");
}

#[test]
fn slots_of_the_outermost_call_can_stay() {
    let mut graph = Graph::default();
    let filled = body(&[], |b, _| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let value = b.word(9);
        b.store(address, value, 8);
        vec![address]
    });
    let id = graph.functions.push(function("f", &[], &[POINTER], Some(filled)));
    let mut machine = Machine::default();
    let outcome = machine.call_with(&graph, &mut NoWorld, id, &[], crate::eval::Slots::Stay).unwrap();
    let pointer = outcome.results[0].as_pointer().unwrap();
    assert_eq!(machine.memory().read(pointer, I64), Ok(Value::word(9)));
}
