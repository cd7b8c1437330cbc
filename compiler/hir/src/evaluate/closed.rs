//! Does an expression stand on its own? Then it can be evaluated where it is.
//!
//! In: an expression of a body. Out: whether every local it uses is bound inside it, and nothing
//! leads out of it.

use crate::ids::{LabelId, LocalId};
use crate::tree::{Expr, Kind, Place, children, places};
use rustc_hash::FxHashSet;

/// Is every local bound inside, and every label?
pub(super) fn is_closed(expr: &Expr) -> bool {
    let mut walk = Walk::default();
    walk.expr(expr);
    !walk.is_open
}

#[derive(Default)]
struct Walk {
    bound: FxHashSet<LocalId>,
    labels: FxHashSet<LabelId>,
    is_open: bool,
}

impl Walk {
    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            Kind::Block { label, .. } => self.labels.extend(label),
            Kind::Loop { label, .. } => self.labels.extend([*label]),
            Kind::Break { label, .. } | Kind::Continue { label } => {
                self.is_open |= !self.labels.contains(label);
            }
            Kind::Return(_) | Kind::Exit { .. } | Kind::Jump { .. } => self.is_open = true,
            Kind::IfSome { payload, .. } => self.bound.extend(payload),
            Kind::IfOk { payload, error, .. } => self.bound.extend(payload.iter().chain(error)),
            Kind::ErrDefer { error, .. } => self.bound.extend(error),
            Kind::EventCall { arms, .. } => {
                self.bound.extend(arms.iter().filter_map(|arm| arm.payload));
            }
            _ => {}
        }
        places(expr, &mut |place| {
            if let Place::Local(local) = place {
                self.is_open |= !self.bound.contains(local);
            }
        });
        children(expr, &mut |child| self.expr(child));
        if let Kind::Let { local, .. } = &*expr.kind {
            self.bound.insert(*local);
        }
    }
}
