//! How soon the server is ready, and how much memory it takes while it does nothing, beside Cog's own.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::child::{self, Server};
use crate::options::Options;
use crate::peers::Peers;
use crate::report::{Bound, OURS, Report};
use crate::statistics::median;

/// Starts per round: one takes milliseconds only.
const STARTS: usize = 2;

const STARTED: &str = "exec to READY";
const MEMORY: &str = "idle resident memory";

/// For what goes on after a server is ready.
const REST: Duration = Duration::from_millis(100);

pub(super) fn measure(
    programs: &[PathBuf],
    peers: &Peers<'_>,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut samples = vec![Vec::new(); programs.len()];
    let mut cog = anyhow::Ok(Vec::new());
    for _ in 0..options.rounds * STARTS {
        for (program, samples) in programs.iter().zip(&mut samples) {
            samples.push(sample(&Server::hello(program, 1)?)?);
        }
        cog = cog.and_then(|mut samples| {
            samples.push(sample(&peers.cog(true)?)?);
            Ok(samples)
        });
    }
    let mut part = report.part("start");
    for (place, (program, samples)) in programs.iter().zip(&samples).enumerate() {
        let name = if place == 0 { OURS.to_owned() } else { child::name_of(program) };
        let (started_in, memory) = medians(samples);
        part.hold(STARTED, &name, started_in, "ms", Bound::AtMost(15.0));
        part.hold(MEMORY, &name, memory, "MiB", Bound::AtMost(12.0));
    }
    match cog {
        Ok(samples) => {
            let (started_in, memory) = medians(&samples);
            part.add(STARTED, "Cog", started_in, "ms");
            part.add(MEMORY, "Cog", memory, "MiB");
        }
        Err(error) => part.absent("Cog", format!("{error:#}")),
    }
    Ok(())
}

/// The milliseconds that it took, and MiB.
fn sample(server: &Server) -> anyhow::Result<(f64, f64)> {
    thread::sleep(REST);
    Ok((server.started_in().as_secs_f64() * 1000.0, server.resident_memory()? as f64 / f64::from(1 << 20)))
}

fn medians(samples: &[(f64, f64)]) -> (f64, f64) {
    (median(samples.iter().map(|sample| sample.0)), median(samples.iter().map(|sample| sample.1)))
}
