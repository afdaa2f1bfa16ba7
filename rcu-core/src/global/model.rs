//! Models of users' own structures, in the default domain.

use super::host::ENGINE;
use super::stats;

/// Runs a model of your own: `f` once for every execution that loom tells apart, with this crate's own sources underneath. In the
/// model-checked build only, that is with `--cfg rcu_loom`; see the [guide](crate::guide#model-check-your-own-rcu-structure).
///
/// The default domain is made before `f` is called. When `f` returns, what was queued has to run, and the callback thread to end: `f`
/// joins the threads that it made, for what they queue later is never run. Readers pass full fences: the model is that of a host
/// without membarrier. `LOOM_MAX_PREEMPTIONS` bounds the search; no other limit does, for a run that is cut short would look
/// like one that passed.
///
/// # Panics
/// As loom does, at the first execution that fails, and if a callback is left or panicked.
pub fn model(f: impl Fn() + Send + Sync + 'static) {
    crate::sync::model::check(move || {
        // The first use makes the domain: one made by a thread of the model would hand that thread's causality to the others.
        stats();
        f();
        ENGINE.callbacks.stop();
        ENGINE.callbacks.thread.join();
        assert!(ENGINE.callbacks.is_idle(), "a callback never ran: was a thread not joined?");
        assert_eq!(stats().callbacks_panicked, 0, "a callback panicked");
    });
}
