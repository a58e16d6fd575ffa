//! Accepting requests.

use std::sync::Arc;

use super::run::{Ending, Job};
use super::{Engine, PredictionHandle, Rejection, Request};
use crate::prediction::Record;

impl Engine {
    /// Accepts a request. Its prediction begins at once if a slot is free, or else when those have begun that were accepted before it.
    ///
    /// The prediction goes on whether or not the handle is kept; see [`PredictionHandle::cancel_on_drop`].
    ///
    /// # Errors
    /// [`Rejection`] says why not. A request that was rejected leaves no trace.
    pub fn submit(&self, mut request: Request) -> Result<PredictionHandle, Rejection> {
        let inner = &self.0;
        inner.phase.borrow().admit()?;
        if request.input.is_null() {
            request.input = serde_json::Map::new().into();
        }
        inner.input.check(&request.input)?;
        inner.input.warn_of_unknown(&request.input);

        let id = request.id.unwrap_or_else(|| inner.ids.next());
        let mut record = Record::new(id, inner.output.is_stream(), inner.config.history_capacity)
            .with_listener(Arc::clone(&inner.cancels) as _)
            .with_limits(inner.config.max_history_bytes, inner.config.max_log_bytes)
            .with_end_unwatched(request.ends_unwatched);
        if request.is_kept {
            record = record.with_input(inner.input.masked(&request.input));
        }
        let record = Arc::new(record);
        let has_deadline = request.deadline.is_some();
        // Outlives the call where it is refused, as its end needs the registry.
        let mut job = Some(Job {
            record: Arc::clone(&record),
            input: request.input,
            context: request.context,
            temp_directory: inner.config.temp_directory.clone(),
            waits_since: None,
            ending: Ending {
                record: Some(Arc::clone(&record)),
                registry: Arc::clone(&inner.registry),
                is_kept: request.is_kept,
                _deadline: request.deadline.and_then(|limit| inner.deadlines.set(&record, limit)),
                _under_way: inner.tracker.token(),
            },
        });
        let call = inner.registry.enter(&record, || match inner.pool.admit(&mut job) {
            Some(call) => Ok(call),
            None => {
                // Once more, as a model that cannot be used any more has closed the pool.
                inner.phase.borrow().admit()?;
                Err(Rejection::AtCapacity { slots: inner.slots })
            }
        })?;
        call.make();
        if has_deadline && record.cancellation().is_cancelled() {
            // Its time was over when it was not in the line yet.
            drop(inner.pool.withdraw(&record));
        }
        Ok(PredictionHandle::new(record))
    }
}
