//! Domains: instances with their own readers, grace periods and callback thread.
//!
//! Handles, cells, readers and `Retired` values each keep the domain alive by a clone of its handle; the callback thread
//! keeps the engine alive by itself. Dropping the last handle therefore only tells that thread to finish: it never waits.

mod builder;
#[cfg(rcu_loom)]
mod model;

use std::fmt;
use std::ptr::NonNull;

use crate::callback::{Meanwhile, SpawnError};
use crate::cookie::{self, Cookie};
use crate::engine::{Engine, Stats};
use crate::handle::{Reader, Registered};
use crate::pointer::RcuBox;
use crate::reader::Record;
use crate::report::report;
use crate::scope::{self, Host, Scope};
use crate::sync::Arc;

pub use builder::Builder;

/// An RCU domain of your own: sections of one domain do not delay the grace periods of another. Clones are handles of
/// the same domain.
///
/// ```
/// use rcu_core::{Domain, RcuCell};
///
/// let domain = Domain::new();
/// let reader = domain.reader();
/// let cell = RcuCell::new_in(&domain, 1);
/// assert_eq!(*cell.load(&reader.read_lock()), 1);
/// cell.replace(2);
/// domain.barrier(); // the 1 has been dropped
/// ```
///
/// A section of another domain is refused, at compile time if it is of another kind,
///
/// ```compile_fail,E0277
/// # use rcu_core::{Domain, RcuCell};
/// # let domain = Domain::new();
/// # let cell = RcuCell::new_in(&domain, 1);
/// cell.load(&rcu_core::read_lock());
/// ```
///
/// ```
/// # use rcu_core::{Domain, RcuCell};
/// # let domain = Domain::new();
/// # let cell = RcuCell::new_in(&domain, 1);
/// cell.load(&domain.reader().read_lock());
/// ```
///
/// and by a panic if it is of another instance:
///
/// ```should_panic
/// # use rcu_core::{Domain, RcuCell};
/// # let domain = Domain::new();
/// # let cell = RcuCell::new_in(&domain, 1);
/// cell.load(&Domain::new().reader().read_lock());
/// ```
///
/// Waiting for a grace period of A inside a section of B is allowed; doing the reverse on another thread at the same time
/// is a deadlock, as with any two locks.
#[derive(Clone)]
pub struct Domain {
    owner: Arc<Owner>,
}

/// What the handles of a domain share. Its drop is the end of the last handle.
struct Owner {
    engine: Arc<Engine>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let callbacks = &self.engine.callbacks;
        // It waits for nobody but, in a forked child, for the one who starts all threads: should that fail, only this tells.
        if !callbacks.is_idle() && !callbacks.thread.is_spawned_or_will_be() {
            if let Err(error) = self.engine.spawn(Meanwhile::GoOn) {
                report(format_args!("the callbacks of a dropped domain are lost: {error}"));
            }
        }
        callbacks.stop();
    }
}

impl Domain {
    /// A domain with the default options.
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let same = domain.clone(); // another handle of it
    /// # drop((domain, same));
    /// ```
    #[expect(
        clippy::new_without_default,
        reason = "two defaults are two domains: a reader should see which is made"
    )]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Options for a domain.
    ///
    /// ```
    /// use rcu_core::{Domain, Fences};
    /// let domain = Domain::builder().fences(Fences::SeqCst).thread_name("reclaim").build();
    /// domain.synchronize();
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A new reader of this domain.
    ///
    /// # Panics
    /// In a force-RCU kick.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let reader = domain.reader();
    /// std::thread::spawn(move || drop(reader.read_lock())).join().unwrap();
    /// ```
    pub fn reader(&self) -> Reader<Domain> {
        Reader::new(self.clone(), "Domain::reader")
    }

    /// Waits until every read-side critical section of this domain that is open now has ended. Concurrent calls share grace
    /// periods. See [`synchronize`](crate::synchronize()).
    ///
    /// # Panics
    /// Inside a section of this domain, in one of its callbacks, and in a force-RCU kick.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let _section = rcu_core::read_lock(); // of another domain, so it is not waited for
    /// domain.synchronize();
    /// ```
    pub fn synchronize(&self) {
        scope::synchronize(self, "Domain::synchronize", None);
    }

    /// Asks for a grace period that starts after this call, driven by the domain's callback thread. See
    /// [`start_poll`](crate::start_poll()).
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let cookie = domain.start_poll();
    /// while !domain.poll(cookie) {
    ///     std::thread::yield_now(); // or something useful
    /// }
    /// ```
    pub fn start_poll(&self) -> Cookie {
        cookie::start_poll(self)
    }

    /// Whether the cookie's grace period is over. See [`poll`](crate::poll()).
    ///
    /// # Panics
    /// If the cookie is of another domain.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let reader = domain.reader();
    /// let _section = reader.read_lock();
    /// let cookie = domain.start_poll();
    /// assert!(!domain.poll(cookie)); // allowed inside a section, and false as long as it lasts
    /// ```
    ///
    /// ```should_panic
    /// let cookie = rcu_core::start_poll();
    /// rcu_core::Domain::new().poll(cookie);
    /// ```
    pub fn poll(&self, cookie: Cookie) -> bool {
        cookie::poll(self, cookie, "Domain::poll")
    }

    /// Waits until the cookie's grace period is over. See [`cond_synchronize`](crate::cond_synchronize()).
    ///
    /// # Panics
    /// As [`synchronize`](Self::synchronize), and if the cookie is of another domain.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let cookie = domain.start_poll();
    /// domain.cond_synchronize(cookie);
    /// assert!(domain.poll(cookie));
    /// ```
    pub fn cond_synchronize(&self, cookie: Cookie) {
        cookie::cond_synchronize(self, cookie, "Domain::cond_synchronize");
    }

    /// Waits until every callback that was queued before, by any thread, has run.
    ///
    /// # Panics
    /// As [`synchronize`](Self::synchronize), and if the callback thread cannot be started.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// domain.call(|| ());
    /// domain.barrier();
    /// assert_eq!(domain.stats().callbacks_run, 1);
    /// ```
    pub fn barrier(&self) {
        scope::barrier(self, "Domain::barrier");
    }

    /// Runs `f` once, on the domain's callback thread, after a grace period that starts after this call. See
    /// [`call`](crate::call()).
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    ///
    /// let domain = rcu_core::Domain::new();
    /// let (send, receive) = channel();
    /// domain.call(move || send.send("no reader is left").unwrap());
    /// assert_eq!(receive.recv(), Ok("no reader is left"));
    /// ```
    pub fn call(&self, f: impl FnOnce() + Send + 'static) {
        scope::call(self, f);
    }

    /// As [`call`](Self::call), unless the [hard limit](Builder::hard_limit) is reached. Never waits.
    ///
    /// # Errors
    /// `f` itself, if as many callbacks are pending as the hard limit allows.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().hard_limit(1).build();
    /// let reader = domain.reader();
    /// let section = reader.read_lock();
    /// assert!(domain.try_call(|| println!("runs when the section has ended")).is_ok());
    /// let refused = domain.try_call(|| println!("is one too many"));
    /// refused.expect_err("it is returned")();
    /// # drop(section);
    /// ```
    pub fn try_call<F: FnOnce() + Send + 'static>(&self, f: F) -> Result<(), F> {
        scope::try_call(self, f)
    }

    /// Drops a value after a grace period. See [`retire`](crate::retire()).
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// domain.retire(rcu_core::RcuBox::new(vec![0; 1024]));
    /// ```
    pub fn retire<T: Send + 'static>(&self, value: RcuBox<T>) {
        value.retire_in(self);
    }

    /// Drops a value after a grace period. See [`defer_drop`](crate::defer_drop()).
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// domain.defer_drop(std::sync::Arc::new([0; 1024]));
    /// ```
    pub fn defer_drop<T: Send + 'static>(&self, value: T) {
        self.call(move || drop(value));
    }

    /// Starts the callback thread now rather than with the first callback.
    ///
    /// # Errors
    /// If the thread cannot be started. The next callback tries again.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// domain.init()?;
    /// # Ok::<(), rcu_core::SpawnError>(())
    /// ```
    pub fn init(&self) -> Result<(), SpawnError> {
        scope::init(self)
    }

    /// Waits until every callback queued so far has run, and, if this is the last handle, for the callback thread to end.
    /// Dropping a handle instead does not wait. Readers, cells, lists and [`Retired`](crate::Retired) values are handles too.
    ///
    /// # Panics
    /// As [`barrier`](Self::barrier).
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// domain.call(|| println!("runs before shutdown returns"));
    /// domain.shutdown();
    /// ```
    pub fn shutdown(self) {
        scope::barrier(&self, "Domain::shutdown");
        let engine = Arc::clone(&self.owner.engine);
        if let Some(owner) = Arc::into_inner(self.owner) {
            drop(owner);
            engine.callbacks.thread.join();
        }
    }

    /// What the domain has done so far.
    ///
    /// ```
    /// let domain = rcu_core::Domain::new();
    /// let _reader = domain.reader();
    /// assert_eq!(domain.stats().readers, 1);
    /// ```
    pub fn stats(&self) -> Stats {
        self.owner.engine.stats()
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain").field("thread_name", &self.owner.engine.thread.name).finish_non_exhaustive()
    }
}

impl Scope for Domain {}

impl Host for Domain {
    type Borrow<'a> = &'a Domain;

    #[inline]
    fn borrow(&self) -> &Domain {
        self
    }

    #[inline]
    fn engine<'a>(scope: &'a Domain) -> &'a Engine
    where
        Self: 'a,
    {
        &scope.owner.engine
    }

    #[inline]
    fn is_same(one: &Domain, other: &Domain) -> bool {
        // Both are alive, so their addresses differ unless they are one.
        Arc::ptr_eq(&one.owner, &other.owner)
    }

    fn own_record(_: &Domain) -> Option<NonNull<Record>> {
        None
    }

    unsafe fn unlock_slow(scope: &Domain, record: NonNull<Record>) {
        // SAFETY: (1): the record of the guard that is being dropped.
        let record = unsafe { record.as_ref() };
        record.unlock_slow(&scope.owner.engine.grace_periods.period);
    }

    fn with_section<R>(&self, f: impl FnOnce() -> R) -> R {
        let reader = Registered::new(self.clone());
        let _section = reader.read_lock();
        f()
    }

    fn cover(&self) {
        // It is covered since it was built.
    }

    fn spawn(&self, meanwhile: Meanwhile) -> Result<(), SpawnError> {
        self.owner.engine.spawn(meanwhile)
    }
}
