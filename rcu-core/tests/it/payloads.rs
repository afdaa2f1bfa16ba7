//! Values that ask for more than most: by their layout, or by what their drop does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rcu_core::{Domain, RcuCell, RcuList, RcuOption, read_lock};

use crate::watchdog::{Watchdog, until, waiting};

#[test]
fn value_that_is_aligned_to_a_page_or_has_no_size_is_placed_and_dropped_as_any_other() {
    #[repr(align(4096))]
    struct Page(u8);
    struct Nothing;
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }

    let _watchdog =
        Watchdog::new("value_that_is_aligned_to_a_page_or_has_no_size_is_placed_and_dropped_as_any_other");
    let domain = Domain::new();
    let reader = domain.reader();
    let page = RcuCell::new_in(&domain, Page(1));
    assert_eq!(ptr::from_ref(page.load(&reader.read_lock())).addr() % 4096, 0);
    assert_eq!(page.replace(Page(2)).wait().0, 1);
    drop(page.replace(Page(3)));

    let nothing = RcuCell::new_in(&domain, Nothing);
    drop(nothing.replace(Nothing));
    let list = RcuList::new_in(&domain);
    (0..2).for_each(|_| list.update().push_back(Nothing));
    assert_eq!(list.iter(&reader.read_lock()).count(), 2);
    drop(list.update().cursor().remove());
    waiting("what was retired", || domain.barrier());
    assert_eq!(DROPPED.load(Ordering::SeqCst), 2);
    drop((nothing, list));
    assert_eq!(DROPPED.load(Ordering::SeqCst), 4);
}

/// On the callback thread, which reads, publishes and retires meanwhile.
#[test]
fn value_may_use_its_cell_and_its_list_when_it_is_dropped() {
    static CELL: RcuOption<Heir> = RcuOption::none();
    static LIST: RcuList<Heir> = RcuList::new();
    static DROPPED: AtomicU32 = AtomicU32::new(0);

    /// Makes another of itself when it is dropped, so many times.
    struct Heir(Box<u32>);
    impl Drop for Heir {
        fn drop(&mut self) {
            let section = read_lock();
            let seen = CELL.load(&section).into_iter().chain(LIST.iter(&section));
            assert!(seen.map(|heir| *heir.0).all(|left| left < *self.0));
            drop(section);
            if let Some(left) = self.0.checked_sub(1) {
                drop(CELL.swap(Some(Heir(Box::new(left)).into())));
                drop(CELL.swap(None));
                LIST.update().push_back(Heir(Box::new(left)));
                drop(LIST.update().cursor().remove());
            }
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }

    let _watchdog = Watchdog::new("value_may_use_its_cell_and_its_list_when_it_is_dropped");
    drop(Heir(Box::new(4)));
    until("all that they made", || DROPPED.load(Ordering::SeqCst) == 31);
}

/// The drop of a value that was never published runs in the updater, which another has overtaken.
#[test]
fn value_that_was_refused_and_panics_in_its_drop_leaves_the_cell_whole() {
    struct Fragile(Box<u32>);
    impl Drop for Fragile {
        fn drop(&mut self) {
            assert_ne!(*self.0, 1, "refused");
        }
    }

    let cell = RcuCell::new(Fragile(Box::new(0)));
    let overtaken = catch_unwind(AssertUnwindSafe(|| {
        cell.update(|old| {
            assert_eq!(*old.0, 0);
            drop(cell.replace(Fragile(Box::new(2))));
            // Still there, in the section of the update.
            assert_eq!(*old.0, 0);
            Fragile(Box::new(1))
        });
    }));
    assert!(overtaken.is_err());
    assert!(!rcu_core::read_ongoing());
    assert_eq!(*cell.load(&read_lock()).0, 2);
}
