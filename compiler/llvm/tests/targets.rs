//! The targets table against LLVM, and LLVM against itself.

use koru_base::Level;
use koru_base::targets::TARGETS;
use koru_llvm::{Options, Output};

#[test]
fn rows_repeat_llvms_data_layouts() {
    for target in TARGETS {
        assert_eq!(target.data_layout, koru_llvm::data_layout(target), "{}", target.triple);
    }
}

/// LLVM's settings are the process's; none may leak from one program into the next.
#[test]
fn what_was_compiled_before_makes_no_difference() {
    let text = "
        export c fn @sum(ptr, i64) [return(i64)] {
          b0(v0: ptr, v1: i64):
            v2: i64 = const 0
            jump b1(v2, v2)
          b1(v3: i64, v4: i64):
            v5: i64 = const 48
            v6: i64 = mul v3, v5
            v7: ptr = offset v0, v6
            v8: i64 = load v7 align 8
            v9: i64 = add v4, v8
            v10: i64 = const 1
            v11: i64 = add v3, v10
            v12: i1 = less_unsigned v11, v1
            branch v12, b1(v11, v9), b2
          b2:
            exit return(v9)
        }";
    let graph = koru_flow::text::read(text).expect("a graph");
    for target in TARGETS {
        let emit = |level| {
            let options = Options::new(target, level, Output::Object);
            koru_llvm::emit(&graph, &options).expect("an object")
        };
        let first = Level::ALL.map(emit);
        let mut second = Level::ALL.iter().rev().map(|&level| emit(level)).collect::<Vec<_>>();
        second.reverse();
        assert!(first.as_slice() == second, "{}", target.triple);
    }
}
