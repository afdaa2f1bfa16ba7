//! What would wait for itself is refused: while a closure of the application edits tables, under their locks, the same
//! thread takes no other lock of this crate.

use std::cell::Cell;

use rcu_core::sync::thread_local;

#[cfg(not(rcu_loom))]
thread_local! {
    static EDITING: Cell<bool> = const { Cell::new(false) };
}

#[cfg(rcu_loom)]
thread_local! {
    static EDITING: Cell<bool> = Cell::new(false);
}

/// Marks the calling thread as editing until it is dropped.
pub struct Editing(());

impl Editing {
    pub fn begin() -> Self {
        EDITING.with(|editing| editing.set(true));
        Self(())
    }
}

impl Drop for Editing {
    fn drop(&mut self) {
        EDITING.with(|editing| editing.set(false));
    }
}

/// Panics, in the name of `call`, inside the closure of an update.
pub fn assert_not_editing(call: &str) {
    assert!(
        !EDITING.with(Cell::get),
        "{call} called from the closure of an update: it would wait for locks that its own thread holds"
    );
}
