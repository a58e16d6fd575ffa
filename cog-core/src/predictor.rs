//! The trait that a model implements.

use std::future::Future;

use crate::error::Result;
use crate::input::Input;
use crate::output::Output;
use crate::scope::Scope;
use crate::setup::Setup;

/// A model: set up once, then asked for predictions.
///
/// The bodies may be asynchronous (they call another service and await it) or block (they compute). Each prediction runs on a thread
/// of its own, its *slot*, so a body that blocks makes nobody wait: no other prediction, no health check, no request. For the same
/// reason futures need not be `Send`. The engine runs at most as many predictions at once as there are slots.
///
/// # Cancellation
/// At an `.await` the future is dropped, so clean-up belongs into `Drop`. Code that computes asks
/// [`scope.check()?`](Scope::check) now and then, and cleans up after it. Once canceled, the prediction's status is `canceled`
/// whatever is returned.
///
/// # Panics
/// A panic in `predict` fails that prediction and nothing else.
///
/// ```
/// use cog_core::{Input, Predictor, Result, Scope, Setup};
///
/// #[derive(Input)]
/// struct Greeting {
///     /// Whom to greet.
///     name: String,
/// }
///
/// struct Greeter;
///
/// impl Predictor for Greeter {
///     type Input = Greeting;
///     type Output = String;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self)
///     }
///
///     async fn predict(&self, input: Greeting, _: Scope) -> Result<String> {
///         Ok(format!("hello {}", input.name))
///     }
/// }
///
/// // A unit test calls it as it is: typed, with no engine and no JSON.
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let greeter = Greeter::setup(&Setup::default()).await?;
/// let output = greeter.predict(Greeting { name: "Ada".to_owned() }, Scope::none()).await?;
/// assert_eq!(output, "hello Ada");
/// # Ok::<(), cog_core::Error>(())
/// # })?;
/// # Ok::<(), cog_core::Error>(())
/// ```
pub trait Predictor: Send + Sync + Sized + 'static {
    /// What a prediction is given.
    type Input: Input;

    /// What a prediction makes. Streams are named with `'static` here and returned with the lifetime of `&self`.
    type Output: Output;

    /// How many predictions may run at once, unless whoever runs the server says otherwise.
    const MAX_CONCURRENCY: usize = 1;

    /// Loads the model. Runs once, before any prediction, on a thread of its own.
    ///
    /// # Errors
    /// An error ends the start: the model will not take predictions.
    fn setup(setup: &Setup) -> impl Future<Output = Result<Self>>;

    /// Makes one prediction.
    ///
    /// # Errors
    /// An error fails the prediction; its chain becomes the prediction's `error`.
    fn predict(
        &self,
        input: Self::Input,
        scope: Scope,
    ) -> impl Future<Output = Result<<Self::Output as Output>::Returned<'_>>>;

    /// Tells whether the model is still fit to work. Asked at each health check, on a thread of its own, and given five seconds.
    ///
    /// # Errors
    /// An error makes the server report `UNHEALTHY`, with the error as the reason.
    fn healthcheck(&self) -> impl Future<Output = Result<()>> {
        std::future::ready(Ok(()))
    }
}
