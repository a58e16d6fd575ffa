//! SIGINT and SIGTERM.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::StopCause;

/// Hears signals until dropped.
#[derive(Debug)]
pub(super) struct Signals {
    cause: Arc<OnceLock<StopCause>>,
    _task: AbortOnDropHandle<()>,
}

impl Signals {
    /// Cancels `stop` at the first signal. SIGTERM can be meant for others: then only SIGINT counts.
    ///
    /// Who is stopping already hears no SIGTERM, and at a SIGINT ends the process at once, for those who cannot wait.
    pub(super) fn listen(stop: CancellationToken, ignores_terminate: bool) -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let cause = Arc::new(OnceLock::new());
        let first = Arc::clone(&cause);
        let task = tokio::spawn(async move {
            loop {
                let (name, received) = tokio::select! {
                    _ = interrupt.recv() => ("SIGINT", StopCause::Interrupt),
                    _ = terminate.recv() => ("SIGTERM", StopCause::Terminate),
                };
                match received {
                    StopCause::Interrupt if stop.is_cancelled() => {
                        tracing::warn!("leaving at once: received {name} while stopping");
                        std::process::exit(130);
                    }
                    StopCause::Terminate if stop.is_cancelled() => {
                        tracing::info!("ignored {name}: stopping already");
                    }
                    StopCause::Terminate if ignores_terminate => {
                        tracing::info!("ignored {name}: only `POST /shutdown` or SIGINT stops this server");
                    }
                    cause => {
                        tracing::info!("stopping: received {name}");
                        // The first of all, as whoever stops is heard of above.
                        let _ = first.set(cause);
                        stop.cancel();
                    }
                }
            }
        });
        Ok(Self { cause, _task: AbortOnDropHandle::new(task) })
    }

    /// What made the server stop: the signal that it heard, or else a client.
    pub(super) fn cause(&self) -> StopCause {
        self.cause.get().copied().unwrap_or(StopCause::Request)
    }
}
