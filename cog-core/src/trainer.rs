//! The trait that code which trains a model implements, and how the engine runs it.

use std::future::Future;

use crate::error::Result;
use crate::input::Input;
use crate::output::Output;
use crate::predictor::Predictor;
use crate::scope::Scope;
use crate::setup::Setup;

/// What makes new weights: set up once, then asked for trainings.
///
/// A training is to the engine what a prediction is: it has a slot of its own, a [`Scope`] to log, to measure and to tell its progress,
/// and it is canceled in the same way. All that [`Predictor`] says of threads, cancellation and panics is true of a trainer. A binary can
/// have a predictor, a trainer or both; one that has both sets each up by itself.
///
/// ```
/// use cog_core::{Input, Output, Path, Result, Scope, Setup, Trainer};
///
/// #[derive(Input)]
/// struct Lessons {
///     /// How often to go through the data.
///     #[input(default = 3, ge = 1)]
///     epochs: u32,
/// }
///
/// #[derive(Output)]
/// struct Trained {
///     weights: Path,
/// }
///
/// struct School;
///
/// impl Trainer for School {
///     type Input = Lessons;
///     type Output = Trained;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self)
///     }
///
///     async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
///         let mut weight = 1.0_f32;
///         for epoch in 0..lessons.epochs {
///             scope.check()?;
///             weight /= 2.0;
///             scope.record_metric("loss", f64::from(weight))?;
///             scope.progress(f64::from(epoch + 1) / f64::from(lessons.epochs));
///         }
///         Ok(Trained { weights: Path::from_bytes("weights.txt", weight.to_string()) })
///     }
/// }
///
/// // A unit test calls it as it is.
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let school = School::setup(&Setup::default()).await?;
/// let trained = school.train(Lessons { epochs: 2 }, Scope::none()).await?;
/// assert_eq!(trained.weights.file_name(), Some("weights.txt".as_ref()));
/// # Ok::<(), cog_core::Error>(())
/// # })?;
/// # Ok::<(), cog_core::Error>(())
/// ```
pub trait Trainer: Send + Sync + Sized + 'static {
    /// What a training is given.
    type Input: Input;

    /// What a training makes: usually a struct that holds the new weights as a [`Path`](crate::Path).
    type Output: Output;

    /// How many trainings may run at once, unless whoever runs the server says otherwise.
    const MAX_CONCURRENCY: usize = 1;

    /// Prepares for trainings. Runs once, before any of them, on a thread of its own. The weights it is offered are those to start from.
    ///
    /// # Errors
    /// An error ends the start: no training will be taken.
    fn setup(setup: &Setup) -> impl Future<Output = Result<Self>>;

    /// Carries out one training.
    ///
    /// # Errors
    /// An error fails the training; its chain becomes the training's `error`.
    fn train(
        &self,
        input: Self::Input,
        scope: Scope,
    ) -> impl Future<Output = Result<<Self::Output as Output>::Returned<'_>>>;

    /// Tells whether the trainer is still fit to work. Asked at each health check, on a thread of its own, and given five seconds.
    ///
    /// # Errors
    /// An error makes the server report `UNHEALTHY`, with the error as the reason.
    fn healthcheck(&self) -> impl Future<Output = Result<()>> {
        std::future::ready(Ok(()))
    }
}

/// A trainer as a predictor whose predictions are trainings: this is how an [`Engine`](crate::Engine) runs one.
///
/// ```
/// use cog_core::{Engine, EngineConfig, Trainer, Training, schema::InvalidDefault};
///
/// fn start<T: Trainer>() -> Result<Engine, InvalidDefault> {
///     Engine::start::<Training<T>>(EngineConfig::default())
/// }
/// ```
#[derive(Debug)]
pub struct Training<T>(T);

impl<T: Trainer> Predictor for Training<T> {
    type Input = T::Input;
    type Output = T::Output;

    const MAX_CONCURRENCY: usize = T::MAX_CONCURRENCY;

    async fn setup(setup: &Setup) -> Result<Self> {
        T::setup(setup).await.map(Self)
    }

    fn predict(
        &self,
        input: T::Input,
        scope: Scope,
    ) -> impl Future<Output = Result<<T::Output as Output>::Returned<'_>>> {
        self.0.train(input, scope)
    }

    fn healthcheck(&self) -> impl Future<Output = Result<()>> {
        self.0.healthcheck()
    }
}
