//! Running one predictor.
//!
//! The engine sets a predictor up, checks requests against its schema, runs predictions on a fixed number of slots and keeps the list of
//! those that are running or were a short while ago. What it promises:
//!
//! - never more predictions at once than slots: a slot is free when the author's code has returned, which is before anybody learns the
//!   result; whoever finds none free waits in a bounded line, in which nobody is overtaken, or is refused;
//! - each accepted prediction ends in exactly one terminal state, whatever the author's code does short of never returning;
//! - author code runs on threads of its own only, so whoever calls the engine is never kept waiting by it.
//!
//! It does not decide what a reader sees of a prediction, opens no connection and reads no environment. It has no state outside the value,
//! so any number of engines live in one process.

mod capture;
mod config;
mod deadlines;
mod driver;
mod handle;
mod health;
mod outbox;
mod phase;
mod pool;
mod registry;
mod run;
mod setup;
mod submit;
mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

pub use self::capture::OutputCapture;
pub use self::config::{EngineConfig, Rejection, Request};
use self::deadlines::Deadlines;
pub use self::handle::{CancelOnDrop, PredictionHandle, Watcher};
pub use self::health::HealthReport;
use self::health::Healthcheck;
pub use self::phase::Phase;
use self::pool::Pool;
use self::registry::Registry;
pub use self::registry::Retention;
pub use self::setup::{SetupRecord, SetupStatus};
use self::watchdog::Cancels;
use crate::input::InputValue;
use crate::output::Output;
use crate::prediction::{IdSequence, PredictionId, Record};
use crate::predictor::Predictor;
use crate::schema::{InvalidDefault, Schema};

/// How long author code gets to see a cancel when nothing else is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// One predictor, running. Clones are handles to the same engine; when the last is dropped, everything is canceled.
///
/// ```
/// use cog_core::{Engine, EngineConfig, Input, Predictor, Request, Result, Scope, Setup, Status, json};
///
/// #[derive(Input)]
/// struct Numbers {
///     a: i64,
///     b: i64,
/// }
///
/// struct Adder;
///
/// impl Predictor for Adder {
///     type Input = Numbers;
///     type Output = i64;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self)
///     }
///
///     async fn predict(&self, input: Numbers, _: Scope) -> Result<i64> {
///         Ok(input.a + input.b)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<()> {
/// let engine = Engine::start::<Adder>(EngineConfig::default())?;
/// engine.ready().await?;
/// let prediction = engine.submit(Request::new(json!({ "a": 2, "b": 3 })))?.completed().await;
/// assert_eq!(prediction.status(), Status::Succeeded);
/// assert_eq!(prediction.output_json().as_deref(), Some("5"));
/// engine.shutdown(std::time::Duration::from_secs(1)).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    input: Schema,
    output: Schema,
    config: EngineConfig,
    slots: usize,
    phase: watch::Sender<Phase>,
    setup: Arc<Record>,
    pool: Arc<Pool>,
    registry: Arc<Registry>,
    ids: IdSequence,
    health: Healthcheck,
    /// Counts the work that is under way, so that a shutdown can wait for its end.
    tracker: TaskTracker,
    /// Counts the author's setup and whoever watches its time.
    setting_up: TaskTracker,
    /// Hears of predictions that are canceled.
    cancels: Arc<Cancels>,
    deadlines: Arc<Deadlines>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

impl Engine {
    /// Starts a predictor: its setup begins on a thread of its own, and this returns at once.
    ///
    /// # Errors
    /// [`InvalidDefault`] when an input has a default that it does not accept.
    ///
    /// # Panics
    /// When called outside a Tokio runtime.
    pub fn start<P: Predictor>(config: EngineConfig) -> Result<Self, InvalidDefault> {
        let input = P::Input::schema();
        input.check_defaults()?;
        let slots = config.slots.map_or_else(|| P::MAX_CONCURRENCY.max(1), std::num::NonZeroUsize::get);
        let pool = Arc::new(Pool::new(config.max_queue));
        let deadlines = Arc::new(Deadlines::default());
        let (begun, canceled) = mpsc::unbounded_channel();
        let tasks = [
            tokio::spawn(watchdog::watch(canceled, config.cancel_grace)),
            tokio::spawn(Arc::clone(&deadlines).watch()),
        ];
        let engine = Self(Arc::new(Inner {
            input,
            output: P::Output::schema(),
            slots,
            phase: watch::Sender::new(Phase::Starting),
            setup: setup::record(&config),
            cancels: Arc::new(Cancels { pool: Arc::clone(&pool), begun }),
            pool,
            registry: Arc::new(Registry::new(config.retention)),
            ids: IdSequence::default(),
            health: Healthcheck::new(config.healthcheck_timeout),
            tracker: TaskTracker::new(),
            setting_up: TaskTracker::new(),
            deadlines,
            _tasks: tasks.map(AbortOnDropHandle::new),
            config,
        }));
        setup::begin::<P>(&engine.0);
        Ok(engine)
    }

    /// Returns how far the engine has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase.borrow().clone()
    }

    /// Waits until the engine is in another phase than `phase`, and returns that.
    ///
    /// # Cancellation
    /// Dropping the future does nothing.
    pub async fn phase_after(&self, phase: &Phase) -> Phase {
        let mut phases = self.0.phase.subscribe();
        let next = phases.wait_for(|next| next != phase).await.map(|next| next.clone());
        // The sender lives as long as this handle, so there is always a value to come.
        next.unwrap_or(Phase::Stopped)
    }

    /// Waits until the setup has ended, one way or the other.
    ///
    /// # Errors
    /// [`Rejection::SetupFailed`], [`Rejection::Stopped`], or [`Rejection::Defunct`] when the model's life is over already.
    pub async fn ready(&self) -> Result<(), Rejection> {
        self.phase_after(&Phase::Starting).await.admit()
    }

    /// Returns what is known of the setup.
    #[must_use]
    pub fn setup(&self) -> SetupRecord {
        self.0.setup.read(SetupRecord::of)
    }

    /// Describes what a prediction is given.
    #[must_use]
    pub fn input_schema(&self) -> &Schema {
        &self.0.input
    }

    /// Describes what a prediction makes.
    #[must_use]
    pub fn output_schema(&self) -> &Schema {
        &self.0.output
    }

    /// Returns how many predictions can run at once.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.0.slots
    }

    /// Returns how many more predictions would begin at once at this moment.
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.0.pool.free()
    }

    /// Returns how many predictions wait for a slot.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.pool.waiting()
    }

    /// Returns how many predictions may wait for a slot.
    #[must_use]
    pub fn max_queue(&self) -> usize {
        self.0.config.max_queue
    }

    /// Finds a prediction that is running, or one that is over and [kept](Request::is_kept).
    #[must_use]
    pub fn find(&self, id: &PredictionId) -> Option<PredictionHandle> {
        self.0.registry.find(id).map(PredictionHandle::new)
    }

    /// Asks the predictor whether it is still fit to work. Before and after its life there is nobody to ask, and nothing wrong.
    ///
    /// Calls at the same time share one run.
    pub async fn healthcheck(&self) -> HealthReport {
        match self.phase() {
            Phase::Ready => self.0.health.ask().await,
            _ => HealthReport::Healthy,
        }
    }

    /// Stops: refuses new requests at once, lets what is running go on for `grace`, then cancels it and waits as long again. A setup that
    /// is still running has nothing to finish, and is canceled at once.
    ///
    /// Returns whether all author code has returned. Where it has not, a thread is left behind: Rust cannot end it.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        let inner = &self.0;
        inner.phase.send_replace(Phase::Stopped);
        inner.setup.cancel();
        inner.setting_up.close();
        inner.tracker.close();
        let is_late = tokio::time::timeout(grace, inner.tracker.wait()).await.is_err();
        inner.stop();
        if is_late {
            // A grace of nothing still leaves the time that author code needs to see it.
            let _ = tokio::time::timeout(grace.max(PATIENCE), inner.tracker.wait()).await;
        }
        let _ = tokio::time::timeout(PATIENCE, inner.setting_up.wait()).await;
        inner.tracker.is_empty() && inner.setting_up.is_empty()
    }
}

impl Inner {
    /// Cancels all that is under way.
    fn stop(&self) {
        self.setup.cancellation().cancel();
        // Nothing is accepted any more when they are told, so none is missed; those that still wait end as canceled.
        let waiting = self.pool.close();
        self.registry.cancel_all();
        drop(waiting);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}
