//! Bytes in and out, which are neither looked at nor kept.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{get, post};

/// Made at the first request for it: making it is not what is measured.
type Content = Arc<OnceLock<Bytes>>;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/bytes", post(take))
        .route("/bytes/{length}", get(give))
        .with_state(Content::default())
}

async fn take(body: Bytes) -> String {
    body.len().to_string()
}

async fn give(State(content): State<Content>, Path(length): Path<usize>) -> Bytes {
    content.get_or_init(|| vec![b'7'; length].into()).clone()
}
