//! Meeting the test: a connection to an address that the test listens on.
//!
//! That it is there tells the test that the model has come so far; its end tells the model to go on, and the test that the model has.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use cog_core::{Result, Scope};

/// How often blocking code asks whether it is canceled.
const PULSE: Duration = Duration::from_millis(1);

/// Waits, without awaiting, until the test leaves. Returns early when the prediction is canceled.
pub(crate) fn block(address: SocketAddr, scope: &Scope) -> Result<()> {
    let mut test = TcpStream::connect(address)?;
    test.set_read_timeout(Some(PULSE))?;
    loop {
        scope.check()?;
        match test.read(&mut [0]) {
            Ok(_) => return Ok(()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits, without awaiting, until the test leaves, whatever else happens.
pub(crate) fn ignore(address: SocketAddr) -> io::Result<()> {
    TcpStream::connect(address)?.read(&mut [0]).map(drop)
}

/// Meets the test when it is dropped.
#[derive(Debug)]
pub(crate) struct CleanUp(pub(crate) SocketAddr);

impl Drop for CleanUp {
    fn drop(&mut self) {
        // A test that is not there any more has seen enough.
        let _ = ignore(self.0);
    }
}
