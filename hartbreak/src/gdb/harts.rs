//! The harts as a client sees them: which of them run, which it was told have stopped, and what it was not told yet.
//!
//! A hart that has stopped by itself is, for the client, one that runs, until it is told. Invariants: (1) a client is told of a
//! stop only if it holds when it is told: a hart that has met what was removed since goes on as if nothing had been; (2) it is
//! told once; (3) when it has left, every hart runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use debug_tables::gdb::{Debugger, Report, Request, WatchKind};
use debug_tables::{Error, Flags};

use super::event::{Why, end, signal};
use super::monitor::ByHand;
use super::tables::Tables;
use crate::cpu::Registers;
use crate::machine::{Action, Cause, Go, Hit, Machine, State, Stop};
use crate::options::GdbSabotage;

/// What a client's requests change.
pub type Requests = Debugger<Arc<Tables>>;

/// Of so many stops at breakpoints, one is lost, if that is the sabotage.
const LOST: u32 = 3;

/// Most requests that may stand: a client is no reason to hold more.
const REQUESTS: usize = 1024;

/// What the client was told of a hart.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// That it runs, for one instruction only if it steps; with the signal that the client wants it stopped by.
    Runs { steps: bool, asked: Option<u8> },
    /// That it has stopped.
    Stopped(Why),
}

const RUNS: Told = Told::Runs { steps: false, asked: None };

/// The harts of a machine, for one client.
#[derive(Debug)]
pub struct Harts {
    pub machine: Arc<Machine>,
    pub tables: Arc<Tables>,
    /// The breakpoints of the monitor.
    pub by_hand: ByHand,
    told: Vec<Told>,
    /// How many stops the client was told of, by hart.
    stops_told: Vec<u64>,
    /// What is to be told of harts that have met what is not there any more.
    ready: VecDeque<(u32, Why)>,
    sabotage: Option<GdbSabotage>,
    breakpoints_met: u32,
}

impl Harts {
    /// All harts run.
    pub fn new(machine: Arc<Machine>, sabotage: Option<GdbSabotage>) -> Self {
        machine.harts().iter().for_each(|hart| hart.control.on_hit(Action::Report));
        let tables = Arc::new(Tables::new(Arc::clone(&machine)));
        let told = vec![RUNS; machine.harts().len()];
        let (by_hand, ready) = (ByHand::default(), VecDeque::new());
        let stops_told = vec![0; told.len()];
        Self { machine, tables, by_hand, told, stops_told, ready, sabotage, breakpoints_met: 0 }
    }

    /// The harts that the guest has not ended.
    pub fn alive(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.told.len() as u32).filter(|&hart| end(self.state(hart)) != Some(Why::Ended))
    }

    /// Whether there is a hart of this number, which the guest has not ended.
    pub fn is_alive(&self, hart: u32) -> bool {
        self.alive().any(|other| other == hart)
    }

    /// What the client was told of a hart that it was told has stopped.
    pub fn why_stopped(&self, hart: u32) -> Option<Why> {
        match self.told.get(hart as usize)? {
            Told::Stopped(why) => Some(*why),
            Told::Runs { .. } => None,
        }
    }

    /// How many stops of a hart the client was told of.
    pub fn stops_told(&self, hart: u32) -> u64 {
        self.stops_told[hart as usize]
    }

    /// The registers of a hart that waits.
    pub fn registers(&self, hart: u32) -> Option<Registers> {
        self.machine.harts().get(hart as usize)?.control.rest.registers()
    }

    /// Changes the registers of a hart that waits.
    pub fn set_registers(&self, hart: u32, registers: &Registers) -> Option<()> {
        let set = self.machine.harts().get(hart as usize)?.control.rest.set_registers(registers);
        set.then_some(())
    }

    /// Lets a hart go on that the client was told has stopped.
    pub fn resume(&mut self, hart: u32, steps: bool) {
        if let Told::Stopped(why) = self.told[hart as usize] {
            if why != Why::Ended {
                self.told[hart as usize] = Told::Runs { steps, asked: None };
                self.go(hart, if steps { Go::Step } else { Go::Over });
            }
        }
    }

    /// Asks a hart that the client was told runs to stop.
    pub fn ask(&mut self, hart: u32, signal: u8) {
        if let Told::Runs { asked, .. } = &mut self.told[hart as usize] {
            asked.get_or_insert(signal);
            self.machine.harts()[hart as usize].control.ask_to_stop();
        }
    }

    /// Stops all harts. Those that stop for no other reason count as told.
    pub fn halt(&mut self) {
        for hart in self.machine.harts() {
            hart.control.ask_to_stop();
        }
        for hart in 0..self.told.len() as u32 {
            self.settle(hart);
            if self.state(hart) == State::Stopped(Stop::Asked) {
                self.told[hart as usize] = Told::Stopped(Why::Signal(signal::NONE));
            }
        }
    }

    /// Inserts what the client asks for.
    ///
    /// # Errors
    /// What the tables say, or that too many requests stand.
    pub fn insert(&self, requests: &mut Requests, request: Request) -> Result<(), u8> {
        let addressable = match request {
            Request::Software { pc } | Request::Hardware { pc } => u32::try_from(pc).is_ok(),
            Request::Watch { addr, .. } => u32::try_from(addr).is_ok(),
        };
        if !addressable {
            return Err(errno(Error::RangeOverflow));
        }
        if requests.requests().count() >= REQUESTS {
            return Err(NO_SPACE);
        }
        requests.insert(self.as_sabotaged(request)).map_err(errno)
    }

    /// Removes what the client has asked for. What is not there is no error: the protocol wants a removal to be repeatable.
    ///
    /// # Errors
    /// What the tables say.
    pub fn remove(&self, requests: &mut Requests, request: Request) -> Result<(), u8> {
        match requests.remove(self.as_sabotaged(request)) {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(errno(error)),
        }
        if let (Some(GdbSabotage::GhostStop), Request::Software { pc }) = (self.sabotage, request) {
            return self.machine.tables.insert_all(pc, Flags::GDB).map_err(errno);
        }
        Ok(())
    }

    fn as_sabotaged(&self, request: Request) -> Request {
        match (self.sabotage, request) {
            (Some(GdbSabotage::WrongWatch), Request::Watch { addr, len, kind: WatchKind::Write }) => {
                Request::Watch { addr, len, kind: WatchKind::Read }
            }
            _ => request,
        }
    }

    /// The next thing to tell the client of one of the harts that are `eligible`, if there is any. It counts as told.
    pub fn next_event(&mut self, requests: &Requests, eligible: impl Fn(u32) -> bool) -> Option<(u32, Why)> {
        let event = self.next_hit(requests, &eligible);
        let event = event.or_else(|| self.ready.pop_front()).or_else(|| self.next_other(eligible));
        if let Some((hart, why)) = event {
            self.told[hart as usize] = Told::Stopped(why);
            self.stops_told[hart as usize] += 1;
        }
        event
    }

    /// The next hit that still holds.
    fn next_hit(&mut self, requests: &Requests, eligible: &impl Fn(u32) -> bool) -> Option<(u32, Why)> {
        loop {
            let mut lost = Vec::new();
            let section = rcu_core::read_lock();
            let report = requests.next_stop_of(
                |&hart| eligible(hart),
                &self.machine.news.stops,
                &section,
                |hart| lost.push(hart),
            );
            drop(section);
            for hart in lost {
                self.lose(hart);
            }
            let report = report?;
            self.settle(report.cpu);
            if self.is_sabotaged_away(&report) {
                self.go(report.cpu, Go::Over);
                continue;
            }
            let asked_for = requests.requests().any(|request| request == report.request);
            let why = if asked_for { Why::Met(report.request) } else { Why::Signal(signal::TRAP) };
            return Some((report.cpu, why));
        }
    }

    fn is_sabotaged_away(&mut self, report: &Report<u32>) -> bool {
        if self.sabotage != Some(GdbSabotage::MissedStop) || matches!(report.request, Request::Watch { .. }) {
            return false;
        }
        self.breakpoints_met += 1;
        self.breakpoints_met % LOST == 0
    }

    /// A hart has met what is not there any more. If the client wants nothing of it, it goes on.
    fn lose(&mut self, hart: u32) {
        self.settle(hart);
        let executed = matches!(
            self.state(hart),
            State::Stopped(Stop::Hit(Hit { cause: Cause::Watchpoint { .. }, .. }))
        );
        match self.told[hart as usize] {
            Told::Runs { asked: Some(signal), .. } => self.ready.push_back((hart, Why::Signal(signal))),
            Told::Runs { steps: true, .. } if executed => {
                self.ready.push_back((hart, Why::Signal(signal::TRAP)));
            }
            Told::Runs { steps: true, .. } => self.go(hart, Go::Step),
            Told::Runs { .. } => self.go(hart, Go::Again),
            Told::Stopped(_) => {}
        }
    }

    /// The next stop that is no hit.
    fn next_other(&self, eligible: impl Fn(u32) -> bool) -> Option<(u32, Why)> {
        (0..self.told.len() as u32).filter(|&hart| eligible(hart)).find_map(|hart| {
            let Told::Runs { asked, .. } = self.told[hart as usize] else { return None };
            let why = match self.state(hart) {
                State::Stopped(Stop::Stepped) => Why::Signal(signal::TRAP),
                State::Stopped(Stop::Asked) => Why::Signal(asked.unwrap_or(signal::NONE)),
                state => end(state)?,
            };
            Some((hart, why))
        })
    }

    /// The client leaves, and with it all that it has asked for. Waits for a grace period, and for harts that are about to wait.
    pub fn leave(&mut self, requests: &mut Requests) {
        requests.detach();
        self.by_hand.clear(&self.tables);
        // From now on there is nothing to meet, and all that was met is in the queue.
        rcu_core::synchronize();
        for hart in 0..self.told.len() as u32 {
            let met = self.machine.news.stops.forget(&hart) > 0;
            let steps = matches!(self.told[hart as usize], Told::Runs { steps: true, .. });
            if met || steps {
                self.settle(hart);
            }
            self.machine.harts()[hart as usize].control.rest.withdraw();
            self.go(hart, Go::Again);
            self.told[hart as usize] = RUNS;
        }
        self.ready.clear();
    }

    /// What a hart is doing.
    pub fn state(&self, hart: u32) -> State {
        self.machine.harts()[hart as usize].control.state()
    }

    fn go(&self, hart: u32, go: Go) {
        self.machine.harts()[hart as usize].control.rest.go(go);
    }

    /// Waits for a hart that is about to wait, or to end.
    fn settle(&self, hart: u32) {
        while self.state(hart) == State::Running {
            thread::sleep(Duration::from_micros(20));
        }
    }
}

/// `ENOSPC`, `EFAULT` and `EINVAL`, for clients.
const NO_SPACE: u8 = 28;
pub const BAD_ADDRESS: u8 = 14;
pub const INVALID: u8 = 22;

/// A table's error, for clients.
pub fn errno(error: Error) -> u8 {
    error.errno().unsigned_abs() as u8
}
