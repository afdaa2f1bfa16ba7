//! What the engine knows of the calling thread: a token that no other thread has or had, whose code runs on it, and its number
//! for reports. They are plain thread-local words without a destructor, so they work at any point of a thread's life.

use std::cell::Cell;
use std::fmt;

use crate::sync::{thread_local, unique};
use crate::sys::{thread_id, thread_name};

/// The token no thread has.
pub const NOBODY: u64 = 0;

/// Whose code runs on a thread: the application's own, or what this crate calls for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The application's own.
    Own,
    /// A callback, or the hook around a batch of them.
    Callback,
    /// A force-RCU kick, or the hook that is told of a stall: a guest on the thread of whoever waits.
    Guest(&'static str),
}

/// The role of a force-RCU kick.
pub const KICK: Role = Role::Guest("a force-RCU kick");
/// The role of the hook that is told of a stall.
pub const STALL_HOOK: Role = Role::Guest("a stall hook");

#[cfg(not(rcu_loom))]
thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Own) };
    /// NOBODY while it has not been asked for.
    static TOKEN: Cell<u64> = const { Cell::new(NOBODY) };
    /// 0 while it has not been asked for.
    static OS_ID: Cell<u32> = const { Cell::new(0) };
}

#[cfg(rcu_loom)]
thread_local! {
    static ROLE: Cell<Role> = Cell::new(Role::Own);
    static OS_ID: Cell<u32> = Cell::new(0);
    static TOKEN: u64 = unique();
}

/// The calling thread's token. An address of its own would not do: a later thread may have the same, and would be taken for one that
/// is gone, which left a section open, or entered by a handle that is this thread's now.
#[cfg(not(rcu_loom))]
#[inline(always)]
pub fn token() -> u64 {
    match TOKEN.with(Cell::get) {
        NOBODY => make_token(),
        token => token,
    }
}

#[cfg(not(rcu_loom))]
#[cold]
fn make_token() -> u64 {
    let token = unique();
    TOKEN.with(|own| own.set(token));
    token
}

/// The calling thread's token.
#[cfg(rcu_loom)]
pub fn token() -> u64 {
    TOKEN.with(|token| *token)
}

/// Says whose code runs on this thread until the mark is dropped.
#[derive(Debug)]
pub struct RoleMark(Role);

impl RoleMark {
    pub fn set(role: Role) -> Self {
        Self(ROLE.with(|own| own.replace(role)))
    }
}

impl Drop for RoleMark {
    fn drop(&mut self) {
        ROLE.with(|own| own.set(self.0));
    }
}

/// Panics, in the name of `call`, in a kick or a stall hook.
pub fn assert_not_a_guest(call: &str) {
    if let Role::Guest(who) = ROLE.with(Cell::get) {
        panic!("{call} called from {who}: it may only enter sections and call");
    }
}

/// Whether the application's own code runs on this thread, which may be made to wait.
pub fn runs_own_code() -> bool {
    ROLE.with(Cell::get) == Role::Own
}

/// The number that the operating system gives the calling thread, or 0 if it gives none.
pub fn os_id() -> u32 {
    OS_ID.with(|own| {
        if own.get() == 0 {
            own.set(thread_id());
        }
        own.get()
    })
}

/// Forgets the calling thread's number: in a forked child it has another one.
#[cfg(not(rcu_loom))]
pub fn forget_os_id() {
    OS_ID.with(|own| own.set(0));
}

/// A thread, as the operating system shows it to whoever looks at the process from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OsThread {
    /// Its number: the one that gdb and `/proc` show. 0 where the host gives none.
    pub id: u32,
    /// Its name, as far as the kernel keeps it: on Linux, 15 bytes. None if it is gone, or the host does not say.
    pub name: Option<String>,
}

impl OsThread {
    pub(crate) fn new(id: u32) -> Self {
        Self { id, name: thread_name(id) }
    }
}

impl fmt::Display for OsThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "thread {name:?} (OS thread {})", self.id),
            None => write!(f, "a thread that is gone or has no name (OS thread {})", self.id),
        }
    }
}
