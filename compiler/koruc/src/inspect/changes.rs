//! What is different between two reports, by item.

use super::report::Report;
use std::collections::BTreeMap;
use std::fmt;

/// An item that has another size, or is in one of two programs only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub kind: String,
    pub name: String,
    pub before: u64,
    pub now: u64,
}

impl Change {
    pub fn is_growth(&self) -> bool {
        self.now > self.before
    }

    pub fn bytes(&self) -> i64 {
        self.now.cast_signed() - self.before.cast_signed()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { kind, name, before, now } = self;
        let sizes = format!("{before} -> {now}");
        write!(f, "{:>+7}  {sizes:<15} {kind:<9} {name}", self.bytes())
    }
}

/// What changed, the largest growth first.
pub fn of(before: &Report, now: &Report) -> Vec<Change> {
    let mut sizes = BTreeMap::<_, (u64, u64)>::new();
    let key = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    before
        .items
        .iter()
        .for_each(|item| sizes.entry(key(&item.kind, &item.name)).or_default().0 += item.bytes);
    now.items.iter().for_each(|item| sizes.entry(key(&item.kind, &item.name)).or_default().1 += item.bytes);
    let mut changes: Vec<_> = sizes
        .into_iter()
        .map(|((kind, name), (before, now))| Change { kind, name, before, now })
        .filter(|change| change.before != change.now)
        .collect();
    changes.sort_by_key(|change| -change.bytes());
    changes
}
