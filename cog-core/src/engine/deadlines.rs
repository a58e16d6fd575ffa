//! Predictions that have to be over by a time.
//!
//! One task waits for the next of all deadlines, and cancels whoever is late. A [`Deadline`] is held for as long as its prediction goes
//! on, and takes its entry along, so there are never more entries than predictions under way. A prediction without a deadline is never
//! heard of here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::prediction::Record;

/// When, and whose: two may be at the same instant.
type Key = (Instant, u64);

#[derive(Debug, Default)]
pub(super) struct Deadlines {
    state: Mutex<State>,
    /// Told when there is a deadline before all others.
    has_earlier: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    /// The number of the next entry.
    next: u64,
}

#[derive(Debug)]
struct Entry {
    record: Weak<Record>,
    limit: Duration,
}

/// A deadline that holds until this is dropped.
#[derive(Debug)]
pub(super) struct Deadline {
    deadlines: Arc<Deadlines>,
    key: Key,
}

impl Deadlines {
    /// Has `record` canceled when `limit` is over. One that is beyond all clocks never passes, and is `None`.
    pub(super) fn set(self: &Arc<Self>, record: &Arc<Record>, limit: Duration) -> Option<Deadline> {
        let at = Instant::now().checked_add(limit)?;
        let mut state = self.lock();
        let key = (at, state.next);
        state.next += 1;
        state.entries.insert(key, Entry { record: Arc::downgrade(record), limit });
        let is_first = state.entries.first_key_value().is_some_and(|(first, _)| *first == key);
        drop(state);
        if is_first {
            self.has_earlier.notify_one();
        }
        Some(Deadline { deadlines: Arc::clone(self), key })
    }

    /// Cancels each prediction that is late, for ever.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            let first = self.lock().entries.first_key_value().map(|((at, _), _)| *at);
            let Some(at) = first else {
                self.has_earlier.notified().await;
                continue;
            };
            tokio::select! {
                () = self.has_earlier.notified() => {}
                () = tokio::time::sleep_until(at) => self.cancel_late(),
            }
        }
    }

    fn cancel_late(&self) {
        let mut state = self.lock();
        let later = state.entries.split_off(&(Instant::now(), u64::MAX));
        let late = std::mem::replace(&mut state.entries, later);
        // Not under the lock: a prediction that ends of it gives its deadline back.
        drop(state);
        for Entry { record, limit } in late.into_values() {
            if let Some(record) = record.upgrade() {
                record.cancel_late(limit);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.deadlines.lock().entries.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::task::AbortOnDropHandle;

    use super::*;

    fn record(id: &str) -> Arc<Record> {
        Arc::new(Record::new(id.parse().unwrap(), false, 8))
    }

    fn canceled(records: &[Arc<Record>]) -> Vec<bool> {
        records.iter().map(|record| record.cancellation().is_cancelled()).collect()
    }

    /// Time is the runtime's own: it stands still, and jumps to the next deadline when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn each_is_canceled_in_its_time_whatever_the_order() {
        let deadlines = Arc::new(Deadlines::default());
        let _task = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&deadlines).watch()));
        let records = ["late", "early", "never", "equal"].map(record);
        let [late, early, never, equal] = &records;
        let hour = Duration::from_secs(3600);
        let began = Instant::now();
        let _held = [
            deadlines.set(late, 2 * hour),
            // Begins to wait for the later one before there is an earlier one.
            deadlines.set(equal, 2 * hour),
        ];
        tokio::task::yield_now().await;
        let _held = (_held, deadlines.set(early, hour));
        assert!(deadlines.set(never, Duration::MAX).is_none());

        early.cancellation().cancelled().await;
        assert_eq!((began.elapsed().as_secs(), canceled(&records)), (3600, vec![false, true, false, false]));
        late.cancellation().cancelled().await;
        equal.cancellation().cancelled().await;
        assert_eq!((began.elapsed().as_secs(), canceled(&records)), (7200, vec![true, true, false, true]));
        assert_eq!(late.read(|late| late.logs().to_owned()), "canceled: its deadline of 7200 s has passed\n");
    }

    /// However far away they are.
    #[test]
    fn a_deadline_that_is_given_back_leaves_nothing() {
        let deadlines = Arc::new(Deadlines::default());
        let kept = record("kept");
        let _kept = deadlines.set(&kept, Duration::from_secs(60));
        for _ in 0..10_000 {
            drop(deadlines.set(&record("over"), Duration::from_secs(1 << 20)));
        }
        assert_eq!(deadlines.lock().entries.len(), 1);
    }
}
