//! `barrier`: rounds of the callback thread.

use rcu_core::Domain;
use rcu_core::callback::{Batch, Queue, Rounds, closure_head};
use rcu_core::head::Head;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model, thread};

use crate::payload::Payload;
use crate::run::{Extent, Model, owe, pay, reach};

const WAITED: &str = "the barrier slept";
const AT_ONCE: &str = "the barrier found that everything had run";

/// See the module.
pub const MODELS: &[Model] = &[
    // fence: 890,512 executions, 46.1 s; membarrier: 3,077, 0.1 s.
    Model {
        name: "barrier/one-callback",
        shows: "what was called before a barrier has run, wholly and once, when it returns",
        threads: 2,
        readers: 0,
        // No fence of a reader is met: the modes do not differ.
        extent: [Extent::Exhaustive, Extent::Bound(4)],
        long: false,
        outcomes: &[WAITED, AT_ONCE],
        run: one_callback,
    },
    // 64,118 executions in both modes, 5.0 s.
    Model {
        name: "barrier/two-producers",
        shows: "as one-callback, for callbacks of two threads in two lists",
        threads: 3,
        readers: 0,
        extent: [Extent::Bound(3); 2],
        long: false,
        outcomes: &[],
        run: two_producers,
    },
];

/// Protocols that are wrong, and must fail.
pub const WRONG: &[Model] = &[Model {
    name: "barrier/round-under-way",
    shows: "a barrier that waits for the round under way, not for the next, misses a callback that came after its take",
    threads: 2,
    readers: 0,
    extent: [Extent::Bound(3); 2],
    long: false,
    outcomes: &[],
    run: round_under_way,
}];

/// Queues a callback that writes to the payload: nothing but the barrier orders a look at it after that.
fn call(domain: &Domain, payload: &Arc<Payload>) {
    owe();
    let written = Arc::clone(payload);
    domain.call(move || {
        written.write(1);
        pay();
    });
}

fn one_callback() {
    let domain = Domain::new();
    let payload = Arc::new(Payload::new(0));
    call(&domain, &payload);
    let sleeps = model::sleeps();
    domain.barrier();
    assert_eq!(payload.look(), 1, "a callback had not run");
    reach(if model::sleeps() > sleeps { WAITED } else { AT_ONCE });
}

fn two_producers() {
    let domain = Domain::new();
    let payloads = [(); 2].map(|()| Arc::new(Payload::new(0)));
    let (calling, written) = (domain.clone(), Arc::clone(&payloads[1]));
    let producer = thread::spawn(move || call(&calling, &written));
    call(&domain, &payloads[0]);
    producer.join().unwrap();
    domain.barrier();
    assert!(payloads.iter().all(|payload| payload.look() == 1), "a callback had not run");
}

/// The callback thread and the barrier, of the shipped parts. The barrier waits for the round under way if there is one.
fn round_under_way() {
    let parts = Arc::new((Queue::new(), Rounds::new(), Payload::new(0), AtomicU64::new(0)));
    let (serving, written) = (Arc::clone(&parts), Arc::clone(&parts));
    let thread = thread::spawn(move || {
        while serving.3.load(Ordering::Acquire) == 0 {
            round(&serving.0, &serving.1);
            thread::yield_now();
        }
    });
    // SAFETY: (1): the head of a new closure.
    unsafe { parts.0.push(closure_head(move || written.2.write(1))) };
    let under_way = parts.1.next_unless(|| true).map(|next| next - 1);
    if let Some(round) = under_way.or_else(|| parts.1.next_unless(|| parts.0.is_empty())) {
        parts.1.wait(round);
    }
    assert_eq!(parts.2.look(), 1, "a callback had not run");
    parts.3.store(1, Ordering::Release);
    thread.join().unwrap();
}

fn round(queue: &Queue, rounds: &Rounds) {
    rounds.begin();
    // SAFETY: (1) and (2): taken once, and what the closure captured is its own.
    queue.take_before(Batch::default()).for_each(|head| unsafe { Head::run(head) });
    rounds.end();
}
