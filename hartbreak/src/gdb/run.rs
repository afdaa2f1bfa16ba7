//! The servers as commands: the guest runs, and whoever connects debugs it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::{AllStop, End, NonStop, serve};
use crate::machine::{Action, Machine};
use crate::options::GdbMode;
use crate::{Error, output};

/// Starts harts, and serves clients until the guest is killed or, in a session, ends.
///
/// # Errors
/// [`Error::Listen`], or [`Error::Thread`].
pub fn run(mut machine: Machine, harts: u32, mode: GdbMode, address: SocketAddr) -> Result<End, Error> {
    let listener = TcpListener::bind(address).map_err(|error| Error::Listen { address, error })?;
    let address = listener.local_addr().map_err(|error| Error::Listen { address, error })?;
    for _ in 0..harts {
        machine.start(|set, id, tables| set.join(id, tables)).map_err(Error::Thread)?;
    }
    machine.harts().iter().for_each(|hart| hart.control.on_hit(Action::Report));
    let machine = Arc::new(machine);
    let text = if mode == GdbMode::AllStop { "all-stop" } else { "non-stop" };
    output::line(format_args!("{harts} harts run; GDB, {text}: target remote {address}"));
    let opened = Arc::clone(&machine);
    match mode {
        GdbMode::NonStop(sabotage) => {
            serve(listener, &machine, move || NonStop::new(Arc::clone(&opened), sabotage))
        }
        GdbMode::AllStop => serve(listener, &machine, move || AllStop::new(Arc::clone(&opened))),
    }
    .map_err(Error::Thread)
}
