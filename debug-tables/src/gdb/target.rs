//! `TargetBreakpoints`: a [`Debugger`] as the breakpoint extension of a gdbstub target.
//!
//! gdbstub's extensions are traits of the emulator's own target, which no other crate can implement for it. But a target hands
//! out an extension as a trait object, and that may be another object: a field, of this type.

mod base;
mod reason;

use std::fmt;
use std::marker::PhantomData;

use gdbstub::arch::Arch;
use gdbstub::target::ext::breakpoints as ext;
use gdbstub::target::{Target, TargetError, TargetResult};

use super::cpus::Cpus;
use super::debugger::Debugger;
use super::request::Request;
use crate::error::Error;

/// The breakpoint extension of the gdbstub target `T`: software and hardware breakpoints, and watchpoints.
///
/// A field of the target, which hands it out. Here of an emulator of one hart, which has a `pc`, and memory from 0:
///
/// ```
/// use debug_tables::gdb::{Debugger, TargetBreakpoints};
/// use debug_tables::{CpuTables, Flags};
/// # use gdbstub::arch::{Arch, Registers};
/// use gdbstub::target::ext::base::BaseOps;
/// use gdbstub::target::ext::base::singlethread::SingleThreadBase;
/// use gdbstub::target::ext::breakpoints::{Breakpoints, BreakpointsOps, SwBreakpoint};
/// use gdbstub::target::{Target, TargetError, TargetResult};
/// # #[derive(Clone, Debug, Default, PartialEq)]
/// # struct Pc(u32);
/// # impl Registers for Pc {
/// #     type ProgramCounter = u32;
/// #     fn pc(&self) -> u32 { self.0 }
/// #     fn gdb_serialize(&self, write_byte: impl FnMut(Option<u8>)) {
/// #         self.0.to_le_bytes().map(Some).into_iter().for_each(write_byte);
/// #     }
/// #     fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
/// #         self.0 = u32::from_le_bytes(bytes.try_into().map_err(drop)?);
/// #         Ok(())
/// #     }
/// # }
/// # enum Riscv32 {}
/// # impl Arch for Riscv32 { type Usize = u32; type Registers = Pc; type BreakpointKind = usize; type RegId = (); }
///
/// struct Emulator {
///     pc: u32,
///     memory: Vec<u8>,
///     breakpoints: TargetBreakpoints<CpuTables, Self>,
/// }
///
/// impl Target for Emulator {
///     type Arch = Riscv32;
///     type Error = std::io::Error;
///
///     fn base_ops(&mut self) -> BaseOps<'_, Riscv32, std::io::Error> {
///         BaseOps::SingleThread(self)
///     }
///
///     fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
///         Some(&mut self.breakpoints)
///     }
/// }
///
/// impl SingleThreadBase for Emulator {
///     fn read_registers(&mut self, registers: &mut Pc) -> TargetResult<(), Self> {
///         registers.0 = self.pc;
///         Ok(())
///     }
///
///     fn write_registers(&mut self, registers: &Pc) -> TargetResult<(), Self> {
///         self.pc = registers.0;
///         Ok(())
///     }
///
///     fn read_addrs(&mut self, start: u32, data: &mut [u8]) -> TargetResult<usize, Self> {
///         let bytes = self.memory.iter().skip(start as usize);
///         Ok(data.iter_mut().zip(bytes).map(|(to, from)| *to = *from).count())
///     }
///
///     fn write_addrs(&mut self, start: u32, data: &[u8]) -> TargetResult<(), Self> {
///         let there = self.memory.get_mut(start as usize..).and_then(|rest| rest.get_mut(..data.len()));
///         there.ok_or(TargetError::NonFatal)?.copy_from_slice(data);
///         Ok(())
///     }
/// }
///
/// let tables = CpuTables::new();
/// let breakpoints = TargetBreakpoints::new(Debugger::new(tables.clone()));
/// let mut emulator = Emulator { pc: 0, memory: vec![0; 4096], breakpoints };
///
/// // What gdbstub does with the packet `Z0,8,4`:
/// let extension = emulator.support_breakpoints().and_then(|all| all.support_sw_breakpoint());
/// assert!(matches!(extension.expect("it is there").add_sw_breakpoint(8, 4), Ok(true)));
/// assert!(tables.breakpoints.test(&rcu_core::read_lock(), 8, Flags::GDB));
/// ```
///
/// A packet that withdraws what was not asked for, or asks for what cannot be, is answered with `EINVAL`, as QEMU's stub does.
pub struct TargetBreakpoints<C, T> {
    /// What was asked for: the way to the next stop.
    pub debugger: Debugger<C>,
    target: PhantomData<fn() -> T>,
}

impl<C, T> TargetBreakpoints<C, T> {
    /// The extension by which gdbstub speaks to this debugger.
    pub const fn new(debugger: Debugger<C>) -> Self {
        Self { debugger, target: PhantomData }
    }
}

impl<C: fmt::Debug, T> fmt::Debug for TargetBreakpoints<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TargetBreakpoints").field(&self.debugger).finish()
    }
}

type Address<T> = <<T as Target>::Arch as Arch>::Usize;
type Kind<T> = <<T as Target>::Arch as Arch>::BreakpointKind;

/// How gdbstub wants to hear of it: what the request asks for is impossible, which is false, or something else went wrong.
fn answer<E>(result: Result<(), Error>) -> Result<bool, TargetError<E>> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::NotFound | Error::EmptyRange | Error::RangeOverflow) => Ok(false),
        Err(error) => Err(TargetError::Errno(error.errno().unsigned_abs() as u8)),
    }
}

impl<C: Cpus, T: Target> ext::Breakpoints for TargetBreakpoints<C, T>
where
    Address<T>: Into<u64>,
{
    fn support_sw_breakpoint(&mut self) -> Option<ext::SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<ext::HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<ext::HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl<C: Cpus, T: Target> ext::SwBreakpoint for TargetBreakpoints<C, T>
where
    Address<T>: Into<u64>,
{
    fn add_sw_breakpoint(&mut self, addr: Address<T>, _: Kind<T>) -> TargetResult<bool, Self> {
        answer(self.debugger.insert(Request::Software { pc: addr.into() }))
    }

    fn remove_sw_breakpoint(&mut self, addr: Address<T>, _: Kind<T>) -> TargetResult<bool, Self> {
        answer(self.debugger.remove(Request::Software { pc: addr.into() }))
    }
}

impl<C: Cpus, T: Target> ext::HwBreakpoint for TargetBreakpoints<C, T>
where
    Address<T>: Into<u64>,
{
    fn add_hw_breakpoint(&mut self, addr: Address<T>, _: Kind<T>) -> TargetResult<bool, Self> {
        answer(self.debugger.insert(Request::Hardware { pc: addr.into() }))
    }

    fn remove_hw_breakpoint(&mut self, addr: Address<T>, _: Kind<T>) -> TargetResult<bool, Self> {
        answer(self.debugger.remove(Request::Hardware { pc: addr.into() }))
    }
}

impl<C: Cpus, T: Target> ext::HwWatchpoint for TargetBreakpoints<C, T>
where
    Address<T>: Into<u64>,
{
    fn add_hw_watchpoint(
        &mut self,
        addr: Address<T>,
        len: Address<T>,
        kind: ext::WatchKind,
    ) -> TargetResult<bool, Self> {
        answer(self.debugger.insert(watch::<T>(addr, len, kind)))
    }

    fn remove_hw_watchpoint(
        &mut self,
        addr: Address<T>,
        len: Address<T>,
        kind: ext::WatchKind,
    ) -> TargetResult<bool, Self> {
        answer(self.debugger.remove(watch::<T>(addr, len, kind)))
    }
}

fn watch<T: Target>(addr: Address<T>, len: Address<T>, kind: ext::WatchKind) -> Request
where
    Address<T>: Into<u64>,
{
    Request::Watch { addr: addr.into(), len: len.into(), kind: kind.into() }
}
