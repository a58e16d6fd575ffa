//! `predict`: make one prediction. `train`: carry out one training, which is the same with another part of the model.
//!
//! The engine runs in this process, with one slot and no HTTP. Whatever can be found out without the model (an unknown input, a file that
//! is not there, an output that has no place) is told before the model is loaded.

mod attachments;
mod inputs;
mod kind;
mod outputs;
mod progress;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use cog_core::{
    Completion, Engine, EngineConfig, Event, Lagged, PredictionHandle, Rejection, Request, Status, Value,
};

use self::attachments::{AttachedFetch, Attachments};
pub(super) use self::inputs::Inputs;
use self::outputs::Outputs;
use self::progress::Progress;
use super::arguments::PredictArguments;
use super::signals::Interrupts;
use super::streams::Streams;
use super::{Bars, Failure, Process, cog_yaml, fetcher, part, runtime, weights};
use crate::env::Environment;
use crate::model::Part;
use crate::role::{Role, Roles};
use crate::telemetry::LogFormat;

/// How long a canceled prediction may take to end before it is left behind.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(
    role: Role,
    parts: &Roles<Part>,
    arguments: &PredictArguments,
    environment: &Environment,
    process: &mut Process,
) -> Result<(), Failure> {
    let part = part(role, parts)?;
    let mut attachments = Attachments::default();
    let input = input(arguments, &Inputs::of(&part.input), &mut attachments, process)?;
    let outputs = Outputs::new(&part.output, arguments.output.as_deref(), process)?;
    let cog_yaml = cog_yaml::read(arguments.model.weights.config.as_deref(), process)?;
    let bars = Bars::new(process.has_terminal());
    let config = EngineConfig {
        slots: Some(NonZeroUsize::MIN),
        device: environment.device,
        fetcher: Some(Arc::new(AttachedFetch {
            attachments,
            network: fetcher(&arguments.model, environment),
        })),
        // What is not read at once has to wait, not to be forgotten.
        history_capacity: usize::MAX,
        max_history_bytes: usize::MAX,
        setup_timeout: environment.setup_timeout,
        ..EngineConfig::default()
    };
    let mut config = weights::configure(config, &arguments.model.weights, &cog_yaml, environment, &bars)?;
    let streams = streams(process, environment, &bars)?;
    config.output_capture = streams.listener();
    for warning in &environment.warnings {
        process.tell(&format!("warning: {warning}"));
    }

    let signals = process.take_signals();
    let runtime = runtime()?;
    let made = runtime.block_on(async {
        let interrupts = signals.listen();
        let interrupts =
            interrupts.map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))?;
        let engine = (part.start)(config).map_err(|error| Failure::Failed(error.to_string()))?;
        let progress = Progress::begin(&bars, "setting up");
        let mut screen = Screen { role, process, progress, outputs, interrupts };
        let made = screen.predict(&engine, input).await;
        screen.progress.end();
        // Frees what setup has made, where the model lets go of it.
        engine.shutdown(Duration::ZERO).await;
        made
    });
    // Author code that does not stop must not keep the process.
    runtime.shutdown_background();
    made
}

/// The logs of author code belong to the prediction, and are shown as such. Those of the server are shown to who asks for them.
fn streams(process: &Process, environment: &Environment, bars: &Bars) -> Result<Streams, Failure> {
    match &environment.log_filter {
        Some(filter) => {
            let format = environment.log_format.unwrap_or(LogFormat::Console);
            Streams::open(process, environment, format, &format!("{filter},cog_core::logs=off"), bars)
        }
        None => Streams::open(process, environment, LogFormat::Silent, "info", bars),
    }
}

fn input(
    arguments: &PredictArguments,
    inputs: &Inputs,
    attachments: &mut Attachments,
    process: &mut Process,
) -> Result<Value, Failure> {
    let Some(json) = &arguments.json else {
        return inputs.read_words(&arguments.inputs, attachments, process);
    };
    let read;
    let json = match json.strip_prefix('@') {
        None => json.as_bytes(),
        Some("-") => {
            read = process.read();
            read.as_deref()
                .map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?
        }
        Some(path) => {
            read = std::fs::read(process.locate(path));
            read.as_deref().map_err(|error| Failure::Usage(format!("cannot read `{path}`: {error}")))?
        }
    };
    inputs.read_json(json, attachments, process)
}

/// Shows a prediction as it is made, and stops it when told to.
struct Screen<'a> {
    role: Role,
    process: &'a mut Process,
    progress: Progress,
    outputs: Outputs,
    interrupts: Interrupts,
}

impl Screen<'_> {
    async fn predict(&mut self, engine: &Engine, input: Value) -> Result<(), Failure> {
        let ready = tokio::select! {
            ready = engine.ready() => ready,
            code = self.interrupts.next() => return Err(Failure::Interrupted(code)),
        };
        if let Err(rejection) = ready {
            // The record's logs end with the reason, which is told as the error.
            let logs = engine.setup().logs;
            let reason = match &rejection {
                Rejection::SetupFailed(reason) => &**reason,
                _ => "",
            };
            self.log(logs.strip_suffix(reason).unwrap_or(&logs));
            return Err(Failure::Failed(rejection.to_string()));
        }
        self.log(&engine.setup().logs);
        self.progress.say(match self.role {
            Role::Predictor => "predicting",
            Role::Trainer => "training",
        });
        let prediction =
            engine.submit(Request::new(input)).map_err(|rejection| Failure::Failed(rejection.to_string()))?;
        let shown = self.show(&prediction).await;
        if shown.is_err() && prediction.cancel() {
            self.give_up(&prediction).await;
        }
        shown
    }

    /// Shows what happens until the prediction is over.
    async fn show(&mut self, prediction: &PredictionHandle) -> Result<(), Failure> {
        let mut events = prediction.events();
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                code = self.interrupts.next() => return Err(Failure::Interrupted(code)),
            };
            match event {
                Some(Ok((_, Event::Log { text, .. }))) => self.log(&text),
                Some(Ok((_, Event::Progress { fraction, message }))) => {
                    self.progress.show(fraction, message.as_deref());
                }
                Some(Ok((_, Event::Output { chunk, .. }))) => {
                    // A bar and a text in one terminal would write over each other.
                    self.progress.end();
                    self.outputs.take(&chunk, self.process)?;
                }
                Some(Ok((_, Event::Completed(Completion { status, error, .. })))) => {
                    self.progress.end();
                    return match status {
                        Status::Succeeded => self.outputs.finish(self.process),
                        _ => Err(Failure::Failed(error.map_or_else(
                            || format!("the {} was canceled", self.role.noun()),
                            |error| error.as_ref().to_owned(),
                        ))),
                    };
                }
                Some(Ok(_)) => {}
                Some(Err(lagged @ Lagged(_))) => return Err(Failure::Failed(lagged.to_string())),
                None => {
                    let noun = self.role.noun();
                    return Err(Failure::Failed(format!("the {noun} ended without a result")));
                }
            }
        }
    }

    /// Waits for a canceled prediction to clean up, but not for ever, and not against a second signal.
    async fn give_up(&mut self, prediction: &PredictionHandle) {
        self.progress.say("canceling");
        let is_over = tokio::select! {
            () = prediction.wait() => true,
            () = tokio::time::sleep(PATIENCE) => false,
            _ = self.interrupts.next() => false,
        };
        self.progress.end();
        if !is_over {
            let noun = self.role.noun();
            self.process.tell(&format!("warning: the {noun} did not stop; leaving it behind"));
        }
    }

    fn log(&mut self, text: &str) {
        if !text.is_empty() {
            self.progress.aside(|| self.process.tell_as_it_is(text));
        }
    }
}
