//! QEMU's tail queue as a plain list, with the arithmetic in 128 bits, and none of the crate's own code but its errors.

use debug_tables::{Breakpoint, Error, Watchpoint};

pub const GDB: u32 = 0x10;
pub const CPU: u32 = 0x20;
const HIT: u32 = 0xc0;
const KNOWN: u32 = 0xf7;

/// An entry of either kind. A breakpoint has length 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub addr: u64,
    pub len: u64,
    pub flags: u32,
    pub reference: Option<u64>,
}

impl Item {
    fn end(&self) -> u128 {
        u128::from(self.addr) + u128::from(self.len)
    }

    /// The last address, of an item that is in a list.
    pub fn last(&self) -> u64 {
        self.addr + (self.len - 1)
    }

    fn overlaps(&self, addr: u64, len: u64) -> bool {
        len > 0 && u128::from(addr) < self.end() && u128::from(self.addr) < u128::from(addr) + u128::from(len)
    }

    pub fn is_gdb(&self) -> bool {
        self.flags & GDB != 0
    }

    pub fn is_cpu(&self) -> bool {
        self.flags & CPU != 0
    }
}

impl From<&Breakpoint> for Item {
    fn from(breakpoint: &Breakpoint) -> Self {
        let reference = breakpoint.reference().map(Into::into);
        Self { addr: breakpoint.pc(), len: 1, flags: breakpoint.flags().bits(), reference }
    }
}

impl From<&Watchpoint> for Item {
    fn from(watchpoint: &Watchpoint) -> Self {
        let reference = watchpoint.reference().map(Into::into);
        Self { addr: watchpoint.addr(), len: watchpoint.len(), flags: watchpoint.flags().bits(), reference }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Whether these are watchpoints.
    pub watch: bool,
    pub items: Vec<Item>,
}

impl List {
    fn stored_flags(&self, flags: u32) -> u32 {
        if self.watch { flags & !HIT } else { flags }
    }

    fn add(&mut self, item: Item) {
        if item.is_gdb() {
            self.items.insert(0, item);
        } else {
            self.items.push(item);
        }
    }

    pub fn insert(&mut self, mut item: Item) -> Result<(), Error> {
        if item.flags & !KNOWN != 0 {
            return Err(Error::UnknownFlags);
        }
        if item.len == 0 {
            return Err(Error::EmptyRange);
        }
        if item.end() > 1 << 64 {
            return Err(Error::RangeOverflow);
        }
        item.flags = self.stored_flags(item.flags);
        let same = |other: &Item| other.reference.is_some() && other.reference == item.reference;
        match self.items.iter().position(same) {
            Some(at) if self.items[at].is_gdb() == item.is_gdb() => self.items[at] = item,
            Some(at) => {
                self.items.remove(at);
                self.add(item);
            }
            None => self.add(item),
        }
        Ok(())
    }

    pub fn remove(&mut self, wanted: Item) -> Result<(), Error> {
        if wanted.flags & !KNOWN != 0 {
            return Err(Error::UnknownFlags);
        }
        let flags = self.stored_flags(wanted.flags);
        let same = |item: &Item| (item.addr, item.len, item.flags) == (wanted.addr, wanted.len, flags);
        let at = self.items.iter().position(same).ok_or(Error::NotFound)?;
        self.items.remove(at);
        Ok(())
    }

    pub fn remove_by_ref(&mut self, reference: u64) -> Result<(), Error> {
        let same = |item: &Item| item.reference == Some(reference);
        let at = self.items.iter().position(same).ok_or(Error::StaleRef)?;
        self.items.remove(at);
        Ok(())
    }

    pub fn remove_all(&mut self, mask: u32) -> usize {
        let before = self.items.len();
        self.items.retain(|item| item.flags & mask == 0);
        before - self.items.len()
    }

    pub fn inherit(&mut self, parent: &Self, mask: u32) -> usize {
        let copied: Vec<Item> = parent.items.iter().filter(|item| item.flags & mask != 0).copied().collect();
        let own: Vec<u64> = self.items.iter().filter_map(|item| item.reference).collect();
        let adopt = |mut item: Item| {
            item.reference = item.reference.filter(|r| mask & CPU != 0 && !own.contains(r));
            item
        };
        let (gdb, others): (Vec<Item>, Vec<Item>) =
            copied.iter().map(|&item| adopt(item)).partition(Item::is_gdb);
        self.items.splice(0..0, gdb);
        self.items.extend(others);
        copied.len()
    }

    pub fn get_by_ref(&self, reference: u64) -> Option<&Item> {
        self.items.iter().find(|item| item.reference == Some(reference))
    }

    pub fn first_match(&self, pc: u64, mask: u32) -> Option<&Item> {
        self.items.iter().find(|item| item.addr == pc && item.flags & mask != 0)
    }

    pub fn matches(&self, addr: u64, len: u64) -> u32 {
        self.items.iter().filter(|item| item.overlaps(addr, len)).fold(0, |flags, item| flags | item.flags)
    }

    /// The first hit, and its address. `arch` has its say in the CPU's own.
    pub fn check(
        &self,
        addr: u64,
        len: u64,
        access: u32,
        mut arch: impl FnMut(&Item) -> bool,
    ) -> Option<(Item, u64)> {
        self.items
            .iter()
            .filter(|item| item.overlaps(addr, len) && item.flags & access != 0)
            .find(|item| !item.is_cpu() || arch(item))
            .map(|&item| (item, addr.max(item.addr)))
    }

    pub fn any_in(&self, first: u64, last: u64) -> bool {
        first <= last && self.items.iter().any(|item| u128::from(first) < item.end() && item.addr <= last)
    }

    /// The ranges of the entries that one list has and the other has not: what an update from one to the other invalidates.
    pub fn ranges_that_differ(&self, other: &Self) -> Vec<(u64, u64)> {
        let missing = |from: &Self, left: &Self| {
            let mut left = left.items.clone();
            let gone = |item: &&Item| match left.iter().position(|other| other == *item) {
                Some(at) => {
                    left.swap_remove(at);
                    false
                }
                None => true,
            };
            from.items.iter().filter(gone).map(|item| (item.addr, item.last())).collect::<Vec<_>>()
        };
        let mut ranges = [missing(self, other), missing(other, self)].concat();
        ranges.sort_unstable();
        ranges.dedup();
        ranges
    }
}
