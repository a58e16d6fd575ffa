//! What it is measured against: an axum handler that reads and writes the same JSON.
//!
//! Written as one would write it with axum, serde and jiff, with no thought of predictions: nothing runs anywhere else, can be found,
//! canceled or watched.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// The name under which the binary is this server.
pub(crate) const NAME: &str = "bare";

#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    input: Greeting,
    #[serde(rename = "context")]
    _context: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Greeting {
    text: String,
}

#[derive(Serialize)]
struct Prediction {
    completed_at: String,
    created_at: String,
    id: String,
    logs: String,
    metrics: Metrics,
    output: String,
    started_at: String,
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Metrics {
    predict_time: f64,
}

/// Serves on the port that follows `--port`, until it is killed.
pub(crate) fn serve() -> anyhow::Result<()> {
    let port = std::env::args().skip_while(|argument| argument != "--port").nth(1);
    let port: u16 = port.context("which `--port`?")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = Router::new()
            .route("/health-check", get(|| async { r#"{"status":"READY"}"# }))
            .route("/predictions", post(create));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

async fn create(Json(envelope): Json<Envelope>) -> Json<Prediction> {
    static IDS: AtomicU64 = AtomicU64::new(0);
    let (created, created_at) = (Instant::now(), Timestamp::now());
    let id = envelope.id.unwrap_or_else(|| format!("pred_{:016x}", IDS.fetch_add(1, Ordering::Relaxed)));
    let started_at = Timestamp::now();
    let output = format!("hello {}", envelope.input.text);
    Json(Prediction {
        completed_at: text(Timestamp::now()),
        created_at: text(created_at),
        id,
        logs: String::new(),
        metrics: Metrics { predict_time: created.elapsed().as_secs_f64() },
        output,
        started_at: text(started_at),
        status: "succeeded",
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn text(at: Timestamp) -> String {
    let mut text = format!("{at:.9}");
    text.pop();
    text.push_str("+00:00");
    text
}
