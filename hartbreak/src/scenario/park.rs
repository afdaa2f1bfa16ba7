//! The sabotage that parks all harts while the debugger makes its changes, and lets them run in between.

use super::debugger::Debugger;
use crate::Failure;
use crate::options::Sabotage;

/// Parks all harts, if that is the sabotage.
pub fn park(debugger: &mut Debugger, check: &'static str) -> Result<(), Failure> {
    if debugger.sabotage != Some(Sabotage::Park) {
        return Ok(());
    }
    debugger.machine.harts().iter().for_each(|hart| hart.control.park.ask());
    debugger.wait_for(check, "every hart parks", |machine| {
        machine.harts().iter().all(|hart| hart.control.park.is_parked()).then_some(())
    })
}

/// Lets them run again, and waits until they do.
pub fn unpark(debugger: &mut Debugger, check: &'static str) -> Result<(), Failure> {
    if debugger.sabotage != Some(Sabotage::Park) {
        return Ok(());
    }
    debugger.machine.harts().iter().for_each(|hart| hart.control.park.release());
    debugger.wait_for(check, "no hart stays parked", |machine| {
        machine.harts().iter().all(|hart| !hart.control.park.is_parked()).then_some(())
    })
}
