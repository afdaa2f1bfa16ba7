//! The non-stop session, packet by packet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hartbreak::elf::Image;
use hartbreak::gdb::{End, NonStop, Session, frame};
use hartbreak::guest::ELF;
use hartbreak::machine::{Machine, State};

use crate::alone::alone;

/// A client that speaks to a session directly.
struct Client {
    machine: Arc<Machine>,
    session: NonStop,
    end: Option<End>,
}

impl Client {
    fn new() -> Self {
        let mut machine = Machine::new(&Image::parse(ELF).unwrap()).unwrap();
        for _ in 0..2 {
            machine.start(|set, id, tables| set.join(id, tables)).unwrap();
        }
        let machine = Arc::new(machine);
        let session = NonStop::new(Arc::clone(&machine), None);
        let mut client = Self { machine, session, end: None };
        assert_eq!(client.ask("QStartNoAckMode"), "+$OK#9a");
        assert_eq!(client.ask("QNonStop:1"), "$OK#9a");
        assert_eq!(client.ask("?"), "$OK#9a");
        client
    }

    fn ask(&mut self, content: &str) -> String {
        let (mut packet, mut out) = (Vec::new(), Vec::new());
        frame::encode(b'$', content.as_bytes(), &mut packet);
        self.end = self.session.receive(&packet, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// What the session says by itself, within a generous time.
    fn hear(&mut self) -> String {
        let start = Instant::now();
        let mut out = Vec::new();
        while out.is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "the session says something by itself");
            std::thread::sleep(Duration::from_millis(1));
            self.session.announce(&mut out);
        }
        String::from_utf8(out).unwrap()
    }

    fn is_running(&self, hart: usize) -> bool {
        self.machine.harts()[hart].control.state() == State::Running
    }
}

#[test]
fn one_notification_is_outstanding_and_the_others_are_asked_for() {
    let _alone = alone();
    let mut client = Client::new();
    let tick = client.machine.symbols.tick;
    assert_eq!(client.ask(&format!("Z0,{tick:x},4")), "$OK#9a");
    assert!(client.hear().starts_with("%Stop:T05swbreak:;thread:"));
    while client.is_running(0) || client.is_running(1) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut out = Vec::new();
    client.session.announce(&mut out);
    assert!(out.is_empty(), "a second notification");
    assert!(client.ask("vStopped").starts_with("$T05swbreak:;thread:"));
    assert_eq!(client.ask("vStopped"), "$OK#9a");
}

#[test]
fn a_stop_that_was_not_told_when_its_breakpoint_went_is_not_told() {
    let _alone = alone();
    let mut client = Client::new();
    let tick = client.machine.symbols.tick;
    client.ask(&format!("Z0,{tick:x},4"));
    while client.is_running(0) || client.is_running(1) {
        std::thread::sleep(Duration::from_millis(1));
    }
    client.ask(&format!("z0,{tick:x},4"));
    let mut out = Vec::new();
    client.session.announce(&mut out);
    assert!(out.is_empty(), "a ghost");
    assert!(client.is_running(0) && client.is_running(1));
}

#[test]
fn a_hart_is_stopped_looked_at_stepped_and_let_go_while_the_other_runs() {
    let _alone = alone();
    let mut client = Client::new();
    assert_eq!(client.ask("Hg2"), "$OK#9a");
    assert!(client.ask("g").starts_with("$E."));
    assert_eq!(client.ask("vCont;t:2"), "$OK#9a");
    assert!(client.hear().starts_with("%Stop:T00thread:2;"));
    assert_eq!(client.ask("vStopped"), "$OK#9a");
    assert!(client.is_running(0));
    assert_eq!(client.ask("g").len(), "$#00".len() + 33 * 8);
    assert_eq!(client.ask("P3=78563412"), "$OK#9a");
    assert!(client.ask("p3").starts_with("$78563412#"));
    assert_eq!(client.ask("vCont;s:2"), "$OK#9a");
    assert!(client.hear().starts_with("%Stop:T05thread:2;"));
    assert_eq!(client.ask("vStopped"), "$OK#9a");
    assert_eq!(client.ask("vCont;c"), "$OK#9a");
    assert!(client.is_running(1));
}

#[test]
fn a_client_that_detaches_leaves_nothing_and_every_hart_runs() {
    let _alone = alone();
    let mut client = Client::new();
    let tick = client.machine.symbols.tick;
    client.ask(&format!("Z1,{tick:x},4"));
    client.ask("Z2,80009940,4");
    client.hear();
    assert_eq!(client.ask("D"), "$OK#9a");
    assert_eq!(client.end, Some(End::Detached));
    assert_eq!(client.machine.tables.clear(debug_tables::Flags::all()), 0);
    assert!(client.is_running(0) && client.is_running(1));
}

#[test]
fn memory_that_ends_is_read_up_to_its_end_and_none_beyond() {
    let _alone = alone();
    let mut client = Client::new();
    assert_eq!(client.ask("m800ffffc,10"), "$00000000#80");
    assert_eq!(client.ask("m80100000,4"), "$E0e#da");
    assert_eq!(client.ask("M80020000,4:deadbeef"), "$OK#9a");
    assert!(client.ask("m80020000,4").starts_with("$deadbeef#"));
    assert_eq!(client.ask("X80020000,0:"), "$OK#9a");
}

#[test]
fn what_is_wrong_is_answered_as_wrong() {
    let _alone = alone();
    let mut client = Client::new();
    assert_eq!(client.ask("vMustReplyEmpty"), "$#00");
    for wrong in [
        "Hg9",
        "T9",
        "Z0,1ffffffff,4",
        "Z2,80000000,0",
        "vCont;c:9",
        "p21",
        "P21=00000000",
        "G00",
        "QNonStop:0",
    ] {
        assert!(client.ask(wrong).starts_with("$E"), "{wrong}");
    }
    let mut out = Vec::new();
    let endless = [b"$".to_vec(), vec![b'a'; frame::LONGEST + 1]].concat();
    assert_eq!(client.session.receive(&endless, &mut out), Some(End::Misbehaved));
}
