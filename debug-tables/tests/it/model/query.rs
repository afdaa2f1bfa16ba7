//! What can be asked of a table, the list's answer to it, and what is worth asking near an address.

use debug_tables::Access;

use super::{Item, List};

#[derive(Clone, Copy, Debug)]
pub enum Query {
    Entries,
    /// Of breakpoints: by address and mask.
    Test(u64, u32),
    First(u64, u32),
    /// Of watchpoints: by address and length.
    Matches(u64, u64),
    Check(u64, u64, Access),
    /// By the first address and the last.
    Any(u64, u64),
    ByRef(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Entries(Vec<Item>),
    Entry(Option<Item>),
    Yes(bool),
    Flags(u32),
    /// With the address that was hit, and what the architecture was asked about, in order.
    Hit(Option<(Item, u64)>, Vec<Item>),
}

impl Answer {
    /// Whether something was found.
    pub fn is_hit(&self) -> bool {
        match self {
            Self::Entries(items) => !items.is_empty(),
            Self::Entry(found) => found.is_some(),
            Self::Yes(yes) => *yes,
            Self::Flags(flags) => *flags != 0,
            Self::Hit(hit, _) => hit.is_some(),
        }
    }
}

/// What the architecture of these CPUs thinks of a watchpoint of theirs.
pub fn arch(item: &Item) -> bool {
    item.addr.count_ones() % 2 == 0
}

impl List {
    pub fn ask(&self, query: &Query) -> Answer {
        match *query {
            Query::Entries => Answer::Entries(self.items.clone()),
            Query::Test(pc, mask) => Answer::Yes(self.first_match(pc, mask).is_some()),
            Query::First(pc, mask) => Answer::Entry(self.first_match(pc, mask).copied()),
            Query::Matches(addr, len) => Answer::Flags(self.matches(addr, len)),
            Query::Check(addr, len, access) => {
                let mut asked = Vec::new();
                let hit = self.check(addr, len, access.flags().bits(), |item| {
                    asked.push(*item);
                    arch(item)
                });
                Answer::Hit(hit, asked)
            }
            Query::Any(first, last) => Answer::Yes(self.any_in(first, last)),
            Query::ByRef(reference) => Answer::Entry(self.get_by_ref(reference).copied()),
        }
    }
}

/// Asks for the address itself, its granule of 64 bytes, its page, and all that is below or above.
pub fn near(watch: bool, addr: u64, mut ask: impl FnMut(Query)) {
    let (granule, page) = (addr & !63, addr & !0xfff);
    for (first, last) in [
        (addr, addr),
        (granule, granule | 63),
        (page, page | 0xfff),
        (0, addr),
        (addr, u64::MAX),
        (addr, addr.wrapping_sub(1)),
    ] {
        ask(Query::Any(first, last));
    }
    if watch {
        for (addr, len) in
            [(addr, 0), (addr, 1), (addr, 8), (granule, 64), (page, 0x1000), (addr, 65), (addr, u64::MAX)]
        {
            ask(Query::Matches(addr, len));
            ask(Query::Check(addr, len, Access::Read));
            ask(Query::Check(addr, len, Access::Write));
        }
    } else {
        for mask in [0x10, 0x20, 0x30, 0x01, 0, 0x1f7] {
            ask(Query::Test(addr, mask));
            ask(Query::First(addr, mask));
        }
    }
}
