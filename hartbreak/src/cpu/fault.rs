//! Why a guest instruction could not execute, in words for whoever debugs the guest.

use std::fmt;

use super::AccessKind;

/// An instruction that could not execute. The guest has no trap handlers: a fault ends its hart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Number of the hart.
    pub hart: u32,
    /// Address of the instruction.
    pub pc: u32,
    /// What is wrong with it.
    pub cause: Cause,
}

/// What is wrong with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its address is misaligned or outside RAM.
    Fetch,
    /// Its bits are no instruction of RV32IMA_Zicsr, or name a CSR that does not exist or cannot be written.
    IllegalInstruction {
        /// The bits.
        instruction: u32,
    },
    /// It would jump to an address that is no multiple of four.
    MisalignedJump {
        /// The address.
        target: u32,
    },
    /// It accesses an address that is no multiple of the access's length.
    Misaligned {
        /// First address of the access.
        addr: u32,
        /// Length of the access in bytes.
        len: u32,
        /// Kind of the access.
        kind: AccessKind,
    },
    /// It accesses an address that is not RAM.
    OutsideRam {
        /// First address of the access.
        addr: u32,
        /// Length of the access in bytes.
        len: u32,
        /// Kind of the access.
        kind: AccessKind,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest fault: hart {} at pc {:#010x}: {}", self.hart, self.pc, self.cause)
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Fetch => f.write_str("instruction fetch from a misaligned address or from outside RAM"),
            Self::IllegalInstruction { instruction } => write!(f, "illegal instruction {instruction:#010x}"),
            Self::MisalignedJump { target } => write!(f, "jump to misaligned address {target:#010x}"),
            Self::Misaligned { addr, len, kind } => {
                write!(f, "{len}-byte {kind} of misaligned address {addr:#010x}")
            }
            Self::OutsideRam { addr, len, kind } => {
                write!(f, "{len}-byte {kind} of address {addr:#010x} outside RAM")
            }
        }
    }
}

impl fmt::Display for AccessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "atomic read and write",
        })
    }
}
