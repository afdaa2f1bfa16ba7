//! The services that the guest asks for with `ecall`.
//!
//! Called by the hart's own thread, inside its section: updating a table is allowed there.

use std::sync::{Mutex, PoisonError};

use debug_tables::{CpuTables, Flags};

use super::rest::State;
use crate::cpu::{A0, A7, Hart};
use crate::guest::{CLEAR_TRIGGER, EXECUTE, EXIT, SET_TRIGGER, WRITE};
use crate::ram::Ram;

/// `-ENOSYS`, `-EINVAL` and `-EFAULT`, for the guest.
const NO_SUCH_SERVICE: i32 = -38;
const INVALID: i32 = -22;
const BAD_ADDRESS: i32 = -14;

/// Longest text of one `WRITE`.
const TEXT: u32 = 4096;

/// Serves an `ecall` that has just retired. Some if the guest ends the hart by it.
pub(super) fn serve(
    hart: &mut Hart,
    ram: &Ram,
    tables: &CpuTables,
    console: &Mutex<Vec<u8>>,
) -> Option<State> {
    let [first, second, third] = [A0, A0 + 1, A0 + 2].map(|number| hart.register(number));
    let result = match hart.register(A7) {
        EXIT => return Some(State::Exited(first)),
        SET_TRIGGER if second == EXECUTE => status(tables.breakpoints.insert(first.into(), Flags::CPU)),
        CLEAR_TRIGGER if second == EXECUTE => status(tables.breakpoints.remove(first.into(), Flags::CPU)),
        SET_TRIGGER | CLEAR_TRIGGER => INVALID,
        WRITE => match ram.read_bytes(second, third.min(TEXT)) {
            Ok(text) => {
                console.lock().unwrap_or_else(PoisonError::into_inner).extend(&text);
                text.len() as i32
            }
            Err(_) => BAD_ADDRESS,
        },
        _ => NO_SUCH_SERVICE,
    };
    hart.set_register(A0, result as u32);
    None
}

fn status(result: Result<(), debug_tables::Error>) -> i32 {
    result.map_or_else(debug_tables::Error::errno, |()| 0)
}
