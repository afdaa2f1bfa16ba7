//! Running the application's code on a thread that others depend on, and dropping what that code captured.

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sync::Counter;

/// One number for the whole process: a hook may outlive its domain, which then could not count its panics.
static CONTAINED: Counter = Counter::new(0);

/// Runs `f` and says whether it returned. If it panics, the panic hook has reported it, and its payload is dropped here;
/// should that panic too, the second payload is leaked, for nothing says that its drop would not.
pub fn contain(f: impl FnOnce()) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { return true };
    CONTAINED.add(1);
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        CONTAINED.add(1);
        mem::forget(second);
    }
    false
}

/// How many panics were contained so far, in the process.
pub fn contained() -> u64 {
    CONTAINED.get()
}

/// A hook of the application's. When it is dropped, a panic of what it captured is contained: whoever has the last of it may have
/// other hooks to drop, or be unwinding, and two panics at once abort.
pub struct Hook<F>(Option<F>);

impl<F> Hook<F> {
    pub fn new(hook: F) -> Self {
        Self(Some(hook))
    }
}

impl<F> Deref for Hook<F> {
    type Target = F;

    fn deref(&self) -> &F {
        self.0.as_ref().expect("a hook is there until it is dropped")
    }
}

impl<F> Drop for Hook<F> {
    fn drop(&mut self) {
        let hook = self.0.take();
        contain(|| drop(hook));
    }
}

impl<F> fmt::Debug for Hook<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}
