//! Generics, inline loops, compile-time values.

use super::check;
use expect_test::expect;

#[test]
fn generic_types_are_remembered() {
    check(
        "fn Pair(comptime A: type, comptime B: type) type {
    return struct { a: A, b: B,
        const Self = @This();
        fn swap(s: Self) Pair(B, A) { return .{ .a = s.b, .b = s.a }; } };
}
fn run() u8 {
    const p = Pair(u8, i32){ .a = 1, .b = 2 };
    const q: Pair(i32, u8) = p.swap();
    return q.b;
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              let q.0: main.Pair(i32,u8) = main.Pair(u8,i32).swap(main.Pair(u8,i32){..})
              return q.0.1
            main.Pair(u8,i32).swap (s.0: main.Pair(u8,i32))
            return main.Pair(i32,u8){s.0.1, s.0.0}
        "#]],
    );
}

#[test]
fn comptime_strings_and_inline_loops() {
    check(
        "fn put(b: u8) void { _ = b; }
fn emit(comptime fmt: []const u8, args: anytype) void {
    comptime var next = 0;
    comptime var i = 0;
    inline while (i < fmt.len) : (i += 1) {
        switch (fmt[i]) {
            '{' => { value(args[next]); next += 1; i += 1; },
            else => put(fmt[i]),
        }
    }
}
fn value(x: anytype) void {
    switch (@typeInfo(@TypeOf(x))) {
        .int => |int| put(int.bits),
        .comptime_int => put(x),
        .@\"struct\" => |s| inline for (s.fields) |f| value(@field(x, f.name)),
        else => @compileError(\"no \" ++ @typeName(@TypeOf(x))),
    }
}
const P = struct { x: u16, y: u32 };
fn run(n: i64) void {
    emit(\"a{}b{}\", .{ n, 7 });
    emit(\"{}\", .{ P{ .x = 1, .y = 2 } });
}",
        expect![[r#"
            main.run (n.0: i64)
            block
              main.emit("a{}b{}",struct { i64, comptime_int })(struct { i64, comptime_int }{n.0, 7: comptime_int})
              main.emit("{}",struct { main.P })(struct { main.P }{..})
            main.emit("a{}b{}",struct { i64, comptime_int }) (args.0: struct { i64, comptime_int })
            block
              main.put(97: u8)
              main.value(i64)(args.0.0)
              main.put(98: u8)
              main.value(7)()
            main.emit("{}",struct { main.P }) (args.0: struct { main.P })
            main.value(main.P)(args.0.0)
            main.put (b.0: u8)
            {}
            main.value(i64) (x.0: i64)
            main.put(64: u8)
            main.value(7) ()
            main.put(7: u8)
            main.value(main.P) (x.0: main.P)
            block
              main.value(u16)(x.0.0)
              main.value(u32)(x.0.1)
            main.value(u16) (x.0: u16)
            main.put(16: u8)
            main.value(u32) (x.0: u32)
            main.put(32: u8)
        "#]],
    );
}

#[test]
fn functions_that_make_numbers() {
    check(
        "fn maxInt(comptime T: type) comptime_int {
    const info = @typeInfo(T);
    const bits = info.int.bits;
    return (1 << (bits - @intFromBool(info.int.signedness == .signed))) - 1;
}
fn log2(comptime n: comptime_int) comptime_int {
    var left = n;
    var count = 0;
    while (left > 1) : (left = left / 2) count += 1;
    return count;
}
const Buffer = [log2(1024)]u8;
fn run() u64 {
    var b: Buffer = undefined;
    b[0] = maxInt(i8);
    return maxInt(u32) + @as(u64, b[0]);
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              var b.0: [10]u8 = undefined
              b.0[0: usize] = 127: u8
              return Add(4294967295: u64, u64<Int>(b.0[0: usize]))
        "#]],
    );
}
