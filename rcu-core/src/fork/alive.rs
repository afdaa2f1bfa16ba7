//! Every domain that is alive.

use super::handlers::Forks;
use crate::callback::{Meanwhile, SpawnError};
use crate::engine::Engine;
use crate::sync::{Arc, Counter, Mutex, Weak, lock};
use crate::sys::at_fork;

pub static ALIVE: Mutex<Alive> = Mutex::new(Alive { global: None, domains: Vec::new() });

/// See the module.
#[derive(Debug)]
pub struct Alive {
    global: Option<&'static Engine>,
    domains: Vec<Weak<Engine>>,
}

/// An engine that stays for as long as this does.
#[derive(Debug)]
pub enum Kept {
    Static(&'static Engine),
    Shared(Arc<Engine>),
}

impl Kept {
    pub fn engine(&self) -> &Engine {
        match self {
            Self::Static(engine) => engine,
            Self::Shared(engine) => engine,
        }
    }

    fn spawn(&self) -> Result<(), SpawnError> {
        match *self {
            Self::Static(engine) => {
                engine.callbacks.thread.spawn(Meanwhile::GoOn, &engine.thread, || engine.serve_callbacks())
            }
            Self::Shared(ref engine) => engine.spawn(Meanwhile::GoOn),
        }
    }
}

impl Alive {
    /// All of them. To be dropped when the lock is free: one may have lost its last handle, and its hooks are the application's.
    pub fn engines(&self) -> Vec<Kept> {
        let domains = self.domains.iter().filter_map(Weak::upgrade).map(Kept::Shared);
        self.global.map(Kept::Static).into_iter().chain(domains).collect()
    }
}

/// Non-zero in a forked child in which a domain has something to do and no thread to do it.
static LEFT_BEHIND: Counter = Counter::new(0);

/// Says, in a forked child, that a domain has something to do and no thread to do it.
pub fn note_left_behind() {
    LEFT_BEHIND.set(1);
}

/// Starts, in a forked child, the callback threads of all domains that have something to do: whoever would use one of them may not
/// be there, and all its handles may have been dropped.
#[inline]
pub fn start_left_behind() {
    if LEFT_BEHIND.get() != 0 {
        start_all();
    }
}

#[cold]
fn start_all() {
    LEFT_BEHIND.set(0);
    let engines = lock(&ALIVE).engines();
    for kept in &engines {
        if kept.engine().is_left_behind() && kept.spawn().is_err() {
            // The next operation tries again.
            note_left_behind();
        }
    }
}

/// Has the handlers called around each fork. To be called before any lock that they take is taken.
///
/// No lock is held meanwhile, and nobody waits for who does it: a fork that comes first copies a process that has yet to do it, and none
/// of whose locks is held. So two threads may both do it. The handlers, called twice, do their work once.
fn cover_forks() {
    static COVERED: Counter = Counter::new(0);
    if COVERED.get() == 0 {
        at_fork::<Forks>();
        COVERED.set(1);
    }
}

/// Sees to it that forks find the domain whole, for as long as it lives.
pub fn cover(engine: &Arc<Engine>) {
    cover_forks();
    let mut alive = lock(&ALIVE);
    if alive.domains.len() == alive.domains.capacity() {
        alive.domains.retain(|engine| engine.strong_count() > 0);
    }
    alive.domains.push(Arc::downgrade(engine));
}

/// As [`cover`], for the default domain.
pub fn cover_global(engine: &'static Engine) {
    cover_forks();
    lock(&ALIVE).global = Some(engine);
}

/// Whether the thread with this token is inside a section of any domain.
pub fn is_inside_any(_: &Engine, token: u64) -> bool {
    let engines = lock(&ALIVE).engines();
    engines.iter().any(|kept| kept.engine().grace_periods.registry.is_inside(token))
}
