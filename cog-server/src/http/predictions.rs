//! `/predictions` and `/trainings`, and what is below them.
//!
//! A training is a prediction in all but its name, so the same handlers answer for both. "Prediction" in here is either.

use std::iter;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{post, put};
use cog_core::{Engine, PredictionHandle, PredictionId, Rejection};

use super::error::ApiError;
use super::name::Name;
use super::request::PredictionRequest;
use super::{body, prefer, reply, sse};
use crate::role::Role;
use crate::webhook::{Target, Webhooks};
use crate::wire;

/// The routes of one role, and what their handlers can reach.
#[derive(Debug)]
struct Family {
    role: Role,
    engine: Engine,
    /// The engine of the other role, if there is one.
    other: Option<Engine>,
    webhooks: Arc<Webhooks>,
}

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
    fn of(role: Role, headers: &HeaderMap) -> Result<Self, ApiError> {
        match role {
            // As in Cog.
            Role::Trainer if sse::is_asked_for(headers) => Err(ApiError::NotStreamed),
            _ if sse::is_asked_for(headers) => Ok(Self::Events),
            _ if prefer::is_async(headers) => Ok(Self::Acceptance),
            _ => Ok(Self::Result),
        }
    }
}

/// Makes the routes of `role`, which `engine` plays.
pub(super) fn routes<S>(
    role: Role,
    engine: Engine,
    other: Option<Engine>,
    webhooks: Arc<Webhooks>,
) -> Router<S> {
    let base = format!("/{}s", role.noun());
    Router::new()
        .route(&base, post(create))
        .route(&format!("{base}/{{id}}"), put(create_named).get(show))
        .route(&format!("{base}/{{id}}/cancel"), post(cancel))
        .with_state(Arc::new(Family { role, engine, other, webhooks }))
}

/// `POST /predictions`: makes a prediction.
async fn create(State(family): State<Arc<Family>>, request: Request) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let mut envelope = body::read::<PredictionRequest>(&head.headers, body).await?;
    let webhook = envelope.take_webhook(&head.headers);
    let mode = Mode::of(family.role, &head.headers)?;
    let request = cog_core::Request { deadline: envelope.deadline(&head.headers)?, ..envelope.try_into()? };
    // The head is a part of the buffer that the connection reads into, which can be used again when nobody has any of it.
    drop(head);
    begin(&family, request, webhook, mode).await
}

/// `PUT /predictions/{id}`: makes a prediction of this name, or tells of the one that is running.
async fn create_named(
    State(family): State<Arc<Family>>,
    Name(id): Name,
    request: Request,
) -> Result<Response, ApiError> {
    let (Parts { headers, .. }, body) = request.into_parts();
    let id: PredictionId = id.parse().map_err(|error| ApiError::PathId(family.role, error))?;
    let mut envelope = body::read::<PredictionRequest>(&headers, body).await?;
    let webhook = envelope.take_webhook(&headers);
    let mut request = cog_core::Request { deadline: envelope.deadline(&headers)?, ..envelope.try_into()? };
    if request.id.as_ref().is_some_and(|given| *given != id) {
        return Err(ApiError::OtherId(family.role));
    }
    if let Some(running) = running(&family, &id) {
        return known(&family, &running, &headers);
    }
    request.id = Some(id.clone());
    match begin(&family, request, webhook, Mode::of(family.role, &headers)?).await {
        // Two clients with one name at the same moment: the second is told of the first, unless that is over already.
        Err(ApiError::Rejected(_, Rejection::AlreadyRunning(_)))
            if let Some(running) = running(&family, &id) =>
        {
            known(&family, &running, &headers)
        }
        reply => reply,
    }
}

/// `GET /predictions/{id}`: tells of a prediction that is running, or was a short while ago.
async fn show(State(family): State<Arc<Family>>, Name(id): Name) -> Result<Response, ApiError> {
    let found = id.parse().ok().and_then(|id| family.engine.find(&id));
    let prediction = found.ok_or(ApiError::Unknown { role: family.role, id })?;
    Ok(reply::ok(prediction.read(wire::snapshot)))
}

/// `POST /predictions/{id}/cancel`: tells a prediction to stop.
///
/// The role in the path does not matter, as in Cog, unless there is a prediction and a training of this name.
async fn cancel(State(family): State<Arc<Family>>, Name(id): Name) -> Response {
    let mut engines = iter::once(&family.engine).chain(&family.other);
    let was_running = id
        .parse()
        .is_ok_and(|id| engines.any(|engine| engine.find(&id).is_some_and(|prediction| prediction.cancel())));
    reply::json(if was_running { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{}")
}

/// Begins a prediction and answers in the way that the client asks for.
async fn begin(
    family: &Family,
    mut request: cog_core::Request,
    webhook: Option<Target>,
    mode: Mode,
) -> Result<Response, ApiError> {
    // Nobody can ask for one whose name nobody was told before it ended.
    request.is_kept = request.id.is_some() || mode != Mode::Result;
    request.ends_unwatched = mode == Mode::Events;
    // From before the submission: a server that stops in between waits for what is told of it.
    let _expected = webhook.is_some().then(|| family.webhooks.expect());
    let prediction = family.engine.submit(request);
    let prediction = prediction.map_err(|rejection| ApiError::Rejected(family.role, rejection))?;
    if let Some(target) = webhook {
        family.webhooks.follow(&prediction, target);
    }
    match mode {
        Mode::Events => sse::from_the_start(&prediction),
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

fn running(family: &Family, id: &PredictionId) -> Option<PredictionHandle> {
    family.engine.find(id).filter(|prediction| !prediction.read(cog_core::Prediction::status).is_terminal())
}

/// Tells of a prediction that is running already.
fn known(family: &Family, prediction: &PredictionHandle, headers: &HeaderMap) -> Result<Response, ApiError> {
    if Mode::of(family.role, headers)? == Mode::Events {
        return sse::from_here(prediction, headers);
    }
    Ok(reply::json(StatusCode::ACCEPTED, prediction.read(wire::snapshot)))
}
