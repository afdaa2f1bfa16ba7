//! `Kind`: what a look at an access of one kind begins with: bounds, and a filter of the granules that are watched.

use super::filter::Filter;
use super::spans::Spans;

/// An access is looked up by granules of 64 bytes: few cross from one to the next, and a variable is in one.
const GRANULE: u32 = 6;

/// A watchpoint of more granules is wide: a page is not.
const WIDE: u64 = 64;

/// Of the watchpoints for one kind of access, whose spans every change is told: of those for this kind only, and of
/// those for both.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Of no watchpoints, such a range as no access meets.
    lowest: u64,
    highest: u64,
    /// Of the granules. One that another watchpoint has, too, counts as gone with the first of them.
    filter: Filter,
    /// How many granules there are, those of two watchpoints twice, without the wide ones'.
    granules: usize,
    /// How many watchpoints are wide. While there is one, the filter lets everything through.
    wide: usize,
}

impl Kind {
    /// Of none.
    pub const NONE: Self = Self { lowest: u64::MAX, highest: 0, filter: Filter::EMPTY, granules: 0, wide: 0 };

    pub fn of(spans: [&Spans; 2]) -> Self {
        let mut kind = Self::NONE;
        for (first, last) in ranges(spans) {
            kind.count(first, last, 1);
        }
        kind.set_bounds(spans);
        kind.make_filter(spans);
        kind
    }

    /// Two compares, and a look at the filter for each of the one or two granules of an access. What is longer than any
    /// access is let through.
    #[inline(always)]
    pub fn may_meet(&self, first: u64, last: u64) -> bool {
        if last < self.lowest || self.highest < first {
            return false;
        }
        let [low, high] = [first >> GRANULE, last >> GRANULE];
        self.filter.may_have(low)
            || (low != high && (high.wrapping_sub(low) > 1 || self.filter.may_have(high)))
    }

    /// After the insertion of a range.
    pub fn insert(&mut self, first: u64, last: u64, spans: [&Spans; 2]) {
        let was_wide = self.wide > 0;
        self.count(first, last, 1);
        self.set_bounds(spans);
        if was_wide {
            return;
        }
        if self.wide == 0 && self.filter.is_right_for(self.granules) {
            granules(first, last).for_each(|granule| self.filter.insert(granule));
        } else {
            self.make_filter(spans);
        }
    }

    /// After the removal of a range.
    pub fn remove(&mut self, first: u64, last: u64, spans: [&Spans; 2]) {
        self.count(first, last, -1);
        self.set_bounds(spans);
        if self.wide > 0 {
            return;
        }
        // The last wide one leaves a filter that lets everything through.
        if is_wide(first, last) {
            return self.make_filter(spans);
        }
        self.filter.remove(granules(first, last).count());
        if !self.filter.is_right_for(self.granules) {
            self.make_filter(spans);
        }
    }

    fn count(&mut self, first: u64, last: u64, by: isize) {
        if is_wide(first, last) {
            self.wide = self.wide.wrapping_add_signed(by);
        } else {
            let more = granules(first, last).count() as isize;
            self.granules = self.granules.wrapping_add_signed(by * more);
        }
    }

    fn set_bounds(&mut self, spans: [&Spans; 2]) {
        (self.lowest, self.highest) = bounds(spans).unwrap_or((u64::MAX, 0));
    }

    fn make_filter(&mut self, spans: [&Spans; 2]) {
        if self.wide > 0 {
            self.filter = Filter::of_all();
        } else {
            let all = ranges(spans).flat_map(|(first, last)| granules(first, last));
            self.filter.renew(self.granules, all);
        }
    }

    /// Whether it is the one that was made anew, of these spans, if perhaps with a filter of another size, and some that are
    /// gone.
    pub fn is_as_good_as(&self, anew: &Self, spans: [&Spans; 2]) -> bool {
        let all = |kind: &Self| (kind.lowest, kind.highest, kind.granules, kind.wide);
        let filter = if self.wide > 0 {
            self.filter.is_of_all()
        } else {
            self.filter.is_right_for(self.granules)
                && self.filter.is_of(ranges(spans).flat_map(|(first, last)| granules(first, last)))
        };
        all(self) == all(anew) && filter
    }
}

fn is_wide(first: u64, last: u64) -> bool {
    (last >> GRANULE) - (first >> GRANULE) >= WIDE
}

fn granules(first: u64, last: u64) -> impl Iterator<Item = u64> {
    first >> GRANULE..=last >> GRANULE
}

fn ranges(spans: [&Spans; 2]) -> impl Iterator<Item = (u64, u64)> {
    spans.into_iter().flat_map(Spans::iter)
}

/// The lowest and the highest address.
pub fn bounds<'a>(spans: impl IntoIterator<Item = &'a Spans>) -> Option<(u64, u64)> {
    let all = spans.into_iter().filter_map(Spans::bounds);
    all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many watchpoints there are at a time, of so many that come and go.
    const SOME: u64 = 500;
    const ALL: u64 = 50 * SOME;

    /// Each second one is in two granules, and shares the second with the next one.
    fn range(n: u64) -> (u64, u64) {
        let first = (n / 2 * 2 * 64) + if n % 2 == 0 { 60 } else { 64 };
        (first, first + 7)
    }

    fn let_through(kind: &Kind, ns: std::ops::Range<u64>) -> u64 {
        ns.filter(|&n| kind.filter.may_have(range(n).0 >> GRANULE)).count() as u64
    }

    #[test]
    fn bits_of_gone_granules_do_not_pile_up() {
        let mut spans = Spans::of((0..SOME).map(range));
        let mut kind = Kind::of([&spans, &Spans::EMPTY]);
        for n in SOME..ALL {
            let [(first, last), (old_first, old_last)] = [n, n - SOME].map(range);
            spans.insert(first, last);
            kind.insert(first, last, [&spans, &Spans::EMPTY]);
            spans.remove(old_first, old_last);
            kind.remove(old_first, old_last, [&spans, &Spans::EMPTY]);
            assert!(
                n % 100 != 0
                    || kind.is_as_good_as(&Kind::of([&spans, &Spans::EMPTY]), [&spans, &Spans::EMPTY])
            );
        }
        assert_eq!(let_through(&kind, ALL - SOME..ALL), SOME);
        let gone = let_through(&kind, 0..ALL - SOME);
        assert!(gone < ALL / 20, "{gone} of those that are gone");
    }

    #[test]
    fn the_last_wide_one_takes_the_full_filter_with_it() {
        let mut spans = Spans::of([(0, 1 << 20)].into_iter());
        let mut kind = Kind::of([&spans, &Spans::EMPTY]);
        for (first, last) in [range(1), range(2)] {
            spans.insert(first, last);
            kind.insert(first, last, [&spans, &Spans::EMPTY]);
        }
        spans.remove(0, 1 << 20);
        kind.remove(0, 1 << 20, [&spans, &Spans::EMPTY]);
        assert_eq!(
            let_through(&kind, 0..8),
            3,
            "the second of two times 64 bytes is that of the next one, too"
        );
    }
}
