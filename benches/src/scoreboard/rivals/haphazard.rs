//! `haphazard`: one hazard pointer for each reader, used over and over. It protects a value, not a section: each load protects anew.

use std::sync::atomic::AtomicU64;

use haphazard::{AtomicPtr, Domain, HazardPointer};

use super::{LONG, Payload, Read, Retire, Shape, Subject, Update, count, place};

pub struct Haphazard(AtomicPtr<Payload>);

impl Subject for Haphazard {
    const NAME: &str = "haphazard";
}

impl Haphazard {
    #[inline(always)]
    fn protected(&self, pointer: &mut HazardPointer<'static>) -> u64 {
        self.0.safe_load(pointer).expect("never null").value()
    }
}

impl Read for Haphazard {
    type Reader<'a> = HazardPointer<'static>;
    type Guard<'g> = HazardPointer<'static>;

    fn new() -> Self {
        Self(AtomicPtr::from(Box::new(Payload::new(count()))))
    }

    fn reader(&self) -> HazardPointer<'static> {
        HazardPointer::new()
    }

    fn enter(&self, _: &HazardPointer<'static>) -> HazardPointer<'static> {
        HazardPointer::new()
    }

    fn load(&self, _: &HazardPointer<'static>) -> u64 {
        self.protected(&mut HazardPointer::new())
    }

    fn settle(&self) {
        Domain::global().eager_reclaim();
    }

    fn sections<const LAYOUT: usize>(
        &self,
        pointer: &mut HazardPointer<'static>,
        shape: Shape,
        count: u64,
    ) -> Option<u64> {
        let mut sum = 0;
        match shape {
            Shape::Pair => {
                place::<LAYOUT>();
                for _ in 0..count {
                    sum += self.protected(pointer);
                    pointer.reset_protection();
                }
            }
            Shape::Long => {
                place::<LAYOUT>();
                for _ in 0..count {
                    for _ in 0..LONG {
                        sum += self.protected(pointer);
                    }
                    pointer.reset_protection();
                }
            }
            Shape::Nested | Shape::Outer => return None,
        }
        Some(sum)
    }
}

impl Update for Haphazard {
    fn update(&self, dropped: &'static AtomicU64) {
        let old = self.0.swap(Box::new(Payload::new(dropped))).expect("never null");
        // SAFETY: nobody finds it any more.
        unsafe { old.retire() };
    }
}

impl Retire for Haphazard {
    type Node = Box<Payload>;

    fn node(&self, dropped: &'static AtomicU64) -> Box<Payload> {
        Box::new(Payload::new(dropped))
    }

    #[inline]
    fn retire(&self, node: Box<Payload>) {
        // SAFETY: nobody ever found it; it was boxed.
        unsafe { Domain::global().retire_ptr::<Payload, Box<Payload>>(Box::into_raw(node)) };
    }
}
