//! Following a prediction, event by event.

use std::sync::Arc;

use super::event::Event;
use super::record::Record;

/// A reader of a prediction's events, from any of them to the last.
///
/// It holds no events itself, so a slow one costs nothing; it can fall behind the bounded history, and is told so.
#[derive(Debug)]
pub struct Events {
    record: Arc<Record>,
    next: u64,
    /// Events before this one are not for this reader, even if they are still there.
    oldest: u64,
    is_over: bool,
}

/// A reader has fallen behind: this many events are gone. Those that follow are still to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} events were dropped before they were read")]
pub struct Lagged(pub u64);

impl Events {
    pub(crate) const fn new(record: Arc<Record>, next: u64) -> Self {
        Self { record, next, oldest: 0, is_over: false }
    }

    /// Counts events before number `oldest` as dropped.
    pub(crate) const fn without_those_before(mut self, oldest: u64) -> Self {
        self.oldest = oldest;
        self
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
            let mut notified = std::pin::pin!(record.bells.changed.notified());
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
        let oldest = self.oldest.max(state.first);
        if self.next < oldest {
            let missed = oldest - self.next;
            self.next = oldest;
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
