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
use crate::stall::Culprit;
#[cfg(not(rcu_loom))]
use crate::sync::MutexGuard;
use crate::sync::{Arc, Mutex, lock};
#[cfg(not(rcu_loom))]
use crate::thread::token;
use crate::thread::{KICK, OsThread, RoleMark};

/// A force-RCU notifier: taken out when it is removed, whoever still holds the slot.
///
/// Whoever removes it waits for the slot's lock. All others try it, under the registry's: one that is locked is being removed. So a
/// fork, which has the registry's lock, finds each slot free but for those whose removers it leaves behind.
pub type Kick = Arc<Mutex<Option<Arc<dyn Fn() + Send + Sync>>>>;

/// The readers of one domain.
#[derive(Debug)]
pub struct Registry {
    list: Mutex<List>,
}

#[derive(Debug)]
pub struct List {
    readers: Vec<Entry>,
    /// How many of them, from the front, the grace period that is being driven does not wait for.
    passed: usize,
}

/// What a reader is to its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A thread, which a forked child may not have.
    Thread,
    /// A value, which a forked child has.
    Handle,
}

struct Entry {
    record: NonNull<Record>,
    form: Form,
    /// Whether the driver asked it for a wake-up, and has not taken that back.
    marked: bool,
    kicks: Vec<Kick>,
}

// SAFETY: an entry is a pointer to a record, which is all atomics and shared with its driver by design, and kicks, which are
// Send and Sync. Invariant (1) of the module keeps the pointer valid on whichever thread has the lock.
unsafe impl Send for Entry {}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("record", &self.record)
            .field("marked", &self.marked)
            .finish_non_exhaustive()
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

    fn is_inside(&self, token: u64) -> bool {
        self.readers.iter().any(|entry| entry.record().is_inside(token))
    }

    fn has_light_readers(&self, own: Option<NonNull<Record>>) -> bool {
        self.readers.iter().any(|entry| Some(entry.record) != own && entry.record().is_light())
    }

    /// Those among them that the grace period waits for.
    fn in_the_way(&self, new: Period, among: fn(&Entry) -> bool) -> impl Iterator<Item = &Entry> {
        let readers = self.readers[self.passed..].iter();
        readers.filter(move |entry| among(entry) && !entry.record().has_passed(new))
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
    pub unsafe fn register(&self, record: NonNull<Record>, form: Form) {
        lock(&self.list).readers.push(Entry { record, form, marked: false, kicks: Vec::new() });
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
        kicks.retain(|kick| kick.try_lock().is_ok_and(|run| run.is_some()));
        kicks.push(kick);
    }

    /// Whether a registered reader has kicks that have not been removed.
    #[cfg(not(rcu_loom))]
    pub fn has_kicks(&self, record: NonNull<Record>) -> bool {
        let list = lock(&self.list);
        let kicks = &list.readers[list.position(record)].kicks;
        kicks.iter().any(|kick| kick.try_lock().is_ok_and(|run| run.is_some()))
    }

    /// How many readers are registered.
    pub fn len(&self) -> usize {
        lock(&self.list).readers.len()
    }

    /// Whether the thread with this token is inside a section of any reader here.
    pub fn is_inside(&self, token: u64) -> bool {
        lock(&self.list).is_inside(token)
    }

    /// Whether any reader, other than the driver's `own`, runs light: only those need a remote fence. One that registers after
    /// this look, if the grace period has started, needs none either, for it took the lock after the driver.
    pub fn has_light_readers(&self, own: Option<NonNull<Record>>) -> bool {
        lock(&self.list).has_light_readers(own)
    }

    /// [`is_inside`](Self::is_inside) and [`has_light_readers`](Self::has_light_readers), of one moment. Before a grace period has
    /// started, no light reader means nothing: one may come yet.
    pub fn is_inside_and_has_light_readers(&self, token: u64, own: Option<NonNull<Record>>) -> (bool, bool) {
        let list = lock(&self.list);
        (list.is_inside(token), list.has_light_readers(own))
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

    /// What a kick calls, unless it has been removed.
    fn still_there(&self, kick: &Kick) -> Option<Arc<dyn Fn() + Send + Sync>> {
        let _list = lock(&self.list);
        kick.try_lock().ok()?.clone()
    }

    /// Names the readers that the grace period waits for.
    pub fn culprits(&self, new: Period) -> Vec<Culprit> {
        let of = |entry: &Entry| (entry.record().os_thread(), entry.form == Form::Handle);
        let readers: Vec<_> = lock(&self.list).in_the_way(new, |_| true).map(of).collect();
        // The names are asked for when the lock is free.
        let culprit = |(id, handle)| Culprit::Reader { thread: OsThread::new(id), handle };
        readers.into_iter().map(culprit).collect()
    }

    /// Calls the kicks of the readers that the grace period waits for.
    pub fn kick(&self, new: Period) {
        let list = lock(&self.list);
        // A reader without kicks is not looked at: it has just been.
        let in_the_way = list.in_the_way(new, |entry| !entry.kicks.is_empty());
        let kicks: Vec<Kick> = in_the_way.flat_map(|entry| entry.kicks.iter().cloned()).collect();
        // Step [kick-unlocked]: a kick may take locks that others hold while they come and go here.
        drop(list);
        for kick in kicks {
            let Some(run) = self.still_there(&kick) else { continue };
            let mark = RoleMark::set(KICK);
            contain(|| run());
            // If it was removed meanwhile, this is the last of it: what it captured may do no more than
            // the kick.
            drop((run, kick));
            drop(mark);
        }
    }
}

/// The registry of a domain, which does not change while this is held.
#[cfg(not(rcu_loom))]
#[derive(Debug)]
pub struct Frozen<'a>(MutexGuard<'a, List>);

#[cfg(not(rcu_loom))]
impl Registry {
    /// Keeps the registry as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen(lock(&self.list))
    }
}

#[cfg(not(rcu_loom))]
impl Frozen<'_> {
    /// In a forked child, forgets the threads that are not there, and ends the sections in which they were by handles.
    pub fn forget_others(&mut self) {
        let own = token();
        self.0.passed = 0;
        self.0.readers.retain(|entry| entry.form == Form::Handle || entry.record().owner_is(own));
        for entry in &self.0.readers {
            if entry.record().owner_is(own) {
                entry.record().renumber_owner();
            } else {
                entry.record().end_section_left_behind();
            }
        }
    }
}
