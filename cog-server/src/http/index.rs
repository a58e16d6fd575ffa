//! What the server has to offer, its document, and its end.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, Response};
use cog_core::Phase;

use super::error::ApiError;
use super::{App, reply};

/// `GET /`: where everything is. The order of the members is Cog's.
pub(super) async fn index() -> Response {
    reply::ok(concat!(
        r#"{"cog_version":""#,
        env!("CARGO_PKG_VERSION"),
        r#"","docs_url":"/docs","healthcheck_url":"/health-check","openapi_url":"/openapi.json","#,
        r#""predictions_cancel_url":"/predictions/{prediction_id}/cancel","#,
        r#""predictions_idempotent_url":"/predictions/{prediction_id}","#,
        r#""predictions_url":"/predictions","shutdown_url":"/shutdown"}"#,
    ))
}

/// `GET /openapi.json`: the document. It is known from the start, and as in Cog not told before the model is ready.
pub(super) async fn openapi(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    match app.engine.phase() {
        Phase::Starting | Phase::SetupFailed(_) => Err(ApiError::NoDocument),
        _ => Ok(reply::ok(app.openapi.clone())),
    }
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
