//! Kicks and stall hooks run on the thread of somebody who waits: they may enter sections and call, and nothing that waits or registers.

use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, RcuCell, Reader, Retired};

use super::refusal;
use crate::watchdog::{Watchdog, until, waiting};

/// What is run where only a guest's code runs: once, however often that is called.
type Guest = Box<dyn FnOnce() + Send>;

fn once(guest: Guest) -> impl Fn() + Send + Sync {
    let guest = Mutex::new(Some(guest));
    move || {
        let guest = guest.lock().unwrap().take();
        if let Some(guest) = guest {
            guest();
        }
    }
}

/// Runs it in a force-RCU kick.
fn in_kick(guest: Guest) {
    let domain = Domain::new();
    let mut reader = domain.reader();
    let (send, called) = channel();
    let guest = once(guest);
    let _kick = reader.on_force(move || {
        guest();
        let _ = send.send(());
    });
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| domain.synchronize());
        waiting("the kick", || called.recv()).expect("sent");
        drop(section);
    });
}

/// A domain that runs it in its stall hook, and what says that it has.
fn with_stall_hook(guest: Guest) -> (Domain, std::sync::mpsc::Receiver<()>) {
    let (send, called) = channel();
    let guest = once(guest);
    let hook = move |_: &_| {
        guest();
        let _ = send.send(());
    };
    (Domain::builder().stall_timeout(Duration::from_millis(5)).on_stall(hook).build(), called)
}

/// Runs it in the stall hook that the driver of a grace period calls.
fn in_stall_hook_of_a_grace_period(guest: Guest) {
    let (domain, called) = with_stall_hook(guest);
    let reader = domain.reader();
    thread::scope(|s| {
        let section = reader.read_lock();
        s.spawn(|| domain.synchronize());
        waiting("the hook", || called.recv()).expect("sent");
        drop(section);
    });
}

/// Runs it in the stall hook that the thread calls which watches callbacks.
fn in_stall_hook_of_a_callback(guest: Guest) {
    let (domain, called) = with_stall_hook(guest);
    let (go_on, gone_on) = channel::<()>();
    domain.call(move || assert!(gone_on.recv().is_err()));
    waiting("the hook", || called.recv()).expect("sent");
    drop(go_on);
    waiting("the callback", || domain.barrier());
}

/// Runs a guest somewhere.
type Place = fn(Guest);

const PLACES: [(&str, Place); 3] = [
    ("a force-RCU kick", in_kick),
    ("a stall hook", in_stall_hook_of_a_grace_period),
    ("a stall hook", in_stall_hook_of_a_callback),
];

/// Everything that waits or registers, by the name that its message has.
fn forbidden() -> Vec<(&'static str, Guest)> {
    let domain = Domain::new();
    let [barrier, cond_synchronize, reader, shutdown] = [(); 4].map(|()| domain.clone());
    let mut synchronizes = domain.reader();
    let dropped: Reader<Domain> = domain.reader();
    let retired: Retired<u32, Domain> = RcuCell::new_in(&domain, 1).replace(2);
    vec![
        ("Domain::synchronize", Box::new(move || domain.synchronize())),
        ("Domain::barrier", Box::new(move || barrier.barrier())),
        (
            "Domain::cond_synchronize",
            Box::new(move || cond_synchronize.cond_synchronize(cond_synchronize.start_poll())),
        ),
        ("Domain::shutdown", Box::new(move || shutdown.shutdown())),
        ("Domain::reader", Box::new(move || drop(reader.reader()))),
        ("Reader::synchronize", Box::new(move || synchronizes.synchronize())),
        ("drop of a Reader", Box::new(move || drop(dropped))),
        ("Retired::wait", Box::new(move || assert_eq!(retired.wait(), 1))),
        ("synchronize", Box::new(rcu_core::synchronize)),
        ("barrier", Box::new(rcu_core::barrier)),
        ("cond_synchronize", Box::new(|| rcu_core::cond_synchronize(rcu_core::start_poll()))),
        ("reader", Box::new(|| drop(rcu_core::reader()))),
        ("on_force", Box::new(|| drop(rcu_core::on_force(|| ())))),
        ("register_current_thread", Box::new(rcu_core::register_current_thread)),
    ]
}

#[test]
fn waiting_or_registering_in_a_kick_or_a_stall_hook_panics() {
    let _watchdog = Watchdog::new("waiting_or_registering_in_a_kick_or_a_stall_hook_panics");
    for (place, run_there) in PLACES {
        for (call, guest) in forbidden() {
            let (send, message) = channel();
            run_there(Box::new(move || send.send(refusal(guest)).expect("the test waits")));
            let message = waiting(place, || message.recv()).expect("sent");
            assert_eq!(message, format!("{call} called from {place}: it may only enter sections and call"));
        }
    }
}

#[test]
fn panic_whose_payload_panics_when_dropped_is_contained_in_a_kick_and_in_a_stall_hook() {
    /// Says that it was dropped.
    struct Bomb(Arc<AtomicU32>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            // A payload without memory: this one is leaked.
            panic_any(());
        }
    }
    let _watchdog =
        Watchdog::new("panic_whose_payload_panics_when_dropped_is_contained_in_a_kick_and_in_a_stall_hook");
    let domain = Domain::builder().stall_timeout(Duration::from_millis(5));
    let dropped = Arc::new(AtomicU32::new(0));
    let (kick, hook) = (Arc::clone(&dropped), Arc::clone(&dropped));
    let domain = domain.on_stall(move |_| panic_any(Bomb(Arc::clone(&hook)))).build();
    let mut reader = domain.reader();
    let kick = reader.on_force(move || panic_any(Bomb(Arc::clone(&kick))));
    thread::scope(|s| {
        let section = reader.read_lock();
        let driver = s.spawn(|| waiting("the section", || domain.synchronize()));
        until("a kick and a report", || domain.stats().stalls > 0 && dropped.load(Ordering::SeqCst) >= 2);
        drop(section);
        driver.join().expect("neither panic is the driver's");
    });
    drop(kick);
    waiting("nobody", || domain.synchronize());
}
