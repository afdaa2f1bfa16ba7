//! Tables of a domain of one's own.

use debug_tables::{Access, BreakpointTable, CpuTables, Flags, TableSet, WatchpointTable};
use rcu_core::Domain;

#[test]
fn tables_of_a_domain_are_read_in_its_sections() {
    let domain = Domain::new();
    let reader = domain.reader();
    let breakpoints = BreakpointTable::new_in(&domain);
    let watchpoints = WatchpointTable::new_in(&domain);
    breakpoints.insert(8, Flags::GDB).unwrap();
    watchpoints.insert(8, 8, Flags::GDB | Flags::MEM_READ).unwrap();
    let section = reader.read_lock();
    assert!(breakpoints.test(&section, 8, Flags::ANY));
    assert!(watchpoints.check(&section, 8, 1, Access::Read, |_| true).is_some());
    breakpoints.remove_all(Flags::ANY);
    assert!(!breakpoints.test(&section, 8, Flags::ANY));
}

#[test]
#[should_panic(expected = "the section is of another domain")]
fn a_section_of_another_domain_is_refused_even_by_an_empty_table() {
    let table = BreakpointTable::new_in(&Domain::new());
    table.test(&Domain::new().reader().read_lock(), 8, Flags::ANY);
}

#[test]
fn a_table_outlives_the_handle_of_its_domain() {
    let domain = Domain::new();
    let reader = domain.reader();
    let table = BreakpointTable::new_in(&domain);
    drop(domain);
    table.insert(1, Flags::GDB).unwrap();
    table.insert(2, Flags::GDB).unwrap();
    assert_eq!(table.read(&reader.read_lock()).len(), 2);
}

#[test]
fn sets_are_of_a_domain_with_their_tables() {
    let domain = Domain::new();
    let set: TableSet<&str, Domain> = TableSet::new();
    let tables = CpuTables::new_in(&domain);
    set.join("cpu", tables.clone());
    set.insert_all(8, Flags::GDB).unwrap();
    assert!(tables.breakpoints.test(&domain.reader().read_lock(), 8, Flags::GDB));
}
