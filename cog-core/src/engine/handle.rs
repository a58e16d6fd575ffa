//! A prediction as those outside the engine hold it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::prediction::{Events, Prediction, PredictionId, Record};

/// A prediction that was accepted: to read, to wait for, to cancel. Dropping the handle does nothing to the prediction.
#[derive(Clone, Debug)]
pub struct PredictionHandle {
    record: Arc<Record>,
}

impl PredictionHandle {
    pub(super) const fn new(record: Arc<Record>) -> Self {
        Self { record }
    }

    /// The prediction's name.
    #[must_use]
    pub fn id(&self) -> &PredictionId {
        self.record.id()
    }

    /// Shows the prediction as it is now, without copying it. `read` must be quick: the prediction's next event waits for it.
    pub fn read<T>(&self, read: impl FnOnce(&Prediction) -> T) -> T {
        self.record.read(read)
    }

    /// Returns the prediction as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Prediction {
        self.record.read(Prediction::clone)
    }

    /// Waits until the prediction is over and returns what it came to.
    ///
    /// # Cancellation
    /// Dropping the future does nothing to the prediction.
    pub async fn completed(&self) -> Prediction {
        self.wait().await;
        self.snapshot()
    }

    /// Waits until the prediction is over.
    pub async fn wait(&self) {
        self.record.completed().await;
    }

    /// Returns a reader of the events from number `first` on. Number 0 is the first of all.
    #[must_use]
    pub fn events_from(&self, first: u64) -> Events {
        Events::new(Arc::clone(&self.record), first)
    }

    /// Returns a reader of all events.
    #[must_use]
    pub fn events(&self) -> Events {
        self.events_from(0)
    }

    /// Returns a reader for somebody who comes late and has seen the events before number `first`.
    ///
    /// It reads as many of the last events as are [told again](crate::EngineConfig::history_capacity), and those to come. If none are told
    /// again, it misses nothing either: it reads on from here. A number beyond the next event cannot be of this prediction, and counts as 0.
    #[must_use]
    pub fn replay_from(&self, first: u64) -> Events {
        let (oldest, next) = self.record.replay();
        let first = if first > next { 0 } else { first };
        let first = if oldest == next { next } else { first };
        self.events_from(first).without_those_before(oldest)
    }

    /// Tells the prediction to stop, and returns whether it was still going. It is over when its code has returned.
    pub fn cancel(&self) -> bool {
        self.record.cancel()
    }

    /// Returns the prediction as it was before its first event: where a fold of [`events`](Self::events) begins.
    #[must_use]
    pub fn initial(&self) -> Prediction {
        self.record.read(Prediction::before_all)
    }

    /// Returns the prediction as it is now and the number of the event that comes next: where a fold can go on.
    #[must_use]
    pub fn resume(&self) -> (Prediction, u64) {
        self.record.resume()
    }

    /// Returns the number of the event that comes next.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.record.next_event()
    }

    /// Joins those who follow the prediction, or returns `None` if there are `limit` of them already.
    #[must_use]
    pub fn watch(&self, limit: usize) -> Option<Watcher> {
        let join = |watchers: usize| (watchers < limit).then_some(watchers + 1);
        let joined = self.record.watchers().fetch_update(Ordering::AcqRel, Ordering::Acquire, join);
        joined.ok().map(|_| Watcher { record: Arc::clone(&self.record) })
    }

    /// Cancels the prediction when the returned guard is dropped.
    #[must_use]
    pub fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(Arc::clone(&self.record))
    }
}

/// Cancels a prediction when dropped; one that is over is left alone.
#[derive(Debug)]
pub struct CancelOnDrop(Arc<Record>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Somebody who follows a prediction. One that [ends unwatched](crate::Request::ends_unwatched) is canceled when the last leaves.
#[derive(Debug)]
pub struct Watcher {
    record: Arc<Record>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.record.watchers().fetch_sub(1, Ordering::AcqRel) == 1 && self.record.ends_unwatched() {
            self.record.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, EngineConfig, Input, Predictor, Request, Result, Scope, Setup};

    #[derive(Input)]
    struct Nothing {}

    struct Quick;

    impl Predictor for Quick {
        type Input = Nothing;
        type Output = ();

        async fn setup(_: &Setup) -> Result<Self> {
            Ok(Self)
        }

        async fn predict(&self, _: Nothing, _: Scope) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_waits_for_a_prediction_is_the_last_to_let_go_of_it() {
        let engine = Engine::start::<Quick>(EngineConfig::default()).unwrap();
        engine.ready().await.unwrap();
        for _ in 0..20_000 {
            let handle = engine.submit(Request::new(serde_json::json!({}))).unwrap();
            handle.wait().await;
            assert_eq!(Arc::strong_count(&handle.record), 1);
        }
    }
}
