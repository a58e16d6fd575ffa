//! Dynamic batching: predictions that come at about the same time are computed together.
//!
//! A [`BatchPredictor`] is written for several items at once, and [`Batched`] makes a [`Predictor`] of it that the engine runs like any
//! other: a prediction takes a slot, waits in a line with those on other slots, and gets what the model made of its item. What this module
//! promises, whatever the author's code does short of never returning:
//!
//! - a batch keeps within the [limits](BatchLimits), and is taken from the front of the line, so nobody is overtaken and nobody starves;
//! - each item has one end of its own: an error, a cancel or a result of one is none of its neighbours;
//! - a panic fails the items of its batch that have no result yet, and nothing else;
//! - an item that is canceled in the line is never seen by the model; one that is canceled in a batch ends when the model lets go of it.
//!
//! In reading order: `limits` says how large a batch may be, `queue` decides which items are the next one, `item` is the way from an item
//! back to its prediction, `output` what may come that way, and `worker` the thread on which batches are computed.

mod item;
mod limits;
mod output;
mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use tokio::runtime::Handle;

pub use self::item::{BatchItem, Reply};
pub use self::limits::{BatchLimits, Oversized};
pub use self::output::{BatchOutput, BatchStream};
use self::worker::Line;
use crate::error::Result;
use crate::input::Input;
use crate::output::Output;
use crate::predictor::Predictor;
use crate::scope::Scope;
use crate::setup::Setup;

/// A model that makes several predictions at once.
///
/// Clients see nothing of it: to them it is a [`Predictor`] with the same input, output and errors. Run it as
/// `cog_server::main::<Batched<Model>>()`, or with `Engine::start::<Batched<Model>>`.
///
/// A batch is computed on a thread of its own, one after the other, and the body may block. The metrics `batch.size` and `batch.wait` of
/// each prediction say how many items its batch had, and for how many seconds it waited for it.
///
/// ```
/// use cog_core::{BatchItem, BatchPredictor, Batched, Input, Predictor, Result, Scope, Setup};
///
/// #[derive(Input)]
/// struct Number {
///     value: f64,
/// }
///
/// struct Squares;
///
/// impl BatchPredictor for Squares {
///     type Input = Number;
///     type Output = f64;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self)
///     }
///
///     async fn predict_batch(&self, batch: Vec<BatchItem<Self>>) -> Result<()> {
///         let squares: Vec<f64> = batch.iter().map(|item| item.input.value.powi(2)).collect();
///         for (item, square) in batch.into_iter().zip(squares) {
///             item.reply.finish(square);
///         }
///         Ok(())
///     }
/// }
///
/// // A unit test asks for several at once, with no engine.
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let squares = Batched::new(Squares)?;
/// let ask = |value| squares.predict(Number { value }, Scope::none());
/// assert_eq!(futures::future::try_join(ask(2.0), ask(3.0)).await?, (4.0, 9.0));
/// # Ok::<(), cog_core::Error>(())
/// # })?;
/// # Ok::<(), cog_core::Error>(())
/// ```
pub trait BatchPredictor: Send + Sync + Sized + 'static {
    /// What a prediction is given.
    type Input: Input + Send;

    /// What a prediction makes: a value that can be sent to another thread, or a stream of such values.
    type Output: BatchOutput;

    /// How many predictions may wait or run at once, unless whoever runs the server says otherwise. Twice the size of a batch keeps the
    /// model at work: one batch is computed while the next one gathers.
    const MAX_CONCURRENCY: usize = 64;

    /// Loads the model. Runs once, before any prediction, on a thread of its own.
    ///
    /// # Errors
    /// An error ends the start: the model will not take predictions.
    fn setup(setup: &Setup) -> impl Future<Output = Result<Self>>;

    /// Says how large a batch may be, and how long is waited for it. Asked once, after setup.
    fn limits(&self) -> BatchLimits {
        BatchLimits::default()
    }

    /// Says what an input costs, in a unit of the model's own: tokens, pixels. The sum of a batch stays within
    /// [`BatchLimits::max_cost`]. Asked on the prediction's own thread.
    fn cost(&self, input: &Self::Input) -> u64 {
        let _ = input;
        1
    }

    /// Makes the predictions of a batch, of which there is one at least. Each item is [replied](Reply) to by itself.
    ///
    /// The inputs have files fetched and are valid, as for [`Predictor::predict`]. What belongs to an item (its logs, metrics, cancellation)
    /// is reached by its [scope](Reply::scope); [`current_scope`](crate::current_scope) is that of no prediction here.
    ///
    /// # Errors
    /// An error, like a panic, fails the items that have no end yet. Those that are left without one when this returns fail as well. So an error that
    /// concerns one item belongs to its reply, and cancellation is asked for with [`Reply::is_canceled`], not with `?`.
    fn predict_batch(&self, batch: Vec<BatchItem<Self>>) -> impl Future<Output = Result<()>>;

    /// Tells whether the model is still fit to work. See [`Predictor::healthcheck`].
    ///
    /// # Errors
    /// An error makes the server report `UNHEALTHY`, with the error as the reason.
    fn healthcheck(&self) -> impl Future<Output = Result<()>> {
        std::future::ready(Ok(()))
    }
}

/// A [`Predictor`] whose predictions are computed in batches by a [`BatchPredictor`].
pub struct Batched<P: BatchPredictor> {
    line: Arc<Line<P>>,
}

impl<P: BatchPredictor> Batched<P> {
    /// Starts the thread that computes batches with `model`. For tests, and for programs that have the model already; an engine calls
    /// `setup`.
    ///
    /// # Errors
    /// When the system has no thread to give, or this is not called within a Tokio runtime.
    pub fn new(model: P) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        Ok(Self { line: worker::start(model, runtime)? })
    }
}

impl<P: BatchPredictor> Predictor for Batched<P> {
    type Input = P::Input;
    type Output = P::Output;

    const MAX_CONCURRENCY: usize = P::MAX_CONCURRENCY;

    async fn setup(setup: &Setup) -> Result<Self> {
        Self::new(P::setup(setup).await?).context("cannot start a thread for batches")
    }

    async fn predict(&self, input: P::Input, scope: Scope) -> Result<<P::Output as Output>::Returned<'_>> {
        let (cost, limits) = (self.line.model().cost(&input), self.line.limits());
        ensure!(
            cost <= limits.max_cost || limits.oversized == Oversized::RunAlone,
            "the input costs {cost}, and {} is the most that this model takes; send a smaller one",
            limits.max_cost
        );
        P::Output::receive(self.line.enter(input, cost, scope)).await
    }

    async fn healthcheck(&self) -> Result<()> {
        self.line.model().healthcheck().await
    }
}

impl<P: BatchPredictor> Drop for Batched<P> {
    fn drop(&mut self) {
        self.line.close();
    }
}

impl<P: BatchPredictor> fmt::Debug for Batched<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batched").field("limits", &self.line.limits()).finish_non_exhaustive()
    }
}
