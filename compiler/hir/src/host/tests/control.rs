//! Control flow, optionals, errors, switches.

use super::check;
use expect_test::expect;

#[test]
fn errors_are_inferred_and_caught() {
    check(
        "fn parse(x: u8) !u32 {
    if (x == 0) return error.Zero;
    return x;
}
fn twice(x: u8) !u32 {
    const one = try parse(x);
    return one * 2;
}
fn run() u32 {
    const a = twice(3) catch 0;
    const b = twice(4) catch |e| switch (e) { error.Zero => return 1 };
    if (parse(5)) |v| { return v + a; } else |_| {}
    return b;
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              let a.1: u32 = (if ok payload.0 = main.twice(3: u8) -> u32; payload.0; else _; 0: u32)
              let b.4: u32 = (if ok payload.2 = main.twice(4: u8) -> u32; payload.2; else e.3; switch e.3 -> noreturn; error.Zero:; return 1: u32)
              if ok v.5 = main.parse(5: u8)
                return Add(v.5, a.1)
              else _
                {}
              return b.4
            main.twice (x.0: u8)
            block -> noreturn
              let one.3: u32 = (if ok payload.2 = main.parse(x.0) -> u32; payload.2; else error.1; return fail((inferred errors)<ErrorSet>(error.1)))
              return ok(Mul(one.3, 2: u32))
            main.parse (x.0: u8)
            block -> noreturn
              if Equal(x.0, 0: u8)
                return error.Zero
              return ok(u32<Int>(x.0))
        "#]],
    );
}

#[test]
fn switches_of_unions_and_numbers() {
    check(
        "const U = union(enum) { a: i32, b: []const u8, c };
fn run(u: U, n: u8) i32 {
    const x: i32 = switch (n) { 'a'...'z' => 1, '0', '1' => 2, else => 3 };
    return switch (u) { .a => |v| v + x, .b => |s| @intCast(s.len), .c => -1 };
}",
        expect![[r#"
            main.run (u.0: main.U, n.1: u8)
            block -> noreturn
              let x.2: i32 = (switch n.1 -> i32; 97..122:; 1: i32; 48, 49:; 2: i32; else; 3: i32)
              return (switch tag(u.0) -> i32; .a:; block -> i32; let v.3: i32 = u.0.<0>; Add(v.3, x.2); .b:; block -> i32; let s.4: []const u8 = u.0.<1>; i32<Int>(s.4.len); .c:; -1: i32)
        "#]],
    );
}

#[test]
fn loops_as_expressions() {
    check(
        "fn run(xs: []const u8, o: ?u32) u32 {
    var i: usize = 0;
    while (i < xs.len) : (i += 1) { if (xs[i] == 0) break; }
    const at = for (xs, 0..) |x, k| { if (x == 20) break k; } else 99;
    const v = blk: { if (o) |p| break :blk p; break :blk 7; };
    outer: while (true) { while (true) { continue :outer; } }
    return v + at;
}",
        expect![[r#"
            main.run (xs.0: []const u8, o.1: ?u32)
            block -> noreturn
              var i.2: usize = 0: usize
              loop label0 while Less(i.2, xs.0.len) step i.2 = Add(i.2, 1: usize)
                if Equal(xs.0.ptr[i.2], 0: u8)
                  break label0
              let at.9: usize = (block -> usize; let held.3: []const u8 = xs.0; var index.4: usize = 0: usize; loop label2 -> usize while Less(index.4, held.3.len) step index.4 = AddWrap(index.4, 1: usize); block; let x.7: u8 = held.3.ptr[index.4]; let k.8: usize = index.4; if Equal(x.7, 20: u8); break label2 k.8; else; 99: usize)
              let v.12: u32 = (block label4 -> u32; if some p.11 = o.1; break label4 p.11; break label4 7: u32)
              loop label5 -> noreturn
                loop label6 -> noreturn
                  continue label5
        "#]],
    );
}

#[test]
fn defers_and_optionals() {
    check(
        "fn close() void {}
fn next(n: *u32) ?u32 { if (n.* == 0) return null; n.* -= 1; return n.*; }
fn run() !u32 {
    defer close();
    errdefer close();
    var n: u32 = 3;
    var total: u32 = 0;
    while (next(&n)) |v| total += v;
    const w = next(&n) orelse return error.Empty;
    return total + w + next(&n).?;
}",
        expect![[r#"
            main.run ()
            block -> noreturn
              defer main.close()
              errdefer main.close()
              var n.0: u32 = 3: u32
              var total.1: u32 = 0: u32
              loop label0
                if some v.2 = main.next(&n.0)
                  total.1 = Add(total.1, v.2)
                else
                  break label0
              let w.4: u32 = (if some payload.3 = main.next(&n.0) -> u32; payload.3; else; return error.Empty)
              return ok(Add(Add(total.1, w.4), main.next(&n.0).?))
            main.close ()
            {}
            main.next (n.0: *u32)
            block -> noreturn
              if Equal(n.0.*, 0: u32)
                return null
              n.0.* = Sub(n.0.*, 1: u32)
              return some(n.0.*)
        "#]],
    );
}

#[test]
fn a_labelled_switch_is_a_loop_around_its_value() {
    check(
        "fn run(start: u8) u32 {
    return sw: switch (start) {
        0 => continue :sw 1,
        1 => break :sw 10,
        else => 7,
    };
}",
        expect![[r#"
            main.run (start.0: u8)
            return (block -> u32; var state.1: u8 = start.0; loop label0 -> u32; break label0 (switch state.1 -> u32; 0:; block -> noreturn; state.1 = 1: u8; continue label0; 1:; break label0 10: u32; else; 7: u32))
        "#]],
    );
}
