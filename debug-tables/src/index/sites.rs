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

    fn filter_of(sorted: &[Site]) -> Filter {
        Filter::of(sorted.len(), pcs(sorted))
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
        Self { filter: Self::filter_of(&sorted), sorted: Array::new(sorted) }
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
                    self.filter = Self::filter_of(&self.sorted);
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
        if self.filter.is_right_for(self.sorted.len()) {
            self.filter.remove(pc, pcs(&self.sorted));
        } else {
            self.filter = Self::filter_of(&self.sorted);
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
