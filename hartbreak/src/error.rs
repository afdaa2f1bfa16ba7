//! The crate's error type: what a caller, a command line or a guest file can get wrong.
//!
//! Faults of the running guest are not errors of the emulator; they are [`Fault`](crate::cpu::Fault).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::{fmt, io};

/// Says why guest memory could not be made, addressed or filled, or a server not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A RAM size that is zero, not a multiple of four, or reaches past the 32-bit address space.
    RamSize(u32),
    /// A host access to guest memory that is misaligned or not wholly inside RAM.
    Address {
        /// First guest address of the access.
        addr: u32,
        /// Length of the access in bytes.
        len: u32,
    },
    /// A guest file that cannot be read.
    GuestFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// An address that cannot be listened at.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// A thread that the host has refused; tells what the operating system says.
    Thread(io::Error),
    /// A guest file that does not begin with the ELF magic bytes.
    NotElf,
    /// A guest file that is ELF, but not a little-endian 32-bit RISC-V executable; names the field that
    /// differs.
    UnsupportedElf(&'static str),
    /// A guest file that ends before a part that its headers announce.
    TruncatedElf,
    /// A guest file whose headers or tables contradict each other; tells which rule the ELF parser found
    /// broken.
    MalformedElf(String),
    /// A guest file with a loadable segment that is not wholly inside RAM.
    SegmentOutsideRam {
        /// First guest address of the segment.
        addr: u32,
        /// Size of the segment in guest memory.
        len: u32,
    },
    /// A guest file that does not define this symbol.
    MissingSymbol(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RamSize(size) => write!(f, "{size:#x} bytes is no possible size of guest RAM"),
            Self::Address { addr, len } => {
                write!(f, "host access of {len} bytes at {addr:#010x}: misaligned or outside guest RAM")
            }
            Self::GuestFile { path, error } => write!(f, "the guest file {}: {error}", path.display()),
            Self::Listen { address, error } => write!(f, "listening at {address}: {error}"),
            Self::Thread(error) => write!(f, "starting a thread: {error}"),
            Self::NotElf => f.write_str("the guest file is not an ELF file"),
            Self::UnsupportedElf(why) => write!(f, "the guest file is not for this machine: {why}"),
            Self::TruncatedElf => f.write_str("the guest file is truncated"),
            Self::MalformedElf(why) => write!(f, "the guest file is malformed: {why}"),
            Self::SegmentOutsideRam { addr, len } => {
                write!(f, "the guest's segment of {len:#x} bytes at {addr:#010x} is not inside guest RAM")
            }
            Self::MissingSymbol(name) => write!(f, "the guest file does not define the symbol `{name}`"),
        }
    }
}

impl std::error::Error for Error {}
