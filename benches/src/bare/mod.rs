//! What it is measured against: axum handlers that read and write the same.
//!
//! Written as one would write them with axum, serde and jiff, with no thought of predictions: nothing runs anywhere else, can be found,
//! canceled or watched.

mod bytes;
mod events;
mod predictions;

use std::net::Ipv4Addr;

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// The name under which the binary is this server.
pub(crate) const NAME: &str = "bare";

/// Serves on the port that follows `--port`, until it is killed.
pub(crate) fn serve() -> anyhow::Result<()> {
    let port = std::env::args().skip_while(|argument| argument != "--port").nth(1);
    let port: u16 = port.context("which `--port`?")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = Router::new()
            .route("/health-check", get(|| async { r#"{"status":"READY"}"# }))
            .route("/predictions", post(predictions::create))
            .route("/events", post(events::create))
            .merge(bytes::routes())
            .layer(DefaultBodyLimit::disable());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}
