//! What becomes of elements that leave their list, or the list with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rcu_core::{Domain, RcuList, read_lock};

use super::{Counted, counted, list_of, remove_first};
use crate::watchdog::Watchdog;

#[test]
fn values_are_dropped_once_and_none_while_a_section_that_saw_them_is_open() {
    let _watchdog = Watchdog::new("values_are_dropped_once_and_none_while_a_section_that_saw_them_is_open");
    let domain = Domain::new();
    let reader = domain.reader();
    let (drops, make) = counted();
    let list = RcuList::new_in(&domain);
    (0..4).for_each(|n| list.update().push_back(make(n)));
    let section = reader.read_lock();
    let seen: Vec<&Counted> = list.iter(&section).collect();
    drop(remove_first(&list, |counted| counted.0 == 1));
    drop(remove_first(&list, |counted| counted.0 == 2));
    let waited = remove_first(&list, |counted| counted.0 == 3).expect("it is there");
    thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(drops(), 0, "a section is open");
    assert!(seen.iter().map(|counted| counted.0).eq(0..4));
    drop(section);
    domain.barrier();
    assert_eq!(drops(), 2, "those that were retired");
    drop(waited.wait().into_inner());
    assert_eq!(drops(), 3, "and the one that was waited for");
    drop(list);
    assert_eq!(drops(), 4, "and the one in the list, at once");
    domain.barrier();
    assert_eq!(drops(), 4);
}

#[test]
fn dropped_list_drops_its_elements_at_once_and_in_order() {
    struct Last(u32, Arc<AtomicU32>);
    impl Drop for Last {
        fn drop(&mut self) {
            assert_eq!(self.1.swap(self.0, Ordering::SeqCst) + 1, self.0);
        }
    }
    let last = Arc::new(AtomicU32::new(0));
    // Not even the section of the thread that drops it is waited for.
    let _section = read_lock();
    drop(list_of((1..=10).map(|n| Last(n, Arc::clone(&last)))));
    assert_eq!(last.load(Ordering::SeqCst), 10);
}

#[test]
fn million_elements_are_dropped_without_overflowing_the_stack() {
    let (drops, make) = counted();
    drop(list_of((0..1_000_000).map(make)));
    assert_eq!(drops(), 1_000_000);
}

#[test]
fn list_outlives_the_handle_of_its_domain() {
    let _watchdog = Watchdog::new("list_outlives_the_handle_of_its_domain");
    let (drops, make) = counted();
    let domain = Domain::new();
    let reader = domain.reader();
    let list = RcuList::new_in(&domain);
    drop(domain);
    list.update().push_back(make(1));
    list.update().push_back(make(2));
    assert_eq!(list.iter(&reader.read_lock()).count(), 2);
    let removed = remove_first(&list, |_| true).expect("it is there");
    drop((list, reader));
    assert_eq!(drops(), 1, "the one in the list");
    assert_eq!(removed.0, 1);
    drop(removed.wait());
    assert_eq!(drops(), 2);
}

#[test]
fn removed_element_may_be_given_to_another_thread() {
    let _watchdog = Watchdog::new("removed_element_may_be_given_to_another_thread");
    let list = list_of([vec![1], vec![2]]);
    let removed = remove_first(&list, |_| true).expect("it is there");
    let waited = thread::spawn(move || removed.wait().into_inner()).join().expect("no panic");
    assert_eq!(waited, [1]);
}
