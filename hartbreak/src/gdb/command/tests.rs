use debug_tables::gdb::WatchKind;

use super::*;

fn refused(packet: &str) -> Refusal {
    parse(packet.as_bytes()).expect_err(packet)
}

#[test]
fn names_are_known_whole() {
    assert_eq!(parse(b"qSupported:multiprocess+;swbreak+"), Ok(Command::Supported));
    assert_eq!(parse(b"QNonStop:1"), Ok(Command::NonStop(true)));
    assert_eq!(parse(b"vCont?"), Ok(Command::Resumptions));
    for unknown in
        ["", "vMustReplyEmpty", "qTStatus", "qSymbol::", "vContinue", "qCRC:0,1", "!", "R00", "Z5,0,4"]
    {
        assert_eq!(refused(unknown), Refusal::Unknown, "{unknown}");
    }
}

#[test]
fn what_is_known_and_wrong_is_malformed() {
    let wrong = [
        "QNonStop:2",
        "QNonStop",
        "?x",
        "Hx1",
        "H",
        "Hg",
        "Hg-2",
        "T",
        "gg",
        "Gf",
        "p",
        "pg",
        "P1",
        "P=00",
        "P1=0",
        "m",
        "m1",
        "m1,",
        "m,1",
        "m-1,4",
        "m11111111111111111,1",
        "M1,1:",
        "M1,1:000",
        "M1,2:00",
        "X1,2:a",
        "X1,1",
        "Z0",
        "Z0,1",
        "Z0,,4",
        "Z,1,4",
        "Z100,1,4",
        "Z0,1,4;X1,22",
        "z0,1,4,5",
        "vCont",
        "vCont;",
        "vCont;x",
        "vCont;c:",
        "vCont;c;;s",
        "vCont;C",
        "vCont;Cxy",
        "vCont;r1,2",
        "vCont;t:p1.1",
        "vStopped;1",
        "qThreadExtraInfo",
        "qRcmd,0",
        "qXfer:features:read:target.xml:0",
        "qXfer:threads:read::,",
    ];
    for packet in wrong {
        assert_eq!(refused(packet), Refusal::Malformed, "{packet}");
    }
}

#[test]
fn memory_is_read_and_written_in_either_form() {
    assert_eq!(parse(b"m80000000,10"), Ok(Command::Memory(0x8000_0000, 16)));
    assert_eq!(parse(b"M10,2:a00b"), Ok(Command::SetMemory(16, vec![0xa0, 0x0b].into())));
    assert_eq!(parse(b"X10,3:a:\x00"), Ok(Command::SetMemory(16, b"a:\x00"[..].into())));
    assert_eq!(parse(b"X10,0:"), Ok(Command::SetMemory(16, b""[..].into())));
}

#[test]
fn requests_are_those_of_the_tables() {
    let watch = Request::Watch { addr: 0x80, len: 4, kind: WatchKind::Read };
    assert_eq!(parse(b"Z0,80,4"), Ok(Command::Insert(Request::Software { pc: 0x80 })));
    assert_eq!(parse(b"z3,80,4"), Ok(Command::Remove(watch)));
}

#[test]
fn each_thread_is_given_its_action() {
    let Ok(Command::Resume(actions)) = parse(b"vCont;s:2;C05:3;t") else { panic!() };
    let expected =
        [(Deed::Step, Threads::One(1)), (Deed::Continue, Threads::One(2)), (Deed::Stop, Threads::All)];
    assert_eq!(actions, expected.map(|(deed, threads)| Action { deed, threads }));
    assert_eq!(parse(b"Hg0"), Ok(Command::Select(Threads::Any)));
    assert_eq!(parse(b"Hc-1"), Ok(Command::Select(Threads::All)));
    assert_eq!(parse(b"T1"), Ok(Command::IsAlive(Threads::One(0))));
}

#[test]
fn documents_are_read_in_parts() {
    let part = Command::Document { name: Document::Target, offset: 0, len: 0xffb };
    assert_eq!(parse(b"qXfer:features:read:target.xml:0,ffb"), Ok(part));
    let part = Command::Document { name: Document::Threads, offset: 16, len: 1 };
    assert_eq!(parse(b"qXfer:threads:read::10,1"), Ok(part));
    assert_eq!(refused("qXfer:features:read:other.xml:0,1"), Refusal::Unknown);
    assert_eq!(refused("qXfer:memory-map:read::0,1"), Refusal::Unknown);
}
