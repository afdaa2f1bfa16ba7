//! `Array`: what a snapshot is made of. Snapshots share one until one of them is changed, so the published one and the
//! table's working copy are one array, and the first change of an update is made while it is copied: no element is moved
//! twice.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A vector of which a clone costs nothing, and the first change a copy.
#[derive(Clone)]
pub struct Array<T>(Option<Arc<Vec<T>>>);

impl<T: Copy> Array<T> {
    /// Of no elements, and no memory.
    pub const EMPTY: Self = Self(None);

    pub fn new(elements: Vec<T>) -> Self {
        Self((!elements.is_empty()).then(|| Arc::new(elements)))
    }

    pub fn insert(&mut self, at: usize, element: T) {
        if let Some(own) = self.own() {
            return own.insert(at, element);
        }
        let (before, behind) = self.split_at(at);
        let mut changed = Vec::with_capacity(self.len() + 1);
        changed.extend_from_slice(before);
        changed.push(element);
        changed.extend_from_slice(behind);
        *self = Self::new(changed);
    }

    pub fn remove(&mut self, at: usize) -> T {
        if let Some(own) = self.own() {
            return own.remove(at);
        }
        let element = self[at];
        let mut changed = Vec::with_capacity(self.len() - 1);
        changed.extend_from_slice(&self[..at]);
        changed.extend_from_slice(&self[at + 1..]);
        *self = Self::new(changed);
        element
    }

    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(elements) = &mut self.0 {
            Arc::make_mut(elements).retain(keep);
        }
    }

    /// The elements, to be changed where they are.
    pub fn as_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Some(elements) => Arc::<Vec<T>>::make_mut(elements).as_mut_slice(),
            None => &mut [],
        }
    }

    /// Gives back what memory there is for more elements.
    pub fn trim(&mut self) {
        if self.is_empty() {
            *self = Self::EMPTY;
        } else if let Some(own) = self.own() {
            own.shrink_to_fit();
        }
    }

    /// For how many elements there is memory.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.0.as_ref().map_or(0, |elements| elements.capacity())
    }

    /// The elements, unless they are shared.
    fn own(&mut self) -> Option<&mut Vec<T>> {
        self.0.as_mut().and_then(Arc::get_mut)
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_ref().map_or(&[], |elements| elements)
    }
}

impl<T: PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Array<T> {}

impl<T: fmt::Debug> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}
