//! Callbacks and batch hooks that do not end.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
#[cfg(target_os = "linux")]
use std::{
    thread,
    time::{Duration, Instant},
};

use rcu_core::{Builder, Culprit, Domain, RcuBox, RcuCell, Stall};

use super::{TIMEOUT, assert_named, next, reporting};
#[cfg(target_os = "linux")]
use crate::child::{assert_passed, in_child};
use crate::watchdog::{Watchdog, until, waiting};

/// Waits when it is dropped, until it may go on.
struct SlowToDrop(Mutex<Receiver<()>>);

impl Drop for SlowToDrop {
    fn drop(&mut self) {
        assert!(self.0.lock().unwrap().recv().is_err(), "nothing is sent");
    }
}

fn slow_to_drop() -> (Sender<()>, SlowToDrop) {
    let (go_on, gone_on) = channel();
    (go_on, SlowToDrop(Mutex::new(gone_on)))
}

/// The name of the callback that a stall names, once it is stuck; then lets it go on.
fn name_of_stuck(queue: impl FnOnce(&Domain, SlowToDrop)) -> &'static str {
    let (options, stalls) = reporting();
    let domain = options.thread_name("stuck").build();
    let (go_on, slow) = slow_to_drop();
    queue(&domain, slow);
    let stall = next(&stalls);
    assert!(stall.lasting >= TIMEOUT, "{:?}", stall.lasting);
    let Culprit::Callback { name, thread, .. } = stall.culprit.clone() else {
        panic!("a callback is stuck: {stall}");
    };
    assert_named(&thread, Some("stuck"));
    assert!(stall.to_string().ends_with(&format!(" s on {thread}: {name}")), "{stall}");
    drop(go_on);
    waiting("the callback", || domain.barrier());
    assert!(domain.stats().stalls >= 1);
    name
}

#[test]
fn callback_that_is_stuck_is_named_by_the_type_of_its_closure() {
    let _watchdog = Watchdog::new("callback_that_is_stuck_is_named_by_the_type_of_its_closure");
    let name = name_of_stuck(|domain, slow| domain.call(move || drop(slow)));
    assert!(
        name.contains("callback_that_is_stuck_is_named_by_the_type_of_its_closure::{{closure}}"),
        "{name}"
    );
}

#[test]
fn value_whose_drop_is_stuck_is_named_by_its_type() {
    let _watchdog = Watchdog::new("value_whose_drop_is_stuck_is_named_by_its_type");
    let retired = name_of_stuck(|domain, slow| domain.retire(RcuBox::new(slow)));
    assert!(retired.ends_with("stalls::callbacks::SlowToDrop"), "{retired}");
    let replaced = name_of_stuck(|domain, slow| {
        let cell = RcuCell::new_in(domain, Some(slow));
        drop(cell.replace(None));
    });
    assert!(replaced.contains("stalls::callbacks::SlowToDrop"), "{replaced}");
    let deferred = name_of_stuck(|domain, slow| domain.defer_drop(slow));
    assert!(deferred.contains("SlowToDrop"), "{deferred}");
}

#[test]
fn report_of_a_stuck_callback_is_repeated_and_each_is_counted() {
    let _watchdog = Watchdog::new("report_of_a_stuck_callback_is_repeated_and_each_is_counted");
    let (options, stalls) = reporting();
    let domain = options.build();
    let (go_on, slow) = slow_to_drop();
    domain.call(move || drop(slow));
    let lasting = [(); 3].map(|()| next(&stalls).lasting);
    assert!(lasting.is_sorted() && lasting[2] >= 3 * TIMEOUT, "{lasting:?}");
    assert!(domain.stats().stalls >= 3);
    drop(go_on);
    waiting("the callback", || domain.barrier());
}

/// The thread that looks is one for the process: a callback that hangs in one domain does not hide another's.
#[test]
fn stuck_callbacks_of_two_domains_are_both_reported() {
    let _watchdog = Watchdog::new("stuck_callbacks_of_two_domains_are_both_reported");
    let [(one, one_stalls), (other, other_stalls)] = [reporting(), reporting()];
    let domains = [one, other].map(Builder::build);
    let stuck = domains.each_ref().map(|domain| {
        let (go_on, slow) = slow_to_drop();
        domain.call(move || drop(slow));
        go_on
    });
    for stalls in [&one_stalls, &other_stalls] {
        assert!(matches!(next(stalls).culprit, Culprit::Callback { .. }));
    }
    drop(stuck);
    waiting("both callbacks", || domains.each_ref().map(Domain::barrier));
}

/// A time-out that ends when the clock does, or nearly: nothing is added to it later.
#[cfg(target_os = "linux")]
#[test]
fn domain_with_the_longest_timeout_does_not_keep_others_from_being_reported() {
    const TEST: &str =
        "stalls::callbacks::domain_with_the_longest_timeout_does_not_keep_others_from_being_reported";
    let output = in_child(TEST, || {
        let _watchdog = Watchdog::new(TEST);
        let now = Instant::now();
        let is_possible = |seconds: &u64| now.checked_add(Duration::from_secs(*seconds)).is_some();
        let longest = (0..64)
            .rev()
            .map(|bit| 1 << bit)
            .fold(0, |sum, bit| Some(sum + bit).filter(is_possible).unwrap_or(sum));
        let longest = Domain::builder().stall_timeout(Duration::from_secs(longest - 1)).build();
        let (options, stalls) = reporting();
        let other = options.build();
        let (go_on, slow) = slow_to_drop();
        // A callback that has run shows that the thread gets on, and the time begins anew: two seconds later than it might.
        longest.call(|| thread::sleep(Duration::from_secs(2)));
        longest.call(move || drop(slow));
        until("the second callback", || longest.stats().callbacks_run == 1);
        let (end, slow) = slow_to_drop();
        other.call(move || drop(slow));
        assert!(matches!(next(&stalls).culprit, Culprit::Callback { .. }));
        drop((go_on, end));
        waiting("both callbacks", || [&longest, &other].map(Domain::barrier));
    });
    assert_passed(&output);
}

/// Asserts that the hook around batches is what is stuck, on the thread with this name.
fn assert_batch_hook(stall: &Stall, name: &str) {
    let Culprit::BatchHook { thread, .. } = &stall.culprit else { panic!("the hook is stuck: {stall}") };
    assert_named(thread, Some(name));
    assert!(stall.to_string().starts_with("the hook around batches has run for "), "{stall}");
}

#[test]
fn batch_hook_that_is_stuck_is_named_before_its_callbacks_and_after_them() {
    let _watchdog = Watchdog::new("batch_hook_that_is_stuck_is_named_before_its_callbacks_and_after_them");
    let (options, stalls) = reporting();
    let ((run, told_to_run), (end, told_to_end)) = (channel::<()>(), channel::<()>());
    let told = Mutex::new((told_to_run, told_to_end));
    let hook = move |run: &mut dyn FnMut()| {
        let (told_to_run, told_to_end) = &*told.lock().unwrap();
        // The test may be gone.
        let _ = told_to_run.recv();
        run();
        let _ = told_to_end.recv();
    };
    let domain = options.thread_name("hooked").around_batches(hook).build();
    domain.call(|| ());

    assert_batch_hook(&next(&stalls), "hooked");
    assert_eq!(domain.stats().callbacks_run, 0);
    run.send(()).expect("the hook waits");
    until("the callback", || domain.stats().callbacks_run == 1);
    stalls.try_iter().for_each(|stall| assert_batch_hook(&stall, "hooked"));
    // One more may have been on its way before the callback ran; the second is from after it.
    (0..2).for_each(|_| assert_batch_hook(&next(&stalls), "hooked"));
    drop((run, end));
    waiting("the batch", || domain.barrier());
}
