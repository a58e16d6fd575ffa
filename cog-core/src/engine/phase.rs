//! How far an engine has come, and the end of one whose model cannot be used any more.

use std::sync::Arc;

use tokio::sync::watch;

use super::Rejection;
use super::pool::Pool;
use crate::error::{Defunct, Error};

/// How far an engine has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The setup is running.
    Starting,
    /// Requests are accepted.
    Ready,
    /// The setup has failed, for this reason. The engine will not come further.
    SetupFailed(Arc<str>),
    /// The model has said that it cannot be used any more, for this reason. What was running goes on; nothing new begins.
    Defunct(Arc<str>),
    /// The engine has been told to stop.
    Stopped,
}

impl Phase {
    pub(super) fn admit(&self) -> Result<(), Rejection> {
        match self {
            Self::Ready => Ok(()),
            Self::Starting => Err(Rejection::Starting),
            Self::SetupFailed(reason) => Err(Rejection::SetupFailed(Arc::clone(reason))),
            Self::Defunct(reason) => Err(Rejection::Defunct(Arc::clone(reason))),
            Self::Stopped => Err(Rejection::Stopped),
        }
    }
}

/// What ends when a model says that it cannot be used any more.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    pub(super) phase: watch::Sender<Phase>,
    pub(super) pool: Arc<Pool>,
}

impl Readiness {
    /// Lets nothing more begin if `error` says that the model cannot be used any more. What waits for a slot fails.
    pub(super) fn end_if_defunct(&self, error: &Error) {
        if !Defunct::is_in(error) {
            return;
        }
        let reason: Arc<str> = format!("{error:#}").into();
        // First, so that whoever is refused by the pool is told why.
        let is_news = self.phase.send_if_modified(|phase| {
            let was_ready = *phase == Phase::Ready;
            if was_ready {
                *phase = Phase::Defunct(Arc::clone(&reason));
            }
            was_ready
        });
        for job in self.pool.close() {
            // The reason may hold what only the client of that prediction should read.
            job.end(Some("the model cannot be used any more, and has not seen this prediction".to_owned()));
        }
        if is_news {
            tracing::error!("the model cannot be used any more; this server has to be replaced: {reason}");
        }
    }
}
