//! What a thread may do inside a section of its own, and what it may keep: it updates the table that it reads, and takes a
//! hit along.

use debug_tables::{Access, Flags, Hit, Table, Watchpoint};
use rcu_core::sync::{Arc, model};
use rcu_core::{Domain, Reader};

use super::{Breakpoints, MOVED, Server, fill};
use crate::arrays;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, reach, reader};

const HIT: &str = "the access was a hit";
const MISSED: &str = "the watchpoint was gone";
const TAKEN: &str = "the old snapshot was freed while its reader ran";
const LEFT: &str = "the old snapshot was left for later";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "table/update-inside",
        shows: "an update in a section of the same thread leaves alone what that section has read, until it ends",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(5); 2],
        covered_by: &["table/update-inside-beside-server", "handover/last-handle"],
        long: &[Mode::Membarrier],
        outcomes: &[],
        run: update_inside,
    },
    Model {
        name: "table/update-inside-beside-server",
        shows: "as update-inside, where the main thread runs the callbacks while another updates in its section",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[Mode::Membarrier],
        outcomes: &[TAKEN, LEFT],
        run: update_inside_beside_server,
    },
    Model {
        name: "table/hit",
        shows: "a hit stays as it was when its watchpoint is removed, and keeps no snapshot",
        threads: 3,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["table/self-served-hit", "handover/last-handle"],
        long: &[Mode::Membarrier],
        outcomes: &[HIT, MISSED],
        run: || hit(Server::Thread),
    },
    Model {
        name: "table/self-served-hit",
        shows: "as hit, where the updater runs the callback itself",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &Mode::ALL,
        outcomes: &[HIT, MISSED],
        run: || hit(Server::Updater),
    },
];

fn update_inside() {
    arrays::watch(true);
    model::as_reader();
    let domain = Domain::new();
    let table = Breakpoints::new_in(&domain);
    fill(&table);
    update_in_section(&domain.reader(), &table);
}

fn update_inside_beside_server() {
    arrays::watch(true);
    let domain = Server::Updater.domain();
    let handle = domain.reader();
    let table = Arc::new(Breakpoints::new_in(&domain));
    fill(&table);
    let updated = Arc::clone(&table);
    let reader = reader(move || {
        update_in_section(&handle, &updated);
        handle
    });
    domain.run_callbacks();
    reach(if domain.stats().callbacks_run == 0 { LEFT } else { TAKEN });
    let handle = reader.join().unwrap();
    domain.run_callbacks();
    drop(handle);
}

fn update_in_section(handle: &Reader<Domain>, table: &Breakpoints) {
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

fn hit(by: Server) {
    arrays::watch(true);
    let domain = by.domain();
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
    by.run_callbacks(&domain);
    let (handle, hit) = reader.join().unwrap();
    drop(handle);
    let Some(Hit { watchpoint, hit_addr, access, .. }) = hit else { return reach(MISSED) };
    reach(HIT);
    assert_eq!((hit_addr, access), (watchpoint.addr().max(ADDR + 4), Access::Write));
    assert_eq!((watchpoint.len(), watchpoint.flags()), (8, WRITE));
}
