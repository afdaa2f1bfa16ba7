//! The rival of the tables: QEMU's list, which is walked from the front for every look. It is an array here, with nothing in
//! it that a look does not need, so it is faster than the linked list that QEMU has. It has one user only: no lock, no copy.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What a breakpoint or a watchpoint is in a list.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub first: u64,
    pub last: u64,
    pub flags: u32,
}

/// A breakpoint has no last address.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub pc: u64,
    pub flags: u32,
}

/// See the module.
#[derive(Debug)]
pub struct List<T> {
    items: Vec<T>,
    /// Atomic, so that it is loaded for each look, as is the head of QEMU's list.
    len: AtomicUsize,
}

impl<T: Clone> Clone for List<T> {
    fn clone(&self) -> Self {
        Self::new(self.items.clone())
    }
}

impl<T> List<T> {
    pub fn new(items: Vec<T>) -> Self {
        Self { len: AtomicUsize::new(items.len()), items }
    }

    #[inline(always)]
    fn items(&self) -> &[T] {
        // Relaxed: nobody changes it meanwhile.
        self.items.get(..self.len.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

impl List<Point> {
    /// Whether there is a breakpoint.
    #[inline]
    pub fn test(&self, pc: u64, mask: u32) -> bool {
        self.items().iter().any(|point| point.pc == pc && point.flags & mask != 0)
    }

    /// The debugger's go to the front.
    pub fn insert(&mut self, point: Point) {
        self.items.insert(0, point);
        *self.len.get_mut() += 1;
    }

    pub fn remove(&mut self, pc: u64, flags: u32) {
        let same = |point: &Point| point.pc == pc && point.flags == flags;
        let at = self.items.iter().position(same).expect("it is there");
        self.items.remove(at);
        *self.len.get_mut() -= 1;
    }
}

impl List<Item> {
    /// Whether a watchpoint stops at an access.
    #[inline]
    pub fn stops(&self, addr: u64, len: u64, access: u32) -> bool {
        let last = addr + (len - 1);
        self.items().iter().any(|item| item.first <= last && addr <= item.last && item.flags & access != 0)
    }
}
