//! How soon the server is ready, and how much memory it takes while it does nothing.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::child::{self, Server};
use crate::options::Options;
use crate::report::{Bound, OURS, Report};
use crate::statistics::median;

/// Starts per round: one takes milliseconds only.
const STARTS: usize = 2;

/// For what goes on after a server is ready.
const REST: Duration = Duration::from_millis(100);

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let mut samples = vec![Vec::new(); programs.len()];
    for _ in 0..options.rounds * STARTS {
        for (program, samples) in programs.iter().zip(&mut samples) {
            let server = Server::hello(program, 1)?;
            thread::sleep(REST);
            samples.push((server.started_in().as_secs_f64() * 1000.0, server.resident_memory()? as f64));
        }
    }
    let mut part = report.part("start");
    for (place, (program, samples)) in programs.iter().zip(&samples).enumerate() {
        let name = if place == 0 { OURS.to_owned() } else { child::name_of(program) };
        let started_in = median(samples.iter().map(|(milliseconds, _)| *milliseconds));
        part.hold("exec to READY", &name, started_in, "ms", Bound::AtMost(15.0));
        let memory = median(samples.iter().map(|(_, bytes)| bytes / f64::from(1 << 20)));
        part.hold("idle resident memory", &name, memory, "MiB", Bound::AtMost(12.0));
    }
    Ok(())
}
