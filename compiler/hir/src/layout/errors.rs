//! Numbers of errors: 16 bits, the same for a name in every error set.
//!
//! In: names in the order code needs them. Out: 1, 2, 3 and so on; 0 means no error.

use crate::context::Context;
use koru_base::{Name, bug};
use rustc_hash::FxHashMap;

#[derive(Default)]
pub(super) struct ErrorNumbers {
    names: Vec<Name>,
    numbers: FxHashMap<Name, u16>,
}

impl ErrorNumbers {
    pub(super) fn number(&mut self, name: Name) -> u16 {
        if let Some(&number) = self.numbers.get(&name) {
            return number;
        }
        self.names.push(name);
        let Ok(number) = u16::try_from(self.names.len()) else {
            bug!("layout", "a program of more than 65,535 errors")
        };
        self.numbers.insert(name, number);
        number
    }
}

/// The errors that have a number; the first one's is 1.
pub fn error_names<'a>(cx: &'a Context) -> &'a [Name] {
    &cx.layouts.errors.names
}
