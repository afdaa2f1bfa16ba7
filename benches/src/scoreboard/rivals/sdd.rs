//! `sdd`: its owned pointers, which are retired when they are dropped.

use std::sync::atomic::{AtomicU64, Ordering};

use sdd::{AtomicOwned, Guard, Owned, Tag};

use super::{Call, Payload, Read, Retire, Subject, Update, count};

pub struct Sdd(AtomicOwned<Payload>);

impl Subject for Sdd {
    const NAME: &str = "sdd";
}

impl Read for Sdd {
    type Reader<'a> = ();
    type Guard<'g> = Guard;

    fn new() -> Self {
        Self(AtomicOwned::new(Payload::new(count())))
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Guard {
        Guard::new()
    }

    #[inline(always)]
    fn load(&self, guard: &Guard) -> u64 {
        self.0.load(Ordering::Acquire, guard).as_ref().expect("never null").value()
    }

    fn settle(&self) {
        for _ in 0..1_000 {
            Guard::new().accelerate();
        }
    }
}

impl Update for Sdd {
    fn update(&self, dropped: &'static AtomicU64) {
        let new = Owned::new(Payload::new(dropped));
        drop(self.0.swap((Some(new), Tag::None), Ordering::AcqRel));
    }
}

impl Retire for Sdd {
    type Node = Owned<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> Owned<Payload> {
        Owned::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: Owned<Payload>) {
        // As its documentation has it, inside a section: the values of a thread that never enters one are never looked at.
        let _guard = Guard::new();
        drop(node);
    }
}

impl Call for Sdd {
    #[inline]
    fn call(&self, f: impl FnOnce() + Send + 'static) {
        Guard::new().defer_execute(f);
    }
}
