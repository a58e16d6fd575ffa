//! What the server has to offer, its document, and its end.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, Response};
use cog_core::{Engine, Phase};
use serde_json::json;

use super::error::ApiError;
use super::{App, reply};
use crate::role::Roles;

/// Writes what `GET /` answers: where everything is that this server has.
pub(super) fn write(engines: &Roles<Engine>) -> String {
    // Written in alphabetical order, as Cog does.
    let mut index = json!({
        "cog_version": env!("CARGO_PKG_VERSION"),
        "docs_url": "/docs",
        "healthcheck_url": "/health-check",
        "openapi_url": "/openapi.json",
        "shutdown_url": "/shutdown",
    });
    for (role, _) in engines.iter() {
        let noun = role.noun();
        index[format!("{noun}s_url")] = format!("/{noun}s").into();
        index[format!("{noun}s_idempotent_url")] = format!("/{noun}s/{{{noun}_id}}").into();
        index[format!("{noun}s_cancel_url")] = format!("/{noun}s/{{{noun}_id}}/cancel").into();
    }
    index.to_string()
}

/// `GET /`.
pub(super) async fn index(State(app): State<Arc<App>>) -> Response {
    reply::ok(app.index.clone())
}

/// `GET /openapi.json`: the document. It is known from the start, and as in Cog not told before the model is ready.
pub(super) async fn openapi(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    if app.is_any(|phase| matches!(phase, Phase::Starting | Phase::SetupFailed(_))) {
        return Err(ApiError::NoDocument);
    }
    Ok(reply::ok(app.openapi.clone()))
}

/// `GET /docs`: how to use the API, for people.
pub(super) async fn docs() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}

/// `POST /shutdown`: begins to stop.
pub(super) async fn shutdown(State(app): State<Arc<App>>) -> Response {
    tracing::info!("stopping: a client asked for it");
    app.stop.cancel();
    reply::ok("{}")
}
