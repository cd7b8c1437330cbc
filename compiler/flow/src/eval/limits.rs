//! How much a call may use: steps, memory, depth. Never seconds, so that what fails on one machine
//! fails on every machine.

/// Bounds of an evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Instructions and terminators in one call from outside. What touches many bytes or lanes counts as
    /// many: 16 bytes copied, or a word of a wide number, are one step more.
    pub steps: u64,
    /// Bytes alive at one time: slots, blocks, globals in use, and registers. At most 1 GiB, because half
    /// of an address is an offset.
    pub memory_bytes: u64,
    /// Calls inside each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 1_000_000_000, memory_bytes: 1 << 30, depth: 10_000 }
    }
}

/// What is left of the steps.
pub(super) fn spend(fuel: &mut u64, steps: u64) -> Result<(), super::Refusal> {
    match fuel.checked_sub(steps) {
        Some(left) => {
            *fuel = left;
            Ok(())
        }
        None => Err(super::Refusal::new(super::FailureKind::Steps, "too many steps: is this loop endless?")),
    }
}

/// What moving so many words costs besides the step that asks for it: nothing for a few.
pub(super) fn steps_of_words(words: usize) -> u32 {
    words as u32 / 8
}

/// What moving or setting so many bytes costs.
pub(super) fn steps_of_bytes(bytes: u64) -> u64 {
    bytes / 16
}
