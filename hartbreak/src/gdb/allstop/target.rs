//! The harts as a gdbstub target.

use std::convert::Infallible;
use std::sync::Arc;

use debug_tables::gdb::{Request, TargetBreakpoints};
use gdbstub::common::{Signal, Tid};
use gdbstub::stub::MultiThreadStopReason;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadResume, MultiThreadResumeOps, MultiThreadSchedulerLocking,
    MultiThreadSchedulerLockingOps, MultiThreadSingleStep, MultiThreadSingleStepOps,
};
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints::{BreakpointsOps, WatchKind};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target, TargetError, TargetResult};
use gdbstub_arch::riscv::Riscv32;
use gdbstub_arch::riscv::reg::RiscvCoreRegs;
use gdbstub_arch::riscv::reg::id::RiscvRegId;

use crate::cpu::Registers;
use crate::gdb::event::Why;
use crate::gdb::harts::{BAD_ADDRESS, Harts, Requests};
use crate::gdb::tables::Tables;
use crate::gdb::{document, monitor};
use crate::machine::Machine;

/// What a hart is to do when harts are resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Continue,
    Step,
}

/// The harts, and what the client wants of them.
#[derive(Debug)]
pub struct Emulator {
    pub harts: Harts,
    breakpoints: TargetBreakpoints<Arc<Tables>, Self>,
    /// What the client wants of single harts when it next resumes.
    wanted: Vec<Option<Deed>>,
    /// Whether the others are not to run: scheduler locking.
    locked: bool,
}

/// A hart's thread. Threads are numbered from 1.
pub fn tid(hart: u32) -> Tid {
    Tid::MIN.saturating_add(hart as usize)
}

/// A thread's hart.
fn hart(tid: Tid) -> u32 {
    u32::try_from(tid.get() - 1).unwrap_or(u32::MAX)
}

impl Emulator {
    pub fn new(machine: Arc<Machine>) -> Self {
        let wanted = vec![None; machine.harts().len()];
        let harts = Harts::new(machine, None);
        let requests = Requests::new(Arc::clone(&harts.tables));
        Self { harts, breakpoints: TargetBreakpoints::new(requests), wanted, locked: false }
    }

    /// The next thing to tell the client, of one of the harts that it has resumed.
    pub fn next_event(&mut self) -> Option<(u32, Why)> {
        let (locked, wanted) = (self.locked, &self.wanted);
        self.harts.next_event(&self.breakpoints.debugger, |hart| !locked || wanted[hart as usize].is_some())
    }

    pub fn stop_reason(&self, request: Request, tid: Tid) -> MultiThreadStopReason<u32> {
        match request {
            Request::Software { .. } => MultiThreadStopReason::SwBreak(tid),
            Request::Hardware { .. } => MultiThreadStopReason::HwBreak(tid),
            Request::Watch { addr, kind, .. } => {
                MultiThreadStopReason::Watch { tid, kind: WatchKind::from(kind), addr: addr as u32 }
            }
        }
    }

    pub fn leave(&mut self) {
        self.harts.leave(&mut self.breakpoints.debugger);
    }

    fn want(&mut self, tid: Tid, deed: Deed) {
        if let Some(wanted) = self.wanted.get_mut(hart(tid) as usize) {
            *wanted = Some(deed);
        }
    }

    fn registers(&self, tid: Tid) -> TargetResult<Registers, Self> {
        self.harts.registers(hart(tid)).ok_or(TargetError::NonFatal)
    }

    fn set_registers(&self, tid: Tid, registers: &Registers) -> TargetResult<(), Self> {
        self.harts.set_registers(hart(tid), registers).ok_or(TargetError::NonFatal)
    }
}

impl Target for Emulator {
    type Arch = Riscv32;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Riscv32, Infallible> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(&mut self.breakpoints)
    }

    fn support_target_description_xml_override(
        &mut self,
    ) -> Option<TargetDescriptionXmlOverrideOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Emulator {
    fn read_registers(&mut self, registers: &mut RiscvCoreRegs<u32>, tid: Tid) -> TargetResult<(), Self> {
        let Registers { x, pc } = self.registers(tid)?;
        *registers = RiscvCoreRegs { x, pc };
        Ok(())
    }

    fn write_registers(&mut self, registers: &RiscvCoreRegs<u32>, tid: Tid) -> TargetResult<(), Self> {
        self.set_registers(tid, &Registers { x: registers.x, pc: registers.pc })
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, start: u32, data: &mut [u8], _: Tid) -> TargetResult<usize, Self> {
        let ram = self.harts.machine.ram();
        let rest = ram.rest(start).ok_or(TargetError::Errno(BAD_ADDRESS))?;
        let len = data.len().min(rest as usize);
        let bytes = ram.read_bytes(start, len as u32).map_err(|_| TargetError::Errno(BAD_ADDRESS))?;
        data[..len].copy_from_slice(&bytes);
        Ok(len)
    }

    fn write_addrs(&mut self, start: u32, data: &[u8], _: Tid) -> TargetResult<(), Self> {
        self.harts.machine.ram().write_bytes(start, data).map_err(|_| TargetError::Errno(BAD_ADDRESS))
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), Infallible> {
        self.harts.alive().map(tid).for_each(active);
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl SingleRegisterAccess<Tid> for Emulator {
    fn read_register(&mut self, tid: Tid, id: RiscvRegId<u32>, buf: &mut [u8]) -> TargetResult<usize, Self> {
        let Registers { x, pc } = self.registers(tid)?;
        let value = match id {
            RiscvRegId::Gpr(number) => *x.get(usize::from(number)).ok_or(TargetError::NonFatal)?,
            RiscvRegId::Pc => pc,
            _ => return Err(TargetError::NonFatal),
        };
        buf.get_mut(..4).ok_or(TargetError::NonFatal)?.copy_from_slice(&value.to_le_bytes());
        Ok(4)
    }

    fn write_register(&mut self, tid: Tid, id: RiscvRegId<u32>, value: &[u8]) -> TargetResult<(), Self> {
        let mut registers = self.registers(tid)?;
        let value = u32::from_le_bytes(value.try_into().map_err(|_| TargetError::NonFatal)?);
        match id {
            RiscvRegId::Gpr(number) => {
                *registers.x.get_mut(usize::from(number)).ok_or(TargetError::NonFatal)? = value;
            }
            RiscvRegId::Pc => registers.pc = value,
            _ => return Err(TargetError::NonFatal),
        }
        self.set_registers(tid, &registers)
    }
}

impl MultiThreadResume for Emulator {
    /// Harts that have a stop which the client was not told of stay: it is told next.
    fn resume(&mut self) -> Result<(), Infallible> {
        for hart in 0..self.wanted.len() as u32 {
            match self.wanted[hart as usize] {
                None if self.locked => {}
                None | Some(Deed::Continue) => self.harts.resume(hart, false),
                Some(Deed::Step) => self.harts.resume(hart, true),
            }
        }
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Infallible> {
        self.wanted.fill(None);
        self.locked = false;
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Infallible> {
        self.want(tid, Deed::Continue);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadSingleStep for Emulator {
    fn set_resume_action_step(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Infallible> {
        self.want(tid, Deed::Step);
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Emulator {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Infallible> {
        self.locked = true;
        Ok(())
    }
}

impl ThreadExtraInfo for Emulator {
    fn thread_extra_info(&self, tid: Tid, buf: &mut [u8]) -> Result<usize, Infallible> {
        let hart = hart(tid);
        let info = format!("hart {hart}, {}", monitor::extra_info(&self.harts, hart));
        let len = info.len().min(buf.len());
        buf[..len].copy_from_slice(&info.as_bytes()[..len]);
        Ok(len)
    }
}

impl TargetDescriptionXmlOverride for Emulator {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        buf: &mut [u8],
    ) -> TargetResult<usize, Self> {
        if annex != b"target.xml" {
            return Err(TargetError::NonFatal);
        }
        let document = document::target();
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(document.len());
        let part = &document.as_bytes()[from..];
        let len = part.len().min(length).min(buf.len());
        buf[..len].copy_from_slice(&part[..len]);
        Ok(len)
    }
}

impl MonitorCmd for Emulator {
    fn handle_monitor_cmd(&mut self, line: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        out.write_raw(monitor::run(line, &mut self.harts).as_bytes());
        Ok(())
    }
}
