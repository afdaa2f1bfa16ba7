//! Which of a domain's lists a thread pushes its callbacks to: one that no other living thread uses, as long as no more than
//! [`LISTS`] threads queue callbacks.
//!
//! A thread has the same number in every domain and for all its life: that keeps its callbacks in order. The number is free
//! for another thread once this one's destructors run. Should this one push yet, the two share a list for a while, which
//! costs them time and nothing else. A thread that pushes first in a destructor of one of the C library's keys gives it back
//! when ours is destroyed, and keeps it if that does not come: one whose destructor is among the last that the C library calls.

use std::cell::Cell;

use super::lists::LISTS;
use crate::sync::{Mutex, MutexGuard, lock, thread_local};
use crate::sys::{AtThreadEnd, EndKey, forget_end, watch_end};
use crate::thread::token;

/// A bit for each list that a living thread has.
static TAKEN: Mutex<u64> = Mutex::new(0);
static_assertions::const_assert!(LISTS == u64::BITS as usize);

/// The list that a thread pushes to.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    pub list: usize,
    /// Whether it is this thread's by lease: then nobody else who has a lease pushes there.
    pub leased: bool,
}

thread_local! {
    // No destructor: it is readable until the thread is gone.
    static OWN: Cell<Option<Own>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease(Cell::new(None)) };
}

/// Gives its list back when it is dropped.
struct Lease(Cell<Option<usize>>);

impl Lease {
    /// Takes the lowest list that is free, if one is.
    fn take(&self) -> Option<usize> {
        let mut taken = lock(&TAKEN);
        let free = taken.trailing_ones();
        if free == u64::BITS {
            return None;
        }
        *taken |= 1 << free;
        self.0.set(Some(free as usize));
        self.0.get()
    }

    fn give_back(&self) {
        if let Some(list) = self.0.take() {
            OWN.set(Some(Own { list, leased: false }));
            *lock(&TAKEN) &= !(1 << list);
        }
    }
}

impl AtThreadEnd for Lease {
    fn key() -> &'static EndKey {
        static KEY: EndKey = EndKey::new();
        &KEY
    }

    fn ends() {
        // It is there: had it been dropped, it would have had this forgotten.
        let _ = LEASE.try_with(Lease::give_back);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_back();
        forget_end::<Self>();
    }
}

/// The calling thread's list.
#[inline]
pub fn own_list() -> Own {
    OWN.get().unwrap_or_else(choose)
}

#[cold]
fn choose() -> Own {
    // The lease is refused when the thread's destructors have begun, and where nobody would say that it ends.
    let lease = |lease: &Lease| watch_end::<Lease>().then(|| lease.take()).flatten();
    let leased = LEASE.try_with(lease).ok().flatten();
    // Without one, any list will do: the top bits of a product spread what are often round numbers.
    let any = token().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - LISTS.ilog2());
    let own = Own { list: leased.unwrap_or(any as usize), leased: leased.is_some() };
    OWN.set(Some(own));
    own
}

/// The leases of the process, which do not change while this is held.
#[derive(Debug)]
pub struct Frozen(MutexGuard<'static, u64>);

/// Keeps the leases as they are, for a fork.
pub fn freeze() -> Frozen {
    Frozen(lock(&TAKEN))
}

impl Frozen {
    /// In a forked child, leaves the calling thread its lease, and nobody else.
    pub fn keep_own(&mut self) {
        *self.0 = OWN.get().filter(|own| own.leased).map_or(0, |own| 1 << own.list);
    }
}
