//! The way over a socket: one client at a time, and the end of the guest.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

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

#[test]
fn a_second_client_is_turned_away_and_a_kill_ends_the_server() {
    let _alone = alone();
    let mut machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
    machine.start(|set, id, tables| set.join(id, tables)).unwrap();
    let machine = Arc::new(machine);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let opened = Arc::clone(&machine);
    let server = thread::spawn(move || {
        serve(listener, &machine, move || NonStop::new(Arc::clone(&opened), None)).unwrap()
    });
    let mut first = TcpStream::connect(address).unwrap();
    assert!(ask(&mut first, "qC").contains("$QC1#"));
    let mut second = TcpStream::connect(address).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap_or(0), 0, "the second client is turned away");
    first.write_all(b"$k#6b").unwrap();
    assert_eq!(server.join().unwrap(), End::Killed);
}
