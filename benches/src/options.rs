//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measure the server beside a bare axum handler, and beside other servers.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(crate) struct Options {
    /// What to measure; everything but `models` and `embed`, if nothing is named.
    #[arg(long = "part", value_name = "PART")]
    pub(crate) parts: Vec<Part>,
    /// Measure all parts, those that need the examples included.
    #[arg(long, conflicts_with = "parts")]
    pub(crate) everything: bool,
    /// How long each load lasts.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub(crate) seconds: f64,
    /// How often each thing is measured.
    #[arg(long, value_name = "N", default_value_t = 9)]
    pub(crate) rounds: usize,
    /// Where `results.json`, `results.md` and `results.svg` are written.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/bench")]
    pub(crate) output: PathBuf,
    /// Where `cargo xtask bench` has installed the servers that are not ours.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/tools/bench")]
    pub(crate) peers: PathBuf,
    /// Why one of them could not be installed.
    #[arg(long, value_name = "NAME=REASON", value_parser = named)]
    pub(crate) absent: Vec<(String, String)>,
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
    /// Sentences in a second, one a request, which `embed` has to be built for.
    Embed,
}

fn named(text: &str) -> Result<(String, String), &'static str> {
    let (name, reason) = text.split_once('=').ok_or("no `=` between the name and the reason")?;
    Ok((name.to_owned(), reason.to_owned()))
}

impl Options {
    pub(crate) fn wants(&self, part: Part) -> bool {
        let needs_examples = matches!(part, Part::Models | Part::Embed);
        let is_usual = self.parts.is_empty() && !needs_examples;
        is_usual || self.everything || self.parts.contains(&part)
    }
}
