//! The state of the server: `GET /health-check`, always 200 with the state in the body as in Cog, and probes that answer with a status.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cog_core::{HealthReport, Phase, SetupStatus};
use futures::future;
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
    /// Not in Cog, which has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Queue>,
}

/// The line in front of the slots, where there is one.
#[derive(Debug, Serialize)]
struct Queue {
    waiting: usize,
    max: usize,
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
    let reports = future::join_all(app.engines.iter().map(|(_, engine)| engine.healthcheck())).await;
    let user_healthcheck_error = reports.into_iter().find_map(|report| match report {
        HealthReport::Healthy => None,
        HealthReport::Unhealthy(reason) => Some(reason),
    });
    let (_, main) = app.engines.main();
    let status = if app.is_any(|phase| matches!(phase, Phase::Starting)) {
        "STARTING"
    } else if app.is_any(|phase| matches!(phase, Phase::SetupFailed(_))) {
        "SETUP_FAILED"
    } else if app.is_any(|phase| matches!(phase, Phase::Defunct(_))) {
        "DEFUNCT"
    } else if user_healthcheck_error.is_some() {
        "UNHEALTHY"
    } else if main.free_slots() == 0 {
        "BUSY"
    } else {
        "READY"
    };
    Health {
        status,
        setup: setup(app),
        version: Version { coglet: env!("CARGO_PKG_VERSION") },
        user_healthcheck_error,
        queue: (main.max_queue() > 0).then(|| Queue { waiting: main.waiting(), max: main.max_queue() }),
    }
}

/// Tells of all setups as if they were one.
fn setup(app: &App) -> Setup {
    let (_, main) = app.engines.main();
    let whole = app.engines.iter().skip(1).fold(main.setup(), |mut whole, (_, engine)| {
        let setup = engine.setup();
        whole.started_at = whole.started_at.min(setup.started_at);
        whole.completed_at = whole.completed_at.zip(setup.completed_at).map(|(one, other)| one.max(other));
        whole.status = match (whole.status, setup.status) {
            (SetupStatus::Starting, _) | (_, SetupStatus::Starting) => SetupStatus::Starting,
            (SetupStatus::Failed, _) | (_, SetupStatus::Failed) => SetupStatus::Failed,
            (SetupStatus::Succeeded, SetupStatus::Succeeded) => SetupStatus::Succeeded,
        };
        // An error stands at the end of the logs, and is no line yet.
        if !whole.logs.is_empty() && !whole.logs.ends_with('\n') {
            whole.logs.push('\n');
        }
        whole.logs.push_str(&setup.logs);
        whole
    });
    Setup {
        started_at: wire::timestamp(whole.started_at),
        completed_at: whole.completed_at.map(wire::timestamp),
        status: whole.status.as_str(),
        logs: whole.logs,
    }
}
