//! What a request tells the model to do.

use std::net::SocketAddr;

use cog_core::{Input, Json, Path, Secret, Value};
use schemars::JsonSchema;
use serde::Deserialize;

/// The input of every scripted model.
#[derive(Default, Input)]
pub(crate) struct Script {
    /// What to do, one after the other.
    pub(crate) steps: Option<Json<Vec<Step>>>,
    /// A file, for `read`.
    pub(crate) file: Option<Path>,
    /// More files, for `read`.
    pub(crate) files: Option<Vec<Path>>,
    /// A secret, for `echo`.
    pub(crate) secret: Option<Secret>,
    /// A text, for `echo`.
    pub(crate) note: Option<String>,
}

/// One thing to do. In JSON an object with one member, `{"log": "a line"}`, or a text, `"read"`, for what needs no more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Log a line.
    Log(String),
    /// Log a text as it is, as standard output or as standard error.
    Write { source: Source, text: String },
    /// Log a line with `tracing`.
    Trace(String),
    /// Write a text as it is to the standard output of the process, and flush it.
    Stdout(String),
    /// Write a text as it is to the standard error of the process.
    Stderr(String),
    /// Write a text as it is to file descriptor 1, past everything that Rust keeps for standard output.
    Descriptor(String),
    /// Let a child process write a text as it is to its standard output.
    Child(String),
    /// Log so many numbered lines.
    Flood(usize),
    /// Record a metric; the mode is one of the words that `cog_core::MetricMode` knows.
    Metric { name: String, value: Value, mode: Option<String> },
    /// Record a metric whose value is what a division by zero gives.
    MetricNan(String),
    /// Remove a metric.
    DeleteMetric(String),
    /// Tell how far it is.
    Progress { fraction: f64, message: Option<String> },
    /// Output a value: the next of a stream, or in place of the one before.
    Output(Value),
    /// Output the values `0`, `1`, `2` and so on, so many of them.
    Outputs(usize),
    /// Output a file that is in memory.
    File { name: String, text: String },
    /// Write a file to the prediction's directory and output it.
    DiskFile { name: String, text: String },
    /// Output a file that is at this path, whether or not there is one.
    Path(String),
    /// Output what the files of the input are: a list of objects with `name` (without directory), `path` and `text`.
    Read,
    /// Output the note and the length of the secret.
    Echo,
    /// Output what the request's context has under this name.
    Context(String),
    /// Output the prediction's own directory, made for it.
    Directory,
    /// Meet the test at this address and do what it says until it leaves. Waits as asynchronous code does: a cancel drops it.
    Meet(SocketAddr),
    /// The same for blocking code that asks now and then whether it is canceled; it takes no orders.
    Block(SocketAddr),
    /// The same for blocking code that never asks.
    Ignore(SocketAddr),
    /// When the prediction's code ends or is dropped, meet the test at this address before anything else happens.
    CleanUp(SocketAddr),
    /// Fail with this chain of errors, outermost first.
    Fail(Vec<String>),
    /// Fail with this chain of errors, and say that the model cannot be used any more.
    Defunct(Vec<String>),
    /// Panic.
    Panic(String),
    /// End the process.
    Exit(i32),
}

/// Where a text is logged.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Stdout,
    Stderr,
}
