//! The tables behind each kind of protection, as the loop of a hart gets at them.
//!
//! All kinds hold the same entries, one breakpoint and one watchpoint per hart, and answer from the same snapshot types.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use debug_tables::{BreakpointTable, Breakpoints, CpuTables, Error, Flags, WatchpointTable, Watchpoints};
use rcu_core::{QuiescentReader, ReadGuard, Reader};

use crate::cpu::{Access, AccessKind};
use crate::ram::{BASE, DEFAULT_SIZE};

/// Where the entries of one hart are.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// Address of the breakpoint.
    pub breakpoint: u64,
    /// Address and length of the watchpoint.
    pub watchpoint: (u64, u64),
}

/// Past everything that the guest reaches.
pub const UNMET: Entries = Entries { breakpoint: UNREACHED, watchpoint: (UNREACHED, 8) };

const UNREACHED: u64 = BASE as u64 + DEFAULT_SIZE as u64 - 64;

/// What the tables are behind.
pub trait Protection: Sync {
    /// One hart's way to its tables.
    type Hart<'a>: Enter
    where
        Self: 'a;

    /// For one hart, on its own thread.
    fn hart(&self, hart: usize) -> Self::Hart<'_>;
}

/// One hart's way to its tables.
pub trait Enter {
    /// A section, or a lock that is held.
    type Section<'a>: Look
    where
        Self: 'a;

    /// Enters a section, begins one by a quiescent state, or takes the lock.
    fn enter(&mut self) -> Self::Section<'_>;
}

/// The checks of one hart, inside a section.
pub trait Look {
    /// The watchpoints.
    type Watched<'a>: Watched
    where
        Self: 'a;

    /// Whether there is a breakpoint at `pc`.
    fn breakpoint(&self, pc: u32) -> bool;

    /// The watchpoints now.
    fn watched(&self) -> Self::Watched<'_>;
}

/// The watchpoints of one hart, inside a section.
pub trait Watched: Copy {
    /// Whether a watchpoint may overlap an access. No call: it is compiled into every load and store of the interpreter, which
    /// would have to save registers for each instruction if there were one.
    fn may_overlap(self, access: Access) -> bool;

    /// Whether there is a watchpoint for an access.
    fn stops(self, access: Access) -> bool;
}

impl Watched for &Watchpoints {
    #[inline(always)]
    fn may_overlap(self, access: Access) -> bool {
        let first = u64::from(access.addr);
        Watchpoints::may_overlap(self, first..=first + u64::from(access.len) - 1)
    }

    #[cold]
    fn stops(self, access: Access) -> bool {
        use debug_tables::Access::{Read, Write};
        let check = |kind| self.check(access.addr.into(), access.len.into(), kind, |_| true).is_some();
        match access.kind {
            AccessKind::Read => check(Read),
            AccessKind::Write => check(Write),
            AccessKind::ReadWrite => check(Read) || check(Write),
        }
    }
}

/// No tables.
#[derive(Clone, Copy, Debug)]
pub struct Unchecked;

impl Protection for Unchecked {
    type Hart<'a> = Self;

    fn hart(&self, _: usize) -> Self {
        Self
    }
}

impl Enter for Unchecked {
    type Section<'a> = Self;

    #[inline(always)]
    fn enter(&mut self) -> Self {
        Self
    }
}

impl Look for Unchecked {
    type Watched<'a> = Self;

    #[inline(always)]
    fn breakpoint(&self, _: u32) -> bool {
        false
    }

    #[inline(always)]
    fn watched(&self) -> Self {
        Self
    }
}

impl Watched for Unchecked {
    #[inline(always)]
    fn may_overlap(self, _: Access) -> bool {
        false
    }

    #[inline(always)]
    fn stops(self, _: Access) -> bool {
        false
    }
}

/// Tables of `debug-tables`.
#[derive(Debug)]
pub struct Rcu(Vec<CpuTables>);

impl Rcu {
    /// For so many harts, with the entries of each.
    pub fn new(harts: usize, entries: impl Fn(usize) -> Entries) -> Result<Self, Error> {
        (0..harts).map(|hart| filled(entries(hart))).collect::<Result<_, _>>().map(Self)
    }
}

fn filled(entries: Entries) -> Result<CpuTables, Error> {
    let tables = CpuTables::new();
    let (addr, len) = entries.watchpoint;
    tables.breakpoints.insert(entries.breakpoint, Flags::GDB)?;
    tables.watchpoints.insert(addr, len, Flags::GDB | Flags::MEM_ACCESS)?;
    Ok(tables)
}

impl Protection for Rcu {
    type Hart<'a> = RcuHart<'a>;

    fn hart(&self, hart: usize) -> RcuHart<'_> {
        let CpuTables { breakpoints, watchpoints } = &self.0[hart];
        RcuHart { reader: rcu_core::reader(), breakpoints, watchpoints }
    }
}

/// A reader, and the tables of one hart.
#[derive(Debug)]
pub struct RcuHart<'a> {
    reader: Reader,
    breakpoints: &'a BreakpointTable,
    watchpoints: &'a WatchpointTable,
}

impl Enter for RcuHart<'_> {
    type Section<'a>
        = RcuSection<'a>
    where
        Self: 'a;

    #[inline(always)]
    fn enter(&mut self) -> RcuSection<'_> {
        RcuSection { section: self.reader.read_lock(), hart: self }
    }
}

/// A read-side critical section. The pointers to the snapshots are loaded in it.
#[derive(Debug)]
pub struct RcuSection<'a> {
    section: ReadGuard<'a>,
    hart: &'a RcuHart<'a>,
}

impl Look for RcuSection<'_> {
    type Watched<'a>
        = &'a Watchpoints
    where
        Self: 'a;

    #[inline(always)]
    fn breakpoint(&self, pc: u32) -> bool {
        self.hart.breakpoints.test(&self.section, pc.into(), Flags::ANY)
    }

    #[inline(always)]
    fn watched(&self) -> &Watchpoints {
        self.hart.watchpoints.read(&self.section)
    }
}

/// The same tables, for readers that are always inside.
#[derive(Debug)]
pub struct Quiescent(pub Rcu);

impl Protection for Quiescent {
    type Hart<'a> = QuiescentHart<'a>;

    fn hart(&self, hart: usize) -> QuiescentHart<'_> {
        let CpuTables { breakpoints, watchpoints } = &self.0.0[hart];
        QuiescentHart { reader: rcu_core::reader().into_quiescent(), breakpoints, watchpoints }
    }
}

/// A reader that is always inside, and the tables of one hart.
#[derive(Debug)]
pub struct QuiescentHart<'a> {
    reader: QuiescentReader,
    breakpoints: &'a BreakpointTable,
    watchpoints: &'a WatchpointTable,
}

impl Enter for QuiescentHart<'_> {
    type Section<'a>
        = &'a Self
    where
        Self: 'a;

    #[inline(always)]
    fn enter(&mut self) -> &Self {
        self.reader.quiescent();
        self
    }
}

impl Look for &QuiescentHart<'_> {
    type Watched<'a>
        = &'a Watchpoints
    where
        Self: 'a;

    #[inline(always)]
    fn breakpoint(&self, pc: u32) -> bool {
        self.breakpoints.test(&self.reader, pc.into(), Flags::ANY)
    }

    #[inline(always)]
    fn watched(&self) -> &Watchpoints {
        self.watchpoints.read(&self.reader)
    }
}

/// The snapshots of all harts, as they are behind a lock.
#[derive(Clone, Debug)]
pub struct Plain(Vec<(Breakpoints, Watchpoints)>);

impl Plain {
    /// For so many harts, with the entries of each.
    pub fn new(harts: usize, entries: impl Fn(usize) -> Entries) -> Result<Self, Error> {
        let snapshots = |hart| {
            let CpuTables { breakpoints, watchpoints } = filled(entries(hart))?;
            let section = rcu_core::read_lock();
            Ok((breakpoints.read(&section).clone(), watchpoints.read(&section).clone()))
        };
        (0..harts).map(snapshots).collect::<Result<_, _>>().map(Self)
    }
}

/// One hart's way through a lock.
#[derive(Debug)]
pub struct Locked<'a, L>(&'a L, usize);

/// A lock that is held, and which hart's tables are wanted.
#[derive(Debug)]
pub struct Held<G>(G, usize);

impl<G: Deref<Target = Plain>> Look for Held<G> {
    type Watched<'a>
        = &'a Watchpoints
    where
        Self: 'a;

    #[inline(always)]
    fn breakpoint(&self, pc: u32) -> bool {
        self.0.0[self.1].0.test(pc.into(), Flags::ANY)
    }

    #[inline(always)]
    fn watched(&self) -> &Watchpoints {
        &self.0.0[self.1].1
    }
}

impl Protection for RwLock<Plain> {
    type Hart<'a> = Locked<'a, Self>;

    fn hart(&self, hart: usize) -> Locked<'_, Self> {
        Locked(self, hart)
    }
}

impl Enter for Locked<'_, RwLock<Plain>> {
    type Section<'a>
        = Held<RwLockReadGuard<'a, Plain>>
    where
        Self: 'a;

    #[inline(always)]
    fn enter(&mut self) -> Self::Section<'_> {
        Held(self.0.read().unwrap_or_else(PoisonError::into_inner), self.1)
    }
}

impl Protection for Mutex<Plain> {
    type Hart<'a> = Locked<'a, Self>;

    fn hart(&self, hart: usize) -> Locked<'_, Self> {
        Locked(self, hart)
    }
}

impl Enter for Locked<'_, Mutex<Plain>> {
    type Section<'a>
        = Held<MutexGuard<'a, Plain>>
    where
        Self: 'a;

    #[inline(always)]
    fn enter(&mut self) -> Self::Section<'_> {
        Held(self.0.lock().unwrap_or_else(PoisonError::into_inner), self.1)
    }
}
