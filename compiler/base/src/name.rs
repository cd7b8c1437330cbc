//! Interned text: a `Name` is four bytes, compares in one instruction, and lives as long as the compiler.
//!
//! Identifiers and dotted paths repeat all over a program; we keep one copy of each. Names order by
//! their text, never by the moment they were interned, so that nothing printed depends on that moment.

use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::fmt;
use std::sync::{LazyLock, Mutex};

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u32);

#[derive(Default)]
struct Interner {
    by_text: FxHashMap<&'static str, u32>,
    texts: Vec<&'static str>,
}

static INTERNER: LazyLock<Mutex<Interner>> = LazyLock::new(Mutex::default);

impl Name {
    /// The name with this text.
    pub fn new(text: &str) -> Name {
        let mut interner = INTERNER.lock().expect("no panic while interning");
        if let Some(&index) = interner.by_text.get(text) {
            return Name(index);
        }
        let index = u32::try_from(interner.texts.len()).expect("fewer than 2^32 names");
        let text: &'static str = Box::leak(text.into());
        interner.texts.push(text);
        interner.by_text.insert(text, index);
        Name(index)
    }

    /// The text of the name.
    pub fn as_str(self) -> &'static str {
        INTERNER.lock().expect("no panic while interning").texts[self.0 as usize]
    }

    /// `a.b` for the names `a` and `b`.
    pub fn join(self, tail: Name) -> Name {
        Name::new(&format!("{self}.{tail}"))
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::new(text)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
