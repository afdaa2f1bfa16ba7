//! `arc-swap`: a load for each section, and a cache for each reader, which looks whether the pointer is still the one it has. What
//! was replaced is freed by whoever lets go last.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::{ArcSwap, Cache, Guard};

use super::{LONG, Payload, Read, Shape, Subject, Update, count, place};

/// A load for each section.
pub struct Load(ArcSwap<Payload>);

impl Subject for Load {
    const NAME: &str = "arc-swap";
    const VARIANT: &str = "load";
}

impl Read for Load {
    type Reader<'a> = ();
    type Guard<'g> = Guard<Arc<Payload>>;

    fn new() -> Self {
        Self(ArcSwap::from_pointee(Payload::new(count())))
    }

    fn reader(&self) {}

    #[inline(always)]
    fn enter(&self, (): &()) -> Guard<Arc<Payload>> {
        self.0.load()
    }

    #[inline(always)]
    fn load(&self, guard: &Guard<Arc<Payload>>) -> u64 {
        guard.value()
    }
}

impl Update for Load {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.store(Arc::new(Payload::new(dropped)));
    }
}

/// A cache for each reader.
pub struct Cached(ArcSwap<Payload>);

impl Subject for Cached {
    const NAME: &str = "arc-swap";
    const VARIANT: &str = "cache";
}

impl Read for Cached {
    type Reader<'a> = Cache<&'a ArcSwap<Payload>, Arc<Payload>>;
    type Guard<'g> = Guard<Arc<Payload>>;
    const NESTS: bool = false;

    fn new() -> Self {
        Self(ArcSwap::from_pointee(Payload::new(count())))
    }

    fn reader(&self) -> Self::Reader<'_> {
        Cache::new(&self.0)
    }

    fn enter(&self, _: &Self::Reader<'_>) -> Guard<Arc<Payload>> {
        self.0.load()
    }

    fn load(&self, guard: &Guard<Arc<Payload>>) -> u64 {
        guard.value()
    }

    fn sections<const LAYOUT: usize>(
        &self,
        cache: &mut Self::Reader<'_>,
        shape: Shape,
        count: u64,
    ) -> Option<u64> {
        let loads = match shape {
            Shape::Pair => 1,
            Shape::Long => LONG,
            Shape::Nested | Shape::Outer => return None,
        };
        let mut sum = 0;
        place::<LAYOUT>();
        for _ in 0..count * loads {
            sum += cache.load().value();
        }
        Some(sum)
    }
}

impl Update for Cached {
    fn update(&self, dropped: &'static AtomicU64) {
        self.0.store(Arc::new(Payload::new(dropped)));
    }
}
