//! `Stops`: the queue between the CPUs, which stop, and the debugger, which is told of one stop at a time.
//!
//! Invariants: (1) the order is that of arrival: one CPU's stops in the order of its program, and of several CPUs none waits
//! for ever; (2) no CPU has two equal ones, so that one that runs on does not fill the queue.

use std::collections::VecDeque;
use std::fmt;

use super::stop::Stop;
use crate::table::{Mutex, assert_not_editing, lock};

/// The stops that a debugger was not told of yet.
///
/// CPUs [`push`](Self::push); the debugger takes by [`Debugger::next_stop`](super::Debugger::next_stop), which looks whether they still hold.
/// Several CPUs that stop at once are reported one after another, in the order in which they came.
///
/// Every call panics inside the closure of an update.
pub struct Stops<K> {
    pending: Mutex<VecDeque<(K, Stop)>>,
}

impl<K> Stops<K> {
    const_fn! {
        /// No stops.
        pub fn new() -> Self {
            Self { pending: Mutex::new(VecDeque::new()) }
        }
    }
}

impl<K: PartialEq> Stops<K> {
    /// Notes why a CPU stops. Called by the CPU, which then leaves its section, tells the debugger's thread in whatever way
    /// that waits, and waits to be resumed.
    ///
    /// To be called from RCU critical section, the one in which the stop was found: then who removes an entry and waits for a
    /// grace period has every stop at it in the queue, and none comes any more. An equal stop of the same CPU that is
    /// pending is not noted again. Takes the queue's lock, which nobody holds for long.
    pub fn push(&self, cpu: K, stop: impl Into<Stop>) {
        assert_not_editing("Stops::push");
        add(&mut lock(&self.pending), cpu, stop.into());
    }

    /// Forgets the stops of a CPU that goes on without being told to by the debugger, or that is gone. Returns how many there
    /// were.
    pub fn forget(&self, cpu: &K) -> usize {
        assert_not_editing("Stops::forget");
        let mut pending = lock(&self.pending);
        let before = pending.len();
        pending.retain(|(other, _)| other != cpu);
        before - pending.len()
    }

    /// How many stops are pending, those that no longer hold included.
    pub fn len(&self) -> usize {
        assert_not_editing("Stops::len");
        lock(&self.pending).len()
    }

    /// Whether no stop is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Of the CPUs that are meant, drops what no longer holds, and takes the first of the others. Beside it, the CPUs that have
    /// lost a stop and have no other.
    pub(super) fn take(
        &self,
        of: impl Fn(&K) -> bool,
        mut again: impl FnMut(&K, Stop) -> Option<Stop>,
    ) -> (Option<(K, Stop)>, Vec<K>) {
        assert_not_editing("Debugger::next_stop");
        let mut pending = lock(&self.pending);
        let (mut kept, mut without) = (VecDeque::new(), Vec::new());
        for (cpu, stop) in pending.drain(..) {
            if !of(&cpu) {
                kept.push_back((cpu, stop));
                continue;
            }
            match again(&cpu, stop) {
                Some(stop) => add(&mut kept, cpu, stop),
                None if without.contains(&cpu) => {}
                None => without.push(cpu),
            }
        }
        without.retain(|cpu| !kept.iter().any(|(other, _)| other == cpu));
        let first = kept.iter().position(|(cpu, _)| of(cpu)).and_then(|at| kept.remove(at));
        *pending = kept;
        (first, without)
    }
}

fn add<K: PartialEq>(pending: &mut VecDeque<(K, Stop)>, cpu: K, stop: Stop) {
    let stop = (cpu, stop);
    if !pending.contains(&stop) {
        pending.push_back(stop);
    }
}

impl<K> Default for Stops<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no stops: that would take the lock.
impl<K> fmt::Debug for Stops<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stops").finish_non_exhaustive()
    }
}
