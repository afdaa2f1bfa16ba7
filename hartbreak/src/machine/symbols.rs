//! Where the guest keeps what the debugger looks at.

use crate::Error;
use crate::elf::Image;
use crate::guest::{HARTS, SLOT};
use crate::ram::{BASE, DEFAULT_SIZE};

/// Addresses of the guest's functions and words. What they are for is told in [`guest`](crate::guest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "these are the guest's names")]
pub struct Symbols {
    pub tick: u32,
    pub tock: u32,
    pub rare: u32,
    pub stop_flag: u32,
    pub rounds_limit: u32,
    pub poke_rare: u32,
    pub use_trigger: u32,
    pub counters: u32,
    pub checksums: u32,
    pub read_only_word: u32,
    pub amo_counter: u32,
    pub sc_counter: u32,
    pub shared_counter: u32,
}

impl Symbols {
    /// Finds them all.
    ///
    /// # Errors
    /// [`Error::MissingSymbol`] for the first that is not there, [`Error::Address`] for one that is not in RAM.
    pub fn find(image: &Image<'_>) -> Result<Self, Error> {
        let word = |name| place(image, name, 4);
        Ok(Self {
            tick: word("tick")?,
            tock: word("tock")?,
            rare: word("rare")?,
            stop_flag: word("stop_flag")?,
            rounds_limit: word("rounds_limit")?,
            poke_rare: word("poke_rare")?,
            use_trigger: place(image, "use_trigger", HARTS * 4)?,
            counters: place(image, "counters", HARTS * SLOT)?,
            checksums: place(image, "checksums", HARTS * SLOT)?,
            read_only_word: word("read_only_word")?,
            amo_counter: word("amo_counter")?,
            sc_counter: word("sc_counter")?,
            shared_counter: word("shared_counter")?,
        })
    }
}

/// The address of a symbol with `len` bytes behind it, all of them in RAM.
fn place(image: &Image<'_>, name: &str, len: u32) -> Result<u32, Error> {
    let addr = image.symbol(name)?.addr;
    let inside = u64::from(addr.wrapping_sub(BASE)) + u64::from(len) <= u64::from(DEFAULT_SIZE);
    if addr % 4 == 0 && inside { Ok(addr) } else { Err(Error::Address { addr, len }) }
}
