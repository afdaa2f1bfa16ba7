//! A structure of a user's own, and its models.
//!
//! ```console
//! $ cargo test
//! $ RUSTFLAGS="--cfg rcu_loom" LOOM_MAX_PREEMPTIONS=3 cargo test --target-dir target/loom
//! ```

use rcu_core::{RcuCell, read_lock};

/// Two numbers that always add up to the same.
#[derive(Debug)]
pub struct Balance {
    parts: RcuCell<(u32, u32)>,
}

impl Balance {
    /// All of it on the left.
    pub fn new(total: u32) -> Self {
        Self { parts: RcuCell::new((total, 0)) }
    }

    /// Moves one from the left to the right, if there is one.
    pub fn shift(&self) {
        self.parts.update(|&(left, right)| if left > 0 { (left - 1, right + 1) } else { (left, right) });
    }

    /// Both together.
    pub fn total(&self) -> u32 {
        let section = read_lock();
        let (left, right) = self.parts.load(&section);
        left + right
    }
}

#[cfg(all(test, not(rcu_loom)))]
mod tests {
    use super::Balance;

    #[test]
    fn shifting_changes_no_total() {
        let balance = Balance::new(2);
        balance.shift();
        assert_eq!(balance.total(), 2);
    }
}

#[cfg(all(test, rcu_loom))]
mod models {
    use std::sync::Arc;

    use loom::thread;
    use rcu_core::{RcuCell, read_lock};

    use super::Balance;

    #[test]
    fn a_reader_sees_all_of_a_shift_or_nothing_of_it() {
        rcu_core::model(|| {
            let balance = Arc::new(Balance::new(1));
            let read = Arc::clone(&balance);
            let reader = thread::spawn(move || assert_eq!(read.total(), 1));
            balance.shift();
            reader.join().unwrap();
        });
    }

    /// A value whose every use loom checks.
    struct Checked(loom::cell::UnsafeCell<u32>);

    // SAFETY: what is wrong with its uses, loom reports.
    unsafe impl Send for Checked {}
    // SAFETY: as above.
    unsafe impl Sync for Checked {}

    fn one_reader_one_updater(wait: bool) {
        rcu_core::model(move || {
            let cell = Arc::new(RcuCell::new(Checked(loom::cell::UnsafeCell::new(0))));
            let read = Arc::clone(&cell);
            let reader = thread::spawn(move || {
                let section = read_lock();
                // SAFETY: loom checks that nobody writes meanwhile.
                read.load(&section).0.with(|value| unsafe { *value })
            });
            let old = cell.replace(Checked(loom::cell::UnsafeCell::new(1)));
            if wait {
                rcu_core::synchronize();
            }
            // SAFETY: loom checks that nobody reads meanwhile.
            old.0.with_mut(|value| unsafe { *value = u32::MAX });
            assert_ne!(reader.join().unwrap(), u32::MAX);
        });
    }

    #[test]
    fn what_was_replaced_may_be_reused_after_a_grace_period() {
        one_reader_one_updater(true);
    }

    /// A failing model may abort its process, so this has one of its own.
    #[test]
    #[ignore = "has to fail, by a causality violation"]
    fn what_was_replaced_may_not_be_reused_before() {
        one_reader_one_updater(false);
    }
}
