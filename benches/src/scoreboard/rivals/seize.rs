//! `seize`: a collector with its default options; and a guard that stays and is refreshed after each section.

use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use seize::{Collector, Guard, LocalGuard, reclaim};

use super::{Payload, Read, Retire, Subject, Update, count};

/// A pointer and its collector.
pub struct Pointer {
    collector: Collector,
    pointer: AtomicPtr<Payload>,
}

impl Pointer {
    fn new() -> Self {
        let first = Box::into_raw(Box::new(Payload::new(count())));
        Self { collector: Collector::new(), pointer: AtomicPtr::new(first) }
    }

    #[inline(always)]
    fn load(&self, guard: &LocalGuard<'_>) -> u64 {
        // SAFETY: never null, and protected by the guard.
        unsafe { &*guard.protect(&self.pointer, Ordering::Acquire) }.value()
    }

    fn replace(&self, dropped: &'static AtomicU64) {
        let new = Box::into_raw(Box::new(Payload::new(dropped)));
        let guard = self.collector.enter();
        let old = guard.swap(&self.pointer, new, Ordering::AcqRel);
        // SAFETY: nobody finds it any more; it was boxed.
        unsafe { guard.defer_retire(old, reclaim::boxed) };
    }
}

impl Drop for Pointer {
    fn drop(&mut self) {
        // SAFETY: the pointer's last value, which was boxed; nobody reads any more.
        drop(unsafe { Box::from_raw(*self.pointer.get_mut()) });
    }
}

/// A guard for each section.
pub struct Thread(Pointer);

impl Subject for Thread {
    const NAME: &str = "seize";
    const VARIANT: &str = "thread";
}

impl Read for Thread {
    type Reader<'a> = ();
    type Guard<'g> = LocalGuard<'g>;

    fn new() -> Self {
        Self(Pointer::new())
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter<'g>(&'g self, (): &'g ()) -> LocalGuard<'g> {
        self.0.collector.enter()
    }

    #[inline(always)]
    fn load(&self, guard: &LocalGuard<'_>) -> u64 {
        self.0.load(guard)
    }

    fn settle(&self) {
        self.0.collector.enter().flush();
    }
}

impl Update for Thread {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(dropped);
    }
}

impl Retire for Thread {
    type Node = Box<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> Box<Payload> {
        Box::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: Box<Payload>) {
        // SAFETY: nobody ever found it; it was boxed.
        unsafe { self.0.collector.retire(Box::into_raw(node), reclaim::boxed) };
    }
}

/// One guard.
pub struct Refreshed(Pointer);

impl Subject for Refreshed {
    const NAME: &str = "seize";
    const VARIANT: &str = "refresh";
}

impl Read for Refreshed {
    type Reader<'a> = LocalGuard<'a>;
    type Guard<'g> = &'g LocalGuard<'g>;
    const NESTS: bool = false;

    fn new() -> Self {
        Self(Pointer::new())
    }

    fn reader(&self) -> LocalGuard<'_> {
        self.0.collector.enter()
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g LocalGuard<'_>) -> &'g LocalGuard<'g> {
        reader
    }

    #[inline(always)]
    fn load(&self, guard: &&LocalGuard<'_>) -> u64 {
        self.0.load(guard)
    }

    #[inline(always)]
    fn pass(&self, reader: &mut LocalGuard<'_>) {
        reader.refresh();
    }
}

impl Update for Refreshed {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.replace(dropped);
    }
}
