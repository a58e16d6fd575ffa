//! SIGINT and SIGTERM.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first signal. A second SIGINT ends the process at once, for those who cannot wait.
pub(super) fn watch(stop: CancellationToken) -> io::Result<JoinHandle<()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::spawn(async move {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!("stopping: received {name}");
        stop.cancel();
        let _ = interrupt.recv().await;
        tracing::warn!("leaving at once: received a second SIGINT");
        std::process::exit(130);
    }))
}
