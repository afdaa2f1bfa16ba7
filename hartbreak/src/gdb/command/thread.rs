//! Which threads a packet speaks of. Threads are numbered from 1; harts from 0.

use crate::gdb::hex;

/// Which threads a packet speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// `0`: any, the stub's choice.
    Any,
    /// `-1`.
    All,
    /// The one that has this hart's number, plus one. Whether there is such a hart is another question.
    One(u32),
}

impl Threads {
    /// Reads the whole of `text`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text == b"-1" {
            return Some(Self::All);
        }
        let thread = u32::try_from(hex::number(text)?).ok()?;
        Some(thread.checked_sub(1).map_or(Self::Any, Self::One))
    }

    /// Whether the hart is one of these; `any` is the stub's choice.
    pub fn contain(self, hart: u32, any: u32) -> bool {
        match self {
            Self::Any => hart == any,
            Self::All => true,
            Self::One(one) => hart == one,
        }
    }
}
