//! The readers that a grace period has to look at.
//!
//! Invariants: (1) every record in the list is valid, because it is removed, or replaced by one that stands in for it,
//! under the lock, before its storage ends; (2) the lock is never held while anything waits or foreign code runs; (3)
//! during a grace period the records before `passed` are those that its driver need not look at again; those from there
//! on, once it has gone to sleep, are marked, or registered later.
//!
//! A reader that registers once the driver has scanned needs no mark, and passes at the next look: the lock that both took
//! orders the unlink, and the counter's store, before its first section.

use std::ptr::NonNull;

use crate::contain::contain;
use crate::grace_period::Period;
use crate::reader::Record;
use crate::sync::{Arc, Mutex, lock};
use crate::thread::KickMark;

/// A force-RCU notifier: taken out when it is removed, whoever still holds the slot.
pub type Kick = Arc<Mutex<Option<Arc<dyn Fn() + Send + Sync>>>>;

/// The readers of one domain.
#[derive(Debug)]
pub struct Registry {
    list: Mutex<List>,
}

#[derive(Debug)]
struct List {
    readers: Vec<Entry>,
    /// How many of them, from the front, the grace period that is being driven does not wait for.
    passed: usize,
}

struct Entry {
    record: NonNull<Record>,
    /// Whether the driver asked it for a wake-up, and has not taken that back.
    marked: bool,
    kicks: Vec<Kick>,
}

// SAFETY: an entry is a pointer to a record, which is all atomics and shared with its driver by design, and kicks, which are
// Send and Sync. Invariant (1) of the module keeps the pointer valid on whichever thread has the lock.
unsafe impl Send for Entry {}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("record", &self.record).field("marked", &self.marked).finish_non_exhaustive()
    }
}

impl Entry {
    fn record(&self) -> &Record {
        // SAFETY: invariant (1): the entry is in the list, whose lock the caller holds.
        unsafe { self.record.as_ref() }
    }

    fn mark(&mut self, waiting: bool) {
        if self.marked != waiting {
            self.record().mark(waiting);
            self.marked = waiting;
        }
    }
}

impl List {
    fn position(&self, record: NonNull<Record>) -> usize {
        let found = self.readers.iter().position(|entry| entry.record == record);
        found.expect("a registered reader is in the registry")
    }

    /// Moves those readers from `passed` on that have passed to the front, and takes back their marks; marks the others, if
    /// asked to. True if there are no others.
    fn advance(&mut self, passed: usize, new: Period, mark: bool) -> bool {
        if cfg!(rcu_no_scan) {
            // A grace period that waits for nobody: what the stress test must notice.
            return true;
        }
        self.passed = passed;
        for index in passed..self.readers.len() {
            let entry = &mut self.readers[index];
            if entry.record().has_passed(new) {
                entry.mark(false);
                // Step [passed-in-front]: the place that is counted next is that of one who has passed.
                self.readers.swap(index, self.passed);
                self.passed += 1;
            } else if mark {
                entry.mark(true);
            }
        }
        self.passed == self.readers.len()
    }
}

impl Registry {
    const_fn! {
        pub fn new() -> Self {
            Self { list: Mutex::new(List { readers: Vec::new(), passed: 0 }) }
        }
    }

    /// Adds a reader.
    ///
    /// # Safety
    /// 1. The record is valid until it is removed or replaced.
    pub unsafe fn register(&self, record: NonNull<Record>) {
        lock(&self.list).readers.push(Entry { record, marked: false, kicks: Vec::new() });
    }

    /// Removes a reader that is outside. Of its kicks only the slots are dropped: what is in one goes with its handle.
    pub fn unregister(&self, record: NonNull<Record>) {
        let mut list = lock(&self.list);
        let mut index = list.position(record);
        // Step [passed-stay-in-front]: the last reader, which takes the place of the one that goes, may be one to
        // wait for.
        if index < list.passed {
            list.passed -= 1;
            let last_passed = list.passed;
            list.readers.swap(index, last_passed);
            index = last_passed;
        }
        list.readers.swap_remove(index);
    }

    /// Makes a new record stand in for one whose storage is about to end, in the section in which it is, and returns it.
    ///
    /// The caller owns `record` and what is returned. If the section never ends, the new one stays for ever.
    pub fn replace(&self, record: NonNull<Record>) -> NonNull<Record> {
        let mut list = lock(&self.list);
        let index = list.position(record);
        let entry = &mut list.readers[index];
        let stand_in = Box::new(Record::standing_in_for(entry.record()));
        entry.record = NonNull::from(Box::leak(stand_in));
        entry.record
    }

    /// Adds a kick to a registered reader.
    pub fn add_kick(&self, record: NonNull<Record>, kick: Kick) {
        let mut list = lock(&self.list);
        let index = list.position(record);
        let kicks = &mut list.readers[index].kicks;
        kicks.retain(|kick| lock(kick).is_some());
        kicks.push(kick);
    }

    /// How many readers are registered.
    pub fn len(&self) -> usize {
        lock(&self.list).readers.len()
    }

    /// Whether the thread with this token is inside a section of any reader here.
    pub fn is_inside(&self, token: u64) -> bool {
        lock(&self.list).readers.iter().any(|entry| entry.record().is_inside(token))
    }

    /// Whether any reader, other than the driver's `own`, runs light: only those need a remote fence. One that registers after
    /// this look needs none either, for it took the lock after the driver.
    pub fn has_light_readers(&self, own: Option<NonNull<Record>>) -> bool {
        lock(&self.list).readers.iter().any(|entry| Some(entry.record) != own && entry.record().is_light())
    }

    /// Looks at every reader for a new grace period; true if there is none to wait for.
    pub fn scan(&self, new: Period) -> bool {
        // Step [scan-from-the-front]: who passed the last grace period may be in the way of this one.
        lock(&self.list).advance(0, new, false)
    }

    /// Looks again at those that the grace period still waits for; true if there is none left.
    pub fn poll(&self, new: Period) -> bool {
        let mut list = lock(&self.list);
        let passed = list.passed;
        list.advance(passed, new, false)
    }

    /// Marks every reader that the grace period still waits for, so that it wakes the driver when it leaves. A heavy fence
    /// and a [`poll`](Self::poll) have to follow before the driver sleeps.
    pub fn mark(&self, new: Period) {
        let mut list = lock(&self.list);
        let passed = list.passed;
        list.advance(passed, new, true);
    }

    /// Calls the kicks of the readers that the grace period waits for.
    pub fn kick(&self, new: Period) {
        let list = lock(&self.list);
        let kicked = list.readers[list.passed..].iter().filter(|entry| !entry.kicks.is_empty());
        let in_the_way = kicked.filter(|entry| !entry.record().has_passed(new));
        let kicks: Vec<Kick> = in_the_way.flat_map(|entry| entry.kicks.iter().cloned()).collect();
        // Step [kick-unlocked]: a kick may take locks that others hold while they come and go here.
        drop(list);
        for kick in kicks {
            let Some(run) = lock(&kick).clone() else { continue };
            let mark = KickMark::set();
            contain(|| run());
            // If it was removed meanwhile, this is the last of it: what it captured is the application's, too, and may do no
            // more than the kick.
            contain(|| drop((run, kick)));
            drop(mark);
        }
    }
}
