//! The command line of the emulator.

use std::process::ExitCode;

use hartbreak::args::{self, Command, HELP};
use hartbreak::elf::Image;
use hartbreak::machine::{Machine, Symbols};
use hartbreak::options::Options;
use hartbreak::{Error, compare, gdb, guest, output, scenario};

/// A check failed, or the guest cannot be run.
const FAILURE: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("hartbreak: {error}");
            return USAGE.into();
        }
    };
    match run(command) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("hartbreak: {error}");
            FAILURE.into()
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Help => {
            output::line(HELP.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Scenario(options, sabotage) => {
            let machine = Machine::new(&Image::parse(&file(&options)?)?)?;
            Ok(tell(scenario::run(machine, &options, sabotage).map(output::line)))
        }
        Command::Gdb(options, mode, address) => {
            let machine = Machine::new(&Image::parse(&file(&options)?)?)?;
            gdb::run(machine, options.harts, mode, address)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Compare(options, kinds) => {
            let file = file(&options)?;
            let image = Image::parse(&file)?;
            Ok(tell(compare::run(&image, Symbols::find(&image)?, &options, &kinds)))
        }
    }
}

/// Ends the output with the line that names the check that failed, if one did.
fn tell(result: Result<(), hartbreak::Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::line(failure);
            FAILURE.into()
        }
    }
}

fn file(options: &Options) -> Result<Vec<u8>, Error> {
    let Some(path) = &options.guest else { return Ok(guest::ELF.to_vec()) };
    std::fs::read(path).map_err(|error| Error::GuestFile { path: path.clone(), error })
}
