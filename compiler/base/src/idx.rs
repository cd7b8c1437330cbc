//! `id!` makes a u32 newtype; `IdVec` is a vector indexed by it.
//!
//! Graphs, types and events refer to each other by such ids: small, copyable, printable, and the
//! type system still tells an event from a branch. The idea is Cranelift's `entity` crate.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// What `id!` implements: a number that names an element of an [`IdVec`].
pub trait Id: Copy + Eq {
    /// The id of the element at `index`.
    fn new(index: usize) -> Self;
    /// Position of the element in its vector.
    fn index(self) -> usize;
}

/// `id!(EventId, "event")` declares a u32 newtype that prints as `event3`.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
        impl $crate::idx::Id for $name {
            fn new(index: usize) -> Self { $name(u32::try_from(index).expect("fewer than 2^32 elements")) }
            fn index(self) -> usize { self.0 as usize }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { write!(f, "{}{}", $prefix, self.0) }
        }
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { write!(f, "{}{}", $prefix, self.0) }
        }
    };
}

/// A vector whose elements are named by ids of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdVec<I, T> {
    items: Vec<T>,
    ids: PhantomData<I>,
}

impl<I: Id, T> IdVec<I, T> {
    /// An empty vector.
    pub fn new() -> Self {
        IdVec { items: Vec::new(), ids: PhantomData }
    }
    /// Appends `item` and returns its id.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::new(self.items.len() - 1)
    }
    /// The id the next `push` will return.
    pub fn next_id(&self) -> I {
        I::new(self.items.len())
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Is there no element?
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// The element, or nothing where the id is of another vector.
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }
    /// Elements in order of their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
    /// Elements in order of their ids, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }
    /// All ids in order. The iterator does not borrow the vector.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.items.len()).map(I::new)
    }
    /// Ids with their elements, in order.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(index, item)| (I::new(index), item))
    }
}

impl<I: Id, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> Index<I> for IdVec<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for IdVec<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<I, T> IntoIterator for IdVec<I, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<I: Id, T> FromIterator<T> for IdVec<I, T> {
    fn from_iter<X: IntoIterator<Item = T>>(items: X) -> Self {
        IdVec { items: items.into_iter().collect(), ids: PhantomData }
    }
}
