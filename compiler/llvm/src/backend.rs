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
pub type Settings = Vec<&'static str>;

static IN_FORCE: Mutex<Settings> = Mutex::new(Vec::new());

/// The right to emit. Given back when dropped.
pub struct Turn {
    in_force: MutexGuard<'static, Settings>,
}

impl Turn {
    /// Sets what these options want; where `knows_registers`, also that callers know what a callee leaves alone.
    pub fn settle(&mut self, options: &Options, knows_registers: bool) {
        let mut wanted = Settings::new();
        if options.level == Level::Small {
            wanted.extend(options.target.small_settings);
        }
        if knows_registers {
            wanted.extend(options.target.call_settings);
        }
        if *self.in_force != wanted {
            set(&wanted);
            *self.in_force = wanted;
        }
    }
}

/// Waits for the process.
pub fn take_turn() -> Turn {
    Turn { in_force: wait() }
}

/// Waits for the process, whatever its settings: nobody else is inside LLVM while the guard lives.
pub fn wait() -> MutexGuard<'static, Settings> {
    // A panic while emitting leaves the settings as they are said to be.
    IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(unsafe_code)] // inkwell has no door to LLVM's settings, and C's has none to reset them
fn set(settings: &[&str]) {
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
