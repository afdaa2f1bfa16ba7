//! The queue alone: order per producer, exactly once, contents visible to the taker.

use std::ptr::NonNull;

use rcu_core::callback::{Batch, Queue};
use rcu_core::head::{Head, Kind};
use rcu_core::sync::{Arc, thread};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Model, owe, pay, reach};

const TOGETHER: &str = "callbacks of both producers were taken at once";
const APART: &str = "callbacks of one producer were taken apart";
const EMPTY: &str = "a push met an empty queue after a take";

/// See the module.
pub const MODELS: &[Model] = &[Model {
    name: "queue/two-producers",
    shows: "each callback is taken once, whole, and after the earlier ones of its producer",
    threads: 3,
    readers: 0,
    extent: EXHAUSTIVE,
    covered_by: &[],
    long: &[],
    outcomes: &[TOGETHER, APART, EMPTY],
    run: two_producers,
}];

const PRODUCERS: u32 = 2;
const EACH: u32 = 2;

/// What is queued: `producer * 10 + place`.
#[repr(C)]
struct Item {
    head: Head,
    payload: Payload,
}

fn item(value: u32) -> NonNull<Head> {
    // SAFETY: (1): never called: the model consumes its items itself.
    const KIND: Kind = unsafe { Kind::new(|_| unreachable!("the queue runs nothing"), || "an item") };
    owe();
    NonNull::from(Box::leak(Box::new(Item { head: Head::new(&KIND), payload: Payload::new(value) }))).cast()
}

fn two_producers() {
    let queue = Arc::new(Queue::new());
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                for place in 0..EACH {
                    // SAFETY: (1): a new item that nobody else knows.
                    let was_empty = unsafe { queue.push(item(producer * 10 + place)) };
                    if was_empty && place > 0 {
                        reach(EMPTY);
                    }
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    let early = consume(queue.take_before(Batch::default()), &mut taken);
    for producer in producers {
        producer.join().unwrap();
    }
    let late = consume(queue.take_before(Batch::default()), &mut taken);
    assert!(queue.is_empty(), "the second take came after every push");
    for producer in 0..PRODUCERS {
        let places: Vec<u32> =
            taken.iter().filter(|&&value| value / 10 == producer).map(|value| value % 10).collect();
        assert_eq!(places, [0, 1], "callbacks of one producer out of order");
    }
    if early + late == 4 && (early == 4 || late == 4) {
        reach(TOGETHER);
    }
    if early == 1 {
        reach(APART);
    }
}

/// Frees what was taken, and says how much it was.
fn consume(batch: Batch, taken: &mut Vec<u32>) -> usize {
    let before = taken.len();
    for head in batch {
        // SAFETY: `item` leaked a box of this type, and the batch yields its head once.
        let item = unsafe { Box::from_raw(head.cast::<Item>().as_ptr()) };
        taken.push(item.payload.look());
        pay();
    }
    taken.len() - before
}
