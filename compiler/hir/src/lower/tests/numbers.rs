//! What operators compute, in checked mode, by running them.

use super::make::Make;
use crate::ids::TypeId;
use crate::tree::{Binary, Convert, Expr, Intrinsic, Kind, Unary};
use crate::value::Value;
use expect_test::{Expect, expect};
use koru_base::{Level, MemoryFiles, targets};

/// The value of an expression, or what goes wrong.
fn compute(make: impl FnOnce(&mut Make) -> Expr) -> String {
    let files = MemoryFiles::default();
    let mut cx = crate::Context::new(&files, &targets::TARGETS[0], Level::Debug);
    let mut maker = Make::new(&mut cx);
    let expr = make(&mut maker);
    let body = maker.body();
    match crate::evaluate::evaluate(&mut cx, &body, &expr) {
        Some(value) => show(&value),
        None => cx.sink.iter().map(|diagnostic| diagnostic.message.clone()).collect(),
    }
}

pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Float(number) => number.0.to_string(),
        Value::Aggregate(values) => values.iter().map(show).collect::<Vec<_>>().join(" "),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    }
}

/// What comes of each pair of numbers of a type.
fn check(op: Binary, bits: u16, is_signed: bool, pairs: &[(i64, i64)], expected: Expect) {
    let lines = pairs.iter().map(|&(a, b)| {
        let result = compute(|m| {
            let ty = m.cx.types.int(bits, is_signed);
            m.binary(op, m.int(ty, a), m.int(ty, b))
        });
        format!("{a} {b}: {result}")
    });
    expected.assert_eq(&lines.collect::<Vec<_>>().join(" | "));
}

#[test]
fn division_rounds_as_its_name_says() {
    let pairs = [(-7, 2), (7, -2), (-7, -2), (6, 3), (-128, -1), (1, 0)];
    check(
        Binary::DivTruncate,
        8,
        true,
        &pairs,
        expect![
            "-7 2: -3 | 7 -2: -3 | -7 -2: 3 | 6 3: 2 | -128 -1: integer overflow | 1 0: division by zero"
        ],
    );
    check(
        Binary::DivFloor,
        8,
        true,
        &pairs,
        expect![
            "-7 2: -4 | 7 -2: -4 | -7 -2: 3 | 6 3: 2 | -128 -1: integer overflow | 1 0: division by zero"
        ],
    );
    check(
        Binary::DivExact,
        8,
        true,
        &pairs,
        expect![
            "-7 2: exact division has a remainder | 7 -2: exact division has a remainder | -7 -2: exact division has a remainder | 6 3: 2 | -128 -1: integer overflow | 1 0: division by zero"
        ],
    );
    check(
        Binary::Rem,
        8,
        true,
        &pairs,
        expect![
            "-7 2: -1 | 7 -2: 1 | -7 -2: -1 | 6 3: 0 | -128 -1: integer overflow | 1 0: division by zero"
        ],
    );
    check(
        Binary::Mod,
        8,
        true,
        &pairs,
        expect![
            "-7 2: 1 | 7 -2: -1 | -7 -2: -1 | 6 3: 0 | -128 -1: integer overflow | 1 0: division by zero"
        ],
    );
}

#[test]
fn sums_wrap_saturate_or_are_mistakes() {
    let pairs = [(100, 27), (100, 28), (-100, -29)];
    check(
        Binary::Add,
        8,
        true,
        &pairs,
        expect!["100 27: 127 | 100 28: integer overflow | -100 -29: integer overflow"],
    );
    check(Binary::AddWrap, 8, true, &pairs, expect!["100 27: 127 | 100 28: -128 | -100 -29: 127"]);
    check(Binary::AddSaturate, 8, true, &pairs, expect!["100 27: 127 | 100 28: 127 | -100 -29: -128"]);
    check(Binary::Sub, 5, false, &[(3, 4), (31, 1)], expect!["3 4: integer overflow | 31 1: 30"]);
    check(Binary::SubSaturate, 5, false, &[(3, 4), (31, 1)], expect!["3 4: 0 | 31 1: 30"]);
    check(
        Binary::MulSaturate,
        8,
        true,
        &[(-100, 2), (-100, -2), (11, 11)],
        expect!["-100 2: -128 | -100 -2: 127 | 11 11: 121"],
    );
}

#[test]
fn shifts_know_their_width() {
    check(
        Binary::ShiftLeft,
        8,
        false,
        &[(129, 1), (1, 7), (1, 8)],
        expect!["129 1: 2 | 1 7: 128 | 1 8: shift count is not smaller than the width"],
    );
    check(
        Binary::ShiftLeftExact,
        8,
        false,
        &[(64, 1), (129, 1)],
        expect!["64 1: 128 | 129 1: integer overflow"],
    );
    check(
        Binary::ShiftLeftSaturate,
        8,
        true,
        &[(64, 1), (-64, 1), (-65, 1), (3, 2)],
        expect!["64 1: 127 | -64 1: -128 | -65 1: -128 | 3 2: 12"],
    );
    check(Binary::ShiftRight, 8, true, &[(-8, 1), (8, 3)], expect!["-8 1: -4 | 8 3: 1"]);
    check(Binary::ShiftRightExact, 8, true, &[(-8, 1), (9, 1)], expect!["-8 1: -4 | 9 1: integer overflow"]);
}

/// What comes of each number, converted between integer types.
fn check_cast(from: (u16, bool), to: (u16, bool), numbers: &[i64], expected: Expect) {
    let lines = numbers.iter().map(|&number| {
        let result = compute(|m| {
            let (from, to) = (m.cx.types.int(from.0, from.1), m.cx.types.int(to.0, to.1));
            let operand = m.int(from, number);
            m.expr(to, Kind::Convert { how: Convert::Int, operand })
        });
        format!("{number}: {result}")
    });
    expected.assert_eq(&lines.collect::<Vec<_>>().join(" | "));
}

#[test]
fn a_cast_that_does_not_fit_is_a_mistake() {
    check_cast(
        (16, false),
        (8, true),
        &[127, 128, 65535],
        expect![
            "127: 127 | 128: integer does not fit in destination type | 65535: integer does not fit in destination type"
        ],
    );
    check_cast(
        (16, true),
        (8, false),
        &[255, 256, -1],
        expect![
            "255: 255 | 256: integer does not fit in destination type | -1: integer does not fit in destination type"
        ],
    );
    check_cast(
        (8, true),
        (8, false),
        &[127, -1],
        expect!["127: 127 | -1: integer does not fit in destination type"],
    );
    check_cast(
        (8, false),
        (8, true),
        &[127, 128],
        expect!["127: 127 | 128: integer does not fit in destination type"],
    );
    check_cast(
        (8, true),
        (32, false),
        &[5, -5],
        expect!["5: 5 | -5: integer does not fit in destination type"],
    );
    check_cast(
        (32, true),
        (8, true),
        &[-128, -129],
        expect!["-128: -128 | -129: integer does not fit in destination type"],
    );
}

#[test]
fn floats_become_integers_where_they_fit() {
    let cast = |number: f64, bits, is_signed| {
        compute(|m| {
            let ty = m.cx.types.int(bits, is_signed);
            let operand = m.expr(TypeId::F64, Kind::Const(Value::Float(number.into())));
            m.expr(ty, Kind::Convert { how: Convert::FloatToInt, operand })
        })
    };
    let found = [
        cast(-0.9, 8, false),
        cast(-1.0, 8, false),
        cast(255.9, 8, false),
        cast(256.0, 8, false),
        cast(-128.9, 8, true),
        cast(f64::NAN, 8, true),
    ];
    expect!["0 | integer does not fit in destination type | 255 | integer does not fit in destination type | -128 | integer does not fit in destination type"].assert_eq(&found.join(" | "));
}

#[test]
fn intrinsics_of_numbers() {
    let one = |op: Intrinsic, bits, is_signed, number, result: u16| {
        compute(|m| {
            let (ty, result) = (m.cx.types.int(bits, is_signed), m.cx.types.int(result, false));
            let arg = m.int(ty, number);
            m.intrinsic(result, op, vec![arg])
        })
    };
    let found = [
        one(Intrinsic::Abs, 8, true, -128, 8),
        one(Intrinsic::CountLeadingZeros, 32, false, 1, 6),
        one(Intrinsic::CountOnes, 3, false, 7, 2),
        one(Intrinsic::ReverseBytes, 32, false, 0x01020304, 32),
        one(Intrinsic::ReverseBits, 8, false, 6, 8),
    ];
    expect!["128 31 3 67305985 96"].assert_eq(&found.join(" "));
    let negated = compute(|m| {
        let ty = m.cx.types.int(8, true);
        let operand = m.int(ty, -128);
        m.expr(ty, Kind::Unary { op: Unary::Negate, operand })
    });
    expect!["integer overflow"].assert_eq(&negated);
}
