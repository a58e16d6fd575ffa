//! What the binary of a model has: a predictor, a trainer or both.
//!
//! Here their types are forgotten. What is left of each are the schemas of its input and output, and a way to start an engine for it.

use std::process::ExitCode;

use cog_core::schema::InvalidDefault;
use cog_core::{Engine, EngineConfig, InputValue, Output, Predictor, Schema, Trainer, Training, Value};

use crate::cli::{self, Process};
use crate::openapi::{self, Interface};
use crate::role::Roles;

/// A model: all that its binary is made from. One that has neither a predictor nor a trainer cannot be written down.
///
/// ```no_run
/// # use cog_core::{Input, Predictor, Result, Scope, Setup, Trainer};
/// # #[derive(Input)]
/// # struct Nothing {}
/// struct Writer;
/// struct School;
///
/// impl Predictor for Writer {
///     // …
/// #    type Input = Nothing;
/// #    type Output = String;
/// #    async fn setup(_: &Setup) -> Result<Self> { Ok(Self) }
/// #    async fn predict(&self, _: Nothing, _: Scope) -> Result<String> { Ok(String::new()) }
/// }
///
/// impl Trainer for School {
///     // …
/// #    type Input = Nothing;
/// #    type Output = String;
/// #    async fn setup(_: &Setup) -> Result<Self> { Ok(Self) }
/// #    async fn train(&self, _: Nothing, _: Scope) -> Result<String> { Ok(String::new()) }
/// }
///
/// fn main() -> std::process::ExitCode {
///     cog_server::Model::predictor::<Writer>().with_trainer::<School>().main()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Model(Roles<Part>);

/// A predictor or a trainer whose type has been forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) input: Schema,
    pub(crate) output: Schema,
    pub(crate) start: fn(EngineConfig) -> Result<Engine, InvalidDefault>,
}

impl Part {
    fn of<P: Predictor>() -> Self {
        Self { input: P::Input::schema(), output: P::Output::schema(), start: Engine::start::<P> }
    }
}

impl Model {
    /// A model that makes predictions.
    #[must_use]
    pub fn predictor<P: Predictor>() -> Self {
        Self(Roles::Predictor(Part::of::<P>()))
    }

    /// A model that only trains.
    #[must_use]
    pub fn trainer<T: Trainer>() -> Self {
        Self(Roles::Trainer(Part::of::<Training<T>>()))
    }

    /// The same model with this trainer, whether or not it had one.
    #[must_use]
    pub fn with_trainer<T: Trainer>(self) -> Self {
        let trainer = Part::of::<Training<T>>();
        Self(match self.0 {
            Roles::Predictor(predictor) | Roles::Both { predictor, .. } => Roles::Both { predictor, trainer },
            Roles::Trainer(_) => Roles::Trainer(trainer),
        })
    }

    /// Runs the binary of this model: its command line decides what it does.
    #[must_use]
    pub fn main(&self) -> ExitCode {
        self.run(Process::current())
    }

    /// Runs the command line of this model's binary inside `process`, and returns when it has done what it was told.
    ///
    /// The exit code is 0 for success, 2 for a command line that makes no sense, 1 for everything else that went wrong, and for an end by
    /// a signal what a shell would report.
    #[must_use]
    pub fn run(&self, process: Process) -> ExitCode {
        cli::run(&self.0, process)
    }

    /// Writes the OpenAPI document of this model's server.
    #[must_use]
    pub fn openapi(&self) -> Value {
        document(&self.0)
    }
}

/// Writes the OpenAPI document of a model that has these parts.
pub(crate) fn document(parts: &Roles<Part>) -> Value {
    let interfaces =
        parts.iter().map(|(role, part)| Interface { role, input: &part.input, output: &part.output });
    openapi::document(interfaces)
}

/// Runs the binary of a model that only makes predictions: short for [`Model::main`].
///
/// ```no_run
/// # use cog_core::{Input, Predictor, Result, Scope, Setup};
/// # #[derive(Input)]
/// # struct Nothing {}
/// struct Writer;
///
/// impl Predictor for Writer {
///     // …
/// #    type Input = Nothing;
/// #    type Output = String;
/// #    async fn setup(_: &Setup) -> Result<Self> { Ok(Self) }
/// #    async fn predict(&self, _: Nothing, _: Scope) -> Result<String> { Ok(String::new()) }
/// }
///
/// fn main() -> std::process::ExitCode {
///     cog_server::main::<Writer>()
/// }
/// ```
#[must_use]
pub fn main<P: Predictor>() -> ExitCode {
    Model::predictor::<P>().main()
}

/// Runs the command line of such a model inside `process`: short for [`Model::run`].
#[must_use]
pub fn run<P: Predictor>(process: Process) -> ExitCode {
    Model::predictor::<P>().run(process)
}
