//! The command line: what may be asked for, and what is wrong with what was asked.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use crate::guest;
use crate::options::{Kind, Named, Options, Sabotage};

/// Printed for `--help`.
pub const HELP: &str = "\
Runs a RISC-V guest on several harts and changes breakpoints and watchpoints while they run.

usage: hartbreak [--harts N] [--seconds S] [--guest FILE] [--sabotage WHAT | --compare KINDS]

  --harts N         harts, each a host thread: 2 to 16 (default 4); with --compare 1 to 16
  --seconds S       length of the storm of updates (default 4); with --compare, how long one hart without checks
                    works on what each kind is measured with (default 0.5)
  --guest FILE      runs this RV32IMA ELF file, with the symbols of the built-in guest, instead of that
  --sabotage WHAT   breaks one thing in the scenario, which must then end in FAIL: no-remove, skip-grace-period,
                    invalidate-first, wrong-kind, lost-inherit or park
  --compare KINDS   instead measures the guest with the tables behind each of the kinds, a list of
                    none,rcu,quiescent,rwlock,mutex
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

/// Reads a command line, without the program's name.
///
/// # Errors
/// [`UsageError`], which names the argument.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let (mut harts, mut seconds, mut guest, mut sabotage, mut kinds) = (4, None, None, None, None);
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("harts") => harts = number("--harts", &mut parser)?,
            Arg::Long("seconds") => seconds = Some(self::seconds(&mut parser)?),
            Arg::Long("guest") => guest = Some(PathBuf::from(parser.value()?)),
            Arg::Long("sabotage") => sabotage = Some(named("--sabotage", &parser.value()?.string()?)?),
            Arg::Long("compare") => kinds = Some(list(&parser.value()?.string()?)?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    let fewest = if kinds.is_some() { 1 } else { 2 };
    if !(fewest..=guest::HARTS).contains(&harts) {
        let most = guest::HARTS;
        return Err(UsageError(format!("--harts {harts}: from {fewest} to {most} are possible here")));
    }
    let default = if kinds.is_some() { 0.5 } else { 4.0 };
    let duration = Duration::from_secs_f64(seconds.unwrap_or(default));
    let options = Options { harts, duration, guest };
    match (kinds, sabotage) {
        (Some(_), Some(_)) => {
            Err(UsageError("--compare runs no scenario that --sabotage could break".to_owned()))
        }
        (Some(kinds), None) => Ok(Command::Compare(options, kinds)),
        (None, sabotage) => Ok(Command::Scenario(options, sabotage)),
    }
}

fn number(name: &str, parser: &mut Parser) -> Result<u32, UsageError> {
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
