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
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

pub(crate) use self::delivery::Delivery;
use self::delivery::Sent;
pub(crate) use self::signature::SigningKey;
pub(crate) use self::target::{Target, WebhookEvent};
use crate::wire;

/// How many predictions can be told of at the same time. More than that means that a receiver has been dead for long.
const MAX_TASKS: usize = 10_000;

/// How much may wait to be delivered again, in KiB. What has no room is sent once.
const MAX_BACKLOG: u32 = 256 * 1024;

/// How far a task may fall behind before it leaves messages out, in events.
const MAX_BEHIND: u64 = 256;

/// Every message to be sent, and the tasks that send them.
#[derive(Debug)]
pub(crate) struct Webhooks {
    delivery: Arc<Delivery>,
    /// The shortest time between two messages about logs.
    throttle: Duration,
    tasks: TaskTracker,
    /// Room for terminal messages whose receivers do not answer.
    backlog: Arc<Semaphore>,
    /// Canceled to give up what has not been delivered.
    give_up: CancellationToken,
}

impl Webhooks {
    pub(crate) fn new(delivery: Delivery, throttle: Duration) -> Self {
        Self {
            delivery: Arc::new(delivery),
            throttle,
            tasks: TaskTracker::new(),
            backlog: Arc::new(Semaphore::new(MAX_BACKLOG as usize)),
            give_up: CancellationToken::new(),
        }
    }

    /// Keeps [`drain`](Self::drain) from ending while the returned token lives: a prediction to follow may be on its way.
    pub(crate) fn expect(&self) -> TaskTrackerToken {
        self.tasks.token()
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
            backlog: Arc::clone(&self.backlog),
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
    backlog: Arc<Semaphore>,
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
                    if matches!(event, Event::Completed(_)) {
                        return self.end().await;
                    }
                    if kind(&event).is_some_and(|kind| self.is_due(kind)) && self.send().await == Sent::Failed
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

    /// Tells of the state so far.
    async fn send(&mut self) -> Sent {
        let body = Bytes::from(wire::prediction(&self.state));
        self.last = Some(Instant::now());
        self.delivery.send_once(self.prediction.id(), &self.target, body).await
    }

    /// Tells of the end. What the message is made of is let go of first: its receiver may be away for minutes.
    async fn end(self) {
        if !self.target.wants(WebhookEvent::Completed) {
            return;
        }
        let Self { prediction, state, events, target, delivery, backlog, .. } = self;
        let body = Bytes::from(wire::prediction(&state));
        let id = prediction.id().clone();
        drop((prediction, state, events));
        let size = u32::try_from(body.len() / 1024).map_or(MAX_BACKLOG, |size| size.clamp(1, MAX_BACKLOG));
        let Ok(_room) = backlog.try_acquire_many(size) else {
            if delivery.send_once(&id, &target, body).await == Sent::Failed {
                tracing::error!(prediction_id = %id, "the terminal webhook could not be delivered: too much is waiting to be sent again");
            }
            return;
        };
        delivery.send_at_last(&id, &target, body).await;
    }
}

/// Which kind of message tells of an event that is not the last, if any does.
const fn kind(event: &Event) -> Option<WebhookEvent> {
    match event {
        Event::Started { .. } => Some(WebhookEvent::Start),
        Event::Output { .. } => Some(WebhookEvent::Output),
        Event::Log { .. } => Some(WebhookEvent::Logs),
        _ => None,
    }
}
