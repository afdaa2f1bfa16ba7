//! Every model passes in both modes. Those that take too long for this are run by `models all`.

use std::path::Path;

use loom_tests::child::{self, End};
use loom_tests::models;
use loom_tests::run::Mode;

/// In a process of its own: loom maps memory for each thread of each execution, and two threads of one process that do so
/// hinder one another (four times the time).
fn passes(name: &str, mode: Mode) {
    let end = child::run(Path::new(env!("CARGO_BIN_EXE_models")), name, mode, &[]);
    assert!(matches!(end, End::Passed { .. }), "{name} {mode}: {end:?}");
}

macro_rules! tests {
    ($($test:ident: $name:literal,)*) => {
        $(
            mod $test {
                #[test]
                fn passes_with_fences() {
                    super::passes($name, super::Mode::Fence);
                }
                #[test]
                fn passes_with_membarrier() {
                    super::passes($name, super::Mode::Membarrier);
                }
            }
        )*
        const TESTED: &[&str] = &[$($name),*];
    };
}

tests! {
    announce_one_section: "announce/one-section",
    announce_two_sections: "announce/two-sections",
    announce_two_grace_periods: "announce/two-grace-periods",
    announce_two_readers: "announce/two-readers",
    announce_slow_two_sections: "announce/slow-two-sections",
    nest_two_sections: "nest/two-sections",
    nest_slow_two_sections: "nest/slow-two-sections",
    owner_moved_handle: "owner/moved-handle",
    owner_slow_moved_handle: "owner/slow-moved-handle",
    owner_moved_quiescent_reader: "owner/moved-quiescent-reader",
    wake_one_section: "wake/one-section",
    wake_kick: "wake/kick",
    wake_slow_one_section: "wake/slow-one-section",
    kick_told: "kick/told",
    kick_takes_a_lock: "kick/takes-a-lock",
    quiescent_online: "quiescent/online",
    quiescent_slow_online: "quiescent/slow-online",
    quiescent_pass: "quiescent/pass",
    quiescent_slow_pass: "quiescent/slow-pass",
    quiescent_wake: "quiescent/wake",
    quiescent_slow_wake: "quiescent/slow-wake",
    quiescent_into_reader: "quiescent/into-reader",
    quiescent_two_grace_periods: "quiescent/two-grace-periods",
    quiescent_beside_a_light_reader: "quiescent/beside-a-light-reader",
    online_loads: "online/loads",
    online_waits_offline: "online/waits-offline",
    online_turns_back: "online/turns-back",
    online_goes: "online/goes",
    poll_over: "poll/over",
    poll_left: "poll/left",
    poll_unlinker_driver_reader: "poll/unlinker-driver-reader",
    poll_expires: "poll/expires",
    barrier_one_callback: "barrier/one-callback",
    barrier_two_producers: "barrier/two-producers",
    event_one_setter: "event/one-setter",
    event_two_setters: "event/two-setters",
    queue_two_producers: "queue/two-producers",
    handover_end_to_end: "handover/end-to-end",
    handover_last_handle: "handover/last-handle",
    handover_stop: "handover/stop",
    handover_retire_under_reader: "handover/retire-under-reader",
    handover_counted_before: "handover/counted-before",
    served_callback: "served/callback",
    served_first_callback: "served/first-callback",
    served_cookie: "served/cookie",
    served_first_cookie: "served/first-cookie",
    registration_handle: "registration/handle",
    registration_stand_in: "registration/stand-in",
    registration_thread: "registration/thread",
    pass_they_go: "pass/they-go",
    pass_they_stay: "pass/they-stay",
    shared_two_updaters: "shared/two-updaters",
    shared_three_updaters: "shared/three-updaters",
    pointer_swap: "pointer/swap",
    pointer_update: "pointer/update",
    pointer_two_swaps: "pointer/two-swaps",
    pointer_two_updates: "pointer/two-updates",
    retire_taken_back: "retire/taken-back",
    retire_dropped: "retire/dropped",
    retire_two_updates: "retire/two-updates",
    list_insert: "list/insert",
    list_remove: "list/remove",
    list_two_updaters: "list/two-updaters",
    list_reclaim: "list/reclaim",
    table_insert: "table/insert",
    table_intact: "table/intact",
    table_remove: "table/remove",
    table_remove_all: "table/remove-all",
    table_drop: "table/drop",
    table_update_and_drop: "table/update-and-drop",
    table_two_updaters: "table/two-updaters",
    table_inherit: "table/inherit",
    table_join: "table/join",
    table_update_inside: "table/update-inside",
    table_hit: "table/hit",
    table_invalidate: "table/invalidate",
    table_two_inherit: "table/two-inherit",
    table_two_sets: "table/two-sets",
}

#[test]
fn every_model_that_is_not_long_is_tested() {
    let missing: Vec<_> = models().filter(|model| !model.long && !TESTED.contains(&model.name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_sources_are_compiled_against_loom() {
    // A build over std would pass every model and show nothing.
    let atomic = std::any::type_name_of_val(&rcu_core::sync::model::configure);
    assert!(atomic.contains("model"), "{atomic}");
    let cell = std::any::type_name::<rcu_core::sync::UnsafeCell<u8>>();
    assert!(cell.starts_with("loom::"), "{cell}");
    let pair = std::any::type_name::<debug_tables::BreakpointTable>();
    assert!(pair.starts_with("debug_tables::"), "{pair}");
}

#[test]
#[should_panic = "outside a Loom model"]
fn the_atomics_work_in_a_model_only() {
    rcu_core::sync::AtomicU64::new(0);
}
