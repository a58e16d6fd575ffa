//! `serve`: answer HTTP requests until told to stop.

use std::io::ErrorKind;
use std::sync::Arc;

use cog_core::{EngineConfig, Publish};
use tokio::net::TcpListener;

use super::arguments::ServeArguments;
use super::streams::Streams;
use super::{Bars, Failure, Process, cog_yaml, fetcher, part, rest, runtime, weights};
use crate::env::Environment;
use crate::files::{HttpPublish, UploadConfig};
use crate::lifecycle::{self, ServerConfig, StopCause, WebhookConfig};
use crate::model::Part;
use crate::role::{Role, Roles};
use crate::telemetry::LogFormat;
use crate::webhook::SigningKey;

pub(super) fn run(
    parts: &Roles<Part>,
    arguments: &ServeArguments,
    environment: &Environment,
    process: &Process,
) -> Result<(), Failure> {
    let only = match arguments.mode.map(Role::from) {
        Some(role) => Some(Roles::of(role, part(role, parts)?.clone())),
        None => None,
    };
    let parts = only.as_ref().unwrap_or(parts);
    let port = match arguments.port {
        Some(port) => port,
        None => environment.port().map_err(|error| Failure::Failed(error.to_string()))?,
    };
    if let Some(secret) = &environment.webhook_secret {
        let key = SigningKey::parse(secret);
        key.map_err(|error| Failure::Failed(format!("`COG_WEBHOOK_SECRET` is no secret: {error}")))?;
    }
    let cog_yaml = cog_yaml::read(arguments.model.weights.config.as_deref(), process)?;
    let bars = Bars::new(process.has_terminal());
    let config = EngineConfig {
        slots: arguments.max_concurrency.or(environment.max_concurrency).or(cog_yaml.max_concurrency),
        max_queue: arguments.max_queue.unwrap_or(environment.max_queue),
        device: environment.device,
        fetcher: Some(Arc::new(fetcher(&arguments.model, environment))),
        publisher: arguments.upload_url.clone().map(|url| {
            let config = UploadConfig::new(url, environment.proxies.clone());
            Arc::new(HttpPublish::new(config)) as Arc<dyn Publish>
        }),
        history_capacity: environment.stream_history_capacity,
        setup_timeout: environment.setup_timeout,
        ..EngineConfig::default()
    };
    let mut config = weights::configure(config, &arguments.model.weights, &cog_yaml, environment, &bars)?;
    let default = if process.has_terminal() { LogFormat::Console } else { LogFormat::Json };
    let format = environment.log_format.unwrap_or(default);
    let filter = environment.log_filter.as_deref().unwrap_or("info");
    let streams = Streams::open(process, environment, format, filter, &bars)?;
    config.output_capture = streams.listener();
    for warning in &environment.warnings {
        tracing::warn!("{warning}");
    }

    if !cog_yaml.without_effect.is_empty() {
        let keys = cog_yaml.without_effect.join("`, `");
        tracing::warn!("keys of `cog.yaml` that have no effect here: `{keys}`");
    }

    let runtime = runtime()?;
    let served = runtime.block_on(async {
        // First, so that a port in use is told before a model is loaded.
        let listener = listen(&arguments.host, port).await?;
        let (main, _) = parts.main();
        let engines = parts.try_map(|role, part| {
            // What is said of the slots and their line is said of the part that the server is known for.
            let slots = config.slots.filter(|_| role == main);
            let max_queue = if role == main { config.max_queue } else { 0 };
            (part.start)(EngineConfig { slots, max_queue, ..config.clone() })
                .map_err(|error| Failure::Failed(error.to_string()))
        })?;
        let webhooks = WebhookConfig {
            token: environment.webhook_token.clone(),
            secret: environment.webhook_secret.clone(),
            throttle: environment.throttle,
            ..WebhookConfig::default()
        };
        let server = ServerConfig {
            shutdown_grace: arguments.shutdown_grace,
            awaits_explicit_shutdown: arguments.await_explicit_shutdown,
            ready_file: environment.ready_file.clone(),
            webhooks,
        };
        let served = tokio::select! {
            served = lifecycle::serve(listener, engines, server) => served,
            never = rest::give_back(), if process.is_whole() => match never {},
        };
        match served.map_err(|error| Failure::Failed(format!("cannot serve: {error}")))? {
            // As a shell reports it. SIGTERM is how platforms stop a server that has done nothing wrong.
            StopCause::Interrupt => Err(Failure::Stopped(130)),
            StopCause::Terminate | StopCause::Request => Ok(()),
        }
    });
    // Everything that matters has ended; a name that is still being looked up does not.
    runtime.shutdown_background();
    served
}

/// Listens on `host`, which is an address or a name.
async fn listen(host: &str, port: u16) -> Result<TcpListener, Failure> {
    // Brackets are how an IPv6 address is written before a port.
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    TcpListener::bind((bare, port)).await.map_err(|error| {
        Failure::Failed(match error.kind() {
            ErrorKind::AddrInUse => {
                format!("cannot listen on `{host}`: port {port} is in use; choose another with `--port`")
            }
            ErrorKind::PermissionDenied => {
                format!("cannot listen on `{host}`: port {port} is not allowed; choose one above 1023 with `--port`")
            }
            ErrorKind::AddrNotAvailable => {
                format!("cannot listen on `{host}`: it is no address of this machine; choose one with `--host`")
            }
            _ => format!("cannot listen on `{host}` port {port}: {error}"),
        })
    })
}
