//! Block arguments as moves one after the other.
//!
//! All arguments are read before any parameter is written. Where that order matters, the arguments
//! take a detour through scratch registers.

use crate::eval::code::Register;
use rustc_hash::FxHashSet;

/// Moves from `from` to `to`, as if all happened at once; registers from `scratch` on are free.
pub(super) fn in_order(from: &[Register], to: &[Register], scratch: Register) -> Box<[(Register, Register)]> {
    let pairs: Vec<_> =
        from.iter().copied().zip(to.iter().copied()).filter(|(from, to)| from != to).collect();
    let sources: FxHashSet<Register> = pairs.iter().map(|&(from, _)| from).collect();
    if !pairs.iter().any(|(_, to)| sources.contains(to)) {
        return pairs.into();
    }
    let numbered = || pairs.iter().zip(scratch..);
    let away = numbered().map(|(&(from, _), free)| (from, free));
    let back = numbered().map(|(&(_, to), free)| (free, to));
    away.chain(back).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn a_swap_takes_a_detour() {
        assert_eq!(*in_order(&[1, 2], &[3, 4], 9), [(1, 3), (2, 4)]);
        assert_eq!(*in_order(&[1, 2], &[2, 1], 9), [(1, 9), (2, 10), (9, 2), (10, 1)]);
        assert_eq!(*in_order(&[1, 1], &[1, 2], 9), [(1, 2)]);
    }
}
