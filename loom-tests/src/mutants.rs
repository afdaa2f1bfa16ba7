//! The weakened twins: for each ordering in the sources that is not Relaxed, a model that fails without it.
//!
//! A row names a place in the sources, what it is weakened to, and the model, mode and report that kill it. The place is
//! found in the text at run time. An excuse is for a weakening that no model can kill, says why, and names a model that
//! passes with it: an excuse that a model refutes is as wrong as a missing row.

use std::collections::BTreeMap;

use crate::child::Report::{self, Deadlock, Race, Says};
use crate::run::Mode::{self, Fence, Membarrier};
use crate::sites::{Site, Source, WEAKER_FENCES, sources};

/// A place in the sources: file, function, operation, and how many like it come before in the function.
pub type Place = (&'static str, &'static str, &'static str, usize);

/// A weakened ordering that a model notices.
#[derive(Debug)]
pub struct Row {
    /// Where.
    pub place: Place,
    /// What it is weakened to: any of these.
    pub to: &'static [&'static str],
    /// Who notices.
    pub model: &'static str,
    /// In which mode.
    pub mode: Mode,
    /// How.
    pub report: Report,
}

/// A weakened ordering that no model can notice.
#[derive(Debug)]
pub struct Excuse {
    /// Where.
    pub place: Place,
    /// What it is weakened to.
    pub to: &'static str,
    /// A model that comes by and passes.
    pub passes: &'static str,
    /// Why it is so.
    pub reason: &'static str,
}

/// Weakenings that a mode does not notice, while another mode or other readers do.
#[derive(Debug)]
pub struct Survivor {
    /// Where.
    pub place: Place,
    /// What it is weakened to: any of these.
    pub to: &'static [&'static str],
    /// A model that comes by and passes.
    pub passes: &'static str,
    /// In which mode.
    pub mode: Mode,
    /// Why it is so.
    pub reason: &'static str,
}

/// A protocol that is wrong on purpose, and how it fails.
#[derive(Debug)]
pub struct Wrong {
    /// The model.
    pub model: &'static str,
    /// In which modes it fails. In another it passes.
    pub modes: &'static [Mode],
    /// How it fails.
    pub report: Report,
}

const READER: &str = "rcu-core/src/reader.rs";
const PERIOD: &str = "rcu-core/src/grace_period.rs";
const SYNCHRONIZE: &str = "rcu-core/src/synchronize.rs";
const EVENT: &str = "rcu-core/src/event.rs";
const QUEUE: &str = "rcu-core/src/callback/queue.rs";
const WORKER: &str = "rcu-core/src/callback/worker.rs";
const OPTION: &str = "rcu-core/src/pointer/option.rs";
const CHAIN: &str = "rcu-core/src/pointer/list/chain.rs";
const ITER: &str = "rcu-core/src/pointer/list/iter.rs";
const TABLE: &str = "debug-tables/src/table.rs";
const UPDATE: &str = "debug-tables/src/table/update.rs";

const OWN_SECTION: Report = Says("synchronize called from a read-side critical section");
const STALE: Report = Says("a stale block stays in the cache");

const fn row(
    place: Place,
    to: &'static [&'static str],
    model: &'static str,
    mode: Mode,
    report: Report,
) -> Row {
    Row { place, to, model, mode, report }
}

/// Every weakening that a model kills.
pub const ROWS: &[Row] = &[
    // The reader's word, light readers.
    row((READER, "lock", "load", 0), &["Relaxed"], "announce/one-section", Membarrier, Race),
    row((READER, "lock", "store", 0), &["Relaxed"], "announce/two-sections", Membarrier, Race),
    row((READER, "lock", "store", 0), &["Relaxed"], "owner/moved-handle", Fence, OWN_SECTION),
    row((READER, "lock", "store", 1), &["Relaxed"], "nest/two-sections", Membarrier, Race),
    row((READER, "unlock", "store", 0), &["Relaxed"], "announce/one-section", Fence, Race),
    row((READER, "unlock", "store", 0), &["Relaxed"], "announce/one-section", Membarrier, Race),
    row((READER, "unlock", "store", 1), &["Relaxed"], "nest/two-sections", Membarrier, Race),
    row((READER, "lock", "fence", 0), WEAKER_FENCES, "announce/one-section", Fence, Race),
    row((READER, "unlock", "fence", 0), WEAKER_FENCES, "wake/one-section", Fence, Deadlock),
    row((READER, "unlock", "fence", 0), WEAKER_FENCES, "wake/leaving", Fence, Deadlock),
    // The reader's word, readers with fences of their own.
    row((READER, "lock_slow", "store", 1), &["Relaxed"], "owner/slow-moved-handle", Fence, OWN_SECTION),
    row((READER, "unlock_slow", "store", 0), &["Relaxed"], "announce/slow-two-sections", Fence, Race),
    row((READER, "lock_slow", "fence", 0), WEAKER_FENCES, "announce/slow-two-sections", Fence, Race),
    row((READER, "unlock_slow", "fence", 0), WEAKER_FENCES, "wake/slow-one-section", Fence, Deadlock),
    // The driver of a grace period.
    row((PERIOD, "start", "store", 0), &["Relaxed"], "announce/two-sections", Fence, Race),
    row((PERIOD, "start", "store", 0), &["Relaxed"], "announce/two-sections", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "announce/one-section", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "announce/one-section", Membarrier, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), WEAKER_FENCES, "wake/one-section", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), WEAKER_FENCES, "wake/slow-one-section", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 1), &["Relaxed"], "wake/one-section", Membarrier, Race),
    row((SYNCHRONIZE, "sleep", "fence", 0), WEAKER_FENCES, "wake/one-section", Fence, Deadlock),
    row((SYNCHRONIZE, "sleep", "fence", 0), &["Relaxed"], "wake/one-section", Membarrier, Deadlock),
    row((SYNCHRONIZE, "sleep", "fence", 0), WEAKER_FENCES, "wake/leaving", Fence, Deadlock),
    row((SYNCHRONIZE, "sleep", "fence", 0), &["Relaxed"], "wake/leaving", Membarrier, Deadlock),
    row((SYNCHRONIZE, "sleep", "fence", 0), WEAKER_FENCES, "wake/slow-one-section", Fence, Deadlock),
    // The driver, when readers come and go, and when updaters share a grace period.
    row((SYNCHRONIZE, "drive", "fence", 0), &["Relaxed"], "registration/handle", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 1), &["Relaxed"], "registration/handle", Membarrier, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), &["Relaxed"], "registration/thread", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 1), &["Relaxed"], "registration/thread", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "shared/two-updaters", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "shared/two-updaters", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "shared/three-updaters", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "shared/three-updaters", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "registration/come-and-go", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "registration/come-and-go", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "registration/come-and-go-scanned", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "registration/come-and-go-scanned", Membarrier, Race),
    row((READER, "unlock_slow", "store", 0), &["Relaxed"], "registration/stand-in-scanned", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), &["Relaxed"], "shared/reader-drives", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 1), &["Relaxed"], "shared/reader-drives", Membarrier, Race),
    // The grace periods that callbacks, cookies and tables wait for.
    row((READER, "unlock", "store", 0), &["Relaxed"], "handover/called-inside", Fence, Race),
    row((READER, "unlock", "store", 0), &["Relaxed"], "handover/called-inside", Membarrier, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "poll/self-served-expires", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "table/self-served-intact", Fence, Race),
    row((READER, "scan", "load", 0), &["Relaxed"], "table/self-served-intact", Membarrier, Race),
    row((READER, "unlock", "store", 0), &["Relaxed"], "table/update-inside-beside-server", Fence, Race),
    // The driver in membarrier mode, beside readers with fences of their own, which need its fence and not only its barrier.
    row((SYNCHRONIZE, "drive", "fence", 0), WEAKER_FENCES, "wake/slow-one-section", Membarrier, Race),
    row((SYNCHRONIZE, "sleep", "fence", 0), WEAKER_FENCES, "wake/slow-one-section", Membarrier, Deadlock),
    // Readers that go online and offline, beside a driver that passes no remote fence for those that are away.
    row((READER, "go_online", "store", 0), &["Relaxed"], "owner/moved-quiescent-reader", Fence, OWN_SECTION),
    row((READER, "go_online", "fence", 0), WEAKER_FENCES, "quiescent/online", Fence, Race),
    row((READER, "go_online", "fence", 0), WEAKER_FENCES, "quiescent/online", Membarrier, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), WEAKER_FENCES, "quiescent/online", Fence, Race),
    row((SYNCHRONIZE, "drive", "fence", 0), WEAKER_FENCES, "quiescent/online", Membarrier, Race),
    row((READER, "rest", "store", 0), &["Relaxed"], "quiescent/online", Fence, Race),
    row((READER, "rest", "store", 0), &["Relaxed"], "quiescent/pass", Membarrier, Race),
    row((READER, "rest", "store", 0), &["Relaxed"], "quiescent/leave-online", Fence, Race),
    row((READER, "rest", "store", 0), &["Relaxed"], "quiescent/leave-online", Membarrier, Race),
    row((READER, "rest", "fence", 0), WEAKER_FENCES, "quiescent/online", Fence, Deadlock),
    // Quiescent states.
    row((READER, "pass", "load", 0), &["Relaxed"], "quiescent/pass", Membarrier, Race),
    row((READER, "renew", "store", 0), &["Relaxed"], "quiescent/pass", Fence, Race),
    row((READER, "renew", "store", 0), &["Relaxed"], "quiescent/pass", Membarrier, Race),
    row((READER, "renew", "fence", 0), WEAKER_FENCES, "quiescent/wake", Fence, Deadlock),
    row((READER, "renew", "fence", 1), WEAKER_FENCES, "quiescent/slow-wake", Fence, Deadlock),
    // Polling.
    row((SYNCHRONIZE, "is_over", "load", 0), &["Relaxed"], "poll/over", Fence, Race),
    row((SYNCHRONIZE, "is_over", "load", 0), &["Relaxed"], "poll/over", Membarrier, Race),
    row((SYNCHRONIZE, "end", "store", 0), &["Relaxed"], "poll/left", Fence, Race),
    row((SYNCHRONIZE, "end", "store", 0), &["Relaxed"], "poll/left", Membarrier, Race),
    // The event, the queue, the end of the callback thread.
    row((EVENT, "set", "swap", 0), &["Relaxed"], "event/one-setter", Fence, Deadlock),
    row((EVENT, "reset", "swap", 0), &["Relaxed"], "event/one-setter", Fence, Deadlock),
    row((QUEUE, "push", "compare_exchange", 0), &["Relaxed"], "queue/two-producers", Fence, Race),
    row((QUEUE, "take_before", "swap", 0), &["Relaxed"], "queue/two-producers", Fence, Race),
    row((WORKER, "stop", "store", 0), &["Relaxed"], "handover/stop", Fence, Race),
    row((WORKER, "serve", "load", 0), &["Relaxed"], "handover/stop", Fence, Race),
    // Pointers.
    row((OPTION, "linked", "load", 0), &["Relaxed"], "pointer/swap", Fence, Race),
    row((OPTION, "swap", "swap", 0), &["Acquire"], "pointer/swap", Fence, Race),
    row((OPTION, "swap", "swap", 0), &["Release"], "pointer/two-swaps", Fence, Race),
    row((OPTION, "update", "compare_exchange", 0), &["Relaxed"], "pointer/update", Fence, Race),
    // The list.
    row((CHAIN, "insert", "store", 0), &["Relaxed"], "list/insert", Fence, Race),
    row((CHAIN, "insert", "store", 0), &["Relaxed"], "list/insert", Membarrier, Race),
    row((CHAIN, "remove", "store", 0), &["Relaxed"], "list/remove", Fence, Race),
    row((CHAIN, "remove", "store", 0), &["Relaxed"], "list/remove", Membarrier, Race),
    row((ITER, "next", "load", 0), &["Relaxed"], "list/insert", Fence, Race),
    row((ITER, "next", "load", 0), &["Relaxed"], "list/insert", Membarrier, Race),
    // Tables.
    row((UPDATE, "publish", "fetch_add", 0), &["Relaxed"], "table/invalidate", Fence, STALE),
    row((TABLE, "generation", "load", 0), &["Relaxed"], "table/invalidate", Fence, STALE),
    row((UPDATE, "finish", "fence", 0), WEAKER_FENCES, "table/invalidate", Fence, STALE),
    row((TABLE, "is_current", "fence", 0), WEAKER_FENCES, "table/invalidate", Fence, STALE),
    row((UPDATE, "finish", "fence", 0), WEAKER_FENCES, "table/invalidate", Membarrier, STALE),
    row((TABLE, "is_current", "fence", 0), WEAKER_FENCES, "table/invalidate", Membarrier, STALE),
];

/// Every weakening that no model can kill.
pub const EXCUSES: &[Excuse] = &[
    Excuse {
        place: (READER, "lock_slow", "load", 0),
        to: "Relaxed",
        passes: "announce/slow-two-sections",
        reason: ACQUIRING_FENCE,
    },
    Excuse {
        place: (READER, "go_online", "load", 0),
        to: "Relaxed",
        passes: "quiescent/online",
        reason: ACQUIRING_FENCE,
    },
];

const ACQUIRING_FENCE: &str =
    "the full fence that follows acquires too; the load is shared with the fast path, which has none";

/// The weakenings that one mode lets pass.
pub const SURVIVORS: &[Survivor] = &[Survivor {
    place: (SYNCHRONIZE, "sleep", "fence", 0),
    to: ONE_SIDED,
    passes: "wake/one-section",
    mode: Membarrier,
    reason: BARRIER,
}];

const ONE_SIDED: &[&str] = &["Release", "Acquire"];
const BARRIER: &str =
    "the barrier on each light reader, which only Relaxed leaves out, orders them by itself";

/// Protocols that must fail.
pub const WRONG: &[Wrong] = &[
    Wrong { model: "barrier/round-under-way", modes: &Mode::ALL, report: Says("a callback had not run") },
    Wrong { model: "poll/load-only", modes: &[Membarrier], report: Race },
    Wrong { model: "handover/counted-after", modes: &Mode::ALL, report: Race },
    Wrong { model: "list/freed-at-once", modes: &Mode::ALL, report: Race },
    Wrong { model: "table/check-then-insert", modes: &Mode::ALL, report: STALE },
    Wrong { model: "table/invalidate-then-publish", modes: &Mode::ALL, report: STALE },
    Wrong { model: "table/test-then-lock", modes: &Mode::ALL, report: Says("entry 0 of an empty array") },
    Wrong { model: "table/used-after-section", modes: &Mode::ALL, report: Race },
    Wrong {
        model: "table/array-and-length",
        modes: &Mode::ALL,
        report: Says("an entry past the end of the array"),
    },
    Wrong { model: "table/clone-overwrites", modes: &Mode::ALL, report: Says("a broadcast was lost") },
];

/// The file whose sites need no rows or tags of their own, and why.
pub const DEFINITIONS: (&str, &str) =
    ("rcu-core/src/fence.rs", "the fences themselves: what is weakened is each call of them");

/// The sites that need a row or an excuse.
pub fn sites_to_weaken() -> Vec<Site> {
    let sites = sources().iter().flat_map(Source::sites).collect::<Vec<_>>();
    sites
        .into_iter()
        .filter(|site| !site.at_caller && site.file != DEFINITIONS.0 && !site.weaker().is_empty())
        .collect()
}

/// Whether this is the place of the site.
pub fn is_at(place: Place, site: &Site) -> bool {
    (site.file.as_str(), site.function.as_str(), site.operation, site.nth) == place
}

/// The site at a place. Panics if the sources have none.
pub fn site(sites: &[Site], place: Place) -> &Site {
    let found = sites.iter().find(|site| is_at(place, site));
    found.unwrap_or_else(|| panic!("the sources have no {place:?}: a row or an excuse is out of date"))
}

/// The table of orderings: for each tag its two sides, the models that pass, and what fails when a side is weakened.
pub fn table() -> String {
    let sites = sites_to_weaken();
    let mut tags: BTreeMap<String, Vec<&Site>> = BTreeMap::new();
    for site in &sites {
        for tag in site.tags() {
            tags.entry(tag).or_default().push(site);
        }
    }
    let mut table =
        "| tag | side A | side B | models that pass | what fails when it is weakened |\n".to_owned();
    table += "|---|---|---|---|---|\n";
    for (tag, sites) in tags {
        let (mut models, mut outcomes) = (Vec::new(), Vec::new());
        for site in &sites {
            for row in ROWS.iter().filter(|row| is_at(row.place, site)) {
                models.push(row.model);
                let to = row.to.join(" or ");
                outcomes.push(format!("{site} → {to}: {} ({}, {})", row.report, row.model, row.mode));
            }
            for survivor in SURVIVORS.iter().filter(|survivor| is_at(survivor.place, site)) {
                let (to, passes, mode) = (survivor.to.join(" or "), survivor.passes, survivor.mode);
                outcomes.push(format!("{site} → {to}: nothing ({passes}, {mode}): {}", survivor.reason));
            }
            for excuse in EXCUSES.iter().filter(|excuse| is_at(excuse.place, site)) {
                outcomes.push(format!("{site} → {}: nothing: {}", excuse.to, excuse.reason));
            }
        }
        models.sort();
        models.dedup();
        let [a, b] = sides(&sites);
        table += &format!("| `[{tag}]` | {a} | {b} | {} | {} |\n", models.join(", "), outcomes.join("; "));
    }
    for wrong in WRONG {
        let modes = wrong.modes.iter().map(Mode::to_string).collect::<Vec<_>>().join(", ");
        table += &format!("| wrong on purpose | | | | {}: {} ({modes}) |\n", wrong.model, wrong.report);
    }
    table
}

/// Who releases and who acquires; of fences, the readers' and the updaters', or the first and the others.
fn sides(sites: &[&Site]) -> [String; 2] {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for site in sites {
        let text = format!("{} in {site}", site.called.unwrap_or(&site.ordering));
        match (site.ordering.as_str(), site.called) {
            ("Release", _) | (_, Some("light" | "full")) => a.push(text),
            ("AcqRel", _) => {
                a.push(text.clone());
                b.push(text);
            }
            ("SeqCst", None) if a.is_empty() => a.push(text),
            _ => b.push(text),
        }
    }
    [a.join(", "), b.join(", ")]
}
