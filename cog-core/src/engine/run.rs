//! The life of one prediction on its slot.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::driver::{Driver, Task};
use super::pool::Permit;
use super::registry::Registry;
use super::setup::Phase;
use crate::error::{Canceled, Error, drop_panic, panic_message};
use crate::prediction::{Event, Record};
use crate::scope::{Directory, Entered, Scope};

/// A prediction that has been accepted. Dropping it ends it, so that none is ever left without an end.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) record: Arc<Record>,
    pub(super) input: Value,
    pub(super) context: HashMap<String, String>,
    pub(super) registry: Arc<Registry>,
    /// Whether the prediction can be found when it is over.
    pub(super) is_kept: bool,
    pub(super) temp_directory: Option<PathBuf>,
    /// Held until the prediction is over; a shutdown waits for it.
    pub(super) _under_way: TaskTrackerToken,
}

impl Drop for Job {
    fn drop(&mut self) {
        // Does nothing where the prediction has ended as it should.
        self.record.complete(Some("the engine was stopped before the prediction ended".into()));
        if self.is_kept {
            self.registry.keep(&self.record);
        } else {
            self.registry.leave(&self.record);
        }
    }
}

/// Runs a prediction from its start to its end. Called on the slot's thread; does not return before the author's code has.
pub(super) fn run(
    mut job: Job,
    permit: Permit,
    driver: &dyn Driver,
    phase: &watch::Sender<Phase>,
    runtime: &Handle,
) {
    let record = Arc::clone(&job.record);
    let directory = Directory::new(job.temp_directory.take());
    let scope = Scope::new(Arc::clone(&record), std::mem::take(&mut job.context), directory);
    let task = Task { input: job.input.take(), scope: scope.clone() };

    let error = {
        let _entered = Entered::new(scope.clone());
        let span = tracing::info_span!("prediction", prediction_id = record.id().as_str());
        let _span = span.enter();
        // The guard is there for the author's code, and for what it dropped on its way out.
        let ended = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(drive(&record, driver, task))));
        let error = match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                // Before the slot is free, so that nothing is begun on a model that cannot be used.
                Phase::end_if_defunct(phase, &error);
                Some(format!("{error:#}"))
            }
            Err(payload) => Some(panicked(payload)),
        };
        // Here, so that it is logged as this prediction's if it fails.
        scope.remove_directory();
        error
    };

    // The order is the promise: the slot is free before anybody can learn that the prediction is over. Its name is free as well, at once or with its end.
    drop(permit);
    if !job.is_kept {
        job.registry.leave(&record);
    }
    record.complete(error.map(Into::into));
}

async fn drive(record: &Record, driver: &dyn Driver, task: Task) -> Result<(), Error> {
    let cancellation = record.cancellation();
    if cancellation.is_cancelled() {
        return Err(Canceled.into());
    }
    record.append(Event::Started { at: Timestamp::now() });
    // Dropping the driver's future is how asynchronous code is canceled.
    tokio::select! {
        biased;
        () = cancellation.cancelled() => Err(Canceled.into()),
        ended = driver.drive(task) => ended,
    }
}

/// Says that author code panicked.
fn panicked(payload: Box<dyn std::any::Any + Send>) -> String {
    let message = format!("the model panicked: {}", panic_message(&*payload));
    tracing::error!("{message}");
    drop_panic(payload);
    message
}
