//! The stall detector: who is named, how often, to whom.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rcu_core::{Builder, Culprit, Domain, OsThread, Stall};

use crate::watchdog::{Watchdog, waiting};

mod callbacks;
mod hook;
mod lines;

/// Short, so that a test need not wait long for a report.
const TIMEOUT: Duration = Duration::from_millis(20);

/// Options of a domain that sends its stalls.
fn reporting() -> (Builder, Receiver<Stall>) {
    let (send, stalls) = channel();
    let send: Mutex<Sender<Stall>> = Mutex::new(send);
    // Who no longer listens has heard enough.
    let hook = move |stall: &Stall| drop(send.lock().unwrap().send(stall.clone()));
    (Domain::builder().stall_timeout(TIMEOUT).on_stall(hook), stalls)
}

fn next(stalls: &Receiver<Stall>) -> Stall {
    waiting("a report", || stalls.recv()).expect("the domain is there")
}

/// The reader that a stall names, and whether it is a handle.
fn reader(stall: Stall) -> (OsThread, bool) {
    match stall.culprit {
        Culprit::Reader { thread, handle, .. } => (thread, handle),
        other => panic!("a reader is in the way, not {other:?}"),
    }
}

/// The calling thread's number, as the operating system knows it; 0 where reports have none.
fn own_id() -> u32 {
    #[cfg(target_os = "linux")]
    // SAFETY: gettid takes nothing and does not fail.
    return unsafe { libc::gettid() as u32 };
    #[cfg(not(target_os = "linux"))]
    return 0;
}

/// Asserts that a thread has this name, on hosts that know.
fn assert_named(thread: &OsThread, name: Option<&str>) {
    assert_eq!(thread.name.as_deref(), name.filter(|_| cfg!(target_os = "linux")));
}

/// Runs `inside` on a thread of this name, and `test` with its number. `inside` sends that, and waits for the end of the test.
fn on_a_thread<R>(
    name: &str,
    inside: impl FnOnce(Sender<u32>, Receiver<()>) + Send,
    test: impl FnOnce(u32) -> R,
) -> R {
    let (send, id) = channel();
    let (leave, left) = channel::<()>();
    thread::scope(|s| {
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn_scoped(s, || inside(send, left)).expect("threads can be had here");
        let result = test(waiting("the thread to enter", || id.recv()).expect("it enters"));
        drop(leave);
        result
    })
}

/// Says that the section has been entered, and stays in it.
fn stay(entered: &Sender<u32>, left: &Receiver<()>) {
    entered.send(own_id()).expect("the test waits");
    assert!(left.recv().is_err(), "nothing is sent");
}

/// Stays in a section of the domain, by a handle.
fn stay_inside(domain: &Domain) -> impl FnOnce(Sender<u32>, Receiver<()>) + Copy + Send {
    move |entered, left| {
        let reader = domain.reader();
        let _section = reader.read_lock();
        stay(&entered, &left);
    }
}

#[test]
fn reader_with_a_handle_that_stays_inside_is_named() {
    let _watchdog = Watchdog::new("reader_with_a_handle_that_stays_inside_is_named");
    let (options, stalls) = reporting();
    let domain = options.build();
    on_a_thread("stays-inside", stay_inside(&domain), |id| {
        domain.call(|| ());
        let stall = next(&stalls);
        assert!(stall.lasting >= TIMEOUT, "{:?}", stall.lasting);
        let line = stall.to_string();
        let (thread, handle) = reader(stall);
        assert_eq!((thread.id, handle), (id, true));
        assert_named(&thread, Some("stays-inside"));
        #[cfg(target_os = "linux")]
        assert!(line.contains(&format!(" s for thread \"stays-inside\" (OS thread {id}), which")), "{line}");
        assert!(line.ends_with("is inside, by a handle, a read-side critical section"), "{line}");
        assert!(domain.stats().stalls >= 1);
    });
    waiting("the callback", || domain.barrier());
}

/// The second thread gets the stack of the first, and with it the addresses of all that is its own.
#[test]
fn handle_that_has_moved_is_named_after_the_thread_that_entered() {
    let _watchdog = Watchdog::new("handle_that_has_moved_is_named_after_the_thread_that_entered");
    let (options, stalls) = reporting();
    let domain = options.build();
    let reader = domain.reader();
    let used = thread::spawn(move || {
        drop(reader.read_lock());
        reader
    });
    let reader = used.join().expect("it does not panic");
    let inside = |entered: Sender<u32>, left: Receiver<()>| {
        let reader = reader;
        let _section = reader.read_lock();
        stay(&entered, &left);
    };
    on_a_thread("second", inside, |id| {
        domain.call(|| ());
        let (thread, _) = self::reader(next(&stalls));
        assert_eq!(thread.id, id);
    });
    waiting("the callback", || domain.barrier());
}

#[test]
fn quiescent_reader_that_does_not_pass_is_named_and_one_that_is_offline_is_not() {
    let _watchdog =
        Watchdog::new("quiescent_reader_that_does_not_pass_is_named_and_one_that_is_offline_is_not");
    let (options, stalls) = reporting();
    let domain = options.build();
    let inside = |entered, left| {
        let _online = domain.reader().into_quiescent();
        stay(&entered, &left);
    };
    on_a_thread("does-not-pass", inside, |id| {
        let mut offline = domain.reader().into_quiescent();
        offline.offline(|| {
            domain.call(|| ());
            for _ in 0..3 {
                let (thread, handle) = reader(next(&stalls));
                assert_eq!((thread.id, handle), (id, true));
                assert_named(&thread, Some("does-not-pass"));
            }
        });
    });
    waiting("the callback", || domain.barrier());
}

#[test]
fn report_is_repeated_each_time_the_timeout_has_passed_again() {
    let _watchdog = Watchdog::new("report_is_repeated_each_time_the_timeout_has_passed_again");
    let (options, stalls) = reporting();
    let domain = options.build();
    let reader = domain.reader();
    let section = reader.read_lock();
    domain.call(|| ());
    let lasting = [(); 4].map(|()| next(&stalls).lasting);
    drop(section);
    assert!(lasting.is_sorted() && lasting[0] >= TIMEOUT && lasting[3] >= 4 * TIMEOUT, "{lasting:?}");
    waiting("the callback", || domain.barrier());
    assert_eq!(domain.stats().stalls, 4 + stalls.try_iter().count() as u64, "each report is counted");
}

/// Readers outside, in sections that began later, and in sections of other domains.
#[test]
fn nobody_is_named_who_is_not_in_the_way() {
    let _watchdog = Watchdog::new("nobody_is_named_who_is_not_in_the_way");
    let (options, stalls) = reporting();
    let domain = options.build();
    let outside = domain.reader();
    drop(outside.read_lock());
    let of_another = Domain::new().reader();
    let _sections = (of_another.read_lock(), rcu_core::read_lock());
    on_a_thread("in-the-way", stay_inside(&domain), |id| {
        domain.call(|| ());
        assert_eq!(reader(next(&stalls)).0.id, id);
        // The grace period has begun.
        let later = domain.reader();
        let _later = later.read_lock();
        for _ in 0..5 {
            let (thread, _) = reader(next(&stalls));
            assert_eq!(thread.id, id);
            assert_named(&thread, Some("in-the-way"));
        }
    });
    waiting("the callback", || domain.barrier());
}

#[test]
fn everybody_who_is_in_the_way_is_named() {
    let _watchdog = Watchdog::new("everybody_who_is_in_the_way_is_named");
    let (options, stalls) = reporting();
    let domain = options.build();
    on_a_thread("one", stay_inside(&domain), |one| {
        on_a_thread("other", stay_inside(&domain), |other| {
            domain.call(|| ());
            let mut named = [(); 2].map(|()| reader(next(&stalls)).0.id);
            let mut expected = [one, other];
            named.sort_unstable();
            expected.sort_unstable();
            assert_eq!(named, expected);
        });
    });
    waiting("the callback", || domain.barrier());
}

#[test]
fn thread_that_is_gone_and_left_a_section_open_is_named_by_its_number() {
    let _watchdog = Watchdog::new("thread_that_is_gone_and_left_a_section_open_is_named_by_its_number");
    let (options, stalls) = reporting();
    let domain = options.build();
    let inner = domain.clone();
    let gone = thread::spawn(move || {
        std::mem::forget(inner.reader().read_lock());
        own_id()
    });
    let id = gone.join().expect("it does not panic");
    domain.call(|| unreachable!("the section never ends"));
    let stall = next(&stalls);
    assert!(stall.to_string().contains("a thread that is gone or has no name"), "{stall}");
    let (thread, _) = reader(stall);
    assert_eq!(thread.id, id);
    assert_named(&thread, None);
}

#[test]
fn timeout_of_duration_max_never_reports() {
    let _watchdog = Watchdog::new("timeout_of_duration_max_never_reports");
    let (options, stalls) = reporting();
    let (never, never_stalls) = reporting();
    let [domain, never] = [options, never.stall_timeout(Duration::MAX)].map(Builder::build);
    // In a section, and in a callback that does not end: the other domain, which goes by the clock, reports several times meanwhile.
    for in_a_section in [true, false] {
        let readers = [&never, &domain].map(Domain::reader);
        let sections = readers.each_ref().map(|reader| in_a_section.then(|| reader.read_lock()));
        let go_on = [&never, &domain].map(|domain| {
            let (go_on, gone_on) = channel::<()>();
            domain.call(move || assert!(gone_on.recv().is_err(), "nothing is sent"));
            go_on
        });
        (0..5).for_each(|_| drop(next(&stalls)));
        drop((sections, go_on));
        waiting("the callbacks", || [&never, &domain].map(Domain::barrier));
        stalls.try_iter().for_each(drop);
    }
    assert_eq!((never.stats().stalls, never_stalls.try_iter().count()), (0, 0));
}
