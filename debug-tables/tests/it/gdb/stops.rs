//! Which stops are reported, in which order, and as what.

use std::thread;

use debug_tables::gdb::{Request, Stop, WatchKind};
use debug_tables::{Access, Flags};
use rcu_core::sync::{AtomicU64, Ordering};
use rcu_core::{read_lock, synchronize};

use super::{HARDWARE, Machine, PC, SOFTWARE, watch};
use crate::watchdog;

#[test]
fn stops_are_reported_in_the_order_in_which_they_came() {
    let mut machine = Machine::new();
    let (write, other) = (watch(8, 4, WatchKind::Write), Request::Software { pc: PC + 4 });
    for request in [SOFTWARE, other, write] {
        machine.debugger.insert(request).unwrap();
    }
    machine.execute(1, PC);
    machine.access(0, 8, Access::Write);
    machine.execute(0, PC + 4);
    let expected = [(1, SOFTWARE), (0, write), (0, other)];
    assert_eq!(Vec::from_iter(std::iter::from_fn(|| machine.reported())), expected);
}

#[test]
fn an_equal_stop_of_the_same_cpu_is_pending_once() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    for cpu in [0, 0, 1, 0] {
        machine.execute(cpu, PC);
    }
    assert_eq!(machine.stops.len(), 2);
}

#[test]
fn a_stop_at_what_was_removed_is_not_reported_and_its_cpu_goes_on() {
    let mut machine = Machine::new();
    let read = watch(8, 4, WatchKind::Read);
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.debugger.insert(read).unwrap();
    machine.execute(0, PC);
    machine.access(1, 8, Access::Read);
    machine.debugger.remove(SOFTWARE).unwrap();
    machine.debugger.remove(read).unwrap();
    assert_eq!(machine.next(), (None, vec![0, 1]));
    assert_eq!(machine.next(), (None, vec![]));
    assert!(machine.stops.is_empty());
}

#[test]
fn stops_of_cpus_that_are_not_meant_stay_though_they_do_not_hold_now() {
    let mut machine = Machine::new();
    let other = Request::Software { pc: PC + 4 };
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.debugger.insert(other).unwrap();
    machine.execute(0, PC);
    machine.execute(1, PC + 4);
    machine.debugger.remove(SOFTWARE).unwrap();
    let section = read_lock();
    let report =
        machine.debugger.next_stop_of(|&cpu| cpu == 1, &machine.stops, &section, |_| panic!("meant"));
    assert_eq!(report.map(|report| (report.cpu, report.request)), Some((1, other)));
    drop(section);
    machine.debugger.insert(SOFTWARE).unwrap();
    assert_eq!(machine.reported(), Some((0, SOFTWARE)));
}

#[test]
fn what_was_removed_directly_is_not_reported_either() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.execute(0, PC);
    machine.execute(1, PC);
    machine.tables[0].breakpoints.remove_all(Flags::GDB);
    let (report, go_on) = machine.next();
    assert_eq!((report.map(|report| report.cpu), go_on), (Some(1), vec![0]));
}

#[test]
fn a_cpu_that_has_another_stop_does_not_go_on() {
    let mut machine = Machine::new();
    let write = watch(8, 4, WatchKind::Write);
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.debugger.insert(write).unwrap();
    machine.access(0, 8, Access::Write);
    machine.execute(0, PC);
    machine.debugger.remove(write).unwrap();
    let (report, go_on) = machine.next();
    assert_eq!((report.map(|report| report.request), go_on), (Some(SOFTWARE), vec![]));
}

#[test]
fn a_stop_holds_again_if_its_breakpoint_is_back() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.execute(0, PC);
    machine.debugger.remove(SOFTWARE).unwrap();
    machine.debugger.insert(HARDWARE).unwrap();
    assert_eq!(machine.reported(), Some((0, HARDWARE)));
}

#[test]
fn a_cpu_that_left_is_neither_reported_nor_told_to_go_on() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.execute(0, PC);
    machine.execute(1, PC);
    machine.set.leave(&0);
    let (report, go_on) = machine.next();
    assert_eq!((report.map(|report| report.cpu), go_on), (Some(1), vec![]));
}

#[test]
fn a_stop_that_was_forgotten_is_not_reported() {
    let mut machine = Machine::new();
    machine.debugger.insert(SOFTWARE).unwrap();
    machine.execute(0, PC);
    machine.execute(1, PC);
    assert_eq!(machine.stops.forget(&0), 1);
    assert_eq!(machine.reported(), Some((1, SOFTWARE)));
}

#[test]
fn the_guests_own_breakpoints_and_watchpoints_are_no_stops_for_the_debugger() {
    let machine = Machine::new();
    machine.tables[0].breakpoints.insert(PC, Flags::CPU).unwrap();
    machine.tables[0].watchpoints.insert(8, 4, Flags::CPU | Flags::MEM_READ).unwrap();
    machine.execute(0, PC);
    machine.access(0, 8, Access::Read);
    assert_eq!(machine.stops.len(), 2);
    assert_eq!(machine.next(), (None, vec![0]));
}

#[test]
fn a_breakpoint_is_reported_as_it_was_asked_for() {
    let mut machine = Machine::new();
    let reported = |machine: &mut Machine| {
        machine.execute(0, PC);
        machine.reported().unwrap().1
    };
    machine.debugger.insert(HARDWARE).unwrap();
    assert_eq!(reported(&mut machine), HARDWARE);
    machine.debugger.insert(SOFTWARE).unwrap();
    assert_eq!(reported(&mut machine), SOFTWARE);
    machine.debugger.remove(SOFTWARE).unwrap();
    assert_eq!(reported(&mut machine), HARDWARE);
}

#[test]
fn a_watchpoint_is_reported_with_the_kind_and_address_that_were_registered() {
    let accesses = [Access::Read, Access::Write];
    for (kind, met_by) in [
        (WatchKind::Read, &accesses[..1]),
        (WatchKind::Write, &accesses[1..]),
        (WatchKind::Access, &accesses[..]),
    ] {
        let mut machine = Machine::new();
        machine.debugger.insert(watch(0x2000, 16, kind)).unwrap();
        for &access in met_by {
            machine.access(1, 0x2008, access);
            let report = machine.next().0.unwrap();
            assert_eq!(report.request, watch(0x2000, 16, kind));
            let Stop::Watchpoint(hit) = report.stop else { panic!("{report:?}") };
            assert_eq!((hit.hit_addr, hit.access), (0x2008, access));
        }
    }
}

#[test]
fn behind_a_watchpoint_that_was_removed_another_one_is_reported_once() {
    let mut machine = Machine::new();
    let (write, access) = (watch(8, 4, WatchKind::Write), watch(0, 32, WatchKind::Access));
    let other = watch(16, 4, WatchKind::Write);
    for request in [access, write, other] {
        machine.debugger.insert(request).unwrap();
    }
    machine.access(0, 8, Access::Write);
    machine.debugger.remove(write).unwrap();
    assert_eq!(machine.reported(), Some((0, access)));
    assert_eq!(machine.reported(), None);
}

#[test]
fn no_stop_at_a_removed_breakpoint_comes_after_a_grace_period() {
    let _watch = watchdog::watch("no_stop_at_a_removed_breakpoint_comes_after_a_grace_period");
    let mut machine = Machine::new();
    for _ in 0..if cfg!(miri) { 4 } else { 200 } {
        machine.debugger.insert(SOFTWARE).unwrap();
        let running = AtomicU64::new(1);
        thread::scope(|s| {
            let (this, running) = (&machine, &running);
            for cpu in 0..2 {
                s.spawn(move || {
                    // Relaxed: nothing is read through it.
                    while running.load(Ordering::Relaxed) == 1 {
                        this.execute(cpu, PC);
                    }
                });
            }
            this.set.remove_all(PC, Flags::GDB).unwrap();
            synchronize();
            this.stops.forget(&0);
            this.stops.forget(&1);
            thread::yield_now();
            assert!(this.stops.is_empty(), "a stop came after the grace period");
            running.store(0, Ordering::Relaxed);
        });
        machine.debugger.remove(SOFTWARE).unwrap();
    }
}

#[test]
#[should_panic(expected = "Stops::push called from the closure of an update")]
fn a_stop_is_not_noted_inside_an_update() {
    let machine = Machine::new();
    machine.tables[0].breakpoints.insert(PC, Flags::GDB).unwrap();
    let met = *machine.tables[0].breakpoints.read(&read_lock()).iter().next().unwrap();
    let _ = machine.set.update_breakpoints(|_, _| {
        machine.stops.push(0, met);
        Ok(())
    });
}
