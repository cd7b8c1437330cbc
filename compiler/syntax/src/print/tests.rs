//! Text in, canonical text out; every result is a fixed point.

use expect_test::{Expect, expect};
use koru_base::FileId;

fn check(text: &str, expected: Expect) {
    let file = FileId(0);
    let printed = crate::format(file, text).expect("a file without mistakes");
    expected.assert_eq(&printed);
    assert_eq!(crate::format(file, &printed).as_ref(), Ok(&printed), "not a fixed point");
}

#[test]
fn blanks_of_constructs_are_settled() {
    check(
        "~ import  \"$std/io\"\n\n\n\n~[a | b(c)]  pub   event x{a:u32,b : []const u8=\"q\"}[opaque]\n|  ok{n:u32}\n| ?&  no   u8 // why\n~proc  x{return 1;}\n",
        expect![[r#"
            ~import "$std/io"

            ~[a|b(c)]pub event x { a: u32, b: []const u8 = "q" }[opaque]
            | ok { n: u32 }
            | ?&no u8 // why
            ~proc x { return 1; }
        "#]],
    );
}

#[test]
fn arms_stand_four_columns_further_in_than_their_step() {
    check(
        "~a (x,  y:1,z : [ 1,2 ])\n  |> b()\n  |> c()\n     // about d\n     | d  e  when  e.n>1|>f( e )\n          |>g()\n     |? |> _\n",
        expect![[r#"
            ~a(x, y: 1, z: [1, 2])
            |> b()
            |> c()
                // about d
                | d e when e.n>1 |> f(e)
                    |> g()
                |? |> _
        "#]],
    );
}

#[test]
fn line_ends_in_brackets_are_the_authors() {
    check(
        "~x =\n  f()\n| ok r |> ok {\n a: r.a,\n      b:[\n  1 // one\n\n\n  , 2] }\n| no |> g(\n{ a: 1,\n b: 2})|> _\n",
        expect![[r#"
            ~x =
                f()
                | ok r |> ok {
                    a: r.a,
                    b: [
                        1 // one

                        , 2] }
                | no |> g(
                    { a: 1,
                        b: 2 }) |> _
        "#]],
    );
}

#[test]
fn bodies_and_sources_move_as_blocks() {
    check(
        "~proc x {\n\n  if (a) {\n\treturn 1;   \n  }\n\n\n  const s =\n    \\\\ text  \n  ;}\n~docker(tag: \"a\")   {\n  FROM scratch\n\n    COPY a b\n}\n\n   const  y = struct {\n       a: u32,\n   };;\n",
        expect![[r#"
            ~proc x {
                if (a) {
                  return 1;
                }

                const s =
                  \\ text  
                ;
            }
            ~docker(tag: "a") {
                FROM scratch

                  COPY a b
            }

            const  y = struct {
                a: u32,
            };;
        "#]],
    );
}

#[test]
fn annotations_may_be_a_list() {
    check(
        "~[ a ]\n\n~[\n- one\n  // about two\n      -   two\n]\npub event x { }\n// the end\n",
        expect![[r#"
        ~[ a ]

        ~[
            - one
            // about two
            - two
        ]
        pub event x {}
        // the end
    "#]],
    );
}
