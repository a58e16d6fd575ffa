//! What the process says about itself: logs on standard error.
//!
//! Installs the subscriber of the process, so it is called once, by the command line. Author code's logs go to the prediction they
//! belong to and to standard error both. Lines are written by a thread of their own, so that a log which nobody reads delays nothing.

mod fields;
mod queue;

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::time::Duration;

use cog_core::{PredictionLogs, Scope, current_scope};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use self::fields::SpanFields;
use self::queue::{LogQueue, LogThread};

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

/// Logging, as long as this is there. The last lines are written when it is dropped.
#[derive(Debug)]
pub(crate) struct Telemetry {
    _thread: LogThread,
    is_ours: bool,
}

impl Telemetry {
    /// Whether the lines are written by us: if not, a program that has a subscriber of its own writes them wherever it likes.
    pub(crate) const fn is_ours(&self) -> bool {
        self.is_ours
    }
}

/// Starts logging to `output` with the given filter (`info`, or directives as in `RUST_LOG`). Where somebody has done so already, that
/// stays.
///
/// # Errors
/// When the system has no thread to give.
pub(crate) fn init(
    format: LogFormat,
    filter: &str,
    is_colored: bool,
    output: impl Write + Send + 'static,
) -> io::Result<Telemetry> {
    let queue = Arc::new(LogQueue::default());
    let thread = LogThread::start(Arc::clone(&queue), output)?;
    let filter = EnvFilter::builder().parse_lossy(filter);
    let registry = tracing_subscriber::registry().with(filter).with(PredictionLogs);
    let writer = Arc::clone(&queue);
    let installed = match format {
        LogFormat::Silent => registry.try_init(),
        // All spans of a line stand in one list; the innermost a second time would be one too many.
        LogFormat::Json => {
            let layer = fmt::layer().json().with_current_span(false).fmt_fields(SpanFields::default());
            registry.with(layer.with_writer(writer)).try_init()
        }
        LogFormat::Console => registry
            .with(fmt::layer().with_ansi(is_colored).with_target(false).with_writer(writer))
            .try_init(),
    };
    report_panics(queue, format == LogFormat::Silent);
    // Somebody else's subscriber is as good.
    Ok(Telemetry { _thread: thread, is_ours: installed.is_ok() })
}

/// How long a panic waits for the line that tells of it: it may be the last thing that the process does.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Reports a panic in the log, with its place, and by way of that to the prediction that it ends. Where the log is silent, one that is
/// nobody's is reported all the same.
fn report_panics(queue: Arc<LogQueue>, is_silent: bool) {
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("a value that is not text");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        // A name that is not ours: what author code does belongs into its prediction's logs.
        let report = format!("panicked at {place}: {message} (thread `{thread}`)");
        tracing::error!(target: "panic", "{report}");
        if is_silent && current_scope() == Scope::none() {
            // The queue takes what it is given.
            let _ = (&*queue).write_all(format!("{report}\n").as_bytes());
        }
        queue.flush(LAST_WORDS);
    }));
}
