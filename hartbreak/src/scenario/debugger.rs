//! The debugger: what all steps of the scenario do, with the sabotage in the places where it applies.
//!
//! Harts are numbered from 0. Until the step that starts the last one, all but one run. The `target` is the hart that
//! single-hart steps choose: the last of those that run from the beginning.

use std::time::{Duration, Instant};
use std::{fmt::Write, ops::Range, thread};

use debug_tables::Breakpoint;

use super::ledger::Ledger;
use super::progress::Progress;
use super::watchdog::{LONGEST_WAIT, Watchdog};
use crate::Failure;
use crate::machine::{Action, Hit, Machine, State, Stop};
use crate::options::Sabotage;

/// Rounds of the guest in which a hart passes every place of the loop, wherever it was when they began.
pub const FULL_ROUNDS: u32 = 2;

/// The debugger, and the machine that it debugs.
#[derive(Debug)]
pub struct Debugger {
    pub machine: Machine,
    pub harts: u32,
    pub sabotage: Option<Sabotage>,
    pub ledger: Ledger,
    pub watchdog: Watchdog,
    progress: Progress,
}

impl Debugger {
    pub fn new(machine: Machine, harts: u32, sabotage: Option<Sabotage>) -> Self {
        let (ledger, progress, watchdog) = (Ledger::new(), Progress::new(), Watchdog::new());
        Self { machine, harts, sabotage, ledger, watchdog, progress }
    }

    /// The hart of single-hart steps.
    pub fn target(&self) -> u32 {
        self.harts - 2
    }

    /// The numbers of the harts that were started.
    pub fn started(&self) -> Range<u32> {
        0..self.machine.harts().len() as u32
    }

    /// How many hits all harts have met.
    pub fn hits(&self) -> u64 {
        self.machine.harts().iter().map(|hart| hart.control.hits()).sum()
    }

    /// The hart with this number.
    pub fn hart(&self, hart: u32) -> &crate::machine::HartThread {
        &self.machine.harts()[hart as usize]
    }

    /// The breakpoints of a hart now, in table order.
    pub fn breakpoints(&self, hart: u32) -> Vec<Breakpoint> {
        let section = rcu_core::read_lock();
        self.hart(hart).tables.breakpoints.read(&section).iter().copied().collect()
    }

    /// Tells all harts what to do at hits.
    pub fn on_hit(&self, action: Action) {
        self.machine.harts().iter().for_each(|hart| hart.control.on_hit(action));
    }

    /// Changes a table, and enters it in the ledger.
    pub fn update<R>(
        &mut self,
        check: &'static str,
        update: impl FnOnce(&Machine) -> Result<R, debug_tables::Error>,
    ) -> Result<R, Failure> {
        let _watched = self.watchdog.watch(check);
        self.ledger.enter(&self.machine);
        let updated = update(&self.machine);
        self.ledger.leave(&self.machine);
        updated.map_err(|error| Failure::new(check, "an update that succeeds", error.to_string()))
    }

    /// Waits for a grace period, and tells how long it took.
    pub fn synchronize(&self) -> Duration {
        let start = Instant::now();
        let _watched = self.watchdog.watch(format!(
            "the debugger waits in synchronize for harts to leave their sections: {}",
            self.describe()
        ));
        rcu_core::synchronize();
        start.elapsed()
    }

    /// Ends a step: lets the ledger's window close, and prints the progress line.
    pub fn report(&mut self, step: &'static str, text: &str) -> Result<(), Failure> {
        self.wait(step, "a window of the ledger closes within a second", |_| None::<()>, true)?;
        let latency = self.synchronize();
        self.progress.line(&self.machine, self.ledger.total(), latency, step, text);
        Ok(())
    }

    /// Polls until there is a result.
    pub fn wait_for<T>(
        &mut self,
        check: &'static str,
        expected: &str,
        poll: impl FnMut(&Machine) -> Option<T>,
    ) -> Result<T, Failure> {
        let polled = self.wait(check, expected, poll, false)?;
        Ok(polled.expect("only a closed window ends a wait without a result"))
    }

    fn wait<T>(
        &mut self,
        check: &'static str,
        expected: &str,
        mut poll: impl FnMut(&Machine) -> Option<T>,
        until_closed: bool,
    ) -> Result<Option<T>, Failure> {
        let start = Instant::now();
        loop {
            let closed = self.ledger.turn(&self.machine, until_closed);
            if let Some(result) = poll(&self.machine) {
                return Ok(Some(result));
            }
            self.harts_are_well()?;
            if closed && until_closed {
                return Ok(None);
            }
            if start.elapsed() > LONGEST_WAIT {
                let seen = format!("nothing of it in {LONGEST_WAIT:?}: {}", self.describe());
                return Err(Failure::new(check, expected, seen));
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Fails if the guest cannot go on.
    fn harts_are_well(&self) -> Result<(), Failure> {
        for (id, hart) in self.machine.harts().iter().enumerate() {
            let seen = match hart.control.state() {
                State::Running | State::Stopped(_) | State::Exited(_) => continue,
                State::Faulted(fault) => fault.to_string(),
                State::Ebreak(pc) => format!("guest fault: hart {id} at pc {pc:#010x}: ebreak"),
                State::Gone => format!("the thread of hart {id} is gone"),
            };
            eprintln!("hartbreak: {seen}");
            return Err(Failure::new("guest", "a guest that runs without a fault", seen));
        }
        Ok(())
    }

    /// Waits until each of the harts has done so many further rounds of the guest.
    pub fn rounds_pass(
        &mut self,
        check: &'static str,
        harts: impl IntoIterator<Item = u32>,
        rounds: u32,
    ) -> Result<(), Failure> {
        let until: Vec<_> =
            harts.into_iter().map(|hart| (hart, self.machine.rounds(hart).wrapping_add(rounds))).collect();
        let expected =
            format!("{rounds} more rounds of harts {:?}", until.iter().map(|u| u.0).collect::<Vec<_>>());
        self.wait_for(check, &expected, |machine| {
            until.iter().all(|&(hart, until)| machine.rounds(hart) >= until).then_some(())
        })
    }

    /// Waits for a hart to stop; fails if it passes every place of its loop instead. `what` it should stop at.
    pub fn stop_of(&mut self, check: &'static str, hart: u32, what: &str) -> Result<Hit, Failure> {
        let expected = format!("hart {hart} stops at {what}");
        // One more: the first may have begun before what it should stop at was there.
        let limit = self.machine.rounds(hart) + FULL_ROUNDS + 1;
        let stopped = self.wait_for(check, &expected, |machine| {
            // In this order: a hart that stopped does no more rounds.
            let rounds = machine.rounds(hart);
            match machine.harts()[hart as usize].control.state() {
                State::Stopped(Stop::Hit(hit)) => Some(Some(hit)),
                _ => (rounds > limit).then_some(None),
            }
        })?;
        stopped.ok_or_else(|| Failure::new(check, expected, format!("it has run past: {}", self.describe())))
    }

    /// Expects a stop at the breakpoint whose address is `pc`, and returns its hit.
    pub fn stop_at(&mut self, check: &'static str, hart: u32, name: &str, pc: u32) -> Result<Hit, Failure> {
        let hit = self.stop_of(check, hart, &format!("the breakpoint at {name}"))?;
        Failure::unless_equal(check, &format!("hart {hart} stops at {name}, address"), pc, hit.pc)?;
        Ok(hit)
    }

    /// Lets a hart go on.
    pub fn resume(&self, hart: u32) {
        while self.hart(hart).control.take_hit().is_some() {}
        self.hart(hart).control.resume();
    }

    /// What every hart is doing.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for (id, hart) in self.machine.harts().iter().enumerate() {
            let (state, rounds) = (hart.control.state(), self.machine.rounds(id as u32));
            let doing = match state {
                State::Stopped(stop) => format!("stopped at {stop}"),
                State::Running if hart.control.is_held() => "held in its section".to_owned(),
                State::Running => "running".to_owned(),
                other => format!("{other:?}"),
            };
            let hits = hart.control.hits();
            let _ = write!(
                text,
                "{}hart {id} {doing}, {rounds} rounds, {hits} hits",
                if id == 0 { "" } else { "; " }
            );
        }
        text
    }
}

impl Drop for Debugger {
    /// The machine goes next, and joins the threads of its harts.
    fn drop(&mut self) {
        self.watchdog.watch_to_the_end("the debugger waits for the threads of the harts to end");
    }
}
