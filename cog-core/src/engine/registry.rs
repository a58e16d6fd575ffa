//! The list of predictions that can be found by name: those that are running, and for a while those that are over.
//!
//! The registry owns the names: a name is taken as long as its prediction waits or runs. What it keeps of predictions that are over is bounded in
//! number, time and size, and only those are kept that somebody might ask for.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Rejection;
use crate::metric::{json_map_weight, json_weight};
use crate::prediction::{Prediction, PredictionId, PredictionOutput, Record};

/// How much is kept of predictions that are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// At most so many.
    pub count: usize,
    /// For so long.
    pub time: Duration,
    /// With at most so many bytes of input, output, logs, metrics and events between them.
    pub bytes: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { count: 1000, time: Duration::from_secs(600), bytes: 64 << 20 }
    }
}

#[derive(Debug)]
pub(super) struct Registry {
    retention: Retention,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    records: HashMap<PredictionId, Arc<Record>>,
    /// Those that are over, oldest first.
    finished: VecDeque<Finished>,
    bytes: usize,
}

#[derive(Debug)]
struct Finished {
    record: Arc<Record>,
    at: Instant,
    bytes: usize,
}

impl Registry {
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, state: Mutex::default() }
    }

    /// Takes a name for a prediction, if `admit` lets it begin. One that is over gives its name up.
    ///
    /// Both are done at once: nobody finds a prediction that was refused, and none has begun that cannot be found.
    pub(super) fn enter<T>(
        &self,
        record: &Arc<Record>,
        admit: impl FnOnce() -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let mut state = self.lock();
        match state.records.entry(record.id().clone()) {
            Entry::Vacant(place) => {
                let admitted = admit()?;
                place.insert(Arc::clone(record));
                Ok(admitted)
            }
            Entry::Occupied(taken) if !taken.get().is_over() => {
                Err(Rejection::AlreadyRunning(record.id().clone()))
            }
            Entry::Occupied(mut taken) => {
                let admitted = admit()?;
                let earlier = taken.insert(Arc::clone(record));
                state.let_go(&earlier);
                // Before the earlier one is dropped, as that may be large.
                drop(state);
                Ok(admitted)
            }
        }
    }

    /// Forgets a prediction at once.
    pub(super) fn leave(&self, record: &Arc<Record>) {
        self.lock().forget(record);
    }

    /// Keeps a prediction that is over for those who ask later, and forgets what is kept for too long or too much.
    pub(super) fn keep(&self, record: &Arc<Record>) {
        let bytes = record.read(size) + record.history_bytes();
        let mut state = self.lock();
        if !state.has(record) {
            // Its name has been taken already, so nobody can ask for it.
            return;
        }
        state.finished.push_back(Finished { record: Arc::clone(record), at: Instant::now(), bytes });
        state.bytes += bytes;
        state.prune(&self.retention);
    }

    /// Tells all predictions to stop that are not over.
    pub(super) fn cancel_all(&self) {
        let records: Vec<_> = self.lock().records.values().map(Arc::clone).collect();
        for record in records.iter().filter(|record| !record.is_over()) {
            record.cancellation().cancel();
        }
    }

    pub(super) fn find(&self, id: &PredictionId) -> Option<Arc<Record>> {
        let mut state = self.lock();
        state.prune(&self.retention);
        state.records.get(id).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells whether a prediction can be found. Its name may belong to a later one by now.
    fn has(&self, record: &Arc<Record>) -> bool {
        self.records.get(record.id()).is_some_and(|found| Arc::ptr_eq(found, record))
    }

    fn forget(&mut self, record: &Arc<Record>) {
        // Mostly it is the one that has the name, so it is looked for once.
        if let Some((id, found)) = self.records.remove_entry(record.id())
            && !Arc::ptr_eq(&found, record)
        {
            self.records.insert(id, found);
        }
    }

    /// Lets go of a prediction that is over and has lost its name.
    fn let_go(&mut self, record: &Arc<Record>) {
        let place = self.finished.iter().position(|finished| Arc::ptr_eq(&finished.record, record));
        if let Some(Finished { bytes, .. }) = place.and_then(|place| self.finished.remove(place)) {
            self.bytes -= bytes;
        }
    }

    fn prune(&mut self, retention: &Retention) {
        while let Some(oldest) = self.finished.front() {
            let is_within = self.finished.len() <= retention.count
                && self.bytes <= retention.bytes
                && oldest.at.elapsed() <= retention.time;
            if is_within {
                break;
            }
            if let Some(Finished { record, bytes, .. }) = self.finished.pop_front() {
                self.bytes -= bytes;
                self.forget(&record);
            }
        }
    }
}

/// What a prediction takes in memory, roughly: a fixed part, and what it was given, has made and has said.
fn size(prediction: &Prediction) -> usize {
    let output = match prediction.output() {
        PredictionOutput::Value(value) => value.as_ref().map_or(0, bytes::Bytes::len),
        PredictionOutput::Stream(parts) => {
            parts.iter().map(|part| part.len() + size_of::<bytes::Bytes>()).sum()
        }
    };
    let input = prediction.input().map_or(0, json_weight);
    1024 + input + output + prediction.logs().len() + json_map_weight(prediction.metrics())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(registry: &Registry, id: &str, log: usize) -> Arc<Record> {
        let record = Arc::new(Record::new(id.parse().unwrap(), false, 8));
        registry.enter(&record, || Ok(())).unwrap();
        let text = "x".repeat(log).into();
        record.append(crate::prediction::Event::Log { source: crate::prediction::LogSource::Stdout, text });
        Arc::clone(&record).complete(None);
        registry.keep(&record);
        record
    }

    fn found(registry: &Registry, ids: &[&str]) -> Vec<bool> {
        ids.iter().map(|id| registry.find(&id.parse().unwrap()).is_some()).collect()
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_size_and_time() {
        let registry = Registry::new(Retention { count: 2, ..Retention::default() });
        for id in ["a", "b", "c"] {
            over(&registry, id, 0);
        }
        assert_eq!(found(&registry, &["a", "b", "c"]), [false, true, true]);

        let registry = Registry::new(Retention { bytes: 9000, ..Retention::default() });
        over(&registry, "a", 2000);
        over(&registry, "b", 2000);
        assert_eq!(found(&registry, &["a", "b"]), [false, true]);
        over(&registry, "large", 10_000);
        assert_eq!(found(&registry, &["b", "large"]), [false, false]);

        // An input of many small values is large.
        let input = vec![0; 1000].into();
        let record = Record::new("many".parse().unwrap(), false, 8);
        let record = Arc::new(record.with_input(input));
        registry.enter(&record, || Ok(())).unwrap();
        Arc::clone(&record).complete(None);
        registry.keep(&record);
        assert_eq!(found(&registry, &["many"]), [false]);

        let registry = Registry::new(Retention { time: Duration::ZERO, ..Retention::default() });
        over(&registry, "a", 0);
        assert_eq!(found(&registry, &["a"]), [false]);
        assert_eq!(registry.lock().bytes, 0);
    }

    #[test]
    fn what_has_lost_its_name_is_not_kept() {
        let registry = Registry::new(Retention { count: 2, ..Retention::default() });
        for id in ["a", "b", "b", "b"] {
            over(&registry, id, 0);
        }
        assert_eq!(found(&registry, &["a", "b"]), [true, true]);
        let state = registry.lock();
        let bytes: usize = state.finished.iter().map(|finished| finished.bytes).sum();
        assert_eq!((state.finished.len(), state.bytes), (2, bytes));
    }

    #[test]
    fn a_name_is_free_when_its_prediction_is_over_and_belongs_to_the_last_that_took_it() {
        let registry = Registry::new(Retention { count: 1, ..Retention::default() });
        let first = over(&registry, "a", 0);
        let second = Arc::new(Record::new("a".parse().unwrap(), false, 8));
        assert_eq!(registry.enter(&second, || Err::<(), _>(Rejection::Stopped)), Err(Rejection::Stopped));
        assert!(Arc::ptr_eq(&registry.find(&"a".parse().unwrap()).unwrap(), &first), "a refusal left it");
        registry.enter(&second, || Ok(())).unwrap();
        let taken = Rejection::AlreadyRunning("a".parse().unwrap());
        assert_eq!(registry.enter(&first, || Ok(())), Err(taken));
        over(&registry, "b", 0);
        registry.keep(&first);
        assert!(
            Arc::ptr_eq(&registry.find(&"a".parse().unwrap()).unwrap(), &second),
            "pruning the first left it"
        );
        registry.leave(&second);
        assert_eq!(found(&registry, &["a", "b"]), [false, true]);
    }
}
