//! Turns what is only stored to a slot and loaded from it into values, where something is decided by it.
//!
//! ```text
//!     b0(v0: i32):  v1: ptr = slot s0   store v1, v0 align 4   jump b1
//!     b1:           v2: i32 = load v1 align 4   switch v2 [0 -> b2, else -> b3]
//!
//!     b0(v0: i32):  jump b1
//!     b1:           switch v0 [0 -> b2, else -> b3]
//! ```
//!
//! LLVM does this too, but [`super::thread`] comes before it and must see which tag or number a step has stored.
//! A slot is taken in parts, each an offset and a type. A part stays in memory where another one overlaps it, and
//! the whole slot where its address gets away. Leaves dead addresses behind, for [`super::tidy`].

mod places;

use crate::cfg::Cfg;
use crate::edit::{self, Reaching, Replacements};
use crate::graph::*;
use koru_base::Span;
use places::{Part, Places};
use rustc_hash::FxHashMap;

/// Promotes the deciding parts of a body's slots as far as they can be.
pub fn promote(body: &mut Body) {
    promote_parts(body, Places::deciding_parts);
}

/// Promotes all parts of a body's slots as far as they can be.
pub fn promote_all(body: &mut Body) {
    promote_parts(body, Places::loaded_parts);
}

fn promote_parts(body: &mut Body, choose: fn(&Places, &Body) -> Vec<Part>) {
    edit::clear_unreached(body);
    edit::split_call_exits(body);
    let cfg = Cfg::new(body);
    let places = Places::of(body, &cfg);
    let parts = choose(&places, body);
    if parts.is_empty() {
        return;
    }
    let undefined: FxHashMap<Part, ValueId> =
        parts.iter().map(|&part| (part, body.values.push(part.ty))).collect();
    let mut rewriter = Rewriter {
        places,
        parts,
        undefined,
        pairs: Vec::new(),
        at_end: FxHashMap::default(),
        exposed: Vec::new(),
    };
    for &block in &cfg.order {
        rewriter.block(body, block);
    }
    rewriter.join(body, &cfg);
}

/// Takes loads and stores out of blocks, and remembers what has to be joined.
struct Rewriter {
    places: Places,
    parts: Vec<Part>,
    /// What a part holds before anything is stored there.
    undefined: FxHashMap<Part, ValueId>,
    /// Loaded values, and what they are.
    pairs: Vec<(ValueId, ValueId)>,
    /// Each part's values at the ends of the blocks that store to it.
    at_end: FxHashMap<Part, FxHashMap<BlockId, ValueId>>,
    /// Loads before the first store of their block.
    exposed: Vec<(Part, BlockId, ValueId)>,
}

impl Rewriter {
    fn block(&mut self, body: &mut Body, block: BlockId) {
        let mut now: FxHashMap<Part, ValueId> = FxHashMap::default();
        let insts = std::mem::take(&mut body.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            if let Op::SlotLive(slot) = inst.op {
                let fresh = self.parts.iter().filter(|part| part.slot == slot);
                now.extend(fresh.map(|&part| (part, self.undefined[&part])));
            }
            let part = self.places.accessed(body, &inst).filter(|part| self.undefined.contains_key(part));
            match (part, &inst.op) {
                (Some(part), Op::Store { value, .. }) => drop(now.insert(part, *value)),
                (Some(part), _) => self.load(block, part, inst.results[0], &mut now),
                (None, _) => kept.push(inst),
            }
        }
        body.blocks[block].insts = kept;
        for (part, value) in now {
            self.at_end.entry(part).or_default().insert(block, value);
        }
    }

    fn load(&mut self, block: BlockId, part: Part, result: ValueId, now: &mut FxHashMap<Part, ValueId>) {
        match now.get(&part) {
            Some(&value) => self.pairs.push((result, value)),
            None => {
                self.exposed.push((part, block, result));
                now.insert(part, result);
            }
        }
    }

    /// Finds what reaches the exposed loads, and replaces all loads.
    fn join(mut self, body: &mut Body, cfg: &Cfg) {
        let entry = BlockId(0);
        let mut by_part: FxHashMap<Part, Vec<(BlockId, ValueId)>> = FxHashMap::default();
        for (part, block, result) in std::mem::take(&mut self.exposed) {
            by_part.entry(part).or_default().push((block, result));
        }
        for part in &self.parts {
            let at_end = self.at_end.remove(part).unwrap_or_default();
            let at_start = FxHashMap::from_iter([(entry, self.undefined[part])]);
            let mut reaching = Reaching { body, cfg, ty: part.ty, at_end, at_start };
            for (block, result) in by_part.remove(part).unwrap_or_default() {
                self.pairs.push((result, reaching.at_start(block)));
            }
        }
        let mut replacements = Replacements::new(body);
        self.pairs.iter().for_each(|&(old, new)| replacements.replace(old, new));
        replacements.apply(body);
        let constants =
            self.parts.iter().map(|part| undefined(self.undefined[part], body.blocks[entry].span));
        let constants: Vec<_> = constants.collect();
        body.blocks[entry].insts.splice(0..0, constants);
    }
}

fn undefined(result: ValueId, span: Span) -> Inst {
    Inst { op: Op::Const(Constant::Undefined), results: vec![result], span }
}

#[cfg(test)]
mod tests {
    use crate::passes::{tests::check_bodies, tidy::tidy};
    use expect_test::{Expect, expect};

    fn check(body: &str, expected: Expect) {
        let pass = |body: &mut crate::graph::Body| {
            super::promote(body);
            tidy(body);
        };
        check_bodies(&format!("fn @f(i32, i1, ptr) [done(i32), failed] {{ {body} }}"), pass, expected);
    }

    #[test]
    fn ways_that_store_meet_in_a_parameter() {
        check(
            "slot s0 8 align 4
             b0(v0: i32, v1: i1, v2: ptr): branch v1, b1, b2
             b1: v3: ptr = slot s0 v4: i64 = const 4 v5: ptr = offset v3, v4 store v5, v0 align 4 jump b3
             b2: v6: ptr = slot s0 v7: i64 = const 4 v8: ptr = offset v6, v7 v9: i32 = const 9 store v8, v9 align 4 jump b3
             b3: v10: ptr = slot s0 v11: i64 = const 4 v12: ptr = offset v10, v11 v13: i32 = load v12 align 4 exit done(v13)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  slot s0 8 align 4
                  b0(v0: i32, v1: i1, v2: ptr):
                    branch v1, b1, b2
                  b1:
                    v3: ptr = slot s0
                    v4: i64 = const 4
                    v5: ptr = offset v3, v4
                    store v5, v0 align 4
                    jump b3
                  b2:
                    v6: ptr = slot s0
                    v7: i64 = const 4
                    v8: ptr = offset v6, v7
                    v9: i32 = const 9
                    store v8, v9 align 4
                    jump b3
                  b3:
                    v10: ptr = slot s0
                    v11: i64 = const 4
                    v12: ptr = offset v10, v11
                    v13: i32 = load v12 align 4
                    exit done(v13)
                }
            "#]],
        );
    }

    #[test]
    fn an_address_that_gets_away_keeps_its_slot() {
        check(
            "slot s0 4 align 4
             b0(v0: i32, v1: i1, v2: ptr): v3: ptr = slot s0 store v3, v0 align 4 store v2, v3 align 8 v4: i32 = load v3 align 4 exit done(v4)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  slot s0 4 align 4
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: ptr = slot s0
                    store v3, v0 align 4
                    store v2, v3 align 8
                    v4: i32 = load v3 align 4
                    exit done(v4)
                }
            "#]],
        );
    }

    #[test]
    fn parts_that_overlap_stay_in_memory() {
        check(
            "slot s0 8 align 4
             b0(v0: i32, v1: i1, v2: ptr): v3: ptr = slot s0 store v3, v0 align 4 v4: i64 = const 4 v5: ptr = offset v3, v4 store v5, v0 align 4
               v6: i16 = load v3 align 2 v7: i32 = extend_unsigned v6 v8: i32 = load v5 align 4 v9: i32 = add v7, v8 exit done(v9)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  slot s0 8 align 4
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: ptr = slot s0
                    store v3, v0 align 4
                    v4: i64 = const 4
                    v5: ptr = offset v3, v4
                    store v5, v0 align 4
                    v6: i16 = load v3 align 2
                    v7: i32 = extend_unsigned v6
                    v8: i32 = load v5 align 4
                    v9: i32 = add v7, v8
                    exit done(v9)
                }
            "#]],
        );
    }

    #[test]
    fn a_loop_carries_what_it_stores() {
        check(
            "slot s0 4 align 4
             b0(v0: i32, v1: i1, v2: ptr): v3: ptr = slot s0 store v3, v0 align 4 jump b1
             b1: v4: i32 = load v3 align 4 v5: i32 = add v4, v4 store v3, v5 align 4 branch v1, b1, b2
             b2: v6: i32 = load v3 align 4 exit done(v6)",
            expect![[r#"
                fn @f(i32, i1, ptr) [done(i32), failed] {
                  slot s0 4 align 4
                  b0(v0: i32, v1: i1, v2: ptr):
                    v3: ptr = slot s0
                    store v3, v0 align 4
                    jump b1
                  b1:
                    v4: i32 = load v3 align 4
                    v5: i32 = add v4, v4
                    store v3, v5 align 4
                    branch v1, b1, b2
                  b2:
                    v6: i32 = load v3 align 4
                    exit done(v6)
                }
            "#]],
        );
    }
}
