//! The host dialect: everything the tree can express.

use super::check;
use expect_test::{Expect, expect};

/// The tree of statements.
fn body(text: &str, expect: Expect) {
    check(&format!("~proc p {{\n{text}\n}}\n"), expect);
}

#[test]
fn precedence_is_zigs() {
    body(
        "_ = a & b != 0;\n_ = a + b * c == d and e or !f;\n_ = x orelse y catch |e| z + 1;\n_ = a << 2 + 1 | b ^ c;\n_ = -a.b[0].*.? + ~try c();\n_ = a ++ b ** 2 +% c -| d;",
        expect![[r#"
            (proc p {_ = (!= (& a b) 0); _ = (or (and (== (+ a (* b c)) d) e) (! f)); _ = (catch (orelse x y) |e| (+ z 1)); _ = (^ (| (<< a (+ 2 1)) b) c); _ = (+ (- a.b[0].*.?) (~ (try (c)))); _ = (-| (+% (++ a (** b 2)) c) d)})
        "#]],
    );
}

#[test]
fn expressions_that_take_all_to_their_right() {
    body(
        "const x = if (c) a else b + 1;\nconst y = opt orelse return .{ .missing = .{} };\nconst z = f() catch |err| { return err; };\nconst w = 1 + if (a) |*v| v.* else |_| break :blk 3;\nconst l = for (xs, 0..) |v, i| { if (v == 2) break i; } else 99;\nreturn while (it.next()) |n| : (i += 1) { if (n) continue; } else null;",
        expect![[r#"
            (proc p {const x=(if c a else (+ b 1)); const y=(orelse opt (return .{.missing=.{}})); const z=(catch (f) |err| {(return err)}); const w=(+ 1 (if a |*v| v.* else |_| (break :blk 3))); const l=(for (xs, 0..) |v| |i| {(if (== v 2) (break i))} else 99); (return (while (it.next) |n| : i += 1 {(if n (continue))} else null))})
        "#]],
    );
}

#[test]
fn statements_with_and_without_semicolons() {
    body(
        "if (a) return else if (b) x = 1 else { y += 2; }\nif (a) if (b) c() else d();\nwhile (true) : ({ i += 1; j <<= 2; }) {}\nouter: for (a[0..n], 1..) |*p, k| continue :outer;\ninline for (.{ 1, 2 }) |v| use(v);\nblk: { break :blk; }\nswitch (x) { 1...3, 'a' => |v| f(v), .b, .c => y = 2, inline else => |v, tag| {}, }\ndefer if (q) f();\nerrdefer |e| log(e);\ncomptime var n = 1;\ncomptime { n += 1; }\ncomptime assert(x);\nconst a, var b: u8, _ = f();\na, b = .{ b, a };\n_ = g();\nx.y[1] *%= 3;",
        expect![[r#"
            (proc p {(if a (return) else (if b {x = 1} else {y += 2})); (if a (if b (c) else (d))); (while true : {i += 1; j <<= 2} {}); (outer: for (a[0..n], 1..) |*p| |k| (continue :outer)); (inline for (.{1, 2}) |v| (use v)); blk: {(break :blk)}; (switch x [1...3, 'a' |v| => (f v)] [.b, .c => {y = 2}] [inline else |v| |tag| => {}]); defer (if q (f)); errdefer |e| (log e); comptime var n=1; (comptime {n += 1}); (comptime (assert x)); (const a, var b:u8, _) = (f); (a, b) = .{b, a}; _ = (g); x.y[1] *%= 3})
        "#]],
    );
}

#[test]
fn types_and_literals() {
    body(
        "const a: [*:0]const volatile u8 = undefined;\nconst b = [_]i32{ 1, 2 };\nconst c = [2][3]f64{ .{ 1.5, 2e-3 }, .{} };\nconst d: *align(8) **?[]T = null;\nconst e = std.heap.GeneralPurposeAllocator(.{}){};\nconst f = Point{ .x = 0x1F, .y = 'a', };\nconst g: *const fn (x: u8, ...) callconv(.c) anyerror!void = h;\nconst i = error{ A, B } || E;\nconst j: [:0]u8 = s[0..n :0];\nconst k: [N:0]u8 = s[1..];\nconst l = @as(E!u8, error.Bad);\nconst m = \"a\\n\\x41\\u{e9}\\\"\";\nconst n =\n    \\\\one\n    \\\\ two\n;\nconst o = @\"odd name\".error.@\"x y\";",
        expect![[r#"
            (proc p {const a:[*:0]const volatile u8=undefined; const b=[_]i32.{1, 2}; const c=[2][3]f64.{.{1.5, 2e-3}, .{}}; const d:*align(8) **?[]T=null; const e=(std.heap.GeneralPurposeAllocator .{}).{}; const f=Point.{.x=0x1F, .y='a'}; const g:*const (fn (x: u8, ...) callconv(.c) anyerror!void)=h; const i=(|| error{A, B} E); const j:[:0]u8=s[0..n :0]; const k:[N:0]u8=s[1..]; const l=(@as E!u8 error.Bad); const m="a\nA\xc3\xa9\""; const n="one\n two"; const o=odd name.error.x y})
        "#]],
    );
}

#[test]
fn containers_and_functions() {
    check(
        "pub const S = extern struct {\n    comptime a: u8 = 1,\n    b: u16 align(64) = 2,\n    const Self = @This();\n    pub fn init(self: *Self, comptime T: type, x: anytype, _: u8) !T { return x; }\n    c: enum { one, two = 4 },\n};\nconst U = union(enum) { a: u8, b };\nconst V = packed union(Tag) { a: u8 };\nconst O = opaque {};\nconst E = enum(u8) { x, _ };\nexport fn start() callconv(.naked) noreturn { unreachable; }\nextern \"c\" fn write(fd: c_int, ...) isize;\nextern fn f() void;\ninline fn g() error{A}!struct { x: u8 } { return .{ .x = 1 }; }\nthreadlocal var t: u8 = 0;\ncomptime { f(); }\ntest \"it works\" { try f(); }\nfn List(comptime T: type) type { return struct { items: []T }; }\n",
        expect![[r#"
            (pub const S=(extern struct comptime a:u8=1 b:u16 align(64)=2 c:(enum one two=4) (const Self=(@This)) (pub fn init (self: *Self, comptime T: type, x: anytype, u8) !T {(return x)})))
            (const U=(union(enum) a:u8 b))
            (const V=(packed union(Tag) a:u8))
            (const O=(opaque))
            (const E=(enum(u8) x _))
            (export fn start () callconv(.naked) noreturn {unreachable})
            (extern "c" fn write (fd: c_int, ...) isize)
            (extern fn f () void)
            (inline fn g () error{A}!(struct x:u8) {(return .{.x=1})})
            (threadlocal var t:u8=0)
            (comptime {(f)})
            (test {(try (f))})
            (fn List (comptime T: type) type {(return (struct items:[]T))})
        "#]],
    );
}

#[test]
fn assembly() {
    body(
        "const r = asm volatile (\"syscall\" : [ret] \"={rax}\" (-> usize), : [n] \"{rax}\" (n), [a] \"{rdi}\" (a) : \"rcx\", \"r11\");\nasm volatile (\"nop\");\nasm (\"x\" ::: .{ .memory = true });",
        expect![[r#"
            (proc p {const r=(asm volatile "syscall" : ret "={rax}" ->usize : n "{rax}" n, a "{rdi}" a : rcx, r11); (asm volatile "nop" :  :  : ); (asm "x" :  :  : memory)})
        "#]],
    );
}

#[test]
fn braces_take_suffixes_where_a_value_stands() {
    body(
        "const a = [_]u8{ 1, 2 }[1];\nconst b = switch (x) { else => y }.len;\nconst c = k: { break :k y; }.z[0];\nswitch (x) { else => {} }\n.{ .d = 1 }.e();\nconst P = packed struct(u8) { low: u3, high: u5 };",
        expect![[r#"
            (proc p {const a=[_]u8.{1, 2}[1]; const b=(switch x [else => y]).len; const c=k: {(break :k y)}.z[0]; (switch x [else => {}]); (.{.d=1}.e); const P=(packed struct(u8) low:u3 high:u5)})
        "#]],
    );
}
