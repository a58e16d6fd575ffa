//! `GET /health-check`: always 200, with the state in the body.

use std::sync::Arc;

use axum::extract::State;
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

pub(super) async fn health_check(State(app): State<Arc<App>>) -> Response {
    let engine = &app.engine;
    let user_healthcheck_error = match engine.healthcheck().await {
        HealthReport::Healthy => None,
        HealthReport::Unhealthy(reason) => Some(reason),
    };
    let status = match engine.phase() {
        Phase::Starting => "STARTING",
        Phase::SetupFailed(_) => "SETUP_FAILED",
        _ if user_healthcheck_error.is_some() => "UNHEALTHY",
        _ if engine.free_slots() == 0 => "BUSY",
        _ => "READY",
    };
    let setup = engine.setup();
    let health = Health {
        status,
        setup: Setup {
            started_at: wire::timestamp(setup.started_at),
            completed_at: setup.completed_at.map(wire::timestamp),
            status: setup.status.as_str(),
            logs: setup.logs,
        },
        version: Version { coglet: env!("CARGO_PKG_VERSION") },
        user_healthcheck_error,
    };
    // A struct of texts can always be written.
    reply::ok(serde_json::to_vec(&health).unwrap_or_default())
}
