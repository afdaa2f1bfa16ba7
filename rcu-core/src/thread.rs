//! What the engine knows of the calling thread: a token that no other living thread has, and whether a force-RCU kick runs
//! on it. Both are plain thread-local words without a destructor, so they work at any point of a thread's life.

use std::cell::Cell;

use crate::sync::thread_local;

/// The token no thread has.
pub const NOBODY: u64 = 0;

#[cfg(not(rcu_loom))]
thread_local! {
    static IN_KICK: Cell<bool> = const { Cell::new(false) };
}

#[cfg(rcu_loom)]
thread_local! {
    static IN_KICK: Cell<bool> = Cell::new(false);
    static TOKEN: u64 = crate::sync::unique();
}

/// The calling thread's token: the address of something that is its own. A later thread may have it again, which can only
/// be mistaken for one that died inside a section and left it open for ever.
#[cfg(not(rcu_loom))]
#[inline(always)]
pub fn token() -> u64 {
    IN_KICK.with(|own| std::ptr::from_ref(own).addr() as u64)
}

/// The calling thread's token. An address would not be the same in every replay of an execution.
#[cfg(rcu_loom)]
pub fn token() -> u64 {
    TOKEN.with(|token| *token)
}

/// Marks this thread as running a kick until the mark is dropped.
#[derive(Debug)]
pub struct KickMark(());

impl KickMark {
    pub fn set() -> Self {
        IN_KICK.with(|kick| kick.set(true));
        Self(())
    }
}

impl Drop for KickMark {
    fn drop(&mut self) {
        IN_KICK.with(|kick| kick.set(false));
    }
}

/// Panics if the calling thread is running a kick.
pub fn assert_not_in_kick(call: &str) {
    assert!(!IN_KICK.with(Cell::get), "{call} called from a force-RCU kick: a kick may only enter sections and call");
}
