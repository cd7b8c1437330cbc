//! Constant data without a name: equal data is kept once.
//!
//! In: bytes, size, alignment, addresses. Out: a global of the graph.

use super::Lowering;
use super::constant::Data;
use koru_base::Name;
use koru_flow as flow;
use rustc_hash::FxHashMap;

#[derive(Default)]
pub(super) struct Pool {
    globals: FxHashMap<(Data, u64), flow::GlobalId>,
}

impl Lowering {
    /// The global with this content.
    pub(super) fn pooled(&mut self, data: Data, size: u64, align: u32) -> flow::GlobalId {
        let key = (data, size);
        if let Some(&known) = self.pool.globals.get(&key) {
            let global = &mut self.graph.globals[known];
            global.align = global.align.max(align);
            return known;
        }
        let global = self.graph.globals.push(flow::Global {
            name: Name::new(&format!("data.{}", self.pool.globals.len())),
            bytes: key.0.bytes.clone(),
            size,
            align,
            relocations: key.0.relocations.clone(),
            is_const: true,
            is_threadlocal: false,
            linkage: flow::Linkage::Internal,
        });
        self.pool.globals.insert(key, global);
        self.claim(flow::Symbol::Global(global), false);
        global
    }
}
