//! `barrier`: rounds of the callback thread.

use rcu_core::Domain;
use rcu_core::callback::{Batch, Queue, Rounds, closure_head};
use rcu_core::head::Head;
use rcu_core::sync::{Arc, AtomicU64, Ordering, model, thread};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Mode, Model, owe, pay, reach};

const WAITED: &str = "the barrier slept";
const AT_ONCE: &str = "the barrier found that everything had run";
const FIRST: &str = "the barrier needed the first round";
const SECOND: &str = "the barrier needed the second round";
const LATER: &str = "the barrier needed a round after the second";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "barrier/one-callback",
        shows: "what was called before a barrier has run, wholly and once, when it returns",
        threads: 2,
        readers: 0,
        extent: [Extent::Bound(6); 2],
        covered_by: &["barrier/rounds", "queue/two-producers"],
        long: &Mode::ALL,
        outcomes: &[WAITED, AT_ONCE],
        run: one_callback,
    },
    Model {
        name: "barrier/rounds",
        shows: "what was queued before a barrier has run at the end of the round that it waits for",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[FIRST, SECOND, LATER, AT_ONCE],
        run: rounds,
    },
    Model {
        name: "barrier/two-producers",
        shows: "as one-callback, for callbacks of two threads in two lists",
        threads: 3,
        readers: 0,
        extent: [Extent::Bound(3); 2],
        covered_by: &["barrier/rounds", "queue/two-producers"],
        long: &Mode::ALL,
        outcomes: &[WAITED, AT_ONCE],
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
    covered_by: &[],
    long: &[],
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
    barrier(&domain);
    assert_eq!(payload.look(), 1, "a callback had not run");
}

fn barrier(domain: &Domain) {
    let sleeps = model::sleeps();
    domain.barrier();
    reach(if model::sleeps() > sleeps { WAITED } else { AT_ONCE });
}

/// Two rounds of the callback thread, and the barrier. One that needs a third, because the second took nothing, runs it
/// itself.
fn rounds() {
    let parts = Arc::new((Queue::new(), Rounds::new(), Payload::new(0)));
    let (serving, written) = (Arc::clone(&parts), Arc::clone(&parts));
    let thread = thread::spawn(move || (0..2).for_each(|_| round(&serving.0, &serving.1)));
    owe();
    let callback = move || {
        written.2.write(1);
        pay();
    };
    // SAFETY: (1): the head of a new closure.
    unsafe { parts.0.push(closure_head(callback)) };
    match parts.1.next_unless(|| parts.0.is_empty()) {
        None => {
            reach(AT_ONCE);
            assert_eq!(parts.2.look(), 1, "a callback had not run");
            thread.join().unwrap();
        }
        Some(number @ 1..=2) => {
            reach(if number == 1 { FIRST } else { SECOND });
            parts.1.wait(number);
            assert_eq!(parts.2.look(), 1, "a callback had not run");
            thread.join().unwrap();
        }
        Some(number) => {
            reach(LATER);
            thread.join().unwrap();
            round(&parts.0, &parts.1);
            parts.1.wait(number);
            assert_eq!(parts.2.look(), 1, "a callback had not run");
        }
    }
}

fn two_producers() {
    let domain = Domain::new();
    let payloads = [(); 2].map(|()| Arc::new(Payload::new(0)));
    let (calling, written) = (domain.clone(), Arc::clone(&payloads[1]));
    let producer = thread::spawn(move || call(&calling, &written));
    call(&domain, &payloads[0]);
    producer.join().unwrap();
    barrier(&domain);
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
