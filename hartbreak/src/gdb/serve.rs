//! The way from a socket to a session: one client at a time; others find the door closed after a second.
//!
//! Two threads work for a session, and share it behind a lock: one reads what the client sends, one waits for harts that stop. A
//! client that does not read what it is sent is left after [`PATIENCE`]. No hart ever takes the lock.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::session::{End, Session};
use crate::machine::{Machine, News};
use crate::output;

/// How long a client may take to read.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may take to close the connection once its session is over.
const LINGER: Duration = Duration::from_millis(500);

/// Serves clients, one after another, each with a session that `open` makes, until one of them kills the guest or the guest ends.
///
/// # Errors
/// If the host has no thread for it.
pub fn serve<S: Session + 'static>(
    listener: TcpListener,
    machine: &Arc<Machine>,
    open: impl Fn() -> S + Send + 'static,
) -> io::Result<End> {
    let (ended, end) = mpsc::channel();
    let news = Arc::clone(&machine.news);
    let busy = Arc::new(AtomicBool::new(false));
    let accept = move || {
        for stream in listener.incoming() {
            // A client that has gone before it came, or no descriptor for it: the next may do better.
            let Ok(stream) = stream else {
                thread::sleep(Duration::from_millis(10));
                continue;
            };
            if !enter(&busy) {
                continue;
            }
            let (session, ended) = (open(), ended.clone());
            let (news, free) = (Arc::clone(&news), Arc::clone(&busy));
            let work = move || {
                let end = converse(&stream, session, &news);
                output::line(format_args!("gdb: {end}"));
                // Release [busy]: pairs with the swap in enter.
                free.store(false, Release);
                if matches!(end, End::Killed | End::GuestEnded) {
                    let _ = ended.send(end);
                }
            };
            if thread::Builder::new().name("gdb".to_owned()).spawn(work).is_err() {
                busy.store(false, Relaxed);
            }
        }
    };
    thread::Builder::new().name("gdb door".to_owned()).spawn(accept)?;
    // The thread above has a sender for as long as it lives, which is for ever.
    Ok(end.recv().unwrap_or(End::Killed))
}

/// Waits for the session before, if it is about to end: who detaches and comes back finds the door open.
fn enter(busy: &AtomicBool) -> bool {
    (0..100).any(|_| {
        // AcqRel [busy]: pairs with the store in serve. A session begins when the one before has left everything.
        let free = !busy.swap(true, AcqRel);
        if !free {
            thread::sleep(Duration::from_millis(10));
        }
        free
    })
}

/// One session, from its first byte to its last.
fn converse(stream: &TcpStream, session: impl Session, news: &News) -> End {
    // What cannot be set makes the session slower, or less patient, not wrong.
    let _ = (stream.set_nodelay(true), stream.set_write_timeout(Some(PATIENCE)));
    let shared = Mutex::new((session, None));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut heard = news.rung();
            while step(stream, &shared, Side::Announces, |session, out| session.announce(out)).is_none() {
                heard = news.wait(heard);
            }
        });
        let mut bytes = [0; 4096];
        let mut stream_end = stream;
        loop {
            let received = match stream_end.read(&mut bytes) {
                Ok(0) | Err(_) => None,
                Ok(count) => Some(&bytes[..count]),
            };
            let end = step(stream, &shared, Side::Reads, |session, out| match received {
                None => Some(End::Detached),
                Some(bytes) => session.receive(bytes, out).or_else(|| session.announce(out)),
            });
            if end.is_some() {
                break;
            }
        }
        news.ring();
    });
    let (mut session, end) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    session.leave();
    let end = end.unwrap_or(End::Detached);
    if end == End::Detached {
        see_off(stream, &mut session);
        session.leave();
    }
    end
}

/// Answers a client that has detached until it closes the connection: it may have been told of a stop right before, and ask for the next.
fn see_off(mut stream: &TcpStream, session: &mut impl Session) {
    let _ = stream.set_read_timeout(Some(LINGER));
    let (begun, mut bytes, mut out) = (Instant::now(), [0; 4096], Vec::new());
    while begun.elapsed() < LINGER {
        let Ok(count @ 1..) = stream.read(&mut bytes) else { return };
        session.receive(&bytes[..count], &mut out);
        if stream.write_all(&out).is_err() {
            return;
        }
        out.clear();
    }
}

/// Which of the two threads of a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Reads,
    Announces,
}

/// Does something with the session, and sends what comes of it. Some once the session is over, by this or before.
fn step<S: Session>(
    stream: &TcpStream,
    shared: &Mutex<(S, Option<End>)>,
    side: Side,
    act: impl FnOnce(&mut S, &mut Vec<u8>) -> Option<End>,
) -> Option<End> {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (session, end) = &mut *shared;
    if end.is_some() {
        return *end;
    }
    let mut out = Vec::new();
    *end = act(session, &mut out);
    let mut stream = stream;
    if !out.is_empty() && stream.write_all(&out).is_err() && end.is_none() {
        *end = Some(End::Detached);
    }
    if end.is_some() && side == Side::Announces {
        // Whoever waits to read is woken by this.
        let _ = stream.shutdown(Shutdown::Both);
    }
    *end
}
