//! Arithmetic of all widths and kinds.

use super::*;

/// `op(a, b)` on a type.
fn of(ty: Type, op: Binary, a: u128, b: u128) -> String {
    run(&[ty], |builder| {
        let constant = |bits| match ty {
            Type::Float(_) => Op::Const(Constant::Float(bits)),
            _ => Op::Const(Constant::Int(bits)),
        };
        let (a, b) = (builder.push(ty, constant(a)), builder.push(ty, constant(b)));
        vec![binary(builder, op, a, b)]
    })
}

#[test]
fn integers_wrap_saturate_and_keep_their_sign() {
    let minus = |number: u128| (256 - number) & 0xFF;
    let cases = [
        (Binary::Add, 200, 100, 44),
        (Binary::Sub, 1, 2, 255),
        (Binary::Mul, 16, 16, 0),
        (Binary::DivSigned, minus(7), 2, minus(3)),
        (Binary::RemSigned, minus(7), 2, minus(1)),
        (Binary::ShiftRightSigned, minus(8), 2, minus(2)),
        (Binary::ShiftRightUnsigned, minus(8), 2, 62),
        (Binary::AddSaturateSigned, 100, 100, 127),
        (Binary::AddSaturateSigned, minus(100), minus(100), 128),
        (Binary::SubSaturateUnsigned, 1, 2, 0),
        (Binary::SubSaturateSigned, 100, minus(100), 127),
        (Binary::AddSaturateUnsigned, 200, 100, 255),
        (Binary::MinSigned, minus(1), 1, minus(1)),
        (Binary::MaxUnsigned, minus(1), 1, minus(1)),
    ];
    for (op, a, b, expected) in cases {
        assert_eq!(of(I8, op, a, b), format!("0({expected})"), "{op:?}");
        // The same in lanes.
        let lanes = run(&[Type::Vector(Scalar::Int(8), 2)], |builder| {
            let ty = Type::Vector(Scalar::Int(8), 2);
            let mut splat = |bits| {
                let scalar = builder.int(I8, bits);
                builder.push(ty, Op::Splat(scalar))
            };
            let (a, b) = (splat(a), splat(b));
            vec![binary(builder, op, a, b)]
        });
        assert_eq!(lanes, format!("0([{expected}, {expected}])"), "{op:?}");
    }
}

/// `op` on the high 128 of 192 bits, shifted down again.
fn high(op: Binary, a: u128, b: u128) -> String {
    let (wide, narrow) = (Type::Int(192), Type::Int(128));
    run(&[narrow], |builder| {
        let by = builder.int(wide, 64);
        let mut raised = |bits| {
            let number = builder.int(narrow, bits);
            let number = builder.push(wide, Op::Convert(Convert::ExtendUnsigned, number));
            binary(builder, Binary::ShiftLeft, number, by)
        };
        let (a, b) = (raised(a), raised(b));
        let result = binary(builder, op, a, b);
        let low = binary(builder, Binary::ShiftRightUnsigned, result, by);
        vec![builder.push(narrow, Op::Convert(Convert::Truncate, low))]
    })
}

#[test]
fn wide_integers_agree_with_narrow_ones() {
    use Binary::*;
    let numbers = [1, 5, u128::MAX, 1 << 127, u128::MAX / 3];
    for op in [Add, Sub, And, Or, Xor, SubSaturateUnsigned, MinSigned, MinUnsigned, MaxSigned, MaxUnsigned] {
        for (a, b) in numbers.into_iter().flat_map(|a| numbers.map(|b| (a, b))) {
            assert_eq!(high(op, a, b), of(Type::Int(128), op, a, b), "{op:?} {a:#x} {b:#x}");
        }
    }
    let minus_seven = "18446744073709551609, 18446744073709551615, 18446744073709551615";
    assert_eq!(of(Type::Int(192), Sub, 0, 7), format!("0([{minus_seven}])"));
    assert_eq!(of(Type::Int(192), Mul, 1 << 127, 6), "0([0, 0, 3])");
    assert_eq!(of(Type::Int(192), RemUnsigned, u128::MAX, 10), "0([5, 0, 0])");
    assert_eq!(of(Type::Int(192), DivSigned, 1, 0), "DivisionByZero: division by zero");
}

#[test]
fn overflow_is_told() {
    let of = |op, bits, a: u128, b: u128| {
        run(&[Type::Int(bits), Type::BOOL], |builder| {
            let (a, b) = (builder.int(Type::Int(bits), a), builder.int(Type::Int(bits), b));
            builder.push_many(&[Type::Int(bits), Type::BOOL], Op::Overflow(op, a, b))
        })
    };
    assert_eq!(of(Overflow::AddSigned, 8, 100, 28), "0(128, 1)");
    assert_eq!(of(Overflow::AddUnsigned, 8, 100, 28), "0(128, 0)");
    assert_eq!(of(Overflow::SubUnsigned, 64, 0, 1), format!("0({}, 1)", u64::MAX));
    assert_eq!(of(Overflow::MulSigned, 128, 1 << 126, 2), format!("0({}, 1)", 1_u128 << 127));
    assert_eq!(of(Overflow::MulUnsigned, 128, 1 << 127, 2), "0(0, 1)");
    assert_eq!(of(Overflow::MulSigned, 3, 7, 7), "0(1, 0)");
}

#[test]
fn floats_are_the_machines_and_nan_is_one() {
    let bits = |number: f64| u128::from(number.to_bits());
    let double = |op, a: f64, b: f64| of(Type::Float(64), op, bits(a), bits(b));
    let is = |number: f64| format!("0({})", number.to_bits());
    assert_eq!(double(Binary::FloatAdd, 0.1, 0.2), is(0.1 + 0.2));
    assert_eq!(double(Binary::FloatRem, -7.5, 2.0), is(-1.5));
    assert_eq!(double(Binary::FloatMin, f64::NAN, 2.0), is(2.0));
    assert_eq!(double(Binary::FloatMax, -0.0, 0.0), is(0.0));
    assert_eq!(double(Binary::FloatMin, 0.0, -0.0), is(-0.0));
    assert_eq!(double(Binary::FloatDiv, 0.0, 0.0), format!("0({})", 0x7FF8_0000_0000_0000_u64));
    // 1.0 and 3.0 in 16 bits; a third, rounded to the nearest.
    assert_eq!(of(Type::Float(16), Binary::FloatDiv, 0x3C00, 0x4200), format!("0({})", 0x3555));
    // In 128 bits.
    let one = 0x3FFF << 112;
    assert_eq!(of(Type::Float(128), Binary::FloatAdd, one, one), format!("0({})", 0x4000_u128 << 112));
}

#[test]
fn conversions() {
    let of = |op, from, into, bits: u128| {
        run(&[into], |b| {
            let value = match from {
                Type::Float(_) => b.push(from, Op::Const(Constant::Float(bits))),
                _ => b.int(from, bits),
            };
            vec![b.push(into, Op::Convert(op, value))]
        })
    };
    let (double, single, half) = (Type::Float(64), Type::Float(32), Type::Float(16));
    let bits = |number: f64| u128::from(number.to_bits());
    assert_eq!(of(Convert::ExtendSigned, I8, I32, 0xFE), format!("0({})", u32::MAX - 1));
    assert_eq!(of(Convert::ExtendUnsigned, I8, I32, 0xFE), "0(254)");
    assert_eq!(of(Convert::Truncate, I32, Type::Int(3), 13), "0(5)");
    assert_eq!(of(Convert::ExtendSigned, Type::Int(1), Type::Int(128), 1), format!("0({})", u128::MAX));
    assert_eq!(of(Convert::FloatToSigned, double, I8, bits(-3.9)), "0(253)");
    assert_eq!(of(Convert::FloatToUnsigned, double, I8, bits(255.9)), "0(255)");
    assert_eq!(of(Convert::FloatToUnsigned, double, I8, bits(256.0)), "0(undefined)");
    assert_eq!(of(Convert::FloatToSigned, double, I8, bits(f64::NAN)), "0(undefined)");
    assert_eq!(of(Convert::SignedToFloat, I8, double, 0xFF), format!("0({})", bits(-1.0)));
    assert_eq!(
        of(Convert::UnsignedToFloat, I64, single, (1 << 24) + 1),
        format!("0({})", 16777216_f32.to_bits())
    );
    assert_eq!(of(Convert::FloatToFloat, double, half, bits(65520.0)), format!("0({})", 0x7C00));
    assert_eq!(of(Convert::Bits, single, I32, 0x3F80_0000), format!("0({})", 0x3F80_0000));
    assert_eq!(of(Convert::Bits, Type::Int(4), Type::Vector(Scalar::Int(1), 4), 5), "0([1, 0, 1, 0])");
}

#[test]
fn vectors() {
    let ty = Type::Vector(Scalar::Int(32), 4);
    let result = run(&[I32, Type::Int(4), Type::Vector(Scalar::Int(32), 2)], |b| {
        let mut vector = b.push(ty, Op::Const(Constant::Zero));
        for index in 0..4 {
            let (lane, value) = (b.word(index), b.int(I32, u128::from(index) * 10));
            vector = b.push(ty, Op::Insert { vector, lane, value });
        }
        // Through memory and back.
        let slot = b.slot(16, 16);
        let address = b.slot_address(slot);
        b.store(address, vector, 16);
        let vector = b.load(ty, address, 16);
        let sum = b.push(I32, Op::Reduce(Binary::Add, vector));
        let ten = b.int(I32, 10);
        let tens = b.push(ty, Op::Splat(ten));
        let above =
            b.push(Type::Vector(Scalar::Int(1), 4), Op::Compare(Compare::GreaterUnsigned, vector, tens));
        let mask = b.push(Type::Int(4), Op::Convert(Convert::Bits, above));
        let pair = Type::Vector(Scalar::Int(32), 2);
        let chosen = b.push(pair, Op::Shuffle { left: vector, right: tens, lanes: vec![3, 4] });
        vec![sum, mask, chosen]
    });
    assert_eq!(result, "0(60, 12, [30, 10])");
}

#[test]
fn bits_are_counted_and_turned() {
    let of = |op, bits: u16, number: u128| {
        run(&[Type::Int(bits)], |b| {
            let number = b.int(Type::Int(bits), number);
            vec![b.push(Type::Int(bits), Op::Unary(op, number))]
        })
    };
    assert_eq!(of(Unary::CountLeadingZeros, 24, 1), "0(23)");
    assert_eq!(of(Unary::CountLeadingZeros, 128, 0), "0(128)");
    assert_eq!(of(Unary::CountTrailingZeros, 24, 0), "0(24)");
    assert_eq!(of(Unary::CountOnes, 7, 0x7F), "0(7)");
    assert_eq!(of(Unary::ReverseBytes, 24, 0x010203), format!("0({})", 0x030201));
    assert_eq!(of(Unary::ReverseBits, 3, 0b110), "0(3)");
    assert_eq!(of(Unary::Not, 3, 0b110), "0(1)");
    assert_eq!(of(Unary::ReverseBytes, 192, 1), format!("0([0, 0, {}])", 1_u64 << 56));
    assert_eq!(of(Unary::CountLeadingZeros, 192, 1), "0([191, 0, 0])");
}

#[test]
fn atomics_update_and_exchange() {
    let order = Order::SequentiallyConsistent;
    let result = run(&[I8, I8, I8, Type::BOOL], |b| {
        let slot = b.slot(1, 1);
        let address = b.slot_address(slot);
        let (six, three, nine) = (b.int(I8, 6), b.int(I8, 3), b.int(I8, 9));
        b.effect(Op::AtomicStore { address, value: six, order });
        let old = b.push(I8, Op::AtomicUpdate { op: Update::Nand, address, value: three, order });
        let expected = b.int(I8, 0xFD);
        let exchange = Op::CompareExchange {
            address,
            expected,
            new: nine,
            success: order,
            failure: order,
            is_weak: false,
        };
        let seen = b.push_many(&[I8, Type::BOOL], exchange);
        let now = b.push(I8, Op::AtomicLoad { address, order });
        vec![old, seen[0], now, seen[1]]
    });
    assert_eq!(result, "0(6, 253, 9, 1)");
}
