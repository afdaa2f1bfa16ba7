//! The tables as subjects of a history: the operations of the reference list, by the tables' own calls.

use debug_tables::{
    Access, Breakpoint, BreakpointTable, Edit, Entry, Error, Flags, Ref, Table, Watchpoint, WatchpointTable,
};
use proptest::prelude::*;
use rcu_core::read_lock;

use super::{LENGTHS, Op};
use crate::reference::{Item, List};

fn flags(bits: u32) -> Flags {
    Flags::from_bits_retain(bits)
}

fn reference(item: &Item) -> Option<Ref> {
    item.reference.and_then(Ref::new)
}

pub trait Subject: Entry {
    const WATCH: bool;

    fn insert(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error>;
    fn remove(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error>;
    /// By the table's own calls rather than by `update`.
    fn insert_alone(table: &Table<Self>, item: &Item) -> Result<(), Error>;
    fn remove_alone(table: &Table<Self>, item: &Item) -> Result<(), Error>;
    fn item(&self) -> Item;
    fn compare_queries(table: &Table<Self>, list: &List, addr: u64) -> Result<(), TestCaseError>;

    fn items(table: &Table<Self>) -> Vec<Item> {
        table.read(&read_lock()).iter().map(Self::item).collect()
    }

    fn apply(table: &Table<Self>, op: &Op) -> Result<usize, i32> {
        let result = match op {
            Op::Insert(item) => Self::insert_alone(table, item).map(|()| 0),
            Op::Remove(item) => Self::remove_alone(table, item).map(|()| 0),
            Op::RemoveByRef(reference) => table.remove_by_ref(Ref::new(*reference).unwrap()).map(|()| 0),
            Op::RemoveAll(mask) => Ok(table.remove_all(flags(*mask))),
            Op::Inherit(items, mask) => {
                let parent = Table::new();
                for item in items {
                    let _refused = Self::insert_alone(&parent, item);
                }
                Ok(table.inherit(&parent, flags(*mask)))
            }
            Op::Update(ops) => table.update(|edit| ops.iter().map(|op| Self::edit(edit, op)).sum()),
        };
        result.map_err(Error::errno)
    }

    fn edit(edit: &mut Edit<'_, Self>, op: &Op) -> Result<usize, Error> {
        match op {
            Op::Insert(item) => Self::insert(edit, item).map(|()| 0),
            Op::Remove(item) => Self::remove(edit, item).map(|()| 0),
            Op::RemoveByRef(reference) => edit.remove_by_ref(Ref::new(*reference).unwrap()).map(|()| 0),
            Op::RemoveAll(mask) => Ok(edit.remove_all(flags(*mask))),
            Op::Inherit(..) | Op::Update(_) => unreachable!("these are not part of an update"),
        }
    }
}

impl Subject for Breakpoint {
    const WATCH: bool = false;

    fn insert(edit: &mut Edit<'_>, item: &Item) -> Result<(), Error> {
        match reference(item) {
            Some(reference) => edit.insert_with_ref(item.addr, flags(item.flags), reference),
            None => edit.insert(item.addr, flags(item.flags)),
        }
    }

    fn remove(edit: &mut Edit<'_>, item: &Item) -> Result<(), Error> {
        edit.remove(item.addr, flags(item.flags))
    }

    fn insert_alone(table: &BreakpointTable, item: &Item) -> Result<(), Error> {
        match reference(item) {
            Some(reference) => table.insert_with_ref(item.addr, flags(item.flags), reference),
            None => table.insert(item.addr, flags(item.flags)),
        }
    }

    fn remove_alone(table: &BreakpointTable, item: &Item) -> Result<(), Error> {
        table.remove(item.addr, flags(item.flags))
    }

    fn item(&self) -> Item {
        self.into()
    }

    fn compare_queries(table: &BreakpointTable, list: &List, addr: u64) -> Result<(), TestCaseError> {
        let section = read_lock();
        let breakpoints = table.read(&section);
        for mask in [0x10, 0x20, 0x30, 0, 1] {
            let expected = list.first_match(addr, mask);
            prop_assert_eq!(breakpoints.first_match(addr, flags(mask)).map(Self::item), expected.copied());
            prop_assert_eq!(table.test(&section, addr, flags(mask)), expected.is_some());
        }
        for last in super::ADDRESSES {
            prop_assert_eq!(breakpoints.any_in(addr..=last), list.any_in(addr, last));
        }
        Ok(())
    }
}

impl Subject for Watchpoint {
    const WATCH: bool = true;

    fn insert(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error> {
        match reference(item) {
            Some(reference) => edit.insert_with_ref(item.addr, item.len, flags(item.flags), reference),
            None => edit.insert(item.addr, item.len, flags(item.flags)),
        }
    }

    fn remove(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error> {
        edit.remove(item.addr, item.len, flags(item.flags))
    }

    fn insert_alone(table: &WatchpointTable, item: &Item) -> Result<(), Error> {
        match reference(item) {
            Some(reference) => table.insert_with_ref(item.addr, item.len, flags(item.flags), reference),
            None => table.insert(item.addr, item.len, flags(item.flags)),
        }
    }

    fn remove_alone(table: &WatchpointTable, item: &Item) -> Result<(), Error> {
        table.remove(item.addr, item.len, flags(item.flags))
    }

    fn item(&self) -> Item {
        self.into()
    }

    fn compare_queries(table: &WatchpointTable, list: &List, addr: u64) -> Result<(), TestCaseError> {
        let section = read_lock();
        for len in LENGTHS {
            prop_assert_eq!(table.matches(&section, addr, len).bits(), list.matches(addr, len));
            for access in [Access::Read, Access::Write] {
                let hit = table.check(&section, addr, len, access, |watchpoint| watchpoint.addr() & 1 == 0);
                let expected = list.check(addr, len, access.flags().bits(), |addr| addr & 1 == 0);
                prop_assert_eq!(hit.map(|hit| (hit.watchpoint.item(), hit.hit_addr)), expected);
            }
        }
        for last in super::ADDRESSES {
            prop_assert_eq!(table.read(&section).any_in(addr..=last), list.any_in(addr, last));
        }
        Ok(())
    }
}
