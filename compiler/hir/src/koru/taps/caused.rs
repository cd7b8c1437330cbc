//! What a tap causes itself: the events its body comes to, however far away. It does not observe inside the flows
//! that implement them, for there it would cause itself again without end.
//!
//! In: all taps and the code behind events, by names alone. Out: for each event the taps that leave its flows out.

use super::Tap;
use crate::Context;
use crate::ids::{EventId, TapId};
use crate::koru::laws::each_call;
use crate::koru::{resolve, transforms};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// The events a tap comes to.
#[derive(Clone, Default)]
struct Caused {
    /// Those its body calls.
    near: BTreeSet<EventId>,
    /// Those that flows call which run because of it.
    far: BTreeSet<EventId>,
}

/// For each event the taps that cause it.
pub(super) fn find(cx: &mut Context) -> FxHashMap<EventId, Vec<TapId>> {
    let taps: Vec<TapId> = cx.koru.taps.all.ids().collect();
    let own: Vec<Caused> = taps.iter().map(|&tap| caused(cx, tap)).collect();
    let mut all = own.clone();
    let mut grows = !all.is_empty();
    while grows {
        grows = false;
        for at in 0..all.len() {
            for other in (0..all.len()).filter(|&other| other != at) {
                if cx.koru.taps.all[taps[other]].may_observe(cx, &all[at]) {
                    let before = all[at].near.len() + all[at].far.len();
                    let Caused { near, far } = all[other].clone();
                    all[at].near.extend(near);
                    all[at].far.extend(far);
                    grows |= all[at].near.len() + all[at].far.len() > before;
                }
            }
        }
    }
    let mut by_event: FxHashMap<EventId, Vec<TapId>> = FxHashMap::default();
    for (tap, Caused { near, far }) in taps.into_iter().zip(all) {
        for event in near.union(&far) {
            by_event.entry(*event).or_default().push(tap);
        }
    }
    by_event
}

/// What the body of a tap comes to by itself.
fn caused(cx: &mut Context, tap: TapId) -> Caused {
    let (module, flow) = (cx.koru.taps.all[tap].module, cx.koru.taps.all[tap].flow.clone());
    let mut paths = Vec::new();
    each_call(&[], &flow.arms, &mut |call| paths.push(call.path.clone()));
    let mark = cx.sink.len();
    let callees: Vec<_> = paths.iter().filter_map(|path| resolve::event(cx, module, path)).collect();
    cx.sink.rewind(mark);
    let mut caused = Caused::default();
    for callee in callees {
        caused.near.insert(callee.event);
        let reached = transforms::reached(cx, callee.event);
        caused.far.extend(reached.into_iter().filter(|&event| event != callee.event));
    }
    caused
}

impl Tap {
    /// Could it observe one of these? Those that observe everything pass by the bodies of taps.
    fn may_observe(&self, cx: &Context, caused: &Caused) -> bool {
        let near = caused.near.iter().filter(|_| !self.source.is_universal());
        near.chain(&caused.far).any(|&event| self.source.matches(cx, event))
    }
}
