//! What the outside hears of a hart's data accesses.
//!
//! Contract between the memory instructions, which call, and a [`Watch`], which listens: (1) one call for
//! each access that took effect, after it took effect and before the next instruction; (2) none for an access
//! that faulted, for an SC that failed, or for an instruction fetch; (3) LR is a read, a successful SC a
//! write, and an AMO one access that reads and writes.

/// Tells whether an access read, wrote, or did both in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// A load or LR.
    Read,
    /// A store or a successful SC.
    Write,
    /// An AMO.
    ReadWrite,
}

/// One data access of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Address of the first byte, a multiple of `len`.
    pub addr: u32,
    /// Length in bytes: 1, 2 or 4.
    pub len: u32,
    /// Whether it read, wrote, or both.
    pub kind: AccessKind,
    /// The value that was read, zero-extended from `len` bytes; zero for a pure write.
    pub read: u32,
    /// The value that was written, zero-extended from `len` bytes; zero for a pure read.
    pub written: u32,
}

/// Listens to a hart's data accesses. Called by the thread that runs the hart, from within its step.
pub trait Watch {
    /// Hears of one access, which has taken effect.
    fn accessed(&mut self, access: Access);
}

/// Listens to nothing, at no cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    #[inline]
    fn accessed(&mut self, _: Access) {}
}
