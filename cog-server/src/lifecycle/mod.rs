//! From the first connection to the end of the process.
//!
//! [`serve`] answers connections until it is told to stop, by a signal or by a client. Then it accepts no more, lets the engine finish
//! or cancel what is running, lets the replies go out, and returns within a bound. It owns every task that it starts.

mod connections;
mod signals;

use std::io;
use std::time::Duration;

use cog_core::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::connections::Connections;
use crate::http;

/// How long replies may take to go out once every prediction is over.
const LAST_REPLIES: Duration = Duration::from_secs(5);

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How long running predictions may go on after the server has been told to stop, before they are canceled.
    pub shutdown_grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { shutdown_grace: Duration::from_secs(25) }
    }
}

/// Serves `engine` on `listener` until a SIGINT, a SIGTERM or a `POST /shutdown` arrives, and what was running has ended.
///
/// # Errors
/// When the system does not let us wait for signals.
pub async fn serve(listener: TcpListener, engine: Engine, config: ServerConfig) -> io::Result<()> {
    let stop = CancellationToken::new();
    let signals = signals::watch(stop.clone())?;
    let router = http::router(engine.clone(), stop.clone());
    let connections = Connections::default();
    connections.accept(listener, router, &stop).await;
    // From here on nobody can connect.
    if !engine.shutdown(config.shutdown_grace).await {
        tracing::error!("a prediction ignored its cancellation; leaving it behind");
    }
    connections.drain(LAST_REPLIES).await;
    signals.abort();
    Ok(())
}
