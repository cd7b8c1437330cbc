//! States and what annotations say with them.
//!
//! In: `[open!]`, `[!open|closed]`, `[M'_]` as written. Out: states by the module that declares them, so
//! that `open` of one module is not `open` of another.

use crate::Context;
use crate::ids::ModuleId;
use koru_base::Name;
use koru_syntax::ast::Phantom;

/// A state of a module's values. A state variable nobody bound yet is a state of its own, `M'`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct State {
    pub module: ModuleId,
    pub name: Name,
}

/// The states an annotation names, in order. Empty for `M'_`.
pub fn states(cx: &Context, module: ModuleId, phantom: &Phantom) -> Vec<State> {
    let state = |path: &koru_syntax::ast::Path| {
        // An unknown module was reported where the event is declared.
        let module = path.module.map_or(Some(module), |name| cx.koru.by_name.get(&name.name).copied())?;
        Some(State { module, name: path.name.name })
    };
    phantom.states.iter().filter_map(state).collect()
}

/// What a value holds inside the code whose input has this annotation.
pub fn inside(cx: &Context, module: ModuleId, phantom: &Phantom) -> Vec<State> {
    let found = states(cx, module, phantom);
    match phantom.variable {
        Some(variable) if found.is_empty() => vec![rigid(module, variable.name)],
        _ => found,
    }
}

/// The state a variable stands for inside the code that is written for all of them.
pub fn rigid(module: ModuleId, variable: Name) -> State {
    State { module, name: Name::new(&format!("{variable}'_")) }
}

/// `open`, or `db:open` where another module's is meant; several with `|`.
pub fn show(cx: &Context, here: ModuleId, states: &[State]) -> String {
    let names: Vec<_> = states.iter().map(|state| one(cx, here, *state)).collect();
    names.join("|")
}

fn one(cx: &Context, here: ModuleId, state: State) -> String {
    match state.module == here {
        true => state.name.to_string(),
        false => format!("{}:{}", cx.modules[state.module].name, state.name),
    }
}
