//! The life of one prediction: on its slot, and from there to its end.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::capture::{Captured, OutputCapture};
use super::deadlines::Deadline;
use super::driver::{Driver, Task, hollow};
use super::outbox::{Outbox, Publishing};
use super::phase::Readiness;
use super::pool::Permit;
use super::registry::Registry;
use crate::error::{Canceled, Error, panic_message};
use crate::file::Publish;
use crate::prediction::{Event, Record};
use crate::scope::{Directory, Entered, Scope};

/// How many predictions of an engine may be publishing when their slots are free. One more keeps its slot until another has ended, so
/// that a target which is slow for long makes the engine refuse requests rather than gather files, memory and connections.
const PUBLISHING: usize = 64;

/// A prediction that has been accepted.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) record: Arc<Record>,
    pub(super) input: Value,
    pub(super) context: HashMap<String, String>,
    pub(super) temp_directory: Option<PathBuf>,
    /// When it joined the line, if there was no slot for it.
    pub(super) waits_since: Option<Instant>,
    pub(super) ending: Ending,
}

impl Job {
    /// Ends a prediction that is not run.
    pub(super) fn end(self, error: Option<String>) {
        let Self { record, input, ending, .. } = self;
        drop(record);
        ending.tell(error, input);
    }
}

/// The duty to tell that a prediction is over. Dropping it does so, so that none is ever left without an end.
#[derive(Debug)]
pub(super) struct Ending {
    /// `None` when it has been told.
    pub(super) record: Option<Arc<Record>>,
    pub(super) registry: Arc<Registry>,
    /// Whether the prediction can be found when it is over.
    pub(super) is_kept: bool,
    /// Held until the prediction is over, if it has to be over by a time.
    pub(super) _deadline: Option<Deadline>,
    /// Held until the prediction is over; a shutdown waits for it.
    pub(super) _under_way: TaskTrackerToken,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tell_once(Some("the engine was stopped before the prediction ended".into()), Value::Null);
    }
}

impl Ending {
    /// Tells that the prediction is over, and lets go of what is left of its input. Its name is free by then, or can be taken.
    ///
    /// Whoever calls this should hold the record no more: those who wait for the end are to be the last to do so, see
    /// [`Record::complete_with`].
    fn tell(mut self, error: Option<String>, mut input: Value) {
        // Hollow already, unless it was not run or its decoding has panicked.
        hollow(&mut input);
        self.tell_once(error.map(Into::into), input);
    }

    fn tell_once(&mut self, error: Option<Arc<str>>, input: Value) {
        let Some(record) = self.record.take() else { return };
        if self.is_kept {
            Arc::clone(&record).complete(error);
            self.registry.keep(&record);
        } else {
            self.registry.leave(&record);
            record.complete_with(error, input);
        }
    }
}

/// What the predictions of an engine run with.
pub(super) struct Runner {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) publisher: Option<Arc<dyn Publish>>,
    /// Who hears what is printed, if it can only be printed by one prediction.
    pub(super) capture: Option<Arc<dyn OutputCapture>>,
    pub(super) readiness: Readiness,
    pub(super) runtime: Handle,
    /// Places for predictions that are publishing when their slots are free.
    pub(super) places: Arc<Semaphore>,
}

impl Runner {
    /// The places that an engine has.
    pub(super) fn places() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(PUBLISHING))
    }

    /// Runs a prediction on its slot's thread, which is free when this returns and not before the author's code has returned.
    ///
    /// That is the end of the prediction as well, unless files are still being published.
    pub(super) fn run(&self, job: Job, permit: Permit<'_>) {
        let Job { record, mut input, context, temp_directory, waits_since, ending } = job;
        // Bound after the ending, and so dropped before it where this unwinds: the order of the end is the same then.
        let permit = permit;
        let scope = Scope::new(Arc::clone(&record), context, Directory::new(temp_directory));
        let outbox = Outbox::new(&record, &scope, self.publisher.as_ref(), &self.runtime);
        let task = Task { input: &mut input, scope: &scope, outbox: &outbox };

        let is_canceled = record.cancellation().is_cancelled();
        if !is_canceled {
            let waited = waits_since.map(|since| since.elapsed());
            record.append(Event::Started { at: Timestamp::now(), waited });
        }
        let (error, publishing) = {
            // Around everything that the author's code may do, dropping what it holds included.
            let _captured = (!is_canceled).then(|| Captured::new(self.capture.as_ref(), &scope));
            let _entered = Entered::new(scope.clone());
            let span = tracing::info_span!("prediction", prediction_id = record.id().as_str());
            let _span = span.enter();
            let drive = || {
                let error = self.runtime.block_on(drive(&record, &*self.driver, task, is_canceled)).err()?;
                // Before the slot is free, so that nothing is begun on a model that cannot be used.
                self.readiness.end_if_defunct(&error);
                // In here, as an error that is written or dropped is author code too.
                Some(format!("{error:#}"))
            };
            // The guard is there for the author's code, and for what it dropped on its way out.
            let error = panic::catch_unwind(AssertUnwindSafe(drive))
                .unwrap_or_else(|payload| Some(panicked(payload)));
            let publishing = outbox.close();
            if publishing.is_none() {
                // Here, so that it is logged as this prediction's if it fails.
                scope.remove_directory();
            }
            (error, publishing)
        };

        let publishing = publishing.map(|mut publishing| {
            let place = self.runtime.block_on(self.place(&mut publishing));
            (publishing, place)
        });
        drop(record);
        // The order is the promise: the slot is free before anybody can learn that the prediction is over.
        drop(permit);
        match publishing {
            None => {
                drop(scope);
                ending.tell(error, input);
            }
            // Whoever waits for the end of the prediction waits for this.
            Some((publishing, place)) => {
                self.runtime.spawn(wind_up(ending, input, scope, error, publishing, place));
            }
        }
    }

    /// Waits for a place, which `publishing` does not need if it ends first.
    async fn place(&self, publishing: &mut Publishing) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            place = Arc::clone(&self.places).acquire_owned() => place.ok(),
            () = publishing.ended() => None,
        }
    }
}

/// Ends a prediction whose author's code has returned when its files have been published.
async fn wind_up(
    ending: Ending,
    input: Value,
    scope: Scope,
    error: Option<String>,
    publishing: Publishing,
    place: Option<OwnedSemaphorePermit>,
) {
    let published = publishing.end().await;
    // What the author's code came to is the reason; what came of its files afterwards has been logged.
    let error = error.or_else(|| published.err().map(|error| format!("{error:#}")));
    // It fails where the runtime is going away, and the directory goes with the scope.
    let _ = tokio::task::spawn_blocking(move || scope.remove_directory()).await;
    drop(place);
    ending.tell(error, input);
}

async fn drive(record: &Record, driver: &dyn Driver, task: Task<'_>, is_canceled: bool) -> Result<(), Error> {
    let outbox = task.outbox;
    // One that is canceled before it starts is not polled at all.
    if is_canceled {
        return Err(Canceled.into());
    }
    // Dropping the driver's future is how asynchronous code is canceled.
    tokio::select! {
        biased;
        // First, as most end when they are polled for the first time.
        ended = driver.drive(task) => ended,
        () = record.cancellation().cancelled() => Err(Canceled.into()),
        // After the driver, which may just have begun to publish.
        failed = outbox.published() => failed,
    }
}

/// Says that author code panicked.
fn panicked(payload: Box<dyn std::any::Any + Send>) -> String {
    let message = format!("the model panicked: {}", panic_message(payload));
    tracing::error!("{message}");
    message
}
