//! `/predictions` and what is below it.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use cog_core::{PredictionHandle, PredictionId, Rejection};

use super::error::ApiError;
use super::request::PredictionRequest;
use super::{App, body, prefer, reply, sse};
use crate::webhook::Target;
use crate::wire;

/// What a client wants to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The result.
    Result,
    /// That it has begun.
    Acceptance,
    /// What happens, as it happens.
    Events,
}

impl Mode {
    fn of(headers: &HeaderMap) -> Self {
        if sse::is_asked_for(headers) {
            Self::Events
        } else if prefer::is_async(headers) {
            Self::Acceptance
        } else {
            Self::Result
        }
    }
}

/// `POST /predictions`: makes a prediction.
pub(super) async fn create(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let mut envelope = body::read::<PredictionRequest>(request).await?;
    let webhook = envelope.take_webhook(&headers);
    begin(&app, envelope.try_into()?, webhook, &headers).await
}

/// `PUT /predictions/{id}`: makes a prediction of this name, or tells of the one that is running.
pub(super) async fn create_named(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let id: PredictionId = id.parse().map_err(ApiError::PathId)?;
    let mut envelope = body::read::<PredictionRequest>(request).await?;
    let webhook = envelope.take_webhook(&headers);
    let mut request = cog_core::Request::try_from(envelope)?;
    if request.id.as_ref().is_some_and(|given| *given != id) {
        return Err(ApiError::OtherId);
    }
    if let Some(running) = running(&app, &id) {
        return known(&running, &headers);
    }
    request.id = Some(id.clone());
    match begin(&app, request, webhook, &headers).await {
        // Two clients with one name at the same moment: the second is told of the first, unless that is over already.
        Err(ApiError::Rejected(Rejection::AlreadyRunning(_))) if let Some(running) = running(&app, &id) => {
            known(&running, &headers)
        }
        reply => reply,
    }
}

/// `GET /predictions/{id}`: tells of a prediction that is running, or was a short while ago.
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = id.parse().ok().and_then(|id| app.engine.find(&id));
    let prediction = found.ok_or(ApiError::UnknownPrediction { id })?;
    Ok(reply::ok(prediction.read(wire::snapshot)))
}

/// `POST /predictions/{id}/cancel`: tells a prediction to stop.
pub(super) async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let found = id.parse().ok().and_then(|id| app.engine.find(&id));
    let was_running = found.is_some_and(|prediction| prediction.cancel());
    reply::json(if was_running { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{}")
}

/// Begins a prediction and answers in the way that the client asks for.
async fn begin(
    app: &App,
    mut request: cog_core::Request,
    webhook: Option<Target>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let mode = Mode::of(headers);
    // Nobody can ask for one whose name nobody was told before it ended.
    request.is_kept = request.id.is_some() || mode != Mode::Result;
    request.ends_unwatched = mode == Mode::Events;
    let prediction = app.engine.submit(request)?;
    if let Some(target) = webhook {
        app.webhooks.follow(&prediction, target);
    }
    match mode {
        Mode::Events => sse::reply(&prediction, headers),
        Mode::Acceptance => {
            let accepted = prediction.id().as_str();
            let body = serde_json::json!({ "id": accepted, "status": "starting" }).to_string();
            let mut response = reply::json(StatusCode::ACCEPTED, body);
            response.headers_mut().insert("preference-applied", HeaderValue::from_static("respond-async"));
            Ok(response)
        }
        Mode::Result => {
            // When the client goes away this future is dropped, the guard with it, and the prediction is canceled.
            let _guard = prediction.cancel_on_drop();
            prediction.wait().await;
            Ok(reply::ok(prediction.read(wire::prediction)))
        }
    }
}

fn running(app: &App, id: &PredictionId) -> Option<PredictionHandle> {
    app.engine.find(id).filter(|prediction| !prediction.read(cog_core::Prediction::status).is_terminal())
}

/// Tells of a prediction that is running already.
fn known(prediction: &PredictionHandle, headers: &HeaderMap) -> Result<Response, ApiError> {
    if sse::is_asked_for(headers) {
        return sse::reply(prediction, headers);
    }
    Ok(reply::json(StatusCode::ACCEPTED, prediction.read(wire::snapshot)))
}
