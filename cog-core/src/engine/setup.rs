//! Setting the predictor up.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Weak};
use std::thread;

use anyhow::Context;
use jiff::Timestamp;
use tokio::runtime::Handle;

use super::capture::{Captured, OutputCapture};
use super::driver::{Driver, InProcess};
use super::phase::{Phase, Readiness};
use super::pool::Permit;
use super::run::{Job, Runner};
use super::{EngineConfig, Inner};
use crate::error::{Error, Result, panic_message};
use crate::prediction::{Event, IdSequence, Prediction, Record, Status};
use crate::predictor::Predictor;
use crate::scope::Scope;
use crate::setup::Setup;

/// What is known of the setup.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetupRecord {
    /// How far it is.
    pub status: SetupStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// What it logged, and at the end why it failed.
    pub logs: String,
}

/// How far a setup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupStatus {
    /// It is running.
    Starting,
    /// It has made a predictor.
    Succeeded,
    /// It has not, and never will.
    Failed,
}

impl SetupStatus {
    /// Returns the word for this state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl SetupRecord {
    pub(super) fn of(record: &Prediction) -> Self {
        let mut logs = record.logs().to_owned();
        if let Some(error) = record.error() {
            if !logs.is_empty() && !logs.ends_with('\n') {
                logs.push('\n');
            }
            logs.push_str(error);
        }
        Self {
            status: match record.status() {
                Status::Starting | Status::Processing => SetupStatus::Starting,
                Status::Succeeded => SetupStatus::Succeeded,
                Status::Failed | Status::Canceled => SetupStatus::Failed,
            },
            started_at: record.created_at(),
            completed_at: record.completed_at(),
            logs,
        }
    }
}

/// A setup is recorded the way a prediction is: it begins, logs and ends.
pub(super) fn record(config: &EngineConfig) -> Arc<Record> {
    let record = Record::new(IdSequence::default().next(), false, 1);
    Arc::new(record.with_limits(config.max_history_bytes, config.max_log_bytes))
}

/// Starts the setup on a thread of its own, and the slots after it.
pub(super) fn begin<P: Predictor>(engine: &Arc<Inner>) {
    let runtime = Handle::current();
    if let Some(limit) = engine.config.setup_timeout {
        let (weak, record) = (Arc::downgrade(engine), Arc::clone(&engine.setup));
        let watch = async move {
            tokio::select! {
                () = record.completed() => {}
                // Told to stop: there is nothing left to be late for.
                () = record.cancellation().cancelled() => {}
                () = tokio::time::sleep(limit) => {
                    end(&weak, &record, Err(Error::msg(format!("setup timed out after {limit:?}"))));
                    record.cancellation().cancel();
                }
            }
        };
        engine.setting_up.spawn_on(watch, &runtime);
    }
    let (weak, record) = (Arc::downgrade(engine), Arc::clone(&engine.setup));
    let setup = Setup::new(engine.config.weights.clone())
        .with_device(engine.config.device)
        .with_named_weights(engine.config.named_weights.clone())
        .with_store(engine.config.weights_store.clone());
    let spawned = thread::Builder::new().name("cog-setup".to_owned()).spawn({
        let (weak, record) = (Weak::clone(&weak), Arc::clone(&record));
        let under_way = engine.setting_up.token();
        let capture = engine.config.output_capture.clone();
        move || {
            let predictor = set_up::<P>(&setup, &record, capture.as_ref(), &runtime);
            let started = predictor.and_then(|predictor| open(&weak, predictor, runtime));
            end(&weak, &record, started);
            drop(under_way);
        }
    });
    if let Err(error) = spawned {
        end(&weak, &record, Err(Error::new(error).context("cannot start a thread for setup")));
    }
}

/// Runs the author's setup.
fn set_up<P: Predictor>(
    setup: &Setup,
    record: &Arc<Record>,
    capture: Option<&Arc<dyn OutputCapture>>,
    runtime: &Handle,
) -> Result<P> {
    record.append(Event::Started { at: Timestamp::now(), waited: None });
    let scope = Scope::of_setup(Arc::clone(record));
    let captured = Captured::new(capture, &scope);
    let ended = scope.enter(|| {
        let span = tracing::info_span!("setup");
        let _span = span.enter();
        panic::catch_unwind(AssertUnwindSafe(|| {
            let predictor = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = record.cancellation().cancelled() => Err(Error::msg("setup was canceled")),
                    predictor = P::setup(setup) => predictor,
                }
            });
            // In here, as an error that is written or dropped is author code too.
            predictor.map_err(|error| Error::msg(format!("{error:#}")))
        }))
    });
    drop(captured);
    scope.remove_directory();
    ended.unwrap_or_else(|payload| Err(Error::msg(format!("setup panicked: {}", panic_message(payload)))))
}

/// Opens the slots and the health check for a predictor that is set up.
fn open<P: Predictor>(engine: &Weak<Inner>, predictor: P, runtime: Handle) -> Result<()> {
    let Some(engine) = engine.upgrade() else { return Ok(()) };
    // A setup that ran out of time may still return, and nobody will ask what it has made.
    if *engine.phase.borrow() != Phase::Starting {
        return Ok(());
    }
    let driver: Arc<dyn Driver> = Arc::new(InProcess::new(predictor, engine.config.fetcher.clone()));
    let capture = engine.config.output_capture.clone().filter(|capture| {
        let is_alone = engine.slots == 1;
        if !is_alone {
            capture.share();
        }
        is_alone
    });
    let readiness = Readiness { phase: engine.phase.clone(), pool: Arc::clone(&engine.pool) };
    engine.health.begin(Arc::clone(&driver), readiness.clone(), runtime.clone())?;
    let publisher = engine.config.publisher.clone();
    let runner = Runner { driver, publisher, capture, readiness, runtime, places: Runner::places() };
    let run = move |job: Job, permit: Permit<'_>| runner.run(job, permit);
    let opened = engine.pool.open(engine.slots, &(Arc::new(run) as _));
    opened.with_context(|| format!("cannot start {} slots; ask for fewer", engine.slots))
}

/// Notes how the setup ended. Only the first end counts: a setup that ran out of time may still return.
fn end(engine: &Weak<Inner>, record: &Arc<Record>, result: Result<()>) {
    let Some(engine) = engine.upgrade() else { return };
    let reason: Option<Arc<str>> = result.err().map(|error| format!("{error:#}").into());
    let is_news = engine.phase.send_if_modified(|phase| {
        if *phase != Phase::Starting {
            return false;
        }
        // The record first: whoever sees the phase change may read it.
        Arc::clone(record).complete(reason.clone());
        *phase = reason.clone().map_or(Phase::Ready, Phase::SetupFailed);
        true
    });
    match &reason {
        _ if !is_news => tracing::info!("setup has returned; its end had been told before"),
        Some(reason) => tracing::error!("setup failed: {reason}"),
        None => tracing::info!("setup finished"),
    }
    // Where the engine has been stopped in the meantime, the record has not ended yet.
    Arc::clone(record).complete(reason);
}
