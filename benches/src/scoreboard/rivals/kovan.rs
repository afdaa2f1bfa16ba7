//! `kovan`: its pointers with a node header in front, by which nothing is allocated to retire.

use std::sync::atomic::{AtomicU64, Ordering};

use kovan::{Atomic, Guard, RetiredNode, Shared, flush, pin, retire};

use super::{Payload, Read, Retire, Subject, Update, count};

/// A value behind its header.
#[repr(C)]
pub struct Node {
    retired: RetiredNode,
    payload: Payload,
}

impl Node {
    fn boxed(dropped: &'static AtomicU64) -> Box<Self> {
        Box::new(Self { retired: RetiredNode::new(), payload: Payload::new(dropped) })
    }
}

pub struct Kovan(Atomic<Node>);

impl Subject for Kovan {
    const NAME: &str = "kovan";
}

impl Read for Kovan {
    type Reader<'a> = ();
    type Guard<'g> = Guard;

    fn new() -> Self {
        Self(Atomic::new(Box::into_raw(Node::boxed(count()))))
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Guard {
        pin()
    }

    #[inline(always)]
    fn load(&self, guard: &Guard) -> u64 {
        // SAFETY: never null, and what was loaded with a guard lives as long as that.
        unsafe { self.0.load(Ordering::Acquire, guard).deref() }.payload.value()
    }

    fn settle(&self) {
        flush();
    }
}

impl Update for Kovan {
    fn update(&self, dropped: &'static AtomicU64) {
        let guard = pin();
        // SAFETY: a box that was made just now.
        let new = unsafe { Shared::from_raw(Box::into_raw(Node::boxed(dropped))) };
        let old = self.0.swap(new, Ordering::AcqRel, &guard).as_raw();
        // SAFETY: nobody finds it any more; it was boxed, and has its header in front.
        unsafe { retire(old) };
    }
}

/// A node that may be given to another thread.
pub struct Given(Box<Node>);

// SAFETY: until it is retired, the header has nothing of the thread that made it.
unsafe impl Send for Given {}

impl Retire for Kovan {
    type Node = Given;

    fn node(&self, dropped: &'static AtomicU64) -> Given {
        Given(Node::boxed(dropped))
    }

    #[inline]
    fn retire(&self, node: Given) {
        // SAFETY: nobody ever found it; it was boxed, and has its header in front.
        unsafe { retire(Box::into_raw(node.0)) };
    }
}
