//! How fast the server is, measured beside a bare axum handler and beside other servers.
//!
//! Run with: `cargo xtask bench`, or without the other servers `cargo run --release -p benches`
//!
//! One binary plays every part: started by the name of one of its models it is the command line of that model, started as `bare` axum
//! handlers that read and write the same and do nothing else, and otherwise it starts those as child processes and measures them.
//! So what is measured is always the build that measures. In reading order:
//!
//! - `models` and `bare` are the servers, `child` starts them and looks at them from outside, and `peers` those of others;
//! - `load` is the client: one thread, one `epoll`, requests that were written before the clock started;
//! - `wrk` is a client that others wrote, and `contest` lets servers take turns under ours;
//! - `http` asks one thing after the other, `events` reads streams of them, `crowd` keeps many streams open at once;
//! - `web` is the server that files come from and go to;
//! - `parts` are the measurements, `statistics` what is made of their samples;
//! - `report` writes tables and a chart for people, and JSON for comparisons.
//!
//! Machines are noisy, so nothing is compared with a number of another run: the servers are measured in turns (A B A B …), new ones in
//! each round; differences and ratios are taken inside a round, and what is reported is the median of the rounds. The bounds beside the
//! figures are goals; missing one is told and is not an error.

mod bare;
mod child;
mod contest;
mod crowd;
mod events;
mod http;
mod load;
mod models;
mod options;
mod parts;
mod peers;
mod report;
mod statistics;
mod web;
mod wrk;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use self::options::Options;
use self::report::Report;

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(OsStr::to_str) {
        Some(bare::NAME) => end(bare::serve()),
        name => name.and_then(models::run).unwrap_or_else(|| end(measure(&Options::parse()))),
    }
}

fn measure(options: &Options) -> anyhow::Result<()> {
    let mut report = Report::begin(options.rounds);
    parts::run(options, &mut report)?;
    report.tell(&options.output)
}

fn end(result: anyhow::Result<()>) -> ExitCode {
    // The error goes where an error of `main` goes.
    use std::process::Termination;
    result.report()
}
