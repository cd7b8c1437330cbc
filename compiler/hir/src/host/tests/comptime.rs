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
              main.emit("a{}b{}",struct { i64, comptime comptime_int = 7 })(struct { i64, comptime comptime_int = 7 }{n.0, 7: comptime_int})
              main.emit("{}",struct { main.P })(struct { main.P }{..})
            main.emit("a{}b{}",struct { i64, comptime comptime_int = 7 }) (args.0: struct { i64, comptime comptime_int = 7 })
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

#[test]
fn variables_have_addresses_while_compiling() {
    check(
        "fn bump(n: *u32, by: u32) void { n.* += by; }
const table = blk: {
    var list: [4]u32 = undefined;
    for (&list, 0..) |*entry, k| { entry.* = k * k; bump(entry, 1); }
    const rest = list[1..];
    rest[0] = 50;
    break :blk list;
};
fn run() u32 { return table[0] + table[1] + table[3]; }",
        expect![[r#"
            main.run ()
            return 61: u32
            main.bump (n.0: *u32, by.1: u32)
            n.0.* = Add(n.0.*, by.1)
        "#]],
    );
}

#[test]
fn calls_of_known_arguments_run_before_anything_is_lowered() {
    check(
        "fn count(text: []const u8) usize {
    var n: usize = 0;
    for (text) |c| { if (c == '{') n += 1; }
    return n;
}
fn print(comptime text: []const u8, comptime given: usize) void {
    const wanted = comptime count(text);
    if (wanted != given) @compileError(\"wrong count in \" ++ text);
}
fn run() void { print(\"{}\", 1); print(\"{}{}\", 1); }",
        expect![[r#"
            main.run ()
            block
              main.print("{}",1)()
              main.print("{}{}",1)()
            main.print("{}",1) ()
            {}
            main.count (text.0: []const u8)
            block -> noreturn
              var n.1: usize = 0: usize
              block
                let held.2: []const u8 = text.0
                var index.3: usize = 0: usize
                loop label0 while Less(index.3, held.2.len) step index.3 = AddWrap(index.3, 1: usize)
                  block
                    let c.4: u8 = held.2.ptr[index.3]
                    if Equal(c.4, 123: u8)
                      n.1 = Add(n.1, 1: usize)
              return n.1
            HOST014 `@compileError("wrong count in " ++ text)`: wrong count in {}{}
              `print("{}{}", 1)`: `main.print("{}{}",1)` is made for this call
        "#]],
    );
}

#[test]
fn inline_prongs_know_their_tag() {
    check(
        "const U = union(enum) { a: u8, b: u32 };
fn size(u: U) usize {
    return switch (u) { inline else => |v, tag| if (tag == .a) 100 else @sizeOf(@TypeOf(v)) };
}
fn run(u: U) usize { return size(u); }",
        expect![[r#"
            main.run (u.0: main.U)
            return main.size(u.0)
            main.size (u.0: main.U)
            return (switch tag(u.0) -> usize; .a:; block -> usize; let v.1: u8 = u.0.<0>; 100: usize; .b:; block -> usize; let v.2: u32 = u.0.<1>; 4: usize)
        "#]],
    );
}
