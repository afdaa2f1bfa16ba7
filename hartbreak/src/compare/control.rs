//! The positive control: that each kind looks where it says it looks.
//!
//! What is measured are checks that meet nothing, and their number is derived from what the harts did. So a kind that
//! looked at the tables of another hart, or not at all, would only seem fast. Before the measurement each kind runs the
//! guest twice with entries that it must meet: a breakpoint at `tick`, and a watchpoint at the hart's own counter, which
//! is at another place for each hart.

use std::sync::{Mutex, RwLock};

use super::measure::{Ended, Granularity, Work, run};
use super::tables::{Entries, Plain, Protection, Quiescent, Rcu, UNMET};
use crate::options::{Kind, Named};
use crate::{Failure, guest};

const CHECK: &str = "compare control";

/// Rounds in which a hart that meets nothing passes all places.
const ROUNDS: u32 = 2;

/// Expects every hart to meet its breakpoint, then its watchpoint, behind each of the kinds that check.
pub fn control(work: &Work<'_>, kinds: &[Kind], granularities: &[Granularity]) -> Result<(), Failure> {
    let work = Work { rounds: ROUNDS, ..*work };
    let (tick, counters) = (work.symbols.tick, work.symbols.counters);
    let counter = |hart: usize| counters + hart as u32 * guest::SLOT;
    let breakpoint = |_| Entries { breakpoint: tick.into(), ..UNMET };
    let watchpoint = |hart| Entries { watchpoint: (counter(hart).into(), 4), ..UNMET };
    for &kind in kinds {
        for &granularity in granularities {
            expect(&work, kind, granularity, &breakpoint, |_| Ended::Breakpoint(tick))?;
            expect(&work, kind, granularity, &watchpoint, |hart| Ended::Watchpoint(counter(hart)))?;
        }
    }
    Ok(())
}

fn expect(
    work: &Work<'_>,
    kind: Kind,
    granularity: Granularity,
    entries: &impl Fn(usize) -> Entries,
    end: impl Fn(usize) -> Ended,
) -> Result<(), Failure> {
    let tables = |error: debug_tables::Error| Failure::new(CHECK, "tables", error.to_string());
    let harts = work.harts as usize;
    let plain = || Plain::new(harts, entries).map_err(tables);
    let ends = match kind {
        Kind::None => return Ok(()),
        Kind::Rcu => ends(work, &Rcu::new(harts, entries).map_err(tables)?, granularity)?,
        Kind::Quiescent => ends(work, &Quiescent(Rcu::new(harts, entries).map_err(tables)?), granularity)?,
        Kind::RwLock => ends(work, &RwLock::new(plain()?), granularity)?,
        Kind::Mutex => ends(work, &Mutex::new(plain()?), granularity)?,
    };
    let expected: Vec<Ended> = (0..harts).map(end).collect();
    Failure::unless_equal(CHECK, &format!("{} by {granularity:?}, harts end", kind.name()), expected, ends)
}

/// How each hart ended.
fn ends<P: Protection>(
    work: &Work<'_>,
    protection: &P,
    granularity: Granularity,
) -> Result<Vec<Ended>, Failure> {
    let ends = run(work, protection, granularity)?;
    Ok(ends.into_iter().map(|end| end.map_or_else(|ended| ended, |_| Ended::MetNothing)).collect())
}
