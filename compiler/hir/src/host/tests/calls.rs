//! Functions, methods, literals, places.

use super::check;
use expect_test::expect;

#[test]
fn numbers_meet_their_types() {
    check(
        "const N = 10;
fn run(a: i32, b: u8) i32 {
    const c: u32 = N;
    var d: u64 = b;
    d += c;
    return a + b * 2;
}",
        expect![[r#"
            main.run (a.0: i32, b.1: u8)
            block -> noreturn
              var d.2: u64 = u64<Int>(b.1)
              d.2 = Add(d.2, 10: u64)
              return Add(a.0, i32<Int>(Mul(b.1, 2: u8)))
        "#]],
    );
}

#[test]
fn literals_take_the_expected_type() {
    check(
        "const Out = union(enum) { ok: struct { n: i32, tag: []const u8 }, none: struct {}, unit: void };
fn run(k: u8) Out {
    if (k == 0) return .{ .ok = .{ .n = k, .tag = \"seven\" } };
    if (k == 1) return .{ .none = .{} };
    if (k == 2) return .none;
    return .unit;
}",
        expect![[r#"
            main.run (k.0: u8)
            block -> noreturn
              if Equal(k.0, 0: u8)
                return main.Out{.0 = main.Out.ok{i32<Int>(k.0), "seven"}}
              if Equal(k.0, 1: u8)
                return main.Out{..}
              if Equal(k.0, 2: u8)
                return main.Out{..}
              return main.Out{..}
        "#]],
    );
}

#[test]
fn methods_take_their_receiver_as_they_want_it() {
    check(
        "const Counter = struct {
    n: u32 = 0,
    const Self = @This();
    fn bump(self: *Self, by: u32) void { self.n += by; }
    fn get(self: Self) u32 { return self.n; }
};
fn run() u32 {
    var c = Counter{};
    c.bump(3);
    const p = &c;
    p.bump(4);
    return p.get();
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              var c.0: main.Counter = main.Counter{..}
              main.Counter.bump(&c.0, 3: u32)
              let p.1: *main.Counter = &c.0
              main.Counter.bump(p.1, 4: u32)
              return main.Counter.get(p.1.*)
            main.Counter.bump (self.0: *main.Counter, by.1: u32)
            self.0.*.0 = Add(self.0.*.0, by.1)
            main.Counter.get (self.0: main.Counter)
            return self.0.0
        "#]],
    );
}

#[test]
fn slices_and_arrays() {
    check(
        "fn sum(xs: []const i32) i32 {
    var total: i32 = 0;
    for (xs, 0..) |x, i| {
        if (i == 2) continue;
        total += x;
    }
    return total;
}
fn run() i32 {
    const fixed = [_]i32{ 1, 2, 3 };
    var ys = [3]i32{ 4, 5, 6 };
    for (&ys) |*y| y.* *= 2;
    ys[1] = fixed[0];
    return sum(&fixed) + sum(ys[1..]) + sum(&.{ 7, 8 });
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              var ys.0: [3]i32 = [3]i32{..}
              block
                var index.1: usize = 0: usize
                loop label0 while Less(index.1, 3: usize) step index.1 = AddWrap(index.1, 1: usize)
                  block
                    let y.2: *i32 = &[*]i32<Pointer>(&ys.0)[index.1]
                    y.2.* = Mul(y.2.*, 2: i32)
              ys.0[1: usize] = 1: i32
              return Add(Add(main.sum("\u{1}\u{2}\u{3}"), main.sum([]const i32<ArrayToSlice>(*[2]i32<Pointer>(&ys.0[1: usize..3: usize].ptr)))), main.sum("\u{7}\u{8}"))
            main.sum (xs.0: []const i32)
            block -> noreturn
              var total.1: i32 = 0: i32
              block
                let held.2: []const i32 = xs.0
                var index.3: usize = 0: usize
                loop label0 while Less(index.3, held.2.len) step index.3 = AddWrap(index.3, 1: usize)
                  block
                    let x.4: i32 = held.2.ptr[index.3]
                    let i.5: usize = index.3
                    block
                      if Equal(i.5, 2: usize)
                        continue label0
                      total.1 = Add(total.1, x.4)
              return total.1
        "#]],
    );
}

#[test]
fn tuples_have_types_and_are_taken_apart() {
    check(
        "fn pair(n: u32) struct { u32, []const u8 } { return .{ n, \"x\" }; }
fn run() u32 {
    const n, const text = pair(3);
    var a: u32 = 1;
    var b: u32 = 2;
    a, b = .{ b, a };
    return n + a + @as(u32, @intCast(text.len));
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              let held.0: struct { u32, []const u8 } = main.pair(3: u32)
              let n.1: u32 = held.0.0
              let text.2: []const u8 = held.0.1
              var a.3: u32 = 1: u32
              var b.4: u32 = 2: u32
              a.3 = b.4
              b.4 = a.3
              return Add(Add(n.1, a.3), u32<Int>(text.2.len))
            main.pair (n.0: u32)
            return struct { u32, []const u8 }{n.0, "x"}
        "#]],
    );
}
