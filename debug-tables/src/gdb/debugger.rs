//! `Debugger`: what a debugger has asked for, kept so that asking twice is asking once, and so that stops are reported in its
//! own words.
//!
//! Invariant: each CPU's tables have the entry of a request once, unless the CPU joined without inheriting or its tables were
//! changed by others; the next equal request mends that.

use std::collections::BTreeSet;

use super::cpus::Cpus;
use super::request::{Request, Wanted};
use super::stop::{Report, Stop};
use super::stops::Stops;
use crate::error::Error;
use crate::snapshot::Entry;
use crate::table::{Edit, Section};

/// A debugger at work on the tables of [`Cpus`]: the requests that stand.
///
/// It belongs to the debugger's thread, and there should be one for the same tables: two would take each other's entries. Its
/// calls panic inside the closure of an update, as those of a [`TableSet`](crate::TableSet) do.
#[derive(Clone, Debug)]
pub struct Debugger<C> {
    cpus: C,
    requests: BTreeSet<Request>,
}

impl<C: Cpus> Debugger<C> {
    /// A debugger that has asked for nothing yet.
    pub const fn new(cpus: C) -> Self {
        Self { cpus, requests: BTreeSet::new() }
    }

    /// Whose tables it changes.
    pub const fn cpus(&self) -> &C {
        &self.cpus
    }

    /// The requests that stand, in no order of importance.
    pub fn requests(&self) -> impl Iterator<Item = Request> + '_ {
        self.requests.iter().copied()
    }

    /// A `Z` packet: inserts the entry wherever it is missing. A request that stands already changes nothing.
    ///
    /// It has taken effect on every CPU's table when this returns, but a CPU may meanwhile have been past the address.
    ///
    /// # Errors
    /// [`Error::EmptyRange`], [`Error::RangeOverflow`] for a watchpoint; then nothing has changed anywhere.
    pub fn insert(&mut self, request: Request) -> Result<(), Error> {
        let entry = request.entry()?;
        // First: should a hook panic, what is published is known to be withdrawn.
        let is_new = self.requests.insert(request);
        let result = match entry {
            Wanted::Breakpoint(entry) => self.cpus.update_breakpoints(|edit| put_once(edit, entry)),
            Wanted::Watchpoint(entry) => self.cpus.update_watchpoints(|edit| put_once(edit, entry)),
        };
        if is_new && result.is_err() {
            self.requests.remove(&request);
        }
        result
    }

    /// A `z` packet: removes the entry wherever it is, however often. A breakpoint that was asked for as software and as
    /// hardware stays until both are withdrawn.
    ///
    /// A CPU that has already met it may still be about to [`push`](Stops::push) a stop, which is then not reported.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the request does not stand; then nothing has changed anywhere.
    pub fn remove(&mut self, request: Request) -> Result<(), Error> {
        if !self.requests.contains(&request) {
            return Err(Error::NotFound);
        }
        if request.twin().is_none_or(|twin| !self.requests.contains(&twin)) {
            match request.entry()? {
                Wanted::Breakpoint(entry) => self.cpus.update_breakpoints(|edit| take_all(edit, entry)),
                Wanted::Watchpoint(entry) => self.cpus.update_watchpoints(|edit| take_all(edit, entry)),
            }?;
        }
        self.requests.remove(&request);
        Ok(())
    }

    /// Withdraws all requests, in one publication of each table at most, and returns how many stood: what a debugger does when
    /// it leaves.
    pub fn detach(&mut self) -> usize {
        let entries = || self.requests.iter().filter_map(|request| request.entry().ok());
        let breakpoints = self.cpus.update_breakpoints(|edit| {
            entries().try_for_each(|entry| match entry {
                Wanted::Breakpoint(entry) => take_all(edit, entry),
                Wanted::Watchpoint(_) => Ok(()),
            })
        });
        let watchpoints = self.cpus.update_watchpoints(|edit| {
            entries().try_for_each(|entry| match entry {
                Wanted::Watchpoint(entry) => take_all(edit, entry),
                Wanted::Breakpoint(_) => Ok(()),
            })
        });
        debug_assert!(breakpoints.and(watchpoints).is_ok(), "these edits refuse nothing");
        // Last, for the same reason as in insert.
        std::mem::take(&mut self.requests).len()
    }

    /// The first pending stop that still holds: to be asked when a CPU has stopped, and again before CPUs are resumed. If
    /// there is one then, it is reported at once, and nothing is resumed.
    ///
    /// A stop holds if the tables of its CPU would stop it again, as they are now: one whose entry was removed, or whose CPU has
    /// left, is dropped, and so is one at an entry that is not the debugger's. `go_on` is told of each CPU that has lost a stop
    /// in this way and has no other: it waits for no reason. A stub that resumes all CPUs anyway needs it for nothing.
    ///
    /// Called from RCU critical section. Takes the locks of the queue and of the set, one look at the tables for each pending
    /// stop; `go_on` is called without locks.
    ///
    /// # Panics
    /// If the section is of another instance of [`Domain`](rcu_core::Domain) than the tables.
    pub fn next_stop(
        &self,
        stops: &Stops<C::Key>,
        section: &impl Section<C::Scope>,
        go_on: impl FnMut(C::Key),
    ) -> Option<Report<C::Key>> {
        self.next_stop_of(|_| true, stops, section, go_on)
    }

    /// The same, of those CPUs for which `of` is true. The stops of the others stay as they are, whether they hold or not.
    ///
    /// For CPUs that are not to be resumed now: GDB withdraws a breakpoint for as long as it takes one CPU over it, and the
    /// others have met it all the same. `of` is called under the queue's lock.
    ///
    /// # Panics
    /// As [`next_stop`](Self::next_stop).
    pub fn next_stop_of(
        &self,
        of: impl Fn(&C::Key) -> bool,
        stops: &Stops<C::Key>,
        section: &impl Section<C::Scope>,
        mut go_on: impl FnMut(C::Key),
    ) -> Option<Report<C::Key>> {
        let (first, without) = stops.take(of, |cpu, stop| stop.again(&self.cpus.tables(cpu)?, section));
        without.into_iter().filter(|cpu| self.cpus.tables(cpu).is_some()).for_each(&mut go_on);
        first.map(|(cpu, stop)| Report { cpu, request: self.met(&stop), stop })
    }

    /// What the debugger has asked for, of that which a stop has met.
    fn met(&self, stop: &Stop) -> Request {
        match stop {
            Stop::Breakpoint(breakpoint) => {
                let [software, hardware] =
                    [Request::Software { pc: breakpoint.pc() }, Request::Hardware { pc: breakpoint.pc() }];
                let is_hardware = self.requests.contains(&hardware) && !self.requests.contains(&software);
                if is_hardware { hardware } else { software }
            }
            Stop::Watchpoint(hit) => Request::of_watchpoint(&hit.watchpoint),
        }
    }
}

fn put_once<E: Entry>(edit: &mut Edit<'_, E>, entry: E) -> Result<(), Error> {
    if !edit.iter().any(|other| other.with_reference(None) == entry) {
        edit.put(entry);
    }
    Ok(())
}

fn take_all<E: Entry>(edit: &mut Edit<'_, E>, entry: E) -> Result<(), Error> {
    while edit.remove_first(entry).is_ok() {}
    Ok(())
}
