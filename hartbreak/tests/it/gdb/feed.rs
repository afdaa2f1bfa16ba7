//! Feeds bytes to a session, whatever they are, and looks at what is left when it is over. For the fuzzer, and for the test that
//! does some of its work in every run.

use std::sync::{Arc, OnceLock};

use hartbreak::elf::Image;
use hartbreak::gdb::{AllStop, End, NonStop, Session, frame};
use hartbreak::guest::ELF;
use hartbreak::machine::{Machine, State};

/// Most bytes that a session may answer to one byte: a packet's longest answer, twice, in hexadecimal, escaped.
const MOST: usize = 8 * frame::LONGEST;

/// A machine whose harts run for as long as the process.
pub fn machine() -> &'static Arc<Machine> {
    static MACHINE: OnceLock<Arc<Machine>> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let mut machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
        for _ in 0..2 {
            machine.start(|set, id, tables| set.join(id, tables)).unwrap();
        }
        Arc::new(machine)
    })
}

/// One session. The first byte says of which kind it is, and whether the rest is a stream as it is, or the contents of packets with
/// zeros between, which are framed: so that they come past the sum.
///
/// # Panics
/// If something is left of the session.
pub fn feed(bytes: &[u8]) {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    let stream = if kind & 1 == 0 {
        rest.to_vec()
    } else {
        let mut framed = Vec::new();
        rest.split(|byte| *byte == 0).for_each(|content| frame::encode(b'$', content, &mut framed));
        framed
    };
    if kind & 2 == 0 {
        converse(NonStop::new(Arc::clone(machine()), None), &stream);
    } else {
        converse(AllStop::new(Arc::clone(machine())), &stream);
    }
}

fn converse(mut session: impl Session, stream: &[u8]) {
    for &byte in stream {
        let mut out = Vec::new();
        let end = session.receive(&[byte], &mut out).or_else(|| session.announce(&mut out));
        assert!(out.len() <= MOST, "an answer of {} bytes", out.len());
        if matches!(end, Some(End::Detached | End::Misbehaved | End::Killed | End::GuestEnded)) {
            break;
        }
    }
    session.leave();
    let section = rcu_core::read_lock();
    for hart in machine().harts() {
        let tables = &hart.tables;
        assert_eq!(tables.breakpoints.read(&section).iter().count(), 0, "breakpoints are left");
        assert_eq!(tables.watchpoints.read(&section).iter().count(), 0, "watchpoints are left");
        // It may have run into what the client did to its memory or registers; it does not wait for a client that has left.
        assert!(!matches!(hart.control.state(), State::Stopped(_)), "a hart waits");
    }
}
