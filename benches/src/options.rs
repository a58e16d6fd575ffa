//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measure the server beside a bare axum handler.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(crate) struct Options {
    /// What to measure; everything but `models`, if nothing is named.
    #[arg(long = "part", value_name = "PART")]
    pub(crate) parts: Vec<Part>,
    /// How long each load lasts.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub(crate) seconds: f64,
    /// How often each thing is measured.
    #[arg(long, value_name = "N", default_value_t = 9)]
    pub(crate) rounds: usize,
    /// Where `results.json`, `results.md` and `results.svg` are written.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/bench")]
    pub(crate) output: PathBuf,
    /// Another build of this program, whose server is measured in the same rounds: before and after a change.
    #[arg(long = "also", value_name = "PROGRAM")]
    pub(crate) also: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Requests per second and latency, at 1 connection and at 32.
    Overhead,
    /// 100,000 requests, one after the other, to a server with one slot.
    BackToBack,
    /// The time from exec to ready, and the memory of a server that does nothing.
    Start,
    /// 10,000 output events in one response, beside a bare handler.
    Streaming,
    /// What 1,000 open streams take in memory, and what they cost other requests.
    OpenStreams,
    /// Files of 100 MB in and out, beside a bare handler, and the memory that they take.
    Files,
    /// The memory after a million predictions.
    Memory,
    /// The time from a cancel to the end of the prediction.
    Cancel,
    /// The time of `weights pull` beside that of `curl`.
    Weights,
    /// What the server costs `embed` and `generate`, which have to be built before.
    Models,
}

impl Options {
    pub(crate) fn wants(&self, part: Part) -> bool {
        (self.parts.is_empty() && part != Part::Models) || self.parts.contains(&part)
    }
}
