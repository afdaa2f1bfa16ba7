//! Domains without a callback thread, for models that have no thread to spare: loom explores two threads to the end where three
//! need a bound.

use super::Domain;

impl Domain {
    /// A domain whose callbacks wait for somebody to [run](Self::run_callbacks) them.
    #[doc(hidden)]
    pub fn without_thread() -> Self {
        let domain = Self::new();
        domain.owner.engine.callbacks.thread.do_without();
        domain
    }

    /// Does all that the callback thread does with what is queued and polled for, on the calling thread, and returns. It may be
    /// called again; the caller counts as the callback thread from now on.
    #[doc(hidden)]
    pub fn run_callbacks(&self) {
        let engine = &self.owner.engine;
        engine.callbacks.stop();
        engine.serve_callbacks();
    }
}
