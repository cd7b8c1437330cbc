//! A violated assumption of the compiler: `bug!("stage", "what was found")`.
//!
//! After checking, every failure is ours. The macro panics with a text that names the stage; `koruc`
//! catches it once, says that the fault is in the compiler, and exits with 70.

/// Stops the compiler because an assumption of `stage` does not hold.
#[macro_export]
macro_rules! bug {
    ($stage:literal, $($text:tt)+) => {
        ::std::panic!("{}: {}", $stage, ::std::format_args!($($text)+))
    };
}
