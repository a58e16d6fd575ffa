//! Servers under the same load, in turns: each is started, warmed up, measured and ended before the next one is.
//!
//! Where the system happens to put the threads of a process decides as much as its code does, so there are new ones in each round. A peer
//! that fails once is out, and absent from the report; whatever else fails ends the run.

use std::mem;
use std::time::Duration;

use crate::child::Server;
use crate::load::{self, Outcome, Until};
use crate::report::Part;
use crate::statistics::median;

/// One that is measured.
pub(crate) struct Contestant<'a> {
    pub(crate) name: String,
    pub(crate) is_peer: bool,
    pub(crate) start: Box<dyn Fn() -> anyhow::Result<Server> + 'a>,
    samples: Vec<Sample>,
}

/// What all of them have to bear.
pub(crate) struct Load {
    pub(crate) request: Vec<u8>,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) lasts: Duration,
}

/// One load on one server.
pub(crate) struct Sample {
    pub(crate) outcome: Outcome,
    /// What a request cost the server, in microseconds on all its threads together. Noise moves it far less than it moves the rest.
    pub(crate) processor_time: f64,
    /// Resident memory after the load, in MiB.
    pub(crate) memory: f64,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(name: impl Into<String>, start: impl Fn() -> anyhow::Result<Server> + 'a) -> Self {
        Self { name: name.into(), is_peer: false, start: Box::new(start), samples: Vec::new() }
    }

    /// One that may be missing.
    pub(crate) fn peer(name: impl Into<String>, start: impl Fn() -> anyhow::Result<Server> + 'a) -> Self {
        Self { is_peer: true, ..Self::new(name, start) }
    }

    /// Returns the middle of the rounds.
    pub(crate) fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(figure))
    }

    /// Takes ratios or differences inside the rounds first, and returns their middle.
    pub(crate) fn against(&self, other: &Self, figure: impl Fn(&Sample, &Sample) -> f64) -> f64 {
        median(self.samples.iter().zip(&other.samples).map(|(own, other)| figure(own, other)))
    }

    pub(crate) fn refused(&self) -> usize {
        self.samples.iter().map(|sample| sample.outcome.refused).sum()
    }

    fn take_turn(&mut self, load: &Load) -> anyhow::Result<()> {
        let server = (self.start)()?;
        let drive =
            |lasts| load::drive(&load.request, server.address(), load.connections, Until::Elapsed(lasts));
        drive(load.warm_up)?;
        let before = server.processor_time()?;
        let outcome = drive(load.lasts)?;
        let spent = server.processor_time()?.saturating_sub(before);
        let processor_time = spent.as_secs_f64() * 1e6 / outcome.latencies.len() as f64;
        let memory = server.resident_memory()? as f64 / f64::from(1 << 20);
        self.samples.push(Sample { outcome, processor_time, memory });
        Ok(())
    }
}

/// Lets them take their turns, and returns those who are still there.
pub(crate) fn hold<'a>(
    mut contestants: Vec<Contestant<'a>>,
    load: &Load,
    rounds: usize,
    part: &mut Part<'_>,
) -> anyhow::Result<Vec<Contestant<'a>>> {
    for _ in 0..rounds {
        for mut contestant in mem::take(&mut contestants) {
            match contestant.take_turn(load) {
                Err(error) if contestant.is_peer => part.absent(&contestant.name, format!("{error:#}")),
                result => {
                    result?;
                    contestants.push(contestant);
                }
            }
        }
    }
    Ok(contestants)
}
