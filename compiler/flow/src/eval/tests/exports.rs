//! Results that become globals of the graph.

use super::*;
use crate::eval::Freeze;

/// The globals of a graph, one a line.
fn globals(graph: &Graph) -> String {
    let line = |global: &Global| {
        let relocations: Vec<String> = global
            .relocations
            .iter()
            .map(|at| format!(" {}: {:?}{:+}", at.offset, at.target, at.addend))
            .collect();
        let word = if global.is_const { "const" } else { "var" };
        format!("{word} {} {} {:?}{}\n", global.name, global.size, global.bytes, relocations.concat())
    };
    graph.globals.iter().map(line).collect()
}

/// Names `new0`, `new1`, ...
fn names() -> impl FnMut() -> Name {
    let mut count = 0;
    move || {
        count += 1;
        Name::new(&format!("new{}", count - 1))
    }
}

#[test]
fn what_a_result_reaches_becomes_globals_rings_too() {
    let mut graph = Graph::default();
    let text = graph.globals.push(constant("text", b"abcdef"));
    let mut machine = Machine::default();
    let memory = machine.memory_mut();
    let (node, other) = (memory.allocate(24, 8).unwrap(), memory.allocate(16, 8).unwrap());
    // node: other + 8, text + 2, 7; other: node, text.
    let filled = body(&[POINTER, POINTER], |b, params| {
        let (node, other) = (params[0], params[1]);
        let text = b.push(POINTER, Op::Const(Constant::Global(text)));
        let (inside, tail, seven) = (b.offset(other, 8), b.offset(text, 2), b.word(7));
        let (second, third) = (b.offset(node, 8), b.offset(node, 16));
        b.store(node, inside, 8);
        b.store(second, tail, 8);
        b.store(third, seven, 8);
        b.store(other, node, 8);
        b.store(inside, text, 8);
        vec![]
    });
    let id = graph.functions.push(function("f", &[POINTER, POINTER], &[], Some(filled)));
    let args = [Value::pointer(node), Value::pointer(other)];
    machine.call(&graph, &mut NoWorld, id, &args).unwrap();
    let mut names = names();
    let found = machine.export(&mut graph, node.offset(8), Freeze::All, &mut names);
    assert_eq!(found, Ok((Symbol::Global(GlobalId(1)), 8)));
    let expected = "\
const text 6 [97, 98, 99, 100, 101, 102]
const new0 24 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] 0: Global(global2)+8 8: Global(global0)+2
const new1 16 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] 0: Global(global1)+0 8: Global(global0)+0
";
    assert_eq!(globals(&graph), expected);
    let again = machine.export(&mut graph, other, Freeze::All, &mut names);
    assert_eq!(again, Ok((Symbol::Global(GlobalId(2)), 0)));
}

#[test]
fn only_constants_freeze_unless_all_shall() {
    let mut machine = Machine::default();
    let mut graph = Graph::default();
    let fixed = machine.memory_mut().allocate_constant(b"hi", 1).unwrap();
    let free = machine.memory_mut().allocate(2, 1).unwrap();
    let mut names = names();
    for pointer in [fixed, free] {
        machine.export(&mut graph, pointer, Freeze::Constants, &mut names).unwrap();
    }
    assert_eq!(globals(&graph), "const new0 2 [104, 105]\nvar new1 2 []\n");
}

#[test]
fn addresses_that_are_no_constants_are_refused() {
    // Copies the first byte of an address, or the address to an odd place.
    let export = |is_split: bool| {
        let mut machine = Machine::default();
        let mut graph = Graph::default();
        let block = machine.memory_mut().allocate(32, 8).unwrap();
        let filled = body(&[POINTER], |b, params| {
            let odd = b.offset(params[0], 17);
            b.store(params[0], params[0], 8);
            let value = if is_split { b.load(I8, params[0], 1) } else { params[0] };
            b.store(odd, value, 1);
            vec![]
        });
        let id = graph.functions.push(function("f", &[POINTER], &[], Some(filled)));
        machine.call(&graph, &mut NoWorld, id, &[Value::pointer(block)]).unwrap();
        machine.export(&mut graph, block, Freeze::All, &mut names()).unwrap_err().message
    };
    let expected = "a constant holds an address that was copied in parts, or stored unaligned";
    assert_eq!((export(true).as_str(), export(false).as_str()), (expected, expected));
    let mut machine = Machine::default();
    let (holder, gone) =
        (machine.memory_mut().allocate(8, 8).unwrap(), machine.memory_mut().allocate(8, 8).unwrap());
    machine.memory_mut().write(holder, &Value::pointer(gone)).unwrap();
    machine.memory_mut().free(gone).unwrap();
    let refusal = machine.export(&mut Graph::default(), holder, Freeze::All, &mut names()).unwrap_err();
    assert_eq!(refusal.kind, FailureKind::DeadMemory);
}
