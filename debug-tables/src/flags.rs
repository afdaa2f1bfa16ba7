//! What an entry stops at and whom it belongs to, with QEMU's values.

use crate::error::Error;

bitflags::bitflags! {
    /// What an entry stops at, and whom it belongs to. The values are those of QEMU's `BP_*` constants.
    ///
    /// As in QEMU every combination of these bits is a legal entry: one with neither [`GDB`](Self::GDB) nor
    /// [`CPU`](Self::CPU) is listed but found by no test for [`ANY`](Self::ANY), and a watchpoint without
    /// [`MEM_READ`](Self::MEM_READ) and [`MEM_WRITE`](Self::MEM_WRITE) is listed and overlaps but is never hit. Bits without a
    /// name, which [`from_bits_retain`](Self::from_bits_retain) lets through, are an [`Error::UnknownFlags`] in an entry; in the
    /// mask of a query or removal they match nothing.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Flags: u32 {
        /// Stops at reads of the watched range.
        const MEM_READ = 0x01;
        /// Stops at writes to the watched range.
        const MEM_WRITE = 0x02;
        /// Stops at reads and writes.
        const MEM_ACCESS = Self::MEM_READ.bits() | Self::MEM_WRITE.bits();
        /// Stops before the access takes effect, not after it.
        const STOP_BEFORE_ACCESS = 0x04;
        /// Belongs to the debugger. Such entries come first in their table.
        const GDB = 0x10;
        /// Belongs to the guest: the CPU's own debug registers, whose architecture has a say in whether it is hit.
        const CPU = 0x20;
        /// Belongs to either: a mask for queries.
        const ANY = Self::GDB.bits() | Self::CPU.bits();
        /// A read hit. [`Hit::flags`](crate::Hit::flags) reports it; a watchpoint in a table never has it.
        const HIT_READ = 0x40;
        /// A write hit. [`Hit::flags`](crate::Hit::flags) reports it; a watchpoint in a table never has it.
        const HIT_WRITE = 0x80;
        /// Either kind of hit.
        const WATCHPOINT_HIT = Self::HIT_READ.bits() | Self::HIT_WRITE.bits();
    }
}

impl Flags {
    /// These flags, unless there is a bit without a name among them.
    pub(crate) fn known(self) -> Result<Self, Error> {
        if Self::all().contains(self) { Ok(self) } else { Err(Error::UnknownFlags) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_qemu() {
        let values = [
            (Flags::MEM_READ, 0x01),
            (Flags::MEM_WRITE, 0x02),
            (Flags::MEM_ACCESS, 0x03),
            (Flags::STOP_BEFORE_ACCESS, 0x04),
            (Flags::GDB, 0x10),
            (Flags::CPU, 0x20),
            (Flags::ANY, 0x30),
            (Flags::HIT_READ, 0x40),
            (Flags::HIT_WRITE, 0x80),
            (Flags::WATCHPOINT_HIT, 0xc0),
        ];
        for (flags, value) in values {
            assert_eq!(flags.bits(), value, "{flags:?}");
        }
    }

    #[test]
    fn every_bit_without_a_name_is_unknown() {
        for bit in 0..u32::BITS {
            let flags = Flags::from_bits_retain(1 << bit);
            assert_eq!(flags.known().is_ok(), 0xf7 & (1 << bit) != 0, "bit {bit}");
        }
    }
}
