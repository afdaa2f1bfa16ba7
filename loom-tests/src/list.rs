//! The list: what a traversal meets is whole and alive, in order, whatever is inserted and removed meanwhile.

use std::mem::ManuallyDrop;

use rcu_core::sync::{Arc, thread};
use rcu_core::{Domain, Element, RcuList, Reader, Retired};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};

// What a traversal may see, and some traversal does see.
const INSERT: &[&str] = &["[1, 3]", "[1, 2, 3]", "[1, 3, 4]", "[1, 2, 3, 4]"];
const REMOVE: &[&str] = &["[1]", "[1, 2]", "[2]"];
const TWO_UPDATERS: &[&str] = &["[]", "[1]", "[1, 2]", "[2]"];
/// Not the first alone: its link leads to the second as long as anybody stands on it.
const RECLAIM: &[&str] = &["[]", "[1, 2]", "[2]"];

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "list/insert",
        shows: "an inserted element is whole for a reader, who misses none of those that were there",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: INSERT,
        run: insert,
    },
    Model {
        name: "list/remove",
        shows: "an element that a reader meets because the one before it was removed is whole",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: REMOVE,
        run: remove,
    },
    Model {
        name: "list/two-updaters",
        shows: "updaters take turns, and a removal by one publishes what another inserted",
        threads: 3,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: TWO_UPDATERS,
        run: two_updaters,
    },
    Model {
        name: "list/reclaim",
        shows: "a reader goes on from a removed element, to one that was removed later, and both stay while it does",
        threads: 2,
        readers: 1,
        extent: [Extent::Exhaustive, Extent::Bound(5)],
        covered_by: &["list/insert", "list/remove", "wake/one-section"],
        long: &Mode::ALL,
        outcomes: RECLAIM,
        run: reclaim,
    },
];

/// Protocols that are wrong, and must fail.
pub const WRONG: &[Model] = &[Model {
    name: "list/freed-at-once",
    shows: "an element that is freed as soon as it is removed is freed under a reader",
    threads: 2,
    readers: 1,
    extent: EXHAUSTIVE,
    covered_by: &[],
    long: &[],
    outcomes: &[],
    run: freed_at_once,
}];

type List = RcuList<Payload, Domain>;

/// What was removed and stays for the end of the execution: its grace period is not this model's business.
type Kept = Option<ManuallyDrop<Retired<Element<Payload>, Domain>>>;

/// A list of these values, and a reader that traverses it in one section and sees what is legal.
fn traversed(
    domain: &Domain,
    values: &[u32],
    legal: &'static [&'static str],
) -> (Arc<List>, thread::JoinHandle<Reader<Domain>>) {
    let list = Arc::new(List::new_in(domain));
    let mut updater = list.update();
    values.iter().for_each(|&value| updater.push_back(Payload::new(value)));
    drop(updater);
    let handle = domain.reader();
    let read = Arc::clone(&list);
    let reader = reader(move || {
        let section = handle.read_lock();
        let seen: Vec<u32> = read.iter(&section).map(Payload::look).collect();
        drop(section);
        let seen = format!("{seen:?}");
        reach(legal.iter().find(|legal| **legal == seen).unwrap_or_else(|| panic!("a reader saw {seen}")));
        handle
    });
    (list, reader)
}

fn remove_first(list: &List) -> Option<Retired<Element<Payload>, Domain>> {
    list.update().cursor().remove()
}

fn insert() {
    let (list, reader) = traversed(&Domain::new(), &[1, 3], INSERT);
    let mut updater = list.update();
    updater.cursor().insert_after(Payload::new(2));
    updater.push_back(Payload::new(4));
    drop(updater);
    drop(reader.join().unwrap());
}

fn remove() {
    let (list, reader) = traversed(&Domain::new(), &[1], REMOVE);
    list.update().push_back(Payload::new(2));
    let _kept: Kept = remove_first(&list).map(ManuallyDrop::new);
    drop(reader.join().unwrap());
}

fn two_updaters() {
    let (list, reader) = traversed(&Domain::new(), &[1], TWO_UPDATERS);
    let other = Arc::clone(&list);
    let thread = thread::spawn(move || other.update().push_back(Payload::new(2)));
    let removed: Kept = remove_first(&list).map(ManuallyDrop::new);
    assert_eq!(removed.expect("it was there from the start").look(), 1);
    thread.join().unwrap();
    let updater = list.update();
    assert!(updater.iter().map(Payload::look).eq([2]), "an update was lost");
    drop(updater);
    drop(reader.join().unwrap());
}

fn reclaim() {
    let (list, reader) = traversed(&Domain::new(), &[1, 2], RECLAIM);
    let first = remove_first(&list).expect("two were there");
    let second = remove_first(&list).expect("two were there");
    // One grace period for both.
    drop(second.wait());
    first.poison();
    drop(reader.join().unwrap());
    // No other thread is left: this frees what the executions would heap up, and shows nothing.
    drop(first.wait());
}

fn freed_at_once() {
    let (list, reader) = traversed(&Domain::new(), &[1], &["[]", "[1]"]);
    let removed: Kept = remove_first(&list).map(ManuallyDrop::new);
    removed.expect("one was there").poison();
    drop(reader.join().unwrap());
}
