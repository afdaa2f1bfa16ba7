//! What makes `TargetBreakpoints` a `Target`: gdbstub's extensions ask for one. gdbstub reads registers and memory through
//! the emulator's target, which handed the extension out, and never through this.

use gdbstub::arch::Arch;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::singlethread::SingleThreadBase;
use gdbstub::target::{Target, TargetError, TargetResult};

use super::{Address, TargetBreakpoints};

impl<C, T: Target> Target for TargetBreakpoints<C, T> {
    type Arch = T::Arch;
    type Error = T::Error;

    fn base_ops(&mut self) -> BaseOps<'_, T::Arch, T::Error> {
        BaseOps::SingleThread(self)
    }
}

/// There are no registers and there is no memory.
impl<C, T: Target> SingleThreadBase for TargetBreakpoints<C, T> {
    fn read_registers(&mut self, _: &mut <T::Arch as Arch>::Registers) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }

    fn write_registers(&mut self, _: &<T::Arch as Arch>::Registers) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }

    fn read_addrs(&mut self, _: Address<T>, _: &mut [u8]) -> TargetResult<usize, Self> {
        Err(TargetError::NonFatal)
    }

    fn write_addrs(&mut self, _: Address<T>, _: &[u8]) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }
}
