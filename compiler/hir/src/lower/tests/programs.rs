//! Host code from its text to the value it computes: checked, lowered, run.

use crate::context::{Context, Known};
use crate::host::{Declared, decl, instance};
use crate::ids::InstanceId;
use crate::value::Value;
use expect_test::{Expect, expect};
use koru_base::{Level, MemoryFiles, Span, targets};
use koru_flow::eval::NoWorld;

/// The function `run` of a text, and whatever is wrong with the text.
fn load(cx: &mut Context, text: &str) -> Result<InstanceId, String> {
    let module = crate::host::tests::load(cx, text);
    let container = cx.modules[module].container;
    let Some(Declared::Known(Known { value: Value::Function(run), .. })) =
        decl(cx, container, "run".into(), Span::NONE)
    else {
        return Err(mistakes(cx));
    };
    Ok(instance(cx, run, &[]))
}

fn mistakes(cx: &mut Context) -> String {
    let all = cx.sink.take_sorted(&cx.sources);
    all.iter().map(|one| format!("{} {}\n", one.code.as_str(), one.message)).collect()
}

/// Runs `run` in checked mode; and sees that unchecked code of it is lawful, too, before and after the passes.
fn compute(text: &str) -> String {
    let files = MemoryFiles::default();
    for level in [Level::Small, Level::Debug] {
        let mut cx = Context::new(&files, &targets::TARGETS[0], level);
        match load(&mut cx, text) {
            Ok(run) => {
                cx.instances[run].linkage = crate::context::Linkage::Export;
                let mut graph = crate::lower::lower_program(&mut cx, &[run]);
                koru_flow::verify::expect_lawful(&graph, "lower");
                koru_flow::optimize(&mut graph, level);
            }
            Err(mistakes) => return mistakes,
        }
    }
    let mut cx = Context::new(&files, &targets::TARGETS[0], Level::Small);
    let run = match load(&mut cx, text) {
        Ok(run) => run,
        Err(mistakes) => return mistakes,
    };
    let result = crate::evaluate::run(&mut cx, run, Vec::new(), &mut NoWorld);
    let found = mistakes(&mut cx);
    if !found.is_empty() {
        return found;
    }
    match result {
        Ok(value) => super::numbers::show(&value),
        Err(Some(diagnostic)) => format!("{} {}", diagnostic.code.as_str(), diagnostic.message),
        Err(None) => "its code has mistakes".into(),
    }
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&compute(text));
}

#[test]
fn defers_run_innermost_first_on_every_way_out() {
    check(
        r#"
        var log: [24]u8 = undefined;
        var len: usize = 0;
        fn note(c: u8) void { log[len] = c; len += 1; }
        fn work(n: u8) !u8 {
            defer note('a');
            errdefer note('e');
            for (0..3) |i| {
                defer note('l');
                if (i == 1) continue;
                if (n == 1 and i == 2) break;
                if (n == 2 and i == 2) return error.Two;
                note('0' + @as(u8, @intCast(i)));
            }
            {
                defer note('b');
                if (n == 3) return 7;
            }
            return 8;
        }
        fn run() [24]u8 {
            len = 0;
            const a = work(1) catch 0;
            note(a + '0');
            const b = work(2) catch 9;
            note(b + '0');
            const c = work(3) catch 9;
            _ = c;
            while (len < 24) note('.');
            return log;
        }
        "#,
        expect!["0lllba80lllea90ll2lba..."],
    );
}

#[test]
fn loops_give_values_and_blocks_are_left_by_name() {
    check(
        r#"
        fn find(xs: []const u32, wanted: u32) usize {
            return for (xs, 0..) |x, i| {
                if (x == wanted) break i;
            } else 99;
        }
        fn sum(n: u32) u32 {
            var total: u32 = 0;
            var i: u32 = 0;
            outer: while (i < n) : (i += 1) {
                var j: u32 = 0;
                while (true) : (j += 1) {
                    if (j == 3) continue :outer;
                    if (i == 5) break :outer;
                    total += 1;
                }
            }
            return total;
        }
        fn run() [4]usize {
            const xs = [_]u32{ 4, 5, 6 };
            const v = blk: {
                if (find(&xs, 5) == 1) break :blk @as(usize, 11);
                break :blk 12;
            };
            return .{ find(&xs, 6), find(&xs, 7), sum(9), v };
        }
        "#,
        expect!["2 99 15 11"],
    );
}

#[test]
fn literals_are_written_field_by_field() {
    check(
        r#"
        const V = struct { x: i32, y: i32 };
        const Big = struct { a: [3]i32, v: V };
        fn twice(b: Big) Big { return .{ .a = .{ b.a[0] * 2, b.a[1] * 2, b.a[2] * 2 }, .v = b.v }; }
        fn run() [6]i32 {
            var v = V{ .x = 1, .y = 2 };
            v = .{ .x = v.y, .y = v.x };
            var arr = [2]i32{ 3, 4 };
            arr = .{ arr[1], arr[0] };
            var big = Big{ .a = .{ 1, 2, 3 }, .v = v };
            big = twice(big);
            big = twice(twice(big));
            return .{ v.x, v.y, arr[0], arr[1], big.a[2], big.v.y };
        }
        "#,
        expect!["2 2 4 4 24 2"],
    );
}

#[test]
fn unions_optionals_and_errors() {
    check(
        r#"
        const Shape = union(enum) { circle: f64, square: struct { w: i32, h: i32 }, none };
        fn area(s: Shape) i32 {
            return switch (s) {
                .circle => |r| @intFromFloat(r * 3.0),
                .square => |q| q.w * q.h,
                .none => 0,
            };
        }
        fn half(n: i32) ?i32 { return if (@mod(n, 2) == 0) @divTrunc(n, 2) else null; }
        fn parse(c: u8) error{Bad}!u8 {
            return switch (c) { '0'...'9' => c - '0', 'a'...'f' => c - 'a' + 10, else => error.Bad };
        }
        fn both(a: u8, b: u8) !u8 { return try parse(a) * 16 + try parse(b); }
        fn run() [9]i32 {
            var s: Shape = .{ .square = .{ .w = 3, .h = 4 } };
            const first = area(s);
            switch (s) { .square => |*q| q.w = 10, else => {} }
            const second = area(s);
            s = .none;
            const is_none: i32 = if (s == .none) 1 else 0;
            const h = half(8) orelse 99;
            const o = half(7) orelse 99;
            var opt: ?i32 = 5;
            if (opt) |*p| p.* += 1;
            const e: i32 = both('f', 'f') catch -1;
            const bad: i32 = if (both('x', '0')) |_| 0 else |err| switch (err) { error.Bad => 77 };
            return .{ first, second, is_none, area(.{ .circle = 2.5 }), h, o, opt.?, e, bad };
        }
        "#,
        expect!["12 40 1 7 4 99 6 255 77"],
    );
}

#[test]
fn names_slices_and_bytes() {
    check(
        r#"
        const Colour = enum { red, green, blue };
        const Odd = enum(u16) { a = 500, b = 7 };
        fn eql(a: []const u8, b: []const u8) bool {
            if (a.len != b.len) return false;
            for (a, b) |x, y| if (x != y) return false;
            return true;
        }
        fn name(e: anyerror) []const u8 { return @errorName(e); }
        fn run() [7]bool {
            var c: Colour = .green;
            _ = &c;
            var odd: Odd = .b;
            _ = &odd;
            var buf: [8]u8 = undefined;
            @memset(&buf, 'z');
            @memcpy(buf[2..4], "hi");
            const cut = buf[1..][0..4];
            const text: [:0]const u8 = "abc";
            return .{
                eql(@tagName(c), "green"),
                eql(@tagName(odd), "b"),
                eql(name(error.Lost), "Lost"),
                eql(cut, "zhiz"),
                text[text.len] == 0,
                eql("", buf[3..3]),
                cut.len == 4,
            };
        }
        "#,
        expect!["true true true true true true true"],
    );
}

#[test]
fn generic_containers_methods_and_pointers() {
    check(
        r#"
        fn Stack(comptime T: type, comptime n: usize) type {
            return struct {
                items: [n]T = undefined,
                len: usize = 0,
                const Self = @This();
                fn push(self: *Self, x: T) error{Full}!void {
                    if (self.len == n) return error.Full;
                    self.items[self.len] = x;
                    self.len += 1;
                }
                fn pop(self: *Self) ?T {
                    if (self.len == 0) return null;
                    self.len -= 1;
                    return self.items[self.len];
                }
            };
        }
        const Node = struct { value: i32, next: ?*const Node };
        fn total(first: ?*const Node) i32 {
            var sum: i32 = 0;
            var at = first;
            while (at) |node| : (at = node.next) sum += node.value;
            return sum;
        }
        fn apply(f: *const fn (i32) i32, x: i32) i32 { return f(x); }
        fn triple(x: i32) i32 { return 3 * x; }
        fn run() [5]i32 {
            var s: Stack(i32, 2) = .{};
            s.push(4) catch unreachable;
            s.push(5) catch unreachable;
            const full: i32 = if (s.push(6)) |_| 0 else |_| 1;
            const a = s.pop().?;
            const b = s.pop() orelse -1;
            const c = s.pop() orelse -1;
            const n2 = Node{ .value = 20, .next = null };
            const n1 = Node{ .value = 10, .next = &n2 };
            return .{ full, a * 10 + b, c, total(&n1), apply(&triple, 5) };
        }
        "#,
        expect!["1 54 -1 30 15"],
    );
}

#[test]
fn tables_are_computed_while_compiling() {
    check(
        r#"
        fn table() [8]u32 {
            var t: [8]u32 = undefined;
            for (&t, 0..) |*x, i| x.* = @intCast(i * i);
            return t;
        }
        const squares = table();
        const words = [_][]const u8{ "one", "three", "seven" };
        var counter: u32 = squares[3] + 1;
        fn run() [4]usize {
            counter += 1;
            var n: usize = 0;
            for (words) |w| n += w.len;
            return .{ squares[7], counter, n, words[2][1] };
        }
        "#,
        expect!["49 11 13 101"],
    );
}

#[test]
fn mistakes_at_run_time_are_caught() {
    let body = |code: &str| {
        let text = format!(
            "fn id(x: anytype) @TypeOf(x) {{ var y = x; _ = &y; return y; }}\nfn run() i32 {{ {code} }}"
        );
        compute(&text)
    };
    let found = [
        body("const xs = [_]i32{ 1, 2 }; return xs[id(@as(usize, 2))];"),
        body("const o: ?i32 = null; return id(o).?;"),
        body("const s: []const u8 = \"abc\"; return @intCast(s[id(@as(usize, 2))..id(@as(usize, 1))].len);"),
        body("unreachable;"),
        body("const u = union(enum) { a: i32, b: i32 }; const v = id(u{ .a = 1 }); return v.b;"),
        body(
            "const e = enum(u8) { x, y }; const v: e = @enumFromInt(id(@as(u8, 9))); return @intFromEnum(v);",
        ),
    ];
    expect![[r#"
        KORU700 index out of bounds
        KORU700 attempt to use null value
        KORU700 index out of bounds
        KORU700 reached unreachable code
        KORU700 access of an inactive union field
        KORU700 number is no value of the enum"#]]
    .assert_eq(&found.join("\n"));
}

#[test]
fn bits_vectors_and_layouts() {
    check(
        r#"
        const Flags = packed struct { low: u3, mid: u5, high: u8 };
        const Word = extern union { whole: u32, bytes: [4]u8 };
        const Event = extern struct { events: u32, data: Word align(4) };
        const Mixed = struct { a: u8, b: u64, c: u16 };
        fn run() [12]u64 {
            var f: Flags = .{ .low = 5, .mid = 17, .high = 200 };
            f.mid += 1;
            f.high -= 1;
            const bits: u16 = @bitCast(f);
            const back: Flags = @bitCast(bits ^ 1);
            var e: Event = .{ .events = 1, .data = .{ .whole = 0x01020304 } };
            e.data.bytes[0] += 1;
            const v = @Vector(4, i32){ 1, 2, 3, 4 };
            const w = v * v + @as(@Vector(4, i32), @splat(1));
            const sum: u64 = @intCast(@reduce(.Add, w));
            const x: f64 = 2.25;
            const o = @addWithOverflow(@as(u8, 200), 100);
            return .{
                bits, back.low, back.mid, e.data.whole, @sizeOf(Event), @sizeOf(Mixed), @offsetOf(Mixed, "b"),
                sum, @intFromFloat(@sqrt(x) * 10), o[0], o[1], @clz(@as(u32, 255)),
            };
        }
        "#,
        expect!["51093 4 18 16909061 8 16 0 34 15 44 1 24"],
    );
}

#[test]
fn large_values_travel_by_address() {
    check(
        r#"
        const Big = struct { xs: [5]u32, tag: u8 };
        const Out = union(enum) { big: Big, small: u8, err: [3]u64 };
        fn make(n: u32) Big {
            var b: Big = .{ .xs = undefined, .tag = @intCast(n) };
            for (&b.xs, 0..) |*x, i| x.* = n + @as(u32, @intCast(i));
            return b;
        }
        fn choose(n: u32) !?Out {
            if (n == 0) return null;
            if (n == 1) return error.One;
            if (n == 2) return .{ .big = make(9) };
            return Out{ .err = .{ n, n + 1, n + 2 } };
        }
        fn code(n: u32) u32 {
            const r = choose(n) catch return 1000;
            const out = r orelse return 2000;
            return switch (out) {
                .big => |b| b.xs[4] + b.tag,
                .small => 3,
                .err => |e| @intCast(e[0] + e[2]),
            };
        }
        fn swap(a: *Big, b: *Big) void {
            const t = a.*;
            a.* = b.*;
            b.* = t;
        }
        fn run() [6]u32 {
            var a = make(1);
            var b = make(100);
            swap(&a, &b);
            const list = [_]Big{ a, b, make(7) };
            var sum: u32 = 0;
            for (list) |one| sum += one.xs[0];
            return .{ code(0), code(1), code(2), code(5), sum, a.xs[0] * 1000 + b.xs[1] };
        }
        "#,
        expect!["2000 1000 22 12 108 100002"],
    );
}

#[test]
fn switches_and_atomics() {
    check(
        r#"
        fn class(n: i16) u8 {
            return switch (n) {
                -32768...-1 => 'n',
                0 => 'z',
                1, 2, 5...9 => 's',
                1000...2000 => 'm',
                else => 'o',
            };
        }
        const E = enum(u8) { a, b, _ };
        var shared: u32 = 5;
        var flag: bool = false;
        fn run() [10]u32 {
            const e: E = @enumFromInt(77);
            const old = @atomicRmw(u32, &shared, .Add, 3, .seq_cst);
            const found = @cmpxchgStrong(u32, &shared, 8, 20, .acq_rel, .monotonic);
            const not_found = @cmpxchgStrong(u32, &shared, 8, 30, .acq_rel, .monotonic);
            @atomicStore(bool, &flag, true, .release);
            const now: u32 = if (@atomicLoad(bool, &flag, .acquire)) 1 else 0;
            return .{
                class(-5), class(0), class(7), class(1500), class(3),
                switch (e) { .a, .b => 0, else => 9 },
                old, if (found == null) 1 else 0, not_found.?, now,
            };
        }
        "#,
        expect!["110 122 115 109 111 9 5 1 20 1"],
    );
}

#[test]
fn sentinels_and_strings_in_tables() {
    check(
        r#"
        const Entry = struct { name: []const u8, code: ?u16 = null, next: ?*const Entry = null };
        const first = Entry{ .name = "first", .code = 7 };
        const table = [_]Entry{ .{ .name = "a" }, .{ .name = "bc", .code = 300, .next = &first }, first };
        threadlocal var buffer: [4]u8 = .{ 1, 2, 3, 4 };
        fn find(name: []const u8) ?*const Entry {
            for (&table) |*entry| {
                if (entry.name.len == name.len and entry.name[0] == name[0]) return entry;
            }
            return null;
        }
        fn empty(comptime T: type) []const T { return &.{}; }
        fn run() [7]usize {
            const bc = find("bc") orelse return undefined;
            buffer[1] += 40;
            const many: [*:0]const u8 = "zero";
            var n: usize = 0;
            while (many[n] != 0) n += 1;
            const slots: [3]?u32 = .{null} ** 3;
            return .{
                bc.code.?, bc.next.?.name.len, if (find("x") == null) 1 else 0, buffer[1], n,
                if (slots[2] == null) 5 else 0, empty(u64).len,
            };
        }
        "#,
        expect!["300 5 1 42 4 5 0"],
    );
}
