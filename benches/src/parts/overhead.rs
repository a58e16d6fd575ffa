//! What the server costs over the bare handler.

use std::path::PathBuf;
use std::time::Duration;

use crate::child::{self, Server};
use crate::load::{self, Outcome, Until};
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;

/// As many slots as there are connections at most.
const SLOTS: usize = 32;

const WARM_UP: Duration = Duration::from_millis(100);

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let bare = child::this_program()?;
    let names = programs.iter().enumerate().map(|(place, program)| match place {
        0 => OURS.to_owned(),
        _ => child::name_of(program),
    });
    let names: Vec<_> = ["bare".to_owned()].into_iter().chain(names).collect();
    for connections in [1, SLOTS] {
        let mut rounds = Vec::with_capacity(options.rounds);
        for _ in 0..options.rounds {
            // New ones in each round: where the system happens to put the threads of a process decides as much as its code does.
            let mut servers = vec![Server::bare(&bare)?];
            for program in programs {
                servers.push(Server::hello(program, SLOTS)?);
            }
            for server in &servers {
                load::drive(server.address(), connections, Until::Elapsed(WARM_UP))?;
            }
            let until = Until::Elapsed(Duration::from_secs_f64(options.seconds));
            let samples = servers.iter().map(|server| Sample::take(server, connections, until));
            rounds.push(samples.collect::<anyhow::Result<Vec<_>>>()?);
        }
        tell(&names, connections, &rounds, report);
    }
    Ok(())
}

/// One load on one server.
struct Sample {
    outcome: Outcome,
    /// What a request cost the server, in microseconds on all its threads together. Noise moves it far less than it moves the rest.
    processor_time: f64,
}

impl Sample {
    fn take(server: &Server, connections: usize, until: Until<'_>) -> anyhow::Result<Self> {
        let before = server.processor_time()?;
        let outcome = load::drive(server.address(), connections, until)?;
        let spent = server.processor_time()?.saturating_sub(before);
        let processor_time = spent.as_secs_f64() * 1e6 / outcome.latencies.len() as f64;
        Ok(Self { outcome, processor_time })
    }
}

fn tell(names: &[String], connections: usize, rounds: &[Vec<Sample>], report: &mut Report) {
    let mut part = report.part("overhead");
    for (place, name) in names.iter().enumerate() {
        let what = |figure: &str| match connections {
            1 => format!("1 connection, {figure}"),
            _ => format!("{connections} connections, {figure}"),
        };
        // Differences inside a round first, the middle of the rounds after.
        let over = |figure: &dyn Fn(&Sample, &Sample) -> f64| {
            median(rounds.iter().filter_map(|round| Some(figure(round.get(place)?, round.first()?))))
        };
        part.add(what("throughput"), name, over(&|own, _| own.outcome.per_second()), "requests/s");
        part.add(what("p50"), name, over(&|own, _| own.outcome.percentile(0.5)), "µs");
        part.add(what("p99"), name, over(&|own, _| own.outcome.percentile(0.99)), "µs");
        part.add(what("processor time a request"), name, over(&|own, _| own.processor_time), "µs");
        if place > 0 {
            let speed = over(&|own, bare| own.outcome.per_second() / bare.outcome.per_second());
            let bound = Bound::AtLeast(if connections == 1 { 0.50 } else { 0.80 });
            part.hold(what("throughput over bare"), name, speed, RATIO, bound);
            let added = over(&|own, bare| own.outcome.percentile(0.5) - bare.outcome.percentile(0.5));
            if connections == 1 {
                part.hold(what("added at the median"), name, added, "µs", Bound::AtMost(50.0));
            }
            let refused: usize =
                rounds.iter().filter_map(|round| round.get(place)).map(|own| own.outcome.refused).sum();
            part.hold(what("refused"), name, refused as f64, "replies", Bound::AtMost(0.0));
        }
    }
}
