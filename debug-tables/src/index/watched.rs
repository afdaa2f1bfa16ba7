//! `Watched`: the index of watchpoints. A filter for each kind of access, and spans for each combination of kinds, so that a
//! watchpoint for both kinds, of which both filters know, still is one span.

use super::kind::{Kind, bounds};
use super::spans::Spans;
use super::{Index, Mark};
use crate::flags::Flags;

/// See the module.
#[derive(Clone, Debug)]
pub struct Watched {
    read: Kind,
    write: Kind,
    /// By [`Flags::MEM_ACCESS`] of their watchpoints: for no access at all, for reads, for writes, for both.
    spans: [Spans; 4],
}

impl Watched {
    /// Whether a watchpoint may stop at an access from `first` to `last`, to read if `flags` say so and else to write. No is
    /// certain.
    #[inline(always)]
    pub fn may_stop(&self, first: u64, last: u64, flags: Flags) -> bool {
        let kind = if flags.contains(Flags::MEM_READ) { &self.read } else { &self.write };
        kind.may_meet(first, last)
    }

    /// Whether a watchpoint overlaps `first..=last` and stops at accesses of a kind in `flags`.
    pub fn stops(&self, first: u64, last: u64, flags: Flags) -> bool {
        let with = flags.intersection(Flags::MEM_ACCESS).bits() as usize;
        (1..).zip(&self.spans[1..]).any(|(kinds, spans)| kinds & with != 0 && spans.any_in(first, last))
    }

    /// Whether a watchpoint may overlap `first..=last`. No is certain.
    #[inline(always)]
    pub fn may_overlap(&self, first: u64, last: u64) -> bool {
        self.read.may_meet(first, last) || self.write.may_meet(first, last) || !self.spans[0].is_empty()
    }

    /// Changes what depends on the kinds of access, after the change of the spans.
    fn change_kinds(&mut self, mark: Mark, mut change: impl FnMut(&mut Kind, [&Spans; 2])) {
        let [_, read, write, both] = &self.spans;
        if mark.flags.contains(Flags::MEM_READ) {
            change(&mut self.read, [read, both]);
        }
        if mark.flags.contains(Flags::MEM_WRITE) {
            change(&mut self.write, [write, both]);
        }
    }
}

fn class(mark: Mark) -> usize {
    mark.flags.intersection(Flags::MEM_ACCESS).bits() as usize
}

impl Index for Watched {
    const EMPTY: Self = Self { read: Kind::NONE, write: Kind::NONE, spans: [Spans::EMPTY; 4] };

    fn of(marks: impl Iterator<Item = Mark> + Clone) -> Self {
        let spans = [0, 1, 2, 3].map(|of| {
            Spans::of(marks.clone().filter(|&mark| class(mark) == of).map(|mark| (mark.first, mark.last)))
        });
        let [_, read, write, both] = &spans;
        Self { read: Kind::of([read, both]), write: Kind::of([write, both]), spans }
    }

    fn insert(&mut self, mark: Mark) {
        self.spans[class(mark)].insert(mark.first, mark.last);
        self.change_kinds(mark, |kind, spans| kind.insert(mark.first, mark.last, spans));
    }

    fn remove(&mut self, mark: Mark, _: impl Iterator<Item = Mark>) {
        self.spans[class(mark)].remove(mark.first, mark.last);
        self.change_kinds(mark, |kind, spans| kind.remove(mark.first, mark.last, spans));
    }

    fn trim(&mut self) {
        self.spans.iter_mut().for_each(Spans::trim);
    }

    fn any_in(&self, first: u64, last: u64) -> bool {
        self.spans.iter().any(|spans| spans.any_in(first, last))
    }

    fn bounds(&self) -> Option<(u64, u64)> {
        bounds(&self.spans)
    }

    fn is_of(&self, marks: impl Iterator<Item = Mark> + Clone) -> bool {
        let anew = Self::of(marks);
        let [_, read, write, both] = &anew.spans;
        self.spans == anew.spans
            && self.read.is_as_good_as(&anew.read, [read, both])
            && self.write.is_as_good_as(&anew.write, [write, both])
    }
}
