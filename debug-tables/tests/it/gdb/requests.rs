//! What `Z` and `z` packets do to tables.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use debug_tables::gdb::{Debugger, Request, WatchKind};
use debug_tables::{BreakpointTable, CpuTables, Error, Flags, TableSet};
use rcu_core::read_lock;
use rcu_core::sync::{AtomicU64, Ordering};

use super::{HARDWARE, Machine, PC, SOFTWARE, watch};
use crate::order::pcs;

fn watched(tables: &CpuTables) -> Vec<(u64, u64, Flags)> {
    let section = read_lock();
    let entries = tables.watchpoints.read(&section).iter();
    entries.map(|entry| (entry.addr(), entry.len(), entry.flags())).collect()
}

fn generations(machine: &Machine) -> Vec<(u64, u64)> {
    let tables = machine.tables.iter();
    tables.map(|tables| (tables.breakpoints.generation(), tables.watchpoints.generation())).collect()
}

#[test]
fn each_packet_becomes_the_entry_of_its_number() {
    let kinds = [
        (2, WatchKind::Write, Flags::MEM_WRITE),
        (3, WatchKind::Read, Flags::MEM_READ),
        (4, WatchKind::Access, Flags::MEM_ACCESS),
    ];
    for (number, kind, flags) in kinds {
        let mut machine = Machine::new();
        let request = Request::from_packet(number, 8, 4).unwrap();
        assert_eq!(request, watch(8, 4, kind));
        machine.debugger.insert(request).unwrap();
        for tables in &machine.tables {
            assert_eq!(watched(tables), [(8, 4, Flags::GDB | flags)]);
        }
        machine.debugger.remove(request).unwrap();
        assert!(machine.tables.iter().all(|tables| watched(tables).is_empty()));
    }
    for (number, request) in [(0, SOFTWARE), (1, HARDWARE)] {
        let mut machine = Machine::new();
        assert_eq!(Request::from_packet(number, PC, 4), Some(request));
        machine.debugger.insert(request).unwrap();
        assert!(machine.tables.iter().all(|tables| pcs(&tables.breakpoints) == [PC]));
        assert!(machine.tables[0].breakpoints.test(&read_lock(), PC, Flags::GDB));
        machine.debugger.remove(request).unwrap();
        assert!(machine.tables.iter().all(|tables| pcs(&tables.breakpoints).is_empty()));
    }
    assert!((5..=u8::MAX).all(|number| Request::from_packet(number, PC, 4).is_none()));
}

#[test]
fn a_request_that_is_repeated_publishes_nothing_and_one_removal_withdraws_it() {
    let mut machine = Machine::new();
    let requests = [SOFTWARE, watch(8, 4, WatchKind::Read)];
    for request in requests {
        machine.debugger.insert(request).unwrap();
    }
    let once = generations(&machine);
    for request in requests {
        machine.debugger.insert(request).unwrap();
    }
    assert_eq!(generations(&machine), once);
    for request in requests {
        machine.debugger.remove(request).unwrap();
    }
    for tables in &machine.tables {
        assert_eq!((pcs(&tables.breakpoints), watched(tables)), (vec![], vec![]));
    }
}

#[test]
fn a_removal_of_what_was_not_asked_for_is_not_found() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.debugger.insert(watch(8, 4, WatchKind::Read)).unwrap();
    let before = generations(&machine);
    for other in
        [HARDWARE, watch(8, 4, WatchKind::Access), watch(8, 8, WatchKind::Read), watch(0, 0, WatchKind::Read)]
    {
        assert_eq!(machine.debugger.remove(other), Err(Error::NotFound), "{other:?}");
    }
    assert_eq!(generations(&machine), before);
    machine.debugger.remove(SOFTWARE).unwrap();
    assert_eq!(machine.debugger.remove(SOFTWARE), Err(Error::NotFound));
}

#[test]
fn a_software_and_a_hardware_breakpoint_share_an_entry_until_both_are_withdrawn() {
    for (first, second) in [(SOFTWARE, HARDWARE), (HARDWARE, SOFTWARE)] {
        let mut machine = Machine::new();
        machine.debugger.insert(first).unwrap();
        machine.debugger.insert(second).unwrap();
        assert_eq!(pcs(&machine.tables[1].breakpoints), [PC]);
        machine.debugger.remove(first).unwrap();
        assert_eq!(pcs(&machine.tables[1].breakpoints), [PC]);
        machine.debugger.remove(second).unwrap();
        assert!(pcs(&machine.tables[1].breakpoints).is_empty());
    }
}

#[test]
fn watchpoints_of_one_range_and_two_kinds_are_two() {
    let mut machine = Machine::new();
    machine.debugger.insert(watch(8, 4, WatchKind::Read)).unwrap();
    machine.debugger.insert(watch(8, 4, WatchKind::Write)).unwrap();
    machine.debugger.remove(watch(8, 4, WatchKind::Read)).unwrap();
    assert_eq!(watched(&machine.tables[0]), [(8, 4, Flags::GDB | Flags::MEM_WRITE)]);
}

#[test]
fn a_removal_takes_what_a_cpu_inherited_twice() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.tables[1].breakpoints.inherit(&machine.tables[0].breakpoints, Flags::GDB);
    assert_eq!(pcs(&machine.tables[1].breakpoints), [PC, PC]);
    machine.debugger.remove(SOFTWARE).unwrap();
    assert!(pcs(&machine.tables[1].breakpoints).is_empty());
}

#[test]
fn a_removal_leaves_the_guests_own_breakpoint() {
    let mut machine = Machine::new();
    machine.tables[0].breakpoints.insert(PC, Flags::CPU).unwrap();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.debugger.remove(SOFTWARE).unwrap();
    assert_eq!(pcs(&machine.tables[0].breakpoints), [PC]);
}

#[test]
fn a_cpu_that_joined_with_nothing_refuses_no_removal_and_is_mended_by_the_next_request() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    let late = CpuTables::new();
    machine.set.join(2, late.clone());
    machine.debugger.insert(SOFTWARE).unwrap();
    assert_eq!(pcs(&late.breakpoints), [PC]);
    assert_eq!(pcs(&machine.tables[0].breakpoints), [PC]);

    machine.set.join(3, CpuTables::new());
    machine.debugger.remove(SOFTWARE).unwrap();
    assert!(pcs(&late.breakpoints).is_empty());
}

#[test]
fn a_watchpoint_that_cannot_be_is_refused_and_does_not_stand() {
    let mut machine = Machine::new();
    let before = generations(&machine);
    for (request, error) in [
        (watch(8, 0, WatchKind::Write), Error::EmptyRange),
        (watch(u64::MAX, 2, WatchKind::Write), Error::RangeOverflow),
    ] {
        assert_eq!(machine.debugger.insert(request), Err(error));
        assert_eq!(machine.debugger.remove(request), Err(Error::NotFound));
    }
    assert_eq!(generations(&machine), before);
}

#[test]
fn detaching_withdraws_all_requests_and_leaves_what_is_not_its_own() {
    let mut machine = Machine::new();
    machine.tables[0].breakpoints.insert(PC, Flags::CPU).unwrap();
    machine.tables[0].breakpoints.insert(PC + 4, Flags::GDB).unwrap();
    let requests = [SOFTWARE, HARDWARE, watch(8, 4, WatchKind::Read), watch(8, 4, WatchKind::Write)];
    for request in requests {
        machine.debugger.insert(request).unwrap();
    }
    assert_eq!(machine.debugger.requests().count(), 4);
    let before = generations(&machine);
    assert_eq!(machine.debugger.detach(), 4);
    assert_eq!(generations(&machine)[1], (before[1].0 + 1, before[1].1 + 1));
    assert_eq!(pcs(&machine.tables[0].breakpoints), [PC + 4, PC]);
    assert!(machine.tables.iter().all(|tables| watched(tables).is_empty()));
    assert_eq!(machine.debugger.detach(), 0);
}

#[test]
fn one_cpu_is_debugged_by_its_tables() {
    let tables = CpuTables::new();
    let mut debugger = Debugger::new(tables.clone());
    debugger.insert(SOFTWARE).unwrap();
    assert_eq!(pcs(&tables.breakpoints), [PC]);
    assert_eq!(debugger.detach(), 1);
    assert!(pcs(&tables.breakpoints).is_empty());
}

#[test]
fn chosen_cpus_are_a_second_set_of_the_same_tables() {
    let machine = Machine::new();
    let chosen = Arc::new(TableSet::new());
    chosen.join('b', machine.tables[1].clone());
    let mut debugger = Debugger::new(chosen);
    debugger.insert(SOFTWARE).unwrap();
    assert!(pcs(&machine.tables[0].breakpoints).is_empty());
    assert_eq!(pcs(&machine.tables[1].breakpoints), [PC]);
}

#[test]
fn a_request_whose_hook_panics_stands_and_can_be_withdrawn() {
    let calls = AtomicU64::new(0);
    let table = BreakpointTable::new().with_invalidate(move |_| {
        // Relaxed: one thread.
        assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "the first call panics");
    });
    let tables = CpuTables { breakpoints: Arc::new(table), ..CpuTables::new() };
    let mut debugger = Debugger::new(&tables);
    assert!(catch_unwind(AssertUnwindSafe(|| debugger.insert(SOFTWARE))).is_err());
    assert_eq!(pcs(&tables.breakpoints), [PC]);
    debugger.remove(SOFTWARE).unwrap();
    assert!(pcs(&tables.breakpoints).is_empty());
}
