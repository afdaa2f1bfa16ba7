//! What a thread may do inside a section of its own, and what it may keep: it updates the table that it reads, and takes a
//! hit along.

use debug_tables::{Access, Flags, Hit, Table, Watchpoint};
use rcu_core::Domain;
use rcu_core::sync::{Arc, model};

use super::{Breakpoints, MOVED, fill};
use crate::arrays;
use crate::run::{Extent, Model, reach, reader};

const HIT: &str = "the access was a hit";
const MISSED: &str = "the watchpoint was gone";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 10,729 executions, 0.9 s; membarrier: 48,962, 4.2 s.
    Model {
        name: "table/update-inside",
        shows: "an update in a section of the same thread leaves alone what that section has read, until it ends",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(5); 2],
        long: false,
        outcomes: &[],
        run: update_inside,
    },
    // fence: 12,818 executions, 1.4 s; membarrier: 25,980, 2.8 s.
    Model {
        name: "table/hit",
        shows: "a hit stays as it was when its watchpoint is removed, and keeps no snapshot",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[HIT, MISSED],
        run: hit,
    },
];

fn update_inside() {
    arrays::watch(true);
    model::as_reader();
    let domain = Domain::new();
    let handle = domain.reader();
    let table = Breakpoints::new_in(&domain);
    fill(&table);
    let section = handle.read_lock();
    let snapshot = table.read(&section);
    table.insert(MOVED, Flags::GDB).unwrap();
    assert!(table.test(&section, MOVED, Flags::ANY), "the section does not see its own update");
    arrays::look(snapshot.iter().as_slice());
    assert!(!snapshot.test(MOVED, Flags::ANY), "a snapshot changed");
    drop(section);
}

const ADDR: u64 = 0x3000;
const WRITE: Flags = Flags::GDB.union(Flags::MEM_WRITE);

/// As many as make an array that is watched.
const WATCHPOINTS: u64 = 17;

fn hit() {
    arrays::watch(true);
    let domain = Domain::new();
    let handle = domain.reader();
    let table = Arc::new(Table::<Watchpoint, Domain>::new_in(&domain));
    let watchpoints = (0..WATCHPOINTS).map(|index| ADDR + 8 * index);
    table.update(|edit| watchpoints.into_iter().try_for_each(|addr| edit.insert(addr, 8, WRITE))).unwrap();
    let read = Arc::clone(&table);
    let reader = reader(move || {
        let section = handle.read_lock();
        let snapshot = read.read(&section);
        arrays::look(snapshot.iter().as_slice());
        let hit = snapshot.check(ADDR + 4, 8, Access::Write, |_| true);
        drop(section);
        (handle, hit)
    });
    assert_eq!(table.remove_all(Flags::GDB), WATCHPOINTS as usize);
    let (handle, hit) = reader.join().unwrap();
    drop(handle);
    let Some(Hit { watchpoint, hit_addr, access, .. }) = hit else { return reach(MISSED) };
    reach(HIT);
    assert_eq!((hit_addr, access), (watchpoint.addr().max(ADDR + 4), Access::Write));
    assert_eq!((watchpoint.len(), watchpoint.flags()), (8, WRITE));
}
