//! Settings of LLVM's code generators, which hold for the whole process.
//!
//! LLVM reads them from what would be its command line. Whoever emits takes the process for that time, so that a
//! program's bytes depend on its own options only.

use crate::Options;
use inkwell::llvm_sys::support::LLVMParseCommandLineOptions;
use koru_base::Level;
use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Words of LLVM's command line.
pub type Settings = &'static [&'static str];

static IN_FORCE: Mutex<Settings> = Mutex::new(&[]);

/// The right to emit. Given back when dropped.
pub struct Turn {
    _in_force: MutexGuard<'static, Settings>,
}

/// Waits for the process, and sets what these options want.
pub fn take_turn(options: &Options) -> Turn {
    let wanted = match options.level {
        Level::Small => options.target.small_settings,
        _ => &[],
    };
    let mut in_force = wait();
    if *in_force != wanted {
        set(wanted);
        *in_force = wanted;
    }
    Turn { _in_force: in_force }
}

/// Waits for the process, whatever its settings: nobody else is inside LLVM while the guard lives.
pub fn wait() -> MutexGuard<'static, Settings> {
    // A panic while emitting leaves the settings as they are said to be.
    IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(unsafe_code)] // inkwell has no door to LLVM's settings, and C's has none to reset them
fn set(settings: Settings) {
    unsafe extern "C" {
        /// `llvm::cl::ResetAllOptionOccurrences()`: everything as in a new process.
        #[link_name = "_ZN4llvm2cl25ResetAllOptionOccurrencesEv"]
        fn reset_all_options();
    }
    let words: Vec<_> =
        ["koruc"].iter().chain(settings).filter_map(|&word| CString::new(word).ok()).collect();
    let pointers: Vec<_> = words.iter().map(|word| word.as_ptr()).collect();
    // SAFETY: the function takes and returns nothing; the words live until the call returns, LLVM copies
    // what it keeps. No other thread is inside LLVM: each holds the lock first.
    unsafe {
        reset_all_options();
        LLVMParseCommandLineOptions(pointers.len() as i32, pointers.as_ptr(), c"".as_ptr());
    }
}
