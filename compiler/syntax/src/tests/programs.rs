//! The programs of the book's last chapter and the seed, whole.

use super::check;
use expect_test::expect;

#[test]
fn label_loop() {
    check(
        r###"~event dice { n: u32 }
| face { v: u32 }
| stop
| ?odd { v: u32 }
~proc dice {
    if (n == 4) return .stop;
    if (n == 3) return .{ .odd = .{ .v = n } };
    return .{ .face = .{ .v = n } };
}
~#roll dice(n: 1)
| face f when f.v == 1 |> std.io:print.ln("one") |> @roll(n: 2)
| face f |> std.io:print.ln("{{ f.v:d }}") |> @roll(n: 3)
| stop |> std.io:print.ln("stop")
|? |> std.io:print.ln("other") |> @roll(n: 4)
"###,
        expect![[r#"
            (event dice (n: u32) [face (v: u32)] [stop] [?odd (v: u32)])
            (proc dice {(if (== n 4) (return .stop)); (if (== n 3) (return .{.odd=.{.v=n}})); (return .{.face=.{.v=n}})})
            (flow (#roll dice n: 1))
              | face f when (== f.v 1) => (std.io:print.ln "one") (@roll n: 2)
              | face f => (std.io:print.ln "{{ f.v:d }}") (@roll n: 3)
              | stop => (std.io:print.ln "stop")
              | ? => (std.io:print.ln "other") (@roll n: 4)
        "#]],
    );
}

#[test]
fn subflow_and_control() {
    check(
        r###"~event sq { n: i32 }
| v i32
~sq = v { n * n }
~event show { n: i32, label: []const u8 }
~proc show { std.debug.print("{s}={d}\n", .{ label, n }); }
~for(1..4)
| each i |> sq(n: @intCast(i))
    | v n |> if(n > 1)
        | then |> show(n, label: "big")
        | else |> show(n, label: "small")
| done |> std.io:println(text: "end")
"###,
        expect![[r#"
            (event sq (n: i32) [v i32])
            (subflow sq (=v {(* n n)}))
            (event show (n: i32, label: []const u8))
            (proc show {(std.debug.print "{s}={d}\n" .{label, n})})
            (flow (for 1..4))
              | each i => (sq n: (@intCast i))
                | v n => (if (> n 1))
                  | then => (show n label: "big")
                  | else => (show n label: "small")
              | done => (std.io:println text: "end")
        "#]],
    );
}

#[test]
fn capture() {
    check(
        r###"~capture({ sum: @as(i64, 0), best: @as(i64, 0) })
| as a |> for(&[_]i64{ 3, 9, 5 })
    | each x |> if(x > a.best)
        | then |> captured { sum: a.sum + x, best: x }
        | else |> captured { sum: a.sum + x }
| captured r |> std.io:print.ln("{{ r.sum:d }}/{{ r.best:d }}")
"###,
        expect![[r#"
            (flow (capture {sum: (@as i64 0), best: (@as i64 0)}))
              | as a => (for (& [_]i64.{3, 9, 5}))
                | each x => (if (> x a.best))
                  | then => (=captured {sum: (+ a.sum x), best: x})
                  | else => (=captured {sum: (+ a.sum x)})
              | captured r => (std.io:print.ln "{{ r.sum:d }}/{{ r.best:d }}")
        "#]],
    );
}

#[test]
fn taps() {
    check(
        r###"~event load { id: u32 }
| ok { id: u32 }
~proc load { std.debug.print("load {d}\n", .{id}); return .{ .ok = .{ .id = id } }; }
~event note { text: []const u8 }
~proc note { std.debug.print("note {s}\n", .{text}); }
~tap(load -> *)
| ok o when o.id > 1 |> note(text: "first tap")
~tap(load -> *)
| Profile p |> note(text: p.source)
~load(id: 1)
| ok _ |> std.io:println(text: "after 1")
~load(id: 2)
| ok _ |> _
"###,
        expect![[r#"
            (event load (id: u32) [ok (id: u32)])
            (proc load {(std.debug.print "load {d}\n" .{id}); (return .{.ok=.{.id=id}})})
            (event note (text: []const u8))
            (proc note {(std.debug.print "note {s}\n" .{text})})
            (flow (tap text))
              | ok o when (> o.id 1) => (note text: "first tap")
            (flow (tap text))
              | Profile p => (note text: p.source)
            (flow (load id: 1))
              | ok _ => (std.io:println text: "after 1")
            (flow (load id: 2))
              | ok _ => _
        "#]],
    );
}

#[test]
fn obligations() {
    check(
        r###"pub const Conn = struct { id: u32 };
var conn = Conn{ .id = 7 };
~event dial {} | up { c: *Conn[live!] } | busy {}
~proc dial { return .{ .up = .{ .c = &conn } }; }
~event ping { c: *Conn[live] }
~proc ping { std.debug.print("ping {d}\n", .{c.id}); }
~event hang_up { c: *Conn[!live] }
~proc hang_up { std.debug.print("bye {d}\n", .{c.id}); }
~dial()
| up u |> ping(c: u.c)
| busy |> _
"###,
        expect![[r#"
            (pub const Conn=(struct id:u32))
            (var conn=Conn.{.id=7})
            (event dial () [up (c: *Conn<live!>)] [busy])
            (proc dial {(return .{.up=.{.c=(& conn)}})})
            (event ping (c: *Conn<live>))
            (proc ping {(std.debug.print "ping {d}\n" .{c.id})})
            (event hang_up (c: *Conn<!live>))
            (proc hang_up {(std.debug.print "bye {d}\n" .{c.id})})
            (flow (dial))
              | up u => (ping c: u.c)
              | busy => _
        "#]],
    );
}

#[test]
fn abstract_override() {
    check(
        r###"~[abstract]pub event word { n: u32 }
| w []const u8
~word = w { "default" }
~pub event twice { n: u32 }
| done
~twice = word(n: n)
| w x |> std.io:println(text: x)
    |> std.io:println(text: x)
    |> done
"###,
        expect![[r#"
            @[abstract] (event pub word (n: u32) [w []const u8])
            (subflow word (=w {"default"}))
            (event pub twice (n: u32) [done])
            (subflow twice (word n: n))
              | w x => (std.io:println text: x)
                | > => (std.io:println text: x)
                  | > => (=done)
        "#]],
    );
}

#[test]
fn seed() {
    check(
        r###"~import "$orisha"
~import "$std/io"
~import "$std/build"
~import "$koru/docker"

~orisha:handler = response { status: 200, body: "Hello from Koru!", content_type: "text/plain" }

~orisha:serve(port: 3001)
| shutdown s |> std.io:println(text: s.reason)
| failed f |> std.io:println(text: f.msg)

~[build(linux)]std.build:config {
    "target": "x86_64-linux-musl"
}

~[build(linux)]koru.docker:image(tag: "koru-server:latest") {
    FROM scratch
    COPY a.out /server
    EXPOSE 3001
    ENTRYPOINT ["/server"]
}
"###,
        expect![[r#"
            (import orisha)
            (import std io)
            (import std build)
            (import koru docker)
            (subflow orisha:handler (=response {status: 200, body: "Hello from Koru!", content_type: "text/plain"}))
            (flow (orisha:serve port: 3001))
              | shutdown s => (std.io:println text: s.reason)
              | failed f => (std.io:println text: f.msg)
            @[build(linux)] (flow (std.build:config {"\"target\": \"x86_64-linux-musl\"\n"}))
            @[build(linux)] (flow (koru.docker:image tag: "koru-server:latest" {"FROM scratch\nCOPY a.out /server\nEXPOSE 3001\nENTRYPOINT [\"/server\"]\n"}))
        "#]],
    );
}
