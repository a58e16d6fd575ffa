//! A file on its way out.

use std::io;
use std::sync::Arc;

use cog_core::PublishContent;
use futures::{StreamExt, TryStreamExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::Body;
use tokio::sync::Notify;
use tokio_util::io::ReaderStream;

/// How much is sent at a time, and held in memory.
const PART: usize = 64 << 10;

/// Makes the body of one request, which tells `progress` of each part that is taken from it.
pub(super) async fn of(content: PublishContent<'_>, progress: &Arc<Notify>) -> io::Result<Body> {
    let parts = match content {
        PublishContent::Disk(path) => {
            ReaderStream::with_capacity(tokio::fs::File::open(path).await?, PART).left_stream()
        }
        PublishContent::Memory(bytes) => {
            let mut rest = bytes.clone();
            let next = move || (!rest.is_empty()).then(|| Ok(rest.split_to(rest.len().min(PART))));
            stream::iter(std::iter::from_fn(next)).right_stream()
        }
    };
    let progress = Arc::clone(progress);
    Ok(Body::wrap(StreamBody::new(parts.map_ok(Frame::data).inspect(move |_| progress.notify_one()))))
}
