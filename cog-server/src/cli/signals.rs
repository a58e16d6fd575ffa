//! Being told to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Where signals come from.
#[derive(Debug)]
pub(super) enum Signals {
    /// There are none.
    Ignored,
    /// The system sends them to the process.
    OfProcess,
    /// Somebody else sends them, as exit codes.
    Given(UnboundedReceiver<u8>),
}

/// Hears signals, each as the exit code that a shell would report for it.
#[derive(Debug)]
pub(super) struct Interrupts(Option<UnboundedReceiver<u8>>);

impl Signals {
    /// Begins to listen. To be called on the runtime.
    pub(super) fn listen(self) -> io::Result<Interrupts> {
        Ok(Interrupts(match self {
            Self::Ignored => None,
            Self::OfProcess => Some(of_process()?),
            Self::Given(signals) => Some(signals),
        }))
    }
}

impl Interrupts {
    /// Waits for the next signal; for ever if none can come.
    ///
    /// # Cancellation
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> u8 {
        if let Some(signals) = &mut self.0
            && let Some(code) = signals.recv().await
        {
            return code;
        }
        std::future::pending().await
    }
}

fn of_process() -> io::Result<UnboundedReceiver<u8>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = mpsc::unbounded_channel();
    // Ends with the runtime, which is the command's own.
    tokio::spawn(async move {
        loop {
            let code = tokio::select! {
                Some(()) = interrupt.recv() => 130,
                Some(()) = terminate.recv() => 143,
                else => return,
            };
            if sender.send(code).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
