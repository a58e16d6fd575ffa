//! A prediction that says hello.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Envelope {
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
pub(super) struct Prediction {
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

pub(super) async fn create(Json(envelope): Json<Envelope>) -> Json<Prediction> {
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
