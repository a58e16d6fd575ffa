//! Asking the predictor whether it is fit to work, without waiting for ever.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::driver::Driver;
use super::phase::Readiness;
use crate::error::panic_message;

/// What the predictor says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthReport {
    /// It is fit to work.
    Healthy,
    /// It is not, for this reason.
    Unhealthy(String),
}

/// The thread on which a predictor is asked, and those who wait for its answer.
#[derive(Debug)]
pub(super) struct Healthcheck {
    timeout: Duration,
    waiting: Arc<Mutex<Vec<oneshot::Sender<HealthReport>>>>,
    /// Wakes the thread; there is one once the predictor is set up.
    thread: OnceLock<SyncSender<()>>,
}

impl Healthcheck {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, waiting: Arc::default(), thread: OnceLock::new() }
    }

    /// Starts the thread. It ends when this value is dropped.
    pub(super) fn begin(
        &self,
        driver: Arc<dyn Driver>,
        readiness: Readiness,
        runtime: Handle,
    ) -> io::Result<()> {
        let (wake, woken) = mpsc::sync_channel(1);
        let waiting = Arc::clone(&self.waiting);
        thread::Builder::new().name("cog-healthcheck".to_owned()).spawn(move || {
            while woken.recv().is_ok() {
                // Whoever came before this run began shares its answer.
                let askers = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
                if askers.iter().all(oneshot::Sender::is_closed) {
                    // They have given up on a run that hung, so nobody wants to know.
                    continue;
                }
                let report = run(&*driver, &readiness, &runtime);
                for asker in askers {
                    // An asker that has given up is no error.
                    let _ = asker.send(report.clone());
                }
            }
        })?;
        // A second start cannot happen: setup ends once.
        let _ = self.thread.set(wake);
        Ok(())
    }

    pub(super) async fn ask(&self) -> HealthReport {
        let Some(thread) = self.thread.get() else { return HealthReport::Healthy };
        let (asker, answer) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // A hook that hangs must not gather those who have long given up.
            waiting.retain(|asker| !asker.is_closed());
            waiting.push(asker);
        }
        // If the channel is full, a run that takes this asker along is already due.
        let _ = thread.try_send(());
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(Ok(report)) => report,
            Ok(Err(_)) => HealthReport::Unhealthy("Healthcheck failed: its thread has ended".to_owned()),
            Err(_) => HealthReport::Unhealthy(format!(
                "Healthcheck failed: user-defined healthcheck timed out after {:.1} seconds",
                self.timeout.as_secs_f64()
            )),
        }
    }
}

fn run(driver: &dyn Driver, readiness: &Readiness, runtime: &Handle) -> HealthReport {
    let ask = || match runtime.block_on(driver.healthcheck()) {
        Ok(()) => HealthReport::Healthy,
        // In here, as an error that is written or dropped is author code too.
        Err(error) => {
            readiness.end_if_defunct(&error);
            HealthReport::Unhealthy(format!("Healthcheck failed: {error:#}"))
        }
    };
    panic::catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|payload| {
        HealthReport::Unhealthy(format!("Healthcheck failed: it panicked: {}", panic_message(payload)))
    })
}
