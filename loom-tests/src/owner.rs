//! The owner of a section: who waits for a grace period inside its own section is told, and nobody else is.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::grace_period::GracePeriod;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::stall::Stalls;
use rcu_core::sync::Arc;
use rcu_core::synchronize::Synchronizer;

use crate::run::{EXHAUSTIVE, Model, reader};

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "owner/moved-handle",
        shows: "a section of a handle that has moved is never taken for one of the thread that had it before",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || moved_handle(Fences::Auto),
    },
    Model {
        name: "owner/slow-moved-handle",
        shows: "as moved-handle, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || moved_handle(Fences::SeqCst),
    },
    Model {
        name: "owner/moved-quiescent-reader",
        shows: "as moved-handle, for a handle that goes online where it arrives",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[],
        run: || moved_quiescent_reader(Fences::Auto),
    },
];

fn moved_handle(fences: Fences) {
    moved(fences, section);
}

fn moved_quiescent_reader(fences: Fences) {
    moved(fences, |record, period| {
        record.adopt();
        record.go_online(period);
        record.go_offline(period);
    });
}

/// The main thread has used the handle, and waits while another one does.
fn moved(fences: Fences, there: fn(&Record, &GracePeriod)) {
    let grace_periods = Arc::new(Synchronizer::new(fences, Stalls::never()));
    let record = Arc::new(Record::unregistered());
    record.take_fast_path(&grace_periods.period);
    // SAFETY: (1): the registry is used no more when the record is gone.
    unsafe { grace_periods.registry.register(NonNull::from(&*record), Form::Handle) };
    section(&record, &grace_periods.period);
    let moved = (Arc::clone(&record), Arc::clone(&grace_periods));
    let reader = reader(move || there(&moved.0, &moved.1.period));
    grace_periods.assert_may_wait("synchronize", None);
    reader.join().unwrap();
}

/// As `Reader::read_lock` and the drop of its guard.
fn section(record: &Record, period: &GracePeriod) {
    let slow = || {
        record.adopt();
        record.lock_slow(period);
    };
    record.lock(period, || record.adopt(), slow);
    record.unlock(period, || record.unlock_slow(period));
}
