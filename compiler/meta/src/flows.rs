//! Flows of the program that run while compiling: calls of events that exist only then, outside of everything.
//!
//! In: the program, and a way to load its files once more as code for the compiler. Out: what those flows did, by
//! way of the driver, and diagnostics. The program says which flows they are; the same places of the build world
//! are expanded, checked and run.

use crate::driver::Driver;
use crate::expand::{Load, at_call, carried, prepare_flow};
use crate::natives::Natives;
use crate::program::CallPlace;
use koru_base::Span;
use koru_hir::Context;
use koru_hir::ids::ModuleId;
use koru_hir::koru;

/// A flow, by its module and the index of its item.
type Place = (ModuleId, usize);

/// Runs them, or only looks for mistakes in them.
pub fn run_flows<'w>(product: &mut Context<'w>, load: Load<'_, 'w>, driver: &mut dyn Driver, runs: bool) {
    let flows = koru::comptime_flows(product);
    if flows.is_empty() {
        return;
    }
    let mut build = load();
    let mark = build.sink.len();
    let mut twins = Vec::new();
    for flow in flows {
        let Some(place) = twin(product, &build, flow) else { continue };
        prepare_flow(&mut build, place, &mut *load, driver);
        twins.push((flow, twin(product, &build, flow).unwrap_or(place)));
    }
    let mut natives = Natives::new(product, driver);
    for &(flow, place) in &twins {
        number_calls(&mut natives, &mut build, flow, place);
    }
    for (_, place) in twins {
        let Some(instance) = koru::flow_instance(&mut build, place.0, place.1) else { break };
        if !runs {
            koru_hir::host::body(&mut build, instance);
        } else if let Err(problem) = koru_hir::evaluate::run(&mut build, instance, Vec::new(), &mut natives) {
            if let Some(mut problem) = problem.filter(|_| !natives.has_exited()) {
                problem.notes.retain(|note| note != "in `(flow)`");
                let call = koru::calls_of_flow(&build, place.0, place.1).first().map(|call| call.path.span);
                build.sink.report(match call {
                    Some(call) => at_call(*problem, call),
                    None => *problem,
                });
            }
            break;
        }
    }
    let found: Vec<_> = build.sink.iter().skip(mark).cloned().collect();
    for problem in found {
        let problem = carried(problem, &build.sources, &mut product.sources);
        product.sink.report(problem);
    }
}

/// The same flow in the build world, which may have loaded files in another order.
fn twin(product: &Context, build: &Context, (module, item): Place) -> Option<Place> {
    let path = product.sources.path(product.modules[module].file);
    let start = product.modules[module].tree.items[item].span.start;
    let is_same = |module: &ModuleId| build.sources.path(build.modules[*module].file) == path;
    let module = build.modules.ids().find(is_same)?;
    let items = &build.modules[module].tree.items;
    items.iter().position(|item| item.span.start == start).map(|item| (module, item))
}

/// Gives every call that was written in a flow its number, so that code can ask about it.
fn number_calls(natives: &mut Natives, build: &mut Context, flow: Place, place: Place) {
    let written = koru::calls_of_flow(natives.product, flow.0, flow.1);
    for call in koru::calls_of_flow(build, place.0, place.1) {
        let is_same = |one: Span| {
            let (here, there) =
                (natives.product.sources.path(one.file), build.sources.path(call.path.span.file));
            one.start == call.path.span.start && here == there
        };
        let Some(own) = written.iter().find(|one| is_same(one.path.span)) else { continue };
        let annotations = natives.product.modules[flow.0].tree.items[flow.1].annotations.clone();
        let arms = Vec::new();
        let number = natives.handles.call(CallPlace {
            module: flow.0,
            call: own.clone(),
            arms,
            implements: None,
            annotations,
        });
        koru::number_call(build, call.path.span, number);
    }
}
