//! What most models of grace periods have in common: a synchronizer, a reader that is registered, and payloads of which a pointer
//! leads to one; and what there is to see of it.

use std::ptr::NonNull;

use rcu_core::Fences;
use rcu_core::reader::Record;
use rcu_core::registry::Form;
use rcu_core::stall::Stalls;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model};
use rcu_core::synchronize::{Synchronizer, Waiter};

use crate::payload::Payload;
use crate::run::reach;

/// What a reader saw, by the number in the payload.
pub const SAW: [&str; 3] =
    ["a reader saw the first payload", "a reader saw the second payload", "a reader saw the third payload"];
/// A grace period with a reader in its way.
pub const SLEPT: &str = "somebody slept until a reader let the grace period pass";
/// A grace period with none.
pub const AWAKE: &str = "a grace period ended and nobody slept";

/// What a race of one reader with one grace period comes to.
pub const RACE: &[&str] = &[SAW[0], SAW[1], SLEPT, AWAKE];

/// Looks at a payload that bears its number.
pub fn look_at(payload: &Payload) {
    reach(SAW[payload.look() as usize]);
}

/// Waits for a grace period by `wait`, and says whether anybody slept meanwhile.
pub fn watch_sleep<T>(wait: impl FnOnce() -> T) -> T {
    let sleeps = model::sleeps();
    let result = wait();
    reach(if model::sleeps() > sleeps { SLEPT } else { AWAKE });
    result
}

/// See the module.
#[derive(Debug)]
pub struct Scene {
    /// The grace periods.
    pub grace_periods: Synchronizer,
    /// The reader.
    pub record: Record,
    /// The index of the payload that is linked.
    pub pointer: AtomicU64,
    /// The payloads.
    pub payloads: [Payload; 3],
}

impl Scene {
    /// With a reader that is offline. To be made by the main thread.
    pub fn offline(fences: Fences) -> Arc<Self> {
        let scene = Arc::new(Self {
            grace_periods: Synchronizer::new(fences, Stalls::never()),
            record: Record::unregistered(),
            pointer: AtomicU64::new(0),
            payloads: [Payload::new(0), Payload::new(1), Payload::new(2)],
        });
        // SAFETY: (1): the synchronizer, and with it the registry, is gone when the record is.
        unsafe { scene.grace_periods.registry.register(NonNull::from(&scene.record), Form::Handle) };
        scene
    }

    /// With a reader that locks and unlocks. To be made by the main thread.
    pub fn of_sections(fences: Fences) -> Arc<Self> {
        let scene = Self::offline(fences);
        scene.record.take_fast_path(&scene.grace_periods.period);
        scene
    }

    /// Looks at the payload that is linked.
    pub fn look(&self) {
        look_at(&self.payloads[self.pointer.load(Ordering::Acquire) as usize]);
    }

    /// A look in a section of the reader.
    pub fn section(&self) {
        self.section_of(&self.record);
    }

    /// A look in a section of another reader.
    pub fn section_of(&self, record: &Record) {
        let period = &self.grace_periods.period;
        record.lock(period, || {}, || record.lock_slow(period));
        self.look();
        record.unlock(period, || record.unlock_slow(period));
    }

    /// Links the next payload instead of this one.
    pub fn unlink(&self, old: usize) {
        self.pointer.swap(old as u64 + 1, Ordering::AcqRel);
    }

    /// Links the next payload instead of this one, and frees it after a grace period.
    pub fn replace(&self, old: usize) {
        self.unlink(old);
        watch_sleep(|| self.grace_periods.wait(Waiter::default()));
        self.payloads[old].poison();
    }
}
