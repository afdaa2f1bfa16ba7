//! The hard limit: a producer that finds no room waits until callbacks have run, and one that must not wait does not.

use rcu_core::callback::Limits;
use rcu_core::sync::model::as_reader;
use rcu_core::sync::{Arc, AtomicU64, Ordering, thread};
use rcu_core::{Domain, RcuOption};

use crate::payload::Payload;
use crate::run::{EXHAUSTIVE, Extent, Model, owe, pay, reach};

const WAITED: &str = "the producer waited for room";
const AT_ONCE: &str = "the producer found room at once";
const EXCEEDED: &str = "a call inside a section went beyond the limit";
const WITHIN: &str = "a call inside a section found room";

/// See the module.
pub const MODELS: &[Model] = &[
    Model {
        name: "limits/room",
        shows: "a producer that finds no room is woken when some is given back, after what was done before that",
        threads: 2,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[WAITED, AT_ONCE],
        run: room,
    },
    Model {
        name: "limits/two-producers",
        shows: "no more callbacks are pending than the limit says, and no producer waits for ever",
        threads: 3,
        readers: 0,
        extent: EXHAUSTIVE,
        covered_by: &[],
        long: &[],
        outcomes: &[WAITED, AT_ONCE],
        run: two_producers,
    },
    Model {
        name: "limits/end-to-end",
        shows: "a call that waits at the limit of its domain goes on when the callback before it has run",
        threads: 2,
        readers: 0,
        extent: [Extent::Bound(3); 2],
        covered_by: &["limits/room"],
        long: &[],
        outcomes: &[WAITED, AT_ONCE],
        run: end_to_end,
    },
    Model {
        name: "limits/inside",
        shows: "a call inside a section never waits at the limit, for the callbacks that it would wait for wait for the section",
        threads: 2,
        readers: 1,
        extent: [Extent::Bound(3); 2],
        covered_by: &["limits/room"],
        long: &[],
        outcomes: &[EXCEEDED],
        run: inside,
    },
];

/// Notes whether the limits have made somebody wait.
fn note(waited: u64) {
    reach(if waited > 0 { WAITED } else { AT_ONCE });
}

/// The limits alone: the callback thread runs one callback and gives its room back.
fn room() {
    let shared = Arc::new((Limits::new(u64::MAX, Some(1), false), Payload::new(0)));
    shared.0.admit(|| unreachable!("there is room"));
    let giving = Arc::clone(&shared);
    let callbacks = thread::spawn(move || {
        giving.1.write(1);
        giving.0.note_run();
        giving.0.give_back();
    });
    shared.0.admit(|| true);
    assert_eq!(shared.1.look(), 1, "there was no room before the callback had run");
    note(shared.0.held_up().waited);
    callbacks.join().unwrap();
}

/// Each producer gives its own room back, so that it is there for the other.
fn two_producers() {
    let shared = Arc::new((Limits::new(u64::MAX, Some(1), false), Payload::new(0)));
    let producer = |shared: &(Limits, Payload)| {
        shared.0.admit(|| true);
        // Nothing but the room keeps the other one away from the payload.
        shared.1.write(shared.1.look() + 1);
        shared.0.note_run();
        shared.0.give_back();
    };
    let others = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || producer(&shared))
    });
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(shared.1.look(), 2);
    note(shared.0.held_up().waited);
}

fn call(domain: &Domain, ran: &Arc<AtomicU64>) {
    owe();
    let ran = Arc::clone(ran);
    domain.call(move || {
        ran.store(ran.load(Ordering::Relaxed) + 1, Ordering::Release);
        pay();
    });
}

fn end_to_end() {
    let domain = Domain::builder().hard_limit(1).build();
    let ran = Arc::new(AtomicU64::new(0));
    call(&domain, &ran);
    call(&domain, &ran);
    assert!(ran.load(Ordering::Acquire) >= 1, "the second call was admitted while the first was pending");
    note(domain.stats().calls_waited);
}

fn inside() {
    // The main thread is the reader.
    as_reader();
    let domain = Domain::builder().hard_limit(1).build();
    let reader = domain.reader();
    let cell = RcuOption::none_in(&domain);
    drop(cell.swap(Some(Payload::new(1).into())));
    let section = reader.read_lock();
    let old = cell.load(&section).expect("published above");
    drop(cell.swap(Some(Payload::new(2).into())));
    drop(cell.swap(None));
    old.look();
    reach(if domain.stats().calls_over_limit > 0 { EXCEEDED } else { WITHIN });
    drop(section);
}
