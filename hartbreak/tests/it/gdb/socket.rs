//! The way over a socket: one client at a time, and the end of the guest.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hartbreak::elf::Image;
use hartbreak::gdb::{End, NonStop, frame, serve};
use hartbreak::guest::ELF;
use hartbreak::machine::Machine;

use crate::alone::alone;

fn ask(stream: &mut TcpStream, content: &str) -> String {
    let mut packet = Vec::new();
    frame::encode(b'$', content.as_bytes(), &mut packet);
    stream.write_all(&packet).unwrap();
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

/// A server for a machine with one hart, where it listens, and where the hart comes in every round.
fn served() -> (SocketAddr, u32, JoinHandle<End>) {
    let mut machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
    machine.start(|set, id, tables| set.join(id, tables)).unwrap();
    let tick = machine.symbols.tick;
    let machine = Arc::new(machine);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let opened = Arc::clone(&machine);
    let server = thread::spawn(move || {
        serve(listener, &machine, move || NonStop::new(Arc::clone(&opened), None)).unwrap()
    });
    (address, tick, server)
}

/// A client that does not wait for ever.
fn client(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[test]
fn a_second_client_is_turned_away_and_a_kill_ends_the_server() {
    let _alone = alone();
    let (address, _, server) = served();
    let mut first = client(address);
    assert!(ask(&mut first, "qC").contains("$QC1#"));
    let mut second = client(address);
    assert_eq!(second.read(&mut [0]).unwrap_or(0), 0, "the second client is turned away");
    first.write_all(b"$k#6b").unwrap();
    assert_eq!(server.join().unwrap(), End::Killed);
}

/// It acknowledges what it was told last, after its detach.
#[test]
fn a_client_that_detaches_right_after_it_was_told_of_a_stop_may_still_ask_for_the_next() {
    let _alone = alone();
    let (address, tick, server) = served();
    let mut leaving = client(address);
    assert!(ask(&mut leaving, "QStartNoAckMode").contains("$OK#"));
    assert_eq!(ask(&mut leaving, &format!("Z0,{tick:x},4")), "$OK#9a");
    let mut told = [0; 64];
    let count = leaving.read(&mut told).unwrap();
    assert!(told[..count].starts_with(b"%Stop:"), "{:?}", String::from_utf8_lossy(&told[..count]));
    assert_eq!(ask(&mut leaving, "D"), "$OK#9a");
    assert_eq!(ask(&mut leaving, "vStopped"), "$OK#9a");
    drop(leaving);
    let mut next = client(address);
    assert!(ask(&mut next, "?").contains("$OK#"), "every hart runs");
    next.write_all(b"$k#6b").unwrap();
    assert_eq!(server.join().unwrap(), End::Killed);
}
