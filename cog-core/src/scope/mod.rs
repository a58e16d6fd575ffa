//! What author code can do while it makes a prediction: tell, measure, and be told to stop.
//!
//! A [`Scope`] is a handle to one prediction. The engine passes it to `predict`; deep code finds it with [`current_scope`]. Outside a
//! prediction, and after it, everything it does is nothing.

mod ambient;
mod directory;
mod logs;

use std::collections::HashMap;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub(crate) use self::ambient::Entered;
pub use self::ambient::current_scope;
pub(crate) use self::directory::Directory;
pub use self::logs::PredictionLogs;
use crate::error::Canceled;
use crate::metric::{MetricError, MetricMode, MetricName, MetricValue};
use crate::prediction::{Event, LogSource, PredictionId, Record, cut_log_text};

/// A handle to the running prediction. Clones are handles to the same one, and may go to other threads.
///
/// ```
/// use cog_core::{Result, Scope, current_scope};
///
/// fn denoise(steps: usize, scope: &Scope) -> Result<()> {
///     for step in 0..steps {
///         scope.check()?; // stops here when the client cancels
///         scope.progress(step as f64 / steps as f64);
///         scope.increment_metric("steps", 1)?;
///     }
///     current_scope().log("done");
///     Ok(())
/// }
/// # denoise(3, &Scope::none()).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scope(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    record: Arc<Record>,
    context: HashMap<String, String>,
    directory: Directory,
    /// Whether this is the setup, which has logs but is no prediction.
    is_setup: bool,
}

/// Two are equal if they are handles to the same prediction, or to none.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(this), Some(other)) => Arc::ptr_eq(this, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Eq for Scope {}

impl Scope {
    /// A scope of no prediction: whatever is done with it is nothing. For tests, and for code that runs by itself.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn new(record: Arc<Record>, context: HashMap<String, String>, directory: Directory) -> Self {
        Self(Some(Arc::new(Inner { record, context, directory, is_setup: false })))
    }

    pub(crate) fn of_setup(record: Arc<Record>) -> Self {
        let (context, directory) = (HashMap::new(), Directory::new(None));
        Self(Some(Arc::new(Inner { record, context, directory, is_setup: true })))
    }

    pub(crate) fn record(&self) -> Option<&Arc<Record>> {
        self.0.as_ref().map(|inner| &inner.record)
    }

    /// The prediction's name. There is none during setup.
    #[must_use]
    pub fn id(&self) -> Option<&PredictionId> {
        self.0.as_ref().filter(|inner| !inner.is_setup).map(|inner| inner.record.id())
    }

    /// What the client sent under `name` in the request's `context`: texts that are meant for the model and no part of its input.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.context.get(name).map(String::as_str)
    }

    /// Fails once the prediction has been canceled. Code that computes for long asks here often; it costs a few nanoseconds.
    ///
    /// # Errors
    /// [`Canceled`], to be passed on with `?`.
    pub fn check(&self) -> Result<(), Canceled> {
        match self.record() {
            Some(record) if record.cancellation().is_cancelled() => Err(Canceled),
            _ => Ok(()),
        }
    }

    /// The token that is canceled with the prediction, for code that hands work to others. Outside a prediction it never is.
    #[must_use]
    pub fn cancellation(&self) -> CancellationToken {
        self.record().map_or_else(CancellationToken::new, |record| record.cancellation().clone())
    }

    /// Tells how far the prediction is, from 0 to 1. Values outside are moved inside; what is not a number is ignored.
    pub fn progress(&self, fraction: f64) {
        self.tell_progress(fraction, None);
    }

    /// Tells how far the prediction is, from 0 to 1, and what it is doing.
    pub fn progress_with(&self, fraction: f64, message: impl Display) {
        if self.0.is_some() {
            self.tell_progress(fraction, Some(message.to_string().into()));
        }
    }

    fn tell_progress(&self, fraction: f64, message: Option<Arc<str>>) {
        if let Some(record) = self.record()
            && !fraction.is_nan()
        {
            record.append(Event::Progress { fraction: fraction.clamp(0.0, 1.0), message });
        }
    }

    /// Writes a line to the prediction's logs.
    pub fn log(&self, line: impl Display) {
        if self.0.is_some() {
            self.write_log(LogSource::Stdout, &format!("{line}\n"));
        }
    }

    /// Adds `text` to the prediction's logs as it is: no line end is added. More than [`LOG_TEXT_LIMIT`](crate::LOG_TEXT_LIMIT) bytes
    /// are [cut](crate::cut_log_text).
    ///
    /// It is repeated with `tracing`, for the log of the whole program.
    pub fn write_log(&self, source: LogSource, text: &str) {
        if self.0.is_some() {
            let text = cut_log_text(text);
            logs::repeat(self.id(), source, &text);
            self.append_log(source, &text);
        }
    }

    /// Adds a text to the prediction's logs that the log of the program has already.
    fn append_log(&self, source: LogSource, text: &str) {
        if let Some(record) = self.record() {
            record.append(Event::Log { source, text: text.into() });
        }
    }

    /// Records a metric, in place of what it was.
    ///
    /// Dots in the name nest: `timing.load` is published as `{"timing": {"load": …}}`. A metric keeps the type of its first value
    /// until it is [deleted](Self::delete_metric); whole numbers and floats are two types.
    ///
    /// # Errors
    /// [`MetricError`] for a name or value that breaks the rules. Outside a prediction there are none.
    pub fn record_metric(&self, name: &str, value: impl Into<MetricValue>) -> Result<(), MetricError> {
        self.record_metric_with(name, value, MetricMode::Replace)
    }

    /// Adds `by` to a metric, which starts at nothing.
    ///
    /// # Errors
    /// As [`record_metric`](Self::record_metric), and when `by` is no number or the sum does not fit.
    pub fn increment_metric(&self, name: &str, by: impl Into<MetricValue>) -> Result<(), MetricError> {
        self.record_metric_with(name, by, MetricMode::Increment)
    }

    /// Appends `item` to a metric, which becomes a list.
    ///
    /// # Errors
    /// As [`record_metric`](Self::record_metric); all items have to be of one type.
    pub fn append_metric(&self, name: &str, item: impl Into<MetricValue>) -> Result<(), MetricError> {
        self.record_metric_with(name, item, MetricMode::Append)
    }

    /// Records a metric in the given mode.
    ///
    /// # Errors
    /// As the method of that mode.
    pub fn record_metric_with(
        &self,
        name: &str,
        value: impl Into<MetricValue>,
        mode: MetricMode,
    ) -> Result<(), MetricError> {
        match self.record() {
            Some(record) => record.record_metric(name.parse::<MetricName>()?, value.into(), mode),
            None => Ok(()),
        }
    }

    /// Removes a metric; it may come back with another type.
    ///
    /// # Errors
    /// [`MetricError`] for a name that breaks the rules.
    pub fn delete_metric(&self, name: &str) -> Result<(), MetricError> {
        if let Some(record) = self.record() {
            let name = name.parse()?;
            record.append(Event::Metric { name, value: None, mode: MetricMode::Replace });
        }
        Ok(())
    }

    /// The prediction's own directory, made when it is first asked for. It is removed with all that is in it when the prediction ends.
    ///
    /// # Errors
    /// When the directory cannot be made, is gone because the prediction has ended, or there is no prediction.
    pub fn directory(&self) -> io::Result<PathBuf> {
        match &self.0 {
            Some(inner) => inner.directory.path(),
            None => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there is no prediction that a directory could belong to",
            )),
        }
    }

    pub(crate) fn remove_directory(&self) {
        if let Some(inner) = &self.0 {
            inner.directory.remove();
        }
    }

    /// Runs `body` with this as the [`current_scope`] of the thread. For threads that a prediction starts.
    ///
    /// ```
    /// # use cog_core::{Scope, current_scope};
    /// # let scope = Scope::none();
    /// std::thread::scope(|threads| {
    ///     threads.spawn(|| scope.enter(|| current_scope().log("from a helper thread")));
    /// });
    /// ```
    pub fn enter<T>(&self, body: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self.clone());
        body()
    }

    /// Makes this the [`current_scope`] of `future` whenever it is polled. For tasks that a prediction spawns.
    pub async fn instrument<F: Future>(self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            let _entered = Entered::new(self.clone());
            future.as_mut().poll(context)
        })
        .await
    }
}
