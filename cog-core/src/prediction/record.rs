//! The one owner of a prediction's events and of the object they add up to.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::event::{Completion, Event, LogSource, Status};
use super::id::PredictionId;
use super::object::Prediction;
use crate::metric::{MetricError, MetricMode, MetricName, MetricValue};

/// How many events are kept in any case, so that a reader that is there may be a little slow.
const LIVE: usize = 1024;

/// Somebody who is told when predictions are told to stop.
pub(crate) trait HearCancel: fmt::Debug + Send + Sync {
    /// Hears of a prediction's first cancel, on the thread of whoever cancels it.
    fn canceled(&self, record: &Arc<Record>);
}

/// A prediction as it is run and read. Shared by the slot that runs it, its [scope](crate::Scope) and its readers.
#[derive(Debug)]
pub(crate) struct Record {
    id: PredictionId,
    created: Instant,
    cancellation: CancellationToken,
    state: Mutex<State>,
    watchers: AtomicUsize,
    ends_unwatched: bool,
    /// Who hears of the first cancel.
    listener: Option<Arc<dyn HearCancel>>,
    pub(super) bells: Arc<Bells>,
}

/// Where readers of a record wait. Apart from it, so that whoever ends a prediction lets go of the record before those who wait for its end
/// learn of it: where it is not kept, they let go of it last, and what their thread took it gives back. Otherwise the slots' threads would
/// gather such memory, each in the allocator's cache for it, for as long as it takes to fill them.
#[derive(Debug, Default)]
pub(super) struct Bells {
    /// Rung after each event; readers of events wait here.
    pub(super) changed: Notify,
    /// Rung after the last event; whoever wants the result only waits here and is not woken in between.
    completed: Notify,
    /// Whether `completed` is rung, or about to be.
    is_completed: AtomicBool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) prediction: Prediction,
    pub(super) history: VecDeque<Event>,
    /// The number of the first event in `history`: how many have been dropped from it.
    pub(super) first: u64,
    capacity: usize,
    /// How many of the last events are told again to who comes late.
    replayed: usize,
    /// When it was first told to stop by name, and not with the whole engine.
    canceled: Option<Instant>,
    /// Whether it has said that it goes on all the same.
    is_overdue: bool,
    /// The weight of `history`.
    bytes: usize,
    max_bytes: usize,
    max_log_bytes: usize,
    /// Whether a line has said that the rest of the logs is left out.
    is_log_full: bool,
    /// Memory that is to be freed with the record.
    rest: Value,
}

impl Record {
    pub(crate) fn new(id: PredictionId, is_stream: bool, history_capacity: usize) -> Self {
        let state = State {
            prediction: Prediction::new(id.clone(), Timestamp::now(), is_stream),
            // Enough for one output. Taken and given back by whoever asks, as what one thread takes and another gives back costs more.
            history: VecDeque::with_capacity(4),
            first: 0,
            capacity: history_capacity.max(LIVE),
            replayed: history_capacity,
            canceled: None,
            is_overdue: false,
            bytes: 0,
            max_bytes: usize::MAX,
            max_log_bytes: usize::MAX,
            is_log_full: false,
            rest: Value::Null,
        };
        Self {
            id,
            created: Instant::now(),
            cancellation: CancellationToken::new(),
            state: Mutex::new(state),
            watchers: AtomicUsize::new(0),
            ends_unwatched: false,
            listener: None,
            bells: Arc::default(),
        }
    }

    /// Bounds the bytes of the history and those of the logs.
    pub(crate) fn with_limits(mut self, max_history_bytes: usize, max_log_bytes: usize) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.max_bytes = max_history_bytes;
        state.max_log_bytes = max_log_bytes;
        self
    }

    /// Notes the input, for those who ask about the prediction later.
    pub(crate) fn with_input(mut self, input: Value) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.prediction.set_input(input);
        self
    }

    /// Returns how much memory the history takes.
    pub(crate) fn history_bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(crate) const fn with_end_unwatched(mut self, ends_unwatched: bool) -> Self {
        self.ends_unwatched = ends_unwatched;
        self
    }

    pub(crate) fn with_listener(mut self, listener: Arc<dyn HearCancel>) -> Self {
        self.listener = Some(listener);
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
        (state.prediction.clone(), state.upcoming())
    }

    /// Returns the numbers of the first event that is told again to who comes now, and of the next. If the prediction is over, that is the
    /// number of its last.
    pub(crate) fn replay(&self) -> (u64, u64) {
        let state = self.lock();
        let next = state.upcoming();
        (next.saturating_sub(state.replayed as u64), next)
    }

    pub(crate) fn next_event(&self) -> u64 {
        self.lock().next()
    }

    /// Tells the prediction to stop. Returns whether it was still going.
    pub(crate) fn cancel(self: &Arc<Self>) -> bool {
        self.stop(None)
    }

    /// Tells the prediction to stop because the time is over that it had.
    pub(crate) fn cancel_late(self: &Arc<Self>, limit: Duration) {
        self.stop(Some(limit));
    }

    fn stop(self: &Arc<Self>, limit: Option<Duration>) -> bool {
        // Under the lock, so that no prediction ends as anything else after a cancel that was accepted.
        let mut state = self.lock();
        if state.prediction.status().is_terminal() {
            return false;
        }
        self.cancellation.cancel();
        let is_first = state.canceled.is_none();
        state.canceled.get_or_insert_with(Instant::now);
        let reason = limit.filter(|_| is_first).map(|limit| state.say_late(limit));
        drop(state);
        if let Some(reason) = reason {
            self.bells.changed.notify_waiters();
            tracing::info!(prediction_id = self.id.as_str(), "{reason}");
        }
        if is_first && let Some(listener) = &self.listener {
            listener.canceled(self);
        }
        true
    }

    /// How long ago the prediction was told to stop, if it was and still goes on.
    pub(crate) fn canceled_since(&self) -> Option<Duration> {
        let state = self.lock();
        if state.prediction.status().is_terminal() { None } else { state.canceled.map(|at| at.elapsed()) }
    }

    /// Says, here and in the server's log, that the prediction goes on although it was told to stop. Does nothing if it is over.
    pub(crate) fn tell_overdue(&self) {
        let mut state = self.lock();
        if state.prediction.status().is_terminal() {
            return;
        }
        state.is_overdue = true;
        let seconds = state.canceled.map_or(0.0, |at| at.elapsed().as_secs_f64());
        let line = format!(
            "prediction `{}` was canceled {seconds:.1} s ago and goes on: its slot stays taken until its code returns",
            self.id
        );
        state.append(Event::Log { source: LogSource::Stderr, text: format!("{line}\n").into() });
        drop(state);
        self.bells.changed.notify_waiters();
        tracing::warn!(
            prediction_id = self.id.as_str(),
            "{line}; code that computes asks `Scope::check` whether to stop"
        );
    }

    /// Appends an event. After the terminal one nothing can be appended, and a late event is dropped.
    pub(crate) fn append(&self, event: Event) {
        let mut state = self.lock();
        if !state.prediction.status().is_terminal() {
            state.append(event);
            drop(state);
            self.bells.changed.notify_waiters();
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
        self.bells.changed.notify_waiters();
        Ok(())
    }

    /// Appends the terminal event. A prediction that was told to stop is `canceled`, however it ended. Only the first call counts.
    pub(crate) fn complete(self: Arc<Self>, error: Option<Arc<str>>) {
        self.complete_with(error, Value::Null);
    }

    /// Does the same, and keeps `rest` until the record is let go of. Where it is not kept, whoever waits for the end does that last: so the
    /// thread frees both that took them, or one like it.
    pub(crate) fn complete_with(self: Arc<Self>, error: Option<Arc<str>>, rest: Value) {
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
        state.rest = rest;
        let returned = state.say_returned(&self.id).map(|line| (self.id.clone(), line));
        state.append(Event::Completed(Completion::new(status, error, Timestamp::now(), predict_time)));
        drop(state);
        let bells = Arc::clone(&self.bells);
        drop(self);
        bells.is_completed.store(true, Ordering::Release);
        bells.changed.notify_waiters();
        bells.completed.notify_waiters();
        if let Some((id, line)) = returned {
            tracing::warn!(prediction_id = id.as_str(), "{line}");
        }
    }

    /// Waits for the terminal event.
    pub(crate) async fn completed(&self) {
        let mut notified = std::pin::pin!(self.bells.completed.notified());
        // Registers before looking, so that an end in between is not missed.
        notified.as_mut().enable();
        if !self.bells.is_completed.load(Ordering::Acquire) {
            notified.await;
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&self) -> u64 {
        self.first + self.history.len() as u64
    }

    /// The number of the next event, or of the last if there is none to come: a reader that starts here sees the end in any case.
    fn upcoming(&self) -> u64 {
        let next = self.next();
        if self.prediction.status().is_terminal() { next.saturating_sub(1) } else { next }
    }

    fn append(&mut self, event: Event) {
        let Some(event) = self.within_log_limit(event) else { return };
        self.prediction.apply(&event);
        self.bytes += event.weight();
        self.history.push_back(event);
        // The last one stays, whatever it weighs.
        while self.history.len() > self.capacity || (self.bytes > self.max_bytes && self.history.len() > 1) {
            self.bytes -= self.history.pop_front().map_or(0, |event| event.weight());
            self.first += 1;
        }
    }

    /// Puts a line in place of the first text that is beyond the limit, and nothing in place of the others.
    fn within_log_limit(&mut self, event: Event) -> Option<Event> {
        let Event::Log { source, text } = &event else { return Some(event) };
        let logs = self.prediction.logs();
        if !self.is_log_full && text.len() <= self.max_log_bytes.saturating_sub(logs.len()) {
            return Some(event);
        }
        if std::mem::replace(&mut self.is_log_full, true) {
            return None;
        }
        let line_end = if logs.is_empty() || logs.ends_with('\n') { "" } else { "\n" };
        let notice =
            format!("{line_end}[a prediction may log {} bytes: the rest is left out]\n", self.max_log_bytes);
        Some(Event::Log { source: *source, text: notice.into() })
    }

    /// Says why it was told to stop.
    fn say_late(&mut self, limit: Duration) -> String {
        let line = format!("canceled: its deadline of {} s has passed", limit.as_secs_f64());
        self.append(Event::Log { source: LogSource::Stderr, text: format!("{line}\n").into() });
        line
    }

    /// Says that code has returned which was said to go on.
    fn say_returned(&mut self, id: &PredictionId) -> Option<String> {
        let canceled = self.canceled.filter(|_| self.is_overdue)?;
        let seconds = canceled.elapsed().as_secs_f64();
        let line =
            format!("prediction `{id}` has returned {seconds:.1} s after its cancel: its slot is free");
        self.append(Event::Log { source: LogSource::Stderr, text: format!("{line}\n").into() });
        Some(line)
    }
}
