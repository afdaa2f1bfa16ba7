//! Nesting in the word: each store that leaves the word non-zero carries on what the first one released.

use rcu_core::Fences;
use rcu_core::sync::Arc;

use crate::announce::{RACE, Words};
use crate::run::{EXHAUSTIVE, Model, reader};

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "nest/two-sections",
        shows: "a scan that meets a nested or un-nested store is ordered after the section before",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || section_then_nested(Fences::Auto),
    },
    Model {
        name: "nest/slow-two-sections",
        shows: "as two-sections, for a domain whose readers pass full fences on the slow path",
        threads: 2,
        readers: 1,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: RACE,
        run: || section_then_nested(Fences::SeqCst),
    },
];

/// The first section looks; the second only nests, so that it is the first one's look which its stores have to carry.
fn section_then_nested(fences: Fences) {
    let words = Words::new(fences);
    let reading = Arc::clone(&words);
    let reader = reader(move || {
        reading.lock();
        reading.look();
        reading.unlock();
        reading.lock();
        reading.lock();
        reading.unlock();
        reading.unlock();
    });
    words.replace();
    reader.join().unwrap();
}
