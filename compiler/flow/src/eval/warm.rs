//! Bodies that run often: what they keep in slots moves to registers before they are decoded once more.
//!
//! In: a body. Out: one that does the same in fewer steps and fails where it failed before. Only loads and stores of
//! slots go, which are known to succeed, and the addresses they alone needed; whatever may fail stays.

use crate::cfg::Cfg;
use crate::edit;
use crate::graph::*;
use crate::passes::promote;

/// So many calls make a function worth the work. One that loops is worth it at once.
pub(super) const CALLS: u32 = 16;

/// Can a block of the body be run twice in one call?
pub(super) fn loops(body: &Body) -> bool {
    let mut is_behind: Vec<bool> = vec![false; body.blocks.len()];
    Cfg::new(body).order.iter().any(|&block| {
        is_behind[block.0 as usize] = true;
        body.blocks[block].terminator.successors().iter().any(|next| is_behind[next.0 as usize])
    })
}

/// The body with its variables in registers.
pub(super) fn warmed(body: &Body) -> Body {
    let mut body = body.clone();
    promote::promote_all(&mut body);
    drop_addresses(&mut body);
    edit::compact(&mut body);
    body
}

/// Drops constants and addresses in slots that nobody reads any more: neither can fail.
fn drop_addresses(body: &mut Body) {
    let mut uses = edit::count_uses(body);
    for block in Cfg::new(body).order.into_iter().rev() {
        let mut insts = std::mem::take(&mut body.blocks[block].insts);
        insts.reverse();
        insts.retain(|inst| {
            let is_idle = matches!(inst.op, Op::Slot(_) | Op::Offset { .. } | Op::Const(_))
                && inst.results.iter().all(|&result| uses[result] == 0);
            if is_idle {
                inst.op.operands(|value| uses[value] -= 1);
            }
            !is_idle
        });
        insts.reverse();
        body.blocks[block].insts = insts;
    }
}
