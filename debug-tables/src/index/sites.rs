//! `Sites`: the index of breakpoints. Every address that has some, once, in order.

use super::filter::Filter;
use super::{Index, Mark};
use crate::array::Array;
use crate::flags::Flags;

/// See the module.
#[derive(Clone, Debug)]
pub struct Sites {
    filter: Filter,
    sorted: Array<Site>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Site {
    pc: u64,
    /// Of all breakpoints at this address together.
    flags: Flags,
    /// How many these are.
    entries: u32,
}

impl Sites {
    /// Whether there may be a breakpoint at `pc`. No is certain.
    #[inline(always)]
    pub fn may_have(&self, pc: u64) -> bool {
        self.filter.may_have(pc)
    }

    /// The flags of all breakpoints at `pc` together.
    pub fn flags(&self, pc: u64) -> Flags {
        self.find(pc).map_or(Flags::empty(), |at| self.sorted[at].flags)
    }

    /// Where the site is, or where it would be.
    fn find(&self, pc: u64) -> Result<usize, usize> {
        self.sorted.binary_search_by_key(&pc, |site| site.pc)
    }

    fn renew_filter(&mut self) {
        self.filter.renew(self.sorted.len(), pcs(&self.sorted));
    }
}

fn pcs(sites: &[Site]) -> impl Iterator<Item = u64> {
    sites.iter().map(|site| site.pc)
}

fn site(mark: Mark) -> Site {
    Site { pc: mark.first, flags: mark.flags, entries: 1 }
}

impl Index for Sites {
    const EMPTY: Self = Self { filter: Filter::EMPTY, sorted: Array::EMPTY };

    fn of(marks: impl Iterator<Item = Mark>) -> Self {
        let mut sorted: Vec<Site> = marks.map(site).collect();
        sorted.sort_unstable_by_key(|site| site.pc);
        sorted.dedup_by(|next, site| {
            let same = next.pc == site.pc;
            if same {
                site.flags |= next.flags;
                site.entries += 1;
            }
            same
        });
        Self { filter: Filter::of(sorted.len(), pcs(&sorted)), sorted: Array::new(sorted) }
    }

    fn insert(&mut self, mark: Mark) {
        match self.find(mark.first) {
            Ok(at) => {
                let site = &mut self.sorted.as_mut()[at];
                site.flags |= mark.flags;
                site.entries += 1;
            }
            Err(at) => {
                self.sorted.insert(at, site(mark));
                if self.filter.is_right_for(self.sorted.len()) {
                    self.filter.insert(mark.first);
                } else {
                    self.renew_filter();
                }
            }
        }
    }

    fn remove(&mut self, mark: Mark, rest: impl Iterator<Item = Mark>) {
        let pc = mark.first;
        let at = self.find(pc).expect("every breakpoint has a site");
        if self.sorted[at].entries > 1 {
            let site = &mut self.sorted.as_mut()[at];
            site.entries -= 1;
            // Which of the flags others have, only they can tell.
            site.flags = rest
                .filter(|other| other.first == pc)
                .take(site.entries as usize)
                .fold(Flags::empty(), |flags, other| flags | other.flags);
            return;
        }
        self.sorted.remove(at);
        self.filter.remove(1);
        if !self.filter.is_right_for(self.sorted.len()) {
            self.renew_filter();
        }
    }

    fn trim(&mut self) {
        self.sorted.trim();
    }

    fn any_in(&self, first: u64, last: u64) -> bool {
        let at = self.sorted.partition_point(|site| site.pc < first);
        self.sorted.get(at).is_some_and(|site| site.pc <= last)
    }

    fn bounds(&self) -> Option<(u64, u64)> {
        Some((self.sorted.first()?.pc, self.sorted.last()?.pc))
    }

    fn is_of(&self, marks: impl Iterator<Item = Mark> + Clone) -> bool {
        let sorted = Self::of(marks).sorted;
        self.sorted == sorted && self.filter.is_of(pcs(&sorted)) && self.filter.is_right_for(sorted.len())
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    #[test]
    fn bits_of_gone_addresses_do_not_pile_up() {
        /// How many there are at a time, of so many that come and go.
        const SOME: u64 = 1000;
        const ALL: u64 = 100 * SOME;

        let mark = |n: u64| Mark { first: n * 8, last: n * 8, flags: Flags::GDB };
        let mut sites = Sites::of((0..SOME).map(mark));
        for n in SOME..ALL {
            sites.insert(mark(n));
            sites.remove(mark(n - SOME), iter::empty());
            assert!(sites.filter.is_right_for(SOME as usize));
        }
        assert!((ALL - SOME..ALL).all(|n| sites.may_have(n * 8)));
        let let_through = (0..ALL - SOME).filter(|n| sites.may_have(n * 8)).count() as u64;
        assert!(let_through < ALL / 20, "{let_through} of those that are gone");
    }
}
