//! Stop reasons: a report in the types of gdbstub.

use gdbstub::stub::BaseStopReason;
use gdbstub::target::ext::breakpoints as ext;

use crate::gdb::{Report, Request, WatchKind};

impl<K> Report<K> {
    /// The stop reason to give to gdbstub: for `()` a `SingleThreadStopReason`, for a `Tid`, which is the CPU's in GDB's
    /// numbering, a `MultiThreadStopReason`.
    ///
    /// # Panics
    /// If the address of a watchpoint is none of the target: nobody can have asked for it by a packet.
    ///
    /// ```
    /// use debug_tables::gdb::{Debugger, Request, Stops, WatchKind};
    /// use debug_tables::{Access, CpuTables};
    /// use gdbstub::stub::SingleThreadStopReason;
    /// use rcu_core::read_lock;
    ///
    /// let (cpu, stops) = (CpuTables::new(), Stops::new());
    /// let mut debugger = Debugger::new(&cpu);
    /// debugger.insert(Request::Watch { addr: 0x2000, len: 8, kind: WatchKind::Access })?;
    ///
    /// // The CPU reads behind the start of the watched range.
    /// let hit = cpu.watchpoints.check(&read_lock(), 0x2004, 4, Access::Read, |_| true);
    /// stops.push((), hit.expect("a watchpoint there"));
    ///
    /// let report = debugger.next_stop(&stops, &read_lock(), |()| {}).expect("a stop");
    /// let reason: SingleThreadStopReason<u32> = report.stop_reason(());
    /// let kind = gdbstub::target::ext::breakpoints::WatchKind::ReadWrite;
    /// assert_eq!(reason, SingleThreadStopReason::Watch { tid: (), kind, addr: 0x2000 });
    /// # Ok::<(), debug_tables::Error>(())
    /// ```
    pub fn stop_reason<Tid, U: TryFrom<u64>>(&self, tid: Tid) -> BaseStopReason<Tid, U> {
        match self.request {
            Request::Software { .. } => BaseStopReason::SwBreak(tid),
            Request::Hardware { .. } => BaseStopReason::HwBreak(tid),
            Request::Watch { addr, kind, .. } => {
                let addr = U::try_from(addr)
                    .unwrap_or_else(|_| panic!("stop_reason: {addr:#x} is no address of the target"));
                BaseStopReason::Watch { tid, kind: kind.into(), addr }
            }
        }
    }
}

impl From<WatchKind> for ext::WatchKind {
    fn from(kind: WatchKind) -> Self {
        match kind {
            WatchKind::Write => Self::Write,
            WatchKind::Read => Self::Read,
            WatchKind::Access => Self::ReadWrite,
        }
    }
}

impl From<ext::WatchKind> for WatchKind {
    fn from(kind: ext::WatchKind) -> Self {
        match kind {
            ext::WatchKind::Write => Self::Write,
            ext::WatchKind::Read => Self::Read,
            ext::WatchKind::ReadWrite => Self::Access,
        }
    }
}
