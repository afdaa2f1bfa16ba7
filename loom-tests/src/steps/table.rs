//! The rows of the marked steps: what is done to each, and the model, mode and report that notice.

use super::mark::Fault::{self, Ahead, Behind, Removed, Text};
use crate::child::Report::{self, Deadlock, Race, Says};
use crate::run::Mode::{self, Fence};

/// A fault at a step that a model notices.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name of the step.
    pub step: &'static str,
    /// What is done to its statement.
    pub fault: Fault,
    /// Who notices.
    pub model: &'static str,
    /// In which mode.
    pub mode: Mode,
    /// How.
    pub report: Report,
}

/// A fault at a step that no model can notice.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// The name of the step.
    pub step: &'static str,
    /// What is done to its statement.
    pub fault: Fault,
    /// A model that comes by and passes, in both modes.
    pub passes: &'static str,
    /// Why it is so.
    pub reason: &'static str,
}

const fn row(step: &'static str, fault: Fault, model: &'static str, report: Report) -> Row {
    Row { step, fault, model, mode: Fence, report }
}

const OWN_SECTION: Report = Says("synchronize called from a read-side critical section");
const TWICE: Report = Says("a guard was dropped twice");
const UNDRIVEN: Report = Says("nobody drove the grace period");
const STALE: Report = Says("a stale block stays in the cache");
const LOST: Report = Says("an update was lost");
const BROADCAST: Report = Says("a broadcast was lost, or came twice");

/// Every fault that a model kills.
pub const ROWS: &[Row] = &[
    // Arm and wake.
    row("wake-after-leave", Removed, "wake/one-section", Deadlock),
    row("wake-after-slow-leave", Removed, "wake/slow-one-section", Deadlock),
    row("wake-after-rest", Removed, "quiescent/online", Deadlock),
    row("wake-after-renewal", Removed, "quiescent/wake", Deadlock),
    row("mark-before-sleep", Removed, "wake/one-section", Deadlock),
    row("look-after-mark", Text("while !", BLINDLY), "wake/one-section", Deadlock),
    row("reset-before-look", Behind("left.reset()"), "wake/one-section", Deadlock),
    row("kick-before-sleep", Removed, "kick/told", Deadlock),
    row("kick-unlocked", Removed, "kick/takes-a-lock", Deadlock),
    row("wake-sleeper", Removed, "event/one-setter", Deadlock),
    row("wake-under-lock", Removed, "event/one-setter", Deadlock),
    // Grace periods.
    row("wait-for-readers", Text("self.registry.scan(new)", "true"), "wake/one-section", Race),
    row("next-grace-period", Text("turns.started + 1", UNDER_WAY), "shared/two-updaters", Race),
    row("poll-next-grace-period", Text("turns.started + 1", UNDER_WAY), "poll/unlinker-driver-reader", Race),
    row("one-driver", Text("turns.started == turns.completed", "true"), "shared/two-updaters", Deadlock),
    row("wake-next-driver", Removed, "shared/two-updaters", Deadlock),
    row("wake-sharers", Removed, "shared/three-updaters", Deadlock),
    row("count-sharers", Removed, "shared/two-updaters", Deadlock),
    row("say-over", Removed, "poll/over", Says("no execution shows: the grace period was over")),
    // The registry.
    row(
        "scan-from-the-front",
        Text("lock(&self.list).advance(0, new, false)", "self.poll(new)"),
        "quiescent/two-grace-periods",
        Race,
    ),
    row("passed-in-front", Removed, "pass/they-stay", Race),
    row("passed-stay-in-front", Removed, "pass/they-go", Deadlock),
    row("stand-in-word", Text("load_own(&other.word) | SLOW", "SLOW"), "registration/stand-in", TWICE),
    row(
        "stand-in-mark",
        Text("other.waiting.load(Ordering::Relaxed)", "0"),
        "registration/stand-in",
        Deadlock,
    ),
    // Readers that are inside for their whole life.
    row("online-from-the-start", Removed, "online/loads", Race),
    row("online-again", Removed, "online/loads", Race),
    row("offline-before-blocking", Removed, "online/waits-offline", OWN_SECTION),
    row("leave-for-sections", Removed, "online/turns-back", Deadlock),
    row("leave-when-dropped", Removed, "online/goes", Deadlock),
    // The callback thread.
    row("wake-for-callback", Removed, "served/callback", Deadlock),
    row("spawn-for-callback", Removed, "served/first-callback", Deadlock),
    row("spawn-for-callback", Removed, "served/first-cookie", UNDRIVEN),
    row("wake-for-cookie", Removed, "served/cookie", UNDRIVEN),
    row("drive-requested", Text("grace_periods.requested()", "None::<u64>"), "served/cookie", UNDRIVEN),
    row("wake-for-stop", Removed, "handover/last-handle", Deadlock),
    row("reset-before-lists", Behind("let polled"), "served/callback", Deadlock),
    row("stopping-before-lists", Behind("let found"), "handover/last-handle", Says("something never ran")),
    row("grace-period-before-callbacks", Removed, "retire/dropped", Race),
    // Rounds.
    row("round-before-lists", Behind("let found"), "barrier/two-producers", Race),
    row("round-before-lists", Removed, "barrier/one-callback", Deadlock),
    row(
        "round-under-way",
        Text("counts.begun == counts.ended && idle()", "idle()"),
        "barrier/one-callback",
        Race,
    ),
    row(
        "next-round",
        Text("counts.begun + 1", "counts.begun.max(counts.ended + 1)"),
        "barrier/two-producers",
        Race,
    ),
    row("end-round", Removed, "barrier/one-callback", Deadlock),
    row("wake-barriers", Removed, "barrier/one-callback", Deadlock),
    row("count-barriers", Removed, "barrier/one-callback", Deadlock),
    row("wake-for-round", Removed, "barrier/one-callback", Deadlock),
    // Pointers and lists.
    row(
        "update-in-a-section",
        Text("self.scope.with_section(|| {", "Some(()).map(|()| {"),
        "retire/two-updates",
        Race,
    ),
    row("wait-before-taking-back", Removed, "retire/taken-back", Race),
    row("retire-when-dropped", Text("Node::retire(self.node, &self.scope)", AT_ONCE), "retire/dropped", Race),
    row("keep-removed-link", Text("Ordering::Release);", CLEARED), "list/reclaim", Says("a reader saw [1]")),
    row("one-updater", Text("lock(&self.tail)", A_LOCK_FOR_EACH), "list/two-updaters", LOST),
    // Tables.
    row("publish-before-generation", Behind("self.generation"), "table/invalidate", STALE),
    row("count-publication", Removed, "table/invalidate", STALE),
    row("search-after-publication", Removed, "table/invalidate", STALE),
    row(
        "publish-under-lock",
        Text("edited.clone()));", "edited.clone()));\n        drop(edited);"),
        "table/two-updaters",
        LOST,
    ),
    row(
        "one-lock-at-a-time",
        Text("let entries: Vec<E> =\n            lock(&parent.working)", BOTH_LOCKS),
        "table/two-inherit",
        Deadlock,
    ),
    row("lock-by-address", Removed, "table/two-sets", Deadlock),
    row("broadcast-under-set-lock", Ahead("let mut edits"), "table/join", BROADCAST),
    row("inherit-under-set-lock", Ahead("let (breakpoints,"), "table/join", BROADCAST),
];

const BLINDLY: &str = "let mut marked = true;\n        while std::mem::take(&mut marked) || !";
const UNDER_WAY: &str = "turns.started.max(turns.completed + 1)";
const AT_ONCE: &str = "drop(RcuBox::from_node(self.node))";
const CLEARED: &str = "Ordering::Release);\n        unsafe { self.link(Some(removed)) }.store(ptr::null_mut(), Ordering::Release);";
const A_LOCK_FOR_EACH: &str =
    "lock(Box::leak(Box::new(Mutex::new(unsafe { std::ptr::read(&*lock(&self.tail)) }))))";
const BOTH_LOCKS: &str = "let held = lock(&parent.working);\n        let entries: Vec<E> =\n            held";

/// Every fault that no model can kill.
pub const EXCUSES: &[Excuse] = &[Excuse {
    step: "reset-before-sleep",
    fault: Removed,
    passes: "quiescent/two-grace-periods",
    reason: "an event that is still set costs one more look, and is reset after it",
}];
