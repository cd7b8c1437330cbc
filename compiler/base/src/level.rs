//! How a program is compiled: what `-O` says.
//!
//! Debug and safe check; small and fast do not. Small, the default, counts bytes; fast counts time.

/// A level of `-O`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Level {
    /// Every check, hardly any optimisation.
    Debug,
    /// Every check, optimised.
    Safe,
    /// As few bytes as can be.
    #[default]
    Small,
    /// As little time as can be.
    Fast,
}

impl Level {
    /// All levels, in the order `-O` lists them.
    pub const ALL: [Level; 4] = [Level::Debug, Level::Safe, Level::Small, Level::Fast];

    /// The level as `-O` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Safe => "safe",
            Level::Small => "small",
            Level::Fast => "fast",
        }
    }

    /// Do overflow, bounds, null, tag and unreachable stop the program?
    pub fn is_checked(self) -> bool {
        matches!(self, Level::Debug | Level::Safe)
    }
}
