//! Read-copy-update in user space.
//!
//! RCU is for data that is read all the time and changed now and then. Readers take no lock, write nothing that another
//! reader reads, and wait for nobody. This page teaches it; the [`guide`] says which part to use when, what each costs, and
//! what the functions of QEMU and liburcu are called here.
//!
//! # The idea
//!
//! Under a lock, an updater keeps readers out while it changes the data. Under RCU, nothing that a reader may look at is
//! changed. An updater makes a new version beside the old one, and publishes it with one store of a pointer: from then on,
//! whoever looks finds the new version. Whoever looked before goes on with the old one.
//!
//! That leaves one question: when may the old version be freed? When nobody can still be looking at it. So readers say when they
//! look: between [`read_lock`] and the drop of the guard that it returns, a thread is inside a *read-side critical section*.
//!
//! # A reader and an updater
//!
//! ```
//! use rcu_core::{RcuCell, read_lock};
//!
//! let routes = RcuCell::new(vec!["lo"]);
//!
//! std::thread::scope(|s| {
//!     // A reader. The reference lives as long as the section, and what it leads to does not change meanwhile.
//!     s.spawn(|| {
//!         let section = read_lock();
//!         let routes: &Vec<&str> = routes.load(&section);
//!         assert_eq!(routes[0], "lo");
//!     });
//!
//!     // An updater: read, copy, update.
//!     s.spawn(|| routes.update(|old| old.iter().copied().chain(["eth0"]).collect()));
//! });
//! ```
//!
//! The reader sees one route or two, never half an update. The updater did not wait for it. The compiler refuses a reference
//! that would outlive its section.
//!
//! # What a grace period is
//!
//! ```text
//! reader 1   ──[ old ]─────────────────────[ new ]───────
//! reader 2   ─────[ old ............... ]──────[ new ]───
//! reader 3   ──────────────[ new ................... ]───
//!                     │                  │
//! updater          replace          free the old
//!                     └── grace period ──┘
//! ```
//!
//! A grace period lasts until every section that was open when it started has ended. Reader 2 may have the old version, so
//! it is waited for. Reader 3 began later and can only have found the new one: it is not. Readers know nothing of all this; to
//! leave a section is to say "not I".
//!
//! # Three ways to reclaim
//!
//! What an updater takes out of a cell comes back as a [`Retired`]: a value that may still be read.
//!
//! ```
//! use rcu_core::{RcuCell, call};
//!
//! let cell = RcuCell::new(String::from("one"));
//!
//! // 1. Wait for a grace period, and have the value back.
//! let one: String = cell.replace(String::from("two")).wait();
//!
//! // 2. Drop it. The value is dropped after a grace period, on a thread of the crate's own; nobody waits.
//! drop(cell.replace(String::from("three")));
//!
//! // 3. Have anything else done after a grace period.
//! call(move || println!("{one} is long forgotten"));
//!
//! rcu_core::barrier(); // waits until 2 and 3 have happened
//! ```
//!
//! What needs waiting and no value is [`synchronize`].
//!
//! # Sections nest
//!
//! Guards count. A function that reads takes a section of its own, whether or not its caller is inside one: together they are
//! one section, from the first lock to the last drop. One that wants to be called from a section, because it returns a
//! reference for instance, asks for the proof:
//!
//! ```
//! use rcu_core::{RcuOption, Section, read_lock};
//!
//! static NAME: RcuOption<String> = RcuOption::none();
//!
//! /// Called from RCU critical section.
//! fn name<'g>(section: &'g impl Section) -> &'g str {
//!     let _nested = read_lock(); // a few instructions, and of no other effect here
//!     NAME.load(section).map_or("nobody", |name| name)
//! }
//!
//! assert_eq!(name(&read_lock()), "nobody");
//! ```
//!
//! # The mistake that panics
//!
//! A thread that waits for a grace period inside a section waits for itself. It panics instead, in release builds too:
//!
//! ```should_panic
//! let _section = rcu_core::read_lock();
//! rcu_core::synchronize();
//! ```
//!
//! Dropping a [`Retired`] and [`call`] wait for nothing, and are allowed anywhere.
//!
//! # Handles and domains
//!
//! Threads join the default domain by themselves, in their first section. A [`Reader`] is a reader that is a value: it
//! may move between threads. A [`Domain`] has its own readers, grace periods and callbacks, so that a slow reader of one
//! thing does not hold up what is reclaimed of another.
//!
//! ```
//! use rcu_core::{Domain, RcuCell};
//!
//! let domain = Domain::new();
//! let reader = domain.reader();
//! let cell = RcuCell::new_in(&domain, 1);
//! assert_eq!(*cell.load(&reader.read_lock()), 1);
//! ```
//!
//! # Readers that loop
//!
//! A virtual CPU or an event loop reads in every turn. It can be inside all the time, and say once a turn that it holds
//! nothing: a [`QuiescentReader`] is itself the section, and a load is then a load and nothing else.
//!
//! ```
//! # let cell = rcu_core::RcuCell::new(1);
//! let mut cpu = rcu_core::reader().into_quiescent();
//! for _ in 0..3 {
//!     assert_eq!(*cell.load(&cpu), 1);
//!     cpu.quiescent(); // no reference is kept beyond this, or it would not compile
//! }
//! ```
//!
//! # Contents
//!
//! | to | use | costs |
//! |---|---|---|
//! | read | [`read_lock`], or [`Reader::read_lock`] on a [`reader()`] handle | a few instructions; no shared write |
//! | read in a loop | [`QuiescentReader`] | nothing for a load; two loads and a compare a turn |
//! | publish | [`RcuCell::replace`], [`RcuOption::swap`], `update` | one allocation, one atomic exchange |
//! | keep elements in order | [`RcuList`] | one allocation an element; one pointer load a step |
//! | wait for readers | [`synchronize`], [`Retired::wait`] | the longest open section; a membarrier if another reader is online |
//! | reclaim without waiting | drop the [`Retired`]; [`retire`]; [`defer_drop`]; [`call`] | one exchange on a list of the thread's own |
//! | wait for what was reclaimed so | [`barrier`] | a grace period or two, and the callbacks; nothing if none is pending |
//! | ask whether readers have left | [`start_poll`], [`poll`], [`cond_synchronize`] | a lock to ask, one load to look |
//! | have a reader leave soon | [`on_force`], [`Reader::on_force`] | nothing until a grace period has to sleep |
//! | separate one use from another | [`Domain`] | a callback thread, once there are callbacks |
//! | start before a seccomp filter or signal handlers | [`init`], [`register_current_thread`] | |
//! | see what happened | [`stats`] | two locks |
//!
//! Free functions are the default domain; [`Domain`] has the same ones as methods, but for those of the calling
//! thread, which a domain's readers have.

#[macro_use]
mod layer;

/// Atomics, locks and threads: the only module that names `std` or `loom` for them. For the crates of this workspace, whose
/// own protocols are checked with this one's.
///
/// Safe code can do no harm with it. What has rules that only this crate keeps is out of its reach:
///
/// ```compile_fail,E0603
/// use rcu_core::sync::Constant;
/// ```
///
/// ```
/// use rcu_core::sync::Counter;
/// ```
#[doc(hidden)]
pub mod sync;

layer! {
    /// System calls, one safe function each.
    sys;
    /// The thread token, and whose code runs on this thread.
    thread;
    /// Running foreign code so that its panic stays its own.
    contain;
    /// A line on standard error.
    report;
    /// Where a domain finds its hooks.
    slot;
    /// What holds up others for too long, and who is told.
    stall;
    /// Light fences for readers, heavy ones for updaters.
    fence;
    /// One sleeper, any number of wakers.
    event;
    /// The grace-period counter that readers copy, and the event they wake.
    grace_period;
    /// A reader's word: enter, nest, leave.
    reader;
    /// The header that lets any allocation wait in a callback queue.
    head;
    /// The readers that a grace period has to look at, and their force-RCU kicks.
    registry;
    /// Grace periods: who drives one, and what it waits for.
    synchronize;
    /// Callbacks and the thread that runs them.
    callback;
    /// All the state of one domain.
    engine;
    /// The domains that are alive, and what becomes of them in a forked child.
    fork;
    /// What ties sections, cells and handles to one domain.
    scope;
    /// `ReadGuard` and the `Section` trait.
    guard;
    /// Polling for a grace period.
    cookie;
    /// `Reader`: an explicit handle.
    handle;
    /// `QuiescentReader`: a handle that is always inside.
    quiescent;
    /// Protected pointers.
    pointer;
    /// `Domain` and its builder.
    domain;
    /// The process-wide default domain and its automatic registration.
    global;
}

/// The default domain, laid open for a face in another language.
#[cfg(not(rcu_loom))]
#[doc(hidden)]
pub mod raw;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use callback::SpawnError;
pub use cookie::Cookie;
pub use domain::{Builder, Domain};
pub use engine::Stats;
pub use fence::Fences;
#[cfg(rcu_loom)]
pub use global::model;
#[cfg(not(rcu_loom))]
pub use global::{around_batches, on_stall};
pub use global::{
    barrier, call, cond_synchronize, defer_drop, init, on_force, poll, read_lock, read_ongoing, reader,
    register_current_thread, retire, start_poll, stats, synchronize,
};
pub use guard::{ReadGuard, Section};
pub use handle::{NotifierHandle, Reader};
pub use pointer::{Element, ListCursor, ListIter, ListUpdater, RcuBox, RcuCell, RcuList, RcuOption, Retired};
pub use quiescent::QuiescentReader;
pub use scope::{Global, Scope};
pub use stall::{Culprit, Stall};
pub use thread::OsThread;
