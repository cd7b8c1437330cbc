//! What is said about mistakes.

use super::check;
use expect_test::expect;

#[test]
fn types_that_differ_are_named() {
    check(
        "fn run(a: i32, s: []const u8) u8 {
    const x: u8 = 256;
    const y: bool = s;
    if (a) {}
    return a;
}",
        expect![[r#"
            HOST008 `256`: 256 does not fit `u8` (it holds 0 to 255)
              `u8`: `x` is declared with this type
            HOST002 `s`: expected `bool`, found `[]const u8`
              `bool`: `y` is declared with this type
            HOST002 `a`: expected `bool`, found `i32`
              help: a number is no condition: compare it, `!= 0`
            HOST002 `a`: expected `u8`, found `i32`
              `u8`: the function returns this
              help: where the value is known to fit, write `@intCast(..)`
        "#]],
    );
}

#[test]
fn names_and_members_have_neighbours() {
    check(
        "const P = struct { width: u32 };
fn run(p: P) u32 {
    const q = P{ .widht = 1 };
    return p.widht + wdith + q.width;
}",
        expect![[r#"
            HOST013 `widht`: `main.P` has no field `widht`
              `P`: it has `width`
              help: did you mean `width`?
            HOST003 `widht`: `main.P` has no member `widht`
              help: did you mean `width`?
            HOST001 `wdith`: `wdith` is not declared here
        "#]],
    );
}

#[test]
fn generic_mistakes_say_who_asked() {
    check(
        "fn add(a: anytype, b: anytype) @TypeOf(a) { return a + b; }
fn run(s: []const u8) void { _ = add(s, s); }",
        expect![[r#"
            main.run (s.0: []const u8)
            block
              let _.1: []const u8 = main.add([]const u8,[]const u8)(s.0, s.0)
            HOST004 `+`: this operator does not take `[]const u8` and `[]const u8`
              `a`: this is `[]const u8`
              `b`: this is `[]const u8`
              `add(s, s)`: `main.add([]const u8,[]const u8)` is made for this call
              help: `++` joins texts that are known while compiling
        "#]],
    );
}

#[test]
fn values_are_not_dropped_and_paths_end() {
    check(
        "fn f() u8 { return 1; }
fn g() !u8 { return error.Bad; }
fn run(n: u8) u8 {
    f();
    g();
    n = 3;
    if (n == 0) return 1;
}",
        expect![[r#"
            main.f ()
            return 1: u8
            main.g ()
            return error.Bad
            HOST011 `f()`: this value of type `u8` is ignored
              help: say so with `_ =`
            HOST011 `g()`: the error of `!u8` is ignored
              help: use `try`, `catch` or `if`
            HOST009 `n`: `n` is a constant
              `n`: it is declared here
              help: parameters, captures and `const` do not change: copy it to a `var`
            HOST012 `}`: the function can end here without returning a `u8`
        "#]],
    );
}

#[test]
fn loops_of_declarations_are_found() {
    check(
        "const a = b + 1;
const b = a;
const S = struct { s: S };
fn run(s: *S) void { _ = a; s.s = undefined; }",
        expect![[r#"
            HOST016 `a`: `a` is needed to find out what `a` is
              `a`: it is declared here
            HOST016 `S`: `main.S` contains itself
              help: put a pointer in between
        "#]],
    );
}

#[test]
fn packed_structs_fill_their_integer() {
    check(
        "const A = packed struct(u8) { low: u3, on: bool };\nconst B = struct(u8) { low: u8 };\nconst C = packed struct(u4) { low: u3, on: bool };\nfn run(a: A, b: B, c: C) void { _ = a.low; _ = b.low; _ = c.low; }",
        expect![[r#"
            HOST002 `u8`: the fields fill 4 bits, and `u8` has 8
            HOST002 `u8`: only packed structs fill an integer
              help: write `packed struct`
        "#]],
    );
}
