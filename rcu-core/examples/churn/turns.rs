//! What comes and goes, each over and over.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use rcu_core::{Domain, RcuCell, RcuOption, Reader, read_lock};

use crate::counted::{DOMAINS, GRACE_PERIODS, MOVES, Plant, THREADS, Value, callback, count};

/// How often each is done between two looks at the flag.
const TURNS: u64 = 64;

/// Says that all are to stop.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Does something over and over, until all stop.
fn churn(mut turn: impl FnMut(u64)) {
    let mut number = 0;
    while !STOP.load(Ordering::Relaxed) {
        for _ in 0..TURNS {
            number += 1;
            turn(number);
        }
    }
}

/// Threads that register, read once, and exit.
pub fn threads(cell: &RcuCell<Value>) {
    churn(|number| {
        thread::scope(|s| {
            s.spawn(|| {
                cell.load(&read_lock()).check();
                if number % 3 == 0 {
                    rcu_core::call(callback(false));
                }
            });
        });
        count(&THREADS);
    });
}

/// Domains that are made, used and dropped, some while a callback is pending and some in one.
pub fn domains() {
    churn(|number| {
        let domain = Domain::new();
        let cell = RcuCell::new_in(&domain, Value::new());
        cell.load(&domain.reader().read_lock()).check();
        drop(cell.replace(Value::new()));
        if number % 2 == 0 {
            domain.call(callback(false));
        }
        match number % 5 {
            0 => {
                drop(cell);
                domain.shutdown();
            }
            1 => {
                let last = domain.clone();
                domain.call(move || drop(last));
            }
            _ => {}
        }
        count(&DOMAINS);
    });
}

/// Handles that go from thread to thread, and read in each.
pub fn handles(
    cell: &RcuOption<Value, Domain>,
    receive: &Receiver<Reader<Domain>>,
    send: &Sender<Reader<Domain>>,
) {
    churn(|_| {
        let Ok(reader) = receive.recv_timeout(Duration::from_millis(1)) else { return };
        if let Some(value) = cell.load(&reader.read_lock()) {
            value.check();
        }
        count(&MOVES);
        // Who receives may have stopped: then the handle ends here.
        let _ = send.send(reader);
    });
}

/// Values that are replaced, and reclaimed in each way that there is.
pub fn updates(cell: &RcuCell<Value>, option: &RcuOption<Value, Domain>, domain: &Domain, plant: Plant) {
    churn(|number| {
        let old = cell.replace(Value::new());
        match number % 64 {
            0 => drop(old.wait()),
            1 if plant == Plant::Leak => mem::forget(old),
            _ => drop(old),
        }
        match number % 4 {
            0 => option.update(|_| Some(Value::new())),
            1 => drop(option.swap(None)),
            2 => rcu_core::call(callback(plant == Plant::Loss && number % 1024 == 2)),
            _ => domain.call(callback(false)),
        }
        // What is pending stays bounded, and so does what a processor that is busy elsewhere leaves undone.
        if number % 512 == 0 {
            rcu_core::barrier();
        }
    });
}

/// Grace periods that are waited for, and such as are polled for.
pub fn grace_periods(domain: &Domain) {
    churn(|number| {
        match number % 3 {
            0 => rcu_core::synchronize(),
            1 => domain.synchronize(),
            _ => {
                let cookie = domain.start_poll();
                while !domain.poll(cookie) {
                    thread::yield_now();
                }
            }
        }
        count(&GRACE_PERIODS);
    });
}
