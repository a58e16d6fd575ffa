//! How fast the server is, measured beside a bare axum handler.
//!
//! Run with: `cargo run --release -p benches`
//!
//! One binary plays every part: started as `hello` it is the command line of a hello-world model, started as `bare` an axum handler
//! that reads and writes the same JSON and does nothing else, and otherwise it starts those two as child processes and measures them.
//! So what is measured is always the build that measures. In reading order:
//!
//! - `hello` and `bare` are the two servers, `child` starts them and looks at them from outside;
//! - `load` is the client: one thread, one `epoll`, requests that were written before the clock started;
//! - `parts` are the measurements, `statistics` what is made of their samples;
//! - `report` writes tables and a chart for people, and JSON for comparisons.
//!
//! Machines are noisy, so nothing is compared with a number of another run: the two servers live side by side and are measured in turns
//! (A B A B …), new ones in each round; differences and ratios are taken inside a round, and what is reported is the median of the
//! rounds. The bounds beside the figures are goals; missing one is told and is not an error.

mod bare;
mod child;
mod hello;
mod load;
mod options;
mod parts;
mod report;
mod statistics;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use self::options::Options;
use self::report::Report;

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(OsStr::to_str) {
        Some(hello::NAME) => cog_server::main::<hello::HelloWorld>(),
        Some(bare::NAME) => end(bare::serve()),
        _ => end(measure(&Options::parse())),
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
