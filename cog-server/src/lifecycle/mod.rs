//! From the first connection to the end of the process.
//!
//! [`serve`] answers connections until it is told to stop, by a signal or by a client. Then it accepts no more, lets the engine finish
//! or cancel what is running, lets the replies go out, and returns within a bound. It owns every task that it starts.

mod connections;
mod head_timer;
mod ready_file;
mod signals;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use cog_core::Engine;
use futures::future;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::connections::Connections;
use self::signals::Signals;
use crate::http;
use crate::role::Roles;
use crate::webhook::{Delivery, SigningKey, Webhooks};

/// How long replies may take to go out once every prediction is over.
const LAST_REPLIES: Duration = Duration::from_secs(5);

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How long running predictions may go on after the server has been told to stop, before they are canceled.
    pub shutdown_grace: Duration,
    /// Whether SIGTERM is ignored, so that only a `POST /shutdown` or a SIGINT stops the server.
    pub awaits_explicit_shutdown: bool,
    /// A file that is there as long as the server is ready, if `Some`.
    pub ready_file: Option<PathBuf>,
    /// How predictions are told of to other servers.
    pub webhooks: WebhookConfig,
}

/// How messages about predictions are sent.
#[derive(Clone)]
pub struct WebhookConfig {
    /// A token that is sent as `Authorization: Bearer`.
    pub token: Option<String>,
    /// A secret that messages are signed with, in the form of Standard Webhooks: `whsec_` and base64.
    pub secret: Option<String>,
    /// The shortest time between two messages about logs.
    pub throttle: Duration,
    /// How long one attempt to deliver may take.
    pub timeout: Duration,
    /// The delay before the terminal message is sent a second time is twice this, and doubles from then on.
    pub first_delay: Duration,
    /// How long undelivered messages keep a server alive that has been told to stop.
    pub drain: Duration,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            token: None,
            secret: None,
            throttle: Duration::from_millis(500),
            timeout: Duration::from_secs(30),
            first_delay: Duration::from_millis(100),
            drain: Duration::from_secs(15),
        }
    }
}

impl fmt::Debug for WebhookConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebhookConfig").field("throttle", &self.throttle).finish_non_exhaustive()
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            shutdown_grace: Duration::from_secs(25),
            awaits_explicit_shutdown: false,
            ready_file: None,
            webhooks: WebhookConfig::default(),
        }
    }
}

/// What told a server to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// A SIGINT.
    Interrupt,
    /// A SIGTERM.
    Terminate,
    /// A `POST /shutdown`.
    Request,
}

/// Serves a predictor's engine, a trainer's or both on `listener` until a SIGINT, a SIGTERM or a `POST /shutdown` arrives, and what was running has ended. Returns which it was.
///
/// # Errors
/// When the system does not let us wait for signals, or the webhook secret is none.
pub async fn serve(
    listener: TcpListener,
    engines: impl Into<Roles<Engine>>,
    config: ServerConfig,
) -> io::Result<StopCause> {
    let engines = engines.into();
    let stop = CancellationToken::new();
    let webhooks = Arc::new(webhooks(&config.webhooks)?);
    let signals = Signals::listen(stop.clone(), config.awaits_explicit_shutdown)?;
    // Not before: whoever reads this may send a signal.
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let router = http::router(engines.clone(), stop.clone(), &webhooks);
    let mut connections = Connections::default();
    let ready_file = async {
        if let Some(path) = &config.ready_file {
            ready_file::keep(path, &engines, &stop).await;
        }
    };
    tokio::join!(connections.accept(listener, router, &stop), ready_file);
    // From here on nobody can connect.
    future::join_all(engines.iter().map(async |(role, engine)| {
        if !engine.shutdown(config.shutdown_grace).await {
            tracing::error!("a {} ignored its cancellation; leaving it behind", role.noun());
        }
    }))
    .await;
    // At the same time: neither has to wait for the other.
    tokio::join!(connections.drain(LAST_REPLIES), webhooks.drain(config.webhooks.drain));
    Ok(signals.cause())
}

fn webhooks(config: &WebhookConfig) -> io::Result<Webhooks> {
    let key = config.secret.as_deref().map(SigningKey::parse).transpose();
    let key = key.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let mut delivery = Delivery::new(config.token.clone(), key);
    delivery.timeout = config.timeout;
    delivery.first_delay = config.first_delay;
    Ok(Webhooks::new(delivery, config.throttle))
}
