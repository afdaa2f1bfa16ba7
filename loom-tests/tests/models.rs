//! Every model passes, in both modes. Those that take too long for this are run by `models all`.

use std::path::Path;

use loom_tests::child::{self, End};
use loom_tests::run::Mode;
use loom_tests::{find, models};

/// In a process of its own: loom maps memory for each thread of each execution, and two threads of one process that do so
/// hinder one another (four times the time).
fn passes(name: &str, mode: Mode) {
    let end = child::run(Path::new(env!("CARGO_BIN_EXE_models")), name, mode, &[]);
    assert!(matches!(end, End::Passed { .. }), "{name} {mode}: {end:?}");
}

/// A test for each model and mode, and the list of them.
macro_rules! tests {
    (@test fence $name:literal) => {
        #[test]
        fn passes_with_fences() {
            super::passes($name, super::Mode::Fence);
        }
    };
    (@test membarrier $name:literal) => {
        #[test]
        fn passes_with_membarrier() {
            super::passes($name, super::Mode::Membarrier);
        }
    };
    (@mode fence) => { Mode::Fence };
    (@mode membarrier) => { Mode::Membarrier };
    ($($test:ident: $name:literal in $($mode:ident)+;)*) => {
        $(
            mod $test {
                $(tests!(@test $mode $name);)+
            }
        )*
        const TESTED: &[(&str, Mode)] = &[$($(($name, tests!(@mode $mode))),+),*];
    };
}

tests! {
    announce_one_section: "announce/one-section" in fence membarrier;
    announce_two_sections: "announce/two-sections" in fence membarrier;
    announce_slow_two_sections: "announce/slow-two-sections" in fence membarrier;
    announce_two_grace_periods: "announce/two-grace-periods" in fence membarrier;
    announce_two_readers: "announce/two-readers" in fence membarrier;
    nest_two_sections: "nest/two-sections" in fence membarrier;
    nest_slow_two_sections: "nest/slow-two-sections" in fence membarrier;
    owner_moved_handle: "owner/moved-handle" in fence membarrier;
    owner_slow_moved_handle: "owner/slow-moved-handle" in fence membarrier;
    owner_moved_quiescent_reader: "owner/moved-quiescent-reader" in fence membarrier;
    wake_one_section: "wake/one-section" in fence;
    wake_slow_one_section: "wake/slow-one-section" in fence membarrier;
    wake_leaving: "wake/leaving" in fence membarrier;
    wake_kick: "wake/kick" in fence membarrier;
    wake_kick_and_notify: "wake/kick-and-notify" in fence membarrier;
    wake_kick_of_one_that_leaves: "wake/kick-of-one-that-leaves" in fence membarrier;
    quiescent_online: "quiescent/online" in fence;
    quiescent_slow_online: "quiescent/slow-online" in fence membarrier;
    quiescent_pass: "quiescent/pass" in fence membarrier;
    quiescent_slow_pass: "quiescent/slow-pass" in fence membarrier;
    quiescent_wake: "quiescent/wake" in fence;
    quiescent_slow_wake: "quiescent/slow-wake" in fence membarrier;
    quiescent_leave_online: "quiescent/leave-online" in fence membarrier;
    quiescent_into_reader: "quiescent/into-reader" in fence membarrier;
    quiescent_two_grace_periods: "quiescent/two-grace-periods" in fence membarrier;
    quiescent_beside_a_light_reader: "quiescent/beside-a-light-reader" in membarrier;
    poll_over: "poll/over" in fence membarrier;
    poll_left: "poll/left" in fence;
    poll_unlinker_driver_reader: "poll/unlinker-driver-reader" in fence membarrier;
    poll_self_served_expires: "poll/self-served-expires" in fence;
    barrier_rounds: "barrier/rounds" in fence membarrier;
    event_one_setter: "event/one-setter" in fence membarrier;
    event_two_setters: "event/two-setters" in fence membarrier;
    queue_two_producers: "queue/two-producers" in fence membarrier;
    handover_last_handle: "handover/last-handle" in fence membarrier;
    handover_stop: "handover/stop" in fence membarrier;
    handover_self_served_retire_under_reader: "handover/self-served-retire-under-reader" in fence;
    handover_called_inside: "handover/called-inside" in fence;
    limits_room: "limits/room" in fence membarrier;
    limits_two_producers: "limits/two-producers" in fence membarrier;
    limits_end_to_end: "limits/end-to-end" in fence membarrier;
    limits_inside: "limits/inside" in fence membarrier;
    registration_come_and_go_scanned: "registration/come-and-go-scanned" in fence;
    registration_handle: "registration/handle" in fence membarrier;
    registration_thread: "registration/thread" in fence membarrier;
    registration_stand_in: "registration/stand-in" in fence membarrier;
    registration_stand_in_scanned: "registration/stand-in-scanned" in fence;
    registration_stand_in_marked: "registration/stand-in-marked" in fence;
    pointer_swap: "pointer/swap" in fence membarrier;
    pointer_update: "pointer/update" in fence membarrier;
    pointer_two_swaps: "pointer/two-swaps" in fence membarrier;
    pointer_two_updates: "pointer/two-updates" in fence membarrier;
    list_insert: "list/insert" in fence membarrier;
    list_remove: "list/remove" in fence membarrier;
    list_two_updaters: "list/two-updaters" in fence membarrier;
    table_insert: "table/insert" in fence membarrier;
    table_remove: "table/remove" in fence;
    table_remove_all: "table/remove-all" in fence;
    table_drop: "table/drop" in fence membarrier;
    table_update_and_drop: "table/update-and-drop" in fence;
    table_two_updaters: "table/two-updaters" in membarrier;
    table_self_served_two_updaters: "table/self-served-two-updaters" in fence membarrier;
    table_inherit: "table/inherit" in fence membarrier;
    table_join: "table/join" in fence membarrier;
    table_update_inside: "table/update-inside" in fence;
    table_update_inside_beside_server: "table/update-inside-beside-server" in fence;
    table_hit: "table/hit" in fence;
    table_invalidate: "table/invalidate" in fence membarrier;
    kick_told: "kick/told" in fence membarrier;
    kick_takes_a_lock: "kick/takes-a-lock" in fence;
    online_loads: "online/loads" in fence membarrier;
    online_waits_offline: "online/waits-offline" in fence membarrier;
    online_turns_back: "online/turns-back" in fence membarrier;
    online_goes: "online/goes" in fence membarrier;
    served_callback: "served/callback" in membarrier;
    served_cookie: "served/cookie" in fence membarrier;
    served_first_cookie: "served/first-cookie" in fence membarrier;
    pass_they_go: "pass/they-go" in fence membarrier;
    pass_they_stay: "pass/they-stay" in fence membarrier;
    retire_taken_back: "retire/taken-back" in fence membarrier;
    retire_dropped: "retire/dropped" in fence membarrier;
    retire_two_updates: "retire/two-updates" in fence membarrier;
    table_two_inherit: "table/two-inherit" in fence membarrier;
    table_two_sets: "table/two-sets" in fence membarrier;
}
#[test]
fn every_model_is_tested_in_the_modes_in_which_it_is_quick() {
    for model in models() {
        for mode in Mode::ALL {
            let tested = TESTED.contains(&(model.name, mode));
            assert_eq!(tested, model.is_quick(mode), "{} {mode}", model.name);
        }
    }
}

/// A bound may hide an execution: what a bounded model adds to the exhaustive ones is what happens around a pair, not the pair.
#[test]
fn every_model_with_a_bound_names_models_without_one_that_cover_it() {
    for model in models() {
        let bounded: Vec<Mode> = Mode::ALL.into_iter().filter(|&mode| !model.is_exhaustive(mode)).collect();
        assert_eq!(bounded.is_empty(), model.covered_by.is_empty(), "{}", model.name);
        for name in model.covered_by {
            let covering = find(name).unwrap_or_else(|| panic!("{}: there is no {name}", model.name));
            assert!(models().any(|right| right.name == *name), "{}: {name} is wrong on purpose", model.name);
            for &mode in &bounded {
                assert!(covering.is_exhaustive(mode), "{}: {name} has a bound, too, {mode}", model.name);
            }
        }
    }
}

#[test]
fn every_model_has_a_name_of_its_own() {
    for model in models() {
        assert_eq!(models().filter(|other| other.name == model.name).count(), 1, "{}", model.name);
    }
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
