//! Random histories of a table and of the reference list, which have to agree after every step: results, entries, queries,
//! the generation, and what was invalidated.

mod subject;

use std::cell::Cell;
use std::collections::BTreeSet;

use debug_tables::{Breakpoint, Watchpoint};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::publication::{logged, taken};
use crate::reference::{CPU, GDB, Item, List};
use subject::Subject;

#[derive(Clone, Debug)]
enum Op {
    Insert(Item),
    Remove(Item),
    RemoveByRef(u64),
    RemoveAll(u32),
    /// From a parent with these entries.
    Inherit(Vec<Item>, u32),
    /// All of these, or none.
    Update(Vec<Op>),
}

/// Few enough for most operations to meet an entry that is there, at the edges of pages and of the address space.
const ADDRESSES: [u64; 7] = [0, 1, 0xfff, 0x1000, 0x1001, u64::MAX - 1, u64::MAX];
const LENGTHS: [u64; 6] = [0, 1, 2, 8, 0x1000, u64::MAX];
const FLAGS: [u32; 8] = [GDB, CPU, GDB | CPU, GDB | 3, CPU | 2, 0, GDB | 0x41, GDB | 0x100];

fn item(watch: bool) -> impl Strategy<Value = Item> {
    let reference = prop::option::weighted(0.3, 1..4_u64);
    let len = if watch { prop::sample::select(&LENGTHS[..]).boxed() } else { Just(1).boxed() };
    (prop::sample::select(&ADDRESSES[..]), len, prop::sample::select(&FLAGS[..]), reference)
        .prop_map(|(addr, len, flags, reference)| Item { addr, len, flags, reference })
}

fn op(watch: bool) -> impl Strategy<Value = Op> {
    let mask = prop::sample::select(vec![0, GDB, CPU, GDB | CPU, 1, 0x100]);
    let single = prop_oneof![
        8 => item(watch).prop_map(Op::Insert),
        6 => item(watch).prop_map(Op::Remove),
        2 => (1..4_u64).prop_map(Op::RemoveByRef),
        1 => mask.clone().prop_map(Op::RemoveAll),
    ];
    prop_oneof![
        17 => single.clone(),
        1 => (prop::collection::vec(item(watch), 0..4), mask).prop_map(|(items, mask)| Op::Inherit(items, mask)),
        3 => prop::collection::vec(single, 0..6).prop_map(Op::Update),
    ]
}

fn list_of(watch: bool, items: &[Item]) -> List {
    let mut list = List { watch, items: Vec::new() };
    for &item in items {
        let _refused = list.insert(item);
    }
    list
}

fn apply(list: &mut List, op: &Op) -> Result<usize, i32> {
    match op {
        Op::Insert(item) => list.insert(*item).map(|()| 0),
        Op::Remove(item) => list.remove(*item).map(|()| 0),
        Op::RemoveByRef(reference) => list.remove_by_ref(*reference).map(|()| 0),
        Op::RemoveAll(mask) => Ok(list.remove_all(*mask)),
        Op::Inherit(items, mask) => Ok(list.inherit(&list_of(list.watch, items), *mask)),
        Op::Update(ops) => {
            let mut next = list.clone();
            let sum = ops.iter().map(|op| apply(&mut next, op)).sum::<Result<usize, i32>>()?;
            *list = next;
            Ok(sum)
        }
    }
}

/// Whether the operation meets an entry that is there: a reference or an address in use.
fn collides(list: &List, op: &Op) -> bool {
    match op {
        Op::Insert(item) | Op::Remove(item) => list.items.iter().any(|other| {
            other.addr == item.addr || (item.reference.is_some() && item.reference == other.reference)
        }),
        Op::RemoveByRef(reference) => list.items.iter().any(|other| other.reference == Some(*reference)),
        Op::RemoveAll(mask) => list.items.iter().any(|other| other.flags & mask != 0),
        Op::Inherit(..) => !list.items.is_empty(),
        Op::Update(ops) => ops.iter().any(|op| collides(list, op)),
    }
}

/// The ranges of the entries that one list has and the other has not.
fn ranges_that_differ(one: &List, other: &List) -> BTreeSet<(u64, u64)> {
    let missing = |from: &List, mut left: Vec<Item>| {
        let mut missing = Vec::new();
        for item in &from.items {
            match left.iter().position(|other| other == item) {
                Some(at) => drop(left.swap_remove(at)),
                None => missing.push((item.addr, item.addr + (item.len - 1))),
            }
        }
        missing
    };
    missing(one, other.items.clone()).into_iter().chain(missing(other, one.items.clone())).collect()
}

fn agrees<E: Subject>(ops: &[Op], count: impl Fn(bool)) -> Result<(), TestCaseError> {
    let (table, log) = logged::<E>();
    let mut list = List { watch: E::WATCH, items: Vec::new() };
    for op in ops {
        count(collides(&list, op));
        let (before, generation) = (list.clone(), table.generation());
        prop_assert_eq!(E::apply(&table, op), apply(&mut list, op));
        prop_assert_eq!(&E::items(&table), &list.items);
        prop_assert_eq!(table.is_current(generation), list == before, "a generation is one change");
        let invalidated: BTreeSet<_> =
            taken(&log).iter().map(|range| (*range.start(), *range.end())).collect();
        let differ = ranges_that_differ(&before, &list);
        prop_assert!(invalidated.is_superset(&differ), "{:?} is to be invalidated", differ);
        if !matches!(op, Op::Update(_)) {
            prop_assert_eq!(invalidated, differ);
        }
        for addr in ADDRESSES {
            E::compare_queries(&table, &list, addr)?;
        }
    }
    Ok(())
}

fn histories_agree<E: Subject>() {
    let (operations, collisions) = (Cell::new(0_u32), Cell::new(0_u32));
    let count = |collides| {
        operations.set(operations.get() + 1);
        collisions.set(collisions.get() + u32::from(collides));
    };
    let histories = prop::collection::vec(op(E::WATCH), 0..60);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner.run(&histories, |ops| agrees::<E>(&ops, count)).unwrap_or_else(|error| panic!("{error}"));
    let share = f64::from(collisions.get()) / f64::from(operations.get());
    assert!(share > 0.3, "only {share:.2} of the operations met an entry");
}

#[test]
fn breakpoints_agree_with_a_plain_list() {
    histories_agree::<Breakpoint>();
}

#[test]
fn watchpoints_agree_with_a_plain_list() {
    histories_agree::<Watchpoint>();
}
