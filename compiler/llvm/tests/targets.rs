//! The targets table against LLVM.

use koru_base::targets::TARGETS;

#[test]
fn rows_repeat_llvms_data_layouts() {
    for target in TARGETS {
        assert_eq!(target.data_layout, koru_llvm::data_layout(target), "{}", target.triple);
    }
}
