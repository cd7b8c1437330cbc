//! How passes are tested: text in, text out, lawful before and after.

use crate::graph::{Body, Graph};
use crate::text::{print, read};
use crate::verify::expect_lawful;
use expect_test::{Expect, expect};
use koru_base::Level;

/// Runs a pass over a graph.
pub fn check_graph(text: &str, pass: impl FnOnce(&mut Graph), expected: Expect) {
    let mut graph = read(text).unwrap();
    expect_lawful(&graph, "reading");
    pass(&mut graph);
    expected.assert_eq(&print(&graph));
    expect_lawful(&graph, "the pass");
}

/// Runs a pass over every body of a graph.
pub fn check_bodies(text: &str, pass: impl Fn(&mut Body), expected: Expect) {
    let bodies =
        |graph: &mut Graph| graph.functions.iter_mut().filter_map(|it| it.body.as_mut()).for_each(pass);
    check_graph(text, bodies, expected);
}

#[test]
fn a_chain_of_events_costs_what_a_chain_of_gotos_costs() {
    let text = "fn @parse(i32) [number(i32), nothing] {
          b0(v0: i32): v1: i32 = const 48 v2: i1 = less_unsigned v0, v1 branch v2, b1, b2
          b1: exit nothing
          b2: v3: i32 = sub v0, v1 exit number(v3)
        }
        fn @checked(i32) [good(i32), bad] {
          b0(v0: i32): call @parse(v0) [number -> b1, nothing -> b2]
          b1(v1: i32): v2: i8 = const 0 jump b3(v2, v1)
          b2: v3: i8 = const 1 v4: i32 = const undefined jump b3(v3, v4)
          b3(v5: i8, v6: i32): switch v5 [0 -> b4, 1 -> b5, else -> b6]
          b4: exit good(v6)
          b5: exit bad
          b6: unreachable
        }
        fn @unused() [return] { b0: exit return }
        export fn @main(i32) [return(i32)] {
          b0(v0: i32): call @checked(v0) [good -> b1, bad -> b2]
          b1(v1: i32): exit return(v1)
          b2: v2: i32 = const 7 exit return(v2)
        }";
    let small = |graph: &mut Graph| {
        let stripped = super::optimize(graph, Level::Small);
        // What was spliced is used: it is not said to be stripped.
        expect![["fn unused\n"]].assert_eq(&stripped.to_string());
    };
    check_graph(
        text,
        small,
        expect![[r#"
        export fn @main(i32) [return(i32)] {
          b0(v0: i32):
            v1: i32 = const 48
            v2: i1 = less_unsigned v0, v1
            branch v2, b1, b2
          b1:
            v3: i32 = const 7
            exit return(v3)
          b2:
            v4: i32 = sub v0, v1
            exit return(v4)
        }
    "#]],
    );
}
