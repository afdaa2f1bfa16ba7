//! The debugger inserts a breakpoint, and removes another: two updates, and the cost of one. Beside the table, which has a
//! working copy to change and a copy of it to publish, stand one copy of the list into fresh memory, which another thread
//! frees as the callback thread does; and a list that is changed in place, which nobody may read meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use debug_tables::{Breakpoint, BreakpointTable, Flags};
use rcu_core::{barrier, read_lock};

use super::super::measure::{Work, pieces, timed};
use super::guarded::{Alone, InMutex, InRwLock, Swapped};
use super::list::{List, Point};
use super::lookup::Lookup;
use super::random::Random;
use super::{Job, Subject, entrants, job};

pub const JOB: Job = job("table-update", |_| {
    entrants(&[
        Subject { name: "debug-tables", variant: "", with: exchanges::<BreakpointTable> },
        Subject { name: "list", variant: "alone", with: exchanges::<Alone<List<Point>>> },
        Subject { name: "list", variant: "mutex", with: exchanges::<InMutex<List<Point>>> },
        Subject { name: "list", variant: "rwlock", with: exchanges::<InRwLock<List<Point>>> },
        Subject { name: "list", variant: "arc-swap", with: exchanges::<Swapped<List<Point>>> },
        Subject { name: "memcpy", variant: "", with: exchanges::<Copies> },
    ])
});

/// After so many updates, what they left to another thread is waited for: it bounds the memory, and is not timed.
const UPDATES: usize = 32;

/// Who has breakpoints that change.
pub trait TableUpdate: 'static {
    /// With breakpoints of the debugger at these addresses.
    fn with(pcs: &[u64]) -> Self;

    /// Inserts one, and removes the other: two updates.
    fn exchange(&mut self, new: u64, old: u64);

    /// Waits for other threads.
    fn settle(&mut self) {}
}

impl TableUpdate for BreakpointTable {
    fn with(pcs: &[u64]) -> Self {
        Lookup::with(pcs)
    }

    fn exchange(&mut self, new: u64, old: u64) {
        self.insert(new, Flags::GDB).expect("the flags are known");
        self.remove(old, Flags::GDB).expect("it is there");
    }

    fn settle(&mut self) {
        barrier();
    }
}

/// The list of a table, and a thread that frees copies of it; it says so when it frees none.
struct Copies {
    list: Vec<Breakpoint>,
    thread: SyncSender<Vec<Breakpoint>>,
    settled: Receiver<()>,
}

impl TableUpdate for Copies {
    fn with(pcs: &[u64]) -> Self {
        let table: BreakpointTable = TableUpdate::with(pcs);
        let list = table.read(&read_lock()).iter().as_slice().to_vec();
        let (thread, copies) = sync_channel::<Vec<Breakpoint>>(2 * UPDATES);
        let (settle, settled) = sync_channel(0);
        thread::spawn(move || {
            for copy in copies {
                if copy.is_empty() && settle.send(()).is_err() {
                    return;
                }
            }
        });
        Self { list, thread, settled }
    }

    fn exchange(&mut self, _: u64, _: u64) {
        for _ in 0..2 {
            self.thread.send(self.list.to_vec()).expect("it frees copies");
        }
    }

    fn settle(&mut self) {
        self.thread.send(Vec::new()).expect("it frees copies");
        self.settled.recv().expect("it says so");
    }
}

/// Each goes from what is in the table to what is not, and to the end of that.
fn exchanges<T: TableUpdate>(entries: usize) -> Work {
    let mut present = Random::new().addresses(entries + UPDATES / 2);
    let mut absent = present.split_off(entries);
    let mut subject = T::with(&present);
    let mut next = 0;
    pieces(move || {
        let figure = timed(UPDATES as u64, || {
            for new in &mut absent {
                // Far apart in table order.
                next = (next + 7919) % present.len();
                subject.exchange(*new, present[next]);
                std::mem::swap(new, &mut present[next]);
            }
        });
        subject.settle();
        figure
    })
}
