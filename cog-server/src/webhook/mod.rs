//! Telling somebody else's server how a prediction goes.
//!
//! A reader of the engine's events. For each prediction that names a webhook there is one task, so that its messages arrive in order and
//! the last is sent after all others; what it sends is the fold of the events so far. A receiver that is slow, dead or lying delays its
//! own messages and nothing else: no slot, no reply, no other prediction. The [`Webhooks`] own the tasks and wait for them, within a
//! bound, when the server stops.

mod delivery;
mod signature;
mod target;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cog_core::{Event, Events, Lagged, Prediction, PredictionHandle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::delivery::Delivery;
use self::delivery::Sent;
pub(crate) use self::signature::SigningKey;
pub(crate) use self::target::{Target, WebhookEvent};
use crate::wire;

/// How many predictions can be told of at the same time. More than that means that a receiver has been dead for long.
const MAX_TASKS: usize = 10_000;

/// How far a task may fall behind before it leaves messages out, in events.
const MAX_BEHIND: u64 = 256;

/// Every message to be sent, and the tasks that send them.
#[derive(Debug)]
pub(crate) struct Webhooks {
    delivery: Arc<Delivery>,
    /// The shortest time between two messages about logs.
    throttle: Duration,
    tasks: TaskTracker,
    /// Canceled to give up what has not been delivered.
    give_up: CancellationToken,
}

impl Webhooks {
    pub(crate) fn new(delivery: Delivery, throttle: Duration) -> Self {
        Self {
            delivery: Arc::new(delivery),
            throttle,
            tasks: TaskTracker::new(),
            give_up: CancellationToken::new(),
        }
    }

    /// Tells `target` of a prediction that has just been accepted, until it is over.
    pub(crate) fn follow(&self, prediction: &PredictionHandle, target: Target) {
        if self.tasks.len() >= MAX_TASKS {
            tracing::error!(prediction_id = %prediction.id(), "too many webhooks are waiting; this prediction sends none");
            return;
        }
        let follower = Follower {
            state: prediction.initial(),
            events: prediction.events(),
            prediction: prediction.clone(),
            target,
            delivery: Arc::clone(&self.delivery),
            throttle: self.throttle,
            last: None,
        };
        let give_up = self.give_up.clone();
        self.tasks.spawn(async move {
            let id = follower.prediction.id().clone();
            tokio::select! {
                () = follower.run() => {}
                () = give_up.cancelled() => {
                    tracing::error!(prediction_id = %id, "the server stops before a webhook could be delivered");
                }
            }
        });
    }

    /// Waits until everything has been delivered, and gives up what has not been within `limit`.
    pub(crate) async fn drain(&self, limit: Duration) {
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            self.give_up.cancel();
            self.tasks.wait().await;
        }
    }
}

/// Follows one prediction.
struct Follower {
    prediction: PredictionHandle,
    events: Events,
    /// The fold of the events that have been read.
    state: Prediction,
    target: Target,
    delivery: Arc<Delivery>,
    throttle: Duration,
    /// When the last message was sent that was not the terminal one.
    last: Option<Instant>,
}

impl Follower {
    async fn run(mut self) {
        while let Some(event) = self.events.next().await {
            match event {
                Ok((number, event)) => {
                    self.state.apply(&event);
                    let is_terminal = self.state.status().is_terminal();
                    let kind = kind(&event).filter(|kind| self.is_due(*kind));
                    if let Some(kind) = kind
                        && self.send(kind).await == Sent::Failed
                        && !is_terminal
                    {
                        // Whoever does not answer is told the state of things, not each step towards it.
                        self.skip();
                    } else if self.prediction.next_event().saturating_sub(number) > MAX_BEHIND {
                        self.skip();
                    }
                }
                Err(Lagged(_)) => self.skip(),
            }
        }
    }

    /// Goes on from the present state, leaving out what happened in between. The terminal event is never left out.
    fn skip(&mut self) {
        let (state, next) = self.prediction.resume();
        self.events = self.prediction.events_from(next);
        self.state = state;
    }

    fn is_due(&self, kind: WebhookEvent) -> bool {
        let is_early =
            kind == WebhookEvent::Logs && self.last.is_some_and(|last| last.elapsed() < self.throttle);
        self.target.wants(kind) && !is_early
    }

    async fn send(&mut self, kind: WebhookEvent) -> Sent {
        let body = Bytes::from(wire::prediction(&self.state));
        let id = self.prediction.id();
        if kind == WebhookEvent::Completed {
            return self.delivery.send_at_last(id, &self.target, body).await;
        }
        self.last = Some(Instant::now());
        self.delivery.send_once(id, &self.target, body).await
    }
}

/// Which kind of message tells of an event, if any does.
const fn kind(event: &Event) -> Option<WebhookEvent> {
    match event {
        Event::Started { .. } => Some(WebhookEvent::Start),
        Event::Output { .. } => Some(WebhookEvent::Output),
        Event::Log { .. } => Some(WebhookEvent::Logs),
        Event::Completed(_) => Some(WebhookEvent::Completed),
        _ => None,
    }
}
