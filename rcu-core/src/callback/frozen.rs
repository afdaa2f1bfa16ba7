//! A domain's callbacks across a fork.
//!
//! A child has the callbacks and not the threads. While the process is copied, page after page, its other threads run on: what they
//! write meanwhile may reach the child in part. So the locks are held, what was queued by then is taken out of the lists, where
//! nobody touches it, and what is in the lists in the child was pushed meanwhile: it is the parent's, also in the list of the thread
//! that forks, where threads without a list of their own may push.
//!
//! The callback that runs when the process forks runs in the parent alone, unless it is the one that forks; in the child it leaks.

use super::worker::Callbacks;
use super::{limits, rounds, taken, thread};
use crate::sys;

/// The callbacks of a domain, and the state of their thread, between two steps, while this is held.
#[derive(Debug)]
pub struct Frozen<'a> {
    callbacks: &'a Callbacks,
    thread: thread::Frozen<'a>,
    room: limits::Frozen<'a>,
    rounds: rounds::Frozen<'a>,
    taken: taken::Frozen<'a>,
    _queued: sys::Frozen<'a>,
}

impl Callbacks {
    /// Keeps everything that has a lock as it is, for a fork.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen {
            callbacks: self,
            thread: self.thread.freeze(),
            room: self.limits.freeze(),
            rounds: self.rounds.freeze(),
            taken: self.taken.freeze(&self.lists),
            _queued: self.queued.freeze(),
        }
    }
}

impl Frozen<'_> {
    /// In a forked child, forgets the other threads. Nothing is started here: the next operation sees to that.
    pub fn forget_others(mut self) {
        let Callbacks { lists, activity, .. } = self.callbacks;
        let forks_itself = self.callbacks.thread.is_current();
        if forks_itself {
            self.thread.keep();
        } else {
            self.thread.forget();
            self.rounds.end();
            self.taken.start_over();
            activity.rest();
        }
        self.rounds.forget_waiting();
        lists.forget();
        let runs_now = activity.running().is_some();
        let pending = self.taken.len() + u64::from(runs_now);
        lists.count_anew(activity.callbacks_run() + pending);
        self.room.count_anew(pending);
    }
}
