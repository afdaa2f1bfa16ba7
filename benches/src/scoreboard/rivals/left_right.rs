//! `left-right`: two copies of the value, and an updater that waits until nobody reads the one that it changes.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use left_right::{Absorb, ReadGuard, ReadHandle, ReadHandleFactory, WriteHandle};

use super::{Payload, Read, Subject, Synchronize, Update, count};

/// One of the copies.
struct Copy(Payload);

impl Default for Copy {
    fn default() -> Self {
        Self(Payload::new(count()))
    }
}

/// Have another payload, with this count.
struct Replace(&'static AtomicU64);

impl Absorb<Replace> for Copy {
    fn absorb_first(&mut self, operation: &mut Replace, _: &Self) {
        self.0 = Payload::new(operation.0);
    }

    fn sync_with(&mut self, _: &Self) {
        self.0 = Payload::new(count());
    }
}

pub struct LeftRight {
    updater: Mutex<WriteHandle<Copy, Replace>>,
    readers: ReadHandleFactory<Copy>,
}

impl Subject for LeftRight {
    const NAME: &str = "left-right";
}

/// A section.
pub struct Entered<'g>(ReadGuard<'g, Copy>);

/// A reader.
pub struct Handle(ReadHandle<Copy>);

impl Read for LeftRight {
    type Reader<'a> = Handle;
    type Guard<'g> = Entered<'g>;

    fn new() -> Self {
        let (mut updater, reader) = left_right::new::<Copy, Replace>();
        updater.publish();
        Self { updater: Mutex::new(updater), readers: reader.factory() }
    }

    fn reader(&self) -> Handle {
        Handle(self.readers.handle())
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g Handle) -> Entered<'g> {
        Entered(reader.0.enter().expect("the updater is there"))
    }

    #[inline(always)]
    fn load(&self, guard: &Entered<'_>) -> u64 {
        guard.0.0.value()
    }
}

impl Update for LeftRight {
    fn update(&self, dropped: &'static AtomicU64) {
        let mut updater = self.updater.lock().unwrap_or_else(PoisonError::into_inner);
        updater.append(Replace(dropped)).publish();
    }
}

/// To publish is to wait until no section that began before is open.
impl Synchronize for LeftRight {
    fn synchronize(&self) {
        self.updater.lock().unwrap_or_else(PoisonError::into_inner).publish();
    }
}
