//! `crossbeam-epoch`: the default collector, pinned through the thread or through a handle; and a guard that stays pinned and is
//! repinned after each section.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_epoch::{Atomic, Guard, LocalHandle, Owned, default_collector, pin};

use super::{Call, Payload, Read, Retire, Subject, Update, count};

/// What the three have in common: a pointer.
pub struct Pointer(Atomic<Payload>);

impl Pointer {
    fn new() -> Self {
        Self(Atomic::new(Payload::new(count())))
    }

    #[inline(always)]
    fn load(&self, guard: &Guard) -> u64 {
        // SAFETY: it is never null, and what was loaded with a guard lives as long as that.
        unsafe { self.0.load(Ordering::Acquire, guard).deref() }.value()
    }

    fn replace(&self, dropped: &'static AtomicU64) {
        let guard = pin();
        let old = self.0.swap(Owned::new(Payload::new(dropped)), Ordering::AcqRel, &guard);
        // SAFETY: nobody finds it any more.
        unsafe { guard.defer_destroy(old) };
    }
}

/// Pinned through the thread.
pub struct Thread(Pointer);

impl Subject for Thread {
    const NAME: &str = "crossbeam-epoch";
    const VARIANT: &str = "thread";
}

impl Read for Thread {
    type Reader<'a> = ();
    type Guard<'g> = Guard;

    fn new() -> Self {
        Self(Pointer::new())
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Guard {
        pin()
    }

    #[inline(always)]
    fn load(&self, guard: &Guard) -> u64 {
        self.0.load(guard)
    }

    fn settle(&self) {
        settle();
    }
}

impl Update for Thread {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(dropped);
    }
}

impl Retire for Thread {
    type Node = Owned<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> Owned<Payload> {
        Owned::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: Owned<Payload>) {
        let guard = pin();
        // SAFETY: nobody ever found it.
        unsafe { guard.defer_destroy(node.into_shared(&guard)) };
    }
}

impl Call for Thread {
    #[inline]
    fn call(&self, f: impl FnOnce() + Send + 'static) {
        pin().defer(f);
    }
}

/// Pinned through a handle.
pub struct Handle(Pointer);

impl Subject for Handle {
    const NAME: &str = "crossbeam-epoch";
    const VARIANT: &str = "handle";
}

impl Read for Handle {
    type Reader<'a> = LocalHandle;
    type Guard<'g> = Guard;

    fn new() -> Self {
        Self(Pointer::new())
    }

    fn reader(&self) -> LocalHandle {
        default_collector().register()
    }

    #[inline(always)]
    fn enter(&self, reader: &LocalHandle) -> Guard {
        reader.pin()
    }

    #[inline(always)]
    fn load(&self, guard: &Guard) -> u64 {
        self.0.load(guard)
    }

    fn settle(&self) {
        settle();
    }
}

impl Update for Handle {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(dropped);
    }
}

/// Pinned all the time.
pub struct Repinned(Pointer);

impl Subject for Repinned {
    const NAME: &str = "crossbeam-epoch";
    const VARIANT: &str = "repin";
}

impl Read for Repinned {
    type Reader<'a> = Guard;
    type Guard<'g> = &'g Guard;
    const NESTS: bool = false;

    fn new() -> Self {
        Self(Pointer::new())
    }

    fn reader(&self) -> Guard {
        pin()
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g Guard) -> &'g Guard {
        reader
    }

    #[inline(always)]
    fn load(&self, guard: &&Guard) -> u64 {
        self.0.load(guard)
    }

    #[inline(always)]
    fn pass(&self, reader: &mut Guard) {
        reader.repin();
    }

    fn settle(&self) {
        settle();
    }
}

impl Update for Repinned {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(dropped);
    }
}

/// Its own way to have reclaimed what can be: several rounds, each of which moves the epoch and frees some.
fn settle() {
    for _ in 0..1_000 {
        pin().flush();
    }
}
