//! The trait that a model implements, and what its setup is given.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::device::DevicePreference;
use crate::error::Result;
use crate::input::Input;
use crate::output::Output;
use crate::scope::Scope;

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

/// What [`Predictor::setup`] is given.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    weights: Option<Weights>,
    device: DevicePreference,
}

impl Setup {
    /// A setup that is given these weights, or none.
    #[must_use]
    pub const fn new(weights: Option<Weights>) -> Self {
        Self { weights, device: DevicePreference::Auto }
    }

    /// The same with a wish for a device.
    #[must_use]
    pub fn with_device(self, device: DevicePreference) -> Self {
        Self { device, ..self }
    }

    /// The weights to load in place of the model's own, if whoever runs the model names any (`COG_WEIGHTS`).
    #[must_use]
    pub const fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }

    /// The device that whoever runs the model wants it on (`COG_DEVICE`). Models on candle ask `candle::device` for it.
    #[must_use]
    pub const fn device_preference(&self) -> DevicePreference {
        self.device
    }
}

/// Where a model's weights are.
///
/// ```
/// use cog_core::Weights;
///
/// assert!(matches!("https://example.com/w.safetensors".parse(), Ok(Weights::Url(_))));
/// assert!(matches!("weights/w.safetensors".parse(), Ok(Weights::Path(_))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weights {
    /// A file or directory on this machine.
    Path(PathBuf),
    /// An URL, handed over as it is: the author fetches it.
    Url(Url),
}

/// A text that names no weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a path nor an URL: {reason}")]
pub struct WeightsError {
    text: String,
    reason: String,
}

impl FromStr for Weights {
    type Err = WeightsError;

    /// Takes what has a scheme followed by `://` for an URL, and everything else for a path.
    fn from_str(text: &str) -> Result<Self, WeightsError> {
        let error = |reason: String| WeightsError { text: text.to_owned(), reason };
        if text.trim().is_empty() {
            return Err(error("it is empty".to_owned()));
        }
        if text.contains("://") {
            return Url::parse(text).map(Self::Url).map_err(|reason| error(reason.to_string()));
        }
        Ok(Self::Path(PathBuf::from(text)))
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => write!(formatter, "{url}"),
        }
    }
}
