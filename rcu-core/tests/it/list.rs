//! The list: order, traversal, and what it refuses.

mod reclamation;
mod updaters;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcu_core::{Domain, Element, RcuList, ReadGuard, Retired, Scope, read_lock};

use crate::watchdog::Watchdog;

/// Counts its drops.
struct Counted(u32, Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (impl Fn() -> u32, impl Fn(u32) -> Counted) {
    let drops = Arc::new(AtomicU32::new(0));
    let make = Arc::clone(&drops);
    (move || drops.load(Ordering::SeqCst), move |value| Counted(value, Arc::clone(&make)))
}

fn list_of<T: Send + Sync>(values: impl IntoIterator<Item = T>) -> RcuList<T> {
    let list = RcuList::new();
    let mut updater = list.update();
    values.into_iter().for_each(|value| updater.push_back(value));
    drop(updater);
    list
}

fn values<T: Clone + Send + Sync>(list: &RcuList<T>) -> Vec<T> {
    list.iter(&read_lock()).cloned().collect()
}

fn remove_first<T: Send + Sync, S: Scope>(
    list: &RcuList<T, S>,
    which: impl Fn(&T) -> bool,
) -> Option<Retired<Element<T>, S>> {
    let mut updater = list.update();
    let mut cursor = updater.cursor();
    while !which(cursor.current()?) {
        cursor.move_next();
    }
    cursor.remove()
}

fn message(panic: Box<dyn Any + Send>) -> &'static str {
    panic.downcast_ref::<&str>().expect("a literal message")
}

#[test]
fn list_in_a_static_starts_empty_and_shows_what_is_pushed() {
    static LIST: RcuList<u32> = RcuList::new();
    let section = read_lock();
    let mut iter = LIST.iter(&section);
    assert_eq!(iter.next(), None);
    assert!(LIST.update().is_empty());
    LIST.update().push_back(1);
    assert_eq!(iter.next(), Some(&1), "each step looks at the list as it is");
    assert!(!LIST.update().is_empty());
}

#[test]
fn traversal_sees_the_order_that_each_way_to_insert_makes() {
    let list = list_of([20, 40]);
    let mut updater = list.update();
    updater.push_front(10);
    updater.push_back(50);
    let mut cursor = updater.cursor();
    cursor.insert_before(5);
    assert_eq!(cursor.current(), Some(&10), "the current one stays");
    cursor.move_next();
    cursor.insert_after(30);
    assert_eq!(cursor.current(), Some(&20), "the current one stays");
    for _ in 0..9 {
        cursor.move_next();
    }
    assert_eq!(cursor.current(), None, "the end");
    cursor.insert_before(60);
    assert_eq!(cursor.current(), None, "still the end");
    cursor.insert_after(70);
    assert_eq!(cursor.current(), Some(&70), "what is behind the end is the current one");
    updater.push_back(80);
    assert!(updater.iter().eq(&[5, 10, 20, 30, 40, 50, 60, 70, 80]));
    drop(updater);
    assert_eq!(values(&list), [5, 10, 20, 30, 40, 50, 60, 70, 80]);
}

#[test]
fn cursor_that_removes_goes_on_with_the_next_element() {
    let _watchdog = Watchdog::new("cursor_that_removes_goes_on_with_the_next_element");
    let list = list_of(0..6);
    let mut removed = Vec::new();
    let mut updater = list.update();
    let mut cursor = updater.cursor();
    while let Some(n) = cursor.current() {
        if n % 2 == 1 { removed.extend(cursor.remove()) } else { cursor.move_next() }
    }
    assert!(cursor.remove().is_none(), "nothing is at the end");
    updater.push_back(6);
    drop(updater);
    assert_eq!(values(&list), [0, 2, 4, 6]);
    let removed: Vec<i32> = removed.into_iter().map(|removed| removed.wait().into_inner()).collect();
    assert_eq!(removed, [1, 3, 5]);
}

#[test]
fn list_that_was_emptied_can_be_filled_from_either_end() {
    for at_front in [true, false] {
        let list = list_of([1, 2]);
        while remove_first(&list, |_| true).is_some() {}
        assert!(list.update().is_empty());
        let mut updater = list.update();
        if at_front {
            updater.push_front(9)
        } else {
            updater.push_back(9)
        }
        drop(updater);
        list.update().push_back(10);
        assert_eq!(values(&list), [9, 10]);
    }
}

#[test]
fn reader_goes_on_from_an_element_that_is_removed_under_it() {
    let list = list_of(1..=5);
    let section = read_lock();
    let mut iter = list.iter(&section);
    let standing = iter.by_ref().nth(1);
    // The one it stands on, the next one, to which the removed one still leads, and the last.
    for gone in [2, 3, 5] {
        assert_eq!(**remove_first(&list, |n| *n == gone).expect("it is there"), gone);
    }
    assert_eq!(standing, Some(&2));
    assert!(iter.eq(&[3, 4]), "on through the next one as it was when it was removed");
    assert!(list.iter(&section).eq(&[1, 4]));
}

#[test]
fn list_may_be_updated_inside_a_section() {
    let list = list_of([1]);
    let section = read_lock();
    for seen in list.iter(&section) {
        if *seen < 3 {
            list.update().push_back(seen + 1);
        }
    }
    drop(section);
    assert_eq!(values(&list), [1, 2, 3]);
}

#[test]
fn list_refuses_a_section_of_another_instance() {
    let (one, other) = (Domain::new(), Domain::new());
    let list = RcuList::new_in(&one);
    list.update().push_back(1);
    let reader = other.reader();
    let section: ReadGuard<'_, Domain> = reader.read_lock();
    let refused = catch_unwind(AssertUnwindSafe(|| list.iter(&section).count())).expect_err("another domain");
    assert_eq!(message(refused), "iter: the section is of another domain than the list");
    assert_eq!(list.iter(&one.reader().read_lock()).count(), 1);
}

#[test]
fn debug_of_a_list_does_not_follow_its_links() {
    struct Loud;
    impl std::fmt::Debug for Loud {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("followed");
        }
    }
    let list = list_of([Loud, Loud]);
    assert!(format!("{list:?}").starts_with("RcuList"));
    let mut updater = list.update();
    assert!(format!("{:?}", updater.iter()).starts_with("ListIter"));
    assert!(format!("{updater:?}").starts_with("ListUpdater"));
    let mut cursor = updater.cursor();
    assert!(format!("{cursor:?}").starts_with("ListCursor"));
    assert!(format!("{:?}", cursor.remove()).starts_with("Some(Retired"));
    let quiet = list_of([1]);
    let removed = remove_first(&quiet, |_| true).expect("it is there");
    assert_eq!(format!("{:?}", removed.wait()), "Element(1)", "it is ours now");
}
