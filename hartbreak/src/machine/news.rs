//! What harts tell a debugger that has better to do than to look at each of them: which stops there are, and a bell.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use debug_tables::gdb::Stops;

/// One for all harts of a machine.
#[derive(Debug, Default)]
pub struct News {
    /// The hits at entries of a debugger, of harts that [report](super::Action::Report) them.
    pub stops: Stops<u32>,
    rung: Mutex<u64>,
    bell: Condvar,
}

impl News {
    /// Rings the bell: a hart waits, or has ended; or whoever waits for the bell should look up.
    pub fn ring(&self) {
        *self.lock() += 1;
        self.bell.notify_all();
    }

    /// How often the bell has rung.
    pub fn rung(&self) -> u64 {
        *self.lock()
    }

    /// Waits until the bell has rung more often than `heard`, and tells how often.
    pub fn wait(&self, heard: u64) -> u64 {
        let rung = self.bell.wait_while(self.lock(), |rung| *rung == heard);
        *rung.unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
