//! What is allocated, by whom, and how often.
//!
//! The test binary's allocator counts: for each thread by itself, so that tests beside this one do not disturb; and, of all
//! threads, what has the alignment that marks a payload here.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rcu_core::{Domain, RcuBox, RcuCell, RcuOption, read_lock};

use crate::watchdog::{Watchdog, waiting};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// An alignment that nothing else in this process asks for.
const MARK: usize = 512;

/// Of marked layouts, by any thread.
static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Of the calling thread. No destructor and no lazy start, so the allocator may use them at any time.
    static OWN_ALLOCATED: Cell<u64> = const { Cell::new(0) };
    static OWN_FREED: Cell<u64> = const { Cell::new(0) };
    /// Whether the allocator reads.
    static READS: Cell<bool> = const { Cell::new(false) };
}

fn count(layout: Layout, own: &'static std::thread::LocalKey<Cell<u64>>, marked: &AtomicU64) {
    own.set(own.get() + 1);
    if READS.get() {
        read();
    }
    if layout.align() == MARK {
        marked.fetch_add(1, Ordering::SeqCst);
    }
}

/// What the allocator reads, where it reads.
static TABLE: RcuOption<u64> = RcuOption::none();

fn read() {
    let (outer, inner) = (read_lock(), read_lock());
    assert_ne!(TABLE.load(&inner), Some(&0));
    drop((outer, inner));
}

// SAFETY: every request goes to `System` as it is. Counting, and reading on a thread that is registered, does not allocate and does
// not panic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout, &OWN_ALLOCATED, &ALLOCATED);
        // SAFETY: what the caller promises is what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    // Not `alloc_zeroed` and `realloc`: the provided ones come back to these two, and so are counted.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout, &OWN_FREED, &FREED);
        // SAFETY: what the caller promises is what `System` asks for: it made every pointer.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs `f`, and returns how often the calling thread allocated and freed in it.
fn own_counts(f: impl FnOnce()) -> (u64, u64) {
    let before = (OWN_ALLOCATED.get(), OWN_FREED.get());
    f();
    (OWN_ALLOCATED.get() - before.0, OWN_FREED.get() - before.1)
}

/// How many marked payloads were ever allocated and freed.
fn marked_counts() -> (u64, u64) {
    (ALLOCATED.load(Ordering::SeqCst), FREED.load(Ordering::SeqCst))
}

/// Its allocations are counted on all threads.
#[repr(align(512))]
struct Marked;

/// Of the tests that count marked payloads, one runs at a time.
static MARKED: Mutex<()> = Mutex::new(());

#[test]
fn value_published_and_reclaimed_costs_one_allocation_and_one_free() {
    const { assert!(align_of::<Marked>() == MARK) };
    let _watchdog = Watchdog::new("value_published_and_reclaimed_costs_one_allocation_and_one_free");
    let _marked = MARKED.lock().unwrap();
    rcu_core::init().expect("the callback thread starts");
    let option = RcuOption::none();
    let start = marked_counts();

    assert_eq!(own_counts(|| assert!(option.swap(Some(RcuBox::new(Marked))).is_none())), (1, 0));
    assert_eq!(marked_counts(), (start.0 + 1, start.1), "the allocation is the value's");
    assert_eq!(own_counts(|| drop(option.swap(None).expect("it was there"))), (0, 0));
    waiting("the callback that frees the value", rcu_core::barrier);
    assert_eq!(marked_counts(), (start.0 + 1, start.1 + 1));
}

#[test]
fn replaced_value_costs_one_allocation_and_one_free() {
    let _watchdog = Watchdog::new("replaced_value_costs_one_allocation_and_one_free");
    let _marked = MARKED.lock().unwrap();
    let domain = Domain::new();
    domain.init().expect("the callback thread starts");
    let start = marked_counts();

    let cell = RcuCell::new_in(&domain, Marked);
    assert_eq!(own_counts(|| drop(cell.replace(Marked))), (1, 0));
    waiting("the callback that frees the value", || domain.barrier());
    assert_eq!(marked_counts(), (start.0 + 2, start.1 + 1), "one was replaced, the other is in the cell");
    assert_eq!(own_counts(|| drop(cell)), (0, 1));
    assert_eq!(marked_counts(), (start.0 + 2, start.1 + 2));
}

#[test]
fn retire_allocates_nothing() {
    let _watchdog = Watchdog::new("retire_allocates_nothing");
    let domain = Domain::new();
    rcu_core::init().and_then(|()| domain.init()).expect("the callback threads start");
    for _ in 0..100 {
        let [one, other] = [(); 2].map(|()| RcuBox::new([0_u64; 9]));
        assert_eq!(own_counts(|| rcu_core::retire(one)), (0, 0));
        assert_eq!(own_counts(|| domain.retire(other)), (0, 0));
    }
    waiting("the default domain's callbacks", rcu_core::barrier);
    waiting("the domain's callbacks", || domain.barrier());
}

#[test]
fn call_of_a_closure_is_one_allocation() {
    let _watchdog = Watchdog::new("call_of_a_closure_is_one_allocation");
    let domain = Domain::new();
    rcu_core::init().and_then(|()| domain.init()).expect("the callback threads start");
    for n in 0..100_u64 {
        let captured = [n; 9];
        assert_eq!(own_counts(|| rcu_core::call(move || assert!(captured[0] < 100))), (1, 0));
        assert_eq!(own_counts(|| domain.call(move || assert!(captured[0] < 100))), (1, 0));
        assert_eq!(own_counts(|| domain.call(|| ())), (1, 0), "one that captures nothing has a head");
    }
    waiting("the default domain's callbacks", rcu_core::barrier);
    waiting("the domain's callbacks", || domain.barrier());
    assert_eq!(domain.stats().callbacks_panicked, 0);
}

#[test]
fn section_allocates_nothing() {
    let domain = Domain::new();
    let (cell, domain_cell) = (RcuCell::new(1), RcuCell::new_in(&domain, 1));
    let (handle, domain_handle) = (rcu_core::reader(), domain.reader());
    rcu_core::register_current_thread();
    let sections = || {
        let (outer, nested) = (read_lock(), read_lock());
        let (by_handle, of_domain) = (handle.read_lock(), domain_handle.read_lock());
        let loaded = [cell.load(&nested), cell.load(&by_handle), domain_cell.load(&of_domain)];
        assert_eq!(loaded, [&1; 3]);
        drop(outer);
        drop(nested);
    };
    assert_eq!(own_counts(|| (0..100).for_each(|_| sections())), (0, 0));
}

/// As the guide has it: on a thread that is registered, whatever it is that allocates, the crate under its locks included.
#[test]
fn global_allocator_may_read_on_a_registered_thread() {
    let _watchdog = Watchdog::new("global_allocator_may_read_on_a_registered_thread");
    let thread = thread::spawn(|| {
        rcu_core::register_current_thread();
        READS.set(true);
        for number in 1..100 {
            drop(TABLE.swap(Some(RcuBox::new(number))));
            let domain = Domain::builder().hard_limit(8).on_stall(|_| ()).build();
            // The registry grows, under its lock.
            let mut readers: Vec<_> = (0..20).map(|_| domain.reader()).collect();
            let kick = readers[0].on_force(|| ());
            let section = readers[1].read_lock();
            domain.call(|| ());
            drop((section, kick));
            domain.synchronize();
            domain.barrier();
            drop(readers);
            domain.shutdown();
            rcu_core::call(move || assert!(number > 0));
            rcu_core::synchronize();
            rcu_core::barrier();
        }
        READS.set(false);
    });
    waiting("a thread whose allocator reads", || thread.join()).expect("it does not panic");
    drop(TABLE.swap(None));
}
