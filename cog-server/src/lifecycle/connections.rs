//! Accepting connections, and letting them end.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::head_timer::HeadTimer;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after a failure to accept, which is usually one of too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The connections of one server, each a task.
#[derive(Debug, Default)]
pub(super) struct Connections(JoinSet<()>);

impl Connections {
    /// Accepts connections until `stop` is canceled, and closes the listener.
    pub(super) async fn accept(&mut self, listener: TcpListener, router: Router, stop: &CancellationToken) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(_) = self.0.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // A token of its own, as it looks at it each time that it is woken, and one that all look at is slow.
                    self.0.spawn(connection(stream, router.clone(), stop.child_token()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits until each connection has ended, and ends those that take longer than `limit`.
    pub(super) async fn drain(&mut self, limit: Duration) {
        let ended = async { while self.0.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, ended).await.is_err() {
            self.0.shutdown().await;
        }
    }
}

/// Answers the requests of one connection until it ends or, after `stop`, its current reply is out.
async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    // A reply that waits for the acknowledgement of the one before is a slow reply. Not being able to say so is no fault.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(HeadTimer::default()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        // A router is always ready.
        let reply = router.clone().call(request.map(Body::new));
        async move { Ok::<_, Infallible>(reply.await.unwrap_or_else(|never| match never {})) }
    });
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
