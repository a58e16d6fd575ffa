//! What can be said on the command line, and the help that tells so.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum, value_parser};
use cog_core::Weights;

use super::predict::Inputs;
use crate::env;
use crate::files::UploadUrl;
use crate::model::Part;
use crate::role::{Role, Roles};

/// Serve this model over HTTP, or use it once.
#[derive(Debug, Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// With no subcommand it is `serve`.
    #[command(flatten)]
    pub(super) serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the model over HTTP; the default.
    Serve(ServeArguments),
    /// Make one prediction.
    Predict(PredictArguments),
    /// Carry out one training.
    Train(PredictArguments),
    /// Print the model's API as an OpenAPI document.
    Schema,
    /// Bring, list or check the weights of the model, without setting it up.
    Weights {
        #[command(subcommand)]
        command: WeightsCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum WeightsCommand {
    /// Bring weights to this machine: those that are named, or all that `cog.yaml` and `COG_WEIGHTS` name.
    Pull(WeightsArguments),
    /// List weights, and say which are on this machine.
    List(WeightsArguments),
    /// Read weights, and compare their sha256 with what it has to be.
    Verify(WeightsArguments),
}

#[derive(Args, Debug)]
pub(super) struct WeightsArguments {
    /// Names of `cog.yaml`, paths, URLs or `hf://owner/repo@revision/file`.
    #[arg(value_name = "NAME|SOURCE")]
    pub(super) named: Vec<String>,
    #[command(flatten)]
    pub(super) known: KnownWeights,
}

/// What says which weights there are.
#[derive(Args, Debug)]
pub(super) struct KnownWeights {
    /// Weights to load in place of the model's own: a path, an URL or `hf://owner/repo@revision/file` [env: COG_WEIGHTS].
    #[arg(long, value_name = "SOURCE")]
    pub(super) weights: Option<Weights>,
    /// What Cog was told about the model [default: `cog.yaml` of this directory, if there is one].
    #[arg(long, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ServeArguments {
    /// The address or host name to listen on. `0.0.0.0` is every address of this machine, as Cog has it; `127.0.0.1` keeps others out.
    #[arg(long, value_name = "HOST", default_value = "0.0.0.0")]
    pub(super) host: String,
    /// The port to listen on, 0 for any that is free [env: PORT] [default: 5000].
    #[arg(long, value_name = "PORT")]
    pub(super) port: Option<u16>,
    /// How many predictions may run at once [env: COG_MAX_CONCURRENCY] [default: `concurrency.max` of cog.yaml, or the model's own number].
    ///
    /// Of a server that only trains, it is how many trainings. Beside a predictor, the trainer has its own number.
    #[arg(long, value_name = "N")]
    pub(super) max_concurrency: Option<NonZeroUsize>,
    /// How many predictions may wait for a slot, in the order in which they came [env: COG_MAX_QUEUE] [default: 0].
    ///
    /// Of a server that only trains, it is how many trainings. Beside a predictor, no training waits.
    #[arg(long, value_name = "N")]
    pub(super) max_queue: Option<usize>,
    #[command(flatten)]
    pub(super) model: ModelArguments,
    /// Upload output files below this URL with `PUT`; without it they are sent as `data:` URLs.
    #[arg(long, value_name = "URL")]
    pub(super) upload_url: Option<UploadUrl>,
    /// How long running predictions may go on after a signal to stop, before they are canceled.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "25")]
    pub(super) shutdown_grace: Duration,
    /// Ignore SIGTERM: only `POST /shutdown` or SIGINT stops the server.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, value_parser = BoolishValueParser::new(), default_value = "false", default_missing_value = "true")]
    pub(super) await_explicit_shutdown: bool,
    /// Serve only the predictor or only the trainer of this model.
    #[arg(long = "x-mode", value_name = "MODE")]
    pub(super) mode: Option<Mode>,
}

/// Cog's words for what a server is there for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Mode {
    Predict,
    Train,
}

impl From<Mode> for Role {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Predict => Self::Predictor,
            Mode::Train => Self::Trainer,
        }
    }
}

/// What is said of the model, whatever is done with it.
#[derive(Args, Debug)]
pub(super) struct ModelArguments {
    #[command(flatten)]
    pub(super) weights: KnownWeights,
    /// Let input files come from private, loopback and link-local addresses [env: COG_ALLOW_PRIVATE_URLS].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) allow_private_urls: Option<bool>,
}

#[derive(Args, Debug)]
pub(super) struct PredictArguments {
    /// Set an input. A file is named with `@`; a list is made by repeating its name.
    #[arg(short, long = "input", value_name = "NAME=VALUE", conflicts_with = "json")]
    pub(super) inputs: Vec<String>,
    /// Set all inputs as a JSON object: the object itself, `@FILE`, or `@-` for standard input.
    #[arg(long, value_name = "JSON")]
    pub(super) json: Option<String>,
    /// Where the output goes: a file, a directory, or `-` for standard output.
    ///
    /// Without it, text and JSON go to standard output, and files to `output.EXT` here. Several files get numbers: `out.0.png`, `out.1.png`.
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<String>,
    #[command(flatten)]
    pub(super) model: ModelArguments,
}

/// Builds the command line of a binary called `name`, for a model that has these parts.
pub(super) fn command(name: &str, parts: &Roles<Part>) -> clap::Command {
    let mut examples = format!("Examples:\n  {name} --port 8000");
    let mut inputs = String::new();
    for (role, part) in parts.iter() {
        // Writing to a `String` cannot fail.
        let _ = write!(examples, "\n  {name} {} {}", role.verb(), Inputs::of(&part.input).example());
        let _ = write!(inputs, "\nSee `{name} {} --help` for the inputs of a {}.", role.verb(), role.noun());
    }
    let help = format!("{examples}\n  {name} schema > openapi.json\n{inputs}");
    let has_both = matches!(parts, Roles::Both { .. });
    let serve = |command: clap::Command| {
        accept_what_cog_accepts(command).mut_arg("mode", |mode| mode.hide(!has_both))
    };
    let mut command = serve(Arguments::command())
        .name(name.to_owned())
        .bin_name(name)
        // The crate of the model is not known here, so this tells what is.
        .version(concat!("(cog-server ", env!("CARGO_PKG_VERSION"), ")"))
        .arg(
            Arg::new("version")
                .short('V')
                // Cog's.
                .short_alias('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print version"),
        )
        .after_long_help(format!("{help}\n\n{}", variables()))
        .after_help(help)
        .mut_subcommand("serve", |command| serve(command).after_long_help(variables()));
    for role in [Role::Predictor, Role::Trainer] {
        let (verb, noun) = (role.verb(), role.noun());
        command = command.mut_subcommand(verb, |command| match parts.get(role) {
            None => command.hide(true),
            Some(part) => {
                let inputs = Inputs::of(&part.input);
                command.after_help(format!(
                    "Inputs of a {noun}:\n{inputs}\n\nExamples:\n  {name} {verb} {example}\n  \
                     echo '{{…}}' | {name} {verb} --json @-\n\n\
                     Logs and progress go to standard error. Ctrl-C cancels the {noun}; the exit code is then 130.",
                    example = inputs.example(),
                ))
            }
        });
    }
    command
}

/// Adds the flags of Cog's server that have no meaning here, so that a command line written for it works. They are not advertised.
fn accept_what_cog_accepts(command: clap::Command) -> clap::Command {
    command
        // Ignored by Cog as well.
        .arg(Arg::new("threads").long("threads").hide(true).value_parser(value_parser!(u32)))
}

/// The environment variables, for the help.
fn variables() -> String {
    let mut text = "Environment variables:".to_owned();
    for variable in env::VARIABLES {
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "\n  {}\n          {} [default: {}]{}",
            variable.name,
            variable.meaning,
            variable.default,
            variable.flag.map_or_else(String::new, |flag| format!(" [flag: {flag}]"))
        );
    }
    text
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "not a number of seconds".to_owned())
}
