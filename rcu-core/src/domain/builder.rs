//! Options of a domain.

use super::{Domain, Owner};
use crate::engine::Engine;
use crate::fence::Fences;
use crate::sync::Arc;

/// Options of a new [`Domain`].
///
/// ```
/// use rcu_core::{Domain, Fences};
///
/// let options = Domain::builder().fences(Fences::SeqCst);
/// let [routes, names] = ["routes", "names"].map(|name| options.clone().thread_name(name).build());
/// # routes.synchronize();
/// # names.synchronize();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes its domain when build is called"]
pub struct Builder {
    fences: Fences,
    thread_name: String,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { fences: Fences::Auto, thread_name: "rcu-callbacks".to_owned() }
    }

    /// Chooses the fences of the domain's readers and grace periods; [`Fences::Auto`] unless told otherwise.
    ///
    /// ```
    /// use rcu_core::{Domain, Fences};
    /// let domain = Domain::builder().fences(Fences::SeqCst).build();
    /// domain.synchronize(); // makes no membarrier call
    /// assert_eq!(domain.stats().grace_periods, 1);
    /// ```
    pub fn fences(mut self, fences: Fences) -> Self {
        self.fences = fences;
        self
    }

    /// Names the callback thread; `rcu-callbacks` unless told otherwise.
    ///
    /// # Panics
    /// If the name contains a NUL.
    ///
    /// # Examples
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().thread_name("reclaim").build();
    /// domain.call(|| assert_eq!(std::thread::current().name(), Some("reclaim")));
    /// domain.barrier();
    /// # assert_eq!(domain.stats().callbacks_panicked, 0);
    /// ```
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        assert!(!self.thread_name.contains('\0'), "thread_name: a thread's name cannot contain a NUL");
        self
    }

    /// Makes the domain. Its callback thread is started by its first callback.
    ///
    /// ```
    /// let domain = rcu_core::Domain::builder().build(); // as Domain::new()
    /// # domain.synchronize();
    /// ```
    pub fn build(self) -> Domain {
        let engine = Arc::new(Engine::new(self.fences));
        Domain { owner: Arc::new(Owner { engine, thread_name: self.thread_name }) }
    }
}
