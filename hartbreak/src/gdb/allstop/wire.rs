//! Where gdbstub writes to.

use std::convert::Infallible;

use gdbstub::conn::Connection;

/// What was written and not yet sent.
#[derive(Debug, Default)]
pub struct Wire(pub Vec<u8>);

impl Connection for Wire {
    type Error = Infallible;

    fn write(&mut self, byte: u8) -> Result<(), Infallible> {
        self.0.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
