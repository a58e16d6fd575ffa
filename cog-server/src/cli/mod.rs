//! The command line of a model's binary.
//!
//! It serves the model, makes one prediction, carries out one training, brings weights, or prints the model's API. What a command line touches of its
//! process (arguments, environment, streams, signals) is a [`Process`], so `run` can be given another one: by a test, or by a program
//! that has commands of its own. It knows no type of a model: a model comes as the parts that it has.

mod arguments;
mod bars;
mod cog_yaml;
mod failure;
mod predict;
mod process;
mod rest;
mod serve;
mod signals;
mod streams;
mod weights;

use std::process::ExitCode;

use clap::FromArgMatches;

use self::arguments::{Arguments, Command, ModelArguments};
use self::bars::Bars;
use self::failure::Failure;
pub use self::process::Process;
use crate::env::Environment;
use crate::files::{FetchConfig, HttpFetch};
use crate::model::{self, Part};
use crate::role::{Role, Roles};

/// Runs the command line of a model that has these parts; [`Model::run`](crate::Model::run) tells more.
pub(crate) fn run(parts: &Roles<Part>, mut process: Process) -> ExitCode {
    match execute(parts, &mut process) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(line) = failure.line() {
                process.tell(&line);
            }
            failure.code()
        }
    }
}

fn execute(parts: &Roles<Part>, process: &mut Process) -> Result<(), Failure> {
    let environment = process.environment();
    let mut command = arguments::command(&process.name(), parts);
    let arguments = command.try_get_matches_from_mut(process.arguments()).and_then(|matches| {
        Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    });
    match arguments {
        Ok(Arguments { command: Some(Command::Predict(arguments)), .. }) => {
            predict::run(Role::Predictor, parts, &arguments, &environment, process)
        }
        Ok(Arguments { command: Some(Command::Train(arguments)), .. }) => {
            predict::run(Role::Trainer, parts, &arguments, &environment, process)
        }
        Ok(Arguments { command: Some(Command::Schema), .. }) => {
            process.print(&format!("{:#}\n", model::document(parts)))
        }
        Ok(Arguments { command: Some(Command::Weights { command }), .. }) => {
            weights::run(&command, &environment, process)
        }
        Ok(Arguments { command: Some(Command::Serve(arguments)), .. })
        | Ok(Arguments { command: None, serve: arguments }) => {
            serve::run(parts, &arguments, &environment, process)
        }
        Err(told) if !told.use_stderr() => process.print(&told.render().to_string()),
        Err(fault) => Err(Failure::usage_of(&fault)),
    }
}

/// Returns the part of the model that plays `role`, if it has one.
fn part(role: Role, parts: &Roles<Part>) -> Result<&Part, Failure> {
    let (main, _) = parts.main();
    parts.get(role).ok_or_else(|| {
        Failure::Usage(format!("this model has no {}; it can only `{}`", role.name(), main.verb()))
    })
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

/// The runtime on which a command works.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("cog-io").build();
    runtime.map_err(|error| Failure::Failed(format!("cannot start the I/O threads: {error}")))
}
