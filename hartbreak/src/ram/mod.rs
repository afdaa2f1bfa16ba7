//! Guest RAM: the bytes from [`BASE`] upwards, shared by all harts and the host.
//!
//! Harts reach it through cells found by address; the host (loader, debugger) through the `read_*` and
//! `write_*` functions. Invariants: (1) each aligned guest word is one cell, so no access is torn across host
//! words; (2) every store, the host's too, carries a tag of its own, so that no store goes unnoticed by a
//! reservation; (3) a misaligned or outside address finds no cell, and so changes nothing.

mod cell;
mod tag;

use std::fmt;

pub(crate) use cell::{Cell, Snapshot, fence};
pub(crate) use tag::{StoreTags, Tag};

use crate::Error;
use tag::HostTags;

/// Guest address of the first byte of RAM.
pub const BASE: u32 = 0x8000_0000;

/// Size of RAM in bytes unless the caller wants another.
pub const DEFAULT_SIZE: u32 = 1 << 20;

/// Most harts that one RAM can serve: each needs store tags of its own.
pub const MAX_HARTS: u32 = tag::HOST;

/// Owns the guest's memory.
pub struct Ram {
    cells: Box<[Cell]>,
    host_tags: HostTags,
}

impl Ram {
    /// Makes `size` bytes of zeroed RAM at [`BASE`].
    ///
    /// # Errors
    /// [`Error::RamSize`] if `size` is zero, no multiple of four, or reaches past the address space.
    pub fn new(size: u32) -> Result<Self, Error> {
        if size == 0 || size % 4 != 0 || size > BASE.wrapping_neg() {
            return Err(Error::RamSize(size));
        }
        let cells = (0..size / 4).map(|_| Cell::default()).collect();
        Ok(Self { cells, host_tags: HostTags::default() })
    }

    /// Tells the size in bytes.
    pub fn size(&self) -> u32 {
        self.cells.len() as u32 * 4
    }

    /// Tells whether all `len` bytes from `addr` are RAM.
    pub fn contains(&self, addr: u32, len: u32) -> bool {
        let offset = u64::from(addr.wrapping_sub(BASE));
        offset + u64::from(len) <= u64::from(self.size())
    }

    /// Tells how many bytes of RAM there are from `addr` on. None if `addr` is outside.
    pub fn rest(&self, addr: u32) -> Option<u32> {
        self.size().checked_sub(addr.wrapping_sub(BASE)).filter(|&rest| rest > 0)
    }

    /// Reads an aligned word as a debugger does: no hart notices.
    ///
    /// # Errors
    /// [`Error::Address`] if `addr` is misaligned or outside RAM.
    pub fn read_u32(&self, addr: u32) -> Result<u32, Error> {
        self.word(addr).map(Cell::load).ok_or(Error::Address { addr, len: 4 })
    }

    /// Writes an aligned word as a debugger does; reservations on it are lost.
    ///
    /// # Errors
    /// [`Error::Address`] if `addr` is misaligned or outside RAM.
    pub fn write_u32(&self, addr: u32, value: u32) -> Result<(), Error> {
        let cell = self.word(addr).ok_or(Error::Address { addr, len: 4 })?;
        cell.store(value, self.host_tags.next());
        Ok(())
    }

    /// Copies `len` bytes from `addr` out of RAM; bytes that harts store meanwhile may be old or new.
    ///
    /// # Errors
    /// [`Error::Address`] if the range is not wholly inside RAM.
    pub fn read_bytes(&self, addr: u32, len: u32) -> Result<Vec<u8>, Error> {
        if !self.contains(addr, len) {
            return Err(Error::Address { addr, len });
        }
        let byte = |at: u32| self.cell(at).map(|cell| (cell.load() >> shift(at)) as u8);
        // The range was checked, so that no address below is without a cell.
        Ok((0..len).filter_map(|i| byte(addr.wrapping_add(i))).collect())
    }

    /// Copies `bytes` into RAM from `addr`, byte by byte.
    ///
    /// # Errors
    /// [`Error::Address`] if the range is not wholly inside RAM; nothing is written then.
    pub fn write_bytes(&self, addr: u32, bytes: &[u8]) -> Result<(), Error> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if !self.contains(addr, len) {
            return Err(Error::Address { addr, len });
        }
        for (at, &byte) in (addr..=u32::MAX).zip(bytes) {
            if let Some(cell) = self.cell(at) {
                cell.merge(u32::from(byte) << shift(at), 0xff << shift(at), self.host_tags.next());
            }
        }
        Ok(())
    }

    /// Finds the cell of the aligned word at `addr`.
    #[inline]
    pub(crate) fn word(&self, addr: u32) -> Option<&Cell> {
        // The rotation moves the two low bits, which are zero when aligned, to the top: a misaligned address
        // becomes a huge index, and one bounds check refuses it together with the addresses outside RAM.
        self.cells.get(addr.wrapping_sub(BASE).rotate_right(2) as usize)
    }

    /// Finds the cell that holds the byte at `addr`.
    #[inline]
    pub(crate) fn cell(&self, addr: u32) -> Option<&Cell> {
        self.cells.get((addr.wrapping_sub(BASE) >> 2) as usize)
    }
}

/// Gives the distance of the byte at `addr` from the low end of its little-endian word, in bits.
#[inline]
pub(crate) fn shift(addr: u32) -> u32 {
    (addr & 3) * 8
}

impl fmt::Debug for Ram {
    /// Shows the extent only: the contents change under the reader, and are long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ram").field("base", &BASE).field("size", &self.size()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_refused() {
        for size in [0, 2, 4097, 0x8000_0004] {
            assert!(matches!(Ram::new(size), Err(Error::RamSize(s)) if s == size));
        }
    }

    #[test]
    fn host_reads_back_what_it_wrote_across_words() {
        let ram = Ram::new(4096).unwrap();
        ram.write_bytes(BASE + 3, &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(ram.read_bytes(BASE + 2, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 0]);
        assert_eq!(ram.read_u32(BASE + 4).unwrap(), 0x0504_0302);
    }

    #[test]
    fn addresses_that_are_misaligned_or_outside_find_no_word() {
        let ram = Ram::new(4096).unwrap();
        for addr in [0, BASE - 4, BASE + 1, BASE + 2, BASE + 4094, BASE + 4096, u32::MAX - 3] {
            assert!(ram.read_u32(addr).is_err(), "{addr:#x}");
            assert!(ram.write_u32(addr, 1).is_err(), "{addr:#x}");
        }
        assert!(ram.write_bytes(BASE + 4095, &[1, 2]).is_err());
        assert_eq!(ram.read_bytes(BASE, 4096).unwrap(), [0; 4096]);
        assert!(ram.read_bytes(BASE + 1, u32::MAX).is_err());
    }
}
