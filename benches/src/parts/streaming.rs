//! 10,000 output events in one response.
//!
//! A model that yields small texts as fast as they are taken, beside a bare handler that writes the same events with axum's own
//! `Sse`, read by the same client in turns. The server keeps as many events of a prediction as a stream has, since a model that is
//! faster than any reader would have outrun it otherwise; every event of every stream has to arrive.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;

use crate::child::{self, Server};
use crate::events::Outputs;
use crate::http::{self, Connection};
use crate::models;
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;

/// How many outputs a stream has.
const OUTPUTS: usize = 10_000;

const TEXT: &str = "a token";

/// Of the streams of one server in one round.
struct Sample {
    per_second: f64,
    /// The median, in microseconds.
    until_first: f64,
}

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let bare = child::this_program()?;
    let names = programs.iter().enumerate().map(|(place, program)| match place {
        0 => OURS.to_owned(),
        _ => child::name_of(program),
    });
    let names: Vec<_> = ["bare".to_owned()].into_iter().chain(names).collect();
    let mut rounds = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        let mut servers = vec![(Server::bare(&bare)?, "/events")];
        for program in programs {
            // The start and the end are events as well.
            let history = (OUTPUTS + 2).to_string();
            let variables = [("COG_STREAM_HISTORY_CAPACITY", history.as_str())];
            servers.push((Server::start(program, models::STREAM, &[], &variables)?, "/predictions"));
        }
        let samples = servers.iter().map(|(server, path)| Sample::take(server, path, options));
        rounds.push(samples.collect::<anyhow::Result<Vec<_>>>()?);
    }
    let mut part = report.part("streaming");
    for (place, name) in names.iter().enumerate() {
        let over = |figure: &dyn Fn(&Sample, &Sample) -> f64| {
            median(rounds.iter().filter_map(|round| Some(figure(round.get(place)?, round.first()?))))
        };
        part.add("throughput", name, over(&|own, _| own.per_second), "events/s");
        part.add("until the first", name, over(&|own, _| own.until_first), "µs");
        if place > 0 {
            let ratio = over(&|own, bare| own.per_second / bare.per_second);
            part.hold("throughput over bare", name, ratio, RATIO, Bound::AtLeast(0.5));
        }
    }
    Ok(())
}

impl Sample {
    fn take(server: &Server, path: &str, options: &Options) -> anyhow::Result<Self> {
        let body = json!({ "input": { "text": TEXT, "count": OUTPUTS } }).to_string();
        let request = http::request("POST", path, &[("accept", "text/event-stream")], &body);
        let mut connection = Connection::open(server.address())?;
        // The first stream is for warming up.
        read(&mut connection, &request)?;
        let limit = Duration::from_secs_f64(options.seconds);
        let begun = Instant::now();
        let mut until_first = Vec::new();
        while begun.elapsed() < limit {
            until_first.push(read(&mut connection, &request)?.as_secs_f64() * 1e6);
        }
        let count = OUTPUTS * until_first.len();
        Ok(Self {
            per_second: count as f64 / begun.elapsed().as_secs_f64(),
            until_first: median(until_first),
        })
    }
}

/// Reads one stream to its end, and returns how long the first output took.
fn read(connection: &mut Connection, request: &[u8]) -> anyhow::Result<Duration> {
    let outputs = Outputs::ask(connection, request)?;
    ensure!(outputs.count == OUTPUTS, "of {OUTPUTS} events {} arrived", outputs.count);
    Ok(outputs.until_first)
}
