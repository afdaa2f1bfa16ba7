//! `rcu-core`: the default domain through the thread and through a handle, quiescent states, and a domain that paces.

use std::sync::atomic::AtomicU64;

use rcu_core::{Domain, QuiescentReader, RcuBox, RcuCell, ReadGuard, Reader};

use super::{Call, Callback, Payload, Read, Retire, Subject, Synchronize, Update, count};

pub const NAME: &str = "rcu-core";

/// The default domain, entered through the thread.
pub struct Thread(RcuCell<Payload>);

impl Subject for Thread {
    const NAME: &str = NAME;
    const VARIANT: &str = "thread";
}

impl Read for Thread {
    type Reader<'a> = ();
    type Guard<'g> = ReadGuard<'static>;

    fn new() -> Self {
        Self(RcuCell::new(Payload::new(count())))
    }

    fn reader(&self) {
        rcu_core::register_current_thread();
    }

    #[inline(always)]
    fn enter(&self, (): &()) -> ReadGuard<'static> {
        rcu_core::read_lock()
    }

    #[inline(always)]
    fn load(&self, guard: &ReadGuard<'static>) -> u64 {
        self.0.load(guard).value()
    }

    fn settle(&self) {
        rcu_core::barrier();
    }
}

impl Update for Thread {
    fn update(&self, dropped: &'static AtomicU64) {
        drop(self.0.replace(Payload::new(dropped)));
    }
}

impl Synchronize for Thread {
    fn synchronize(&self) {
        rcu_core::synchronize();
    }
}

impl Retire for Thread {
    type Node = RcuBox<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> RcuBox<Payload> {
        RcuBox::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: RcuBox<Payload>) {
        rcu_core::retire(node);
    }
}

impl Call for Thread {
    #[inline]
    fn call(&self, f: impl FnOnce() + Send + 'static) {
        rcu_core::call(f);
    }
}

impl Callback for Thread {
    fn barrier(&self) {
        rcu_core::barrier();
    }
}

/// The default domain, entered through a handle.
pub struct Handle(RcuCell<Payload>);

impl Subject for Handle {
    const NAME: &str = NAME;
    const VARIANT: &str = "handle";
}

impl Read for Handle {
    type Reader<'a> = Reader;
    type Guard<'g> = ReadGuard<'g>;

    fn new() -> Self {
        Self(RcuCell::new(Payload::new(count())))
    }

    fn reader(&self) -> Reader {
        rcu_core::reader()
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g Reader) -> ReadGuard<'g> {
        reader.read_lock()
    }

    #[inline(always)]
    fn load(&self, guard: &ReadGuard<'_>) -> u64 {
        self.0.load(guard).value()
    }

    fn settle(&self) {
        rcu_core::barrier();
    }
}

impl Update for Handle {
    fn update(&self, dropped: &'static AtomicU64) {
        drop(self.0.replace(Payload::new(dropped)));
    }
}

/// The default domain, of which a reader is always inside, and says after each section that it holds nothing.
pub struct Quiescent(RcuCell<Payload>);

impl Subject for Quiescent {
    const NAME: &str = NAME;
    const VARIANT: &str = "quiescent";
}

impl Read for Quiescent {
    type Reader<'a> = QuiescentReader;
    type Guard<'g> = &'g QuiescentReader;
    const NESTS: bool = false;

    fn new() -> Self {
        Self(RcuCell::new(Payload::new(count())))
    }

    fn reader(&self) -> QuiescentReader {
        rcu_core::reader().into_quiescent()
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g QuiescentReader) -> &'g QuiescentReader {
        reader
    }

    #[inline(always)]
    fn load(&self, guard: &&QuiescentReader) -> u64 {
        self.0.load(*guard).value()
    }

    #[inline(always)]
    fn pass(&self, reader: &mut QuiescentReader) {
        reader.quiescent();
    }

    fn settle(&self) {
        rcu_core::barrier();
    }
}

impl Update for Quiescent {
    fn update(&self, dropped: &'static AtomicU64) {
        drop(self.0.replace(Payload::new(dropped)));
    }
}

/// A domain of its own that paces whoever retires faster than readers let values go.
pub struct Paced {
    domain: Domain,
    cell: RcuCell<Payload, Domain>,
}

impl Subject for Paced {
    const NAME: &str = NAME;
    const VARIANT: &str = "paced";
}

impl Read for Paced {
    type Reader<'a> = Reader<Domain>;
    type Guard<'g> = ReadGuard<'g, Domain>;

    fn new() -> Self {
        let domain = Domain::builder().pace(true).build();
        Self { cell: RcuCell::new_in(&domain, Payload::new(count())), domain }
    }

    fn reader(&self) -> Reader<Domain> {
        self.domain.reader()
    }

    #[inline(always)]
    fn enter<'g>(&'g self, reader: &'g Reader<Domain>) -> ReadGuard<'g, Domain> {
        reader.read_lock()
    }

    #[inline(always)]
    fn load(&self, guard: &ReadGuard<'_, Domain>) -> u64 {
        self.cell.load(guard).value()
    }

    fn settle(&self) {
        self.domain.barrier();
    }
}

impl Retire for Paced {
    type Node = RcuBox<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> RcuBox<Payload> {
        RcuBox::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: RcuBox<Payload>) {
        self.domain.retire(node);
    }
}
