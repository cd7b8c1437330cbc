//! What runs seldom, and what is reached only from there.
//!
//! ```text
//!     cold fn @print() [return] { ... call @digits() }
//!     fn @digits() [return] { ... }                        only @print calls it
//!
//!     never cold fn @print() [return] { ... call @digits() }
//!     cold fn @digits() [return] { ... }
//! ```
//!
//! For speed, LLVM makes cold code small, which takes it a fraction of the time. So none of it is put into callers
//! that are not cold themselves.

use super::sweep;
use crate::graph::*;
use koru_base::Level;

/// Says of every function whether it is cold, and keeps cold ones out of their callers where speed is asked for.
/// Elsewhere all code counts alike: cold is only what never returns.
pub fn settle(graph: &mut Graph, level: Level) {
    match level {
        Level::Safe | Level::Fast => spread(graph),
        Level::Debug | Level::Small => {
            graph
                .functions
                .iter_mut()
                .for_each(|function| function.is_cold &= function.signature.exits.is_empty());
        }
    }
}

fn spread(graph: &mut Graph) {
    let reached = sweep::reach(graph, |function| !function.is_cold);
    for (function, &is_reached) in graph.functions.iter_mut().zip(reached.functions.iter()) {
        if !is_reached {
            function.is_cold = true;
        } else if function.is_cold && function.inline == Inline::Auto {
            function.inline = Inline::Never;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::settle;
    use crate::passes::tests::check_graph;
    use expect_test::expect;
    use koru_base::Level;

    const PROGRAM: &str = "
        cold fn @print() [return] { b0: call @digits() call @shared() exit return }
        fn @digits() [return] { b0: exit return }
        fn @shared() [return] { b0: exit return }
        export fn @main() [return] { b0: call @print() call @shared() exit return }";

    #[test]
    fn for_speed_what_only_cold_code_reaches_is_cold_too() {
        check_graph(
            PROGRAM,
            |graph| settle(graph, Level::Fast),
            expect![[r#"
            never cold fn @print() [return] {
              b0:
                call @digits()
                call @shared()
                exit return
            }

            cold fn @digits() [return] {
              b0:
                exit return
            }

            fn @shared() [return] {
              b0:
                exit return
            }

            export fn @main() [return] {
              b0:
                call @print()
                call @shared()
                exit return
            }
        "#]],
        );
    }

    #[test]
    fn for_size_all_code_that_returns_counts_alike() {
        check_graph(
            PROGRAM,
            |graph| settle(graph, Level::Small),
            expect![[r#"
            fn @print() [return] {
              b0:
                call @digits()
                call @shared()
                exit return
            }

            fn @digits() [return] {
              b0:
                exit return
            }

            fn @shared() [return] {
              b0:
                exit return
            }

            export fn @main() [return] {
              b0:
                call @print()
                call @shared()
                exit return
            }
        "#]],
        );
    }
}
