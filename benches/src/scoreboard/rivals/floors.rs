//! What any reader has to do, without the rest: the least that the others can be compared with. Nothing is reclaimed here.

use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::{Payload, Read, Subject, count};

/// A published value that is never replaced.
struct Fixed(AtomicPtr<Payload>);

impl Fixed {
    fn new() -> Self {
        Self(AtomicPtr::new(Box::into_raw(Box::new(Payload::new(count())))))
    }

    #[inline(always)]
    fn load(&self) -> u64 {
        // SAFETY: the value lives as long as `self`.
        unsafe { &*self.0.load(Ordering::Acquire) }.value()
    }
}

impl Drop for Fixed {
    fn drop(&mut self) {
        // SAFETY: made by `new`.
        drop(unsafe { Box::from_raw(*self.0.get_mut()) });
    }
}

/// A load of the pointer.
pub struct Load(Fixed);

impl Subject for Load {
    const NAME: &str = "floor-load";
}

impl Read for Load {
    type Reader<'a> = ();
    type Guard<'g> = ();

    fn new() -> Self {
        Self(Fixed::new())
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) {}

    #[inline(always)]
    fn load(&self, (): &()) -> u64 {
        self.0.load()
    }
}

thread_local! {
    static WORD: AtomicU64 = const { AtomicU64::new(0) };
    static NESTED: AtomicU64 = const { AtomicU64::new(0) };
}

/// A word of the thread is stored, the pointer loaded, and the word stored again.
pub struct Store(Fixed);

/// The end of a section of [`Store`].
pub struct Stored;

impl Subject for Store {
    const NAME: &str = "floor-store";
}

impl Read for Store {
    type Reader<'a> = ();
    type Guard<'g> = Stored;
    const NESTS: bool = false;

    fn new() -> Self {
        Self(Fixed::new())
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Stored {
        WORD.with(|word| word.store(1, Ordering::Release));
        Stored
    }

    #[inline(always)]
    fn load(&self, _: &Stored) -> u64 {
        self.0.load()
    }
}

impl Drop for Stored {
    #[inline(always)]
    fn drop(&mut self) {
        WORD.with(|word| word.store(0, Ordering::Release));
    }
}

/// What the word of [`Nesting`] is in a section that is not nested.
const OUTERMOST: u64 = 1 << 15;

/// The same with a nest count in the word, which is looked at before each store. No counter of grace periods, no fence, no
/// registration, and no updater that could sleep.
pub struct Nesting(Fixed);

/// The end of a section of [`Nesting`].
pub struct Nested;

impl Subject for Nesting {
    const NAME: &str = "floor-nesting";
}

impl Read for Nesting {
    type Reader<'a> = ();
    type Guard<'g> = Nested;

    fn new() -> Self {
        Self(Fixed::new())
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Nested {
        NESTED.with(|word| {
            // Relaxed: the thread's own.
            let old = word.load(Ordering::Relaxed);
            if old != 0 {
                return again(word, old + 1);
            }
            word.store(OUTERMOST, Ordering::Release);
        });
        Nested
    }

    #[inline(always)]
    fn load(&self, _: &Nested) -> u64 {
        self.0.load()
    }
}

impl Drop for Nested {
    #[inline(always)]
    fn drop(&mut self) {
        NESTED.with(|word| {
            // Relaxed: the thread's own.
            let old = word.load(Ordering::Relaxed);
            if old != OUTERMOST {
                return again(word, old - 1);
            }
            word.store(0, Ordering::Release);
        });
    }
}

/// In a section that is nested. Out of line, so that a branch leads here: the value itself would be waited for.
#[cold]
#[inline(never)]
fn again(word: &AtomicU64, new: u64) {
    word.store(new, Ordering::Release);
}
