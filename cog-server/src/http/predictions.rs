//! `/predictions`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::error::ApiError;
use super::{App, body, reply, wire};

/// `POST /predictions`: makes a prediction and answers with what it came to.
///
/// When the client goes away, this future is dropped, the guard with it, and the prediction is canceled.
pub(super) async fn create(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let envelope = body::read::<wire::PredictionRequest>(request).await?;
    let prediction = app.engine.submit(envelope.try_into()?)?;
    let _guard = prediction.cancel_on_drop();
    prediction.wait().await;
    Ok(reply::ok(prediction.read(wire::prediction)))
}
