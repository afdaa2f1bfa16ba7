//! The command line: what is understood, and that what is not is named.

use std::path::PathBuf;
use std::time::Duration;

use hartbreak::args::{Command, HELP, parse};
use hartbreak::options::{GdbMode, GdbSabotage, Kind, Named, Options, Sabotage};

fn parsed(line: &str) -> Command {
    parse(line.split_whitespace().map(Into::into)).unwrap()
}

fn refused(line: &str) -> String {
    parse(line.split_whitespace().map(Into::into)).unwrap_err().to_string()
}

#[test]
fn without_arguments_four_harts_run_the_scenario() {
    let options = Options { harts: 4, duration: Duration::from_secs(4), guest: None };
    assert_eq!(parsed(""), Command::Scenario(options, None));
}

#[test]
fn every_option_is_understood() {
    let options =
        Options { harts: 16, duration: Duration::from_millis(1500), guest: Some(PathBuf::from("g.elf")) };
    let line = "--harts 16 --seconds=1.5 --guest g.elf --sabotage no-remove";
    assert_eq!(parsed(line), Command::Scenario(options, Some(Sabotage::NoRemove)));
    let options = Options { harts: 1, duration: Duration::from_millis(500), guest: None };
    let line = "--compare none,rcu,quiescent,rwlock,mutex --harts 1";
    assert_eq!(parsed(line), Command::Compare(options, Kind::ALL.to_vec()));
    assert_eq!(parsed("--harts 3 --help --nonsense"), Command::Help);
}

#[test]
fn help_names_every_sabotage_and_every_kind() {
    for name in Sabotage::ALL.iter().map(|it| it.name()).chain(Kind::ALL.iter().map(|it| it.name())) {
        assert!(HELP.contains(name), "{name}");
    }
}

#[test]
fn a_wrong_argument_is_named_in_the_error() {
    let cases = [
        ("--fast", "--fast"),
        ("guest.elf", "guest.elf"),
        ("--harts", "--harts"),
        ("--harts four", "four"),
        ("--harts 1", "--harts 1"),
        ("--harts 17", "--harts 17"),
        ("--harts 0 --compare rcu", "--harts 0"),
        ("--seconds 0", "--seconds 0"),
        ("--seconds -1", "--seconds -1"),
        ("--seconds NaN", "--seconds NaN"),
        ("--seconds 1e9", "--seconds 1000000000"),
        ("--sabotage everything", "everything"),
        ("--compare rcu,spinlock", "spinlock"),
        ("--compare rcu,none,rcu", "rcu twice"),
        ("--compare rcu --sabotage no-remove", "--sabotage"),
    ];
    for (line, named) in cases {
        let error = refused(line);
        assert!(error.contains(named) && error.contains("--help"), "{line}: {error}");
    }
}

#[test]
fn a_server_listens_at_the_loopback_interface_unless_told_otherwise() {
    let command = |line: &str| match parsed(line) {
        Command::Gdb(options, mode, address) => (options.harts, mode, address.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(command("--gdb 1234"), (4, GdbMode::NonStop(None), "127.0.0.1:1234".to_owned()));
    assert_eq!(command("--gdb-allstop 0 --harts 1"), (1, GdbMode::AllStop, "127.0.0.1:0".to_owned()));
    let open = command("--gdb 7 --gdb-listen ::1 --sabotage ghost-stop");
    assert_eq!(open, (4, GdbMode::NonStop(Some(GdbSabotage::GhostStop)), "[::1]:7".to_owned()));
}

#[test]
fn what_makes_no_sense_with_a_server_is_refused() {
    let lines = [
        "--gdb 1 --gdb-allstop 2",
        "--gdb 1 --compare none",
        "--gdb 1 --seconds 1",
        "--gdb 1 --sabotage park",
        "--gdb-allstop 1 --sabotage ghost-stop",
        "--gdb-listen 0.0.0.0",
        "--gdb 65536",
        "--gdb 1 --gdb-listen localhost",
        "--sabotage ghost-stop",
    ];
    for line in lines {
        assert!(refused(line).contains("--"), "{line}");
    }
}
