//! Calls: several exits, addresses of functions, recursion, the world.

use super::*;

/// `odd_even(n)`: exit 0 `even(n/2)`, exit 1 `odd()`.
fn odd_even() -> Function {
    let mut b = Builder::new(&[I64]);
    let n = b.params(BlockId(0))[0];
    let (two, zero) = (b.word(2), b.word(0));
    let rest = binary(&mut b, Binary::RemUnsigned, n, two);
    let is_even = compare(&mut b, Compare::Equal, rest, zero);
    let (even, odd) = (b.block(&[]), b.block(&[]));
    b.branch(is_even, even, odd);
    b.switch_to(even);
    let half = binary(&mut b, Binary::DivUnsigned, n, two);
    b.terminate(Terminator::Exit { index: 0, values: vec![half] });
    b.switch_to(odd);
    b.terminate(Terminator::Exit { index: 1, values: vec![] });
    with_exits("odd_even", &[I64], &[("even", &[I64]), ("odd", &[])], Some(b.finish()))
}

#[test]
fn exits_lead_to_blocks_with_their_results() {
    let mut graph = Graph::default();
    let callee = graph.functions.push(odd_even());
    let mut b = Builder::new(&[I64]);
    let n = b.params(BlockId(0))[0];
    let (even, odd) = (b.block(&[I64]), b.block(&[]));
    let half = b.params(even)[0];
    b.terminate(Terminator::Call { callee: Callee::Function(callee), args: vec![n], exits: vec![even, odd] });
    b.switch_to(even);
    b.terminate(Terminator::Exit { index: 0, values: vec![half] });
    b.switch_to(odd);
    let minus_one = b.word(u64::MAX);
    b.terminate(Terminator::Exit { index: 0, values: vec![minus_one] });
    let caller = graph.functions.push(function("caller", &[I64], &[I64], Some(b.finish())));
    let mut machine = Machine::default();
    let mut call = |id, n| show(machine.call(&graph, &mut NoWorld, id, &[Value::word(n)]));
    assert_eq!(call(caller, 10), "0(5)");
    assert_eq!(call(caller, 7), "0(18446744073709551615)");
    assert_eq!(call(callee, 7), "1()");
}

/// `sum(n) = n == 0 ? 0 : n + sum(n - 1)`.
fn sum(itself: FunctionId) -> Function {
    let mut b = Builder::new(&[I64]);
    let n = b.params(BlockId(0))[0];
    let (zero, one) = (b.word(0), b.word(1));
    let is_zero = compare(&mut b, Compare::Equal, n, zero);
    let (done, more) = (b.block(&[]), b.block(&[]));
    b.branch(is_zero, done, more);
    b.switch_to(done);
    b.terminate(Terminator::Exit { index: 0, values: vec![zero] });
    b.switch_to(more);
    let less = binary(&mut b, Binary::Sub, n, one);
    let rest = super::call(&mut b, itself, vec![less], &[I64])[0];
    let all = binary(&mut b, Binary::Add, n, rest);
    b.terminate(Terminator::Exit { index: 0, values: vec![all] });
    function("sum", &[I64], &[I64], Some(b.finish()))
}

#[test]
fn recursion_ends_at_the_limit_of_depth_and_the_machine_goes_on() {
    let mut graph = Graph::default();
    let id = graph.functions.push(sum(FunctionId(0)));
    let mut machine = Machine::default();
    let mut call = |n| machine.call(&graph, &mut NoWorld, id, &[Value::word(n)]);
    assert_eq!(show(call(9_999)), "0(49995000)");
    let failure = call(10_000).unwrap_err();
    assert_eq!((failure.kind, failure.stack.len()), (FailureKind::Depth, 10_000));
    assert_eq!(show(call(3)), "0(6)");
}

#[test]
fn addresses_of_functions_can_be_called_as_what_they_are() {
    let mut graph = Graph::default();
    let callee = graph.functions.push(sum(FunctionId(0)));
    let signature = Box::new(graph.functions[callee].signature.clone());
    let through = |graph: &mut Graph, signature: Box<Signature>, constant| {
        let filled = body(&[], |b, _| {
            let address = b.push(POINTER, Op::Const(constant));
            let four = b.word(4);
            let callee = Callee::Pointer { address, signature };
            b.push_many(&[I64], Op::Call { callee, args: vec![four] })
        });
        let id = graph.functions.push(function("through", &[], &[I64], Some(filled)));
        show(Machine::default().call(graph, &mut NoWorld, id, &[]))
    };
    let address = Constant::Function(callee);
    assert_eq!(through(&mut graph, signature.clone(), address), "0(10)");
    let other = Box::new(Signature { convention: Convention::C, ..*signature.clone() });
    assert_eq!(
        through(&mut graph, other, address),
        "BadCall: `sum` is called as if it had another signature"
    );
    let null = through(&mut graph, signature, Constant::Zero);
    assert_eq!(null, "NullPointer: a null pointer is followed");
}

/// Doubles the bytes it is pointed to, and hands out blocks.
struct Doubling;

impl World for Doubling {
    fn call(&mut self, name: Name, args: &[Value], memory: &mut Memory) -> Result<Vec<Value>, Refusal> {
        match (name.as_str(), args) {
            ("double", [pointer, len]) => {
                let (pointer, len) = (pointer.address()?, len.number()?);
                let bytes: Vec<u8> = memory.read_bytes(pointer, len)?.iter().map(|byte| byte * 2).collect();
                memory.write_bytes(pointer, &bytes)?;
                Ok(vec![Value::word(bytes.len() as u64)])
            }
            _ => Err(Refusal::refused(format!("no `{name}` here"))),
        }
    }
}

#[test]
fn the_world_reads_and_writes_memory() {
    let mut graph = Graph::default();
    let mut double = function("double", &[POINTER, I64], &[I64], None);
    double.linkage = Linkage::Build;
    let double = graph.functions.push(double);
    let filled = body(&[I64], |b, params| {
        let slot = b.slot(8, 8);
        let address = b.slot_address(slot);
        let start = b.word(0x0102);
        b.store(address, start, 8);
        let count = super::call(b, double, vec![address, params[0]], &[I64])[0];
        vec![b.load(I64, address, 8), count]
    });
    let id = graph.functions.push(function("f", &[I64], &[I64, I64], Some(filled)));
    let call = |n: u64| show(Machine::default().call(&graph, &mut Doubling, id, &[Value::word(n)]));
    assert_eq!(call(2), format!("0({}, 2)", 0x0204));
    assert_eq!(call(9), "OutOfBounds: 9 bytes at offset 0 are not inside an area of 8 bytes");
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let mut graph = Graph::default();
    let mut import = function("getenv", &[], &[], None);
    import.linkage = Linkage::Import;
    let import = graph.functions.push(import);
    let later = graph.functions.push(function("later", &[], &[], None));
    let mut build = function("exit", &[], &[], None);
    build.linkage = Linkage::Build;
    let build = graph.functions.push(build);
    let mut calling = |callee: FunctionId| {
        let filled = body(&[], |b, _| super::call(b, callee, vec![], &[]));
        let id = graph.functions.push(function("f", &[], &[], Some(filled)));
        show(Machine::default().call(&graph, &mut Doubling, id, &[]))
    };
    assert_eq!(calling(import), "Refused: `getenv` is not there at build time");
    assert_eq!(calling(later), "MissingBody(fn1): `later` has no body");
    assert_eq!(calling(build), "Refused: no `exit` here");
}

#[test]
fn the_graph_may_grow_between_calls_and_globals_keep_their_state() {
    let mut graph = Graph::default();
    let mut counter = constant("counter", &[0; 8]);
    counter.is_const = false;
    let counter = graph.globals.push(counter);
    let count = || {
        body(&[], |b, _| {
            let address = b.push(POINTER, Op::Const(Constant::Global(counter)));
            let old = b.load(I64, address, 8);
            let one = b.word(1);
            let new = binary(b, Binary::Add, old, one);
            b.store(address, new, 8);
            vec![new]
        })
    };
    let mut machine = Machine::default();
    for expected in ["0(1)", "0(2)", "0(3)"] {
        let id = graph.functions.push(function("count", &[], &[I64], Some(count())));
        assert_eq!(show(machine.call(&graph, &mut NoWorld, id, &[])), expected);
    }
}
