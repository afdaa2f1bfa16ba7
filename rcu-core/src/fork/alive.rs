//! Every domain that is alive.

use std::mem;

use super::handlers::Forks;
use crate::contain::contain;
use crate::engine::Engine;
use crate::sync::{Arc, Mutex, Weak, lock};
use crate::sys::at_fork;

pub static ALIVE: Mutex<Alive> = Mutex::new(Alive { covered: false, global: None, domains: Vec::new() });

/// See the module.
#[derive(Debug)]
pub struct Alive {
    /// Whether the handlers are called around forks.
    covered: bool,
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
}

impl Alive {
    /// All of them. To be dropped when the lock is free: one may have lost its last handle, and its hooks are the application's.
    pub fn engines(&self) -> Vec<Kept> {
        let domains = self.domains.iter().filter_map(Weak::upgrade).map(Kept::Shared);
        self.global.map(Kept::Static).into_iter().chain(domains).collect()
    }

    fn cover_forks(&mut self) {
        if !mem::replace(&mut self.covered, true) {
            at_fork::<Forks>();
        }
    }
}

/// Sees to it that forks find the domain whole, for as long as it lives.
pub fn cover(engine: &Arc<Engine>) {
    let mut alive = lock(&ALIVE);
    alive.cover_forks();
    if alive.domains.len() == alive.domains.capacity() {
        alive.domains.retain(|engine| engine.strong_count() > 0);
    }
    alive.domains.push(Arc::downgrade(engine));
}

/// As [`cover`], for the default domain.
pub fn cover_global(engine: &'static Engine) {
    let mut alive = lock(&ALIVE);
    alive.cover_forks();
    alive.global = Some(engine);
}

/// Whether the thread with this token is inside a section of any domain.
pub fn is_inside_any(_: &Engine, token: u64) -> bool {
    let engines = lock(&ALIVE).engines();
    let inside = engines.iter().any(|kept| kept.engine().grace_periods.registry.is_inside(token));
    // A domain may have lost its last handle meanwhile: the panic of what its hooks captured is not this caller's.
    contain(|| drop(engines));
    inside
}
