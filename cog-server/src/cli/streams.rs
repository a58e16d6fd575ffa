//! The log of a whole process, and what author code prints in it.

use std::sync::Arc;

use cog_core::OutputCapture;
use cog_process::{Stream, duplicate};

use super::{Bars, Failure, Process};
use crate::env::Environment;
use crate::output::Output;
use crate::telemetry::{self, LogFormat, Telemetry};

/// Held while a command works. One of a process that is not whole does nothing: where its streams lead is not for us to say.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Ends first, as the log tells what was printed last.
    output: Option<Output>,
    _telemetry: Option<Telemetry>,
}

impl Streams {
    /// Starts the log, and from then on reads what is printed.
    pub(super) fn open(
        process: &Process,
        environment: &Environment,
        format: LogFormat,
        filter: &str,
        bars: &Bars,
    ) -> Result<Self, Failure> {
        if !process.is_whole() {
            return Ok(Self::default());
        }
        // Before anything is captured, or the log would read itself.
        let stderr = || duplicate(Stream::Stderr);
        let is_colored = environment.is_colored && process.has_terminal();
        let log =
            stderr().and_then(|stderr| telemetry::init(format, filter, is_colored, bars.beside(stderr)));
        let telemetry = log.map_err(|error| Failure::Failed(format!("cannot start the log: {error}")))?;
        // A subscriber that is not ours writes to the streams, which would come back to it without end.
        let output = if environment.captures_output && telemetry.is_ours() {
            let aside = if format == LogFormat::Silent { stderr().map(Some) } else { Ok(None) };
            let output = aside.and_then(Output::capture).map_err(|error| {
                let remedy = "set `COG_CAPTURE_OUTPUT=false` to do without";
                Failure::Failed(format!("cannot capture what is printed: {error}; {remedy}"))
            })?;
            Some(output)
        } else {
            None
        };
        Ok(Self { output, _telemetry: Some(telemetry) })
    }

    /// Returns who has to be told what runs, if anybody.
    pub(super) fn listener(&self) -> Option<Arc<dyn OutputCapture>> {
        self.output.as_ref().map(|output| Arc::new(output.listener()) as _)
    }
}
