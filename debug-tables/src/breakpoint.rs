//! `Breakpoint`: one address to stop at.

use crate::entry::{Parts, Ref};
use crate::error::Error;
use crate::flags::Flags;
use crate::index::Sites;

/// A breakpoint: stops before the instruction at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Breakpoint {
    pc: u64,
    flags: Flags,
    reference: Option<Ref>,
}

impl Breakpoint {
    /// A breakpoint without a reference.
    pub(crate) fn new(pc: u64, flags: Flags) -> Result<Self, Error> {
        Ok(Self { pc, flags: flags.known()?, reference: None })
    }

    /// The address it stops at.
    pub const fn pc(&self) -> u64 {
        self.pc
    }

    /// Whom it belongs to.
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The reference it was inserted with.
    pub const fn reference(&self) -> Option<Ref> {
        self.reference
    }
}

impl Parts for Breakpoint {
    type Index = Sites;

    fn first(&self) -> u64 {
        self.pc
    }

    fn last(&self) -> u64 {
        self.pc
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn reference(&self) -> Option<Ref> {
        self.reference
    }

    fn with_reference(self, reference: Option<Ref>) -> Self {
        Self { reference, ..self }
    }
}
