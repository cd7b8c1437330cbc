//! Checked expressions evaluated: what comes out, and what is refused.

use super::evaluate;
use crate::context::BodyState;
use crate::ids::{LabelId, TypeId};
use crate::lower::tests::make::Make;
use crate::tree::{Binary, Compare, Convert, Expr, Kind, Place};
use crate::types::{Pointer, Type};
use crate::value::{Base, PointerValue, Step, Value};
use expect_test::{Expect, expect};
use koru_base::{Level, MemoryFiles, targets};
use koru_syntax::ast::host::PointerSize;

/// Evaluates the expression that `make` makes: its value, or what is reported.
fn check(make: impl FnOnce(&mut Make) -> Expr, expected: Expect) {
    let files = MemoryFiles::default();
    let mut cx = crate::Context::new(&files, &targets::TARGETS[0], Level::Small);
    let mut maker = Make::new(&mut cx);
    let expr = make(&mut maker);
    let body = maker.body();
    let value = evaluate(&mut cx, &body, &expr);
    let mut found = value.map_or("nothing".into(), |value| show(&value));
    for diagnostic in cx.sink.iter() {
        found += &format!("; {} {}", diagnostic.code.as_str(), diagnostic.message);
        diagnostic.notes.iter().for_each(|note| found += &format!(" ({note})"));
    }
    expected.assert_eq(&found);
}

/// A value in few words.
fn show(value: &Value) -> String {
    let all = |values: &[Value]| values.iter().map(show).collect::<Vec<_>>().join(", ");
    match value {
        Value::Int(number) => number.to_string(),
        Value::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Value::Aggregate(values) => format!("[{}]", all(values)),
        Value::Some(value) => format!("some {}", show(value)),
        Value::Payload(value) => format!("payload {}", show(value)),
        Value::Union { field, payload } => format!("field {field} of {}", show(payload)),
        Value::Slice { pointer, len } => format!("{len} at {}", show_pointer(pointer)),
        Value::Pointer(pointer) => show_pointer(pointer),
        other => format!("{other:?}"),
    }
}

fn show_pointer(pointer: &PointerValue) -> String {
    let base = match &pointer.base {
        Base::Global(global) => global.to_string(),
        Base::Data(data) => format!("data {}", show(&data.value)),
        Base::Address(number) => number.to_string(),
    };
    let step = |step: &Step| match step {
        Step::Field(field) => format!(".{field}"),
        Step::Element(index) => format!("[{index}]"),
    };
    base + &pointer.path.iter().map(step).collect::<String>()
}

/// `fn power(n: u32) u32 { if (n == 0) return 1; return 3 * power(n - 1); }`, called.
fn power(m: &mut Make, n: i64) -> Expr {
    let power = m.function("power", TypeId::U32);
    let param = m.param("n", TypeId::U32);
    let is_zero = m.compare(Compare::Equal, m.read(param), m.int(TypeId::U32, 0));
    let less = m.binary(Binary::Sub, m.read(param), m.int(TypeId::U32, 1));
    let rest = m.call(TypeId::U32, power, vec![less]);
    let more = m.binary(Binary::Mul, m.int(TypeId::U32, 3), rest);
    let choice = m.choose(TypeId::U32, is_zero, m.int(TypeId::U32, 1), more);
    let end = m.give_back(choice);
    let power = m.finish_as(power, end);
    m.call(TypeId::U32, power, vec![m.int(TypeId::U32, n)])
}

#[test]
fn functions_run_and_their_mistakes_are_reported_with_the_calls() {
    check(|m| power(m, 5), expect!["243"]);
    check(|m| power(m, 21), expect!["nothing; KORU700 integer overflow (in `power`)"]);
}

#[test]
fn what_needs_a_local_from_outside_is_no_constant() {
    check(
        |m| {
            let n = m.param("n", TypeId::U32);
            m.read(n)
        },
        expect!["nothing"],
    );
}

#[test]
fn a_table_is_filled_by_a_loop() {
    check(
        |m| {
            let table = m.cx.types.array(4, TypeId::U16);
            let (t, i) = (m.var("t", table), m.var("i", TypeId::USIZE));
            let at = Place::Element { base: Box::new(Place::Local(t)), base_ty: table, index: m.read(i) };
            let small = m.expr(TypeId::U16, Kind::Convert { how: Convert::Int, operand: m.read(i) });
            let square = m.binary(Binary::Mul, small.clone(), small);
            let fill = m.assign(at, square);
            let next = m.binary(Binary::Add, m.read(i), m.int(TypeId::USIZE, 1));
            let step = Some(m.assign(Place::Local(i), next));
            let condition = Some(m.compare(Compare::Less, m.read(i), m.int(TypeId::USIZE, 4)));
            let round = Kind::Loop { label: LabelId(0), condition, body: fill, step, otherwise: None };
            let start = m.bind(i, m.int(TypeId::USIZE, 0));
            let undefined = m.stmt(Kind::Let { local: t, value: None });
            let stmts = vec![start, undefined, m.stmt(round), m.read(t)];
            m.expr(table, Kind::Block { label: None, stmts })
        },
        expect!["[0, 1, 4, 9]"],
    );
}

#[test]
fn optionals_error_unions_and_unions_come_back_as_they_went() {
    let pair = |value: Value, make: fn(&mut Make) -> TypeId, expected: Expect| {
        check(
            |m| {
                let ty = make(m);
                let function = m.function("same", ty);
                let value = m.expr(ty, Kind::Const(value));
                let end = m.give_back(value);
                let function = m.finish_as(function, end);
                m.call(ty, function, vec![])
            },
            expected,
        );
    };
    let some = Value::Some(Value::int(7).into());
    pair(some, |m| m.cx.types.optional(TypeId::U8), expect!["some 7"]);
    let big = |m: &mut Make| {
        let array = m.cx.types.array(3, TypeId::U64);
        m.error_union(TypeId::ANYERROR, array)
    };
    pair(Value::Error("Bad".into()), big, expect![[r#"Error("Bad")"#]]);
    let array = Value::Aggregate([1, 2, 3].map(Value::int).into());
    pair(Value::Payload(array.into()), big, expect!["payload [1, 2, 3]"]);
    let union = |m: &mut Make| m.event("e", &[("a", Some(TypeId::I64)), ("b", None)]).1;
    let value = Value::Union { field: 0, payload: Value::int(-9).into() };
    pair(value, union, expect!["field 0 of -9"]);
}

#[test]
fn an_address_in_a_global_stays_one_and_other_memory_becomes_data() {
    check(
        |m| {
            let array = m.cx.types.array(4, TypeId::U32);
            let global = m.global("table", array);
            let index = m.int(TypeId::USIZE, 2);
            let at = Place::Element { base: Box::new(Place::Global(global)), base_ty: array, index };
            let pointer = m.cx.types.pointer(TypeId::U32, false);
            m.expr(pointer, Kind::AddressOf(at))
        },
        expect!["global0[2]"],
    );
    check(
        |m| {
            let hello = m.text("hello");
            let many = Pointer::to(PointerSize::Many, TypeId::U8, true);
            let many = m.cx.types.intern(Type::Pointer(many));
            let pointer = m.expr(many, Kind::SlicePointer(hello.clone()));
            let (start, end) = (m.int(TypeId::USIZE, 1), m.int(TypeId::USIZE, 4));
            m.expr(hello.ty, Kind::Slice { pointer, start, end, limit: None, sentinel: None })
        },
        expect![[r#"3 at data "ell"[0]"#]],
    );
}

#[test]
fn a_body_that_is_still_being_checked_is_asked_for_again() {
    let files = MemoryFiles::default();
    let mut cx = crate::Context::new(&files, &targets::TARGETS[0], Level::Small);
    let mut m = Make::new(&mut cx);
    let late = m.function("late", TypeId::U8);
    let call = m.call(TypeId::U8, late, vec![]);
    assert_eq!(evaluate(m.cx, &m.body(), &call), None);
    let end = m.give_back(m.int(TypeId::U8, 4));
    m.finish_as(late, end);
    assert!(matches!(m.cx.instances[late].body, BodyState::Checked(_)));
    assert_eq!(evaluate(m.cx, &m.body(), &call), Some(Value::int(4)));
}
