//! `update`: many changes, one publication, all or nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use debug_tables::{Breakpoint, BreakpointTable, Error, Flags, WatchpointTable};
use rcu_core::read_lock;

use crate::order::{pcs, reference};
use crate::publication::{logged, taken};

fn table_of_four() -> BreakpointTable {
    let table = BreakpointTable::new();
    table.insert(1, Flags::GDB).unwrap();
    table.insert_with_ref(2, Flags::CPU, reference(2)).unwrap();
    table.insert(3, Flags::CPU).unwrap();
    table.insert(4, Flags::empty()).unwrap();
    table
}

#[test]
fn many_changes_are_one_publication() {
    let (table, log) = logged::<Breakpoint>();
    let generation = table.generation();
    let len = table.update(|edit| {
        edit.insert(1, Flags::GDB)?;
        edit.insert(2, Flags::GDB)?;
        edit.remove(1, Flags::GDB)?;
        Ok(edit.len())
    });
    assert_eq!(len, Ok(1));
    assert_eq!(pcs(&table), [2]);
    assert_eq!(table.generation(), generation + 1);
    assert_eq!(taken(&log), [1..=1, 2..=2, 1..=1]);
}

#[test]
fn an_edit_shows_the_entries_as_edited_and_the_table_those_before() {
    let table = table_of_four();
    table
        .update(|edit| {
            edit.remove_by_ref(reference(2))?;
            edit.insert(5, Flags::GDB)?;
            assert!(edit.test(5, Flags::GDB) && edit.get_by_ref(reference(2)).is_none());
            assert_eq!(pcs(&table), [1, 2, 3, 4]);
            Ok(())
        })
        .unwrap();
    assert_eq!(pcs(&table), [5, 1, 3, 4]);
}

#[test]
fn an_error_takes_every_kind_of_change_back() {
    let table = table_of_four();
    let generation = table.generation();
    let result = table.update(|edit| {
        edit.insert(5, Flags::GDB)?;
        edit.insert_with_ref(6, Flags::CPU, reference(2))?;
        edit.insert_with_ref(7, Flags::GDB, reference(2))?;
        edit.remove(3, Flags::CPU)?;
        assert_eq!(edit.remove_all(Flags::GDB), 3);
        edit.insert_with_ref(8, Flags::CPU, reference(8))?;
        edit.remove(9, Flags::GDB)
    });
    assert_eq!(result, Err(Error::NotFound));
    assert_eq!(table.generation(), generation);
    assert_eq!(pcs(&table), [1, 2, 3, 4]);
    // What the next update copies is what was published, too.
    table.insert(0, Flags::GDB).unwrap();
    assert_eq!(pcs(&table), [0, 1, 2, 3, 4]);
    assert_eq!(table.get_by_ref(&read_lock(), reference(2)).unwrap().pc(), 2);
}

#[test]
fn a_panic_takes_the_changes_back() {
    let table = table_of_four();
    let update = AssertUnwindSafe(|| {
        table.update(|edit| -> Result<(), Error> {
            edit.remove_all(Flags::ANY);
            panic!("as told")
        })
    });
    assert!(catch_unwind(update).is_err());
    table.insert(5, Flags::CPU).unwrap();
    assert_eq!(pcs(&table), [1, 2, 3, 4, 5]);
}

#[test]
fn watchpoints_are_edited_alike() {
    let table = WatchpointTable::new();
    table.insert_with_ref(8, 8, Flags::CPU | Flags::MEM_READ, reference(1)).unwrap();
    let result = table.update(|edit| {
        edit.insert_with_ref(16, 4, Flags::CPU | Flags::MEM_READ, reference(1))?;
        edit.insert(24, 8, Flags::GDB)?;
        assert_eq!(edit.matches(16, 16), Flags::ANY | Flags::MEM_READ);
        edit.insert(32, 0, Flags::GDB)
    });
    assert_eq!(result, Err(Error::EmptyRange));
    assert_eq!(table.read(&read_lock()).iter().map(|w| w.range()).collect::<Vec<_>>(), [8..=15]);
}

#[test]
fn a_table_can_be_updated_from_inside_a_section() {
    let table = table_of_four();
    std::thread::scope(|scope| {
        for base in [100, 200] {
            let table = &table;
            scope.spawn(move || {
                let section = read_lock();
                let before = table.read(&section);
                for pc in base..base + 50 {
                    table.insert(pc, Flags::CPU).unwrap();
                    assert!(table.test(&section, pc, Flags::CPU));
                }
                assert!(!before.test(base + 49, Flags::CPU), "a snapshot does not change");
            });
        }
    });
    assert_eq!(pcs(&table).len(), 104);
}
