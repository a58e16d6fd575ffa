//! Cog's routes.
//!
//! Each file holds one family of routes; `request` the JSON of requests, `body` how it is read, and `error` alone
//! knows status codes of refusals. Handlers read what the engine tells and keep no state of their own.

mod body;
mod error;
mod health;
mod index;
mod predictions;
mod prefer;
mod reply;
mod request;
mod sse;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::routing::{get, post, put};
use bytes::Bytes;
use cog_core::Engine;
use tokio_util::sync::CancellationToken;

use self::error::ApiError;
use crate::openapi;
use crate::webhook::Webhooks;

/// What every handler can reach.
#[derive(Debug)]
pub(crate) struct App {
    engine: Engine,
    /// Canceled when the process is to stop, by a signal or by `POST /shutdown`.
    stop: CancellationToken,
    webhooks: Arc<Webhooks>,
    openapi: Bytes,
}

/// Makes the service that answers every request to `engine`. `stop` is canceled when a client asks for a shutdown.
pub(crate) fn router(engine: Engine, stop: CancellationToken, webhooks: Arc<Webhooks>) -> Router {
    let document = openapi::document(engine.input_schema(), engine.output_schema());
    let app = App { engine, stop, webhooks, openapi: document.to_string().into() };
    Router::new()
        .route("/", get(index::index))
        .route("/health-check", get(health::health_check))
        .route("/docs", get(index::docs))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(index::openapi))
        .route("/predictions", post(predictions::create))
        .route("/predictions/{id}", put(predictions::create_named).get(predictions::show))
        .route("/predictions/{id}/cancel", post(predictions::cancel))
        .route("/shutdown", post(index::shutdown))
        .fallback(|uri: Uri| async move { ApiError::NotFound { path: uri.path().to_owned() } })
        .method_not_allowed_fallback(|method: axum::http::Method, uri: Uri| async move {
            ApiError::MethodNotAllowed { method, path: uri.path().to_owned() }
        })
        .with_state(Arc::new(app))
}
