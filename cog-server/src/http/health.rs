//! The state of the server: `GET /health-check`, always 200 with the state in the body as in Cog, and probes that answer with a status.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cog_core::{HealthReport, Phase};
use serde::Serialize;

use super::{App, reply};
use crate::wire;

/// The reply, in the order in which Cog writes it.
#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    setup: Setup,
    version: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_healthcheck_error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Setup {
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    logs: String,
}

#[derive(Debug, Serialize)]
struct Version {
    coglet: &'static str,
}

/// `GET /livez`: the process answers.
pub(super) async fn live() -> Response {
    reply::ok(r#"{"status":"ok"}"#)
}

/// `GET /readyz`: 200 if a prediction can be made, or could be if a slot were free; else 503.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let health = health(&app).await;
    let status = if matches!(health.status, "READY" | "BUSY") {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    reply::json(status, serde_json::json!({ "status": health.status }).to_string())
}

pub(super) async fn health_check(State(app): State<Arc<App>>) -> Response {
    // A struct of texts can always be written.
    reply::ok(serde_json::to_vec(&health(&app).await).unwrap_or_default())
}

async fn health(app: &App) -> Health {
    let engine = &app.engine;
    let user_healthcheck_error = match engine.healthcheck().await {
        HealthReport::Healthy => None,
        HealthReport::Unhealthy(reason) => Some(reason),
    };
    let status = match engine.phase() {
        Phase::Starting => "STARTING",
        Phase::SetupFailed(_) => "SETUP_FAILED",
        Phase::Defunct(_) => "DEFUNCT",
        _ if user_healthcheck_error.is_some() => "UNHEALTHY",
        _ if engine.free_slots() == 0 => "BUSY",
        _ => "READY",
    };
    let setup = engine.setup();
    Health {
        status,
        setup: Setup {
            started_at: wire::timestamp(setup.started_at),
            completed_at: setup.completed_at.map(wire::timestamp),
            status: setup.status.as_str(),
            logs: setup.logs,
        },
        version: Version { coglet: env!("CARGO_PKG_VERSION") },
        user_healthcheck_error,
    }
}
