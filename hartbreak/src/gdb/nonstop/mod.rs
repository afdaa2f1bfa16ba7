//! The non-stop server: harts run while a client works on others, and stop one by one.
//!
//! Stops are told by `%Stop` notifications, of which one is outstanding at most: the client answers it with `vStopped`, is told of
//! the next stop, and so on until there is none. `?` begins such a sequence too, over the stops that the client should know of.
//!
//! Invariant: a hart whose stop was not sent is, for this client, one that runs.

mod reply;
mod access;

use std::collections::VecDeque;
use std::sync::Arc;

use super::command::{self, Action, Command, Deed, Document, Refusal, Threads};
use super::event::signal;
use super::frame::{self, Decoder, Item, LONGEST};
use super::harts::{Harts, Requests};
use super::session::{End, Session};
use super::{document, hex, monitor};
use crate::machine::Machine;
use crate::options::GdbSabotage;

/// A client's session in non-stop mode.
#[derive(Debug)]
pub struct NonStop {
    harts: Harts,
    requests: Requests,
    decoder: Decoder,
    acks: bool,
    /// The last answer, should it not come through.
    answer: Vec<u8>,
    /// The hart that packets without a thread are about.
    selected: u32,
    /// A sequence of stops has begun, and is not at its end.
    telling: bool,
    /// Stops that the client was told of and has asked for again.
    again: VecDeque<u32>,
    end: Option<End>,
}

/// Why a command is not obeyed.
enum Refused {
    Errno(u8),
    Because(&'static str),
}

/// What a command is answered by.
type Answer = Result<Vec<u8>, Refused>;

/// What a client of the all-stop kind is told. GDB shows it.
const ALL_STOP: &str = "this port is for non-stop mode: `set non-stop on`, or the port of --gdb-allstop";

impl NonStop {
    /// A session with a client that has said nothing yet.
    pub fn new(machine: Arc<Machine>, sabotage: Option<GdbSabotage>) -> Self {
        let harts = Harts::new(machine, sabotage);
        let requests = Requests::new(Arc::clone(&harts.tables));
        Self {
            harts,
            requests,
            decoder: Decoder::default(),
            acks: true,
            answer: Vec::new(),
            selected: 0,
            telling: false,
            again: VecDeque::new(),
            end: None,
        }
    }

    fn item(&mut self, item: Item, out: &mut Vec<u8>) {
        match item {
            Item::Ack => {}
            Item::Nack => out.extend(&self.answer),
            Item::Interrupt => self.stop_all(signal::INTERRUPT),
            Item::TooLong => self.end = Some(End::Misbehaved),
            Item::WrongSum if self.acks => out.push(b'-'),
            Item::WrongSum => self.reply(Err(Refused::Because("wrong sum")), out),
            Item::Packet(packet) => {
                if self.acks {
                    out.push(b'+');
                }
                let answer = match command::parse(&packet) {
                    Ok(Command::Kill) => {
                        self.end = Some(End::Killed);
                        return;
                    }
                    Ok(command) => self.obey(command),
                    Err(Refusal::Unknown) => Ok(Vec::new()),
                    Err(Refusal::Malformed) => Err(Refused::Because("malformed packet")),
                };
                self.reply(answer, out);
            }
        }
    }

    fn reply(&mut self, answer: Answer, out: &mut Vec<u8>) {
        let content = match answer {
            Ok(content) => content,
            Err(Refused::Errno(errno)) => format!("E{errno:02x}").into_bytes(),
            Err(Refused::Because(why)) => format!("E.{why}").into_bytes(),
        };
        self.answer.clear();
        frame::encode(b'$', &content, &mut self.answer);
        out.extend(&self.answer);
    }

    fn obey(&mut self, command: Command<'_>) -> Answer {
        match command {
            Command::Supported => Ok(format!(
                "PacketSize={LONGEST:x};QNonStop+;QStartNoAckMode+;qXfer:features:read+;qXfer:threads:read+;\
                 vContSupported+;swbreak+;hwbreak+"
            )
            .into_bytes()),
            Command::NoAcks => {
                self.acks = false;
                ok()
            }
            Command::NonStop(true) | Command::Select(Threads::All) => ok(),
            Command::NonStop(false) => Err(Refused::Because(ALL_STOP)),
            Command::WhyStopped => {
                self.again = (0..).zip(self.harts.machine.harts()).map(|(hart, _)| hart).collect();
                self.telling = true;
                self.next_stop()
            }
            Command::Stopped => self.next_stop(),
            Command::Interrupt => {
                self.stop_all(signal::INTERRUPT);
                ok()
            }
            Command::Resumptions => text("vCont;c;C;s;S;t"),
            Command::Resume(actions) => self.resume(&actions),
            Command::Select(threads) => {
                self.selected = self.one(threads)?;
                ok()
            }
            Command::IsAlive(threads) => self.one(threads).and_then(|_| ok()),
            Command::Current => text(&format!("QC{}", reply::thread(self.selected))),
            Command::Threads => {
                let threads: Vec<_> = self.harts.alive().map(reply::thread).collect();
                text(&if threads.is_empty() { "l".to_owned() } else { format!("m{}", threads.join(",")) })
            }
            Command::MoreThreads => text("l"),
            Command::ExtraInfo(threads) => {
                let hart = self.one(threads)?;
                text(&hex::write(monitor::extra_info(&self.harts, hart).bytes()))
            }
            Command::Attached => text("1"),
            Command::Document { name, offset, len } => {
                let document = match name {
                    Document::Target => document::target(),
                    Document::Threads => document::threads(
                        self.harts.alive().map(|hart| (hart, monitor::extra_info(&self.harts, hart))),
                    ),
                };
                Ok(document::part(&document, offset, len, LONGEST / 2))
            }
            Command::Monitor(line) => text(&hex::write(monitor::run(&line, &mut self.harts).bytes())),
            Command::Registers => self.registers(),
            Command::SetRegisters(bytes) => self.set_registers(&bytes),
            Command::Register(number) => self.register(number),
            Command::SetRegister(number, bytes) => self.set_register(number, &bytes),
            Command::Memory(addr, len) => self.memory(addr, len),
            Command::SetMemory(addr, bytes) => self.set_memory(addr, &bytes),
            Command::Insert(request) => {
                self.harts.insert(&mut self.requests, request).map_err(Refused::Errno)?;
                ok()
            }
            Command::Remove(request) => {
                self.harts.remove(&mut self.requests, request).map_err(Refused::Errno)?;
                ok()
            }
            Command::Detach => {
                self.leave();
                self.end = Some(End::Detached);
                ok()
            }
            Command::Kill | Command::KillPolitely => {
                self.end = Some(End::Killed);
                ok()
            }
        }
    }

    /// The next stop of the sequence, or that it is at its end.
    fn next_stop(&mut self) -> Answer {
        while let Some(hart) = self.again.pop_front() {
            if let Some(why) = self.harts.why_stopped(hart) {
                return text(&self.stop_reply(hart, why));
            }
        }
        match self.harts.next_event(&self.requests, |_| true) {
            Some((hart, why)) => text(&self.stop_reply(hart, why)),
            None => {
                self.telling = false;
                if self.harts.alive().next().is_none() {
                    self.end = Some(End::GuestEnded);
                }
                ok()
            }
        }
    }

    /// For each hart the first action that names it counts. All names are looked at before anything is done.
    fn resume(&mut self, actions: &[Action]) -> Answer {
        for action in actions {
            if let Threads::One(hart) = action.threads {
                self.one(Threads::One(hart))?;
            }
        }
        for hart in 0..self.harts.machine.harts().len() as u32 {
            let action = actions.iter().find(|action| action.threads.contain(hart, self.selected));
            match action.map(|action| action.deed) {
                Some(Deed::Continue) => self.harts.resume(hart, false),
                Some(Deed::Step) => self.harts.resume(hart, true),
                Some(Deed::Stop) => self.harts.ask(hart, signal::NONE),
                None => {}
            }
        }
        ok()
    }

    fn stop_all(&mut self, signal: u8) {
        for hart in 0..self.harts.machine.harts().len() as u32 {
            self.harts.ask(hart, signal);
        }
    }

    /// The hart that is meant, if it is there.
    fn one(&self, threads: Threads) -> Result<u32, Refused> {
        let hart = match threads {
            Threads::One(hart) => hart,
            Threads::Any | Threads::All => self.selected,
        };
        if self.harts.is_alive(hart) { Ok(hart) } else { Err(Refused::Because("no such thread")) }
    }
}

impl Session for NonStop {
    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Option<End> {
        for &byte in bytes {
            if let Some(item) = self.decoder.push(byte) {
                self.item(item, out);
                // Who detaches may have more to ask.
                if self.end.is_some_and(|end| end != End::Detached) {
                    break;
                }
            }
        }
        self.end
    }

    fn announce(&mut self, out: &mut Vec<u8>) -> Option<End> {
        if !self.telling && self.end.is_none() {
            if let Some((hart, why)) = self.harts.next_event(&self.requests, |_| true) {
                self.telling = true;
                let stop = format!("Stop:{}", self.stop_reply(hart, why));
                frame::encode(b'%', stop.as_bytes(), out);
            }
        }
        self.end
    }

    fn leave(&mut self) {
        self.harts.leave(&mut self.requests);
    }
}

fn ok() -> Answer {
    text("OK")
}

fn text(text: &str) -> Answer {
    Ok(text.as_bytes().to_vec())
}
