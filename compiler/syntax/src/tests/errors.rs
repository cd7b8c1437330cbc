//! What is said about mistakes: one mistake, one message, at the smallest place.

use super::complain;
use expect_test::expect;

#[test]
fn ten_mistakes_are_ten_messages() {
    complain(
        r#"~import "std/io"
~evnt x {
    a: u8,
}
| ok
~event a { n u8, 2b: u8, s: string }
| ok
| ok
~proc a {
    const x = 1 +;
    var y = 2
    y = 3;
    return .{ .ok = 1 };
}
| stray
~a()
| ok { n } |> _
| done |> return
const k = "open;
fn f() u8 {
    return 'ab';
}
~b(x: 1
~c()
| ok |> ~d()
"#,
        expect![[r#"
            1:9 PARSE101 `"std/io"` import paths must start with `$` and an alias
                help: `$std/io`, or an alias of koru.json: `$lib/name`; a file beside this one is `$app/name`
            2:2 KORU001 `evnt` unknown construct `evnt`
                help: did you mean `event`?
            6:12 PARSE103 `n` field missing type annotation
                help: write `n: Type`
            6:18 PARSE103 `2b` a field's name cannot start with a digit
            6:29 PARSE103 `string` unknown type `string`
                help: text is a slice of bytes
            8:3 KORU020 `ok` duplicate branch name `ok`
                help: rename or remove one of them
            10:18 PARSE105 `;` expected an expression, found `;`
            11:14 PARSE105 `` expected `;`, found `y`
            15:1 KORU010 `|` this branch belongs to no construct
                help: place it directly below the event or flow it belongs to, without a blank line
            17:6 PARSE001 `{` expected `|>`, found `{`
                help: bind the payload to a name, `| branch p |>`, and use its fields as `p.field`
            18:11 PARSE001 `return` flows terminate with `_`, not `return`
                help: end the path with `_`, a constructor `branch { .. }`, or a jump `@label(..)`
            19:11 PARSE004 `"open;` this string has no closing quote
                help: a string ends on its line; text over several lines is written with `\\`
            21:12 PARSE105 `'` `'` does not begin a character
                help: a character is written `'a'` or `'\n'`; strings take double quotes
            23:3 PARSE004 `(` `(` is never closed
                help: its `)` is missing
            25:9 PARSE001 `~` nested flows take no `~`
                help: remove it
        "#]],
    );
}

#[test]
fn flows() {
    complain(
        "~f() | ok _ |> _\n~g\n~a -> b\n~h()\n| ok |> x.y\n| no |> @import(\"x\")\n~@again(1)\n~#l\n~k(a: 1,\n   b: 2)\n| ok when |> _\n",
        expect![[r#"
            1:6 PARSE001 `|` a branch continuation must start on a new line
                help: put `| ok _ |> _` on the line below
            2:3 PARSE001 `` a call needs parentheses behind `g`
                help: call it
            3:4 PARSE001 `->` `->` does not join events
                help: observe a transition with `~tap(source -> destination)`
            5:12 PARSE001 `` a call needs parentheses behind `x.y`
                help: call it
            6:9 PARSE001 `@import` host code is not allowed in flows
                help: put it into a proc and call its event
            7:2 KORU041 `@again` a flow cannot begin with a jump
                help: a jump `@label(..)` stands behind `|>`, in the flow that declares `#label`
            8:2 KORU041 `#l` a label needs the call it names
                help: write `~#label event(..)` on one line
            9:3 PARSE001 `(` the arguments of a flow's head stand on its line
                help: write them on one line; arguments of steps behind `|>` may span lines
            11:10 PARSE001 `` expected an expression, but the text ends here
        "#]],
    );
}

#[test]
fn declarations() {
    complain(
        "~pub proc x {}\n~pub ~proc y {}\n~proc z = 1\n~event\n~event q\n~event 2x {}\n~event w { a: u8 b: u8 }\n~event v {}\n| ||\n| 1a\n~x =\n",
        expect![[r#"
            1:2 PARSE104 `pub` `pub` is not valid on a proc: only events are public
                help: write `~proc`, and `~pub event` where the event is declared
            2:2 PARSE104 `pub` `pub` is not valid on a proc: only events are public
                help: write `~proc`, and `~pub event` where the event is declared
            3:9 PARSE104 `=` proc declarations must use braces
                help: write `~proc name { .. }`, or `~name = ..` to implement the event by a flow
            4:2 PARSE103 `event` event declaration missing name
            5:9 PARSE103 `` event declaration missing input shape
                help: an event without inputs has an empty shape
            6:8 PARSE103 `2x` an event's name cannot start with a digit
            7:17 PARSE103 `` fields are separated by `,`
                help: add a comma
            9:3 PARSE103 `|` invalid branch name `|`: expected an identifier
            10:3 PARSE103 `1a` invalid branch name `1a`: expected an identifier
            11:4 PARSE003 `=` expected a flow or a constructor behind `=`
        "#]],
    );
}

#[test]
fn imports_and_annotations() {
    complain(
        "~import \"\"\n~import \"$a/../b\"\n~import \"$a/b/c/d\"\n~import $std/io\n~[pure proc x {}\n~[\n  - a\n  b\n]\n",
        expect![[r#"
            1:9 PARSE101 `""` import paths must start with `$` and an alias
                help: `$std/io`, or an alias of koru.json: `$lib/name`; a file beside this one is `$app/name`
            2:9 PARSE101 `"$a/../b"` import paths cannot leave their alias with `..`
            3:9 PARSE101 `"$a/b/c/d"` import path too deep
                help: at most two parts stand behind the alias; koru.json can name a deeper folder
            4:9 PARSE101 `$std/io` an import path stands in double quotes
                help: quote it
            5:2 PARSE102 `[` unclosed annotation bracket
                help: add `]`
            8:3 PARSE102 `b` expected `-` or `]` in a list of annotations
        "#]],
    );
}

#[test]
fn brackets_and_strings() {
    complain(
        "~event x { a: u8\n~proc x { if (a { return; }\n~y(\"open)\n~z { text\n~w()\n",
        expect![[r#"
            1:10 PARSE004 `{` `{` is never closed
                help: its `}` is missing
            2:9 PARSE004 `{` `{` is never closed
                help: its `}` is missing
            3:4 PARSE004 `"open)` this string has no closing quote
                help: a string ends on its line; text over several lines is written with `\\`
            4:4 PARSE004 `{` this source block is never closed
                help: it ends at a line with only `}`, indented less than the block's first line
        "#]],
    );
}

#[test]
fn statements_are_given_up_one_by_one() {
    complain(
        "~proc x {\n    if (a) { b( } \n    c = ;\n    while (x) { y++; }\n    if (a && b) {}\n    if (a) b(); else c();\n    fn f() void {}\n    const s = struct { a: u8 b: u8 };\n    a < b < c;\n    ~nested()\n    | ok |> _\n    return .{ .x = 1 };\n}\n",
        expect![[r#"
            2:15 PARSE004 `(` `(` is never closed
            3:9 PARSE105 `;` expected an expression, found `;`
            4:20 PARSE105 `;` expected an expression, found `;`
                help: there is no `++` on a variable: write `x += 1`
            5:10 PARSE105 `` expected `)`, found `&&`
                help: `and` joins conditions
            7:8 PARSE105 `f` expected `(`, found `f`
                help: put it into a struct, `const S = struct { fn f() void {} };`, or at the top of the file
            8:30 PARSE105 `b` expected `,` or `}`, found `b`
            9:11 PARSE105 `<` comparisons cannot be chained
                help: compare two at a time and join them with `and`
            10:5 PARSE001 `~` flows cannot stand inside a proc
                help: implement the event by a flow, `~event = ..`, or call the event's handler
        "#]],
    );
}

#[test]
fn tabs_do_not_indent() {
    complain(
        "~a()\n\t| ok |> _\n\t| no |> _\n",
        expect![[r#"
        2:1 PARSE002 `	` Koru lines are indented with spaces, this one with a tab
            help: use spaces
    "#]],
    );
}

#[test]
fn a_name_whose_declaration_is_wrong_is_still_declared() {
    let text = "const a = 1 +;\npub fn f(x u8) void {}\n~proc p { const b u32 = 2; c = b; }\n";
    complain(
        text,
        expect![[r#"
        1:14 PARSE105 `;` expected an expression, found `;`
        2:12 PARSE105 `u8` expected `,` or `)`, found `u8`
        3:18 PARSE105 `` expected `;`, found `u32`
    "#]],
    );
    let (module, _) = crate::parse(koru_base::FileId(0), text);
    expect![[r#"
        (const a=(error))
        (pub const f=(error))
        (proc p {const b=(error); c = b})
    "#]]
    .assert_eq(&crate::dump(&module));
}

#[test]
fn words_of_zig_that_the_dialect_lacks() {
    complain(
        "usingnamespace std;\n~proc p {\n    const f = async g();\n    await f;\n    suspend {}\n    h();\n}\n",
        expect![[r#"
            1:1 HOST007 `usingnamespace` `usingnamespace` is not part of the host dialect
                help: name what is used: `const thing = other.thing;`
            3:15 HOST007 `async` `async` is not part of the host dialect
                help: threads are `std.Thread`; what waits is an event with branches
            4:5 HOST007 `await` `await` is not part of the host dialect
                help: threads are joined with `thread.join()`
            5:5 HOST007 `suspend` `suspend` is not part of the host dialect
                help: what waits is an event with branches
        "#]],
    );
}

#[test]
fn a_proc_that_is_never_closed_takes_its_body_along() {
    complain(
        "~proc x {\n    if (a) {\n    b();\n}\nconst c = ;\n~y(",
        expect![[r#"
        1:9 PARSE004 `{` `{` is never closed
            help: its `}` is missing
        5:11 PARSE105 `;` expected an expression, found `;`
        6:3 PARSE004 `(` `(` is never closed
            help: its `)` is missing
    "#]],
    );
}

#[test]
fn steps_that_are_none() {
    complain(
        "~\n~std.io:\n~std.io:println text: \"x\"\n~a |> |> b()\n",
        expect![[r#"
        1:2 PARSE001 `` expected a step, found the end of the line
            help: a step is a call `event(..)`, a constructor, a jump `@label(..)` or `_`
        2:9 PARSE001 `` expected the name of an event behind `:`
        3:16 PARSE001 `` a call needs parentheses behind `println`
            help: its arguments stand in them: `event(name: value)`
        4:3 PARSE001 `` a call needs parentheses behind `a`
            help: call it
    "#]],
    );
}
