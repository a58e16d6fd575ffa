//! `weights`: bring, list or check weights, without setting the model up.
//!
//! It also says which weights there are, and makes the store that keeps them, for every other command.

use std::fmt::Write as _;
use std::sync::Arc;

use cog_core::{EngineConfig, NamedWeights, Weights, WeightsStore};
use indicatif::HumanBytes;

use super::arguments::{KnownWeights, WeightsArguments, WeightsCommand};
use super::streams::Streams;
use super::{Bars, Failure, Process, cog_yaml, runtime};
use crate::cog_yaml::CogYaml;
use crate::env::Environment;
use crate::telemetry::LogFormat;
use crate::weights::{Hub, State, Store, StoreConfig, Verdict};

/// What weights are called that the environment or the flag names.
const UNNAMED: &str = "COG_WEIGHTS";

/// The weights that the flag names, or else the environment.
pub(super) fn chosen(known: &KnownWeights, environment: &Environment) -> Result<Option<Weights>, Failure> {
    match (&known.weights, &environment.weights) {
        (Some(weights), _) => Ok(Some(weights.clone())),
        (None, Some(weights)) => {
            weights.parse().map(Some).map_err(|error| Failure::Failed(format!("`COG_WEIGHTS`: {error}")))
        }
        (None, None) => Ok(None),
    }
}

/// Tells an engine which weights there are, and gives it the store.
pub(super) fn configure(
    config: EngineConfig,
    known: &KnownWeights,
    cog_yaml: &CogYaml,
    environment: &Environment,
    bars: &Bars,
) -> Result<EngineConfig, Failure> {
    Ok(EngineConfig {
        weights: chosen(known, environment)?,
        named_weights: cog_yaml.weights.clone(),
        weights_store: Some(Arc::new(store(environment, bars)) as Arc<dyn WeightsStore>),
        ..config
    })
}

/// Makes the store. Nothing is loaded before the first transfer.
fn store(environment: &Environment, bars: &Bars) -> Store {
    let settings = &environment.weights_store;
    // On a machine where nobody is at home there is this one.
    let root = settings.root.clone().unwrap_or_else(|| std::env::temp_dir().join("cog-weights"));
    let config = StoreConfig {
        is_offline: settings.is_offline,
        max_bytes: settings.max_bytes,
        hub: Hub::new(settings.hub_endpoint.clone(), settings.hub_token.clone()),
        proxies: environment.proxies.clone(),
        ..StoreConfig::new(root)
    };
    Store::new(config, bars.shared())
}

pub(super) fn run(
    command: &WeightsCommand,
    environment: &Environment,
    process: &mut Process,
) -> Result<(), Failure> {
    let (WeightsCommand::Pull(arguments)
    | WeightsCommand::List(arguments)
    | WeightsCommand::Verify(arguments)) = command;
    let all = selected(arguments, environment, process)?;
    let bars = Bars::new(process.has_terminal());
    let format = environment.log_format.unwrap_or(LogFormat::Console);
    let filter = environment.log_filter.as_deref().unwrap_or("info");
    let _streams = Streams::open(process, environment, format, filter, &bars)?;
    for warning in &environment.warnings {
        process.tell(&format!("warning: {warning}"));
    }
    if all.is_empty() {
        process
            .tell("no weights are named: add `weights` to `cog.yaml`, set `COG_WEIGHTS`, or name a source");
        return Ok(());
    }
    let store = store(environment, &bars);
    match command {
        WeightsCommand::Pull(_) => pull(&all, &store, process),
        WeightsCommand::List(_) => list(&all, &store, process),
        WeightsCommand::Verify(_) => verify(&all, &store, process),
    }
}

/// The weights that are named on the command line, or else all that are known.
fn selected(
    arguments: &WeightsArguments,
    environment: &Environment,
    process: &Process,
) -> Result<Vec<NamedWeights>, Failure> {
    let mut known: Vec<_> = chosen(&arguments.known, environment)?
        .map(|source| NamedWeights::new(UNNAMED, source))
        .into_iter()
        .collect();
    known.extend(cog_yaml::read(arguments.known.config.as_deref(), process)?.weights);
    if arguments.named.is_empty() {
        return Ok(known);
    }
    let select = |text: &String| {
        if let Some(found) = known.iter().find(|weights| weights.name == *text) {
            return Ok(found.clone());
        }
        let source: Weights = text.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
        // A word that is no file is a name that has been mistaken.
        if matches!(&source, Weights::Path(path) if !process.locate(path).exists()) {
            let names: Vec<_> = known.iter().map(|weights| weights.name.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::Usage(format!(
                "`{text}` is no name of weights, nor a path that is there; the names are: {names}"
            )));
        }
        Ok(NamedWeights::new(source.to_string(), source))
    };
    arguments.named.iter().map(select).collect()
}

fn pull(all: &[NamedWeights], store: &Store, process: &mut Process) -> Result<(), Failure> {
    let signals = process.take_signals();
    let runtime = runtime()?;
    let pulled = runtime.block_on(async {
        let mut interrupts = signals
            .listen()
            .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
        let mut failed = 0;
        for weights in all {
            let brought = tokio::select! {
                brought = store.bring(&weights.source, weights.sha256) => brought,
                code = interrupts.next() => return Err(Failure::Interrupted(code)),
            };
            match brought {
                Ok(path) => process.print(&format!("{}: {}\n", weights.name, path.display()))?,
                Err(error) => {
                    failed += 1;
                    process.tell(&format!("error: {}: {error:#}", weights.name));
                }
            }
        }
        judge(failed, all.len(), "could not be pulled")
    });
    // A file that is being synced or read needs no witness.
    runtime.shutdown_background();
    pulled
}

fn list(all: &[NamedWeights], store: &Store, process: &mut Process) -> Result<(), Failure> {
    let mut rows = vec![["NAME", "SIZE", "SOURCE", "PATH"].map(str::to_owned)];
    for NamedWeights { name, source, .. } in all {
        let (state, path) =
            store.state(source).map_err(|error| Failure::Failed(format!("{name}: {error:#}")))?;
        let (size, path) = match state {
            State::Missing => ("-".to_owned(), "missing".to_owned()),
            State::File(bytes) => (HumanBytes(bytes).to_string(), path.display().to_string()),
            State::Directory => ("directory".to_owned(), path.display().to_string()),
        };
        rows.push([name.clone(), size, source.to_string(), path]);
    }
    process.print(&table(&rows))
}

fn verify(all: &[NamedWeights], store: &Store, process: &mut Process) -> Result<(), Failure> {
    let mut failed = 0;
    for NamedWeights { name, source, sha256, .. } in all {
        match store.verify(source, *sha256) {
            Ok(Verdict::Right(sha256)) => process.print(&format!("{name}: right, sha256 {sha256}\n"))?,
            Ok(Verdict::Unknown(sha256)) => {
                process.print(&format!("{name}: nobody says what it has to be, sha256 {sha256}\n"))?;
            }
            Ok(Verdict::Directory) => {
                process.print(&format!("{name}: a directory, which has no sha256\n"))?;
            }
            wrong => {
                failed += 1;
                process.tell(&match wrong {
                    Ok(Verdict::Wrong { found, wanted }) => {
                        format!("error: {name}: wrong, sha256 {found} in place of {wanted}")
                    }
                    Err(error) => format!("error: {name}: {error:#}"),
                    Ok(_) => format!("error: {name}: missing; `weights pull` brings it"),
                });
            }
        }
    }
    judge(failed, all.len(), "are missing or wrong")
}

fn judge(failed: usize, all: usize, what: &str) -> Result<(), Failure> {
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{failed} of {all} weights {what}"))),
    }
}

/// Columns as wide as what is in them.
fn table(rows: &[[String; 4]]) -> String {
    let mut text = String::new();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    for [name, size, source, path] in rows {
        let [first, second, third] = widths;
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{name:first$}  {size:second$}  {source:third$}  {path}");
    }
    text
}
