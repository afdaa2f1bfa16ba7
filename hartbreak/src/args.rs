//! The command line: what may be asked for, and what is wrong with what was asked.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use crate::guest;
use crate::options::{GdbMode, Kind, Named, Options, Sabotage};

/// Printed for `--help`.
pub const HELP: &str = "\
Runs a RISC-V guest on several harts and changes breakpoints and watchpoints while they run.

usage: hartbreak [--harts N] [--seconds S] [--guest FILE] [--sabotage WHAT | --compare KINDS]
       hartbreak --gdb PORT | --gdb-allstop PORT [--gdb-listen ADDR] [--harts N] [--guest FILE]

  --harts N         harts, each a host thread: 2 to 16 (default 4); with --compare and --gdb 1 to 16
  --seconds S       length of the storm of updates (default 4); with --compare, how long one hart without checks
                    works on what each kind is measured with (default 0.5)
  --guest FILE      runs this RV32IMA ELF file, with the symbols of the built-in guest, instead of that
  --sabotage WHAT   breaks one thing in the scenario, which must then end in FAIL: no-remove, skip-grace-period,
                    invalidate-first, wrong-kind, lost-inherit or park
  --compare KINDS   instead measures the guest with the tables behind each of the kinds, a list of
                    none,rcu,quiescent,rwlock,mutex
  --gdb PORT        instead runs the guest until a GDB kills it, and lets GDB, one at a time, stop harts one by one, at
                    this TCP port of the loopback interface; with 0 at a free one, which is printed. In GDB:
                    `set non-stop on` before `target remote :PORT`. With --sabotage WHAT, one thing in the server is
                    broken: missed-stop, ghost-stop or wrong-watch
  --gdb-allstop PORT  the same for GDB's default mode, in which all harts stop when one does
  --gdb-listen ADDR   the IP address to listen at instead of 127.0.0.1. Whoever can reach it controls the guest
  --help            prints this

exit status: 0 if every check passed, 1 if one failed or the guest did, 2 for a wrong command line
";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Run the self-checking scenario.
    Scenario(Options, Option<Sabotage>),
    /// Compare these kinds of protection.
    Compare(Options, Vec<Kind>),
    /// Serve GDB at this address.
    Gdb(Options, GdbMode, SocketAddr),
}

/// Why a command line was refused.
#[derive(Debug)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (--help tells what is possible)", self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// What was said, before it is known whether it makes sense together.
#[derive(Default)]
struct Said {
    harts: Option<u32>,
    seconds: Option<f64>,
    guest: Option<PathBuf>,
    sabotage: Option<String>,
    kinds: Option<Vec<Kind>>,
    gdb: Option<u16>,
    gdb_allstop: Option<u16>,
    gdb_listen: Option<IpAddr>,
}

/// Reads a command line, without the program's name.
///
/// # Errors
/// [`UsageError`], which names the argument.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut said = Said::default();
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("harts") => said.harts = Some(number("--harts", &mut parser)?),
            Arg::Long("seconds") => said.seconds = Some(seconds(&mut parser)?),
            Arg::Long("guest") => said.guest = Some(PathBuf::from(parser.value()?)),
            Arg::Long("sabotage") => said.sabotage = Some(parser.value()?.string()?),
            Arg::Long("compare") => said.kinds = Some(list(&parser.value()?.string()?)?),
            Arg::Long("gdb") => said.gdb = Some(number("--gdb", &mut parser)?),
            Arg::Long("gdb-allstop") => said.gdb_allstop = Some(number("--gdb-allstop", &mut parser)?),
            Arg::Long("gdb-listen") => said.gdb_listen = Some(number("--gdb-listen", &mut parser)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    command(said)
}

fn command(said: Said) -> Result<Command, UsageError> {
    let serves = said.gdb.is_some() || said.gdb_allstop.is_some();
    let (fewest, default) = match said.kinds {
        Some(_) => (1, 0.5),
        None => (if serves { 1 } else { 2 }, 4.0),
    };
    let harts = said.harts.unwrap_or(4);
    if !(fewest..=guest::HARTS).contains(&harts) {
        let most = guest::HARTS;
        return Err(UsageError(format!("--harts {harts}: from {fewest} to {most} are possible here")));
    }
    let duration = Duration::from_secs_f64(said.seconds.unwrap_or(default));
    let options = Options { harts, duration, guest: said.guest };
    let wrong = |text: &str| Err(UsageError(text.to_owned()));
    if !serves {
        let sabotage = said.sabotage.map(|name| named("--sabotage", &name)).transpose()?;
        return match (said.gdb_listen, said.kinds, sabotage) {
            (Some(_), ..) => wrong("--gdb-listen is for --gdb and --gdb-allstop"),
            (_, Some(_), Some(_)) => wrong("--compare runs no scenario that --sabotage could break"),
            (_, Some(kinds), None) => Ok(Command::Compare(options, kinds)),
            (_, None, sabotage) => Ok(Command::Scenario(options, sabotage)),
        };
    }
    if said.kinds.is_some() || said.seconds.is_some() {
        return wrong("a server for GDB has no use for --compare and --seconds");
    }
    let sabotage = said.sabotage.map(|name| named("--sabotage", &name)).transpose()?;
    let (mode, port) = match (said.gdb, said.gdb_allstop, sabotage) {
        (Some(_), Some(_), _) => return wrong("--gdb and --gdb-allstop would debug the same harts"),
        (None, _, Some(_)) => return wrong("--gdb-allstop has nothing that --sabotage could break"),
        (Some(port), None, sabotage) => (GdbMode::NonStop(sabotage), port),
        (None, port, None) => (GdbMode::AllStop, port.unwrap_or_default()),
    };
    let address = said.gdb_listen.unwrap_or(Ipv4Addr::LOCALHOST.into());
    Ok(Command::Gdb(options, mode, SocketAddr::new(address, port)))
}

fn number<T>(name: &str, parser: &mut Parser) -> Result<T, UsageError>
where
    T: FromStr<Err: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let value = parser.value()?;
    value.parse().map_err(|error| UsageError(format!("{name}: {error}")))
}

/// At most an hour: longer is a slip, and the sum of deadlines must not overflow.
fn seconds(parser: &mut Parser) -> Result<f64, UsageError> {
    let value = parser.value()?;
    let seconds: f64 = value.parse().map_err(|error| UsageError(format!("--seconds: {error}")))?;
    if (0.1..=3600.0).contains(&seconds) {
        return Ok(seconds);
    }
    Err(UsageError(format!("--seconds {seconds}: from 0.1 to 3600 are possible")))
}

fn list(kinds: &str) -> Result<Vec<Kind>, UsageError> {
    let mut list = Vec::new();
    for kind in kinds.split(',') {
        let kind: Kind = named("--compare", kind)?;
        if list.contains(&kind) {
            return Err(UsageError(format!("--compare names {} twice", kind.name())));
        }
        list.push(kind);
    }
    Ok(list)
}

fn named<T: Named>(option: &str, name: &str) -> Result<T, UsageError> {
    T::ALL.iter().copied().find(|value| value.name() == name).ok_or_else(|| {
        let names: Vec<_> = T::ALL.iter().map(|value| value.name()).collect();
        UsageError(format!("{option} {name:?}: not one of {}", names.join(", ")))
    })
}
