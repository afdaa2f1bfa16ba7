//! What `rcu-core` is to reach beside its rivals, as ratios of the same run, and whether it does.

use std::fmt::Write as _;

use super::{Row, Spread};

/// A ratio that is to be reached.
#[derive(Clone, Copy, Debug)]
struct Target {
    /// What is compared.
    what: &'static str,
    /// Which ratio is good enough.
    bound: Bound,
    /// The ratio in the rows of one process; none if they do not have it.
    ratio: fn(&Rows<'_>) -> Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("<= {most}"),
            Self::AtLeast(least) => format!(">= {least}"),
        }
    }
}

/// A target, and what was measured of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is compared.
    pub what: &'static str,
    /// Which ratio is good enough.
    pub bound: String,
    /// The ratios of all processes.
    pub ratio: Spread,
    /// Whether the median of the ratios is good enough.
    pub holds: bool,
}

/// The rows of one process.
struct Rows<'a>(Vec<&'a Row>);

impl Rows<'_> {
    /// The least figure of a subject, in the ways and the cases that begin so.
    fn least(&self, job: &str, subject: &str, case: &str, threads: usize) -> Option<f64> {
        self.of(job, subject, "", case, threads, "median").min_by(f64::total_cmp)
    }

    fn of<'s>(
        &'s self,
        job: &'s str,
        subject: &'s str,
        variant: &'s str,
        case: &'s str,
        threads: usize,
        measure: &'s str,
    ) -> impl Iterator<Item = f64> + 's {
        let same = move |row: &&&Row| {
            (row.job.as_str(), row.subject.as_str(), row.threads, row.measure.as_str())
                == (job, subject, threads, measure)
                && row.variant.starts_with(variant)
                && row.case.starts_with(case)
        };
        self.0.iter().filter(same).map(|row| row.value)
    }

    /// The pair of sections entered through the thread, at the better of its places.
    fn pair(&self, threads: usize) -> Option<f64> {
        self.of("read", OURS, "thread", "pair", threads, "median").min_by(f64::total_cmp)
    }

    /// The same of a rival that enters and leaves a section for each load.
    fn pair_of(&self, subject: &str, variant: &str, threads: usize) -> Option<f64> {
        self.of("read", subject, variant, "pair", threads, "median").min_by(f64::total_cmp)
    }

    fn enqueue(&self, threads: usize) -> Option<f64> {
        Some(self.least("enqueue", OURS, "value", threads)? / self.least("enqueue", MEMB, "value", threads)?)
    }

    fn synchronize(&self, job: &str, case: &str, threads: usize) -> Option<f64> {
        Some(self.least(job, OURS, case, threads)? / self.least(job, MEMB, case, threads)?)
    }

    /// The latency of a callback, beside the best of liburcu's.
    fn callback(&self, job: &str) -> Option<f64> {
        Some(self.least(job, OURS, "", 1)? / self.least(job, MEMB, "", 1)?)
    }

    /// How fast values are freed: of who holds a tenth back, or less.
    fn freed(&self, subject: &str) -> Option<f64> {
        let rows = |measure| self.of("retire", subject, "", "", 1, measure);
        let really = rows("freed").zip(rows("held back")).filter(|&(_, held)| held <= 10.0);
        really.map(|(freed, _)| freed).max_by(f64::total_cmp)
    }
}

const OURS: &str = "rcu-core";
const MEMB: &str = "liburcu-memb";

const TARGETS: &[Target] = &[
    Target {
        what: "read pair / liburcu memb inlined",
        bound: Bound::AtMost(0.8),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of(MEMB, "inlined", 1)?),
    },
    Target {
        what: "read pair / crossbeam-epoch through the thread",
        bound: Bound::AtMost(0.12),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of("crossbeam-epoch", "thread", 1)?),
    },
    Target {
        what: "read pair / crossbeam-epoch through a handle",
        bound: Bound::AtMost(0.12),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of("crossbeam-epoch", "handle", 1)?),
    },
    Target {
        what: "read pair / seize",
        bound: Bound::AtMost(0.12),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of("seize", "thread", 1)?),
    },
    Target {
        what: "read pair / kovan",
        bound: Bound::AtMost(0.7),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of("kovan", "", 1)?),
    },
    Target {
        what: "read pair / nesting floor",
        bound: Bound::AtMost(1.5),
        ratio: |rows| Some(rows.pair(1)? / rows.pair_of("floor-nesting", "", 1)?),
    },
    Target {
        what: "liburcu memb inlined here / in a program of its own",
        bound: Bound::AtMost(1.15),
        ratio: |rows| {
            let ratio = rows.pair_of(MEMB, "inlined", 1)? / rows.pair_of(MEMB, "program", 1)?;
            Some(ratio.max(1.0 / ratio))
        },
    },
    Target {
        what: "read pair, 2 threads / 1 thread",
        bound: Bound::AtMost(1.1),
        ratio: |rows| Some(rows.pair(2)? / rows.pair(1)?),
    },
    Target {
        what: "the same / the plain load's",
        bound: Bound::AtMost(1.05),
        ratio: |rows| {
            let floor = rows.pair_of("floor-load", "", 2)? / rows.pair_of("floor-load", "", 1)?;
            Some(rows.pair(2)? / rows.pair(1)? / floor)
        },
    },
    Target {
        what: "read pair beside a flat-out updater / kovan",
        bound: Bound::AtMost(0.5),
        ratio: |rows| Some(beside_updater(rows, OURS, "thread")? / beside_updater(rows, "kovan", "")?),
    },
    Target {
        what: "read pair beside a flat-out updater / crossbeam-epoch through the thread",
        bound: Bound::AtMost(0.1),
        ratio: |rows| {
            Some(beside_updater(rows, OURS, "thread")? / beside_updater(rows, "crossbeam-epoch", "thread")?)
        },
    },
    Target {
        what: "synchronize, one idle / liburcu memb",
        bound: Bound::AtMost(0.5),
        ratio: |rows| rows.synchronize("sync-idle", "one idle", 1),
    },
    Target {
        what: "synchronize, one running / liburcu memb",
        bound: Bound::AtMost(0.6),
        ratio: |rows| rows.synchronize("sync-busy", "1 registered", 1),
    },
    Target {
        what: "8 synchronize at once, one idle: rate / liburcu memb",
        bound: Bound::AtLeast(2.0),
        ratio: |rows| Some(1.0 / rows.synchronize("sync-concurrent", "one idle", 8)?),
    },
    Target {
        what: "8 synchronize at once, one running: rate / liburcu memb",
        bound: Bound::AtLeast(2.0),
        ratio: |rows| Some(1.0 / rows.synchronize("sync-concurrent", "one running", 8)?),
    },
    Target {
        what: "enqueue, 1 producer / liburcu memb, its best",
        bound: Bound::AtMost(0.6),
        ratio: |rows| rows.enqueue(1),
    },
    Target {
        what: "enqueue, 2 producers / liburcu memb, its best",
        bound: Bound::AtMost(0.3),
        ratio: |rows| rows.enqueue(2),
    },
    Target {
        what: "retire and free beside a reader: rate / the best that frees",
        bound: Bound::AtLeast(1.0),
        ratio: |rows| {
            let mut subjects: Vec<_> =
                rows.0.iter().filter(|row| row.job == "retire").map(|row| &row.subject).collect();
            subjects.retain(|&subject| subject != OURS);
            let best = subjects.into_iter().filter_map(|subject| rows.freed(subject)).max_by(f64::total_cmp);
            Some(rows.of("retire", OURS, "", "", 1, "freed").max_by(f64::total_cmp)? / best?)
        },
    },
    Target {
        what: "lone callback / liburcu memb",
        bound: Bound::AtMost(0.02),
        ratio: |rows| rows.callback("lone-callback"),
    },
    Target {
        what: "barrier / liburcu memb",
        bound: Bound::AtMost(0.02),
        ratio: |rows| rows.callback("barrier"),
    },
    Target {
        what: "peak memory of a flood, paced / crossbeam-epoch",
        bound: Bound::AtMost(0.25),
        ratio: |rows| {
            let paced = rows.of("flood-rss", OURS, "paced", "", 1, "median").next();
            Some(paced? / rows.least("flood-rss", "crossbeam-epoch", "", 1)?)
        },
    },
    Target {
        what: "values held 0.5 s after the last activity (a number)",
        bound: Bound::AtMost(0.0),
        ratio: |rows| rows.least("held", OURS, "", 1),
    },
];

/// A pair of one reader, beside an updater that does nothing else.
fn beside_updater(rows: &Rows<'_>, subject: &str, variant: &str) -> Option<f64> {
    rows.of("read-updater", subject, variant, "flat out", 1, "median").next()
}

/// The targets that these rows have figures for, each process's by itself.
pub fn outcomes(rows: &[Row]) -> Vec<Outcome> {
    let mut processes: Vec<_> = rows.iter().map(|row| row.process).collect();
    processes.dedup();
    processes.sort_unstable();
    processes.dedup();
    let outcome = |target: &Target| {
        let of = |process: &usize| {
            (target.ratio)(&Rows(rows.iter().filter(|row| row.process == *process).collect()))
        };
        let ratio = Spread::of(processes.iter().filter_map(of).collect())?;
        let holds = target.bound.holds(ratio.median);
        Some(Outcome { what: target.what, bound: target.bound.text(), ratio, holds })
    };
    TARGETS.iter().filter_map(outcome).collect()
}

/// The outcomes as a table.
pub fn markdown(outcomes: &[Outcome]) -> String {
    let mut text =
        String::from("\n| target | bound | measured | least and most | |\n|---|---|---:|---:|---|\n");
    for Outcome { what, bound, ratio: Spread { least, median, most }, holds } in outcomes {
        let verdict = if *holds { "holds" } else { "missed" };
        writeln!(text, "| {what} | {bound} | {median:.3} | {least:.3} to {most:.3} | {verdict} |")
            .expect("a string grows");
    }
    text
}

/// The outcomes as a CSV file.
pub fn csv(outcomes: &[Outcome]) -> String {
    let mut text = String::from("target;bound;median;least;most;holds\n");
    for Outcome { what, bound, ratio: Spread { least, median, most }, holds } in outcomes {
        writeln!(text, "{what};{bound};{median:.4};{least:.4};{most:.4};{holds}").expect("a string grows");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_one_process_and_the_median_of_all_is_judged() {
        let row = |process, subject: &str, value| Row {
            process,
            job: "enqueue".into(),
            subject: subject.into(),
            variant: String::new(),
            case: "value".into(),
            threads: 1,
            measure: "median".into(),
            value,
            unit: "ns".into(),
        };
        let of = |process, ours, theirs| [row(process, OURS, ours), row(process, MEMB, theirs)];
        let rows = [of(1, 5.0, 10.0), of(2, 100.0, 400.0), of(3, 7.0, 10.0)].concat();
        let [outcome] = &outcomes(&rows)[..] else { panic!("one target has figures") };
        assert_eq!(outcome.ratio, Spread { least: 0.25, median: 0.5, most: 0.7 });
        assert!(outcome.holds, "at most 0.6");
        let missed = [of(1, 7.0, 10.0), of(2, 5.0, 10.0), of(3, 8.0, 10.0)].concat();
        assert!(!outcomes(&missed)[0].holds);
    }
}
