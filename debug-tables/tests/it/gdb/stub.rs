//! gdbstub itself: packets in, replies out.

use std::sync::Arc;

use debug_tables::gdb::{Debugger, TargetBreakpoints};
use debug_tables::{Access, TableSet};
use gdbstub::arch::{Arch, Registers};
use gdbstub::common::{Signal, Tid};
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{GdbStubBuilder, MultiThreadStopReason};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{MultiThreadBase, MultiThreadResume, MultiThreadResumeOps};
use gdbstub::target::ext::breakpoints::BreakpointsOps;
use gdbstub::target::{Target, TargetResult};
use rcu_core::read_lock;

use super::{Machine, PC};
use crate::order::pcs;

#[derive(Clone, Debug, Default, PartialEq)]
struct NoRegisters;

impl Registers for NoRegisters {
    type ProgramCounter = u32;

    fn pc(&self) -> u32 {
        0
    }

    fn gdb_serialize(&self, _: impl FnMut(Option<u8>)) {}

    fn gdb_deserialize(&mut self, _: &[u8]) -> Result<(), ()> {
        Ok(())
    }
}

enum Any32 {}

impl Arch for Any32 {
    type Usize = u32;
    type Registers = NoRegisters;
    type BreakpointKind = usize;
    type RegId = ();
}

struct Emulator {
    breakpoints: TargetBreakpoints<Arc<TableSet<u32>>, Self>,
}

impl Target for Emulator {
    type Arch = Any32;
    type Error = ();

    fn base_ops(&mut self) -> BaseOps<'_, Any32, ()> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(&mut self.breakpoints)
    }
}

/// GDB counts threads from 1.
fn tid(cpu: u32) -> Tid {
    Tid::new(cpu as usize + 1).unwrap()
}

impl MultiThreadBase for Emulator {
    fn read_registers(&mut self, _: &mut NoRegisters, _: Tid) -> TargetResult<(), Self> {
        Ok(())
    }

    fn write_registers(&mut self, _: &NoRegisters, _: Tid) -> TargetResult<(), Self> {
        Ok(())
    }

    fn read_addrs(&mut self, _: u32, _: &mut [u8], _: Tid) -> TargetResult<usize, Self> {
        Ok(0)
    }

    fn write_addrs(&mut self, _: u32, _: &[u8], _: Tid) -> TargetResult<(), Self> {
        Ok(())
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), ()> {
        self.breakpoints.debugger.cpus().keys().into_iter().for_each(|cpu| active(tid(cpu)));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadResume for Emulator {
    fn resume(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn set_resume_action_continue(&mut self, _: Tid, _: Option<Signal>) -> Result<(), ()> {
        Ok(())
    }
}

/// What the stub has written.
#[derive(Default)]
struct Wire(String);

impl Connection for Wire {
    type Error = ();

    fn write(&mut self, byte: u8) -> Result<(), ()> {
        self.0.push(char::from(byte));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ()> {
        Ok(())
    }
}

/// A stub between a debugger that sends packets, and the machine.
struct Session {
    machine: Machine,
    emulator: Emulator,
    stub: Option<GdbStubStateMachine<'static, Emulator, Wire>>,
}

impl Session {
    fn new() -> Self {
        let machine = Machine::new();
        let mut emulator =
            Emulator { breakpoints: TargetBreakpoints::new(Debugger::new(Arc::clone(&machine.set))) };
        let buffer: &'static mut [u8] = Box::leak(Box::new([0; 256]));
        let stub = GdbStubBuilder::new(Wire::default()).with_packet_buffer(buffer).build().ok().unwrap();
        let stub = stub.run_state_machine(&mut emulator).ok().unwrap();
        Self { machine, emulator, stub: Some(stub) }
    }

    /// Sends a packet, and returns the reply to it: without the acknowledgement, the frame and the sum.
    fn send(&mut self, packet: &str) -> String {
        let sum = packet.bytes().fold(0_u8, u8::wrapping_add);
        for byte in format!("${packet}#{sum:02x}").bytes() {
            let GdbStubStateMachine::Idle(idle) = self.stub.take().unwrap() else { panic!("not stopped") };
            self.stub = Some(idle.incoming_data(&mut self.emulator, byte).ok().unwrap());
        }
        self.reply()
    }

    /// Reports the next stop of the running machine. None if there is none.
    fn report(&mut self) -> Option<String> {
        let debugger = &self.emulator.breakpoints.debugger;
        let report = debugger.next_stop(&self.machine.stops, &read_lock(), |_| {})?;
        let reason: MultiThreadStopReason<u32> = report.stop_reason(tid(report.cpu));
        let GdbStubStateMachine::Running(running) = self.stub.take().unwrap() else { panic!("not running") };
        self.stub = Some(running.report_stop(&mut self.emulator, reason).ok().unwrap());
        Some(self.reply())
    }

    fn reply(&mut self) -> String {
        let written = match self.stub.as_mut().unwrap() {
            GdbStubStateMachine::Idle(idle) => std::mem::take(&mut idle.borrow_conn().0),
            GdbStubStateMachine::Running(running) => std::mem::take(&mut running.borrow_conn().0),
            _ => panic!("the session has ended"),
        };
        let reply = written.trim_start_matches('+').trim_start_matches('$');
        reply.split('#').next().unwrap().to_owned()
    }
}

#[test]
fn packets_insert_and_remove_and_a_repeated_one_leaves_nothing_behind() {
    let mut session = Session::new();
    for (insert, remove) in
        [("Z0,1000,4", "z0,1000,4"), ("Z1,1000,4", "z1,1000,4"), ("Z4,2000,8", "z4,2000,8")]
    {
        assert_eq!([session.send(insert), session.send(insert)], ["OK", "OK"]);
        assert_eq!([session.send(remove), session.send(remove)], ["OK", "E16"], "{remove}");
        for tables in &session.machine.tables {
            assert!(pcs(&tables.breakpoints).is_empty());
            assert!(tables.watchpoints.read(&read_lock()).is_empty());
        }
    }
}

#[test]
fn what_cannot_be_is_refused_and_what_is_not_known_has_an_empty_reply() {
    let mut session = Session::new();
    // Of no length; past no end, for the tables' addresses have 64 bits; of no known type.
    assert_eq!(
        [session.send("Z2,2000,0"), session.send("Z2,ffffffff,8"), session.send("Z5,0,4")],
        ["E16", "OK", ""]
    );
}

#[test]
fn stop_replies_name_thread_kind_and_registered_address() {
    let mut session = Session::new();
    for packet in ["Z0,1000,4", "Z1,1004,4", "Z2,2000,8", "Z3,3000,8", "Z4,4000,8"] {
        assert_eq!(session.send(packet), "OK");
    }
    let execute = |session: &mut Session, cpu, pc| {
        session.send("vCont;c");
        session.machine.execute(cpu, pc);
        session.report().unwrap()
    };
    assert_eq!(execute(&mut session, 0, PC), "T05thread:01;swbreak:;");
    assert_eq!(execute(&mut session, 1, PC + 4), "T05thread:02;hwbreak:;");
    for (cpu, addr, access, reply) in [
        (0, 0x2004, Access::Write, "T05thread:01;watch:2000;"),
        (1, 0x3000, Access::Read, "T05thread:02;rwatch:3000;"),
        (0, 0x4004, Access::Read, "T05thread:01;awatch:4000;"),
        (1, 0x4000, Access::Write, "T05thread:02;awatch:4000;"),
    ] {
        session.send("vCont;c");
        session.machine.access(cpu, addr, access);
        assert_eq!(session.report().unwrap(), reply);
    }
}

#[test]
fn a_stop_that_is_pending_at_a_removal_is_not_reported_on_resuming() {
    let mut session = Session::new();
    session.send("Z0,1000,4");
    session.send("Z0,1004,4");
    session.send("vCont;c");
    for (cpu, pc) in [(0, PC), (1, PC), (1, PC + 4)] {
        session.machine.execute(cpu, pc);
    }
    assert!(session.report().is_some_and(|reply| reply.contains("01;swbreak:;")));
    session.send("z0,1000,4");
    session.send("vCont;c");
    // CPU 1 met both, of which one is left.
    assert!(session.report().is_some_and(|reply| reply.contains("02;swbreak:;")));
    session.send("vCont;c");
    assert_eq!(session.report(), None);
}
