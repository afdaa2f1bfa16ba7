//! Fork before `exec`, of a busy process.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use rcu_core::{Domain, read_lock};

use super::{alone, exit_code, flag, fork_and_go_on, is_set, report, set, until};

/// Keeps the default domain and another busy while `fork` is called so many times; returns how often callbacks were pending.
fn fork_while_busy(forks: u32, fork: impl Fn()) -> u32 {
    let (domain, stop) = (Domain::new(), flag());
    let mut hits = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_set(stop) {
                rcu_core::call(|| ());
                domain.call(|| ());
                drop(read_lock());
                domain.synchronize();
                domain.barrier();
                rcu_core::barrier();
            }
        });
        for _ in 0..forks {
            until("callbacks", || domain.stats().callbacks_pending > 0);
            let before = domain.stats().callbacks_queued;
            fork();
            hits += u32::from(domain.stats().callbacks_queued > before);
        }
        set(stop);
    });
    hits
}

#[test]
fn exec_in_the_child_of_a_busy_process() {
    alone("before_exec::exec_in_the_child_of_a_busy_process", || {
        let hits = fork_while_busy(50, || {
            let Some(child) = fork_and_go_on() else {
                let arguments = [c"/bin/true".as_ptr(), std::ptr::null()];
                // SAFETY: both are strings, and the list ends with null.
                unsafe { libc::execv(arguments[0], arguments.as_ptr()) };
                // SAFETY: ends the process.
                unsafe { libc::_exit(102) };
            };
            assert_eq!(exit_code(child.0), 0);
        });
        report("domains were busy around a fork before exec", hits, 50);
    });
}

#[test]
fn command_with_a_step_before_exec() {
    alone("before_exec::command_with_a_step_before_exec", || {
        let hits = fork_while_busy(50, || {
            let mut command = Command::new("/bin/true");
            // A command with such a step is forked; others are spawned without the handlers.
            // SAFETY: the step does nothing but sections, which take no lock of std's.
            unsafe {
                command.pre_exec(|| {
                    drop(read_lock());
                    Ok(())
                })
            };
            assert!(command.status().expect("there is a true").success());
        });
        report("domains were busy around the fork of a command", hits, 50);
    });
}
