//! Polling: a grace period that is asked for now, driven by the callback thread, and looked at later.

use crate::engine::Engine;
use crate::fork::start_left_behind;
use crate::scope::{Scope, see_to_thread};

/// A grace period that was asked for by [`start_poll`](crate::start_poll()) or
/// [`Domain::start_poll`](crate::Domain::start_poll).
///
/// A cookie is two numbers: it may be copied, kept and sent anywhere, and costs nothing while nobody looks at it.
///
/// ```
/// let cookie = rcu_core::start_poll();
/// // ... other work, and then, where waiting would be in the way:
/// if rcu_core::poll(cookie) {
///     println!("every section that was open then has ended");
/// }
/// // or, where it would not:
/// rcu_core::cond_synchronize(cookie);
/// assert!(rcu_core::poll(cookie));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cookie {
    number: u64,
    domain: u64,
}

impl Cookie {
    /// The cookie of the default domain with this number.
    #[cfg(not(rcu_loom))]
    pub(crate) fn of_default(number: u64) -> Self {
        Self { number, domain: 0 }
    }

    #[cfg(not(rcu_loom))]
    pub(crate) fn number(self) -> u64 {
        self.number
    }

    fn assert_of(self, engine: &Engine, call: &str) {
        assert!(self.domain == engine.id, "{call}: the cookie is of another domain");
    }
}

/// Asks for a grace period that starts after this call.
pub fn start_poll<S: Scope>(scope: &S) -> Cookie {
    see_to_thread(scope);
    let engine = S::engine(scope.borrow());
    let number = engine.grace_periods.request();
    // Step [wake-for-cookie]: the thread may have looked at what is requested, and sleep.
    engine.callbacks.wake();
    Cookie { number, domain: engine.id }
}

/// Whether the cookie's grace period is over, for `call`.
pub fn poll<S: Scope>(scope: &S, cookie: Cookie, call: &str) -> bool {
    let engine = S::engine(scope.borrow());
    cookie.assert_of(engine, call);
    let over = engine.grace_periods.is_over(cookie.number);
    if !over {
        // Nothing else may ever be asked of a forked child.
        start_left_behind();
    }
    over
}

/// Waits for the cookie's grace period, for `call`.
pub fn cond_synchronize<S: Scope>(scope: &S, cookie: Cookie, call: &str) {
    scope.cover();
    let engine = S::engine(scope.borrow());
    cookie.assert_of(engine, call);
    let waiter = engine.assert_may_wait(call, S::own_record(scope.borrow()));
    start_left_behind();
    engine.grace_periods.wait_for(cookie.number, waiter);
}
