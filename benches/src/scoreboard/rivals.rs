//! Who is measured beside `rcu-core`, each by the fastest pattern that its own documentation has; and `rcu-core` itself. A trait
//! for each kind of work: whoever lacks one has an empty cell.

use std::sync::atomic::{AtomicU64, Ordering};

pub mod lists;

pub mod floors;
pub mod rcu_core;

#[cfg(feature = "liburcu")]
pub mod liburcu;

pub mod arc_swap;
pub mod crossbeam_epoch;
pub mod haphazard;
pub mod kovan;
pub mod left_right;
pub mod locks;
pub mod sdd;
pub mod seize;

/// What every value that a reader may find says.
pub const VALID: u64 = 7;

/// What readers read, and updaters retire: two words, of which readers read the first.
#[derive(Debug)]
#[repr(C)]
pub struct Payload {
    value: u64,
    dropped: &'static AtomicU64,
}

impl Payload {
    pub fn new(dropped: &'static AtomicU64) -> Self {
        Self { value: VALID, dropped }
    }

    /// [`VALID`], or the reader has come too late. Read each time that it is asked for.
    #[inline(always)]
    pub fn value(&self) -> u64 {
        // SAFETY: a reference may be read through.
        unsafe { std::ptr::read_volatile(&raw const self.value) }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // Volatile: nobody is supposed to read it, so it would be left out.
        // SAFETY: a reference may be written through.
        unsafe { std::ptr::write_volatile(&raw mut self.value, 0) };
        // Relaxed: a number.
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// A new count of what is dropped; in cache lines of its own.
pub fn count() -> &'static AtomicU64 {
    #[repr(align(128))]
    struct Line(AtomicU64);
    &Box::leak(Box::new(Line(AtomicU64::new(0)))).0
}

/// Who, and in which way.
pub trait Subject: Sized + Send + Sync + 'static {
    /// Its name; that of a crate where it is one.
    const NAME: &str;
    /// Which of its ways; empty if it has one.
    const VARIANT: &str = "";
}

/// A pointer to a [`Payload`] that readers follow.
pub trait Read: Subject {
    /// What a thread needs in order to read.
    type Reader<'a>;
    /// A section.
    type Guard<'g>;
    /// Whether a section may be entered in another.
    const NESTS: bool = true;
    /// With a first value.
    fn new() -> Self;
    /// To be called on the thread that reads.
    fn reader(&self) -> Self::Reader<'_>;
    fn enter<'g>(&'g self, reader: &'g Self::Reader<'_>) -> Self::Guard<'g>;
    fn load(&self, guard: &Self::Guard<'_>) -> u64;
    /// After each section: for who has sections that end by being said to.
    #[inline(always)]
    fn pass(&self, _: &mut Self::Reader<'_>) {}
    /// Runs while a reader does not read for long: for who has readers that are waited for until they say so.
    fn idle(&self, _: &mut Self::Reader<'_>, f: impl FnOnce()) {
        f();
    }
    /// Before each turn. Not timed.
    fn prepare(&self) {}
    /// Waits for what can be waited for, and frees what can be freed. After each turn, not timed.
    fn settle(&self) {}

    /// So many sections of a shape, each of which reads at least once: the sum of what they read. Nothing if there is no such
    /// shape here. `LAYOUT` is where the loop stands in the code: 0, or 1 for half a cache line further.
    fn sections<const LAYOUT: usize>(
        &self,
        reader: &mut Self::Reader<'_>,
        shape: Shape,
        count: u64,
    ) -> Option<u64> {
        match shape {
            Shape::Pair => Some(pair::<Self, LAYOUT>(self, reader, count)),
            Shape::Long => Some(long::<Self, LAYOUT>(self, reader, count)),
            Shape::Nested | Shape::Outer if !Self::NESTS => None,
            Shape::Nested => Some(nested::<Self, LAYOUT>(self, reader, count)),
            Shape::Outer => Some(outer::<Self, LAYOUT>(self, reader, count)),
        }
    }
}

/// What a section looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Shape {
    /// Enter, load the pointer, read, leave.
    Pair = 0,
    /// The same, with a second section around each.
    Nested = 1,
    /// The same, with one section around all.
    Outer = 2,
    /// [`LONG`] loads in one section.
    Long = 3,
}

/// How many loads a long section has.
pub const LONG: u64 = 100;

impl Shape {
    /// What a number of sections reads, if every read is valid.
    pub fn sum(self, count: u64) -> u64 {
        let loads = if self == Self::Long { LONG } else { 1 };
        count * loads * VALID
    }
}

/// Puts the code that follows at the start of a cache line, or at its middle.
#[inline(always)]
pub fn place<const LAYOUT: usize>() {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: instructions that do nothing.
        unsafe {
            std::arch::asm!(".p2align 6", ".skip {skip}, 0x90", skip = const LAYOUT * 32, options(nomem, nostack, preserves_flags));
        }
    }
}

#[inline(never)]
fn pair<S: Read, const LAYOUT: usize>(subject: &S, reader: &mut S::Reader<'_>, count: u64) -> u64 {
    let mut sum = 0;
    place::<LAYOUT>();
    for _ in 0..count {
        let guard = subject.enter(reader);
        sum += subject.load(&guard);
        drop(guard);
        subject.pass(reader);
    }
    sum
}

#[inline(never)]
fn nested<S: Read, const LAYOUT: usize>(subject: &S, reader: &S::Reader<'_>, count: u64) -> u64 {
    let mut sum = 0;
    place::<LAYOUT>();
    for _ in 0..count {
        let _outer = subject.enter(reader);
        let guard = subject.enter(reader);
        sum += subject.load(&guard);
    }
    sum
}

#[inline(never)]
fn outer<S: Read, const LAYOUT: usize>(subject: &S, reader: &S::Reader<'_>, count: u64) -> u64 {
    let mut sum = 0;
    let _outer = subject.enter(reader);
    place::<LAYOUT>();
    for _ in 0..count {
        let guard = subject.enter(reader);
        sum += subject.load(&guard);
    }
    sum
}

#[inline(never)]
fn long<S: Read, const LAYOUT: usize>(subject: &S, reader: &mut S::Reader<'_>, count: u64) -> u64 {
    let mut sum = 0;
    place::<LAYOUT>();
    for _ in 0..count {
        let guard = subject.enter(reader);
        for _ in 0..LONG {
            sum += subject.load(&guard);
        }
        drop(guard);
        subject.pass(reader);
    }
    sum
}

/// Whose value is replaced while it is read; what was replaced is retired.
pub trait Update: Read {
    /// Replaces it by another of this count.
    fn update(&self, dropped: &'static AtomicU64);
}

/// Who waits for readers.
pub trait Synchronize: Read {
    fn synchronize(&self);
}

/// Who is given values that are to be dropped when no reader can have them.
pub trait Retire: Read {
    /// A value that is ready to be given.
    type Node: Send;
    fn node(&self, dropped: &'static AtomicU64) -> Self::Node;
    fn retire(&self, node: Self::Node);
}

/// Who runs closures when no reader can have what they free.
pub trait Call: Read {
    fn call(&self, f: impl FnOnce() + Send + 'static);
}

/// Who runs a callback although nothing else happens, and waits for all.
pub trait Callback: Call {
    fn barrier(&self);
}
