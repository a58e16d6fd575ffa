//! The one owner of a prediction's events and of the object they add up to.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::event::{Completion, Event, Status};
use super::id::PredictionId;
use super::object::Prediction;
use crate::metric::{MetricError, MetricMode, MetricName, MetricValue};

/// A prediction as it is run and read. Shared by the slot that runs it, its [scope](crate::Scope) and its readers.
#[derive(Debug)]
pub(crate) struct Record {
    id: PredictionId,
    created: Instant,
    cancellation: CancellationToken,
    state: Mutex<State>,
    watchers: AtomicUsize,
    ends_unwatched: bool,
    /// Told after each event; readers of events wait here.
    changed: Notify,
    /// Told after the last event; whoever wants the result only waits here and is not woken in between.
    completed: Notify,
}

#[derive(Debug)]
struct State {
    prediction: Prediction,
    history: VecDeque<Event>,
    /// The number of the first event in `history`: how many have been dropped from it.
    first: u64,
    capacity: usize,
}

impl Record {
    pub(crate) fn new(
        id: PredictionId,
        is_stream: bool,
        history_capacity: usize,
        cancellation: CancellationToken,
    ) -> Self {
        let state = State {
            prediction: Prediction::new(id.clone(), Timestamp::now(), is_stream),
            history: VecDeque::new(),
            first: 0,
            // The terminal event always has room.
            capacity: history_capacity.max(1),
        };
        Self {
            id,
            created: Instant::now(),
            cancellation,
            state: Mutex::new(state),
            watchers: AtomicUsize::new(0),
            ends_unwatched: false,
            changed: Notify::new(),
            completed: Notify::new(),
        }
    }

    /// Notes the input, for those who ask about the prediction later.
    pub(crate) fn with_input(mut self, input: Value) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.prediction.set_input(input);
        self
    }

    pub(crate) const fn with_end_unwatched(mut self, ends_unwatched: bool) -> Self {
        self.ends_unwatched = ends_unwatched;
        self
    }

    /// Tells whether the prediction is to be canceled when nobody follows it any more.
    pub(crate) const fn ends_unwatched(&self) -> bool {
        self.ends_unwatched
    }

    /// Tells whether nothing more will happen.
    pub(crate) fn is_over(&self) -> bool {
        self.read(|prediction| prediction.status().is_terminal())
    }

    pub(crate) const fn watchers(&self) -> &AtomicUsize {
        &self.watchers
    }

    pub(crate) const fn id(&self) -> &PredictionId {
        &self.id
    }

    pub(crate) const fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Shows the prediction as it is now. `read` must be quick: the prediction's next event waits for it.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Prediction) -> T) -> T {
        read(&self.lock().prediction)
    }

    /// Returns the prediction and the number of the next event. If it is over, that is the number of its last, which is never passed over.
    pub(crate) fn resume(&self) -> (Prediction, u64) {
        let state = self.lock();
        let next = state.next();
        if state.prediction.status().is_terminal() {
            return (state.prediction.clone(), next.saturating_sub(1));
        }
        (state.prediction.clone(), next)
    }

    pub(crate) fn next_event(&self) -> u64 {
        self.lock().next()
    }

    /// Tells the prediction to stop. Returns whether it was still going.
    pub(crate) fn cancel(&self) -> bool {
        // Under the lock, so that no prediction ends as anything else after a cancel that was accepted.
        let state = self.lock();
        let is_running = !state.prediction.status().is_terminal();
        if is_running {
            self.cancellation.cancel();
        }
        is_running
    }

    /// Appends an event. After the terminal one nothing can be appended, and a late event is dropped.
    pub(crate) fn append(&self, event: Event) {
        let mut state = self.lock();
        if !state.prediction.status().is_terminal() {
            state.append(event);
            drop(state);
            self.changed.notify_waiters();
        }
    }

    /// Appends the event that a metric was recorded, if its rules allow it.
    pub(crate) fn record_metric(
        &self,
        name: MetricName,
        value: MetricValue,
        mode: MetricMode,
    ) -> Result<(), MetricError> {
        let mut state = self.lock();
        if state.prediction.status().is_terminal() {
            return Ok(());
        }
        state.prediction.metrics.check(&name, &value, mode)?;
        state.append(Event::Metric { name, value: Some(value), mode });
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Appends the terminal event. A prediction that was told to stop is `canceled`, however it ended. Only the first call counts.
    pub(crate) fn complete(&self, error: Option<Arc<str>>) {
        let predict_time = self.created.elapsed();
        let mut state = self.lock();
        if state.prediction.status().is_terminal() {
            return;
        }
        let (status, error) = match error {
            _ if self.cancellation.is_cancelled() => (Status::Canceled, None),
            Some(error) => (Status::Failed, Some(error)),
            None => (Status::Succeeded, None),
        };
        state.append(Event::Completed(Completion::new(status, error, Timestamp::now(), predict_time)));
        drop(state);
        self.changed.notify_waiters();
        self.completed.notify_waiters();
    }

    /// Waits for the terminal event.
    pub(crate) async fn completed(&self) {
        let mut notified = std::pin::pin!(self.completed.notified());
        // Registers before looking, so that an end in between is not missed.
        notified.as_mut().enable();
        if !self.is_over() {
            notified.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&self) -> u64 {
        self.first + self.history.len() as u64
    }

    fn append(&mut self, event: Event) {
        self.prediction.apply(&event);
        if self.history.len() >= self.capacity {
            self.history.pop_front();
            self.first += 1;
        }
        self.history.push_back(event);
    }
}

/// A reader of a prediction's events, from any of them to the last.
///
/// It holds no events itself, so a slow one costs nothing; it can fall behind the bounded history, and is told so.
#[derive(Debug)]
pub struct Events {
    record: Arc<Record>,
    next: u64,
    is_over: bool,
}

/// A reader has fallen behind: this many events are gone. Those that follow are still to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} events were dropped before they were read")]
pub struct Lagged(pub u64);

impl Events {
    pub(crate) const fn new(record: Arc<Record>, next: u64) -> Self {
        Self { record, next, is_over: false }
    }

    /// Waits for the next event and returns it with its number, counted from 0. `None` after the terminal one.
    ///
    /// # Errors
    /// [`Lagged`] once for each gap.
    ///
    /// # Cancellation
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<(u64, Event), Lagged>> {
        let record = Arc::clone(&self.record);
        loop {
            let mut notified = std::pin::pin!(record.changed.notified());
            // Registers before looking, so that an event in between is not missed.
            notified.as_mut().enable();
            let item = self.try_next();
            if item.is_some() || self.is_over {
                return item;
            }
            notified.await;
        }
    }

    /// Returns the next event if it has happened already.
    ///
    /// # Errors
    /// [`Lagged`] once for each gap.
    pub fn try_next(&mut self) -> Option<Result<(u64, Event), Lagged>> {
        if self.is_over { None } else { self.take() }
    }

    fn take(&mut self) -> Option<Result<(u64, Event), Lagged>> {
        let state = self.record.lock();
        if self.next < state.first {
            let missed = state.first - self.next;
            self.next = state.first;
            return Some(Err(Lagged(missed)));
        }
        let place = usize::try_from(self.next - state.first).unwrap_or(usize::MAX);
        let event = match state.history.get(place) {
            Some(event) => event.clone(),
            None => {
                // A reader that starts beyond the end of a finished prediction has nothing to wait for.
                self.is_over = state.prediction.status().is_terminal();
                return None;
            }
        };
        drop(state);
        let number = self.next;
        self.next += 1;
        self.is_over = matches!(event, Event::Completed(_));
        Some(Ok((number, event)))
    }
}
