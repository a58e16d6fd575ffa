//! The command line of a model's binary.
//!
//! [`main`] is all that such a binary does: it serves the model, makes one prediction, or prints the model's API. What a command line
//! touches of its process (arguments, environment, streams, signals) is a [`Process`], so [`run`] can be given another one: by a test,
//! or by a program that has commands of its own.

mod arguments;
mod failure;
mod predict;
mod process;
mod schema;
mod serve;
mod signals;

use std::process::ExitCode;

use clap::FromArgMatches;
use cog_core::Predictor;

use self::arguments::{Arguments, Command, ModelArguments};
use self::failure::Failure;
pub use self::process::Process;
use crate::env::Environment;
use crate::files::{FetchConfig, HttpFetch};

/// Runs the binary of a model: its command line decides what it does.
///
/// ```no_run
/// # use cog_core::{FieldPath, DecodeError, InputValue, Input, Predictor, Result, Schema, Scope, Setup, Value};
/// # struct Nothing;
/// # impl InputValue for Nothing {
/// #     fn schema() -> Schema { Schema::object(vec![]) }
/// #     fn decode(_: Value, _: &FieldPath<'_>) -> Result<Self, DecodeError> { Ok(Self) }
/// # }
/// # impl Input for Nothing {}
/// struct Model;
///
/// impl Predictor for Model {
///     // …
/// #    type Input = Nothing;
/// #    type Output = String;
/// #    async fn setup(_: &Setup) -> Result<Self> { Ok(Self) }
/// #    async fn predict(&self, _: Nothing, _: Scope) -> Result<String> { Ok(String::new()) }
/// }
///
/// fn main() -> std::process::ExitCode {
///     cog_server::main::<Model>()
/// }
/// ```
#[must_use]
pub fn main<P: Predictor>() -> ExitCode {
    run::<P>(Process::current())
}

/// Runs the command line of a model's binary inside `process`, and returns when it has done what it was told.
///
/// The exit code is 0 for success, 2 for a command line that makes no sense, 1 for everything else that went wrong, and for an end by a
/// signal what a shell would report.
#[must_use]
pub fn run<P: Predictor>(mut process: Process) -> ExitCode {
    match execute::<P>(&mut process) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(line) = failure.line() {
                process.tell(&line);
            }
            failure.code()
        }
    }
}

fn execute<P: Predictor>(process: &mut Process) -> Result<(), Failure> {
    let environment = process.environment();
    let mut command = arguments::command::<P>(&process.name());
    let arguments = command.try_get_matches_from_mut(process.arguments()).and_then(|matches| {
        Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    });
    match arguments {
        Ok(Arguments { command: Some(Command::Predict(arguments)), .. }) => {
            predict::run::<P>(&arguments, &environment, process)
        }
        Ok(Arguments { command: Some(Command::Schema), .. }) => schema::run::<P>(process),
        Ok(Arguments { command: Some(Command::Serve(arguments)), .. })
        | Ok(Arguments { command: None, serve: arguments }) => {
            serve::run::<P>(&arguments, &environment, process)
        }
        Err(told) if !told.use_stderr() => process.print(&told.render().to_string()),
        Err(fault) => Err(Failure::usage_of(&fault)),
    }
}

/// Makes who fetches the files of inputs. Nothing is loaded before the first file.
fn fetcher(arguments: &ModelArguments, environment: &Environment) -> HttpFetch {
    let mut config = FetchConfig {
        allows_private_addresses: arguments.allow_private_urls.unwrap_or(environment.allows_private_urls),
        proxies: environment.proxies.clone(),
        ..FetchConfig::default()
    };
    if let Some(user_agent) = &environment.user_agent {
        config.user_agent.clone_from(user_agent);
    }
    HttpFetch::new(config)
}

/// The weights that the flag names, or else the environment.
fn weights(
    arguments: &ModelArguments,
    environment: &Environment,
) -> Result<Option<cog_core::Weights>, Failure> {
    match (&arguments.weights, &environment.weights) {
        (Some(weights), _) => Ok(Some(weights.clone())),
        (None, Some(weights)) => {
            weights.parse().map(Some).map_err(|error| Failure::Usage(format!("{error}")))
        }
        (None, None) => Ok(None),
    }
}

/// The runtime on which a command works.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("cog-io").build();
    runtime.map_err(|error| Failure::Failed(format!("cannot start the I/O threads: {error}")))
}
