//! The rules of layout: what belongs to what.

use super::check;
use expect_test::expect;

#[test]
fn columns_decide_what_a_branch_belongs_to() {
    check(
        "~a()\n| x |> b()\n    | y |> c()\n    // a comment anywhere\n  // even here\n    | z |> d()\n| w |> _\n",
        expect![[r#"
            (flow (a))
              | x => (b)
                | y => (c)
                | z => (d)
              | w => _
        "#]],
    );
}

#[test]
fn branches_may_stand_further_in_than_the_head() {
    check(
        "~a()\n    | x |> b()\n        | y\n    | z |>\n~c()\n",
        expect![[r#"
        (flow (a))
          | x => (b)
            | y =>
          | z =>
        (flow (c))
    "#]],
    );
}

#[test]
fn a_step_may_stand_on_the_next_line() {
    check(
        "~a()\n| x r |>\n    // why\n    b(r) |> c()\n    | y |> _\n| z |> _\n",
        expect![[r#"
        (flow (a))
          | x r => (b r) (c)
            | y => _
          | z => _
    "#]],
    );
}

#[test]
fn void_chains_have_three_spellings() {
    check(
        "~a() |> b() |> c()\n\n~a()\n|> b()\n|> c()\n\n~a() |> b()\n|> c()\n    | x |> _\n",
        expect![[r#"
        (flow (a) (b) (c))
        (flow (a))
          | > => (b)
            | > => (c)
        (flow (a) (b))
          | > => (c)
            | x => _
    "#]],
    );
}

#[test]
fn arguments_inside_continuations_span_lines() {
    check(
        "~a()\n| x |> b(\n    one: [1,\n      2],\n    two: { a: 1, b: { c: x } }\n) |> c()\n    | y |> _\n",
        expect![[r#"
            (flow (a))
              | x => (b one: [1, 2] two: {a: 1, b: {c: x}}) (c)
                | y => _
        "#]],
    );
}

#[test]
fn arguments_are_cut_at_commas_and_read_by_kind() {
    check(
        "~f(a: 1, b, x.y.z, 0..n, mode:read, std.io:print, tap* -> x, it's, \"a, b\", [1, 2], &[_]i32{ 1 }, k: { e: .{ .a = 1 } })\n",
        expect![[r#"
            (flow (f a: 1 b x.y.z 0..n mode: mode:read std.io:print text text "a, b" [1, 2] (& [_]i32.{1}) k: {e: .{.a=1}}))
        "#]],
    );
}

#[test]
fn guards_bindings_patterns_and_labels() {
    check(
        "~#again lib:dice|gpu(n: 1)\n| face f[mutable|@scope] when f.v > 1 and f.v < 9 |> @again(n: f.v)\n| [GET /a/:id] p |> _\n|? Profile p |> _\n|? |> _\n| error _ |> #inner b()\n    | else |> @inner()\n| *handler(a) |> _\n",
        expect![[r#"
            (flow (#again lib:dice|gpu n: 1))
              | face f @[mutable|@scope] when (and (> f.v 1) (< f.v 9)) => (@again n: f.v)
              | [GET /a/:id] p => _
              | ? Profile p => _
              | ? => _
              | error _ => (#inner b)
                | else => (@inner)
              | *handler a => _
        "#]],
    );
}

#[test]
fn source_blocks_are_raw_and_dedented() {
    check(
        "~a.b:c(tag: \"x\") {\n    FROM \"scratch\n      { [ it's\n\n    }\n    x\n}\n| ok |> _\n\n~q [SQL]{ select * }\n~t { \"}\": {} } |> u()\n",
        expect![[r#"
            (flow (a.b:c tag: "x" {"FROM \"scratch\n  { [ it's\n\n}\nx\n"}))
              | ok => _
            (flow (q {SQL:"select *"}))
            (flow (t {"\"}\": {}"}) (u))
        "#]],
    );
}

#[test]
fn constructors_over_lines_and_in_all_spellings() {
    check(
        "~e = done\n~e = done {}\n~e = ok n * 2\n~e = ok {\n    a: 1,\n    b: w,\n}\n~e = .{ .done = .{ .a = x } }\n~e = f()\n| x r |> done { r.a, r.b }\n| y |> captured { outer.f: 1, arr[i]: 2, k = 3 }\n| z |> w \"text\"\n| q |> v { n * n }\n~m:e =\n    g(x)\n| a |> done\n",
        expect![[r#"
            (subflow e (=done))
            (subflow e (=done))
            (subflow e (=ok (* n 2)))
            (subflow e (=ok {a: 1, b: w}))
            (subflow e (=done .{.a=x}))
            (subflow e (f))
              | x r => (=done {r.a, r.b})
              | y => (=captured {outer.f <- 1, arr[i] <- 2, k: 3})
              | z => (=w "text")
              | q => (=v {(* n n)})
            (subflow m:e (g x))
              | a => (=done)
        "#]],
    );
}

#[test]
fn annotations_inline_vertical_and_of_the_module() {
    check(
        "~[comptime|runtime]\n\n~[pure]proc x {}\n~[a, b(\"c|d\")] event y {}[deep]\n| ok { a: u8 }[mutable]\n| no u8[mutable]\n~[\n  - one thing // why\n  // comment\n\n  - depends_on(\"x\")\n]pub event z {}\n~[c]\nevent w {}\n~[d]\nstd.build:config { \"a\": \"b\" }\n~[e]\nconst n: u8 = 1;\n",
        expect![[r#"
            (module @[comptime|runtime|e])
            @[pure] (proc x {})
            @[a, b("c|d")] (event y () @[deep] [ok (a: u8) @[mutable]] [no u8 @[mutable]])
            @[one thing|depends_on("x")] (event pub z ())
            @[c] (event w ())
            @[d] (flow (std.build:config {"\"a\": \"b\""}))
            (const n:u8=1)
        "#]],
    );
}

#[test]
fn shapes_types_and_phantom_states() {
    check(
        "~pub event a.b.* { f: *Conn[live!], g: ?lib.x:T = null, h: [4]u8, i: []const u8[!open|half],\n    // said\n    j: *H[M'_],\n    k: T[M'db:a|b], l: fn (u8) void }\n| ?some []const Conn[db:open!]\n| & later { * }\n| none\n| error { msg: []const u8 }\n~event probe {} | hit { n: i32 } | miss {}\n",
        expect![[r#"
            (event pub a.b.* (f: *Conn<live!>, g: ?lib.x:T = null, h: [4]u8, i: []const u8<!open|half>, j: *H<M'>, k: T<M'db:a|b>, l: (fn (u8) void)) [?some []const Conn<db:open!>] [&later *] [none] [error (msg: []const u8)])
            (event probe () [hit (n: i32)] [miss])
        "#]],
    );
}

#[test]
fn imports_and_line_ends() {
    check(
        "~import \"$std/io\"\r\n~[linux] import \"$a/b/c.kz\" // comment\r\n~a()\r\n| x |> b()\r\n    | y |> _\r\n",
        expect![[r#"
        (import std io)
        @[linux] (import a b c)
        (flow (a))
          | x => (b)
            | y => _
    "#]],
    );
}

#[test]
fn host_text_runs_to_a_construct_outside_of_braces() {
    check(
        "const a = struct {\n    fn f() u8 {\n        const y = x\n        | 1;\n        return\n        ~y;\n    }\n};\n~a()\n| x |> _\npub fn g() void {}\nvar t: u8 = 1;\n",
        expect![[r#"
            (const a=(struct (fn f () u8 {const y=(| x 1); (return (~ y))})))
            (flow (a))
              | x => _
            (pub fn g () void {})
            (var t:u8=1)
        "#]],
    );
}

#[test]
fn a_file_may_be_a_struct() {
    check(
        "const A = @This();\nhandle: i32,\nnext: ?*const fn (a: u8, b: u8) void = null,\n/// why\npub fn f(error: u8) u8 { return error + 1; }\n",
        expect![[r#"
            (const A=(@This))
            (field handle:i32)
            (field next:?*const (fn (a: u8, b: u8) void)=null)
            (pub fn f (error: u8) u8 {(return (+ error 1))})
        "#]],
    );
}

#[test]
fn bodies_of_variants_stay_unread() {
    check(
        "~proc blur|gpu { #version 450 { vec4 x = y; } }\n~proc lib:x { return .ok; }\n",
        expect![[r#"
        (proc blur|gpu unread)
        (proc lib:x {(return .ok)})
    "#]],
    );
}

#[test]
fn lists_may_be_empty() {
    check(
        "~f(a: [], b: { c: [] }, d: [_]u8{ 1 }[0], e: &[]const u8{})\n",
        expect![[r#"
        (flow (f a: [] b: {c: []} d: [_]u8.{1}[0] e: (& []const u8.{})))
    "#]],
    );
}
