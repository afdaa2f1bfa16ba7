//! What can be wrong with a request to change a table. Whoever gets an error has changed nothing.

use std::fmt;

/// Why a table was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// No entry has exactly this address, length and flags; or no member of the set has this key.
    NotFound,
    /// A watchpoint of length 0.
    EmptyRange,
    /// A watchpoint that runs past the end of the address space. One that ends exactly there is legal.
    RangeOverflow,
    /// Flags with bits that [`Flags`](crate::Flags) does not name.
    UnknownFlags,
    /// The table has no entry with this reference: it never had one, or has it no more.
    StaleRef,
}

impl Error {
    /// The error as QEMU's functions return it: `-ENOENT` where nothing was found, `-EINVAL` where nothing could have been.
    ///
    /// ```
    /// use debug_tables::Error;
    /// assert_eq!(Error::NotFound.errno(), -2);
    /// assert_eq!(Error::EmptyRange.errno(), -22);
    /// ```
    pub const fn errno(self) -> i32 {
        match self {
            Self::NotFound | Self::StaleRef => -2,
            Self::EmptyRange | Self::RangeOverflow | Self::UnknownFlags => -22,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no such entry",
            Self::EmptyRange => "a watchpoint of length 0",
            Self::RangeOverflow => "a watchpoint past the end of the address space",
            Self::UnknownFlags => "unknown flags",
            Self::StaleRef => "no entry with this reference",
        })
    }
}

impl std::error::Error for Error {}
