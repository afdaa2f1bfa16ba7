//! The tables as subjects: the operations and queries of the list, by the crate's own calls.

use debug_tables::{Breakpoint, Edit, Entry, Error, Flags, Ref, Snapshot, Table, TableSet, Watchpoint};
use rcu_core::ReadGuard;

use super::query::arch;
use super::{Answer, Item, List, Op, Query};

pub fn flags(bits: u32) -> Flags {
    Flags::from_bits_retain(bits)
}

fn reference(number: u64) -> Ref {
    Ref::new(number).unwrap()
}

type Done = Result<usize, Error>;

pub trait Subject: Entry {
    const WATCH: bool;

    fn item(&self) -> Item;
    fn insert(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error>;
    fn remove(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error>;
    /// By the table's own calls rather than by `update`.
    fn insert_alone(table: &Table<Self>, item: &Item) -> Result<(), Error>;
    fn remove_alone(table: &Table<Self>, item: &Item) -> Result<(), Error>;
    /// By the set's own call; the item has no reference.
    fn insert_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error>;
    fn remove_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error>;
    fn update_everywhere<K: Ord + Clone>(
        set: &TableSet<K>,
        f: impl FnMut(&K, &mut Edit<'_, Self>) -> Result<(), Error>,
    ) -> Result<(), Error>;
    fn ask(snapshot: &Snapshot<Self>, query: &Query) -> Answer;
    /// By the table's own calls where it has them.
    fn ask_table(table: &Table<Self>, section: &ReadGuard<'_>, query: &Query) -> Answer;

    fn list(snapshot: &Snapshot<Self>) -> List {
        List { watch: Self::WATCH, items: snapshot.iter().map(Self::item).collect() }
    }

    fn apply(table: &Table<Self>, op: &Op) -> Done {
        match op {
            Op::Insert(item) => Self::insert_alone(table, item).map(|()| 0),
            Op::Remove(item) => Self::remove_alone(table, item).map(|()| 0),
            Op::RemoveByRef(number) => table.remove_by_ref(reference(*number)).map(|()| 0),
            Op::RemoveAll(mask) => Ok(table.remove_all(flags(*mask))),
        }
    }

    fn edit(edit: &mut Edit<'_, Self>, op: &Op) -> Done {
        match op {
            Op::Insert(item) => Self::insert(edit, item).map(|()| 0),
            Op::Remove(item) => Self::remove(edit, item).map(|()| 0),
            Op::RemoveByRef(number) => edit.remove_by_ref(reference(*number)).map(|()| 0),
            Op::RemoveAll(mask) => Ok(edit.remove_all(flags(*mask))),
        }
    }

    /// What is the same of both kinds.
    fn ask_either(snapshot: &Snapshot<Self>, query: &Query) -> Answer {
        match *query {
            Query::Entries => {
                assert_eq!(snapshot.len(), snapshot.iter().len());
                assert_eq!(snapshot.is_empty(), snapshot.iter().next().is_none());
                Answer::Entries(snapshot.iter().map(Self::item).collect())
            }
            Query::Any(first, last) => {
                let any = snapshot.any_in(first..=last);
                assert!(
                    !any || snapshot.may_overlap(first..=last),
                    "a look at {first:#x}..={last:#x} says no"
                );
                Answer::Yes(any)
            }
            Query::ByRef(number) => Answer::Entry(snapshot.get_by_ref(reference(number)).map(Self::item)),
            _ => panic!("a query of the other kind"),
        }
    }
}

impl Subject for Breakpoint {
    const WATCH: bool = false;

    fn item(&self) -> Item {
        self.into()
    }

    fn insert(edit: &mut Edit<'_>, item: &Item) -> Result<(), Error> {
        match item.reference {
            Some(number) => edit.insert_with_ref(item.addr, flags(item.flags), reference(number)),
            None => edit.insert(item.addr, flags(item.flags)),
        }
    }

    fn remove(edit: &mut Edit<'_>, item: &Item) -> Result<(), Error> {
        edit.remove(item.addr, flags(item.flags))
    }

    fn insert_alone(table: &Table<Self>, item: &Item) -> Result<(), Error> {
        match item.reference {
            Some(number) => table.insert_with_ref(item.addr, flags(item.flags), reference(number)),
            None => table.insert(item.addr, flags(item.flags)),
        }
    }

    fn remove_alone(table: &Table<Self>, item: &Item) -> Result<(), Error> {
        table.remove(item.addr, flags(item.flags))
    }

    fn insert_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error> {
        set.insert_all(item.addr, flags(item.flags))
    }

    fn remove_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error> {
        set.remove_all(item.addr, flags(item.flags))
    }

    fn update_everywhere<K: Ord + Clone>(
        set: &TableSet<K>,
        f: impl FnMut(&K, &mut Edit<'_, Self>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        set.update_breakpoints(f)
    }

    fn ask(snapshot: &Snapshot<Self>, query: &Query) -> Answer {
        match *query {
            Query::Test(pc, mask) => Answer::Yes(snapshot.test(pc, flags(mask))),
            Query::First(pc, mask) => Answer::Entry(snapshot.first_match(pc, flags(mask)).map(Self::item)),
            _ => Self::ask_either(snapshot, query),
        }
    }

    fn ask_table(table: &Table<Self>, section: &ReadGuard<'_>, query: &Query) -> Answer {
        match *query {
            Query::Test(pc, mask) => Answer::Yes(table.test(section, pc, flags(mask))),
            Query::ByRef(number) => {
                Answer::Entry(table.get_by_ref(section, reference(number)).map(Self::item))
            }
            _ => Self::ask(table.read(section), query),
        }
    }
}

impl Subject for Watchpoint {
    const WATCH: bool = true;

    fn item(&self) -> Item {
        self.into()
    }

    fn insert(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error> {
        match item.reference {
            Some(number) => edit.insert_with_ref(item.addr, item.len, flags(item.flags), reference(number)),
            None => edit.insert(item.addr, item.len, flags(item.flags)),
        }
    }

    fn remove(edit: &mut Edit<'_, Self>, item: &Item) -> Result<(), Error> {
        edit.remove(item.addr, item.len, flags(item.flags))
    }

    fn insert_alone(table: &Table<Self>, item: &Item) -> Result<(), Error> {
        match item.reference {
            Some(number) => table.insert_with_ref(item.addr, item.len, flags(item.flags), reference(number)),
            None => table.insert(item.addr, item.len, flags(item.flags)),
        }
    }

    fn remove_alone(table: &Table<Self>, item: &Item) -> Result<(), Error> {
        table.remove(item.addr, item.len, flags(item.flags))
    }

    fn insert_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error> {
        set.watch_all(item.addr, item.len, flags(item.flags))
    }

    fn remove_everywhere<K: Ord + Clone>(set: &TableSet<K>, item: &Item) -> Result<(), Error> {
        set.unwatch_all(item.addr, item.len, flags(item.flags))
    }

    fn update_everywhere<K: Ord + Clone>(
        set: &TableSet<K>,
        f: impl FnMut(&K, &mut Edit<'_, Self>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        set.update_watchpoints(f)
    }

    fn ask(snapshot: &Snapshot<Self>, query: &Query) -> Answer {
        match *query {
            Query::Matches(addr, len) => Answer::Flags(snapshot.matches(addr, len).bits()),
            Query::Check(addr, len, access) => {
                let mut asked = Vec::new();
                let hit = snapshot.check(addr, len, access, |watchpoint| {
                    asked.push(watchpoint.item());
                    arch(&watchpoint.item())
                });
                assert!(hit.is_none_or(|hit| hit.access == access && hit.attrs == 0));
                Answer::Hit(hit.map(|hit| (hit.watchpoint.item(), hit.hit_addr)), asked)
            }
            _ => Self::ask_either(snapshot, query),
        }
    }

    fn ask_table(table: &Table<Self>, section: &ReadGuard<'_>, query: &Query) -> Answer {
        match *query {
            Query::Matches(addr, len) => Answer::Flags(table.matches(section, addr, len).bits()),
            Query::Check(addr, len, access) => {
                let mut asked = Vec::new();
                let hit = table.check(section, addr, len, access, |watchpoint| {
                    asked.push(watchpoint.item());
                    arch(&watchpoint.item())
                });
                Answer::Hit(hit.map(|hit| (hit.watchpoint.item(), hit.hit_addr)), asked)
            }
            Query::ByRef(number) => {
                Answer::Entry(table.get_by_ref(section, reference(number)).map(Self::item))
            }
            _ => Self::ask(table.read(section), query),
        }
    }
}
