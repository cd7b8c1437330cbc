//! Which passes run, in which order, at which level.
//!
//! In: a lawful graph and a level. Out: a lawful graph that does the same, faster and in fewer bytes,
//! and what was stripped. No pass repeats what LLVM does well, but for what the next one must see: loops and algebra
//! are LLVM's.
//! In debug builds of the compiler the verifier runs after each pass.

pub mod cold;
pub mod fold;
pub mod promote;
pub mod share;
pub mod splice;
pub mod sweep;
pub mod thread;
pub mod tidy;

use crate::edit;
use crate::graph::{Body, Graph};
use crate::verify::expect_lawful;
use koru_base::Level;
use splice::Limits;
use sweep::Stripped;

/// Runs all passes. What no root reached is gone afterwards; functions that were spliced into all
/// their callers are gone too, and not said to be stripped.
pub fn optimize(graph: &mut Graph, level: Level) -> Stripped {
    // Blocks nothing reaches hold on to nothing; what goes now is not worked on.
    each_body(graph, "clear_unreached", |body| drop(edit::clear_unreached(body)));
    let stripped = sweep::sweep(graph);
    each_body(graph, "sweep and tidy", tidy::tidy);
    cold::settle(graph, level);
    if level != Level::Debug {
        // The passes below need not work on arms that become one.
        share::share(graph, HUNDREDS);
        check(graph, "share");
        splice::splice(graph, limits(level));
        check(graph, "splice");
        each_body(graph, "promote", promote::promote);
        each_body(graph, "thread", |body| while_it_helps(body, level));
        share::share(graph, DOZENS);
        check(graph, "share again");
    }
    sweep::sweep(graph);
    check(graph, "sweep");
    stripped
}

/// Threading uncovers what tidying removes, and the other way round. Few bodies need a second turn.
fn while_it_helps(body: &mut Body, level: Level) {
    let mut turns = 4;
    while turns > 0 && thread::thread(body, thread_limit(level)) {
        tidy::tidy(body);
        turns -= 1;
    }
    tidy::tidy(body);
}

/// A call costs some two instructions and one for each argument. Debuggers and traces want to see calls: what must be
/// inline there LLVM puts in, which remembers where.
fn limits(level: Level) -> Limits {
    match level {
        Level::Debug | Level::Small => Limits { splices_loops: true, tiny: 4 },
        Level::Safe | Level::Fast => Limits { splices_loops: false, tiny: 24 },
    }
}

/// A choice of so many arms gets its tables first. What arms give out of tables no jump is threaded by any more.
const HUNDREDS: usize = 64;
/// A choice of so many arms gets them last. LLVM does well with fewer.
const DOZENS: usize = 16;

/// How many instructions may be copied to save one branch.
fn thread_limit(level: Level) -> usize {
    match level {
        Level::Debug | Level::Small => 2,
        Level::Safe | Level::Fast => 6,
    }
}

fn each_body(graph: &mut Graph, pass: &str, mut run: impl FnMut(&mut Body)) {
    graph.functions.iter_mut().filter_map(|function| function.body.as_mut()).for_each(&mut run);
    check(graph, pass);
}

fn check(graph: &Graph, pass: &str) {
    if cfg!(debug_assertions) {
        expect_lawful(graph, pass);
    }
}

#[cfg(test)]
pub(crate) mod tests;
