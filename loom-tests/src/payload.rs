//! What the models protect: a value whose every use loom checks.
//!
//! A reader looks, whoever frees poisons. Both are accesses of loom's `UnsafeCell`, so a free that is not ordered after a
//! look is reported as a causality violation, in whichever order the two happened to run.

use rcu_core::sync::UnsafeCell;

const FREED: u32 = u32::MAX;

/// A value that is poisoned when it is dropped.
#[derive(Debug)]
pub struct Payload {
    value: UnsafeCell<u32>,
}

// SAFETY: that no look is concurrent with a poisoning is what the models check: loom stops the execution before it happens.
unsafe impl Sync for Payload {}

impl Payload {
    /// A live value. The write is one that a reader has to be ordered after.
    pub fn new(value: u32) -> Self {
        assert_ne!(value, FREED);
        let payload = Self { value: UnsafeCell::new(FREED) };
        payload.write(value);
        payload
    }

    /// Uses the value, which must be alive.
    pub fn look(&self) -> u32 {
        // SAFETY: loom has checked that no write is concurrent, and runs one thread at a time.
        let value = self.value.with(|value| unsafe { *value });
        assert_ne!(value, FREED, "a reader saw a freed payload");
        value
    }

    /// Frees the value, for models that have it in a place of their own.
    pub fn poison(&self) {
        self.write(FREED);
    }

    /// Changes the value, which nobody else may be using.
    pub fn write(&self, new: u32) {
        // SAFETY: loom has checked that no other access is concurrent, and runs one thread at a time.
        self.value.with_mut(|value| unsafe { *value = new });
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.poison();
    }
}
