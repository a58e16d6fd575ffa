//! What the process says about itself: logs on standard error.
//!
//! Installs the subscriber of the process, so it is called once, by the command line. Author code's logs go to the prediction they
//! belong to and to standard error both.

use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use cog_core::{LogSource, PredictionLogs, current_scope};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// Text, for people.
    Console,
    /// Not at all: author code's logs reach their predictions and nobody else.
    Silent,
}

/// Starts logging with the given filter (`info`, or directives as in `RUST_LOG`). Where somebody has done so already, that stays.
pub(crate) fn init(format: LogFormat, filter: &str, is_colored: bool) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    let registry = tracing_subscriber::registry().with(filter).with(PredictionLogs);
    let installed = match format {
        LogFormat::Silent => registry.try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).try_init(),
        LogFormat::Console => {
            let is_colored = is_colored && io::stderr().is_terminal();
            registry
                .with(fmt::layer().with_ansi(is_colored).with_target(false).with_writer(io::stderr))
                .try_init()
        }
    };
    // Somebody else's subscriber is as good.
    let _ = installed;
    report_panics();
}

/// Reports a panic in the log, with its place, and to the prediction that it ends.
fn report_panics() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("a value that is not text");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), "panicked at {place}: {message}");
        current_scope().write_log(LogSource::Stderr, &format!("panicked at {place}: {message}\n"));
    }));
}
