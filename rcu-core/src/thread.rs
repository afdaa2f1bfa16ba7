//! What the engine knows of the calling thread: a token that no other thread ever has, and whether a force-RCU kick
//! runs on it. Both are plain thread-local words without a destructor, so they work at any point of a thread's life.

use std::cell::Cell;

use crate::sync::{thread_local, unique};

/// The token no thread has.
pub const NOBODY: u64 = 0;

#[cfg(not(rcu_loom))]
thread_local! {
    static TOKEN: Cell<u64> = const { Cell::new(NOBODY) };
    static IN_KICK: Cell<bool> = const { Cell::new(false) };
}

#[cfg(rcu_loom)]
thread_local! {
    static TOKEN: Cell<u64> = Cell::new(NOBODY);
    static IN_KICK: Cell<bool> = Cell::new(false);
}

/// The calling thread's token.
#[inline]
pub fn token() -> u64 {
    let token = TOKEN.with(Cell::get);
    if token == NOBODY { assign() } else { token }
}

#[cold]
fn assign() -> u64 {
    let token = unique();
    TOKEN.with(|own| own.set(token));
    token
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
