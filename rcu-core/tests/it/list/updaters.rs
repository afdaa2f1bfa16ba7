//! Updaters: beside readers, beside one another, and at length.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use rcu_core::{Domain, RcuList, synchronize};

use super::{counted, list_of, message, values};
use crate::watchdog::{Watchdog, until};

/// Knuth's, of which the upper bits are used.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn readers_always_see_the_elements_that_stay_while_an_updater_churns() {
    const KEPT: u32 = 8;
    const ROUNDS: u32 = 5_000;
    let _watchdog = Watchdog::new("readers_always_see_the_elements_that_stay_while_an_updater_churns");
    let (drops, make) = counted();
    let domain = Domain::new();
    // Multiples of ten stay, the others come and go between them, always in order.
    let list = RcuList::new_in(&domain);
    (0..KEPT).for_each(|n| list.update().push_back(make(n * 10)));
    let (done, traversals) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                let reader = domain.reader();
                while !done.load(Ordering::SeqCst) {
                    let section = reader.read_lock();
                    let seen: Vec<u32> = list.iter(&section).map(|counted| counted.0).collect();
                    let kept = seen.iter().filter(|n| *n % 10 == 0).map(|n| n / 10);
                    assert!(kept.eq(0..KEPT), "an element that stays was missed: {seen:?}");
                    assert!(seen.is_sorted(), "out of order: {seen:?}");
                    traversals.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("the readers to traverse", || traversals.load(Ordering::SeqCst) > 2);
        let mut random = Lcg(1);
        let mut made = KEPT;
        for _ in 0..ROUNDS {
            let mut updater = list.update();
            let mut cursor = updater.cursor();
            while let Some(current) = cursor.current().map(|counted| counted.0) {
                let transient = current % 10 != 0;
                match random.below(4) {
                    0 if transient => drop(cursor.remove()),
                    1 if !transient => {
                        // One behind those that are there already, or a second of the same: sorted either way.
                        cursor.insert_after(make(current + 1));
                        made += 1;
                        cursor.move_next();
                    }
                    _ => cursor.move_next(),
                }
            }
        }
        done.store(true, Ordering::SeqCst);
        domain.barrier();
        let left = list.update().iter().count() as u32;
        assert_eq!(drops(), made - left, "each that was removed, once");
        assert!(left < made, "nothing was removed: the test shows nothing");
    });
}

#[test]
fn random_history_agrees_with_a_vector() {
    let _watchdog = Watchdog::new("random_history_agrees_with_a_vector");
    for seed in 0..20 {
        let mut random = Lcg(seed);
        let list = RcuList::new();
        let mut expected: Vec<u32> = Vec::new();
        for new in 0..300 {
            let mut updater = list.update();
            match random.below(4) {
                0 => {
                    updater.push_front(new);
                    expected.insert(0, new);
                }
                1 => {
                    updater.push_back(new);
                    expected.push(new);
                }
                _ => {
                    let mut cursor = updater.cursor();
                    let mut at = 0;
                    // Several steps of one cursor: what one leaves behind is where the next begins.
                    for _ in 0..random.below(12) {
                        match random.below(6) {
                            0 => {
                                cursor.insert_before(new);
                                expected.insert(at, new);
                                at += 1;
                            }
                            1 => {
                                cursor.insert_after(new);
                                expected.insert((at + 1).min(expected.len()), new);
                            }
                            2 | 3 => {
                                let removed = cursor.remove().map(|removed| **removed);
                                let is_there = at < expected.len();
                                assert_eq!(removed, is_there.then(|| expected.remove(at)));
                            }
                            _ => {
                                cursor.move_next();
                                at = (at + 1).min(expected.len());
                            }
                        }
                        assert_eq!(cursor.current(), expected.get(at), "seed {seed}");
                    }
                }
            }
            assert!(updater.iter().eq(&expected), "seed {seed}");
            assert_eq!(updater.is_empty(), expected.is_empty());
            drop(updater);
            assert_eq!(values(&list), expected, "seed {seed}");
        }
        synchronize();
    }
}

#[test]
fn updaters_take_turns_and_lose_nothing() {
    const EACH: u32 = 1_000;
    let _watchdog = Watchdog::new("updaters_take_turns_and_lose_nothing");
    let list = RcuList::new();
    thread::scope(|s| {
        s.spawn(|| (0..EACH).for_each(|n| list.update().push_back(n)));
        s.spawn(|| (0..EACH).for_each(|n| list.update().push_front(n)));
    });
    let seen = values(&list);
    assert_eq!(seen.len(), 2 * EACH as usize);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), EACH as usize);
}

#[test]
fn taking_the_updater_twice_on_one_thread_panics_instead_of_waiting_for_itself() {
    let _watchdog =
        Watchdog::new("taking_the_updater_twice_on_one_thread_panics_instead_of_waiting_for_itself");
    let list = list_of([1]);
    let mut updater = list.update();
    let refused = catch_unwind(AssertUnwindSafe(|| drop(list.update()))).expect_err("it is held");
    assert_eq!(
        message(refused),
        "RcuList::update called by the thread that holds the list's updater: it would wait for itself"
    );
    updater.push_back(2);
    drop(updater);
    list.update().push_back(3);
    assert_eq!(values(&list), [1, 2, 3]);
    let other = RcuList::<u32>::new();
    let both = (list.update(), other.update());
    drop(both);
}

#[test]
fn updater_that_panics_leaves_the_list_whole_and_unlocked() {
    let _watchdog = Watchdog::new("updater_that_panics_leaves_the_list_whole_and_unlocked");
    let list = list_of([1]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut updater = list.update();
        updater.push_back(2);
        panic!("in the middle");
    }));
    assert_eq!(message(panicked.expect_err("it did")), "in the middle");
    list.update().push_back(3);
    assert_eq!(values(&list), [1, 2, 3]);
}
