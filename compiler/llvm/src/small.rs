//! LLVM's passes where bytes count, and what is told to its code generator about single functions.
//!
//! These are the passes of `default<Oz>` in their order, but for those that only win time, with three differences, all measured
//! on the examples. Nothing is computed before it is known to be needed, since a branch over an instruction is shorter
//! than the instruction and a conditional move. Nothing leaves a loop, for a value that waits in a register or on the stack costs
//! more than to compute it again. And GVN does not follow memory, which leaves values waiting as well.

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::module::Module;

/// How branches are simplified: what may be done besides, and what `simplifycfg` must not do.
const BRANCHES: [&str; 3] = [
    "simplifycfg<no-switch-range-to-icmp;no-speculate-blocks>",
    "simplifycfg<switch-range-to-icmp;sink-common-insts;no-speculate-blocks>",
    "simplifycfg<switch-range-to-icmp;hoist-common-insts;sink-common-insts;no-speculate-blocks>",
];

/// The passes, as LLVM's own tools would be told.
pub fn pipeline() -> String {
    let [first, usual, merging] = BRANCHES;
    let combine = "instcombine<max-iterations=1;no-verify-fixpoint>";
    let rotate = "loop-rotate<no-header-duplication>";
    let body = [
        "sroa<modify-cfg>,early-cse<memssa>,jump-threading,correlated-propagation",
        usual,
        combine,
        "aggressive-instcombine,tailcallelim",
        usual,
        "constraint-elimination",
        "loop(loop-instsimplify,loop-simplifycfg)",
        &format!("loop({rotate},simple-loop-unswitch<no-nontrivial;trivial>)"),
        usual,
        combine,
        "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full)",
        "sroa<modify-cfg>,mldst-motion,gvn<no-memdep>,sccp,bdce",
        combine,
        "jump-threading,correlated-propagation,adce,memcpyopt,dse",
        merging,
        combine,
    ]
    .join(",");
    let last = [
        &format!("lower-constant-intrinsics,loop({rotate},loop-deletion)"),
        combine,
        usual,
        combine,
        "sroa<preserve-cfg>",
        combine,
        "instsimplify,div-rem-pairs,tailcallelim",
        usual,
    ]
    .join(",");
    [
        &format!("inferattrs,function<eager-inv>(lower-expect,{first},sroa<modify-cfg>,early-cse<>)"),
        "ipsccp,called-value-propagation,globalopt",
        &format!("function<eager-inv>(mem2reg,{combine},{usual})"),
        "always-inline,require<globals-aa>,function(invalidate<aa>),require<profile-summary>",
        &format!("cgscc(devirt<4>(inline,function-attrs<skip-non-recursive-function-attrs>,function<eager-inv;no-rerun>({body}),function-attrs))"),
        "deadargelim,globalopt,globaldce,rpo-function-attrs,recompute-globalsaa",
        &format!("function<eager-inv>({last})"),
        "globaldce,constmerge,mergefunc,rel-lookup-table-converter",
    ]
    .join(",")
}

/// What never returns need not save what its caller keeps in registers. Only x86 listens.
pub fn forget_callers(module: &Module) {
    let never_returns = Attribute::get_named_enum_kind_id("noreturn");
    let attribute = module.get_context().create_string_attribute("no_callee_saved_registers", "");
    for function in module.get_functions() {
        if function.get_enum_attribute(AttributeLoc::Function, never_returns).is_some() {
            function.add_attribute(AttributeLoc::Function, attribute);
        }
    }
}
