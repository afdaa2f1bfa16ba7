//! No snapshot is leaked: the allocator counts the live blocks of one size that nothing else in this binary has. For others it
//! counts what each thread allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::mpsc;

use debug_tables::{Breakpoint, BreakpointTable, Flags};
use rcu_core::sync::{AtomicU64, Ordering};
use rcu_core::{Domain, read_lock};

use crate::order::reference;

/// The length of the counted snapshots: no power of two, to which a growing list would round.
const ENTRIES: u64 = 977;
const COUNTED: usize = ENTRIES as usize * size_of::<Breakpoint>();

struct Counting;

static LIVE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has allocated.
pub fn allocations() -> u64 {
    ALLOCATIONS.get()
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        if layout.size() == COUNTED {
            // Relaxed: a count.
            LIVE.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() == COUNTED {
            // Relaxed: a count.
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live() -> u64 {
    // Relaxed: a count.
    LIVE.load(Ordering::Relaxed)
}

#[test]
fn every_replaced_snapshot_is_freed_after_its_grace_period_and_the_last_with_its_table() {
    let table = BreakpointTable::new();
    let fill = table
        .update(|edit| (1..=ENTRIES).try_for_each(|n| edit.insert_with_ref(n, Flags::CPU, reference(n))));
    assert_eq!(fill, Ok(()));
    rcu_core::barrier();
    assert_eq!(live(), 1, "the published snapshot, of exactly its size");

    let section = read_lock();
    let held = table.read(&section);
    for round in 1..=100 {
        table.insert_with_ref(ENTRIES + round, Flags::CPU, reference(1)).unwrap();
    }
    assert!(live() >= 2);
    assert_eq!(held.iter().next().unwrap().pc(), 1, "a section keeps what it saw");
    drop(section);
    rcu_core::barrier();
    assert_eq!(live(), 1);

    drop(table);
    assert_eq!(live(), 0);
}

#[test]
fn each_publication_hands_over_one_snapshot_and_none_when_there_was_none() {
    let domain = Domain::new();
    let table = BreakpointTable::new_in(&domain);
    // Callbacks run in order, so each of these knows how many came before it: snapshots, and others of its kind.
    let run = || {
        let (sender, receiver) = mpsc::channel();
        let handle = domain.clone();
        domain.call(move || sender.send(handle.stats().callbacks_run).unwrap());
        receiver.recv().unwrap()
    };
    assert_eq!(run(), 0);
    table.insert(1, Flags::GDB).unwrap();
    assert_eq!(run(), 1, "there was none to free");
    table.insert(2, Flags::GDB).unwrap();
    table.insert(3, Flags::GDB).unwrap();
    assert_eq!(run(), 4);
    table.remove_all(Flags::GDB);
    assert_eq!(run(), 6);
    table.remove_all(Flags::GDB);
    assert_eq!(run(), 7, "nothing was published");
}
