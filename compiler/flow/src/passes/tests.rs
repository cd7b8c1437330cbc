//! How passes are tested: text in, text out, lawful before and after.

use crate::graph::{Body, Graph};
use crate::text::{print, read};
use crate::verify::expect_lawful;
use expect_test::Expect;

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
