//! Cog's routes.
//!
//! Each file holds one family of routes; `request` the JSON of requests, `body` how it is read, `name` what stands in a path, and
//! `error` alone knows status codes of refusals. Handlers read what the engine tells and keep no state of their own.

mod body;
mod cancel_after;
mod error;
mod health;
mod index;
#[cfg(test)]
mod instructions;
mod name;
mod predictions;
mod prefer;
mod reply;
mod request;
mod sse;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::routing::{get, post};
use bytes::Bytes;
use cog_core::{Engine, Phase};
use tokio_util::sync::CancellationToken;

use self::error::ApiError;
use crate::openapi::{self, Interface};
use crate::role::Roles;
use crate::webhook::Webhooks;

/// What every handler can reach.
#[derive(Debug)]
pub(crate) struct App {
    engines: Roles<Engine>,
    /// Canceled when the process is to stop, by a signal or by `POST /shutdown`.
    stop: CancellationToken,
    index: Bytes,
    openapi: Bytes,
}

impl App {
    /// Tells whether this is so of any engine.
    fn is_any(&self, is: fn(&Phase) -> bool) -> bool {
        self.engines.iter().any(|(_, engine)| is(&engine.phase()))
    }
}

/// Makes the service that answers every request to `engines`. `stop` is canceled when a client asks for a shutdown.
pub(crate) fn router(engines: Roles<Engine>, stop: CancellationToken, webhooks: &Arc<Webhooks>) -> Router {
    let interfaces = engines.iter().map(|(role, engine)| Interface {
        role,
        input: engine.input_schema(),
        output: engine.output_schema(),
    });
    let openapi = openapi::document(interfaces).to_string().into();
    let families = engines.iter().fold(Router::new(), |router, (role, engine)| {
        let other = engines.get(role.other()).cloned();
        router.merge(predictions::routes(role, engine.clone(), other, Arc::clone(webhooks)))
    });
    let index = index::write(&engines).into();
    let app = App { engines, stop, index, openapi };
    Router::new()
        .route("/", get(index::index))
        .route("/health-check", get(health::health_check))
        .route("/docs", get(index::docs))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(index::openapi))
        .route("/shutdown", post(index::shutdown))
        .merge(families)
        .fallback(|uri: Uri| async move { ApiError::NotFound { path: uri.path().to_owned() } })
        .method_not_allowed_fallback(|method: axum::http::Method, uri: Uri| async move {
            ApiError::MethodNotAllowed { method, path: uri.path().to_owned() }
        })
        .with_state(Arc::new(app))
}
